package signature

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"andon/fleet"
)

// echoOfEverything is a step that passes, whose script holds every literal.
func echoOfEverything(c *Catalogue, colour bool) string {
	var b strings.Builder
	b.WriteString("##[group]Run ./explain.sh\n")
	for _, l := range c.machine.lits {
		if colour {
			fmt.Fprintf(&b, "\x1b[36;1m# %s\x1b[0m\n", l)
		} else if b.Len() < maxEchoBytes/2 && bytes.Count([]byte(b.String()), []byte("\n")) < maxEchoLines-10 {
			fmt.Fprintf(&b, "# %s\n", l)
		}
	}
	b.WriteString("shell: /usr/bin/bash -e {0}\nenv:\n  HINT: The runner has received a shutdown signal\n##[endgroup]\nall is well\n")
	return b.String()
}

// echoWithin puts every literal into the script of the step that fails.
func echoWithin(c *Catalogue, colour bool) func(string) string {
	all := strings.TrimPrefix(echoOfEverything(c, colour), "##[group]Run ./explain.sh\n")
	script, _, _ := strings.Cut(all, "shell: ")
	return func(s string) string {
		head, rest, ok := strings.Cut(s, "\n")
		if !ok || !strings.HasPrefix(head, "##[group]Run ") || !strings.Contains(rest, "\nshell: ") {
			return s
		}
		return head + "\n" + script + rest
	}
}

// dressings are what must not change a verdict.
func dressings(c *Catalogue) map[string]func(string) string {
	lines := func(f func(i int, line string) string) func(string) string {
		return func(text string) string {
			var b strings.Builder
			for i, l := range strings.Split(strings.TrimSuffix(text, "\n"), "\n") {
				b.WriteString(f(i, l))
			}
			return b.String()
		}
	}
	passing := strings.Repeat("   Compiling a v1.0.0 (/workspace/crates/a)\ntest net::connection_is_kept ... ok\n", 40)
	return map[string]func(string) string{
		"times": stampLines,
		"mark":  func(s string) string { return bom + stampLines(s) },
		"marks": lines(func(_ int, l string) string { return bom + l + "\n" }),
		"marked time": func(s string) string {
			return lines(func(_ int, l string) string { return bom + l + "\n" })(stampLines(s))
		},
		"returns": lines(func(_ int, l string) string { return l + "\r\n" }),
		"colour": lines(func(_ int, l string) string {
			if strings.HasPrefix(l, "##[") || strings.HasPrefix(l, "[command]") || strings.HasPrefix(l, "\x1b[36;1m") {
				return l + "\n"
			}
			return "\x1b[1m\x1b[31m" + l + "\x1b[0m\x1b[K\n"
		}),
		"no last newline": func(s string) string { return strings.TrimSuffix(s, "\n") },
		"gh":              lines(func(_ int, l string) string { return "build\tUNKNOWN STEP\t2026-05-18T03:12:07.1234567Z " + l + "\n" }),
		"act":             lines(func(_ int, l string) string { return "[ci/build]   | " + l + "\n" }),
		"echo before":     func(s string) string { return echoOfEverything(c, true) + s },
		"echo with times": func(s string) string { return stampLines(echoOfEverything(c, true) + s) },
		"bare echo":       func(s string) string { return stampLines(echoOfEverything(c, false) + s) },
		"echo within":     echoWithin(c, true),
		"bare within":     func(s string) string { return stampLines(echoWithin(c, false)(s)) },
		"passing before": func(s string) string {
			return "##[group]Run cargo build\nshell: bash -e {0}\n##[endgroup]\n" + passing + s
		},
		"passing within": func(s string) string {
			before, after, ok := strings.Cut(s, "##[endgroup]\n")
			if !ok || !strings.HasPrefix(s, "##[group]Run ") {
				return s
			}
			return before + "##[endgroup]\n" + strings.Repeat("   Compiling a v1.0.0 (/workspace/crates/a)\n", 400) + after
		},
	}
}

// inAStep reports a log whose first line begins a step: what stands before cannot
// change what kind of step it is.
func inAStep(text string) bool {
	return strings.HasPrefix(text, "##[group]") || strings.HasPrefix(text, "Current runner version")
}

func TestDressingChangesNoVerdict(t *testing.T) {
	c := builtIn(t)
	for name, dress := range dressings(c) {
		for _, file := range []string{"rows.log", "guards.log", "code.log", "infra.log"} {
			for _, f := range fixtures(t, file) {
				if !inAStep(f.text) && (strings.Contains(name, "before") || strings.Contains(name, "echo")) {
					continue
				}
				want, got := judge(t, c, f.text), judge(t, c, dress(f.text))
				if got.Class != want.Class || got.Signature != want.Signature {
					t.Errorf("%s, %s: %s %s at line %d %q, without %s %s", f.at, name, got.Class, got.Signature, got.Line, got.Excerpt, want.Class, want.Signature)
				}
			}
		}
	}
}

