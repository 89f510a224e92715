package present

import (
	"strings"
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
)

// Why is what the screen says of one alert, in parts: the pages choose which of
// them they have room for. The heights of Summary and Next do not change with the
// ages in them, so that nothing below them jumps.
type Why struct {
	Summary  []kit.Line
	Next     []kit.Line // the next step in a line or two; empty where it is over
	Whose    kit.Line
	Chain    []Link
	RuledOut []Item
	Unknown  []Item
	Verdicts []Item
	Subjects []Item
	Evidence []Item // of no why in particular
	Fix      []kit.Line
	Cure     []kit.Line // what cures it, what does not, and what the cure costs
	Related  []Item     // what explains it, or what it explains
	Grounds  []Item     // the sources it rests on
}

// Item is one fact, in one line or more.
type Item []kit.Line

// Link is one why of the chain.
type Link struct {
	Short kit.Line   // on one line, to be cut where it is too long
	Mark  kit.Line   // how old the newest fact is that bears it out
	Long  []kit.Line // in full
	Proof []Item
}

// WhyOf draws an explanation in lines of at most w cells.
func WhyOf(s Scene, x fleet.Explanation, e ui.Env, look kit.Look, w int) Why {
	a := x.Alert
	y := Why{Summary: summaryLines(x, look, w), Chain: s.chain(x, look, w), Subjects: s.subjectItems(x, look, w), Related: relatedItems(x, look, w),
		Verdicts: verdictItems(x, w), Grounds: s.groundItems(x, look, w)}
	for _, ev := range a.RuledOut {
		y.RuledOut = append(y.RuledOut, s.evidenceLines(ev, look, w))
	}
	for _, ev := range x.Evidence {
		y.Evidence = append(y.Evidence, s.evidenceLines(ev, look, w))
	}
	for _, g := range a.Unknown {
		y.Unknown = append(y.Unknown, gapLines(g, look, w))
	}
	if x.Over() { // nothing is left to mend
		return y
	}
	steps := x.NextSteps(e.Actions)
	y.Next, y.Whose = nextLines(x, steps, w), whoseLine(x)
	y.Fix = fixLines(x, steps, w)
	y.Cure = cureLines(x, w)
	return y
}

func summaryLines(x fleet.Explanation, look kit.Look, w int) []kit.Line {
	a := x.Alert
	if x.Over() {
		return append(wrapped("every source it rests on was looked at again, and it is gone", w, themes.OK, look.Glyph(kit.SignOK)+" "),
			wrapped(kit.Clean(a.Summary), w, themes.Dim, "was: ")...)
	}
	out := steady(kit.Clean(a.Summary), w, themes.Text, "")
	if a.CameBack != "" {
		out = append(out, wrapped(kit.Clean(a.CameBack), w, themes.Warn, "back: ")...)
	}
	if a.StaleWhy != "" {
		out = append(out, kit.Line{look.Sign(kit.SignStale), kit.In(themes.Stale, ": "+kit.Clean(a.StaleWhy)+", so it cannot resolve")})
	}
	return out
}

// chain draws the whys. Where no fact says which why it bears out, nothing is
// marked as not shown: the facts stand on their own then.
func (s Scene) chain(x fleet.Explanation, look kit.Look, w int) []Link {
	borne := 0
	for _, b := range x.Whys {
		borne += len(b.Evidence)
	}
	var out []Link
	for i, b := range x.Whys {
		text, head := kit.Clean(b.Text), kit.Number(int64(i+1))+" "
		l := Link{Short: kit.Line{kit.In(themes.Faint, head), kit.In(themes.Dim, text)}, Long: wrapped(text, w, themes.Dim, head)}
		var newest time.Time
		for _, ev := range b.Evidence {
			item := s.evidenceLines(ev, look, w-kit.Width(head))
			for k := range item {
				item[k] = append(kit.Line{kit.In(themes.Faint, kit.PadRight("", kit.Width(head), ""))}, item[k]...)
			}
			l.Proof = append(l.Proof, item)
			if ev.At.After(newest) {
				newest = ev.At
			}
		}
		switch {
		case borne == 0:
		case len(b.Evidence) == 0:
			l.Mark = kit.Line{kit.In(themes.Faint, "not shown")}
			l.Long = append(l.Long, kit.Line{kit.In(themes.Faint, kit.PadRight("", kit.Width(head), "")+"not shown by evidence here")})
		default:
			l.Mark = kit.Line{kit.In(themes.OK, look.Glyph(kit.SignOK)), kit.In(themes.Dim, " "+kit.PadLeft(kit.Age(s.since(newest)), 4, ""))}
		}
		out = append(out, l)
	}
	return out
}

// Heading is an alert's title as a section names it. A cluster says to stop the
// line.
func Heading(a fleet.Alert) kit.Safe {
	title := kit.Clean(strings.ToUpper(a.Title))
	if a.StopsTheLine() {
		return StopTheLine + ": " + title
	}
	return title
}

// StopTheLine is what a cluster of like failures is announced with.
const StopTheLine kit.Safe = "STOP THE LINE"

// InHand lists the lit alerts that somebody has, worst first.
func InHand(s Scene, look kit.Look, w int) []kit.Line {
	var out []kit.Line
	for _, a := range s.Board.Alerts {
		if a.AckedBy == "" || !a.Lit() || a.Severity == fleet.SeverityInfo {
			continue
		}
		sign := AlertSign(a)
		tail := " " + kit.PadRight(kit.Clean(a.AckedBy), 10, look.Ellipsis()) + kit.PadLeft(kit.Age(s.since(a.Since)), 5, "")
		out = append(out, kit.Line{kit.In(sign.Role(), look.Glyph(sign)+" "), kit.In(themes.Dim, kit.PadRight(kit.Clean(a.Summary), max(w-look.SignWidth()-1-kit.Width(tail), 1), look.Ellipsis())+tail)})
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
