package sshexec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync/atomic"

	"golang.org/x/crypto/ssh"
)

// handshake is one attempt to make a connection an authenticated one.
type handshake struct {
	cfg     HostConfig
	version string // how we name ourselves
	host    *verifier
	keys    *credentials

	stage   atomic.Uint32
	allowed []string // methods the server last named; read after the attempt has ended
}

// run exchanges versions and keys, checks the host key and authenticates. When ctx
// ends first the connection is closed: that alone frees a handshake with a silent peer.
func (h *handshake) run(ctx context.Context, wire *sniffer) (*ssh.Client, *Error) {
	stop := context.AfterFunc(ctx, func() { wire.Close() })
	h.stage.Store(uint32(StageHandshake))
	type outcome struct {
		client *ssh.Client
		err    error
	}
	done := make(chan outcome)
	go func() {
		var o outcome
		c, chans, reqs, err := ssh.NewClientConn(wire, "host", h.client())
		if o.err = err; err == nil {
			o.client = ssh.NewClient(c, chans, reqs)
		}
		select {
		case done <- o:
		case <-ctx.Done():
			if o.client != nil {
				o.client.Close()
			}
		}
	}()
	select {
	case o := <-done:
		if o.err == nil && stop() {
			return o.client, nil
		}
		defer wire.Close()
		if ctx.Err() == nil {
			return nil, h.explain(o.err, wire.greeting(), wire.Conn)
		}
	case <-ctx.Done():
	}
	return nil, &Error{Kind: contextKind(ctx.Err()), Stage: Stage(h.stage.Load()), Retryable: true, Err: ctx.Err(), Hint: stallHint(wire.greeting())}
}

func stallHint(greeting []byte) string {
	if len(greeting) == 0 {
		return "the server accepted the connection and said nothing"
	}
	return ""
}

func (h *handshake) client() *ssh.ClientConfig {
	return &ssh.ClientConfig{
		Config: ssh.Config{KeyExchanges: h.cfg.KeyExchanges, Ciphers: h.cfg.Ciphers, MACs: h.cfg.MACs},
		User:   h.cfg.User,
		Auth:   []ssh.AuthMethod{ssh.PublicKeys(h.keys.signers...)},
		AuthCallback: func(c *ssh.ClientAuthContext) (ssh.AuthMethod, error) {
			h.stage.Store(uint32(StageAuth))
			h.allowed = c.AllowedMethods
			return nil, nil
		},
		HostKeyCallback:   h.host.check,
		HostKeyAlgorithms: h.host.algorithms(),
		ClientVersion:     h.version,
	}
}

// explain gives a failed handshake its kind.
func (h *handshake) explain(err error, greeting []byte, conn net.Conn) *Error {
	if h.host.refused != nil {
		return h.host.refused
	}
	var none *ssh.AlgorithmNegotiationError
	text := err.Error()
	e := &Error{Kind: ErrUnreachable, Stage: Stage(h.stage.Load()), Retryable: true, Err: err}
	switch {
	case errors.As(err, &none):
		e.Kind, e.Retryable = ErrAlgorithms, false
		e.Hint = "the server offers " + clean(strings.Join(none.RequestedAlgorithms, ","), 300)
		if none.What == "host key" {
			h.otherHostKeys(e, none.RequestedAlgorithms)
		}
	case h.host.passed && (strings.Contains(text, "unable to authenticate") || strings.Contains(text, "disconnect, reason") || strings.Contains(text, "too many authentication")):
		return h.keys.authError(h.cfg.User, h.allowed, err)
	case h.host.passed:
		e.Stage = StageAuth
	case len(greeting) == 0:
		e.Hint = "it closed the connection without a word: not SSH, a forwarder without its server, or over MaxStartups"
		if c, ok := conn.(*commandConn); ok {
			e.Retryable, e.Hint = false, "ProxyCommand ended: "+c.lastWords()
		}
	case bytes.Contains(greeting, []byte("MaxStartups")) || bytes.Contains(greeting, []byte("Not allowed at this time")):
		e.Kind, e.Hint = ErrBusy, "the server said: "+firstLine(greeting)
	case !bytes.Contains(greeting, []byte("SSH-")):
		e.Kind, e.Retryable, e.Hint = ErrNotSSH, false, "it answered: "+firstLine(greeting)
	case !errors.Is(err, io.EOF) && !isReset(err):
		e.Kind, e.Retryable = ErrProtocol, false
	}
	return e
}

// otherHostKeys explains a server that has no key of a known type any more.
func (h *handshake) otherHostKeys(e *Error, offers []string) {
	for _, l := range h.host.lines {
		if l.marker == plainKey && !l.portless {
			e.Kind = ErrHostKeyChanged
			e.Err = fmt.Errorf("%s knows a %s key, the host offers only %s", l.place(), l.key.Type(), clean(strings.Join(offers, ","), 200))
			e.Hint = "someone may be in between; if the host was reinstalled, remove the line at " + l.place() + " and compare the new key"
			return
		}
	}
}
