package pr

import (
	"strings"

	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/present"
)

// sections are the heights of the page's parts, rule included.
type sections struct{ runs, dirs, writers, alerts, timeline int }

// arrange gives h lines to the parts after the head line.
func arrange(h, runs, dirs, writers, alerts int) sections {
	var s sections
	most := max(h/4, 2)
	s.runs = 2 + min(max(runs, 1), most)
	s.dirs = 2 + min(max(dirs, 1), most)
	left := h - 1 - s.runs - s.dirs
	if left < 0 {
		s.dirs = max(s.dirs+left, 2)
		s.runs = max(h-1-s.dirs, 0)
		return s
	}
	if writers > 0 && left >= 3 {
		s.writers = min(1+writers, max(left/2, 2))
		left -= s.writers
	}
	if alerts > 0 && left >= 3 {
		s.alerts = min(1+alerts, max(left/2, 2))
		left -= s.alerts
	}
	if left >= 3 {
		s.timeline = left
	}
	return s
}

func (m Model) layout(e ui.Env) sections {
	_, runs := m.runs.Count()
	_, dirs := m.dirs.Count()
	return arrange(e.Rect.H, runs, dirs, len(m.writers(e)), len(m.alerts(e)))
}

func (m Model) sized(e ui.Env) Model {
	s := m.layout(e)
	m.runs = m.runs.With(m.runs.Resize(e.Rect.W, s.runs-1).Focus(m.onRuns))
	m.dirs = m.dirs.With(m.dirs.Resize(e.Rect.W, s.dirs-1).Focus(!m.onRuns))
	return m
}

// writers are the live processes in the dir under the cursor.
func (m Model) writers(e ui.Env) []fleet.Writer {
	r, ok := m.dirs.Current()
	if !ok || e.Snapshot == nil {
		return nil
	}
	d, _ := e.Snapshot.DirOf(r.ID)
	return d.Writers.Or(nil)
}

// View draws the page in exactly Env.Rect.
func (m Model) View(e ui.Env) string {
	m = m.sized(e)
	look, w, s := present.Look(e), e.Rect.W, m.layout(e)
	scene := present.SceneOf(e)
	blocks := []string{m.head(scene, look, w)}
	if s.runs > 0 {
		blocks = append(blocks, heading(look, w, "RUNS", m.runs.Remark(look), m.onRuns), m.runs.View(look))
	}
	blocks = append(blocks, heading(look, w, "RUN DIRS", m.dirsRemark(e), !m.onRuns), m.dirs.View(look))
	if s.writers > 0 {
		blocks = append(blocks, m.writersView(scene, m.writers(e), look, w, s.writers))
	}
	if s.alerts > 0 {
		blocks = append(blocks, m.alertsView(e, scene, look, w, s.alerts))
	}
	if s.timeline > 0 {
		blocks = append(blocks, look.Section(w, "TIMELINE", ""))
		for _, l := range present.Timeline(scene, m.key, look, w-2, s.timeline-1) {
			blocks = append(blocks, look.Line(w, append(kit.Words(" "), l...), nil))
		}
	}
	return look.Stack(w, e.Rect.H, blocks...)
}

// alerts are the lit alerts that name this pull request.
func (m Model) alerts(e ui.Env) []fleet.Alert {
	var out []fleet.Alert
	for _, a := range e.Board.Alerts {
		if (a.Lit() || a.MutedBy != "") && a.About(fleet.OfPR(m.key)) {
			out = append(out, a)
		}
	}
	return out
}

func (m Model) alertsView(e ui.Env, s present.Scene, look kit.Look, w, h int) string {
	lines := []string{look.Section(w, "WHY", "")}
	for _, a := range m.alerts(e)[:min(len(m.alerts(e)), h-1)] {
		sign := present.AlertSign(a)
		says := kit.Line{kit.In(themes.Text, " "), look.Sign(sign), kit.In(themes.Text, "  "+kit.Clean(a.Summary))}
		if a.MutedBy != "" {
			says = says.Then(kit.In(themes.Dim, "  explained by a cause"))
		}
		lines = append(lines, look.Line(w, says, kit.Line{kit.In(themes.Dim, "  "+kit.Age(max(e.Now.Sub(a.Since), 0))+" ")}))
	}
	return look.Stack(w, h, lines...)
}

func heading(look kit.Look, w int, title, remark kit.Safe, focus bool) string {
	role := themes.Dim
	if focus {
		role = themes.Title
	}
	return look.Rule(w, kit.Line{kit.In(role, title)}, kit.Line{kit.In(themes.Dim, remark)})
}

// head is who made the pull request, its branch and state.
func (m Model) head(s present.Scene, look kit.Look, w int) string {
	p, ok := s.PROf(m.key)
	if !ok {
		return look.Line(w, kit.Line{kit.In(themes.Stale, " "+look.Glyph(kit.SignUnknown)+" "), kit.In(themes.Text, "not among the pull requests that were read")}, nil)
	}
	ci := present.CISign(p, present.RunsOf(s, m.key))
	left := kit.Line{kit.In(themes.Text, " "+kit.Clean(p.Author)), look.Dot(), kit.In(themes.Text, kit.Truncate(kit.Clean(p.HeadRef), w/3, look.Ellipsis())), look.Dot(),
		kit.In(themes.Dim, kit.Clean(p.HeadSHA[:min(len(p.HeadSHA), 9)])), look.Dot(), kit.In(themes.Text, kit.Clean(string(p.State))), look.Dot(), look.Sign(ci)}
	if kit.Tainted(p.Title) || kit.Tainted(p.HeadRef) {
		left = left.Then(look.Dot(), kit.In(themes.Warn, "hidden characters in its title or branch"))
	}
	return look.Line(w, left, kit.Line{kit.In(themes.Dim, "into "+kit.Clean(p.BaseRef)+" ")})
}

// dirsRemark names the keys by which the dir under the cursor was joined.
func (m Model) dirsRemark(e ui.Env) kit.Safe {
	r, ok := m.dirs.Current()
	if !ok || e.Snapshot == nil {
		return ""
	}
	d, _ := e.Snapshot.DirOf(r.ID)
	if d.Conflict != "" {
		return "join keys disagree: " + kit.Clean(d.Conflict)
	}
	return "joined by " + kit.Clean(strings.ReplaceAll(d.Keys.String(), ",", ", "))
}

func (m Model) writersView(s present.Scene, ws []fleet.Writer, look kit.Look, w, h int) string {
	r, _ := m.dirs.Current()
	lines := []string{look.Rule(w, kit.Line{kit.In(themes.Dim, "WRITERS IN "+r.Rel)}, kit.Line{kit.In(themes.Dim, kit.Number(int64(len(ws)))+" on "+r.Host)})}
	for _, wr := range ws[:min(len(ws), h-1)] {
		lines = append(lines, look.Line(w, present.WriterLine(s, wr, look, w), nil))
	}
	return look.Stack(w, h, lines...)
}
