package sshexec

import (
	"context"
	"errors"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// Options say how a [Pool] reaches hosts. The zero value uses the operator's own
// OpenSSH configuration, agent, keys and known_hosts.
type Options struct {
	// Resolver gives the configuration of an alias; nil is *OpenSSH.
	Resolver Resolver
	// Signers replaces the operator's agent and key files: if not nil, only these
	// keys are offered and neither is touched.
	Signers []ssh.Signer
	// KnownHosts are known_hosts lines read before the files.
	KnownHosts []byte
	// KnownHostsFiles, if not nil, replaces the files the configuration names;
	// empty means that no file is read.
	KnownHostsFiles []string
	// ClientVersion is what servers log; it must start with "SSH-2.0-".
	ClientVersion string

	DialTimeout     time.Duration // from the first packet to an authenticated connection, without ConnectTimeout; default 10 s
	IdleTimeout     time.Duration // an unused connection is closed after; default 5 min
	Dials           int           // connections being made at a time; default 16
	SessionsPerHost int           // calls running on one host at a time; default 4
	Sessions        int           // calls running at a time; default 64
}

// Pool keeps at most one connection to each host and runs calls on it. Its methods
// may be called from many goroutines.
type Pool struct {
	opt      Options
	dials    chan struct{}
	sessions chan struct{}
	ctx      context.Context // ends with Close
	cancel   context.CancelCauseFunc

	mu     sync.Mutex
	hosts  map[hostKey]*host
	calls  sync.WaitGroup
	closed bool
}

// hostKey tells connections apart: the same alias behind other jumps is another one.
type hostKey struct{ alias, via string }

// NewPool makes a pool without connecting anywhere.
func NewPool(opt Options) *Pool {
	if opt.Resolver == nil {
		opt.Resolver = &OpenSSH{}
	}
	opt.ClientVersion = orDefault(opt.ClientVersion, "SSH-2.0-sshexec")
	opt.DialTimeout = orDefault(opt.DialTimeout, 10*time.Second)
	opt.IdleTimeout = orDefault(opt.IdleTimeout, 5*time.Minute)
	opt.Dials = max(1, orDefault(opt.Dials, 16))
	opt.SessionsPerHost = max(1, orDefault(opt.SessionsPerHost, 4))
	opt.Sessions = max(1, orDefault(opt.Sessions, 64))
	p := &Pool{
		opt: opt, hosts: make(map[hostKey]*host),
		dials: make(chan struct{}, opt.Dials), sessions: make(chan struct{}, opt.Sessions),
	}
	p.ctx, p.cancel = context.WithCancelCause(context.Background())
	return p
}

// Host gives the runner of an alias: a name of ~/.ssh/config, user@host, host:port or
// an ssh:// URI. It connects at the first call.
func (p *Pool) Host(alias string) Runner { return p.host(hostKey{alias: alias}) }

func (p *Pool) host(key hostKey) *host {
	p.mu.Lock()
	defer p.mu.Unlock()
	h := p.hosts[key]
	if h == nil {
		h = &host{pool: p, key: key, gate: newGate(p.opt.SessionsPerHost)}
		p.hosts[key] = h
	}
	return h
}

// State tells how the pool stands with a host.
func (p *Pool) State(alias string) HostState { return p.host(hostKey{alias: alias}).state() }

// Reset forgets a host's failures, so that the next call dials at once: for an
// operator who has put something right.
func (p *Pool) Reset(alias string) {
	h := p.host(hostKey{alias: alias})
	h.mu.Lock()
	defer h.mu.Unlock()
	h.breaker = breaker{}
}

var errPoolClosed = errors.New("pool is closed")

// begin ties a call to the pool's life.
func (p *Pool) begin(ctx context.Context) (context.Context, func(), error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, nil, &Error{Kind: ErrCanceled, Stage: StageOpen, Err: errPoolClosed}
	}
	p.calls.Add(1)
	ctx, cancel := context.WithCancel(ctx)
	unbind := context.AfterFunc(p.ctx, cancel)
	return ctx, func() {
		unbind()
		cancel()
		p.calls.Done()
	}, nil
}

// Close stops all calls, waits until they have ended or ctx is done, and closes all
// connections. Calls made later fail with ErrCanceled.
func (p *Pool) Close(ctx context.Context) error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.cancel(errPoolClosed)
	ended := make(chan struct{})
	go func() {
		p.calls.Wait()
		close(ended)
	}()
	var err error
	select {
	case <-ended:
	case <-ctx.Done():
		err = ctx.Err()
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, h := range p.hosts {
		h.disconnect()
	}
	return err
}
