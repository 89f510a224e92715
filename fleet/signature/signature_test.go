package signature

import (
	"strings"
	"testing"
)

func TestFirstError(t *testing.T) {
	stamp := "2026-05-18T03:12:07.1234567Z "
	for _, tc := range []struct {
		name, log, want string
		line            int
	}{
		{"text of the build beats the runner's marker", stamp + "Compiling\n" + stamp + "error: failed to create directory `/workspace/target/debug`\n" + stamp + "##[error]Process completed with exit code 101.\n",
			"error: failed to create directory `/workspace/target/debug`", 2},
		{"echoed script is skipped", stamp + "##[group]Run cargo test\n" + stamp + "\x1b[36;1merror: not this\x1b[0m\n" + stamp + "error: nor this, in env\n" + stamp + "##[endgroup]\n" + stamp + "error: this one\n", "error: this one", 5},
		{"byte order mark and carriage return", "\ufeff" + stamp + "fatal: detected dubious ownership\r\n", "fatal: detected dubious ownership", 1},
		{"marker alone", stamp + "##[error]The action 'x' has timed out after 55 minutes.\n", "The action 'x' has timed out after 55 minutes.", 1},
		{"boilerplate says nothing", stamp + "##[error]Process completed with exit code 1.\n", "", 0},
		{"earliest wins", "error: first\nerror: second\n", "error: first", 1},
		{"colour before the word", stamp + "\x1b[1m\x1b[31merror\x1b[0m: broken\n", "error: broken", 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, line, ok := FirstError([]byte(tc.log))
			if got != tc.want || line != tc.line || ok != (tc.want != "") {
				t.Errorf("got %q line %d ok %v, want %q line %d", got, line, ok, tc.want, tc.line)
			}
		})
	}
}

func TestNormaliseMakesOneCauseEqual(t *testing.T) {
	a := Normalise("error: couldn't create a temp dir: No such file or directory (os error 2) at path \"/mnt/t/1792/run-25919246467/debug/deps/rmeta7Xk2\"")
	b := Normalise("error: couldn't create a temp dir: No such file or directory (os error 2) at path \"/mnt/t/1797/run-25919246999/debug/deps/rmetaQ9zz\"")
	c := Normalise("error: couldn't create a temp dir: Permission denied (os error 13) at path \"/mnt/t/1797/run-25919246999/debug/deps/rmetaQ9zz\"")
	if a != b {
		t.Errorf("one cause, two texts:\n%s\n%s", a, b)
	}
	if b == c {
		t.Errorf("two causes, one text: %s", c)
	}
}

func FuzzFirstError(f *testing.F) {
	f.Add([]byte("2026-05-18T03:12:07.1234567Z error: x\n"))
	f.Add([]byte("\x1b[36;1m##[group]Run x"))
	f.Fuzz(func(t *testing.T, log []byte) {
		text, line, ok := FirstError(log)
		if ok != (text != "") || line < 0 || len(text) > maxText+len(log) {
			t.Fatalf("text %q line %d ok %v", text, line, ok)
		}
		if n := Normalise(text); !strings.HasPrefix(n, "#") && Normalise(n) != n && len(text) < maxText {
			t.Fatalf("not stable: %q then %q", text, n)
		}
	})
}
