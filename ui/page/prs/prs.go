// Package prs is the page of all pull requests, with what lies on the hosts for
// each.
package prs

import (
	"fmt"

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
	list.List[present.PRRow, fleet.PRKey]
	gen int
}

// New is the page without rows.
func New() Model { return Model{List: list.New(present.PRSchema())} }

// Update answers one message.
func (m Model) Update(e ui.Env, msg ui.Msg) (ui.Page, []ui.Effect) {
	m = m.sized(e)
	var effects []ui.Effect
	switch msg := msg.(type) {
	case ui.Arrived, ui.Shown:
		if m.gen != e.Gen {
			m.gen = e.Gen
			m.List = m.Fill(present.PRRows(present.SceneOf(e)))
		}
	case ui.Ticked:
		effects = m.visible(e)
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
			return m, []ui.Effect{ui.Go{To: ui.Place{Kind: ui.PlacePR, PR: r.PR}}}
		}
		return m, nil
	case ui.IntentAct:
		var on []fleet.Subject
		for _, r := range m.Chosen() {
			on = append(on, fleet.OfPR(r.PR))
		}
		return m, aim.Propose(e, in.Action, on, "")
	case ui.IntentBrowse:
		if ok {
			return m, []ui.Effect{ui.OpenURL{URL: URL(r.PR)}}
		}
		return m, nil
	case ui.IntentCopy:
		if ok {
			return m, []ui.Effect{ui.Copy{Text: r.PR.String()}}
		}
		return m, nil
	case ui.IntentCopyURL:
		if ok {
			return m, []ui.Effect{ui.Copy{Text: URL(r.PR)}}
		}
		return m, nil
	}
	m.List, _ = m.List.Update(ui.Pressed{Intent: in})
	return m, nil
}

// visible names the run dirs of the pull requests around the cursor, to be
// measured first.
func (m Model) visible(e ui.Env) []ui.Effect {
	const around = 6
	var ids []fleet.DirID
	last := 0
	for n := -around; n <= around && e.Snapshot != nil; n++ {
		t := m.Move(n)
		if r, ok := t.Current(); ok && t.Position() != last {
			last = t.Position()
			for _, d := range e.Snapshot.DirsOfPR(r.PR) {
				ids = append(ids, d.ID())
			}
		}
	}
	return []ui.Effect{ui.Visible{Dirs: ids}}
}

// URL is a pull request's page on github.com.
func URL(k fleet.PRKey) string { return fmt.Sprintf("https://github.com/%s/pull/%d", k.Repo, k.Number) }

func (m Model) sized(e ui.Env) Model {
	m.List = m.With(m.Resize(e.Rect.W, e.Rect.H-1-m.strip(e)))
	return m
}

// strip is how many lines below the list explain the row under the cursor.
func (m Model) strip(e ui.Env) int {
	if e.Rect.H < 18 {
		return 0
	}
	return 4
}

// View draws the page in exactly Env.Rect.
func (m Model) View(e ui.Env) string {
	m = m.sized(e)
	look := present.Look(e)
	head := look.Rule(e.Rect.W, kit.Line{kit.In(themes.Title, "PULL REQUESTS")}, kit.Line{kit.In(themes.Dim, m.Remark(look))})
	blocks := []string{head, explain.Rows(e, look, e.Rect.W, max(e.Rect.H-1-m.strip(e), 0), m.Table.View(look))}
	if m.strip(e) > 0 {
		blocks = append(blocks, m.detail(e, look)...)
	}
	return look.Stack(e.Rect.W, e.Rect.H, blocks...)
}

// detail says of the row under the cursor what its columns have no room for.
func (m Model) detail(e ui.Env, look kit.Look) []string {
	r, ok := m.Current()
	if !ok || e.Snapshot == nil {
		return nil
	}
	p, _ := e.Snapshot.PROf(r.PR)
	w := e.Rect.W
	dirs := e.Snapshot.DirsOfPR(r.PR)
	paths := make([]kit.Safe, 0, len(dirs))
	for _, d := range dirs {
		paths = append(paths, kit.Clean(d.ID().String()))
	}
	where := kit.Join(paths, "  ")
	if len(paths) == 0 {
		where = "no run dir of it is on any host"
	}
	branch := kit.Line{kit.In(themes.Dim, " branch "), kit.In(themes.Text, kit.Clean(p.HeadRef)), kit.In(themes.Dim, " at "+kit.Clean(p.HeadSHA[:min(len(p.HeadSHA), 9)])+" into "+kit.Clean(p.BaseRef))}
	return []string{
		look.Rule(w, kit.Line{kit.In(themes.Title, r.Number+" "+r.Title)}, kit.Line{kit.In(themes.Dim, r.Author)}),
		look.Line(w, branch, kit.Line{kit.In(themes.Dim, "read "+kit.Age(max(e.Now.Sub(p.ReadAt), 0))+" ago ")}),
		look.Line(w, kit.Line{kit.In(themes.Dim, " why    "), kit.In(r.Sign.Role(), look.Glyph(r.Sign)+" "), kit.In(themes.Text, r.Why)}, nil),
		look.Line(w, kit.Line{kit.In(themes.Dim, " dirs   "), kit.In(themes.Text, where)}, nil),
	}
}

// Face tells the frame what the page understands now.
func (m Model) Face(e ui.Env) ui.Face {
	return ui.Face{Typing: m.Typing(), Inner: !m.Query().Empty(), Prompt: m.Prompt(present.Look(e), e.Rect.W),
		Actions: []fleet.ActionID{fleet.ActionFix, fleet.ActionChown, fleet.ActionReap, fleet.ActionRerun},
		Intents: ui.ListIntents() | ui.Intents(ui.IntentOpen, ui.IntentAct, ui.IntentMark, ui.IntentMarkAll, ui.IntentBrowse, ui.IntentCopy, ui.IntentCopyURL)}
}
