package sshexec

import (
	"context"
	"errors"
	"sync"
	"time"
)

// host is one destination of the pool: its connection, its limits, its record.
type host struct {
	pool *Pool
	key  hostKey
	gate *gate

	mu      sync.Mutex
	link    *link
	dial    *dial // in progress; shared by all who wait
	breaker breaker
	cfg     HostConfig // of the last dial
	warned  []string   // bad known_hosts lines at the last dial
	running int
}

var _ Runner = (*host)(nil)

// Script runs a script on the host.
func (h *host) Script(ctx context.Context, call ScriptCall) (Result, error) {
	ctx, end, err := h.pool.begin(ctx)
	if err != nil {
		return Result{}, err
	}
	defer end()
	return runScript(ctx, h.key.alias, call, h.start)
}

// Program runs a program on the host.
func (h *host) Program(ctx context.Context, call ProgramCall) (Result, error) {
	ctx, end, err := h.pool.begin(ctx)
	if err != nil {
		return Result{}, err
	}
	defer end()
	return runProgram(ctx, h.key.alias, call, h.start)
}

// maxReopen is how often a refused session is tried again while no other of ours is
// open, and how often a connection that turned out dead is replaced.
const maxReopen = 5

// start is the starter of calls on this host.
func (h *host) start(ctx context.Context, line string, r *Result) (process, func(ending), *Error) {
	for attempt := 0; ; attempt++ {
		p, release, others, err := h.startOnce(ctx, line, r)
		if err == nil {
			return p, release, nil
		}
		again := err.Retryable && err.Stage == StageOpen && (err.Kind == ErrBusy || err.Kind == ErrUnreachable)
		if !again || !others && attempt >= maxReopen || ctx.Err() != nil {
			return process{}, nil, err
		}
		if !others && !pause(ctx, attempt) {
			return process{}, nil, err
		}
	}
}

// startOnce takes the places, the connection and a session, in this order: a call
// that waits for a dead host must not take a place from a live one.
func (h *host) startOnce(ctx context.Context, line string, r *Result) (_ process, release func(ending), others bool, _ *Error) {
	if h.gate.enter(ctx) != nil {
		return process{}, nil, false, waiting(ctx, StageOpen)
	}
	l, reused, err := h.acquire(ctx)
	if err != nil {
		h.gate.leave()
		return process{}, nil, false, err
	}
	select {
	case h.pool.sessions <- struct{}{}:
	case <-ctx.Done():
		l.release()
		h.gate.leave()
		return process{}, nil, false, waiting(ctx, StageOpen)
	}
	leave := func() {
		<-h.pool.sessions
		l.release()
		h.gate.leave()
	}
	p, err := l.openSession(ctx, line)
	if err != nil {
		switch err.Kind {
		case ErrBusy:
			others = h.gate.shrink()
		case ErrUnreachable, ErrLost:
			h.noteEnd(l, err)
		}
		leave()
		return process{}, nil, others, err
	}
	r.Reused, r.Server = reused, l.server
	h.count(+1)
	return p, func(e ending) {
		switch {
		case e.abandoned:
			l.suspect()
		case e.exit != nil && e.exit.lost != nil:
			l.suspect()
			h.noteEnd(l, &Error{Host: h.key.alias, Kind: ErrLost, Stage: StageRun, Err: e.exit.lost})
		case e.exit != nil:
			h.note(nil)
		}
		h.count(-1)
		leave()
	}, false, nil
}

// waiting is the error of a call whose time ended before anything was started.
func waiting(ctx context.Context, stage Stage) *Error {
	return &Error{Kind: contextKind(ctx.Err()), Stage: stage, Retryable: true, Err: ctx.Err()}
}

func (h *host) count(n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.running += n
}

func (h *host) note(err *Error) {
	if err != nil && err.Kind == ErrCircuitOpen {
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.breaker.note(err, time.Now())
}

// noteEnd counts the end of a connection once.
func (h *host) noteEnd(l *link, err *Error) {
	if l.blame() {
		h.note(err)
	}
}

// acquire leases the host's connection, dialling if there is none. Whoever comes
// while a dial is under way waits for that one.
func (h *host) acquire(ctx context.Context) (*link, bool, *Error) {
	for {
		h.mu.Lock()
		if l := h.link; l != nil {
			if idle, ok := l.lease(); ok {
				h.mu.Unlock()
				if idle < probeIdle || l.answers(ctx, probeTimeout) == nil {
					return l, true, nil
				}
				if ctx.Err() == nil {
					l.close()
				}
				l.release()
				if ctx.Err() == nil {
					continue
				}
				return nil, false, waiting(ctx, StageOpen)
			}
			h.link = nil
		}
		d := h.dial
		if d == nil {
			if err := h.breaker.blocked(time.Now()); err != nil {
				h.mu.Unlock()
				return nil, false, err
			}
			d = h.startDial()
		}
		h.mu.Unlock()
		select {
		case <-d.done:
		case <-ctx.Done():
			return nil, false, waiting(ctx, StageDial)
		}
		if d.err != nil {
			err := *d.err
			return nil, false, &err
		}
		if _, ok := d.link.lease(); ok {
			return d.link, false, nil
		}
		return nil, false, &Error{Kind: ErrUnreachable, Stage: StageOpen, Retryable: true, Err: errors.New("connection ended at once")}
	}
}

func (h *host) disconnect() {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.link != nil {
		h.link.close()
	}
}
