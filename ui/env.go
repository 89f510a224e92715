package ui

import (
	"time"

	"andon/fleet"
	"andon/themes"
)

// Env is all a page may look at in one call. It is passed by value and not
// kept. What it points to is read-only.
type Env struct {
	Snapshot *fleet.Snapshot // nil before the first
	Gen      int             // counts snapshots; 0 before the first
	Board    fleet.Board
	Lit      Lit // made from Board; nil before the first
	Trends   Trends
	Records  []fleet.Record // the audit log as last read, oldest first
	Rules    []fleet.Rule
	Actions  []fleet.Action
	Keys     Keymap
	Now      time.Time
	Styles   themes.Styles
	ASCII    bool
	Rect     Rect // what the page may draw
	Class    Class
	ReadOnly bool
	Operator string
}

// Rule returns a rule by id.
func (e Env) Rule(id fleet.RuleID) (fleet.Rule, bool) {
	for _, r := range e.Rules {
		if r.ID == id {
			return r, true
		}
	}
	return fleet.Rule{}, false
}

// Action returns an action by id.
func (e Env) Action(id fleet.ActionID) (fleet.Action, bool) {
	for _, a := range e.Actions {
		if a.ID == id {
			return a, true
		}
	}
	return fleet.Action{}, false
}

// Named is what the lit alerts say of one subject.
type Named struct {
	Severity fleet.Severity // the worst
	Rules    []fleet.RuleID // worst first, each once; kept for hosts, pull requests and what stops
}

// Lit holds every subject a lit alert names. It is read-only once made.
type Lit map[fleet.Subject]Named

// Point is one reading of a filesystem.
type Point struct {
	At   time.Time
	Used float64 // share of bytes not available, 0..1
	Free int64   // bytes
}

// Trends holds the readings of each disk this console has seen, oldest first,
// by fleet.OfDisk. It is read-only once made.
type Trends map[fleet.Subject][]Point
