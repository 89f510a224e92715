package sshexec

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
)

// dial is one attempt of a host to get a connection. It belongs to the pool, not to
// the call that started it: a caller who gives up leaves it to the next.
type dial struct {
	done chan struct{} // closed when link or err is set
	link *link
	err  *Error
}

const maxDialAttempts = 3

// startDial is called with the host's lock held.
func (h *host) startDial() *dial {
	d := &dial{done: make(chan struct{})}
	h.dial = d
	go func() {
		l, err := h.dialOut(h.pool.ctx)
		if err != nil {
			err.Host = h.key.alias
			h.note(err)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		d.link, d.err = l, err
		h.link, h.dial = l, nil
		if l != nil && h.pool.ctx.Err() != nil {
			l.close()
		}
		close(d.done)
	}()
	return d
}

func (h *host) dialOut(ctx context.Context) (*link, *Error) {
	cfg, err := h.resolve(ctx)
	if err != nil {
		return nil, &Error{Kind: ErrConfig, Stage: StageResolve, Err: err}
	}
	opt := h.pool.opt
	files := cfg.KnownHostsFiles
	if opt.KnownHostsFiles != nil {
		files = opt.KnownHostsFiles
		cfg.KnownHostsFiles = files
	}
	known, err := readKnownHosts(files, opt.KnownHosts)
	if err != nil {
		return nil, &Error{Kind: ErrConfig, Stage: StageResolve, Err: err}
	}
	h.mu.Lock()
	h.cfg, h.warned = cfg, known.warnings
	h.mu.Unlock()

	via, failed := h.leaseJump(ctx, cfg)
	if failed != nil {
		return nil, failed
	}
	l, failed := h.attempts(ctx, cfg, known, via)
	if failed != nil {
		if via != nil {
			via.release()
		}
		failed.files = slices.Concat(files, cfg.IdentityFiles, cfg.CertificateFiles, configFiles(opt.Resolver))
		return nil, failed
	}
	return l, nil
}

func configFiles(r Resolver) []string {
	if o, ok := r.(*OpenSSH); ok {
		return o.files()
	}
	return nil
}

// resolve gives the host's configuration with the jumps its place in a chain demands.
func (h *host) resolve(ctx context.Context) (HostConfig, error) {
	cfg, err := h.pool.opt.Resolver.Resolve(ctx, h.key.alias)
	if err != nil {
		return cfg, err
	}
	if h.key.via != "" {
		cfg.ProxyJump, cfg.ProxyCommand = h.key.via, ""
	}
	if cfg.ProxyCommand != "" {
		cfg.ProxyJump = ""
	}
	return cfg, h.pool.checkJumps(ctx, cfg, []string{h.key.alias})
}

const maxJumps = 8

// checkJumps refuses a chain that leads back to itself: its dials would wait for each
// other. Only the first hop of a list may have jumps of its own; the others are
// reached through the one before.
func (p *Pool) checkJumps(ctx context.Context, cfg HostConfig, seen []string) error {
	if cfg.ProxyJump == "" {
		return nil
	}
	hops := strings.Split(cfg.ProxyJump, ",")
	for _, hop := range hops {
		if slices.Contains(seen, hop) || len(seen) >= maxJumps {
			return fmt.Errorf("ProxyJump: %s leads to itself or is longer than %d", strings.Join(append(seen, hop), " -> "), maxJumps)
		}
		seen = append(seen, hop)
	}
	next, err := p.opt.Resolver.Resolve(ctx, hops[0])
	if err != nil {
		return fmt.Errorf("ProxyJump %s: %w", hops[0], err)
	}
	return p.checkJumps(ctx, next, seen)
}

// leaseJump connects to the last hop, which connects to the ones before it.
func (h *host) leaseJump(ctx context.Context, cfg HostConfig) (*link, *Error) {
	if cfg.ProxyJump == "" {
		return nil, nil
	}
	via, last := "", cfg.ProxyJump
	if i := strings.LastIndexByte(last, ','); i >= 0 {
		via, last = last[:i], last[i+1:]
	}
	l, _, err := h.pool.host(hostKey{alias: last, via: via}).acquire(ctx)
	if err != nil {
		err.Host = last
		return nil, &Error{Kind: err.Kind, Stage: StageDial, Retryable: err.Retryable, Err: fmt.Errorf("jump host: %w", err), jump: true}
	}
	return l, nil
}

// attempts dials until it works, the failure is final or the time is up. The time
// covers everything up to the authenticated connection.
func (h *host) attempts(ctx context.Context, cfg HostConfig, known knownHosts, via *link) (*link, *Error) {
	select {
	case h.pool.dials <- struct{}{}:
		defer func() { <-h.pool.dials }()
	case <-ctx.Done():
		return nil, &Error{Kind: ErrCanceled, Stage: StageDial, Err: ctx.Err()}
	}
	ctx, cancel := context.WithTimeout(ctx, orDefault(cfg.ConnectTimeout, h.pool.opt.DialTimeout))
	defer cancel()
	keys := &credentials{signers: h.pool.opt.Signers}
	if h.pool.opt.Signers == nil {
		keys = gather(ctx, cfg)
	}
	defer keys.close()
	var last *Error
	for attempt := 1; ; attempt++ {
		try := &handshake{cfg: cfg, version: h.pool.opt.ClientVersion, host: newVerifier(cfg, known), keys: keys}
		client, err := try.dial(ctx, via)
		if err == nil {
			return newLink(client, cfg, via, h.pool.opt.IdleTimeout), nil
		}
		if last != nil && over(ctx) != nil {
			return nil, last // it says more than that the time ran out
		}
		last = err
		again := err.Retryable && err.Stage == StageHandshake && (err.Kind == ErrBusy || err.Kind == ErrUnreachable)
		if !again || attempt == maxDialAttempts || !pause(ctx, attempt) {
			return nil, err
		}
	}
}

// dial opens the byte stream and runs the handshake on it.
func (h *handshake) dial(ctx context.Context, via *link) (*ssh.Client, *Error) {
	conn, err := connect(ctx, h.cfg, via)
	if err != nil {
		return nil, err
	}
	return h.run(ctx, &sniffer{Conn: conn})
}
