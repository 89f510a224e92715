package sshexec

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/ssh"
)

// openSession starts line on a link. Both the opening and the request can block for
// as long as the connection lives; they are left behind when ctx ends, and the link
// is suspected.
func (l *link) openSession(ctx context.Context, line string) (process, *Error) {
	type outcome struct {
		p   process
		err *Error
	}
	var requested atomic.Bool
	done := make(chan outcome)
	go func() {
		p, err := l.startSession(line, &requested)
		select {
		case done <- outcome{p, err}:
		case <-ctx.Done():
			if err == nil {
				p.kill()
			}
		}
	}()
	select {
	case o := <-done:
		return o.p, o.err
	case <-ctx.Done():
	}
	l.suspect()
	e := &Error{Kind: contextKind(ctx.Err()), Stage: StageOpen, Retryable: true, Err: ctx.Err()}
	if requested.Load() {
		e.Stage, e.Retryable, e.Hint = StageRun, false, unknownHint
	}
	return process{}, e
}

func (l *link) startSession(line string, requested *atomic.Bool) (process, *Error) {
	s, err := l.client.NewSession()
	if err != nil {
		var refused *ssh.OpenChannelError
		if errors.As(err, &refused) {
			return process{}, &Error{Kind: ErrBusy, Stage: StageOpen, Retryable: true, Err: err, Hint: "the server's MaxSessions is reached"}
		}
		l.taint()
		return process{}, &Error{Kind: ErrUnreachable, Stage: StageOpen, Retryable: true, Err: fmt.Errorf("connection ended: %w", err)}
	}
	stdin, err1 := s.StdinPipe()
	stdout, err2 := s.StdoutPipe()
	stderr, err3 := s.StderrPipe()
	if err := errors.Join(err1, err2, err3); err != nil {
		s.Close()
		return process{}, &Error{Kind: ErrProtocol, Stage: StageOpen, Err: err}
	}
	requested.Store(true)
	if err := s.Start(line); err != nil {
		s.Close()
		if errors.Is(err, io.EOF) {
			return process{}, &Error{Kind: ErrLost, Stage: StageRun, Err: err, Hint: unknownHint}
		}
		return process{}, &Error{Kind: ErrNoShell, Stage: StageOpen, Err: errors.New("exec request refused"), Hint: "the server does not let this account run commands"}
	}
	return process{
		stdin: &orderly{w: stdin}, stdout: stdout, stderr: stderr,
		wait:      func() exit { return sessionExit(s.Wait()) },
		terminate: func() { s.Signal(ssh.SIGTERM) },
		kill:      func() { s.Close() },
		close:     func() {},
	}, nil
}

// orderly keeps Close from overtaking a Write, which the standard input of an
// ssh.Session does not allow. A Close behind a Write that blocks waits for the session
// to end: a peer that does not read would not see the end of the stream either.
type orderly struct {
	mu sync.Mutex
	w  io.WriteCloser
}

func (o *orderly) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Write(p)
}

func (o *orderly) Close() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.w.Close()
}

func sessionExit(err error) exit {
	var failed *ssh.ExitError
	switch {
	case err == nil:
		return exit{}
	case errors.As(err, &failed):
		return exit{code: failed.ExitStatus(), signal: clean(failed.Signal(), 20)}
	}
	return exit{lost: err}
}

// pause waits a random time up to the attempt's share of 250 ms, 500 ms ... 4 s; it
// reports false if ctx ended first.
func pause(ctx context.Context, attempt int) bool {
	limit := min(250*time.Millisecond<<min(attempt, 4), 4*time.Second)
	timer := time.NewTimer(time.Duration(rand.Int64N(int64(limit))))
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
