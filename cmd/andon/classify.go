package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode/utf8"

	"andon/fleet"
	"andon/fleet/signature"
)

// classified is one log's verdict as classify prints it. What is not known is null.
type classified struct {
	File      string       `json:"file"`
	Verdict   fleet.Class  `json:"verdict"`   // infra, suspect, cancelled, code, unknown
	Signature *string      `json:"signature"` // slug
	Row       *int         `json:"row"`       // of the shipped catalogue
	Name      *string      `json:"name"`      // verdict/job/step/signature
	Step      *string      `json:"step"`
	Line      *int         `json:"line"` // from 1
	Text      *string      `json:"text"` // the line, without time and colours
	Cures     []fleet.Cure `json:"cures"`
	Advice    *string      `json:"advice"`
	Guard     *string      `json:"guard"`  // what else writes the text
	Reason    *string      `json:"reason"` // why the verdict is unknown
	SizeBytes int64        `json:"size_bytes"`
	Lines     int          `json:"lines"`
	Truncated bool         `json:"truncated"` // reading broke off; the verdict rests on what came before
}

// runClassify says of logs whether infrastructure or code broke their job.
func runClassify(_ context.Context, in invocation) int {
	own := ""
	c, files, err := in.flags("classify", func(f *flag.FlagSet) {
		f.StringVar(&own, "signatures", "", "`FILE` with rows of your own, beside those of the config")
	})
	if err != nil {
		return in.parseCode(err)
	}
	catalogue, err := in.catalogue(c, own)
	if err != nil {
		return in.usage(err)
	}
	if len(files) == 0 {
		files = []string{"-"}
	}
	code := exitOK
	all := make([]classified, 0, len(files))
	for _, f := range files {
		one, err := in.classifyFile(catalogue, f)
		if err != nil {
			in.complain(fmt.Sprintf("classify %s: %v", f, err))
			code = exitError
		}
		all = append(all, one)
		if !c.json {
			if err := writeClassified(in.out, one); err != nil {
				return in.fail(err)
			}
		}
	}
	if c.json {
		if err := writeJSON(in.out, all); err != nil {
			return in.fail(err)
		}
	}
	return code
}

// catalogue loads the shipped rows, those of the config where there is one, and those
// of a file. A missing config is fine; a wrong one is not.
func (in invocation) catalogue(c common, own string) (*signature.Catalogue, error) {
	files := []signature.File{signature.BuiltIn()}
	path := c.config
	if path == "" {
		path = filepath.Join(xdg(in.getenv, "XDG_CONFIG_HOME", ".config"), "andon", "config.yaml")
	}
	if _, err := os.Stat(path); c.config != "" || !errors.Is(err, fs.ErrNotExist) {
		cfg, _, err := readConfig(path)
		if err != nil {
			return nil, err
		}
		rows, err := ownSignatures(path, cfg)
		if err != nil {
			return nil, err
		}
		files = append(files, rows...)
	}
	if own != "" {
		text, err := os.ReadFile(own)
		if err != nil {
			return nil, fmt.Errorf("read signatures: %w", err)
		}
		files = append(files, signature.File{Name: own, Text: text})
	}
	return signature.Load(files...)
}

// classifyFile reads one log; "-" is standard input. What was read before an error is
// judged all the same.
func (in invocation) classifyFile(catalogue *signature.Catalogue, name string) (classified, error) {
	out := classified{File: name, Verdict: fleet.ClassUnknown, Cures: []fleet.Cure{}}
	r := io.Reader(in.in)
	if name != "-" {
		f, err := os.Open(name)
		if err != nil {
			out.Reason = given(err.Error())
			return out, err
		}
		defer f.Close()
		r = f
	}
	read, err := catalogue.Read(r)
	j := catalogue.Judge(inputOf(name), read)
	out.Verdict, out.SizeBytes, out.Lines, out.Truncated = j.Class, read.Bytes, read.Lines, err != nil
	out.Signature, out.Name, out.Step, out.Text = given(j.Signature), given(j.Name), given(j.Step), given(j.Excerpt)
	out.Advice, out.Guard, out.Reason = given(j.Advice), given(j.Guard), given(j.Reason)
	if j.Row > 0 {
		out.Row = &j.Row
	}
	if j.Line > 0 {
		out.Line = &j.Line
	}
	out.Cures = append(out.Cures, j.Cures...)
	if err != nil && read.Bytes == 0 {
		out.Reason = given(err.Error())
	}
	return out, err
}

var stepFile = regexp.MustCompile(`^\d+_(.+)\.txt$`)

// inputOf takes job and step from a file of a run's log archive: "JOB/3_STEP.txt".
func inputOf(name string) signature.Input {
	m := stepFile.FindStringSubmatch(filepath.Base(name))
	dir := filepath.Base(filepath.Dir(name))
	if m == nil || dir == "." || dir == string(filepath.Separator) {
		return signature.Input{}
	}
	return signature.Input{Job: dir, Step: m[1]}
}

func given(s string) *string {
	if s == "" {
		return nil
	}
	s = strings.ToValidUTF8(s, string(utf8.RuneError))
	return &s
}

// writeClassified prints one log's verdict: a line, and what to do below it.
func writeClassified(w io.Writer, c classified) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%-9s  %s", c.Verdict, plain(c.File))
	if c.Signature != nil {
		fmt.Fprintf(&b, "  %s", *c.Signature)
	}
	if c.Row != nil {
		fmt.Fprintf(&b, "  row %d", *c.Row)
	}
	if c.Line != nil {
		fmt.Fprintf(&b, "  line %d of %d", *c.Line, c.Lines)
	}
	b.WriteByte('\n')
	below := func(label, text string) { fmt.Fprintf(&b, "%-9s  %-6s %s\n", "", label, text) }
	if c.Step != nil {
		below("step", plain(*c.Step))
	}
	if c.Text != nil {
		below("text", plain(*c.Text))
	}
	if c.Advice != nil && c.Verdict != fleet.ClassCode {
		below("cure", plain(*c.Advice))
	}
	if c.Guard != nil && c.Verdict == fleet.ClassSuspect {
		below("or", plain(*c.Guard))
	}
	if c.Reason != nil {
		below("why", plain(*c.Reason))
	}
	_, err := io.WriteString(w, b.String())
	return err
}
