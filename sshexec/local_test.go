package sshexec

import (
	"bytes"
	"context"
	"embed"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

//go:embed testdata/*.sh
var scripts embed.FS

func script(t testing.TB, name string) Script {
	t.Helper()
	s, err := Embedded(scripts, "testdata/"+name)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestLocalScript(t *testing.T) {
	r, err := Local{}.Script(t.Context(), ScriptCall{Script: script(t, "echo.sh"), Args: []string{"a b", "", "it's\n\x1b\xff$(id)`id`\\'\"!"}})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := string(r.Stdout), "<a b><><it's\n\x1b\xff$(id)`id`\\'\"!>"; got != want {
		t.Errorf("stdout = %q, want %q", got, want)
	}
	if age := time.Since(r.RemoteTime).Abs(); age > time.Minute {
		t.Errorf("RemoteTime is %v away", age)
	}
	if len(r.Stderr) != 0 || len(r.Noise) != 0 {
		t.Errorf("stderr = %q, noise = %q, want none", r.Stderr, r.Noise)
	}
}

func TestLocalExitStatus(t *testing.T) {
	r, err := Local{}.Script(t.Context(), ScriptCall{Script: script(t, "exit.sh"), Args: []string{"255"}})
	if !errors.Is(err, ErrExit) || r.ExitCode != 255 || string(r.Stdout) != "out\n" || string(r.Stderr) != "err\n" {
		t.Errorf("got %+v, %v; want ErrExit 255 with both streams", r, err)
	}
}

func TestLocalSignal(t *testing.T) {
	r, err := Local{}.Script(t.Context(), ScriptCall{Script: script(t, "killed.sh")})
	if !errors.Is(err, ErrSignal) || r.Signal != "KILL" || string(r.Stdout) != "before\n" {
		t.Errorf("got %+v, %v; want ErrSignal KILL after the output", r, err)
	}
}

func TestLocalEndlessOutputIsBounded(t *testing.T) {
	r, err := Local{}.Script(t.Context(), ScriptCall{Script: script(t, "endless.sh"), Limits: Limits{MaxStdout: 1000, Grace: time.Second}})
	if !errors.Is(err, ErrTruncated) || len(r.Stdout) != 1000 || !r.StdoutTruncated || r.StdoutBytes <= 1000 {
		t.Errorf("err = %v, kept %d of %d, want ErrTruncated with 1000 kept", err, len(r.Stdout), r.StdoutBytes)
	}
}

func TestLocalTimeoutEndsTheWork(t *testing.T) {
	r, err := Local{}.Script(t.Context(), ScriptCall{Script: script(t, "sleep.sh"), Args: []string{"60"}, Limits: Limits{Timeout: 300 * time.Millisecond, Grace: 2 * time.Second}})
	if !errors.Is(err, ErrTimeout) || !MayHaveRun(err) {
		t.Fatalf("err = %v, want ErrTimeout with unknown outcome", err)
	}
	waitGone(t, pidOf(t, r))
}

func TestLocalBackgroundChildDoesNotHoldTheCall(t *testing.T) {
	r, err := Local{}.Script(t.Context(), ScriptCall{Script: script(t, "background.sh"), Args: []string{"60"}, Limits: Limits{Timeout: 20 * time.Second}})
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(r.Stdout)))
	if err != nil {
		t.Fatalf("stdout %q: %v", r.Stdout, err)
	}
	syscall.Kill(pid, syscall.SIGKILL)
}

func TestLocalRoot(t *testing.T) {
	r, err := Local{}.Script(t.Context(), ScriptCall{Script: script(t, "uid.sh"), Become: BecomeRoot})
	if errors.Is(err, ErrPrivilege) && os.Getuid() != 0 {
		t.Logf("not root and sudo -n refuses, as it may: %v", err)
		return
	}
	if err != nil || string(r.Stdout) != "0\n" {
		t.Errorf("got %q, %v; want uid 0", r.Stdout, err)
	}
}