// An echo without its end must not swallow the failure behind it.
func TestEchoWithoutItsEnd(t *testing.T) {
	c := builtIn(t)
	for name, text := range map[string]string{
		"coloured":     "##[group]Run make\n\x1b[36;1mmake # No space left on device\x1b[0m\nshell: bash -e {0}\nenv:\n  A: b\n/usr/bin/ld: final link failed: No space left on device\n##[error]Process completed with exit code 2.\n",
		"then a group": "##[group]Run make\n\x1b[36;1mmake\x1b[0m\nshell: bash -e {0}\n/usr/bin/ld: final link failed: No space left on device\n##[group]Log\nx\n##[endgroup]\n##[error]Process completed with exit code 2.\n",
		"own group":    "##[group]Run make\nshell: bash -e {0}\n##[endgroup]\n##[group]Run unit tests\n/usr/bin/ld: final link failed: No space left on device\n##[endgroup]\n##[error]Process completed with exit code 2.\n",
	} {
		for _, text := range []string{text, stampLines(text)} {
			if j := judge(t, c, text); j.Class != fleet.ClassInfra || j.Signature != "disk-full" {
				t.Errorf("%s: %s %s %q", name, j.Class, j.Signature, j.Excerpt)
			}
		}
	}
}

func TestInputsOfSeveralLinesAreEcho(t *testing.T) {
	c := builtIn(t)
	text := "2026-05-18T03:12:07.1234567Z ##[group]Run actions/github-script@v7\n2026-05-18T03:12:07.1234567Z with:\n2026-05-18T03:12:07.1234567Z   script: if (x) core.setFailed(\n" +
		"'Cannot connect to the Docker daemon at unix:///var/run/docker.sock'\n)\n\n2026-05-18T03:12:07.1234567Z   debug: false\n2026-05-18T03:12:07.1234567Z ##[endgroup]\n" +
		"2026-05-18T03:12:08.1234567Z ##[error]AssertionError: title does not match\n"
	if j := judge(t, c, text); j.Class == fleet.ClassInfra || j.Class == fleet.ClassSuspect {
		t.Errorf("%s %s at line %d %q", j.Class, j.Signature, j.Line, j.Excerpt)
	}
}

// "gh run view --log" names job and step: no heading is needed.
func TestColumnsNameJobAndStep(t *testing.T) {
	c := builtIn(t)
	col := func(step, text string) string {
		return "workspace-test\t" + step + "\t\ufeff2026-05-18T03:12:07.1234567Z " + text + "\n"
	}
	text := col("Set up job", "Current runner version: '2.336.0'") + col("Build it", "##[group]Run make") + col("Build it", "shell: bash -e {0}") + col("Build it", "##[endgroup]") +
		col("Build it", "/usr/bin/ld: final link failed: No space left on device") + col("Build it", "##[error]Process completed with exit code 2.") + col("Complete job", "Cleaning up orphan processes")
	j := judge(t, c, text)
	if j.Name != "infra/workspace-test/build-it/disk-full" || j.Line != 5 || j.Excerpt != "/usr/bin/ld: final link failed: No space left on device" {
		t.Errorf("%+v", j)
	}
	text = col("Run actions/checkout@v4", "fatal: unable to access 'https://github.com/a/b/': Could not resolve host: github.com") + col("Run actions/checkout@v4", "##[error]The process '/usr/bin/git' failed with exit code 128")
	if j := judge(t, c, text); j.Name != "infra/workspace-test/actions-checkout/git-name-not-resolved" {
		t.Errorf("%+v", j)
	}
}

func TestActNamesItsSteps(t *testing.T) {
	c := builtIn(t)
	text := "[ci/build] ⭐ Run Main cargo build\n[ci/build]   | error: failed to write `/w/target/debug/deps/a.rmeta`: No space left on device (os error 28)\n[ci/build]   ❌  Failure - Main cargo build\n[ci/build] exitcode '101': failure\n"
	if j := judge(t, c, text); j.Name != "infra/build/cargo-build/disk-full" {
		t.Errorf("%+v", j)
	}
}

func TestLinesOfAnyLength(t *testing.T) {
	c := builtIn(t)
	long := strings.Repeat("test_a, ", 100_000)
	text := "##[group]Run make\nshell: bash -e {0}\n##[endgroup]\n" + long + "\n" + long + "\ntar: x: Cannot write: No space left on device\n" + long + "\n##[error]Process completed with exit code 2."
	j := judge(t, c, text)
	if j.Signature != "disk-full" || j.Line != 6 {
		t.Errorf("%s at line %d", j.Signature, j.Line)
	}
	if r, err := c.Read(strings.NewReader(strings.Repeat("x", 3*readSize) + "\nlast")); err != nil || r.Lines != 2 {
		t.Errorf("%d lines, %v", r.Lines, err)
	}
}

// Progress bars overwrite their line: what stands last is a line of its own.
func TestCarriageReturnsWithinALine(t *testing.T) {
	j := judge(t, builtIn(t), "##[group]Run make\nshell: bash -e {0}\n##[endgroup]\n 10 %\r 20 %\r\x1b[Ktar: x: Cannot write: No space left on device\n##[error]Process completed with exit code 2.\n")
	if j.Signature != "disk-full" || j.Line != 4 {
		t.Errorf("%+v", j)
	}
}
