package onhost

import (
	"errors"
	"time"
)

// ErrLinuxOnly is the answer of every entry point on other systems.
var ErrLinuxOnly = errors.New("andon-host: linux only: confined opening rests on openat2(2) and writers are read from /proc")

// Env is where andon-host finds the host around it. Tests point it elsewhere;
// System returns the real one.
type Env struct {
	Build    string // version told to the console
	Proc     string // the proc filesystem
	State    string // folder of the journal and the locks, root-owned
	Stop     string // while this file exists nothing is begun, and walks end
	HostFile string // the host's own policy, see Policy
	Syslog   string // datagram socket of the host's log
	SudoUID  string // who called sudo, for the journal and the policy's roles; empty: root itself

	// NeedHostFile makes a missing HostFile a refusal (tier 1). Without it the
	// file binds only where it exists (tier 2).
	NeedHostFile bool
	// ClosedWorld states that every process that can reach the roots is visible
	// in Proc although andon-host runs in a pid or user namespace of its own.
	// Without it such a place makes writers unknown, and a reap is refused.
	ClosedWorld bool
	// Unseen names commands of root's own processes that the host vouches for
	// although nobody can look at them (a security agent that shields itself).
	// Any other process that cannot be looked at makes writers unknown.
	Unseen []string

	Now func() time.Time

	// at is called after each journal record; tests change the world there.
	at func(State)
}

// System returns the environment of a real host.
func System(build, sudoUID string) Env {
	return Env{
		Build: build, Proc: "/proc", State: "/var/lib/andon", Stop: "/etc/andon/STOP",
		HostFile: "/etc/andon/host.json", Syslog: "/dev/log", SudoUID: sudoUID, Now: time.Now,
	}
}

// State is how far one step has come. Each is journalled before it is acted on.
type State string

// The states, in their order. The last four end a step.
const (
	StateIntent     State = "intent"
	StateLocked     State = "locked"
	StateChecked    State = "checked"
	StateCaptured   State = "captured"
	StateVerified   State = "verified"
	StatePurging    State = "purging"
	StateDone       State = "done"
	StateRefused    State = "refused"
	StateFailed     State = "failed"
	StateRolledBack State = "rolled_back"
)

// Terminal reports whether nothing follows.
func (s State) Terminal() bool {
	switch s {
	case StateDone, StateRefused, StateFailed, StateRolledBack:
		return true
	}
	return false
}
