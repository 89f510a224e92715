package sshexec

import (
	"context"
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

// startSudoer runs an sshd for an account that is not root, with a sudoers file of
// the test's own.
func startSudoer(t *testing.T, sudoers string) *server {
	t.Helper()
	sshd := findProgram(t, "sshd", "/usr/sbin/sshd")
	findProgram(t, "sudo")
	s := newServer(t)
	s.user = "nobody"
	s.configure(t, nil)
	file := filepath.Join(s.dir, "sudoers")
	write(t, file, "root ALL=(ALL) ALL\n"+sudoers)
	for path, mode := range map[string]os.FileMode{filepath.Dir(s.dir): 0o755, s.dir: 0o755, filepath.Join(s.dir, "authorized_keys"): 0o644, file: 0o440} {
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
	}
	s.run(t, s.private(t, "/bin/sh", map[string]string{"/etc/sudoers": file}, sshd, "-D", "-e", "-f", filepath.Join(s.dir, "sshd_config")))
	return s
}

func TestSudo(t *testing.T) {
	t.Parallel()
	s := startSudoer(t, "nobody ALL=(root) NOPASSWD: ALL\n")
	h := s.pool(t).Host("host")
	call := ScriptCall{Script: script(t, "uid.sh")}
	if r, err := h.Script(t.Context(), call); err != nil || string(r.Stdout) == "0\n" {
		t.Errorf("without: %q, %v; want the login's own uid", r.Stdout, err)
	}
	call.Become = BecomeRoot
	if r, err := h.Script(t.Context(), call); err != nil || string(r.Stdout) != "0\n" || len(r.Noise) != 0 {
		t.Errorf("with: %q, noise %q, %v; want uid 0", r.Stdout, r.Noise, err)
	}
	if r, err := h.Program(t.Context(), ProgramCall{Program: Constant("id -u"), Become: BecomeRoot}); err != nil || string(r.Stdout) != "0\n" {
		t.Errorf("program: %q, %v; want uid 0", r.Stdout, err)
	}
	// The login cannot kill root's process: the watcher inside the privileged shell does.
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		_, err := h.Script(ctx, ScriptCall{Script: script(t, "sleep.sh"), Args: []string{"97"}, Become: BecomeRoot})
		done <- err
	}()
	eventually(t, "root's sleep to start", func() bool { return len(sleepers(s)) == 1 })
	pid := sleepers(s)[0]
	cancel()
	if err := <-done; !errors.Is(err, ErrCanceled) {
		t.Errorf("cancelled: %v", err)
	}
	waitGone(t, pid)
}

func TestSudoRefuses(t *testing.T) {
	t.Parallel()
	for name, sudoers := range map[string]string{
		"password":     "nobody ALL=(root) ALL\n",
		"no rule":      "",
		"another rule": "nobody ALL=(root) NOPASSWD: /bin/chown\n",
		"tty":          "Defaults requiretty\nnobody ALL=(root) NOPASSWD: ALL\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := startSudoer(t, sudoers).pool(t).Host("host")
			_, err := h.Script(t.Context(), ScriptCall{Script: script(t, "uid.sh"), Become: BecomeRoot})
			var e *Error
			if !errors.As(err, &e) || e.Kind != ErrPrivilege || !strings.HasPrefix(e.Hint, "sudo: ") || MayHaveRun(err) {
				t.Errorf("script: %v, want ErrPrivilege with sudo's own words", err)
			}
			if _, err := h.Program(t.Context(), ProgramCall{Program: Constant("id -u"), Become: BecomeRoot}); !errors.Is(err, ErrPrivilege) {
				t.Errorf("program: %v, want ErrPrivilege", err)
			}
		})
	}
}
