package ui

import (
	"time"

	"andon/fleet"
)

// Msg is something that happened. The types below are all there are, but for
// rows that package ui/present builds off the loop.
type Msg any

type (
	// KeyPressed is a key as the terminal sent it.
	KeyPressed struct {
		Name  string // "j", "enter", "ctrl+d"
		Text  string // what it writes; empty for keys that write nothing
		Paste bool   // came in a bracketed paste: text, never an order
	}
	// Resized is the terminal's new size.
	Resized struct{ Rect Rect }
	// Ticked is the clock.
	Ticked struct{}
	// Arrived is a new picture of the fleet; pages find it in their Env.
	Arrived struct {
		Snapshot *fleet.Snapshot
		Board    fleet.Board
	}
	// Shown tells a page that it is on screen now, with Env perhaps newer than it knows.
	Shown struct{}
	// Pressed is a key, understood.
	Pressed struct{ Intent Intent }
	// PlanMade answers MakePlan.
	PlanMade struct {
		Ask  MakePlan
		Plan fleet.Plan
		Err  error
	}
	// Stepped is one thing that happened while a plan is carried out.
	Stepped struct {
		Digest string
		Event  Event
	}
	// Applied answers ApplyPlan.
	Applied struct {
		Digest string
		Result fleet.Result
		Err    error
	}
	// AuditRead answers ReadAudit.
	AuditRead struct {
		Records []fleet.Record
		Err     error
	}
	// Done is the end of an effect that only says how it went; empty What is silent.
	Done struct {
		What string
		Err  error
	}
)

// Event is progress of a plan being carried out. Any of its parts may be unset.
type Event struct {
	At       time.Time
	Host     fleet.HostName
	Step     int   // number of the step it is about; 0 for the whole plan
	Entries  int64 // files and folders done so far in that step
	Says     string
	Result   *fleet.StepResult   // the step is over
	Verified *fleet.Verification // what a fresh look says of it
}
