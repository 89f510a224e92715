package sshexec

import "time"

const (
	breakAfter  = 3 // failures in a row
	breakFirst  = 10 * time.Second
	breakMax    = 5 * time.Minute
	breakRefuse = 10 * time.Minute // for a refusal that only an operator can cure
)

// breaker keeps one host from being dialled over and over. It is guarded by its
// host's lock.
type breaker struct {
	failures int
	until    time.Time
	cause    *Error
	stamp    string // of the files whose change may cure a refusal
}

// blocked gives the error to return instead of dialling, or nil. When the time has
// passed one probe is let through: the next failure blocks again.
func (b *breaker) blocked(now time.Time) *Error {
	if b.cause == nil || !now.Before(b.until) {
		return nil
	}
	if b.refusal() && fileStamp(b.cause.files) != b.stamp {
		return nil
	}
	return &Error{Kind: ErrCircuitOpen, Stage: StageDial, Retryable: true, Err: b.cause}
}

func (b *breaker) refusal() bool { return b.cause != nil && refusal(b.cause.Kind) }

// refusal tells the kinds that stay until someone acts: trying on would only feed
// the server's penalties.
func refusal(k Kind) bool {
	return k == ErrAuth || k == ErrHostKeyUnknown || k == ErrHostKeyChanged || k == ErrHostKeyRevoked
}

// note takes the outcome of a dial or of a call into account.
func (b *breaker) note(err *Error, now time.Time) {
	switch {
	case err == nil:
		*b = breaker{}
		return
	case refusal(err.Kind) && !err.jump:
		b.failures++
		b.cause, b.until, b.stamp = err, now.Add(breakRefuse), fileStamp(err.files)
		return
	case !countsAsDown(err):
		return
	}
	b.failures++
	if b.failures < breakAfter {
		return
	}
	wait := breakMax
	if n := b.failures - breakAfter; n < 5 {
		wait = min(breakFirst<<n, breakMax)
	}
	b.cause, b.until, b.stamp = err, now.Add(wait), ""
}

// countsAsDown tells failures of the host from failures of a call. A jump host's
// failures are its own: it is reported once, not for each host behind it.
func countsAsDown(err *Error) bool {
	if err.jump || err.Stage >= StageRun && err.Kind != ErrLost {
		return false
	}
	switch err.Kind {
	case ErrUnreachable, ErrTimeout, ErrLost, ErrNotSSH, ErrDNS, ErrAlgorithms:
		return true
	}
	return false
}
