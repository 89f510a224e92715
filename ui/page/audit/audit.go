// Package audit is the page of all that was done: every step of every deed with
// its result, what a fresh look said of it, and whether it can still be undone.
package audit

import (
	"strings"

	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/page/aim"
	"andon/ui/page/list"
	"andon/ui/present"
)

// Model is the page. It is a value.
type Model struct {
	list.List[present.DeedRow, present.DeedKey]
	seen int // records folded in; -1 before the first look
}

// New is the page without rows.
func New() Model { return Model{List: list.New(present.DeedSchema()), seen: -1} }

// Update answers one message.
func (m Model) Update(e ui.Env, msg ui.Msg) (ui.Page, []ui.Effect) {
	m = m.sized(e)
	var effects []ui.Effect
	switch msg := msg.(type) {
	case ui.Shown, ui.Arrived:
		effects = []ui.Effect{ui.ReadAudit{}}
		m = m.folded(e)
	case ui.AuditRead:
		m = m.folded(e)
	case ui.KeyPressed:
		m.List, _ = m.List.Update(msg)
	case ui.Pressed:
		m, effects = m.press(e, msg.Intent)
	}
	return m.sized(e), effects
}

func (m Model) folded(e ui.Env) Model {
	if len(e.Records) != m.seen {
		m.seen = len(e.Records)
		m.List = m.Fill(present.DeedRows(e.Records, e.Now))
	}
	return m
}

func (m Model) press(e ui.Env, in ui.Intent) (Model, []ui.Effect) {
	r, ok := m.Current()
	switch in.Kind {
	case ui.IntentAct:
		var on []fleet.Subject
		for _, r := range m.Chosen() {
			if in.Action == fleet.ActionUndo && r.Undo.IsZero() {
				continue // only what still lies in the trash
			}
			on = append(on, r.Subject)
		}
		return m, aim.Propose(e, in.Action, on, "")
	case ui.IntentCopy:
		if ok {
			return m, []ui.Effect{ui.Copy{Text: r.Key.Request}}
		}
		return m, nil
	case ui.IntentOpen:
		return m, open(e, r, ok)
	}
	m.List, _ = m.List.Update(ui.Pressed{Intent: in})
	return m, nil
}

// open leads from a deed to the host it was done on, or to the pull request of
// the run it began again.
func open(e ui.Env, r present.DeedRow, ok bool) []ui.Effect {
	if ok && r.Host0 != "" {
		return []ui.Effect{ui.Go{To: ui.Place{Kind: ui.PlaceHost, Host: r.Host0}}}
	}
	if run, is := r.Subject.RunKey(); ok && is && e.Snapshot != nil {
		if pr, _, found := e.Snapshot.PROfRun(run); found {
			return []ui.Effect{ui.Go{To: ui.Place{Kind: ui.PlacePR, PR: pr}}}
		}
	}
	return []ui.Effect{ui.Say{Text: "enter: neither a host nor a known pull request stands behind this", Bad: true}}
}

func (m Model) sized(e ui.Env) Model {
	m.List = m.With(m.Resize(e.Rect.W, e.Rect.H-1-m.strip(e)))
	return m
}

func (m Model) strip(e ui.Env) int {
	if e.Rect.H < 18 {
		return 0
	}
	return 6
}

// View draws the page in exactly Env.Rect.
func (m Model) View(e ui.Env) string {
	m = m.sized(e)
	look, w := present.Look(e), e.Rect.W
	blocks := []string{
		look.Rule(w, kit.Line{kit.In(themes.Title, "AUDIT")}, kit.Line{kit.In(themes.Dim, m.Remark(look)+" ∙ recorded before and after, hash-chained")}),
		m.Table.View(look),
	}
	if r, ok := m.Current(); ok && m.strip(e) > 0 {
		blocks = append(blocks, m.detail(e, look, r, w)...)
	}
	return look.Stack(w, e.Rect.H, blocks...)
}

// detail shows what the deed under the cursor was exactly.
func (m Model) detail(e ui.Env, look kit.Look, r present.DeedRow, w int) []string {
	var digest string
	for _, rec := range e.Records {
		if rec.Request == r.Key.Request {
			digest = rec.Digest
		}
	}
	row := func(label kit.Safe, text kit.Safe, role themes.Role) string {
		return look.Line(w, kit.Line{kit.In(themes.Dim, " "+kit.PadRight(label, 9, "")), kit.In(role, text)}, nil)
	}
	out := []string{
		look.Rule(w, kit.Line{kit.In(themes.Title, kit.Clean(strings.ToUpper(string(r.Action)))+" "+r.Object)}, kit.Line{kit.In(themes.Dim, r.Host)}),
		row("outcome", r.Outcome+sep(r.Detail)+r.Detail, r.Sign.Role()),
		row("verified", r.Verified, themes.Text),
		row("request", kit.Clean(r.Key.Request)+", step "+kit.Number(int64(r.Key.Step)), themes.Dim),
		row("plan", kit.Clean(digest), themes.Dim),
	}
	if r.Undo.After(e.Now) {
		out = append(out, row("undo", "z puts it back, for "+present.Clock(r.Undo.Sub(e.Now))+" more", themes.Warn))
	}
	return out
}

func sep(s kit.Safe) kit.Safe {
	if s == "" {
		return ""
	}
	return ": "
}

// Face tells the frame what the page understands now.
func (m Model) Face(e ui.Env) ui.Face {
	return ui.Face{Typing: m.Typing(), Inner: !m.Query().Empty(), Prompt: m.Prompt(present.Look(e), e.Rect.W),
		Actions: []fleet.ActionID{fleet.ActionUndo, fleet.ActionPurge},
		Intents: ui.ListIntents() | ui.Intents(ui.IntentOpen, ui.IntentAct, ui.IntentMark, ui.IntentMarkAll, ui.IntentCopy)}
}
