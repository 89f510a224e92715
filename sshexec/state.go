package sshexec

import "time"

// Phase is the short answer to how the pool stands with a host.
type Phase uint8

// The phases.
const (
	PhaseIdle    Phase = iota // no connection, no failure that matters
	PhaseDialing              // a connection is being made
	PhaseUp                   // connected, nothing running
	PhaseBusy                 // calls are running
	PhaseBackoff              // not tried again before HostState.Until
	PhaseBlocked              // refused; waits for an operator, or for HostState.Until
)

// HostState is a snapshot of the pool's view of a host.
type HostState struct {
	Phase       Phase
	Until       time.Time // with PhaseBackoff and PhaseBlocked
	Cause       error     // the failure behind those; an *Error
	Running     int       // calls in progress
	Server      string    // version string of the connected server, cleaned
	Unsupported []string  // as in HostConfig, of the last dial
	KnownHosts  []string  // "file:line: reason" of known_hosts lines that were skipped
}

func (h *host) state() HostState {
	h.mu.Lock()
	defer h.mu.Unlock()
	s := HostState{Running: h.running, Unsupported: h.cfg.Unsupported, KnownHosts: h.warned}
	up := false
	if h.link != nil {
		select {
		case <-h.link.gone:
		default:
			up, s.Server = true, h.link.server
		}
	}
	blocked := h.breaker.blocked(time.Now())
	if blocked != nil {
		s.Until, s.Cause = h.breaker.until, h.breaker.cause
	}
	switch {
	case h.running > 0:
		s.Phase = PhaseBusy
	case h.dial != nil:
		s.Phase = PhaseDialing
	case up:
		s.Phase = PhaseUp
	case blocked != nil && h.breaker.refusal():
		s.Phase = PhaseBlocked
	case blocked != nil:
		s.Phase = PhaseBackoff
	}
	return s
}
