package board

import (
	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/page/explain"
	"andon/ui/present"
)

// wideLeft is the share of a wide screen, in percent, that the lists get.
const wideLeft = 61

// layout is how the board is cut up in an Env.
func (m Model) layout(e ui.Env) sections {
	n := counts{deeds: len(m.deeds), runners: len(m.runners)}
	_, n.hosts = m.hosts.Count()
	_, n.alerts = m.alerts.Count()
	_, n.prs = m.prs.Count()
	switch e.Class {
	case ui.Wide:
		return arrangeWide(e.Rect.H, n)
	case ui.Normal:
		return arrange(e.Rect.H, n)
	}
	return sections{alerts: e.Rect.H}
}

// sized gives each list the room it has, and explains the alert the cursor is on.
func (m Model) sized(e ui.Env) Model {
	s := m.layout(e)
	w := m.leftWidth(e)
	m.hosts = m.hosts.With(m.hosts.Resize(w, s.hosts-1).Focus(m.pane == hostsPane))
	m.alerts = m.alerts.With(m.alerts.Resize(w, s.alerts-1).Focus(m.pane == alertsPane))
	m.prs = m.prs.With(m.prs.Resize(w, s.prs-1).Focus(m.pane == prsPane))
	r, _ := m.alerts.Current()
	m.told = m.told.For(e, r.Fingerprint)
	return m
}

func (m Model) leftWidth(e ui.Env) int {
	if e.Class == ui.Wide {
		return e.Rect.W * wideLeft / 100
	}
	return e.Rect.W
}

// View draws the board in exactly Env.Rect.
func (m Model) View(e ui.Env) string {
	m = m.sized(e)
	look, s, scene := present.Look(e), m.layout(e), present.SceneOf(e)
	w := m.leftWidth(e)
	blocks := make([]string, 0, 10)
	if s.hosts > 0 {
		blocks = append(blocks, m.heading(look, w, "HOSTS", hostsRemark(scene), hostsPane), explain.Rows(e, look, w, s.hosts-1, m.hosts.View(look)))
	}
	blocks = append(blocks, m.alertsHeading(e, look, w), m.alertsView(e, scene, look, w, s.alerts-1))
	if s.prs > 0 {
		blocks = append(blocks, m.heading(look, w, "PULL REQUESTS", m.prs.Remark(look), prsPane), explain.Rows(e, look, w, s.prs-1, m.prs.View(look)))
	}
	if s.runners > 0 {
		blocks = append(blocks, m.runnersView(look, w, s.runners))
	}
	if e.Class != ui.Wide && s.why > 0 {
		blocks = append(blocks, m.why(e, scene, look, w, s.why))
	}
	if s.deeds > 0 {
		blocks = append(blocks, m.recent(look, w, s.deeds))
	}
	left := look.Stack(w, e.Rect.H, blocks...)
	if e.Class != ui.Wide {
		return left
	}
	right := e.Rect.W - w - 2
	return look.Beside(e.Rect.W, e.Rect.H, w, left, m.detail(e, scene, look, right, e.Rect.H))
}

// heading is a section's rule; that of the pane in focus is marked.
func (m Model) heading(look kit.Look, w int, title, remark kit.Safe, p pane) string {
	role := themes.Dim
	if m.pane == p {
		role = themes.Title
	}
	return look.Rule(w, kit.Line{kit.In(role, title)}, kit.Line{kit.In(themes.Dim, remark)})
}

func hostsRemark(s present.Scene) kit.Safe {
	busy, online := 0, 0
	for _, r := range s.Runners {
		if r.Online {
			online++
		}
		if r.Busy {
			busy++
		}
	}
	queued := 0
	for _, j := range s.Jobs {
		if j.Status.Live() && j.Status != fleet.StatusInProgress {
			queued++
		}
	}
	var parts []kit.Safe
	if online > 0 {
		parts = append(parts, "pool "+kit.Number(int64(busy))+"/"+kit.Number(int64(online))+" busy")
	}
	if queued > 0 {
		parts = append(parts, kit.Number(int64(queued))+" queued")
	}
	return kit.Join(parts, " ∙ ")
}

// alertsHeading is the rule above the alerts. A cluster of like failures takes it
// over: it is what the line is stopped for.
func (m Model) alertsHeading(e ui.Env, look kit.Look, w int) string {
	const title = "LINE STOPS AND WARNINGS"
	if len(e.Board.Alerts) > 0 { // worst first
		a := e.Board.Alerts[0]
		if a.StopsTheLine() && a.AckedBy == "" {
			text := look.Glyph(kit.SignStop) + " " + present.StopTheLine
			return look.Rule(w, kit.Line{kit.In(themes.Crit, text)}, kit.Line{kit.In(themes.Dim, m.alertsRemark(look, w-kit.Width(text)))})
		}
	}
	return m.heading(look, w, title, m.alertsRemark(look, w-len(title)), alertsPane)
}

