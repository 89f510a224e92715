package sim

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"

	"golang.org/x/crypto/ssh"

	"andon/fleet/sim/world"
)

// host is the SSH server of one host.
type host struct {
	fleet    *Fleet
	world    *world.Host
	name     string
	user     string
	addr     string
	signer   ssh.Signer
	config   *ssh.ServerConfig
	fault    atomic.Pointer[fault]
	mu       sync.Mutex
	listener net.Listener // nil while the port is closed
	conns    map[net.Conn]bool
}

// listen starts a host's server on a port of its own. A host that is down gets a
// port that nobody listens on.
func (f *Fleet) listen(ctx context.Context, w *world.Host) (*host, error) {
	signer, err := newSigner()
	if err != nil {
		return nil, err
	}
	h := &host{fleet: f, world: w, name: w.Name, user: w.User, signer: signer, conns: make(map[net.Conn]bool)}
	h.config = &ssh.ServerConfig{PublicKeyCallback: h.login, ServerVersion: "SSH-2.0-OpenSSH_9.6p1 andon-demo"}
	h.config.AddHostKey(signer)
	if err := h.open(ctx, "127.0.0.1:0"); err != nil {
		return nil, err
	}
	if w.Down {
		return h, h.shut()
	}
	return h, nil
}

// open listens on addr and serves what comes.
func (h *host) open(ctx context.Context, addr string) error {
	l, err := net.Listen("tcp4", addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	h.mu.Lock()
	h.listener = l
	if h.addr == "" {
		h.addr = l.Addr().String() // stays for good: a host that comes back has the same address
	}
	h.mu.Unlock()
	h.fleet.servers.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return // closed
			}
			h.fleet.servers.Go(func() { h.converse(ctx, conn) })
		}
	})
	return nil
}

// shut closes the port and every connection; the address stays the host's.
func (h *host) shut() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.listener == nil {
		return nil
	}
	err := h.listener.Close()
	h.listener = nil
	for c := range h.conns {
		err = errors.Join(err, ignoreClosed(c.Close()))
	}
	return err
}

func (h *host) close() error { return h.shut() }

func ignoreClosed(err error) error {
	if errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

func (h *host) knownHostsLine() string {
	_, port, err := net.SplitHostPort(h.addr)
	if err != nil {
		return "" // cannot happen: the address is the listener's own
	}
	return "[127.0.0.1]:" + port + " " + string(bytes.TrimSpace(ssh.MarshalAuthorizedKey(h.signer.PublicKey())))
}

var errLogin = errors.New("not the fleet's key")

func (h *host) login(meta ssh.ConnMetadata, key ssh.PublicKey) (*ssh.Permissions, error) {
	if meta.User() != h.user || !bytes.Equal(key.Marshal(), h.fleet.signer.PublicKey().Marshal()) {
		return nil, errLogin
	}
	return &ssh.Permissions{}, nil
}

// converse serves one connection until it or ctx ends.
func (h *host) converse(ctx context.Context, conn net.Conn) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h.mu.Lock()
	h.conns[conn] = true
	h.mu.Unlock()
	defer func() {
		h.mu.Lock()
		delete(h.conns, conn)
		h.mu.Unlock()
		conn.Close() // the peer may have closed it already: nothing is lost
	}()
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	defer stop()
	if h.broken(Silent) {
		if _, err := io.Copy(io.Discard, conn); err != nil {
			return
		}
		return
	}
	server, channels, requests, err := ssh.NewServerConn(conn, h.config)
	if err != nil {
		return // the client saw why
	}
	defer server.Close()
	h.fleet.servers.Go(func() { ssh.DiscardRequests(requests) })
	for c := range channels {
		if c.ChannelType() != "session" {
			if err := c.Reject(ssh.UnknownChannelType, "only sessions"); err != nil {
				return
			}
			continue
		}
		channel, asked, err := c.Accept()
		if err != nil {
			return
		}
		h.fleet.servers.Go(func() { h.session(ctx, channel, asked) })
	}
}
