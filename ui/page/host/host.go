// Package host is the page of one runner host: its disks, where the bytes are,
// its runners and what they work on, what else deletes there, what lies in the
// trash, and how good the last look was.
package host

import (
	"andon/fleet"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/page/aim"
	"andon/ui/page/list"
	"andon/ui/present"
)

// Model is the page. It is a value.
type Model struct {
	name   fleet.HostName
	gen    int
	shares list.List[present.ShareRow, kit.Safe]
}

// New is the page of a host.
func New(name fleet.HostName) Model {
	return Model{name: name, shares: list.New(present.ShareSchema())}
}

// Update answers one message.
func (m Model) Update(e ui.Env, msg ui.Msg) (ui.Page, []ui.Effect) {
	m = m.sized(e)
	var effects []ui.Effect
	switch msg := msg.(type) {
	case ui.Arrived, ui.Shown:
		if m.gen != e.Gen {
			m.gen = e.Gen
			m.shares = m.shares.Fill(present.ShareRows(present.SceneOf(e), m.name))
			effects = m.visible()
		}
	case ui.KeyPressed:
		m.shares, _ = m.shares.Update(msg)
	case ui.Pressed:
		m, effects = m.press(e, msg.Intent)
	}
	return m.sized(e), effects
}

// visible names the dirs of the rows, biggest first.
func (m Model) visible() []ui.Effect {
	const most = 64
	var ids []fleet.DirID
	for _, r := range m.shares.Rows() {
		ids = append(ids, r.Dirs...)
		if len(ids) >= most {
			break
		}
	}
	return []ui.Effect{ui.Visible{Dirs: ids}}
}

func (m Model) press(e ui.Env, in ui.Intent) (Model, []ui.Effect) {
	r, ok := m.shares.Current()
	switch in.Kind {
	case ui.IntentOpen:
		switch {
		case ok && r.PR.Number != 0:
			return m, []ui.Effect{ui.Go{To: ui.Place{Kind: ui.PlacePR, PR: r.PR}}}
		case ok:
			return m, []ui.Effect{ui.Go{To: ui.Place{Kind: ui.PlaceDirs, Filter: "host:" + string(m.name)}}}
		}
		return m, nil
	case ui.IntentAct:
		return m, aim.Propose(e, in.Action, m.aim(in.Action), "")
	case ui.IntentCopy:
		if ok && len(r.Dirs) > 0 {
			return m, []ui.Effect{ui.Copy{Text: r.Dirs[0].Path}}
		}
		return m, nil
	}
	m.shares, _ = m.shares.Update(ui.Pressed{Intent: in})
	return m, nil
}

// aim is the dirs of the rows chosen. Purge and the suggested fix are about the
// host as a whole.
func (m Model) aim(action fleet.ActionID) []fleet.Subject {
	whole := []fleet.Subject{fleet.OfHost(m.name)}
	if action == fleet.ActionPurge || action == fleet.ActionFix || action == fleet.ActionUndo {
		return whole
	}
	var out []fleet.Subject
	for _, r := range m.shares.Chosen() {
		for _, id := range r.Dirs {
			out = append(out, fleet.OfDir(id))
		}
	}
	return out
}

// Face tells the frame what the page understands now.
func (m Model) Face(e ui.Env) ui.Face {
	return ui.Face{Crumb: string(m.name), Typing: m.shares.Typing(), Inner: !m.shares.Query().Empty(), Prompt: m.shares.Prompt(present.Look(e), e.Rect.W),
		Actions: []fleet.ActionID{fleet.ActionFix, fleet.ActionChown, fleet.ActionReap, fleet.ActionRerun, fleet.ActionUndo, fleet.ActionPurge},
		Intents: ui.ListIntents() | ui.Intents(ui.IntentOpen, ui.IntentAct, ui.IntentMark, ui.IntentMarkAll, ui.IntentCopy)}
}
