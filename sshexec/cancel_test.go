package sshexec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// heard waits for the first bytes of a program's output.
type heard struct {
	once  sync.Once
	first chan string
}

func newHeard() *heard { return &heard{first: make(chan string, 1)} }

func (h *heard) Write(p []byte) (int, error) {
	h.once.Do(func() { h.first <- string(p) })
	return len(p), nil
}

// startSleep runs sleep.sh until ctx ends and waits for the remote pid by looking
// into the processes of the server.
func startSleep(t testing.TB, ctx context.Context, s *server, h Runner, limits Limits) (pid int, result <-chan error) {
	t.Helper()
	before := len(sleepers(s))
	done := make(chan error, 1)
	go func() {
		_, err := h.Script(ctx, ScriptCall{Script: script(t, "sleep.sh"), Args: []string{"97"}, Limits: limits})
		done <- err
	}()
	eventually(t, "the remote sleep to start", func() bool { return len(sleepers(s)) > before })
	return sleepers(s)[0], done
}

// sleepers lists the processes `sleep 97` below the server.
func sleepers(s *server) []int {
	var list []int
	for _, pid := range descendants(s.pid) {
		line, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
		if err == nil && strings.HasSuffix(string(line), "sleep\x0097\x00") {
			list = append(list, pid)
		}
	}
	return list
}

// killedBy checks that remote work dies with a cancelled call and with a dropped
// connection.
func killedBy(t *testing.T, s *server) {
	t.Helper()
	p := s.pool(t)
	ctx, cancel := context.WithCancel(t.Context())
	pid, done := startSleep(t, ctx, s, p.Host("host"), Limits{Timeout: time.Minute})
	cancel()
	if err := <-done; !errors.Is(err, ErrCanceled) || !MayHaveRun(err) {
		t.Errorf("cancelled: %v, want ErrCanceled with unknown outcome", err)
	}
	waitGone(t, pid)

	pid, done = startSleep(t, t.Context(), s, p.Host("host"), Limits{Timeout: time.Minute})
	p.host(hostKey{alias: "host"}).disconnect()
	if err := <-done; !errors.Is(err, ErrLost) || !MayHaveRun(err) {
		t.Errorf("dropped: %v, want ErrLost", err)
	}
	waitGone(t, pid)
	eventually(t, "every sleep to end", func() bool { return len(sleepers(s)) == 0 })
}

func TestRemoteWorkDiesWithTheCall(t *testing.T) {
	t.Parallel()
	noLeaks(t)
	killedBy(t, startSSHD(t))
}

func TestTimeoutIsKept(t *testing.T) {
	t.Parallel()
	s := startSSHD(t)
	p := s.pool(t)
	if _, err := call(t, p, "host"); err != nil {
		t.Fatal(err)
	}
	h := p.Host("host")
	_, err := h.Script(t.Context(), ScriptCall{Script: script(t, "sleep.sh"), Args: []string{"97"}, Limits: Limits{Timeout: time.Second, Grace: time.Second}})
	if !errors.Is(err, ErrTimeout) {
		t.Errorf("got %v, want ErrTimeout", err)
	}
	eventually(t, "the remote sleep to end", func() bool { return len(sleepers(s)) == 0 })
	if _, err := call(t, p, "host"); err != nil {
		t.Errorf("after a timeout: %v", err)
	}
}

func TestStoppedServerDoesNotHoldTheCaller(t *testing.T) {
	t.Parallel()
	noLeaks(t)
	s := startSSHD(t)
	h := s.pool(t).Host("host")
	if _, err := h.Script(t.Context(), ScriptCall{Script: script(t, "uid.sh")}); err != nil {
		t.Fatal(err)
	}
	limits := Limits{Timeout: 500 * time.Millisecond, Grace: 200 * time.Millisecond}
	for _, pid := range descendants(s.pid) {
		syscall.Kill(pid, syscall.SIGSTOP)
	}
	begin := time.Now()
	_, err := h.Script(t.Context(), ScriptCall{Script: script(t, "uid.sh"), Limits: limits})
	if !errors.Is(err, ErrTimeout) {
		t.Errorf("got %v, want ErrTimeout", err)
	}
	// Without its bound the call would last until the connection's keepalive ends.
	if took := time.Since(begin); took > keepaliveEvery {
		t.Errorf("took %v, promised %v", took, limits.Timeout+limits.Grace+settle)
	}
	// The connection is closed when its probe stays unanswered; the next call dials anew.
	eventually(t, "a new connection to work", func() bool {
		r, err := h.Script(t.Context(), ScriptCall{Script: script(t, "uid.sh")})
		return err == nil && string(r.Stdout) != ""
	})
}

