package dirs

import (
	"strings"

	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/present"
)

// stripLines is how many lines below the list explain the dir under the cursor.
const stripLines = 5

func (m Model) strip(e ui.Env) int {
	if e.Rect.H < 18 {
		return 0
	}
	return stripLines
}

func (m Model) sized(e ui.Env) Model {
	m.List = m.With(m.Resize(e.Rect.W, e.Rect.H-1-m.strip(e)))
	return m
}

// drawn draws what stands around the list. It is done once for each change and
// not for each frame: a frame of ten thousand rows is then the list alone.
func (m Model) drawn(e ui.Env) Model {
	look, w := present.Look(e), e.Rect.W
	remark := m.Remark(look)
	if m.built < m.asked {
		remark += " ∙ reading"
	}
	m.head = look.Rule(w, kit.Line{kit.In(themes.Title, "RUN DIRS")}, kit.Line{kit.In(themes.Dim, remark)})
	m.foot = ""
	if m.strip(e) > 0 {
		m.foot = look.Stack(w, stripLines, m.detail(e, look, w)...)
	}
	return m
}

// View draws the page in exactly Env.Rect.
func (m Model) View(e ui.Env) string {
	look := present.Look(e)
	if e.Rect.H <= 0 {
		return ""
	}
	if m.head == "" || kit.DrawnWidth(m.head) != e.Rect.W {
		m = m.drawn(e)
	}
	m = m.sized(e)
	buf := make([]byte, 0, len(m.head)+len(m.foot)+e.Rect.H*(3*e.Rect.W+64))
	buf = append(buf, m.head...)
	if e.Rect.H > 1 {
		buf = m.Table.AppendView(append(buf, '\n'), look)
	}
	if m.strip(e) > 0 {
		buf = append(append(buf, '\n'), m.foot...)
	}
	return string(buf)
}

// detail says of the dir under the cursor where it is, what the join matched,
// and whether it may be reaped, with every reason why not.
func (m Model) detail(e ui.Env, look kit.Look, w int) []string {
	r, ok := m.Current()
	if !ok || e.Snapshot == nil {
		return []string{look.Section(w, "", "")}
	}
	d, ok := e.Snapshot.DirOf(r.ID)
	if !ok {
		return []string{look.Section(w, "GONE", "it is not in the newest snapshot")}
	}
	keys := kit.Clean(d.Keys.String())
	if keys == "" {
		keys = "none"
	}
	run := kit.Safe("no run known")
	if run_, ok := e.Snapshot.RunOf(d.Run); ok {
		run = "run " + kit.Number(int64(run_.ID)) + " " + kit.Clean(string(run_.Status)) + " " + kit.Clean(string(run_.Conclusion))
	}
	out := []string{
		look.Rule(w, kit.Line{kit.In(themes.Title, kit.Clean(d.Path.String()))}, kit.Line{kit.In(themes.Dim, r.Host)}),
		look.Line(w, kit.Line{kit.In(themes.Dim, " join   "), kit.In(themes.Text, keys), kit.In(themes.Dim, "  "+run)}, kit.Line{kit.In(themes.Dim, seen(d)+" ")}),
	}
	v := e.Snapshot.Ownership(d)
	owner := kit.Line{kit.In(themes.Dim, " owner  "), kit.In(themes.Text, kit.Clean(d.Owner.String())), kit.In(themes.Dim, ", wanted "+kit.Clean(d.Want.String()))}
	if v.State != fleet.OwnerFits {
		owner = owner.Then(kit.In(themes.Crit, "  "+kit.Clean(v.State.String())), kit.In(themes.Dim, ": "+kit.Clean(v.Why)))
	}
	return append(append(out, look.Line(w, owner, nil)), reapLines(e, d, look, w)...)
}

func seen(d fleet.Dir) kit.Safe {
	at := d.Bytes.At()
	if at.IsZero() {
		return "size " + kit.Clean(d.Bytes.Why())
	}
	return "measured " + kit.Clean(at.Format("15:04:05"))
}

// reapLines say whether the dir may be reaped; unknown means no.
func reapLines(e ui.Env, d fleet.Dir, look kit.Look, w int) []string {
	v := e.Snapshot.Reapable(d, true)
	if v.OK() {
		return []string{look.Line(w, kit.Line{kit.In(themes.Dim, " reap   "), kit.In(themes.OK, look.Glyph(kit.SignOK)+" may be reaped"), kit.In(themes.Dim, "; checked again on the host")}, nil)}
	}
	text := kit.Clean(strings.Join(v.Refusals, "; "))
	if wait := v.Until.Sub(e.Now); !v.Until.IsZero() && wait > 0 {
		text += "; eligible in " + present.Clock(wait)
	}
	var out []string
	for i, line := range kit.Wrap(text, max(w-9, 1)) {
		head := kit.Safe("        ")
		if i == 0 {
			head = " reap   "
		}
		out = append(out, look.Line(w, kit.Line{kit.In(themes.Dim, head), kit.In(themes.Text, line)}, nil))
		if i == 1 {
			break
		}
	}
	return out
}
