package sshexec

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func call(t testing.TB, p *Pool, alias string) (Result, error) {
	t.Helper()
	return p.Host(alias).Script(t.Context(), ScriptCall{Script: script(t, "uid.sh"), Limits: Limits{Timeout: 20 * time.Second}})
}

func strangers(cfg HostConfig) Options {
	return Options{Resolver: Static{"host": cfg}, KnownHostsFiles: []string{}, DialTimeout: 500 * time.Millisecond}
}

func TestServersThatAreNone(t *testing.T) {
	t.Parallel()
	noLeaks(t)
	hold := make(chan struct{})
	t.Cleanup(func() { close(hold) })
	web := func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
			io.WriteString(c, "HTTP/1.1 400 Bad Request\r\n\r\n\x1b]52;c;evil\a")
		}
	}
	for _, c := range []struct {
		name  string
		serve func(net.Conn)
		kind  Kind
		stage Stage
		says  string
	}{
		{"silent", func(net.Conn) { <-hold }, ErrTimeout, StageHandshake, "said nothing"},
		{"stalls after its version", func(c net.Conn) { io.WriteString(c, "SSH-2.0-x\r\n"); <-hold }, ErrTimeout, StageHandshake, ""},
		{"closes", func(net.Conn) {}, ErrUnreachable, StageHandshake, "MaxStartups"},
		{"HTTP", web, ErrNotSSH, StageHandshake, "HTTP/1.1 400"},
		{"endless greeting", func(c net.Conn) {
			for {
				if _, err := io.WriteString(c, "hello\r\n"); err != nil {
					return
				}
			}
		}, ErrNotSSH, StageHandshake, "hello"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			p := newPool(t, strangers(serve(t, c.serve)))
			_, err := call(t, p, "host")
			var e *Error
			if !errors.As(err, &e) || e.Kind != c.kind || e.Stage != c.stage || e.Host != "host" {
				t.Fatalf("got %v (%+v), want %v at %v", err, e, c.kind, c.stage)
			}
			if text := err.Error(); !strings.Contains(text, c.says) || strings.ContainsAny(text, "\x1b\a\r\n") {
				t.Errorf("text %q, want %q and no control bytes", text, c.says)
			}
		})
	}
}

func TestUnreachable(t *testing.T) {
	t.Parallel()
	p := newPool(t, strangers(HostConfig{HostName: "127.0.0.1", Port: freePort(t), User: "x"}))
	for range breakAfter {
		if _, err := call(t, p, "host"); !errors.Is(err, ErrUnreachable) || MayHaveRun(err) || errors.Is(err, ErrCircuitOpen) {
			t.Fatalf("got %v, want ErrUnreachable", err)
		}
	}
	if _, err := call(t, p, "host"); !errors.Is(err, ErrCircuitOpen) {
		t.Errorf("after %d failures: %v, want ErrCircuitOpen", breakAfter, err)
	}
	if st := p.State("host"); st.Phase != PhaseBackoff || time.Until(st.Until) > breakFirst {
		t.Errorf("state %+v, want backoff of at most %v", st, breakFirst)
	}
	p.Reset("host")
	if _, err := call(t, p, "host"); errors.Is(err, ErrCircuitOpen) {
		t.Errorf("after Reset: %v, want a dial", err)
	}
	p = newPool(t, strangers(HostConfig{HostName: "no-such-host.invalid", Port: 22, User: "x"}))
	if _, err := call(t, p, "host"); !errors.Is(err, ErrDNS) && !errors.Is(err, ErrTimeout) {
		t.Errorf("got %v, want ErrDNS", err)
	}
	if _, err := call(t, p, "other"); !errors.Is(err, ErrConfig) {
		t.Errorf("unconfigured alias: %v, want ErrConfig", err)
	}
}

func TestCallerMayLeaveADial(t *testing.T) {
	t.Parallel()
	noLeaks(t)
	hold := make(chan struct{})
	defer close(hold)
	opt := strangers(serve(t, func(net.Conn) { <-hold }))
	opt.DialTimeout = time.Minute
	p := newPool(t, opt)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := p.Host("host").Script(ctx, ScriptCall{Script: script(t, "uid.sh")})
		done <- err
	}()
	eventually(t, "the dial to begin", func() bool { return p.State("host").Phase == PhaseDialing })
	cancel()
	if err := <-done; !errors.Is(err, ErrCanceled) || MayHaveRun(err) {
		t.Errorf("got %v, want ErrCanceled before anything ran", err)
	}
}

func TestOneDialForAllCallers(t *testing.T) {
	t.Parallel()
	noLeaks(t)
	s := startSSHD(t)
	var dials atomic.Int32
	through := relay(t, s.port, func() { dials.Add(1) })
	p := s.pool(t, func(o *Options) {
		cfg := through
		cfg.User, cfg.HostKeyAlias = s.user, "relayed"
		o.Resolver = Static{"host": cfg}
		o.KnownHosts = []byte(strings.Replace(s.known(s.hostKey.PublicKey()), fmt.Sprintf("[127.0.0.1]:%d", s.port), "relayed", 1))
		o.SessionsPerHost = 64
	})
	all(t, 64, func(i int) error {
		arg := fmt.Sprint(i)
		r, err := p.Host("host").Script(t.Context(), ScriptCall{Script: script(t, "echo.sh"), Args: []string{arg}})
		if err == nil && string(r.Stdout) != "<"+arg+">" {
			return fmt.Errorf("call %d got %q", i, r.Stdout)
		}
		return err
	})
	if n := dials.Load(); n != 1 {
		t.Errorf("%d connections for 64 calls, want 1", n)
	}
}

