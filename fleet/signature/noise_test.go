package signature

import (
	"slices"
	"strings"
	"testing"

	"andon/fleet"
)

// outputOf is what a run step of a fixture printed, without the runner's own lines.
func outputOf(f fixture) []string {
	_, body, ok := strings.Cut(f.text, "##[endgroup]\n")
	if !ok || !strings.HasPrefix(f.text, "##[group]Run ") || strings.HasPrefix(f.text, "##[group]Run actions/") {
		return nil
	}
	var out []string
	for _, line := range strings.Split(strings.TrimSuffix(body, "\n"), "\n") {
		if strings.HasPrefix(line, "##[") || strings.HasPrefix(line, "[command]") || strings.HasPrefix(line, "Post job") {
			break
		}
		out = append(out, line)
	}
	return out
}

// A definite failure of the code stays one, whatever of infrastructure's words the
// same step prints after it; and before it, unless the cause is one that stays.
func TestInfraWordsInAFailingStepOfTheCode(t *testing.T) {
	c := builtIn(t)
	sticky := map[string]bool{}
	for _, r := range c.rows {
		sticky[r.Slug] = r.Sticky
	}
	type noise struct {
		slug  string
		lines []string
	}
	var noises []noise
	for _, file := range []string{"rows.log", "infra.log"} {
		for _, f := range fixtures(t, file) {
			if lines := outputOf(f); f.class == fleet.ClassInfra && len(lines) > 0 && len(f.slugs) > 0 {
				noises = append(noises, noise{f.slugs[0], lines})
			}
		}
	}
	tried := 0
	for _, f := range fixtures(t, "code.log") {
		lines := strings.Split(f.text, "\n")
		r, err := c.Read(strings.NewReader(f.text))
		if err != nil {
			t.Fatal(err)
		}
		o, ok := r.decide(window{})
		if !ok || o.code == nil || o.strength < Sure || o.seg.kind != Script || outputOf(f) == nil {
			continue
		}
		for _, n := range noises {
			tried++
			after := strings.Join(slices.Concat(lines[:o.line], n.lines, lines[o.line:]), "\n")
			if j := judge(t, c, after); j.Class == fleet.ClassInfra {
				t.Errorf("%s: %s of %s after the failure: %q", f.at, j.Signature, n.slug, j.Excerpt)
			}
			before := strings.Join(slices.Concat(lines[:o.line-1], n.lines, lines[o.line-1:]), "\n")
			if j := judge(t, c, before); j.Class == fleet.ClassInfra && !sticky[j.Signature] {
				t.Errorf("%s: %s of %s before the failure: %q", f.at, j.Signature, n.slug, j.Excerpt)
			}
		}
	}
	if tried < 1000 {
		t.Errorf("only %d pairs tried", tried)
	}
}

// A failure of infrastructure is found whatever passing tests and warnings stand
// before it in the job.
func TestInfraAfterAJobThatWentWell(t *testing.T) {
	c := builtIn(t)
	well := "##[group]Run cargo test\nshell: bash -e {0}\n##[endgroup]\nwarning: unused variable `error`\nrunning 2 tests\ntest refuses_connections ... ok\ntest result: ok. 2 passed; 0 failed; 0 ignored\n" +
		"##[group]Run npm test\nshell: bash -e {0}\n##[endgroup]\n> jest\nPASS src/a.test.ts\nTest Suites: 1 passed, 1 total\nTests:       2 passed, 2 total\n" +
		"##[group]Run actions/cache@v4\nwith:\n  key: a\n##[endgroup]\n##[warning]Failed to restore: Cache service responded with 503\n"
	for _, file := range []string{"rows.log", "infra.log"} {
		for _, f := range fixtures(t, file) {
			if f.class == fleet.ClassInfra && inAStep(f.text) {
				if j := judge(t, c, well+f.text); j.Class != fleet.ClassInfra {
					t.Errorf("%s: %s %s %q", f.at, j.Class, j.Signature, j.Excerpt)
				}
			}
		}
	}
}