// alertsRemark counts the alerts, those out of sight and those folded away, as
// fully as there is room beside the title of a rule.
func (m Model) alertsRemark(look kit.Look, room int) kit.Safe {
	const around = 9 // dashes and blanks
	count, below, order := m.alerts.Remark(look), kit.Safe(""), kit.Safe("")
	if shown, _ := m.alerts.Count(); shown > 1 && m.alerts.Query().Empty() {
		order = " ∙ worst first"
	}
	if n := m.alerts.Below(); n > 0 {
		below = " ∙ " + kit.Number(int64(n)) + " below"
	}
	folded := func(short bool) kit.Safe {
		switch {
		case !m.folded.Any():
			return ""
		case m.all:
			return " ∙ " + m.folded.Words(short) + ", m folds"
		}
		return " ∙ " + m.folded.Words(short) + ", m shows"
	}
	text := count + order + below + folded(false)
	for _, less := range []kit.Safe{count + below + folded(false), count + below + folded(true)} {
		if kit.Width(text) > room-around {
			text = less
		}
	}
	return text
}

// alertsView is the list, or what an empty one means: "normal" is only said
// where everything could be looked at and nothing is in somebody's hands.
func (m Model) alertsView(e ui.Env, s present.Scene, look kit.Look, w, h int) string {
	if _, all := m.alerts.Count(); all > 0 {
		return m.alerts.View(look)
	}
	sign, text := kit.SignUnknown, kit.Safe("looking: nothing is known yet")
	switch lamp := e.Board.Lamp(s.Snapshot); {
	case e.Snapshot == nil:
	case lamp == fleet.LampGreen:
		sign, text = kit.SignOK, "normal: nothing stands still"
	case lamp == fleet.LampUnknown:
		text = "no alert, but not every source answers: this is not a green light"
	default:
		if sign = kit.SignWarn; lamp == fleet.LampRed {
			sign = kit.SignStop
		}
		text = "nothing new: somebody has every alert that is lit"
	}
	lines := []string{look.Line(w, kit.Line{kit.In(sign.Role(), "  "+look.Glyph(sign)+" "), kit.In(themes.Text, text)}, nil)}
	if e.Board.Looked != "" {
		said := kit.Clean("same failures: " + e.Board.Looked)
		lines = append(lines, look.Line(w, kit.Line{kit.In(themes.Dim, "    "+kit.Truncate(said, max(w-5, 1), look.Ellipsis()))}, nil))
	}
	return look.Stack(w, h, lines...)
}

// why explains the alert under the cursor in h lines, rule included.
func (m Model) why(e ui.Env, s present.Scene, look kit.Look, w, h int) string {
	x, ok := m.told.Get()
	if !ok {
		return look.Stack(w, h, explain.Idle(s, look, w)...)
	}
	y := present.WhyOf(s, x, e, look, w-2)
	head := look.Rule(w, kit.Line{kit.In(themes.Title, "WHY")}, kit.Line{kit.In(themes.Dim, present.Standing(s, x.Alert))})
	return look.Stack(w, h, append([]string{head}, explain.Brief(y, look, w, h-1)...)...)
}

// detail is the right column of a wide board.
func (m Model) detail(e ui.Env, s present.Scene, look kit.Look, w, h int) string {
	x, ok := m.told.Get()
	if !ok {
		return look.Stack(w, h, explain.Idle(s, look, w)...)
	}
	return look.Stack(w, h, explain.Pane(e, s, x, look, w, h)...)
}

// runnersView are the runners in two columns, in h lines, rule included.
func (m Model) runnersView(look kit.Look, w, h int) string {
	count := map[kit.Sign]int{}
	for _, r := range m.runners {
		count[r.Sign]++
	}
	all := len(m.runners)
	remark := kit.Number(int64(all)) + " ∙ " + kit.Number(int64(count[kit.SignRun])) + " busy ∙ " + kit.Number(int64(count[kit.SignIdle])) + " idle"
	if n := all - count[kit.SignRun] - count[kit.SignIdle]; n > 0 {
		remark += " ∙ " + kit.Number(int64(n)) + " want a look"
	}
	lines := []string{look.Rule(w, kit.Line{kit.In(themes.Dim, "RUNNERS")}, kit.Line{kit.In(themes.Dim, remark)})}
	half := (w - 1) / 2
	for i := range h - 1 {
		line := ""
		for _, n := range []int{i, i + h - 1} {
			cell := kit.Line(nil)
			if n < all {
				cell = append(kit.Words(" "), present.RunnerLine(m.runners[n], look, half-2)...)
			}
			line += look.Line(half, cell, nil)
		}
		lines = append(lines, line)
	}
	return look.Stack(w, h, lines...)
}

// recent is what was done lately, in h lines, rule included.
func (m Model) recent(look kit.Look, w, h int) string {
	lines := []string{look.Section(w, "RECENT ACTIONS", "")}
	for _, d := range m.deeds[:min(len(m.deeds), h-1)] {
		lines = append(lines, look.Line(w, append(kit.Words(" "), present.RecentLine(d, look, w-2)...), nil))
	}
	if len(m.deeds) == 0 {
		lines = append(lines, look.Line(w, kit.Line{kit.In(themes.Dim, " none by this audit log")}, nil))
	}
	return look.Stack(w, h, lines...)
}
