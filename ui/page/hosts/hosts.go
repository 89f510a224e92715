// Package hosts is the page of all runner hosts.
package hosts

import (
	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/page/aim"
	"andon/ui/page/explain"
	"andon/ui/page/list"
	"andon/ui/present"
)

// Model is the page. It is a value.
type Model struct {
	list.List[present.HostRow, fleet.HostName]
	gen int
}

// New is the page without rows.
func New() Model { return Model{List: list.New(present.HostSchema())} }

// Update answers one message.
func (m Model) Update(e ui.Env, msg ui.Msg) (ui.Page, []ui.Effect) {
	m = m.sized(e)
	var effects []ui.Effect
	switch msg := msg.(type) {
	case ui.Arrived, ui.Shown:
		if m.gen != e.Gen {
			m.gen = e.Gen
			m.List = m.Fill(present.HostRows(present.SceneOf(e)))
		}
	case ui.KeyPressed:
		m.List, _ = m.List.Update(msg)
	case ui.Pressed:
		m, effects = m.press(e, msg.Intent)
	}
	return m.sized(e), effects
}

func (m Model) press(e ui.Env, in ui.Intent) (Model, []ui.Effect) {
	r, ok := m.Current()
	switch in.Kind {
	case ui.IntentOpen:
		if ok {
			return m, []ui.Effect{ui.Go{To: ui.Place{Kind: ui.PlaceHost, Host: r.Host}}}
		}
		return m, nil
	case ui.IntentAct:
		var on []fleet.Subject
		for _, r := range m.Chosen() {
			on = append(on, fleet.OfHost(r.Host))
		}
		return m, aim.Propose(e, in.Action, on, "")
	case ui.IntentCopy:
		if ok {
			return m, []ui.Effect{ui.Copy{Text: string(r.Host)}}
		}
		return m, nil
	}
	m.List, _ = m.List.Update(ui.Pressed{Intent: in})
	return m, nil
}

func (m Model) sized(e ui.Env) Model {
	m.List = m.With(m.Resize(e.Rect.W, e.Rect.H-1-m.strip(e)))
	return m
}

// strip is how many lines below the list explain the host under the cursor.
func (m Model) strip(e ui.Env) int {
	if e.Rect.H < 18 {
		return 0
	}
	return min(e.Rect.H/2, 12)
}

// View draws the page in exactly Env.Rect.
func (m Model) View(e ui.Env) string {
	m = m.sized(e)
	look, w := present.Look(e), e.Rect.W
	blocks := []string{
		look.Rule(w, kit.Line{kit.In(themes.Title, "HOSTS")}, kit.Line{kit.In(themes.Dim, m.Remark(look))}),
		explain.Rows(e, look, w, max(e.Rect.H-1-m.strip(e), 0), m.Table.View(look)),
	}
	if r, ok := m.Current(); ok && m.strip(e) > 0 {
		blocks = append(blocks, m.detail(e, look, r)...)
	}
	return look.Stack(w, e.Rect.H, blocks...)
}

// detail shows the runners of the host under the cursor.
func (m Model) detail(e ui.Env, look kit.Look, r present.HostRow) []string {
	w := e.Rect.W
	rows := present.RunnerRows(present.SceneOf(e), r.Host)
	out := []string{look.Rule(w, kit.Line{kit.In(themes.Title, "RUNNERS OF "), kit.In(themes.Title, r.Name)}, kit.Line{kit.In(themes.Dim, kit.Number(int64(len(rows)))+" ∙ ↵ opens the host")})}
	for _, row := range rows[:min(len(rows), m.strip(e)-1)] {
		out = append(out, look.Line(w, append(kit.Words(" "), present.RunnerLine(row, look, w-2)...), nil))
	}
	if len(rows) == 0 {
		out = append(out, look.Line(w, kit.Line{kit.In(themes.Dim, " no runner of it is known: the runners API needs a token with administration read")}, nil))
	}
	return out
}

// Face tells the frame what the page understands now.
func (m Model) Face(e ui.Env) ui.Face {
	return ui.Face{Typing: m.Typing(), Inner: !m.Query().Empty(), Prompt: m.Prompt(present.Look(e), e.Rect.W),
		Actions: []fleet.ActionID{fleet.ActionFix, fleet.ActionChown, fleet.ActionReap, fleet.ActionPurge},
		Intents: ui.ListIntents() | ui.Intents(ui.IntentOpen, ui.IntentAct, ui.IntentMark, ui.IntentMarkAll, ui.IntentCopy)}
}
