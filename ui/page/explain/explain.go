// Package explain draws what is known of one alert: the chain of whys with what
// bears each out, what was ruled out and what is not known, what cures it, what
// that costs, and whose it is. It chooses what is cut where there is little room:
// summary, next step and owner stay, then comes the chain, then the rest.
package explain

import (
	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/present"
)

// Told is the explanation of one alert, kept until there is a newer picture.
// The zero Told is of none.
type Told struct {
	gen   int
	alert string
	x     fleet.Explanation
	found bool
}

// For returns the explanation of the alert with a fingerprint. It is made anew
// only where the picture or the alert is another.
func (t Told) For(e ui.Env, fingerprint string) Told {
	if t.gen == e.Gen && t.alert == fingerprint {
		return t
	}
	t = Told{gen: e.Gen, alert: fingerprint}
	a, ok := e.Board.Alert(fingerprint)
	if !ok {
		return t
	}
	rule, _ := e.Rule(a.Rule)
	t.x, t.found = e.Board.Explain(a, rule, present.SceneOf(e).Snapshot), true
	return t
}

// Get returns the explanation, and whether the alert is on the board.
func (t Told) Get() (fleet.Explanation, bool) { return t.x, t.found }

// Page is all there is to say, in lines of w cells.
func Page(e ui.Env, s present.Scene, x fleet.Explanation, look kit.Look, w int) []string {
	y := present.WhyOf(s, x, e, look, w-2)
	return drawn(look, w, append(head(s, x, look), sections(x, y, whole)...))
}

// Pane is what there is to say in at most h lines of w cells. Where it is cut the
// last line says so.
func Pane(e ui.Env, s present.Scene, x fleet.Explanation, look kit.Look, w, h int) []string {
	y := present.WhyOf(s, x, e, look, w-2)
	top := head(s, x, look)
	var rows []row
	for _, fit := range [...]struct {
		most  int
		tight bool
	}{{whole, false}, {8, false}, {4, false}, {4, true}, {2, true}, {1, true}} {
		rows = append(top[:len(top):len(top)], sections(x, y, fit.most)...)
		if fit.tight {
			rows = tight(rows)
		}
		if len(rows) <= h {
			return drawn(look, w, rows)
		}
	}
	kept := max(h-1, 0)
	for kept > 0 && rows[kept-1].title != "" { // a heading of nothing
		kept--
	}
	more := kit.Line{kit.In(themes.Dim, kit.Count(int64(len(rows)-kept))+" more lines, "+look.Enter()+" shows all")}
	return drawn(look, w, append(rows[:kept], row{left: more}))
}

// whole is a limit that cuts nothing.
const whole = 1 << 30

// row is one line to be drawn: a heading, or text with a remark at the right.
type row struct {
	title       kit.Safe // of a heading
	left, right kit.Line
}

func drawn(look kit.Look, w int, rows []row) []string {
	out := make([]string, len(rows))
	for i, r := range rows {
		if r.title != "" {
			out[i] = look.Rule(w, kit.Line{kit.In(themes.Title, r.title)}, r.right)
			continue
		}
		out[i] = look.Line(w, append(kit.Words(" "), r.left...), r.right)
	}
	return out
}

// tight leaves the blank lines out.
func tight(rows []row) []row {
	var out []row
	for i, r := range rows {
		if i < 2 || r.title != "" || len(r.left) > 0 {
			out = append(out, r)
		}
	}
	return out
}

// head is the alert's title and how it stands.
func head(s present.Scene, x fleet.Explanation, look kit.Look) []row {
	sign := present.AlertSign(x.Alert)
	title := present.Heading(x.Alert)
	return []row{{title: title}, {left: kit.Line{look.Sign(sign), kit.In(themes.Dim, " "+present.Standing(s, x.Alert))}}, {}}
}

// sections are the parts in order; lists are cut to so many items each.
func sections(x fleet.Explanation, y present.Why, most int) []row {
	out := lines(y.Summary)
	out = append(out, row{})
	add := func(title, remark kit.Safe, list []row) {
		if len(list) == 0 {
			return
		}
		r := row{title: title}
		if remark != "" {
			r.right = kit.Line{kit.In(themes.Dim, remark)}
		}
		out = append(append(append(out, r), list...), row{})
	}
	items := func(title kit.Safe, list []present.Item) {
		n := min(len(list), most)
		add(title, cutTo(n, len(list)), flat(list[:n]))
	}
	preview := kit.Safe("")
	if len(x.Alert.Suggested) > 0 {
		preview = "f previews it, nothing runs until you confirm"
	}
	add("FIX", preview, lines(y.Fix))
	add("WHY", "", chain(y.Chain, most))
	items("EVIDENCE", y.Evidence)
	items("RULED OUT", y.RuledOut)
	items("NOT KNOWN", y.Unknown)
	add("CURE", "", lines(y.Cure))
	items("SIGNATURE", y.Verdicts)
	items("WHAT", y.Subjects)
	if x.Cause.Rule != "" {
		items("EXPLAINED BY", y.Related)
	} else {
		items("EXPLAINS", y.Related)
	}
	items("RESTS ON", y.Grounds)
	return out
}

// cutTo says that a list was cut.
func cutTo(shown, all int) kit.Safe {
	if shown == all {
		return ""
	}
	return kit.Count(int64(shown)) + " of " + kit.Count(int64(all))
}

// chain is each why with at most so many of the facts that bear it out.
func chain(links []present.Link, most int) []row {
	var out []row
	for _, l := range links {
		out = append(out, lines(l.Long)...)
		n := min(len(l.Proof), most)
		out = append(out, flat(l.Proof[:n])...)
		if more := len(l.Proof) - n; more > 0 {
			out = append(out, row{left: kit.Line{kit.In(themes.Dim, "  and "+kit.Count(int64(more))+" more like it")}})
		}
	}
	return out
}

func lines(list []kit.Line) []row {
	out := make([]row, len(list))
	for i, l := range list {
		out[i].left = l
	}
	return out
}

func flat(items []present.Item) []row {
	var out []row
	for _, it := range items {
		out = append(out, lines(it)...)
	}
	return out
}

// Drawn are lines drawn in w cells each, one blank in.
func Drawn(look kit.Look, w int, list []kit.Line) []string { return drawn(look, w, lines(list)) }

// Rows is a drawn table, or before the first snapshot a line that says that
// nothing is known yet: an empty table would say that there is nothing.
func Rows(e ui.Env, look kit.Look, w, h int, table string) string {
	if e.Snapshot != nil {
		return table
	}
	return look.Stack(w, h, look.Line(w, kit.Line{kit.In(themes.Dim, "  looking"+look.Ellipsis())}, nil))
}

// Idle is shown where no alert is chosen: which alerts somebody has, and the
// sources that give no current answer, each with its cause and the operator's
// next step. With neither it is a bare heading.
func Idle(s present.Scene, look kit.Look, w int) []string {
	var rows []row
	if list := present.InHand(s, look, w-2); len(list) > 0 {
		rows = append(append(rows, row{title: "IN HAND"}), lines(list)...)
	}
	if list := present.SilentSources(s, look, w-2); len(list) > 0 {
		rows = append(append(rows, row{title: "NO CURRENT ANSWER"}), lines(list)...)
	}
	if len(rows) == 0 {
		rows = []row{{title: "WHY"}}
	}
	return drawn(look, w, rows)
}
