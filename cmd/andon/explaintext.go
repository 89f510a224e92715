package main

import (
	"fmt"
	"io"
	"strings"
	"time"

	"andon/fleet"
	"andon/ui/kit"
)

// writeExplanation prints an explanation as plain text: what is seen, the next
// step and whose it is, the chain, then the rest.
func writeExplanation(w io.Writer, x fleet.Explanation, now time.Time) error {
	var s sheet
	a := x.Alert
	s.part(strings.ToUpper(string(a.Severity)), a.Title, standing(x, now))
	s.whole("", a.Fingerprint())
	s.gap()
	s.part("SEEN", a.Summary)
	if a.CameBack != "" {
		s.part("BACK", a.CameBack)
	}
	if a.StaleWhy != "" {
		s.part("STALE", a.StaleWhy+": it cannot resolve before that")
	}
	next, command := nextOf(x)
	s.part("NEXT", next)
	if command != "" {
		s.whole("", command)
	}
	if !x.Over() {
		s.part("WHOSE", ownerOf(a))
	}
	s.whys(x, now)
	s.facts("EVIDENCE", x.Evidence, now)
	s.facts("RULED OUT", a.RuledOut, now)
	s.gap()
	label := "NOT KNOWN"
	for _, g := range a.Unknown {
		s.hang(label, 0, joined(": ", g.What, g.Why))
		if label = ""; g.Makes != "" {
			s.hang("", 2, "known by: "+g.Makes)
		}
	}
	s.gap()
	s.part("CURE", x.Cure)
	s.part("NOT", x.NoCure)
	s.part("COSTS", x.Costs...)
	s.verdicts(x)
	s.related(x)
	s.rest(x, now)
	return s.writeTo(w)
}

// joined joins those texts that are not empty.
func joined(sep string, texts ...string) string {
	var have []string
	for _, t := range texts {
		if t != "" {
			have = append(have, t)
		}
	}
	return strings.Join(have, sep)
}

// standing says how an alert stands and since when.
func standing(x fleet.Explanation, now time.Time) string {
	a := x.Alert
	switch {
	case x.Over():
		return "resolved " + ageAt(a.ResolvedAt, now) + " ago"
	case a.State == fleet.AlertPending:
		return fmt.Sprintf("pending for %s, fires when it has held for %s", ageAt(a.Since, now), kit.Age(x.Hold))
	case a.MutedBy != "":
		return string(a.State) + " for " + ageAt(a.Since, now) + ", muted by its cause"
	}
	return string(a.State) + " for " + ageAt(a.Since, now)
}

func (s *sheet) whys(x fleet.Explanation, now time.Time) {
	s.gap()
	borne := 0
	for _, b := range x.Whys {
		borne += len(b.Evidence)
	}
	for i, b := range x.Whys {
		label := ""
		if i == 0 {
			label = "WHY"
		}
		s.hang(fmt.Sprintf("%-*s%d", sheetLabel, label, i+1), 2, b.Text)
		for _, ev := range b.Evidence {
			s.evidence("", 2, ev, now)
		}
		if len(b.Evidence) == 0 && borne > 0 {
			s.hang("", 2, "not shown by evidence here")
		}
	}
}

func (s *sheet) facts(label string, list []fleet.Evidence, now time.Time) {
	s.gap()
	for _, ev := range list {
		s.evidence(label, 0, ev, now)
		label = ""
	}
}

// evidence writes a fact with its age and, below it, where it was read.
func (s *sheet) evidence(label string, in int, ev fleet.Evidence, now time.Time) {
	s.fact(label, in, ev.What, ev.Fact, ageAt(ev.At, now))
	if ev.Where != "" {
		s.place(in+9, ev.Where)
	}
}

func (s *sheet) verdicts(x fleet.Explanation) {
	s.gap()
	label := "SIGNATURE"
	for _, v := range x.Verdicts {
		s.hang(label, 0, joined(" ", string(v.Verdict.Class), v.Verdict.Called(), "in "+fleet.Plural(v.Jobs, "job")))
		at := fmt.Sprintf("run %d %s", v.Run.ID, v.Job)
		if v.Verdict.Line > 0 {
			at = fmt.Sprintf("%s line %d of %s", v.Verdict.From, v.Verdict.Line, at)
		}
		s.hang("", 2, at+": "+v.Verdict.Text)
		if v.Verdict.Guard != "" {
			s.hang("", 2, "but also: "+v.Verdict.Guard)
		}
		label = ""
	}
}

func (s *sheet) related(x fleet.Explanation) {
	s.gap()
	if x.Cause.Rule != "" {
		s.whole("MUTED BY", x.Cause.Fingerprint())
	}
	label := "EXPLAINS"
	for _, a := range x.Effects {
		s.whole(label, a.Fingerprint())
		label = ""
	}
}

// maxNamed is how many subjects are named in text; --json has them all.
const maxNamed = 12

// rest names the subjects and the sources.
func (s *sheet) rest(x fleet.Explanation, now time.Time) {
	s.gap()
	label := "ABOUT"
	for i, sub := range x.Alert.Subjects {
		if i == maxNamed && len(x.Alert.Subjects) > maxNamed+1 {
			s.part("", fmt.Sprintf("and %d more, --json names all", len(x.Alert.Subjects)-i))
			break
		}
		s.whole(label, sub.String())
		label = ""
	}
	s.gap()
	label = "RESTS ON"
	for _, src := range x.Grounds {
		text := src.ID.String() + ", read"
		if !src.Fresh(now) {
			text = joined(": ", src.ID.String()+", no current answer", src.Err)
		}
		s.fact(label, 0, string(src.State), text, ageAt(src.ReadAt, now))
		if label = ""; !src.Fresh(now) && src.Remedy != "" {
			s.hang("", 9, src.Remedy)
		}
	}
	if len(x.Silent(now)) > 0 && !x.Over() {
		s.hang("", 0, "It stays until they answer: what cannot be looked at is not over.")
	}
	if x.Hold > 0 {
		s.part("HOLDS", "fires when it has held for "+shortTime(x.Hold))
	}
}

// shortTime writes a duration without parts that are zero: "5m", "1h30m".
func shortTime(d time.Duration) string {
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}
