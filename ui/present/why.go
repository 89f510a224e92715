package present

import (
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
)

// Why is what the board says of one alert: what is seen, the five whys of its
// rule, the evidence with its ages, and what would cure it.
type Why struct {
	Summary  []kit.Line
	Whys     []kit.Line
	Subjects []kit.Line
	Evidence []kit.Line
	Fix      []kit.Line
	Cure     []kit.Line
}

// WhyOf explains an alert in lines of at most w cells.
func WhyOf(s Scene, a fleet.Alert, rule fleet.Rule, e ui.Env, look kit.Look, w int) Why {
	var y Why
	over := a.State == fleet.AlertResolved
	if over {
		y.Summary = append(wrapped("every source it rests on was looked at again, and it is gone", w, themes.OK, look.Glyph(kit.SignOK)+" "),
			wrapped(kit.Clean(a.Summary), w, themes.Dim, "was: ")...)
	} else {
		y.Summary = wrapped(kit.Clean(a.Summary), w, themes.Text, "")
	}
	if a.StaleWhy != "" {
		y.Summary = append(y.Summary, kit.Line{look.Sign(kit.SignStale), kit.In(themes.Stale, ": "+kit.Clean(a.StaleWhy))})
	}
	for i, why := range rule.Doc.Whys {
		y.Whys = append(y.Whys, wrapped(kit.Clean(why), w, themes.Dim, kit.Number(int64(i+1))+" ")...)
	}
	y.Subjects = s.subjectLines(a, look, w)
	for _, ev := range a.Evidence {
		y.Evidence = append(y.Evidence, s.evidenceLines(ev, look, w)...)
	}
	if over { // nothing is left to mend
		return y
	}
	y.Fix = fixLines(a, e, look, w)
	if rule.Doc.Cure != "" {
		y.Cure = wrapped(kit.Clean(rule.Doc.Cure), w, themes.Text, "cures  ")
	}
	if rule.Doc.NoCure != "" {
		y.Cure = append(y.Cure, wrapped(kit.Clean(rule.Doc.NoCure), w, themes.Dim, "not    ")...)
	}
	return y
}

// wrapped breaks a text; the first line begins with head, the others are
// indented by its width.
func wrapped(s kit.Safe, w int, role themes.Role, head kit.Safe) []kit.Line {
	n := kit.Width(head)
	var out []kit.Line
	for i, t := range kit.Wrap(s, max(w-n, 1)) {
		first := kit.PadRight("", n, "")
		if i == 0 {
			first = head
		}
		out = append(out, kit.Line{kit.In(themes.Faint, first), kit.In(role, t)})
	}
	return out
}

// evidenceLines are "stat  …/1792/run-5  owner 0:0, wanted 1000:1000   2s"; where
// the line is too narrow for both, the place stands on a line of its own.
func (s Scene) evidenceLines(ev fleet.Evidence, look kit.Look, w int) []kit.Line {
	const label, age, least = 9, 5, 12
	room := max(w-label-age-1, 8)
	what, where, fact := kit.Clean(ev.What), kit.Clean(ev.Where), kit.Clean(ev.Fact)
	at := kit.Safe("")
	if !ev.At.IsZero() {
		at = kit.Age(s.since(ev.At))
	}
	head := kit.In(themes.Info, kit.PadRight(what, label-1, "")+" ")
	tail := kit.In(themes.Dim, " "+kit.PadLeft(at, age, ""))
	if where == "" || kit.Width(fact)+2+least <= room {
		line, used := kit.Line{head}, 0
		if where != "" {
			where = tailOf(where, min(room-kit.Width(fact)-2, 40), look)
			line, used = line.Then(kit.In(themes.Dim, where+"  ")), kit.Width(where)+2
		}
		return []kit.Line{line.Then(kit.In(themes.Text, kit.PadRight(fact, room-used, look.Ellipsis())), tail)}
	}
	var out []kit.Line
	for i, t := range kit.Wrap(fact, room) {
		switch {
		case i == 0:
			out = append(out, kit.Line{head, kit.In(themes.Text, kit.PadRight(t, room, "")), tail})
		case i < 3:
			out = append(out, kit.Line{kit.In(themes.Text, kit.PadRight("", label, "")+t)})
		}
	}
	return append(out, kit.Line{kit.In(themes.Dim, kit.PadRight("", label, "")+tailOf(where, w-label, look))})
}

