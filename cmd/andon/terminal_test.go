//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// muteTerminal is a real terminal that shows and never answers: what a query
// for its colours waits on.
type muteTerminal struct {
	master *os.File
	slave  *os.File
}

func openTerminal(t *testing.T, w, h uint16) muteTerminal {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Skipf("needs a pseudo terminal: %v", err)
	}
	t.Cleanup(func() { _ = master.Close() })
	fd := int(master.Fd())
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	must(t, err)
	must(t, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0))
	must(t, unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Col: w, Row: h}))
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	must(t, err)
	t.Cleanup(func() { _ = slave.Close() })
	return muteTerminal{master, slave}
}

// start runs andon on the terminal.
func (m muteTerminal) start(t *testing.T, bin string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(bin, args...)
	cmd.Env = append(os.Environ(), "TERM=xterm-256color", "COLORTERM=truecolor", "HOME="+t.TempDir())
	cmd.Stdin, cmd.Stdout, cmd.Stderr = m.slave, m.slave, m.slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	must(t, cmd.Start())
	return cmd
}

// read collects what is shown until it holds want.
func (m muteTerminal) read(t *testing.T, want string, limit time.Duration) []byte {
	t.Helper()
	var seen []byte
	buf := make([]byte, 64<<10)
	for end := time.Now().Add(limit); !bytes.Contains(seen, []byte(want)); {
		if time.Now().After(end) {
			t.Fatalf("waited %s in vain for %q on the terminal; it showed %q", limit, want, seen)
		}
		must(t, m.master.SetReadDeadline(time.Now().Add(100*time.Millisecond)))
		n, err := m.master.Read(buf)
		seen = append(seen, buf[:n]...)
		if err != nil && !os.IsTimeout(err) {
			t.Fatalf("read terminal: %v; it showed %q", err, seen)
		}
	}
	return seen
}

func buildAndon(t *testing.T) string {
	t.Helper()
	bin := filepath.Join(t.TempDir(), "andon")
	if out, err := exec.Command("go", "build", "-o", bin, ".").CombinedOutput(); err != nil {
		t.Fatalf("build: %v\n%s", err, out)
	}
	return bin
}

// queryWait is how long termenv waits for a terminal's answer (OSCTimeout). A
// first frame well below it has asked nothing; no figure of this machine is meant.
const queryWait = 5 * time.Second

// TestMuteTerminal: on a terminal that never answers, the first frame and the
// plain verbs come at once, nothing is asked, and a signal gives the terminal back.
func TestMuteTerminal(t *testing.T) {
	bin := buildAndon(t)
	m := openTerminal(t, 160, 45)
	before, err := unix.IoctlGetTermios(int(m.slave.Fd()), unix.TCGETS)
	must(t, err)

	start := time.Now()
	version := m.start(t, bin, "version")
	m.read(t, "andon", queryWait)
	must(t, version.Wait())
	plain := time.Since(start)

	start = time.Now()
	cmd := m.start(t, bin, "demo")
	seen := m.read(t, "HOSTS", queryWait)
	first := time.Since(start)
	t.Logf("andon version %s, first frame of the demo %s", plain.Round(time.Millisecond), first.Round(time.Millisecond))
	if first > queryWait/2 || plain > queryWait/2 {
		t.Errorf("first frame after %s, version after %s: something waits for the terminal", first, plain)
	}
	for name, query := range map[string]string{"background colour": "\x1b]11;?", "foreground colour": "\x1b]10;?", "device attributes": "\x1b[c", "cursor position": "\x1b[6n"} {
		if bytes.Contains(seen, []byte(query)) {
			t.Errorf("the terminal was asked for its %s", name)
		}
	}
	m.read(t, "STOP", 30*time.Second)

	must(t, cmd.Process.Signal(syscall.SIGTERM))
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	m.read(t, "\x1b[?1049l", 10*time.Second) // the main screen is back
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		_ = cmd.Process.Kill()
		t.Fatal("still running 10 s after SIGTERM")
	}
	after, err := unix.IoctlGetTermios(int(m.slave.Fd()), unix.TCGETS)
	must(t, err)
	if *after != *before {
		t.Errorf("terminal modes differ after the end: %+v, before %+v", after, before)
	}
}

// TestDumbTerminal: where no cursor can be moved, nothing is drawn.
func TestDumbTerminal(t *testing.T) {
	bin := buildAndon(t)
	m := openTerminal(t, 80, 24)
	cmd := exec.Command(bin, "demo")
	cmd.Env = append(os.Environ(), "TERM=dumb")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = m.slave, m.slave, m.slave
	must(t, cmd.Start())
	seen := m.read(t, "--headless", queryWait)
	_ = cmd.Wait() // the exit code is looked at
	if code := cmd.ProcessState.ExitCode(); code != exitUsage || bytes.Contains(seen, []byte("\x1b")) {
		t.Errorf("exit %d, showed %q", code, seen)
	}
}

// TestSignalsAtAnyTime: whenever the signal comes, the console ends.
func TestSignalsAtAnyTime(t *testing.T) {
	bin := buildAndon(t)
	for i := range 12 {
		m := openTerminal(t, 80, 24)
		cmd := m.start(t, bin, "demo")
		go func() { // what is shown is of no interest, but must be taken
			buf := make([]byte, 64<<10)
			for {
				if _, err := m.master.Read(buf); err != nil {
					return
				}
			}
		}()
		select {
		case <-time.After(time.Duration(i*8) * time.Millisecond): // the moment is what is tried, not waited for
		case <-t.Context().Done():
		}
		must(t, cmd.Process.Signal(syscall.SIGTERM))
		done := make(chan error, 1)
		go func() { done <- cmd.Wait() }()
		select {
		case <-done:
		case <-time.After(15 * time.Second):
			_ = cmd.Process.Kill()
			t.Fatalf("signal after %d ms: still running 15 s later", i*8)
		}
	}
}
