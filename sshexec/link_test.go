package sshexec

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

func TestIdleConnectionIsClosed(t *testing.T) {
	t.Parallel()
	noLeaks(t)
	s := startSSHD(t)
	p := s.pool(t, func(o *Options) { o.IdleTimeout = 50 * time.Millisecond })
	if _, err := call(t, p, "host"); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the connection to close", func() bool { return p.State("host").Phase == PhaseIdle })
	if r, err := call(t, p, "host"); err != nil || r.Reused {
		t.Errorf("afterwards: %+v, %v; want a new connection", r, err)
	}
}

func TestKeepaliveClosesADeadConnection(t *testing.T) {
	t.Parallel()
	noLeaks(t)
	s := startSSHD(t)
	stopped := make(chan struct{})
	cfg := serve(t, func(c net.Conn) {
		up, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.port))
		if err != nil {
			return
		}
		defer up.Close()
		go io.Copy(up, c)
		go io.Copy(half{c, stopped}, up)
		<-t.Context().Done()
	})
	cfg.User, cfg.HostKeyAlias, cfg.KeepaliveInterval, cfg.KeepaliveCount = s.user, "r", 500*time.Millisecond, 4
	p := s.pool(t, func(o *Options) {
		o.Resolver = Static{"host": cfg}
		o.KnownHosts = []byte("r " + strings.SplitN(string(o.KnownHosts), " ", 2)[1])
	})
	if _, err := call(t, p, "host"); err != nil {
		t.Fatal(err)
	}
	_, done := startSleep(t, t.Context(), s, p.Host("host"), Limits{Timeout: 15 * time.Second})
	close(stopped) // replies are swallowed from now on
	if err := <-done; !errors.Is(err, ErrLost) {
		t.Errorf("got %v, want ErrLost by keepalive", err)
	}
}

// half is a connection whose writes vanish once stopped is closed.
type half struct {
	net.Conn
	stopped <-chan struct{}
}

func (h half) Write(p []byte) (int, error) {
	select {
	case <-h.stopped:
		return len(p), nil
	default:
		return h.Conn.Write(p)
	}
}
