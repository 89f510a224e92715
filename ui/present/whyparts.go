package present

import (
	"strings"
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui/kit"
)

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

// steady is wrapped to as many lines as the text takes with its longest ages, so
// that a tick of the clock does not move what stands below.
func steady(s kit.Safe, w int, role themes.Role, head kit.Safe) []kit.Line {
	out := wrapped(s, w, role, head)
	for n := len(kit.Wrap(longestAges(s), max(w-kit.Width(head), 1))); len(out) < n; {
		out = append(out, kit.Line{})
	}
	return out
}

// longestAges replaces each duration, as "3m0s" or "12s", by one of nine cells.
func longestAges(s kit.Safe) kit.Safe {
	words := strings.Fields(string(s))
	for i, word := range words {
		if _, err := time.ParseDuration(strings.TrimRight(word, ",.;)")); err == nil {
			words[i] = "00h00m00s"
		}
	}
	return kit.Clean(strings.Join(words, " "))
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

// maxSubjects is how many of an alert's subjects are drawn; the page of run dirs
// lists them all.
const maxSubjects = 200

// subjectItems are an alert's run dirs, or its pull requests.
func (s Scene) subjectItems(x fleet.Explanation, look kit.Look, w int) []Item {
	kind, all, more := fleet.SubjectDir, x.Extent.Dirs, kit.Safe(" more; 4 lists every run dir")
	if all == 0 {
		kind, all, more = fleet.SubjectPR, x.Extent.PRs, " more; 2 lists every pull request"
	}
	var out []Item
	for _, sub := range x.Alert.Subjects {
		if sub.Kind != kind {
			continue
		}
		if len(out) == maxSubjects {
			return append(out, Item{{kit.In(themes.Dim, kit.Count(int64(all-maxSubjects))+more)}})
		}
		if id, ok := sub.DirID(); ok {
			out = append(out, Item{s.dirIn(id, look, w)})
		} else if k, ok := sub.PRKey(); ok {
			p, _ := s.PROf(k)
			sign := s.lamp(sub, kit.SignOK)
			out = append(out, Item{{kit.In(sign.Role(), look.Glyph(sign)+" "), kit.In(themes.Text, kit.PadRight(prNumber(k.Number), 7, "")),
				kit.In(themes.Dim, kit.Truncate(kit.Clean(p.Title), max(w-10, 1), look.Ellipsis()))}})
		}
	}
	return out
}

func (s Scene) dirIn(id fleet.DirID, look kit.Look, w int) kit.Line {
	if d, ok := s.DirOf(id); ok {
		return s.dirLine(d, look, w)
	}
	return kit.Line{kit.In(themes.Stale, look.Glyph(kit.SignUnknown)+" "), kit.In(themes.Dim, tailOf(kit.Clean(id.String()), w-12, look)+"  gone")}
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

// labelled is a text that stands behind a word of the house, such as "whose".
func labelled(label, text kit.Safe, w int, role themes.Role) []kit.Line {
	return wrapped(text, w, role, kit.PadRight(label, labelWidth, ""))
}

const labelWidth = 7

// nextLines are the next step: the cause, where there is one, else the suggested
// actions in order, else advice, else what the rule says cures it.
func nextLines(x fleet.Explanation, steps []fleet.NextStep, w int) []kit.Line {
	if x.Cause.Rule != "" {
		return labelled("next", "mend its cause first: "+kit.Clean(x.Cause.Title), w, themes.Text)
	}
	if len(steps) > 0 {
		line := kit.Line{kit.In(themes.Faint, kit.PadRight("next", labelWidth, ""))}
		for i, st := range steps {
			if i > 0 {
				line = line.Then(kit.In(themes.Dim, ", then "))
			}
			if st.Key != "" {
				line = line.Then(kit.In(themes.Warn, kit.Clean(st.Key)), kit.In(themes.Text, " "))
			}
			line = line.Then(kit.In(themes.Text, kit.Clean(string(st.Action))))
			if st.On != "" {
				line = line.Then(kit.In(themes.Text, " "+kit.Clean(st.On)))
			}
		}
		return []kit.Line{line}
	}
	for _, text := range []string{x.Alert.Advice, x.Cure} {
		if text != "" {
			return steady(kit.Clean(text), w, themes.Text, kit.PadRight("next", labelWidth, ""))
		}
	}
	return labelled("next", "no key of this console mends it: ask the "+kit.Clean(x.Alert.Owner()), w, themes.Text)
}

// whoseLine says who has the alert and what the cure costs.
func whoseLine(x fleet.Explanation) kit.Line {
	line := kit.Line{kit.In(themes.Faint, kit.PadRight("whose", labelWidth, "")), kit.In(themes.Text, kit.Clean(x.Alert.Owner()))}
	if x.Alert.AckedBy != "" {
		line = line.Then(kit.In(themes.Dim, " has it"))
	}
	if len(x.Costs) > 0 {
		line = line.Then(kit.In(themes.Faint, " ∙ costs "), kit.In(themes.Dim, kit.Clean(x.Costs[0])))
	}
	return line
}

// fixLines name the suggested actions with their keys, in order, advice, and
// whose it is.
func fixLines(x fleet.Explanation, steps []fleet.NextStep, w int) []kit.Line {
	var out []kit.Line
	for i, st := range steps {
		line := kit.Line{kit.In(themes.Faint, kit.Number(int64(i+1))+"  "), kit.In(themes.Warn, kit.PadRight(kit.Clean(st.Key), 2, "")+" "), kit.In(themes.Text, kit.Clean(st.Title))}
		if st.On != "" {
			line = line.Then(kit.In(themes.Dim, "  "+kit.Clean(st.On)))
		}
		out = append(out, line)
	}
	switch {
	case x.Alert.Advice != "":
		out = append(out, steady(kit.Clean(x.Alert.Advice), w, themes.Text, kit.PadRight("advice", labelWidth, ""))...)
	case len(out) == 0:
		out = append(out, kit.Line{kit.In(themes.Dim, "no key of this console mends it; see what cures it below")})
	}
	owner := kit.Clean(x.Alert.Owner())
	if x.Alert.AckedBy != "" {
		owner += " has it"
	}
	return append(out, labelled("whose", owner, w, themes.Text)...)
}

func cureLines(x fleet.Explanation, w int) []kit.Line {
	var out []kit.Line
	if x.Cure != "" {
		out = append(out, labelled("cures", kit.Clean(x.Cure), w, themes.Text)...)
	}
	if x.NoCure != "" {
		out = append(out, labelled("not", kit.Clean(x.NoCure), w, themes.Dim)...)
	}
	for i, c := range x.Costs {
		label := kit.Safe("costs")
		if i > 0 {
			label = ""
		}
		out = append(out, labelled(label, kit.Clean(c), w, themes.Text)...)
	}
	return out
}

// gapLines say what is not known, why, and what would make it known.
func gapLines(g fleet.Gap, look kit.Look, w int) Item {
	out := wrapped(kit.Join([]kit.Safe{kit.Clean(g.What), kit.Clean(g.Why)}, ": "), w, themes.Text, look.Glyph(kit.SignUnknown)+" ")
	if g.Makes != "" {
		out = append(out, wrapped(kit.Clean(g.Makes), w, themes.Dim, kit.PadRight("", look.SignWidth()+1, "")+"known by: ")...)
	}
	return out
}

// maxVerdicts is how many different verdicts are told.
const maxVerdicts = 5

// verdictItems are what the classifier read in the jobs: class, name, how often,
// the line that decided and what else writes the same.
func verdictItems(x fleet.Explanation, w int) []Item {
	var out []Item
	for _, v := range x.Verdicts[:min(len(x.Verdicts), maxVerdicts)] {
		item := wrapped(kit.Clean(v.Verdict.Called())+" in "+plural(v.Jobs, "job"), w, themes.Text, kit.PadRight(kit.Clean(string(v.Verdict.Class)), 10, "")+" ")
		from := kit.Clean(string(v.Verdict.From))
		if n := v.Verdict.Line; n > 0 {
			from += " line " + kit.Count(int64(n))
		}
		if from != "" {
			from += " of "
		}
		item = append(item, wrapped(from+"run "+kit.Number(int64(v.Run.ID))+" "+kit.Clean(v.Job)+": "+kit.Clean(v.Verdict.Text), w, themes.Dim, "  ")...)
		if v.Verdict.Guard != "" {
			item = append(item, wrapped(kit.Clean(v.Verdict.Guard), w, themes.Dim, "  but also: ")...)
		}
		out = append(out, item)
	}
	return out
}

// relatedItems are the cause of an alert, or what it causes.
func relatedItems(x fleet.Explanation, look kit.Look, w int) []Item {
	one := func(a fleet.Alert) Item {
		sign := AlertSign(a)
		return append(Item{{kit.In(sign.Role(), look.Glyph(sign)+" "), kit.In(themes.Text, kit.Truncate(kit.Clean(a.Title), max(w-4, 1), look.Ellipsis()))}},
			wrapped(kit.Clean(a.Summary), w, themes.Dim, kit.PadRight("", look.SignWidth()+1, ""))...)
	}
	var out []Item
	if x.Cause.Rule != "" {
		out = append(out, one(x.Cause))
	}
	for _, a := range x.Effects {
		out = append(out, one(a))
	}
	return out
}

// groundItems are the sources an alert rests on, with the age of their answers:
// while one of them is silent it does not resolve.
func (s Scene) groundItems(x fleet.Explanation, look kit.Look, w int) []Item {
	var out []Item
	for _, src := range x.Grounds {
		if src.Fresh(s.Now) {
			age, _ := src.Age(s.Now)
			out = append(out, Item{{kit.In(themes.OK, look.Glyph(kit.SignOK)+" "), kit.In(themes.Text, kit.PadRight(kit.Clean(src.ID.String()), max(w-look.SignWidth()-7, 1), look.Ellipsis())), kit.In(themes.Dim, " "+kit.PadLeft(kit.Age(age), 5, ""))}})
			continue
		}
		out = append(out, s.silent(src, look, w, true))
	}
	if len(x.Silent(s.Now)) > 0 {
		out = append(out, wrapped("it stays until they answer: what cannot be looked at is not over", w, themes.Stale, ""))
	}
	if x.Hold > 0 {
		out = append(out, wrapped("it fires when it has held for "+kit.Age(x.Hold), w, themes.Dim, ""))
	}
	return out
}