// all runs f n times at once.
func all(t testing.TB, n int, f func(int) error) {
	t.Helper()
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			if err := f(i); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
}

// relay forwards a loopback port to another one.
func relay(t testing.TB, port int, accepted func()) HostConfig {
	return serve(t, func(c net.Conn) {
		accepted()
		up, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			return
		}
		defer up.Close()
		go func() { defer up.Close(); io.Copy(up, c) }()
		io.Copy(c, up)
	})
}

func TestMaxSessionsOne(t *testing.T) {
	t.Parallel()
	noLeaks(t)
	s := startSSHD(t, "MaxSessions 1")
	p := s.pool(t, func(o *Options) { o.SessionsPerHost = 16 })
	all(t, 16, func(int) error { _, err := call(t, p, "host"); return err })
}

// TestFullServerIsNotDown dials one server under many aliases at once, more than it
// lets in.
func TestFullServerIsNotDown(t *testing.T) {
	t.Parallel()
	s := startSSHD(t, "MaxStartups 2")
	hosts := Static{}
	for i := range 12 {
		hosts[fmt.Sprint(i)] = s.config()
	}
	p := s.pool(t, func(o *Options) { o.Resolver = hosts })
	all(t, len(hosts), func(i int) error {
		_, err := p.Host(fmt.Sprint(i)).Script(t.Context(), ScriptCall{Script: script(t, "uid.sh")})
		var e *Error
		if errors.As(err, &e) && (!e.Retryable || !strings.Contains(e.Error(), "MaxStartups")) {
			return err
		}
		if st := p.State(fmt.Sprint(i)); st.Phase == PhaseBackoff || st.Phase == PhaseBlocked {
			return fmt.Errorf("state %+v after one refusal", st)
		}
		return nil
	})
	if _, err := call(t, p, "0"); err != nil {
		t.Errorf("afterwards: %v", err)
	}
}

func TestAuthRefusedOpensTheBreaker(t *testing.T) {
	t.Parallel()
	noLeaks(t)
	s := startSSHD(t)
	var dials atomic.Int32
	cfg := relay(t, s.port, func() { dials.Add(1) })
	cfg.User, cfg.HostKeyAlias = s.user, "r"
	opt := s.options()
	opt.Signers = opt.Signers[:0:0]
	opt.Signers = append(opt.Signers, newKey(t, ""))
	opt.Resolver = Static{"host": cfg}
	opt.KnownHosts = []byte("r " + strings.SplitN(string(opt.KnownHosts), " ", 2)[1])
	p := newPool(t, opt)
	_, err := call(t, p, "host")
	var e *Error
	if !errors.As(err, &e) || e.Kind != ErrAuth || !strings.Contains(e.Hint, "offered 1 keys") || !strings.Contains(e.Hint, "publickey") {
		t.Fatalf("got %v, want ErrAuth with what was offered and allowed", err)
	}
	for range 100 {
		if _, err := call(t, p, "host"); !errors.Is(err, ErrCircuitOpen) || !errors.Is(err, ErrAuth) {
			t.Fatalf("again: %v, want ErrCircuitOpen around ErrAuth", err)
		}
	}
	if n := dials.Load(); n != 1 {
		t.Errorf("%d connections, want 1", n)
	}
	if st := p.State("host"); st.Phase != PhaseBlocked {
		t.Errorf("state %+v, want PhaseBlocked", st)
	}
}

func TestJumps(t *testing.T) {
	t.Parallel()
	noLeaks(t)
	s := startSSHD(t)
	direct := s.config()
	via := func(jump string) HostConfig { c := direct; c.ProxyJump = jump; return c }
	command := direct
	command.HostName, command.HostKeyAlias = "unresolvable.invalid", "[127.0.0.1]:"+fmt.Sprint(s.port)
	command.ProxyCommand = fmt.Sprintf("busybox nc 127.0.0.1 %d", s.port)
	broken := direct
	broken.ProxyCommand = "echo no way >&2; exit 1"
	p := s.pool(t, func(o *Options) {
		o.Resolver = Static{
			"a": direct, "b": via("a"), "c": via("b"), "listed": via("a,b"), "x": via("y"), "y": via("x"), "self": via("self"),
			"command": command, "broken": broken, "down": {HostName: "127.0.0.1", Port: freePort(t), User: s.user}, "behind": via("down"),
		}
	})
	for _, alias := range []string{"a", "b", "c", "listed", "command"} {
		if alias == "command" {
			findProgram(t, "busybox")
		}
		if _, err := call(t, p, alias); err != nil {
			t.Errorf("%s: %v", alias, err)
		}
	}
	for _, alias := range []string{"x", "self"} {
		if _, err := call(t, p, alias); !errors.Is(err, ErrConfig) || !strings.Contains(err.Error(), "->") {
			t.Errorf("%s: %v, want ErrConfig with the loop", alias, err)
		}
	}
	if _, err := call(t, p, "behind"); !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "jump host") {
		t.Errorf("behind: %v, want ErrUnreachable naming the jump host", err)
	}
	if st := p.State("behind"); st.Phase != PhaseIdle {
		t.Errorf("behind: state %+v; the failure is the jump host's", st)
	}
	if _, err := call(t, p, "broken"); !errors.Is(err, ErrUnreachable) || !strings.Contains(err.Error(), "no way") {
		t.Errorf("broken: %v, want what the command said", err)
	}
}