// subjectLines are an alert's run dirs, or its pull requests, or its runs.
func (s Scene) subjectLines(a fleet.Alert, look kit.Look, w int) []kit.Line {
	n := countSubjects(a)
	var out []kit.Line
	for _, id := range n.dirs {
		d, ok := s.DirOf(id)
		if !ok {
			out = append(out, kit.Line{kit.In(themes.Stale, look.Glyph(kit.SignUnknown)+" "), kit.In(themes.Dim, tailOf(kit.Clean(id.String()), w-12, look)+"  gone")})
			continue
		}
		out = append(out, s.dirLine(d, look, w))
	}
	if len(out) > 0 {
		return out
	}
	for _, k := range n.prs {
		if p, ok := s.PROf(k); ok {
			sign := s.lamp(fleet.OfPR(k), kit.SignOK)
			out = append(out, kit.Line{kit.In(sign.Role(), look.Glyph(sign)+" "), kit.In(themes.Text, kit.PadRight(prNumber(k.Number), 7, "")),
				kit.In(themes.Dim, kit.Truncate(kit.Clean(p.Title), max(w-10, 1), look.Ellipsis()))})
		}
	}
	return out
}

func (s Scene) dirLine(d fleet.Dir, look kit.Look, w int) kit.Line {
	sign := s.lamp(fleet.OfDir(d.ID()), kit.SignOK)
	bytes, writers := kit.Safe("?"), kit.Safe("?")
	if b, ok := d.Bytes.Get(); ok {
		bytes = kit.Bytes(b)
	}
	if n, ok := d.LiveWriters(); ok {
		writers = kit.Number(int64(n))
	}
	tail := kit.PadRight(kit.Clean(string(d.Host)), 8, look.Ellipsis()) + " " + kit.PadRight(OwnerText(d), 9, "") + kit.PadLeft(bytes, 9, "") + " " + kit.PadLeft(writers, 2, "") + " wr"
	room := max(w-2-1-kit.Width(tail), 8)
	return kit.Line{kit.In(sign.Role(), look.Glyph(sign)+" "), kit.In(themes.Text, kit.PadRight(tailOf(kit.Clean(d.Path.Rel()), room, look), room, "")+" "), kit.In(themes.Dim, tail)}
}

// fixLines name the suggested actions with their keys, in order, and advice.
func fixLines(a fleet.Alert, e ui.Env, look kit.Look, w int) []kit.Line {
	var out []kit.Line
	n := countSubjects(a)
	for i, id := range a.Suggested {
		act, ok := e.Action(id)
		if !ok {
			continue
		}
		line := kit.Line{kit.In(themes.Faint, kit.Number(int64(i+1))+"  "), kit.In(themes.Warn, kit.PadRight(kit.Clean(act.Key), 2, "")+" "), kit.In(themes.Text, kit.Clean(act.Title))}
		switch {
		case id == fleet.ActionRerun && len(n.runs) > 0:
			line = line.Then(kit.In(themes.Dim, "  "+plural(len(n.runs), "run")))
		case len(n.dirs) > 0 && id != fleet.ActionRerun:
			line = line.Then(kit.In(themes.Dim, "  "+plural(len(n.dirs), "dir")))
		}
		out = append(out, line)
	}
	if a.Advice != "" {
		out = append(out, wrapped(kit.Clean(a.Advice), w, themes.Text, "advice ")...)
	}
	if len(out) == 0 {
		out = append(out, kit.Line{kit.In(themes.Dim, "nothing andon can do cures this; see what the rule advises")})
	}
	return out
}

// Standing says in a few words since when an alert stands and who has it.
func Standing(s Scene, a fleet.Alert) kit.Safe {
	text := "since " + kit.Clean(a.Since.Format("15:04:05")) + " ∙ " + kit.Age(s.since(a.Since))
	switch {
	case a.State == fleet.AlertResolved:
		return "resolved " + kit.Age(s.since(a.ResolvedAt)) + " ago"
	case a.State == fleet.AlertPending:
		return text + " ∙ not yet firing"
	case a.AckedBy != "":
		return text + " ∙ acknowledged by " + kit.Clean(a.AckedBy)
	}
	return text + " ∙ not acknowledged"
}

// ago is "2s ago", or "never" for a time that is not known.
func (s Scene) ago(t time.Time) kit.Safe {
	if t.IsZero() {
		return "never"
	}
	return kit.Age(s.since(t)) + " ago"
}
