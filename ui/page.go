package ui

import "andon/fleet"

// Page is one screen of the console. It is a value: Update returns the changed
// page and leaves the old one as it was. View draws exactly Env.Rect.
type Page interface {
	Update(Env, Msg) (Page, []Effect)
	View(Env) string
	Face(Env) Face
}

// Face is what the frame around a page has to know of it.
type Face struct {
	Crumb   string           // its part of the way in the header; foreign text possible
	Intents IntentSet        // what it understands now: help and footer are made from it
	Actions []fleet.ActionID // what can be done from it
	Typing  bool             // keys are text for it, not intents
	Inner   bool             // esc means something to it first, such as taking a filter away
	Prompt  string           // the drawn line that stands in the footer's place while typing
}

// PlaceKind tells pages apart.
type PlaceKind uint8

// The pages. Those up to PlaceAudit are tabs, in the order of their number keys.
const (
	PlaceBoard PlaceKind = iota
	PlacePRs
	PlaceHosts
	PlaceDirs
	PlaceAudit
	PlacePR
	PlaceHost
	PlaceAlert
)

// Tabs are the names of the pages that have a number key, in order.
func Tabs() [5]string { return [...]string{"Board", "PRs", "Hosts", "Dirs", "Audit"} }
