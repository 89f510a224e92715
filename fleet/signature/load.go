package signature

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"

	"andon/fleet"
)

// Bounds of a catalogue file.
const (
	maxFile    = 1 << 20 // bytes
	minLiteral = 6       // bytes: shorter ones stand on every other line
	minMark    = 4       // bytes, of code signatures and marks: ".go:"
	maxRegexp  = 512     // bytes
	maxWithin  = 8       // lines that Near and Host may look away
	maxRows    = 2000
)

// Load reads catalogue files. A later file's row replaces an earlier one's of the
// same slug; within one file a slug stands once. The error is of type fleet.Problems and
// holds every complaint: a row without a literal, with one shorter than 6 bytes,
// with a regular expression that is over 512 bytes or does not compile, or with a
// class, place or cure that is not known.
func Load(files ...File) (*Catalogue, error) {
	c := &Catalogue{steps: map[string]StepRow{}}
	var all fleet.Problems
	for _, f := range files {
		d := &decoder{file: f.Name, slugs: map[string]bool{}, into: c}
		d.read(f.Text)
		all = append(all, d.problems...)
	}
	if len(all) > 0 {
		return nil, all
	}
	c.compile()
	return c, nil
}

// decoder turns one file's nodes into rows and remembers what stood before.
type decoder struct {
	file     string
	into     *Catalogue
	slugs    map[string]bool
	problems fleet.Problems
}

func (d *decoder) wrong(n *yaml.Node, what, fix string) {
	d.problems = append(d.problems, fleet.Problem{File: d.file, Line: max(n.Line, 1), Col: max(n.Column, 1), What: what, Fix: fix})
}

func (d *decoder) read(text []byte) {
	if len(text) > maxFile {
		d.wrong(&yaml.Node{}, fmt.Sprintf("file has %d bytes", len(text)), "keep it below 1 MiB")
		return
	}
	var doc yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(text)).Decode(&doc); err != nil {
		if !errors.Is(err, io.EOF) {
			line, msg := yamlError(err)
			d.wrong(&yaml.Node{Line: line}, "not YAML: "+msg, "mend the line")
		}
		return
	}
	d.fields(doc.Content[0], "the file", map[string]func(*yaml.Node){
		"rows": d.list("rows", d.row), "code": d.list("code", d.code), "steps": d.list("steps", d.step),
		"marks": d.list("marks", d.mark), "hosts": func(n *yaml.Node) { d.bytesList(n, &d.into.hosts) },
		"retries": func(n *yaml.Node) { d.bytesList(n, &d.into.retries) }})
}

func yamlError(err error) (int, string) {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	rest, ok := strings.CutPrefix(msg, "line ")
	if !ok {
		return 1, msg
	}
	number, text, _ := strings.Cut(rest, ": ")
	line, err := strconv.Atoi(number)
	if err != nil {
		return 1, msg
	}
	return line, text
}

// fields walks a mapping; every key must be one of the given and stand once.
func (d *decoder) fields(n *yaml.Node, what string, known map[string]func(*yaml.Node)) {
	if n.Kind != yaml.MappingNode {
		d.wrong(n, what+" is not a mapping", "write key: value lines below it")
		return
	}
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key := n.Content[i]
		set, ok := known[key.Value]
		switch {
		case !ok:
			names := make([]string, 0, len(known))
			for k := range known {
				names = append(names, k)
			}
			slices.Sort(names)
			d.wrong(key, fmt.Sprintf("%s has no key %q", what, key.Value), "use one of "+strings.Join(names, ", "))
		case seen[key.Value]:
			d.wrong(key, fmt.Sprintf("key %q stands twice", key.Value), "keep one of them")
		default:
			seen[key.Value] = true
			set(n.Content[i+1])
		}
	}
}

func (d *decoder) list(what string, each func(*yaml.Node)) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Kind != yaml.SequenceNode {
			d.wrong(n, what+" is not a list", "write it as - item lines")
			return
		}
		if len(n.Content) > maxRows {
			d.wrong(n, fmt.Sprintf("%s has %d items", what, len(n.Content)), "keep it below 2000")
			return
		}
		for _, c := range n.Content {
			each(c)
		}
	}
}

