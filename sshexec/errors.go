package sshexec

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"unicode"
)

// Kind says what went wrong, as far as a caller decides by it. A Kind is itself
// an error, so that errors.Is(err, ErrAuth) works on any [*Error].
type Kind uint8

// The kinds of failure.
const (
	ErrConfig         Kind = iota + 1 // the call, the options or the SSH configuration cannot be used
	ErrDNS                            // the host name does not resolve
	ErrUnreachable                    // refused, no route, or the connection ended before a session
	ErrNotSSH                         // something answered, but not an SSH server
	ErrBusy                           // the server has no room now (MaxStartups, MaxSessions)
	ErrAuth                           // no offered key was accepted
	ErrHostKeyUnknown                 // no known_hosts line covers the host
	ErrHostKeyChanged                 // the host presented another key than the known one
	ErrHostKeyRevoked                 // the host presented a key marked @revoked
	ErrAlgorithms                     // client and server share no algorithm
	ErrTimeout                        // a deadline passed; at StageRun and later the outcome is unknown
	ErrCanceled                       // the caller gave up; at StageRun and later the outcome is unknown
	ErrLost                           // the connection ended during the run: outcome unknown
	ErrNoShell                        // the command ended without running the script (nologin, ForceCommand, rc exit)
	ErrExit                           // it ran and ended with a non-zero status, in Result.ExitCode
	ErrSignal                         // it ran and died by a signal, in Result.Signal
	ErrTruncated                      // stdout was longer than MaxStdout: the answer is not whole
	ErrPrivilege                      // root was asked for and not granted
	ErrCircuitOpen                    // not tried: recent failures, see HostState.Until; the cause is wrapped
	ErrProtocol                       // the peer broke the framing
)

var kindNames = [...]string{
	ErrConfig: "configuration", ErrDNS: "name resolution", ErrUnreachable: "unreachable", ErrNotSSH: "not an SSH server",
	ErrBusy: "busy", ErrAuth: "authentication refused", ErrHostKeyUnknown: "host key unknown",
	ErrHostKeyChanged: "host key changed", ErrHostKeyRevoked: "host key revoked", ErrAlgorithms: "no common algorithm",
	ErrTimeout: "timeout", ErrCanceled: "cancelled", ErrLost: "connection lost, outcome unknown", ErrNoShell: "no shell",
	ErrExit: "exit status", ErrSignal: "signal", ErrTruncated: "output truncated", ErrPrivilege: "privilege refused",
	ErrCircuitOpen: "not tried again yet", ErrProtocol: "protocol",
}

// Error names the kind.
func (k Kind) Error() string {
	if int(k) < len(kindNames) && kindNames[k] != "" {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Stage says how far a call came. From StageRun on the remote side may have acted.
type Stage uint8

// The stages of a call, in order.
const (
	StageResolve   Stage = iota + 1 // reading the configuration
	StageDial                       // TCP, jump host or proxy command
	StageHandshake                  // versions, key exchange, host key
	StageAuth                       // user authentication
	StageOpen                       // waiting for and opening a session
	StageRun                        // the command was started
	StageFrame                      // the command ended; its frames are judged
)

var stageNames = [...]string{
	StageResolve: "resolve", StageDial: "dial", StageHandshake: "handshake", StageAuth: "authenticate",
	StageOpen: "open session", StageRun: "run", StageFrame: "read answer",
}

// String gives the verb used in error texts.
func (s Stage) String() string {
	if int(s) < len(stageNames) && stageNames[s] != "" {
		return stageNames[s]
	}
	return fmt.Sprintf("stage %d", uint8(s))
}

// Error is every failure this package returns.
type Error struct {
	Host      string // the alias the caller used; empty for the local machine
	Kind      Kind
	Stage     Stage
	Retryable bool   // nothing ran, and trying again later may help
	Hint      string // the next step for the operator, on one line; may be empty
	Err       error  // the cause; may be nil

	files []string // whose change may cure it
	jump  bool     // it is the failure of a jump host
}

// Error gives "stage host: cause; hint".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Stage.String())
	if e.Host != "" {
		b.WriteString(" " + clean(e.Host, 128))
	}
	b.WriteString(": " + e.Kind.Error())
	if e.Err != nil {
		if cause := clean(e.Err.Error(), 1024); cause != "" {
			b.WriteString(": " + cause)
		}
	}
	if e.Hint != "" {
		b.WriteString("; " + e.Hint)
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// Is makes errors.Is(err, kind) true for the kind of e.
func (e *Error) Is(target error) bool {
	k, ok := target.(Kind)
	return ok && k == e.Kind
}

// MayHaveRun reports whether the remote side may have acted in a call that
// failed with err: read the facts again before offering a retry.
func MayHaveRun(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.Stage >= StageRun && e.Kind != ErrNoShell && e.Kind != ErrPrivilege
}

// contextKind gives the kind a context's end stands for.
func contextKind(err error) Kind {
	if errors.Is(err, context.DeadlineExceeded) {
		return ErrTimeout
	}
	return ErrCanceled
}

// clean makes foreign text safe for one line of a terminal or a log: bytes that
// do not print (control, escape, bidi, zero width, invalid UTF-8) become '?',
// and at most max runes are kept.
func clean(s string, max int) string {
	var b strings.Builder
	n := 0
	for _, r := range strings.TrimSpace(s) {
		if n++; n > max {
			b.WriteString("...")
			break
		}
		switch {
		case r == '\n' || r == '\r' || r == '\t':
			r = ' '
		case r == unicode.ReplacementChar || !unicode.IsPrint(r):
			r = '?'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// firstLine gives the first line of remote text that says something, cleaned.
func firstLine(b []byte) string {
	for line := range strings.Lines(string(b[:min(len(b), 4096)])) {
		if s := clean(line, 200); s != "" {
			return s
		}
	}
	return ""
}
