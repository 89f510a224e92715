// Package pr is the page of one pull request: its runs and jobs, its run dirs on
// all hosts, who writes there, and when what happened, joined on one page.
package pr

import (
	"andon/fleet"
	"andon/ui"
	"andon/ui/page/aim"
	"andon/ui/page/list"
	"andon/ui/page/prs"
	"andon/ui/present"
)

// Model is the page. It is a value.
type Model struct {
	key    fleet.PRKey
	gen    int
	runs   list.List[present.RunRow, int64]
	dirs   list.List[present.DirRow, fleet.DirID]
	onRuns bool // the pane in focus
}

// New is the page of a pull request.
func New(key fleet.PRKey) Model {
	return Model{key: key, runs: list.New(present.RunSchema()), dirs: list.New(present.DirSchema())}
}

// Update answers one message.
func (m Model) Update(e ui.Env, msg ui.Msg) (ui.Page, []ui.Effect) {
	m = m.sized(e)
	var effects []ui.Effect
	switch msg := msg.(type) {
	case ui.Arrived, ui.Shown:
		if m.gen != e.Gen && e.Snapshot != nil {
			m, effects = m.refreshed(e)
		}
	case ui.KeyPressed:
		m = m.toList(msg)
	case ui.Pressed:
		m, effects = m.press(e, msg.Intent)
	}
	return m.sized(e), effects
}

func (m Model) refreshed(e ui.Env) (Model, []ui.Effect) {
	m.gen = e.Gen
	s := present.SceneOf(e)
	dirs := s.DirsOfPR(m.key)
	m.runs = m.runs.Fill(present.RunRowsOf(s, m.key))
	m.dirs = m.dirs.Fill(present.DirRowsOf(s, dirs))
	ids := make([]fleet.DirID, len(dirs))
	for i, d := range dirs {
		ids[i] = d.ID()
	}
	return m, []ui.Effect{ui.Visible{Dirs: ids}}
}

func (m Model) toList(msg ui.Msg) Model {
	if m.onRuns {
		m.runs, _ = m.runs.Update(msg)
	} else {
		m.dirs, _ = m.dirs.Update(msg)
	}
	return m
}

func (m Model) press(e ui.Env, in ui.Intent) (Model, []ui.Effect) {
	switch in.Kind {
	case ui.IntentPane:
		m.onRuns = !m.onRuns
		return m, nil
	case ui.IntentAct:
		return m, aim.Propose(e, in.Action, m.aim(), "")
	case ui.IntentOpen:
		if r, ok := m.dirs.Current(); ok && !m.onRuns {
			return m, []ui.Effect{ui.Go{To: ui.Place{Kind: ui.PlaceHost, Host: r.ID.Host}}}
		}
		return m, m.browse(e)
	case ui.IntentBrowse:
		return m, m.browse(e)
	case ui.IntentCopy:
		if r, ok := m.dirs.Current(); ok && !m.onRuns {
			return m, []ui.Effect{ui.Copy{Text: r.ID.Path}}
		}
		return m, []ui.Effect{ui.Copy{Text: m.key.String()}}
	case ui.IntentCopyURL:
		return m, []ui.Effect{ui.Copy{Text: m.url(e)}}
	}
	return m.toList(ui.Pressed{Intent: in}), nil
}

// aim is the row in focus, the marked ones, or the whole pull request.
func (m Model) aim() []fleet.Subject {
	var out []fleet.Subject
	if m.onRuns {
		for _, r := range m.runs.Chosen() {
			out = append(out, fleet.OfRun(r.Run))
		}
	} else {
		for _, r := range m.dirs.Chosen() {
			out = append(out, fleet.OfDir(r.ID))
		}
	}
	return append(out, fleet.OfPR(m.key))
}

func (m Model) browse(e ui.Env) []ui.Effect { return []ui.Effect{ui.OpenURL{URL: m.url(e)}} }

// url is the page of the job's run in focus, else of the pull request.
func (m Model) url(e ui.Env) string {
	if r, ok := m.runs.Current(); ok && m.onRuns && e.Snapshot != nil {
		if run, found := e.Snapshot.RunOf(r.Run); found && run.URL != "" {
			return run.URL
		}
	}
	return prs.URL(m.key)
}

// Face tells the frame what the page understands now.
func (m Model) Face(e ui.Env) ui.Face {
	f := ui.Face{Crumb: "#" + string(present.PRNumber(m.key.Number)),
		Actions: []fleet.ActionID{fleet.ActionFix, fleet.ActionChown, fleet.ActionReap, fleet.ActionRerun},
		Intents: ui.ListIntents() | ui.Intents(ui.IntentOpen, ui.IntentPane, ui.IntentAct, ui.IntentMark, ui.IntentMarkAll, ui.IntentBrowse, ui.IntentCopy, ui.IntentCopyURL)}
	if e.Snapshot != nil {
		if p, ok := e.Snapshot.PROf(m.key); ok {
			f.Crumb += " " + p.Title
		}
	}
	look := present.Look(e)
	if m.onRuns {
		f.Typing, f.Prompt, f.Inner = m.runs.Typing(), m.runs.Prompt(look, e.Rect.W), !m.runs.Query().Empty()
	} else {
		f.Typing, f.Prompt, f.Inner = m.dirs.Typing(), m.dirs.Prompt(look, e.Rect.W), !m.dirs.Query().Empty()
	}
	return f
}