func (d *decoder) text(n *yaml.Node, what string, v *string) {
	if n.Kind != yaml.ScalarNode || n.Tag == "!!null" {
		d.wrong(n, what+" is not a text", "write one value on the line")
		return
	}
	*v = n.Value
}

// texts reads a list of texts, or one text alone.
func (d *decoder) texts(n *yaml.Node, what string, v *[]string) {
	if n.Kind == yaml.ScalarNode {
		n = &yaml.Node{Kind: yaml.SequenceNode, Content: []*yaml.Node{n}, Line: n.Line, Column: n.Column}
	}
	d.list(what, func(c *yaml.Node) {
		var s string
		d.text(c, what, &s)
		if s == "" {
			d.wrong(c, what+" has an empty text", "leave it out")
			return
		}
		*v = append(*v, s)
	})(n)
}

func (d *decoder) bytesList(n *yaml.Node, v *[][]byte) {
	var all []string
	d.texts(n, "the list", &all)
	for _, s := range all {
		*v = append(*v, []byte(s))
	}
}

func (d *decoder) flag(v *bool) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if n.Tag != "!!bool" || n.Decode(v) != nil {
			d.wrong(n, fmt.Sprintf("%q is no flag", n.Value), "write true, or leave it out")
		}
	}
}

// literals reads the texts of which every match holds one.
func (d *decoder) literals(n *yaml.Node, least int, v *[]string) {
	d.texts(n, "literals", v)
	for _, l := range *v {
		if len(l) < least {
			d.wrong(n, fmt.Sprintf("literal %q has %d bytes", l, len(l)), fmt.Sprintf("use one of %d bytes or more that every match holds", least))
		}
	}
}

func (d *decoder) regexp(v **regexp.Regexp) func(*yaml.Node) {
	return func(n *yaml.Node) {
		if len(n.Value) > maxRegexp {
			d.wrong(n, fmt.Sprintf("regular expression of %d bytes", len(n.Value)), "keep it to 512 bytes; use more rows")
			return
		}
		re, err := regexp.Compile(n.Value)
		if err != nil {
			d.wrong(n, "regular expression does not compile: "+err.Error(), "mend it; the syntax is RE2's")
			return
		}
		*v = re
	}
}

// slug reads a row's name.
func (d *decoder) slug(n *yaml.Node, v *string) {
	d.text(n, "slug", v)
	switch {
	case *v == "" || Slug(*v) != *v:
		d.wrong(n, fmt.Sprintf("slug %q", *v), "use lower case letters, digits and single dashes, at most 48")
	case d.slugs[*v]:
		d.wrong(n, fmt.Sprintf("slug %q stands twice in this file", *v), "keep one of them, or name them apart")
	}
	d.slugs[*v] = true
}

func (d *decoder) cures(n *yaml.Node, v *[]fleet.Cure) {
	var all []string
	d.texts(n, "cures", &all)
	known := []fleet.Cure{fleet.CureChown, fleet.CureReap, fleet.CureLook, fleet.CureRerun, fleet.CureWorkflow, fleet.CureNone}
	for _, s := range all {
		if !slices.Contains(known, fleet.Cure(s)) {
			d.wrong(n, fmt.Sprintf("no cure is called %q", s), "use chown, reap, look, rerun, workflow or none")
		}
		*v = append(*v, fleet.Cure(s))
	}
}

func (d *decoder) class(v *fleet.Class, known ...fleet.Class) func(*yaml.Node) {
	return func(n *yaml.Node) {
		*v = fleet.Class(n.Value)
		if !slices.Contains(known, *v) {
			d.wrong(n, fmt.Sprintf("no class is called %q here", n.Value), "use "+joinClasses(known))
		}
	}
}

func joinClasses(cs []fleet.Class) string {
	words := make([]string, len(cs))
	for i, c := range cs {
		words[i] = string(c)
	}
	return strings.Join(words, ", ")
}

func (d *decoder) place(n *yaml.Node, v *Place) {
	var all []string
	d.texts(n, "place", &all)
	names := placeNames()
	for _, s := range all {
		p, ok := names[s]
		if !ok {
			d.wrong(n, fmt.Sprintf("no place is called %q", s), "use error, setup, container, checkout, action, post, script, unknown, test, owned, step or any")
		}
		*v |= p
	}
}

// File is a catalogue file: its name, for complaints, and its text.
type File struct {
	Name string
	Text []byte
}
