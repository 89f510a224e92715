package host

import (
	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/page/explain"
	"andon/ui/present"
)

// part is a titled list of lines.
type part struct {
	title kit.Safe
	lines []kit.Line
}

// parts are what stands below the list, most wanted first.
func (m Model) parts(s present.Scene, look kit.Look, w int) []part {
	runners := present.RunnerRows(s, m.name)
	var lines []kit.Line
	for _, r := range runners {
		lines = append(lines, present.RunnerLine(r, look, w))
	}
	return []part{
		{"RUNNERS", lines},
		{"PROOF", present.ProofLines(s, m.name, look, w)},
		{"CLEANERS AND CACHES", present.CleanerLines(s, m.name, look)},
		{"TRASH", present.TrashLines(s, m.name, look)},
	}
}

// arrange gives h lines: the list gets at least a third; the parts share the
// rest in their order, and none starves another of its first lines.
func arrange(h, head, rows int, parts []int) (list int, of []int) {
	of = make([]int, len(parts))
	list = min(rows+2, max((h-head)/3, 3))
	left := h - head - list
	for i, n := range parts { // a heading and two lines for each, while there is room
		if n > 0 && left >= 2 {
			of[i] = min(n+1, 3, left)
			left -= of[i]
		}
	}
	for i, n := range parts { // what is left, in order
		if of[i] > 0 {
			more := min(n+1-of[i], left)
			of[i] += more
			left -= more
		}
	}
	return list + max(left, 0), of
}

func (m Model) layout(e ui.Env, head int, parts []part) (int, []int) {
	n := make([]int, len(parts))
	for i, p := range parts {
		n[i] = len(p.lines)
	}
	_, rows := m.shares.Count()
	return arrange(e.Rect.H, head, rows, n)
}

func (m Model) sized(e ui.Env) Model {
	s, look := present.SceneOf(e), present.Look(e)
	list, _ := m.layout(e, m.headLines(e, s, look), m.parts(s, look, e.Rect.W-2))
	m.shares = m.shares.With(m.shares.Resize(e.Rect.W, list-1))
	return m
}

// headLines is how high the part above the list is.
func (m Model) headLines(e ui.Env, s present.Scene, look kit.Look) int {
	if e.Class <= ui.OneList {
		return 1
	}
	return 2 + len(present.DiskLines(s, m.name, look, e.Rect.W-2))
}

// View draws the page in exactly Env.Rect.
func (m Model) View(e ui.Env) string {
	s, look, w := present.SceneOf(e), present.Look(e), e.Rect.W
	parts := m.parts(s, look, w-2)
	list, of := m.layout(e, m.headLines(e, s, look), parts)
	m.shares = m.shares.With(m.shares.Resize(w, list-1))
	blocks := []string{look.Line(w, present.HostHead(s, m.name, look), nil)}
	if _, seen := s.SweepOf(m.name); !seen && e.Snapshot != nil {
		return look.Stack(w, e.Rect.H, append(blocks, unseen(look, w, parts)...)...)
	}
	if e.Class > ui.OneList {
		blocks = append(blocks, look.Section(w, "DISK", ""))
		blocks = append(blocks, explain.Drawn(look, w, present.DiskLines(s, m.name, look, w-2))...)
	}
	blocks = append(blocks, look.Rule(w, kit.Line{kit.In(themes.Title, "WHERE THE BYTES ARE")}, kit.Line{kit.In(themes.Dim, m.shares.Remark(look))}), m.shares.View(look))
	for i, p := range parts {
		if of[i] < 2 {
			continue
		}
		remark := kit.Safe("")
		if cut := len(p.lines) - (of[i] - 1); cut > 0 {
			remark = kit.Number(int64(len(p.lines)-cut)) + " of " + kit.Number(int64(len(p.lines)))
		}
		blocks = append(blocks, look.Section(w, p.title, remark), look.Stack(w, of[i]-1, explain.Drawn(look, w, p.lines)...))
	}
	return look.Stack(w, e.Rect.H, blocks...)
}

// unseen is what is known of a host that was never looked at: why, and its
// runners as GitHub tells of them. Empty lists would say that nothing is there.
func unseen(look kit.Look, w int, parts []part) []string {
	var out []string
	for _, name := range []kit.Safe{"PROOF", "RUNNERS"} {
		for _, p := range parts {
			if p.title != name || len(p.lines) == 0 {
				continue
			}
			title := p.title
			if title == "PROOF" {
				title = "WHY NOTHING IS KNOWN OF IT"
			}
			out = append(out, look.Section(w, title, ""))
			out = append(out, explain.Drawn(look, w, p.lines)...)
			out = append(out, look.Blank(w))
		}
	}
	return out
}
