package signature

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"andon/fleet"
)

// fixture is one log of testdata and what it must be judged to be.
type fixture struct {
	at    string // file:line
	class fleet.Class
	slugs []string // one of them; none where any will do
	text  string
}

// fixtures reads a file of testdata. "== class slug…" begins a log; "␛" stands for
// the escape byte; lines with @ are short for the runner's own.
func fixtures(t testing.TB, name string) []fixture {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	var out []fixture
	var body []string
	flush := func() {
		if len(out) > 0 {
			out[len(out)-1].text = strings.ReplaceAll(strings.TrimRight(strings.Join(body, "\n"), "\n")+"\n", "␛", "\x1b")
		}
		body = nil
	}
	for i, line := range strings.Split(string(b), "\n") {
		if head, ok := strings.CutPrefix(line, "== "); ok {
			flush()
			head, _, _ = strings.Cut(head, " : ")
			words := strings.Fields(head)
			out = append(out, fixture{at: fmt.Sprintf("testdata/%s:%d", name, i+1), class: fleet.Class(words[0]), slugs: words[1:]})
			continue
		}
		body = append(body, short(line)...)
	}
	flush()
	return out
}

// short expands a line that begins with @.
func short(line string) []string {
	word, rest, _ := strings.Cut(line, " ")
	switch word {
	case "@run":
		return []string{"##[group]Run " + rest, "\x1b[36;1m" + rest + "\x1b[0m", "shell: /usr/bin/bash -e {0}", "env:", "  CARGO_TERM_COLOR: always", "##[endgroup]"}
	case "@uses":
		return []string{"##[group]Run " + rest, "with:", "  token: ***", "env:", "  CI: true", "##[endgroup]"}
	case "@exit":
		return []string{"##[error]Process completed with exit code " + rest + "."}
	case "@post":
		return []string{"Post job cleanup.", "[command]/usr/bin/git version", "git version 2.54.0", "Cleaning up orphan processes"}
	case "@head":
		return []string{"Current runner version: '2.336.0'", "Runner name: 'intel-clean-room-7'", "Runner group name: 'Default'", "Machine name: 'mac-server'",
			"##[group]GITHUB_TOKEN Permissions", "Contents: read", "##[endgroup]", "Secret source: Actions", "Prepare workflow directory",
			"Prepare all required actions", "Getting action download info", "Complete job name: workspace-test"}
	case "@fill": // many lines of passing output
		return strings.Split(strings.Repeat("   Compiling something-else v1.0.0 (/workspace/crates/else)\n", 300), "\n")
	}
	return []string{line}
}

// stampLines puts the runner's time before every line.
func stampLines(text string) string {
	var b strings.Builder
	for i, line := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
		fmt.Fprintf(&b, "2026-05-18T03:%02d:%02d.1234567Z %s\n", i/60%60, i%60, line)
	}
	return b.String()
}

func builtIn(t testing.TB) *Catalogue {
	t.Helper()
	c, err := Load(BuiltIn())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func judge(t testing.TB, c *Catalogue, text string) Judgement {
	t.Helper()
	r, err := c.Read(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return c.Judge(Input{}, r)
}

// check judges a fixture as it stands and with times, which must not matter.
func (f fixture) check(t *testing.T, c *Catalogue) {
	t.Helper()
	for _, text := range []string{f.text, stampLines(f.text)} {
		j := judge(t, c, text)
		ok := j.Class == f.class && (len(f.slugs) == 0 || bytes.Contains([]byte(" "+strings.Join(f.slugs, " ")+" "), []byte(" "+j.Signature+" ")))
		if !ok {
			t.Errorf("%s: %s %s at line %d %q %s, want %s %v", f.at, j.Class, j.Signature, j.Line, j.Excerpt, j.Reason, f.class, f.slugs)
		}
	}
}

func TestEveryRowHasALog(t *testing.T) {
	c := builtIn(t)
	seen := map[string]bool{}
	for _, f := range fixtures(t, "rows.log") {
		f.check(t, c)
		for _, s := range f.slugs {
			seen[s] = true
		}
	}
	for _, r := range c.rows {
		if !seen[r.Slug] && r.Class != classNone {
			t.Errorf("row %d %s has no log in testdata/rows.log", r.Number, r.Slug)
		}
	}
}