func TestStoppedServerDuringARun(t *testing.T) {
	t.Parallel()
	noLeaks(t)
	s := startSSHD(t)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	_, done := startSleep(t, ctx, s, s.pool(t).Host("host"), Limits{Timeout: time.Minute, Grace: 200 * time.Millisecond})
	for _, pid := range descendants(s.pid) {
		syscall.Kill(pid, syscall.SIGSTOP)
	}
	cancel()
	if err := <-done; !errors.Is(err, ErrCanceled) || !MayHaveRun(err) {
		t.Errorf("got %v, want ErrCanceled with unknown outcome", err)
	}
}

func TestKilledServerIsLost(t *testing.T) {
	t.Parallel()
	noLeaks(t)
	s := startSSHD(t)
	h := s.pool(t).Host("host")
	pid, done := startSleep(t, t.Context(), s, h, Limits{Timeout: time.Minute})
	for _, p := range descendants(s.pid) { // the connection's own sshd: one process for root, more for others
		if comm, err := os.ReadFile(fmt.Sprintf("/proc/%d/comm", p)); err == nil && strings.HasPrefix(string(comm), "sshd") {
			syscall.Kill(p, syscall.SIGKILL)
		}
	}
	if err := <-done; !errors.Is(err, ErrLost) {
		t.Errorf("got %v, want ErrLost", err)
	}
	waitGone(t, pid)
	if _, err := h.Script(t.Context(), ScriptCall{Script: script(t, "uid.sh")}); err != nil {
		t.Errorf("next call: %v, want a new connection", err)
	}
}

// TestOneLostConnectionIsOneFailure: the calls that shared it must not open the
// breaker together.
func TestOneLostConnectionIsOneFailure(t *testing.T) {
	t.Parallel()
	s := startSSHD(t)
	p := s.pool(t)
	const calls = breakAfter + 1
	done := make(chan error, calls)
	for range calls {
		go func() {
			_, err := p.Host("host").Script(t.Context(), ScriptCall{Script: script(t, "sleep.sh"), Args: []string{"97"}, Limits: Limits{Timeout: time.Minute}})
			done <- err
		}()
	}
	eventually(t, "all sleeps to start", func() bool { return len(sleepers(s)) == calls })
	p.host(hostKey{alias: "host"}).disconnect()
	for range calls {
		if err := <-done; !errors.Is(err, ErrLost) {
			t.Errorf("got %v, want ErrLost", err)
		}
	}
	if _, err := call(t, p, "host"); err != nil {
		t.Errorf("next call: %v, want a new connection at once", err)
	}
}

func TestCloseEndsRunningCalls(t *testing.T) {
	t.Parallel()
	noLeaks(t)
	s := startSSHD(t)
	p := NewPool(s.options())
	pid, done := startSleep(t, t.Context(), s, p.Host("host"), Limits{Timeout: time.Minute})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := p.Close(ctx); err != nil {
		t.Error(err)
	}
	if err := <-done; !errors.Is(err, ErrCanceled) {
		t.Errorf("got %v, want ErrCanceled", err)
	}
	waitGone(t, pid)
	if _, err := p.Host("host").Script(t.Context(), ScriptCall{Script: script(t, "uid.sh")}); !errors.Is(err, ErrCanceled) {
		t.Errorf("call on a closed pool: %v, want ErrCanceled", err)
	}
}

func TestProgramStdinIsTheLifeline(t *testing.T) {
	t.Parallel()
	noLeaks(t)
	s := startSSHD(t)
	h := s.pool(t).Host("host")
	out := newHeard()
	stdin, feed := io.Pipe()
	done := make(chan error, 1)
	go func() {
		_, err := h.Program(t.Context(), ProgramCall{Program: Constant("cat"), Stdin: stdin, Stdout: out})
		done <- err
	}()
	feed.Write([]byte("ping"))
	if got := <-out.first; got != "ping" {
		t.Errorf("heard %q while stdin is open", got)
	}
	feed.Close()
	if err := <-done; err != nil {
		t.Errorf("after stdin ended: %v", err)
	}
}

func TestEndlessOutputIsStopped(t *testing.T) {
	t.Parallel()
	s := startSSHD(t)
	h := s.pool(t).Host("host")
	r, err := h.Script(t.Context(), ScriptCall{Script: script(t, "endless.sh"), Limits: Limits{MaxStdout: 100_000}})
	if !errors.Is(err, ErrTruncated) || len(r.Stdout) != 100_000 || !r.StdoutTruncated {
		t.Errorf("kept %d of %d, %v; want 100000 and ErrTruncated", len(r.Stdout), r.StdoutBytes, err)
	}
	if r, err := h.Script(t.Context(), ScriptCall{Script: script(t, "uid.sh")}); err != nil || !r.Reused {
		t.Errorf("next call: %+v, %v; want the same connection", r, err)
	}
}
