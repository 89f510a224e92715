// Package alert is the page of one alert: everything the board says of it, and
// as much of it as there is.
package alert

import (
	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/page/aim"
	"andon/ui/page/explain"
	"andon/ui/present"
)

// Model is the page. It is a value.
type Model struct {
	fingerprint string
	top         int // first line shown
	told        explain.Told
}

// New is the page of the alert with a fingerprint.
func New(fingerprint string) Model { return Model{fingerprint: fingerprint} }

// Update answers one message.
func (m Model) Update(e ui.Env, msg ui.Msg) (ui.Page, []ui.Effect) {
	m.told = m.told.For(e, m.fingerprint)
	p, ok := msg.(ui.Pressed)
	if !ok {
		return m, nil
	}
	a, found := e.Board.Alert(m.fingerprint)
	switch p.Intent.Kind {
	case ui.IntentMove:
		m.top = m.clamp(e, m.top+p.Intent.N)
	case ui.IntentScroll:
		m.top = m.clamp(e, m.top+p.Intent.N*e.Rect.H/2)
	case ui.IntentFirst:
		m.top = 0
	case ui.IntentLast:
		m.top = m.clamp(e, 1<<30)
	case ui.IntentAct:
		if !found {
			return m, []ui.Effect{ui.Say{Text: "this alert is over", Bad: true}}
		}
		return m, aim.Propose(e, p.Intent.Action, a.Subjects, m.fingerprint)
	case ui.IntentAck:
		if found && a.AckedBy == "" {
			return m, []ui.Effect{ui.Ack{Fingerprint: m.fingerprint, By: e.Operator}}
		}
		return m, []ui.Effect{ui.Ack{Fingerprint: m.fingerprint}}
	case ui.IntentCopy:
		if found {
			return m, []ui.Effect{ui.Copy{Text: a.Summary}}
		}
	}
	return m, nil
}

func (m Model) clamp(e ui.Env, top int) int {
	return max(min(top, len(m.lines(e))-e.Rect.H), 0)
}

func (m Model) lines(e ui.Env) []string {
	look := present.Look(e)
	x, ok := m.told.For(e, m.fingerprint).Get()
	if !ok {
		return []string{look.Section(e.Rect.W, "OVER", ""), look.Line(e.Rect.W, kit.Line{kit.In(themes.Dim, " this alert is over and off the board; esc goes back")}, nil)}
	}
	return explain.Page(e, present.SceneOf(e), x, look, e.Rect.W)
}

// View draws the page in exactly Env.Rect.
func (m Model) View(e ui.Env) string {
	look, lines := present.Look(e), m.lines(e)
	lines = lines[max(min(m.top, len(lines)-e.Rect.H), 0):]
	if n := len(lines) - e.Rect.H; n > 0 && e.Rect.H > 1 {
		lines[e.Rect.H-1] = look.Line(e.Rect.W, kit.Line{kit.In(themes.Dim, " "+kit.Count(int64(n+1))+" more lines, j goes down")}, nil)
	}
	return look.Stack(e.Rect.W, e.Rect.H, lines...)
}

// Face tells the frame what the page understands.
func (m Model) Face(e ui.Env) ui.Face {
	crumb := "alert"
	if a, ok := e.Board.Alert(m.fingerprint); ok {
		crumb = a.Title
	}
	return ui.Face{Crumb: crumb, Actions: []fleet.ActionID{fleet.ActionFix, fleet.ActionChown, fleet.ActionReap, fleet.ActionRerun},
		Intents: ui.Intents(ui.IntentMove, ui.IntentScroll, ui.IntentFirst, ui.IntentLast, ui.IntentAct, ui.IntentAck, ui.IntentCopy)}
}