func TestLocalProgram(t *testing.T) {
	r, err := Local{}.Program(t.Context(), ProgramCall{Program: Constant(`tr a-z A-Z`), Stdin: strings.NewReader("raw\x00bytes")})
	if err != nil || string(r.Stdout) != "RAW\x00BYTES" {
		t.Errorf("got %q, %v", r.Stdout, err)
	}
	var streamed bytes.Buffer
	r, err = Local{}.Program(t.Context(), ProgramCall{Program: Constant(`echo 'a  b'`), Stdout: &streamed})
	if err != nil || streamed.String() != "a  b\n" || len(r.Stdout) != 0 || r.StdoutBytes != 5 {
		t.Errorf("streamed %q, result %+v, %v", streamed.String(), r, err)
	}
	if _, err = (Local{}).Program(t.Context(), ProgramCall{Program: Constant("echo a!")}); !errors.Is(err, ErrConfig) {
		t.Errorf("line with '!': %v, want ErrConfig", err)
	}
}

func TestBadCallsAreRefused(t *testing.T) {
	echo := script(t, "echo.sh")
	for name, call := range map[string]ScriptCall{
		"no script":       {},
		"NUL":             {Script: echo, Args: []string{"a\x00b"}},
		"too long":        {Script: echo, Args: []string{strings.Repeat("x", maxArgs), "x"}},
		"negative limits": {Script: echo, Limits: Limits{Timeout: -1}},
	} {
		if _, err := (Local{}).Script(t.Context(), call); !errors.Is(err, ErrConfig) {
			t.Errorf("%s: %v, want ErrConfig", name, err)
		}
	}
	done, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (Local{}).Script(done, ScriptCall{Script: echo}); !errors.Is(err, ErrCanceled) || MayHaveRun(err) {
		t.Errorf("cancelled before: %v, want ErrCanceled and nothing run", err)
	}
}

// TestCutScriptRunsNothing cuts the stream at every byte.
func TestCutScriptRunsNothing(t *testing.T) {
	for _, sh := range shells(t) {
		t.Run(sh[0], func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			mark := filepath.Join(dir, "ran")
			input, err := frame(newNonce(), ScriptCall{Script: script(t, "touch.sh"), Args: []string{mark}})
			if err != nil {
				t.Fatal(err)
			}
			for cut := range len(input) - 1 { // only the last newline may be missing from a whole script
				cmd := exec.Command(sh[1], sh[2:]...)
				cmd.Dir, cmd.Stdin = dir, bytes.NewReader(input[:cut])
				cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
				cmd.Run() // a syntax error is expected; what matters is what was done
				if left, _ := os.ReadDir(dir); len(left) != 0 {
					t.Fatalf("cut at byte %d of %d left %v", cut, len(input), left)
				}
			}
			cmd := exec.Command(sh[1], sh[2:]...)
			cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
			stdin, err := cmd.StdinPipe()
			if err != nil {
				t.Fatal(err)
			}
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			stdin.Write(input)
			if err := cmd.Wait(); err != nil {
				t.Fatalf("whole script: %v", err)
			}
			if _, err := os.Stat(mark); err != nil {
				t.Fatalf("whole script did not run: %v", err)
			}
		})
	}
}

// shells lists the shells of this machine that may be a host's /bin/sh.
func shells(t testing.TB) [][]string {
	var found [][]string
	for _, sh := range [][]string{{"dash", "dash"}, {"bash", "bash", "--posix"}, {"ash", "busybox", "ash"}, {"mksh", "mksh"}} {
		path, err := exec.LookPath(sh[1])
		if err != nil {
			t.Logf("not tested with %s: %v", sh[0], err)
			continue
		}
		found = append(found, append([]string{sh[0], path}, sh[2:]...))
	}
	return found
}

func pidOf(t testing.TB, r Result) int {
	t.Helper()
	for line := range strings.Lines(string(r.Stdout)) {
		if s, ok := strings.CutPrefix(line, "pid "); ok {
			pid, err := strconv.Atoi(strings.TrimSpace(s))
			if err != nil {
				t.Fatal(err)
			}
			return pid
		}
	}
	t.Fatalf("no pid in %q", r.Stdout)
	return 0
}

// waitGone waits until no live process has this pid.
func waitGone(t testing.TB, pid int) {
	t.Helper()
	eventually(t, "process "+strconv.Itoa(pid)+" to end", func() bool {
		stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
		if err != nil {
			return syscall.Kill(pid, 0) != nil
		}
		rest := stat[bytes.LastIndexByte(stat, ')')+1:]
		return bytes.HasPrefix(rest, []byte(" Z"))
	})
}

func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for range 1500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatalf("waited 15 s for %s", what)
}
