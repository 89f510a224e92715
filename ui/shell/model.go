package shell

import (
	"slices"
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/page/audit"
	"andon/ui/page/board"
	"andon/ui/page/dirs"
	"andon/ui/page/hosts"
	"andon/ui/page/preview"
	"andon/ui/page/prs"
)

// Config is what stays the same while the console runs.
type Config struct {
	Version, Title, Operator string
	Demo, ReadOnly, ASCII    bool
	Browse, Copy             bool // o and y can be carried out
	Rules                    []fleet.Rule
	Actions                  []fleet.Action
	Keys                     ui.Keymap
	Themes                   []themes.Theme
	Depth                    themes.Depth
}

// world is what is known of the fleet.
type world struct {
	snapshot *fleet.Snapshot
	gen      int
	board    fleet.Board
	lit      ui.Lit
	trends   ui.Trends
	records  []fleet.Record
	fresh    int // sources with a current answer when rows were last built
}

// toast is a sentence in the footer for a while.
type toast struct {
	text  string
	bad   bool
	until time.Time
}

// Model is the whole console as a value.
type Model struct {
	conf   Config
	world  world
	size   ui.Rect
	now    time.Time
	theme  int // number in conf.Themes
	tabs   [len(tabPlaces)]ui.Page
	tab    int
	stack  []ui.Page // pages on top of the tab; never written in place
	dialog preview.Model
	help   bool
	toast  toast
}

var tabPlaces = [...]ui.PlaceKind{ui.PlaceBoard, ui.PlacePRs, ui.PlaceHosts, ui.PlaceDirs, ui.PlaceAudit}

// New is the console before it has seen anything.
func New(c Config, now time.Time) Model {
	if len(c.Keys) == 0 {
		c.Keys = ui.DefaultKeymap(c.Actions)
	}
	return Model{conf: c, now: now, tabs: [...]ui.Page{board.New(), prs.New(), hosts.New(), dirs.New(), audit.New()}}
}

// configOf takes from the dependencies what the model needs.
func configOf(d Deps) Config {
	c := Config{Version: d.Version, Title: d.Title, Operator: d.Operator, Demo: d.Demo, ReadOnly: d.ReadOnly, ASCII: d.ASCII,
		Browse: d.OpenURL != nil, Copy: d.Copy != nil, Rules: d.Rules, Actions: d.Actions, Depth: d.Depth}
	c.Themes = []themes.Theme{d.Theme}
	for _, t := range d.Themes {
		if t.Slug != d.Theme.Slug {
			c.Themes = append(c.Themes, t)
		}
	}
	return c
}

// At is the model with its clock set.
func (m Model) At(now time.Time) Model {
	m.now = now
	return m
}

// styles are the theme's in force.
func (m Model) styles() themes.Styles {
	if len(m.conf.Themes) == 0 {
		return themes.Styles{}
	}
	return m.conf.Themes[m.theme%len(m.conf.Themes)].Styles(m.conf.Depth)
}

// page is the one on screen.
func (m Model) page() ui.Page {
	if n := len(m.stack); n > 0 {
		return m.stack[n-1]
	}
	return m.tabs[m.tab]
}

// with is the model with another page on screen.
func (m Model) with(p ui.Page) Model {
	if n := len(m.stack); n > 0 {
		m.stack = slices.Clone(m.stack)
		m.stack[n-1] = p
		return m
	}
	m.tabs[m.tab] = p
	return m
}

// headLines is how many lines stand above the page.
func headLines(c ui.Class) int {
	if c <= ui.OneList {
		return 1
	}
	return 2
}

// env is what the page on screen may look at.
func (m Model) env() ui.Env {
	class := ui.ClassOf(m.size)
	return ui.Env{Snapshot: m.world.snapshot, Gen: m.world.gen, Board: m.world.board, Lit: m.world.lit, Trends: m.world.trends, Records: m.world.records,
		Rules: m.conf.Rules, Actions: m.conf.Actions, Keys: m.conf.Keys, Now: m.now, Styles: m.styles(), ASCII: m.conf.ASCII,
		Rect: m.size.Less(headLines(class) + 1), Class: class, ReadOnly: m.conf.ReadOnly, Operator: m.conf.Operator}
}
