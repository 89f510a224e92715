// Package shell is the frame around the pages: the root model, where messages
// and pages go, the header and footer, and the one place where effects become
// commands of the terminal program.
package shell

import (
	"context"
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui"
)

// Update is a new picture of the fleet.
type Update struct {
	Snapshot *fleet.Snapshot
	Board    fleet.Board
}

// Deps is all the console needs from the world, as values and functions. Only
// Now and Theme must be set; what a nil function would do is said to be missing.
type Deps struct {
	Version  string
	Title    string // repositories, as the header shows them
	Demo     bool
	ReadOnly bool
	Operator string

	Theme  themes.Theme
	Themes []themes.Theme // what T cycles through; Theme is added where it is missing
	Depth  themes.Depth
	ASCII  bool

	Now       func() time.Time
	Rules     []fleet.Rule
	Actions   []fleet.Action
	Snapshots <-chan Update // closing it ends the looking, not the console

	Refresh func()              // look again now; must not block
	Visible func([]fleet.DirID) // these are on screen: measure them first; must not block
	Ack     func(fp, by string) // acknowledge; by is empty to take it back
	Plan    func(fleet.ActionID, []fleet.Subject, string) (fleet.Plan, error)
	// Apply carries out the plan with the confirmed digest. It blocks; progress
	// may be called from any goroutine until it returns.
	Apply func(ctx context.Context, p fleet.Plan, digest string, progress func(ui.Event)) (fleet.Result, error)
	Audit func() ([]fleet.Record, error) // oldest first

	OpenURL func(url string) error  // nil: o is off
	Copy    func(text string) error // nil: y and Y are off
}
