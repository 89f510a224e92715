package sshexec

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

const hostile = "it's\n\x1b\xff\xfe$(id)`id`\\'\"!*; \\'; id #"

// checkShell runs a script, an exit status and a program on a server.
func checkShell(t *testing.T, s *server) Result {
	t.Helper()
	h := s.pool(t).Host("host")
	r, err := h.Script(t.Context(), ScriptCall{Script: script(t, "echo.sh"), Args: []string{hostile, ""}})
	if err != nil || string(r.Stdout) != "<"+hostile+"><>" {
		t.Errorf("arguments: %q, %v", r.Stdout, err)
	}
	bad, err := h.Script(t.Context(), ScriptCall{Script: script(t, "exit.sh"), Args: []string{"7"}})
	if !errors.Is(err, ErrExit) || bad.ExitCode != 7 {
		t.Errorf("exit 7: %+v, %v", bad, err)
	}
	prog, err := h.Program(t.Context(), ProgramCall{Program: Constant(`printf '%s-%s' "a  b" $((1+1))`), Stdin: strings.NewReader("x")})
	if err != nil || !strings.HasSuffix(string(prog.Stdout), "a  b-2") {
		t.Errorf("program: %q, %v", prog.Stdout, err)
	}
	root, err := h.Script(t.Context(), ScriptCall{Script: script(t, "uid.sh"), Become: BecomeRoot})
	if err != nil || string(root.Stdout) != "0\n" {
		t.Errorf("root: %q, %v", root.Stdout, err)
	}
	return r
}

func TestLoginShells(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"bash", "dash", "ash", "zsh", "fish", "tcsh", "mksh"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path, err := exec.LookPath(name)
			if busybox, missing := exec.LookPath("busybox"); err != nil && name == "ash" && missing == nil {
				path = filepath.Join(t.TempDir(), "ash")
				err = os.Symlink(busybox, path)
			}
			if err != nil {
				t.Skipf("login shell %s is not installed", name)
			}
			checkShell(t, startSSHDAs(t, path, nil))
		})
	}
}

func TestDropbear(t *testing.T) {
	t.Parallel()
	s := startDropbear(t)
	checkShell(t, s)
	killedBy(t, s)
}

func TestNoisyRCFile(t *testing.T) {
	t.Parallel()
	s := startSSHDAs(t, "/bin/bash", map[string]string{".bashrc": "printf 'hello\\033]0;title\\007 no newline'; echo 0123456789abcdef0123456789abcdef END 0\n"})
	r := checkShell(t, s)
	if !strings.HasPrefix(string(r.Noise), "hello") {
		t.Errorf("noise = %q, want what .bashrc printed", r.Noise)
	}
}

func TestNothingRan(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(t *testing.T) *server{
		"rc exits": func(t *testing.T) *server {
			return startSSHDAs(t, "/bin/bash", map[string]string{".bashrc": "echo leaving\nexit 0\n"})
		},
		"nologin":       func(t *testing.T) *server { return startSSHDAs(t, "/usr/sbin/nologin", nil) },
		"false":         func(t *testing.T) *server { return startSSHDAs(t, "/bin/false", nil) },
		"force command": func(t *testing.T) *server { return startSSHD(t, "ForceCommand echo forced") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := start(t).pool(t).Host("host").Script(t.Context(), ScriptCall{Script: script(t, "uid.sh")})
			if !errors.Is(err, ErrNoShell) || MayHaveRun(err) {
				t.Errorf("got %v, want ErrNoShell", err)
			}
		})
	}
}

func TestSudoRefuses(t *testing.T) {
	t.Parallel()
	findProgram(t, "sudo")
	// A login that is not uid 0 needs a second account; the same bootstrap under
	// a local unprivileged shell shows the same.
	setpriv := findProgram(t, "setpriv")
	if out, err := exec.Command(setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", "id", "-u").Output(); err != nil || string(out) != "65534\n" {
		t.Skipf("cannot run as another user: %v", err)
	}
	call := ScriptCall{Script: script(t, "uid.sh"), Become: BecomeRoot}
	input, err := frame(newNonce(), call)
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(setpriv, "--reuid=65534", "--regid=65534", "--clear-groups", "/bin/sh", "-c", ScriptLine(BecomeRoot))
	p, err := spawn(cmd)
	if err != nil {
		t.Fatal(err)
	}
	limits, _ := Limits{}.withDefaults()
	c := newCollector(strings.Split(string(input), " ")[4][:32], nil, limits)
	e := conduct(t.Context(), p, strings.NewReader(string(input)), true, c, limits.Grace)
	p.close()
	var r Result
	failed := c.judge(e, true, &r)
	if failed == nil || !errors.Is(failed, ErrPrivilege) || !strings.Contains(failed.Hint, "sudo") {
		t.Errorf("got %v (stdout %q, stderr %q), want ErrPrivilege with sudo's own words", failed, r.Stdout, r.Stderr)
	}
}
