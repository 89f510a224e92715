package main

import (
	"bufio"
	"bytes"
	"context"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/config"
	"andon/fleet/sim"
)

// TestWatchOfTheProgram: a signal, and a reader that leaves, end the program
// itself with code 0.
func TestWatchOfTheProgram(t *testing.T) {
	bin := buildAndon(t)
	for _, how := range []string{"SIGTERM", "SIGINT", "reader"} {
		cmd := exec.Command(bin, "demo", "--headless", "--", "watch")
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		if l, err := bufio.NewReader(out).ReadString('\n'); err != nil || !strings.Contains(l, "watching") {
			t.Errorf("%s: %q %v", how, l, err)
		}
		switch how {
		case "SIGTERM":
			must(t, cmd.Process.Signal(syscall.SIGTERM))
		case "SIGINT":
			must(t, cmd.Process.Signal(syscall.SIGINT))
		default:
			must(t, out.Close())
		}
		ended := make(chan struct{})
		go func() { _ = cmd.Wait(); close(ended) }() // its state is looked at
		select {
		case <-ended:
			if code := cmd.ProcessState.ExitCode(); code != exitOK {
				t.Errorf("%s: exit %d, %s", how, code, cmd.ProcessState)
			}
		case <-time.After(patience):
			_ = cmd.Process.Kill()
			t.Fatalf("%s: it goes on", how)
		}
	}
}

// heard collects what a terminal is sent.
type heard struct {
	mu   sync.Mutex
	b    bytes.Buffer
	came chan struct{}
}

func (h *heard) Write(p []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	select {
	case h.came <- struct{}{}:
	default: // somebody looks already
	}
	return h.b.Write(p)
}

func (h *heard) String() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.b.String()
}

// TestConsoleRingsForWhatBegins: what stands when the console opens is on its
// screen; a host that goes away afterwards rings.
func TestConsoleRingsForWhatBegins(t *testing.T) {
	k := newKept(t)
	k.notify = config.Notify{Bell: true, Desktop: config.DesktopOSC9, MinSeverity: fleet.SeverityWarn}
	s, err := k.open(t.Context(), invocation{}, common{interval: 5 * time.Second})
	must(t, err)
	defer s.close()
	ear := &heard{came: make(chan struct{}, 1)}
	tell := s.startNotices(func(string) string { return "" }, s.terminal(ring{out: ear, bell: true, desktop: config.DesktopOSC9, letters: s.letters()}))
	s.news.quiet = 3 * time.Second
	w := newWatch(s)
	settled := make(chan struct{})
	var once sync.Once
	publish := func(snap *fleet.Snapshot) {
		w.publish(snap)
		s.mu.Lock()
		done := s.news.settled
		s.mu.Unlock()
		if _, stands := w.latest().Board.Alert("run-dir-owner/intel/born"); done && stands {
			once.Do(func() { close(settled) })
		}
	}
	var all sync.WaitGroup
	defer all.Wait()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	all.Go(func() { tell(ctx) })
	all.Go(func() { s.collector.Run(ctx, publish) })
	select {
	case <-settled:
	case <-time.After(patience):
		t.Fatal("nothing was read")
	}
	must(t, k.f.Break("gx10", sim.Unreachable))
	s.collector.Nudge()
	end := time.After(patience)
	for !strings.Contains(ear.String(), "\a\x1b]9;andon: WARN host cannot be looked at on gx10") {
		select {
		case <-end:
			t.Fatalf("it did not ring; the terminal was sent %q", ear.String())
		case <-ear.came:
		}
	}
	if strings.Contains(ear.String(), "STOP") || strings.Contains(ear.String(), "mac-mini") {
		t.Errorf("it rang for what was on the screen: %q", ear.String())
	}
}
