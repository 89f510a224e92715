package ui

import "andon/fleet"

// Effect is something a page wants done. It is a plain struct; ui/shell carries
// it out and answers with a Msg where one is due.
type Effect any

// Place is where a Go leads. Only the fields of its kind are set.
type Place struct {
	Kind   PlaceKind
	PR     fleet.PRKey
	Host   fleet.HostName
	Alert  string // fingerprint
	Filter string // for lists: the filter to open with
}

type (
	// Go opens a page: a tab is switched to, any other comes on top.
	Go struct{ To Place }
	// Back leaves the page on top.
	Back struct{}
	// Quit ends the console.
	Quit struct{}
	// Say shows a sentence in the footer for some seconds.
	Say struct {
		Text string // foreign text possible
		Bad  bool
	}
	// Refresh asks for a fresh look at everything.
	Refresh struct{}
	// Visible names the run dirs on screen, to be measured first.
	Visible struct{ Dirs []fleet.DirID }
	// Ack acknowledges an alert, or takes that back where By is empty.
	Ack struct{ Fingerprint, By string }
	// Propose opens the preview of an action.
	Propose struct {
		Action  fleet.ActionID
		Targets []fleet.Subject
		Alert   string // fingerprint of the alert it answers; empty for none
	}
	// MakePlan asks for the plan of an action. Without targets they are those
	// of the alert.
	MakePlan struct {
		Action  fleet.ActionID
		Targets []fleet.Subject
		Alert   string // fingerprint; empty where it answers none
		Again   bool   // the plan of an open preview, because the world moved
		Serial  int    // tells answers of older asks apart
	}
	// ApplyPlan carries out the plan whose digest was confirmed.
	ApplyPlan struct {
		Plan   fleet.Plan
		Digest string
	}
	// ReadAudit asks for the audit log.
	ReadAudit struct{}
	// BuildDirs asks for the rows of all run dirs of snapshot Gen.
	BuildDirs struct{ Gen int }
	// OpenURL opens a page in the browser.
	OpenURL struct{ URL string }
	// Copy puts text on the clipboard.
	Copy struct{ Text string }
)
