// Package board is the first page: the lamps, the hosts, what stands still and
// why, and what was done lately.
package board

import (
	"andon/fleet"
	"andon/ui"
	"andon/ui/page/aim"
	"andon/ui/page/explain"
	"andon/ui/page/list"
	"andon/ui/present"
)

type pane uint8

const (
	alertsPane pane = iota
	hostsPane
	prsPane
	paneCount
)

// Model is the board. It is a value.
type Model struct {
	gen     int
	seen    int // audit records folded in
	hosts   list.List[present.HostRow, fleet.HostName]
	alerts  list.List[present.AlertRow, string]
	prs     list.List[present.PRRow, fleet.PRKey]
	deeds   []present.Recent    // newest first; read-only
	runners []present.RunnerRow // of all hosts; read-only
	pane    pane
	all     bool // what is folded away is shown
	folded  present.Folded
	told    explain.Told // the alert under the cursor
}

// New is a board without rows.
func New() Model {
	return Model{
		hosts:  list.New(present.HostSchema()),
		alerts: list.New(present.AlertSchema()),
		prs:    list.New(present.PRSchema()),
		seen:   -1,
	}
}

// Update answers one message.
func (m Model) Update(e ui.Env, msg ui.Msg) (ui.Page, []ui.Effect) {
	m = m.sized(e)
	var effects []ui.Effect
	switch msg := msg.(type) {
	case ui.Arrived, ui.Shown:
		m = m.refreshed(e)
		effects = []ui.Effect{ui.ReadAudit{}}
	case ui.AuditRead:
		m = m.refreshed(e)
	case ui.Ticked:
		m.alerts = m.alerts.With(m.alerts.Renew(func(r present.AlertRow) present.AlertRow { return r.At(e.Now) }))
		effects = m.visible(e)
	case ui.KeyPressed:
		m = m.toList(msg)
	case ui.Pressed:
		m, effects = m.press(e, msg.Intent)
	}
	return m.sized(e), effects
}

// refreshed takes over what is new in the Env.
func (m Model) refreshed(e ui.Env) Model {
	if m.seen != len(e.Records) {
		m.deeds, m.seen = present.RecentDeeds(present.DeedRows(e.Records, e.Now)), len(e.Records)
	}
	if m.gen == e.Gen {
		return m
	}
	m.gen = e.Gen
	s := present.SceneOf(e)
	m.hosts = m.hosts.Fill(present.HostRows(s))
	m.prs = m.prs.Fill(present.PRRows(s))
	m.runners = present.RunnerRows(s, "")
	return m.alertRows(e, s)
}

func (m Model) alertRows(e ui.Env, s present.Scene) Model {
	var rows []present.AlertRow
	rows, m.folded = present.AlertRows(s, e.Keys, m.all)
	m.alerts = m.alerts.Fill(rows)
	return m
}

// maxVisible is how many dirs of an alert are named as on screen.
const maxVisible = 64

