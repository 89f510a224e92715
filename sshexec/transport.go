package sshexec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"syscall"
	"time"
)

const tcpTimeout = 5 * time.Second

// connect opens the byte stream to a host: through its proxy command, its jump host
// (via, may be nil) or TCP.
func connect(ctx context.Context, cfg HostConfig, via *link) (net.Conn, *Error) {
	address := net.JoinHostPort(orDefault(cfg.HostName, cfg.Alias), strconv.Itoa(orDefault(cfg.Port, 22)))
	var conn net.Conn
	var err error
	switch {
	case via != nil:
		conn, err = via.client.DialContext(ctx, "tcp", address)
		if err != nil {
			err = fmt.Errorf("from the jump host: %w", err)
		}
	case cfg.ProxyCommand != "":
		conn, err = dialCommand(cfg.ProxyCommand)
	default:
		conn, err = dialTCP(ctx, cfg, address)
	}
	if err == nil {
		return conn, nil
	}
	if ended := over(ctx); ended != nil {
		return nil, &Error{Kind: contextKind(ended), Stage: StageDial, Retryable: true, Err: err}
	}
	e := &Error{Kind: ErrUnreachable, Stage: StageDial, Retryable: true, Err: err}
	var dns *net.DNSError
	if errors.As(err, &dns) {
		e.Kind, e.Hint = ErrDNS, "check HostName in ~/.ssh/config"
	}
	return nil, e
}

// over gives the reason ctx is over. A network call sees the deadline on its own and
// may return a moment before the context knows.
func over(ctx context.Context) error {
	if deadline, ok := ctx.Deadline(); ok && !time.Now().Before(deadline) {
		return context.DeadlineExceeded
	}
	return ctx.Err()
}

func dialTCP(ctx context.Context, cfg HostConfig, address string) (net.Conn, error) {
	d := net.Dialer{Timeout: orDefault(cfg.ConnectTimeout, tcpTimeout)}
	network := map[string]string{"inet": "tcp4", "inet6": "tcp6"}[cfg.AddressFamily]
	network = orDefault(network, "tcp")
	if cfg.BindAddress != "" {
		local, err := net.ResolveTCPAddr(network, net.JoinHostPort(cfg.BindAddress, "0"))
		if err != nil {
			return nil, fmt.Errorf("BindAddress: %w", err)
		}
		d.LocalAddr = local
	}
	return d.DialContext(ctx, network, address)
}

// dialCommand runs a ProxyCommand of the operator's own configuration.
func dialCommand(line string) (net.Conn, error) {
	p, err := spawn(exec.Command("/bin/sh", "-c", "exec "+line))
	if err != nil {
		return nil, fmt.Errorf("ProxyCommand: %w", err)
	}
	c := &commandConn{process: p, said: &lockedCapture{}, ended: make(chan struct{})}
	go func() {
		io.Copy(c.said, p.stderr)
		close(c.ended)
	}()
	go p.wait()
	return c, nil
}

// commandConn is a process as a connection. It has no deadlines; whoever waits on
// it closes it instead.
type commandConn struct {
	process
	said  *lockedCapture // the first of what the command wrote to stderr
	ended chan struct{}  // closed when stderr has ended
	once  sync.Once
}

// lastWords gives the first line a command that has ended wrote to stderr.
func (c *commandConn) lastWords() string {
	select {
	case <-c.ended:
	case <-time.After(settle): // a child of it holds stderr
	}
	c.said.mu.Lock()
	defer c.said.mu.Unlock()
	return firstLine(c.said.c.kept)
}

func (c *commandConn) Read(p []byte) (int, error)  { return c.stdout.Read(p) }
func (c *commandConn) Write(p []byte) (int, error) { return c.stdin.Write(p) }

func (c *commandConn) Close() error {
	c.once.Do(func() {
		c.stdin.Close()
		if out, ok := c.stdout.(io.Closer); ok {
			out.Close() // frees a blocked Read
		}
		go func() {
			c.lastWords() // the only reason a failed command gives; it may still be writing it
			c.terminate()
			c.kill()
		}()
	})
	return nil
}

func (c *commandConn) LocalAddr() net.Addr              { return commandAddr{} }
func (c *commandConn) RemoteAddr() net.Addr             { return commandAddr{} }
func (c *commandConn) SetDeadline(time.Time) error      { return os.ErrNoDeadline }
func (c *commandConn) SetReadDeadline(time.Time) error  { return os.ErrNoDeadline }
func (c *commandConn) SetWriteDeadline(time.Time) error { return os.ErrNoDeadline }

type commandAddr struct{}

func (commandAddr) Network() string { return "command" }
func (commandAddr) String() string  { return "ProxyCommand" }

type lockedCapture struct {
	mu sync.Mutex
	c  capture
}

func (l *lockedCapture) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.c.max = maxNoise
	l.c.add(p)
	return len(p), nil
}

// sniffer keeps the first bytes the peer sent, to tell what answered.
type sniffer struct {
	net.Conn
	mu    sync.Mutex
	first []byte
}

func (s *sniffer) Read(p []byte) (int, error) {
	n, err := s.Conn.Read(p)
	s.mu.Lock()
	defer s.mu.Unlock()
	if room := 255 - len(s.first); room > 0 {
		s.first = append(s.first, p[:min(n, room)]...)
	}
	return n, err
}

func (s *sniffer) greeting() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]byte(nil), s.first...)
}

func isReset(err error) bool {
	return errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE)
}
