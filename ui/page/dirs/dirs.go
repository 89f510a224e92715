// Package dirs is the page of all run dirs of the fleet, filterable by host,
// state, size, owner, age, run, pull request and form.
package dirs

import (
	"andon/fleet"
	"andon/ui"
	"andon/ui/page/aim"
	"andon/ui/page/list"
	"andon/ui/present"
)

// Model is the page. It is a value.
type Model struct {
	list.List[present.DirRow, fleet.DirID]
	asked int    // snapshot whose rows were asked for
	built int    // snapshot whose rows these are
	head  string // drawn anew when something it says changes
	foot  string
}

// New is the page without rows.
func New() Model { return Model{List: list.New(present.DirSchema())} }

// Filtered is the page with a filter in force.
func (m Model) Filtered(text string) Model {
	m.List = m.Apply(text)
	return m
}

// Update answers one message.
func (m Model) Update(e ui.Env, msg ui.Msg) (ui.Page, []ui.Effect) {
	m = m.sized(e)
	var effects []ui.Effect
	switch msg := msg.(type) {
	case ui.Arrived, ui.Shown:
		if e.Gen > m.asked {
			m.asked = e.Gen
			effects = []ui.Effect{ui.BuildDirs{Gen: e.Gen}}
		}
	case present.DirsBuilt:
		if msg.Gen > m.built {
			m.built = msg.Gen
			m.List = m.Fill(msg.Rows)
			effects = m.visible()
		}
	case ui.Ticked:
		effects = m.visible()
	case ui.KeyPressed:
		m.List, _ = m.List.Update(msg)
	case ui.Pressed:
		m, effects = m.press(e, msg.Intent)
	}
	return m.sized(e).drawn(e), effects
}

func (m Model) press(e ui.Env, in ui.Intent) (Model, []ui.Effect) {
	r, ok := m.Current()
	switch in.Kind {
	case ui.IntentOpen:
		if ok && e.Snapshot != nil {
			if d, found := e.Snapshot.DirOf(r.ID); found && d.HasPR() {
				return m, []ui.Effect{ui.Go{To: ui.Place{Kind: ui.PlacePR, PR: d.PR}}}
			}
			return m, []ui.Effect{ui.Go{To: ui.Place{Kind: ui.PlaceHost, Host: r.ID.Host}}}
		}
		return m, nil
	case ui.IntentAct:
		var on []fleet.Subject
		for _, r := range m.Chosen() {
			on = append(on, fleet.OfDir(r.ID))
		}
		return m, aim.Propose(e, in.Action, on, "")
	case ui.IntentCopy:
		if ok {
			return m, []ui.Effect{ui.Copy{Text: r.ID.Path}}
		}
		return m, nil
	}
	m.List, _ = m.List.Update(ui.Pressed{Intent: in})
	return m, nil
}

// aroundCursor is how many rows either side of the cursor count as on screen.
const aroundCursor = 12

// visible names the dirs around the cursor, to be measured first.
func (m Model) visible() []ui.Effect {
	var ids []fleet.DirID
	last := 0
	for n := -aroundCursor; n <= aroundCursor; n++ {
		t := m.Move(n)
		r, ok := t.Current()
		if at := t.Position(); ok && at != last {
			ids, last = append(ids, r.ID), at
		}
	}
	return []ui.Effect{ui.Visible{Dirs: ids}}
}

// Face tells the frame what the page understands now.
func (m Model) Face(e ui.Env) ui.Face {
	return ui.Face{Typing: m.Typing(), Inner: !m.Query().Empty(), Prompt: m.Prompt(present.Look(e), e.Rect.W),
		Actions: []fleet.ActionID{fleet.ActionFix, fleet.ActionChown, fleet.ActionReap, fleet.ActionRerun},
		Intents: ui.ListIntents() | ui.Intents(ui.IntentOpen, ui.IntentAct, ui.IntentMark, ui.IntentMarkAll, ui.IntentCopy)}
}