// visible names the run dirs of what the cursor is on, to be measured first.
func (m Model) visible(e ui.Env) []ui.Effect {
	var ids []fleet.DirID
	if r, ok := m.prs.Current(); ok && m.pane == prsPane && e.Snapshot != nil {
		for _, d := range e.Snapshot.DirsOfPR(r.PR) {
			ids = append(ids, d.ID())
		}
	} else if a, ok := m.alert(e); ok {
		for _, s := range a.Subjects {
			if id, isDir := s.DirID(); isDir && len(ids) < maxVisible {
				ids = append(ids, id)
			}
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return []ui.Effect{ui.Visible{Dirs: ids}}
}

// toList hands a message to the list of the pane in focus.
func (m Model) toList(msg ui.Msg) Model {
	switch m.pane {
	case hostsPane:
		m.hosts, _ = m.hosts.Update(msg)
	case prsPane:
		m.prs, _ = m.prs.Update(msg)
	default:
		m.alerts, _ = m.alerts.Update(msg)
	}
	return m
}

func (m Model) press(e ui.Env, in ui.Intent) (Model, []ui.Effect) {
	switch in.Kind {
	case ui.IntentPane:
		return m.nextPane(e), nil
	case ui.IntentOpen:
		return m, m.open()
	case ui.IntentAct:
		subjects, alert := m.aim(e)
		return m, aim.Propose(e, in.Action, subjects, alert)
	case ui.IntentAck:
		return m, m.ack(e)
	case ui.IntentFold:
		m.all = !m.all
		return m.alertRows(e, present.SceneOf(e)), nil
	case ui.IntentCopy:
		if a, ok := m.alert(e); ok {
			return m, []ui.Effect{ui.Copy{Text: a.Summary}}
		}
		return m, nil
	}
	return m.toList(ui.Pressed{Intent: in}), nil
}

// nextPane goes on to the next part that is on screen.
func (m Model) nextPane(e ui.Env) Model {
	s := m.layout(e)
	for range paneCount {
		m.pane = (m.pane + 1) % paneCount
		if m.pane == alertsPane || (m.pane == hostsPane && s.hosts > 0) || (m.pane == prsPane && s.prs > 0) {
			return m
		}
	}
	return m
}

// open leads from an alert to the thing it is about, from a row to its page.
func (m Model) open() []ui.Effect {
	switch m.pane {
	case hostsPane:
		if r, ok := m.hosts.Current(); ok {
			return []ui.Effect{ui.Go{To: ui.Place{Kind: ui.PlaceHost, Host: r.Host}}}
		}
	case prsPane:
		if r, ok := m.prs.Current(); ok {
			return []ui.Effect{ui.Go{To: ui.Place{Kind: ui.PlacePR, PR: r.PR}}}
		}
	default:
		if r, ok := m.alerts.Current(); ok {
			return []ui.Effect{ui.Go{To: ui.Place{Kind: ui.PlaceAlert, Alert: r.Fingerprint}}}
		}
	}
	return nil
}

// alert is the one under the cursor.
func (m Model) alert(e ui.Env) (fleet.Alert, bool) {
	r, ok := m.alerts.Current()
	if !ok {
		return fleet.Alert{}, false
	}
	return e.Board.Alert(r.Fingerprint)
}

// aim is what an action would be about.
func (m Model) aim(e ui.Env) ([]fleet.Subject, string) {
	var out []fleet.Subject
	switch m.pane {
	case hostsPane:
		for _, r := range m.hosts.Chosen() {
			out = append(out, fleet.OfHost(r.Host))
		}
		return out, ""
	case prsPane:
		for _, r := range m.prs.Chosen() {
			out = append(out, fleet.OfPR(r.PR))
		}
		return out, ""
	}
	a, ok := m.alert(e)
	if !ok {
		return nil, ""
	}
	return a.Subjects, a.Fingerprint()
}

func (m Model) ack(e ui.Env) []ui.Effect {
	a, ok := m.alert(e)
	if !ok || m.pane != alertsPane {
		return []ui.Effect{ui.Say{Text: "a: choose an alert", Bad: true}}
	}
	if a.AckedBy != "" {
		return []ui.Effect{ui.Ack{Fingerprint: a.Fingerprint()}, ui.Say{Text: "no longer acknowledged: " + a.Title}}
	}
	return []ui.Effect{ui.Ack{Fingerprint: a.Fingerprint(), By: e.Operator}, ui.Say{Text: "acknowledged, still lit and counted, m shows it: " + a.Title}}
}

// Face tells the frame what the board understands now.
func (m Model) Face(e ui.Env) ui.Face {
	f := ui.Face{Actions: []fleet.ActionID{fleet.ActionFix, fleet.ActionChown, fleet.ActionReap, fleet.ActionRerun},
		Intents: ui.ListIntents() | ui.Intents(ui.IntentOpen, ui.IntentPane, ui.IntentAct, ui.IntentAck, ui.IntentFold, ui.IntentCopy)}
	if m.pane != alertsPane {
		f.Intents |= ui.Intents(ui.IntentMark, ui.IntentMarkAll)
	}
	look := present.Look(e)
	switch m.pane {
	case hostsPane:
		f.Typing, f.Prompt, f.Inner = m.hosts.Typing(), m.hosts.Prompt(look, e.Rect.W), !m.hosts.Query().Empty()
	case prsPane:
		f.Typing, f.Prompt, f.Inner = m.prs.Typing(), m.prs.Prompt(look, e.Rect.W), !m.prs.Query().Empty()
	default:
		f.Typing, f.Prompt, f.Inner = m.alerts.Typing(), m.alerts.Prompt(look, e.Rect.W), !m.alerts.Query().Empty()
	}
	return f
}

// Pointed is the board with the cursor on an alert.
func (m Model) Pointed(fingerprint string) Model {
	m.pane = alertsPane
	m.alerts = m.alerts.With(m.alerts.Point(fingerprint))
	return m
}
