package fleet

import (
	"cmp"
	"slices"
	"time"
)

// Explanation is all there is to say of one alert, as one value: screen, verb and
// report draw from it and from nothing else. Make it with Explain. Foreign text in
// it is as it was read.
type Explanation struct {
	Alert    Alert
	At       time.Time // of the snapshot it rests on
	Extent   Extent
	Whys     []Because // the rule's five whys, from what is seen to what to change
	Evidence []Evidence
	Verdicts []Sighting
	Cause    Alert   // what explains this one and mutes it; zero where nothing does
	Effects  []Alert // what this one explains
	Cure     string
	NoCure   string        // what looks like a cure and is not
	Costs    []string      // of the cure
	Hold     time.Duration // how long it must hold before it fires
	Grounds  []Source      // the sources that would have to say that it is gone
}

// Because is one why with what bears it out.
type Because struct {
	Text     string
	Evidence []Evidence // empty: not shown by evidence here
}

// Sighting is what the classifier made of jobs an alert is about. Jobs with the
// same signature and text are one.
type Sighting struct {
	Verdict Verdict
	Run     RunKey // of the first of them
	Job     string // its name; foreign text
	Jobs    int
}

// Explain says all there is to say of an alert of a board. The rule may be zero
// where it is not at hand: then the alert tells what it can.
func (b Board) Explain(a Alert, r Rule, s *Snapshot) Explanation {
	x := Explanation{Alert: a, At: s.At, Extent: a.extent(), Cure: r.Doc.Cure, NoCure: r.Doc.NoCure, Costs: s.costs(a, r), Hold: r.For, Verdicts: s.sightings(a)}
	for _, text := range r.Doc.Whys {
		x.Whys = append(x.Whys, Because{Text: text})
	}
	for _, ev := range a.Evidence {
		if n := ev.Why; n >= 1 && n <= len(x.Whys) {
			x.Whys[n-1].Evidence = append(x.Whys[n-1].Evidence, ev)
		} else {
			x.Evidence = append(x.Evidence, ev)
		}
	}
	for _, o := range b.Alerts {
		switch {
		case a.MutedBy != "" && o.Fingerprint() == a.MutedBy:
			x.Cause = o
		case o.MutedBy != "" && o.MutedBy == a.Fingerprint():
			x.Effects = append(x.Effects, o)
		}
	}
	for _, id := range a.Rests {
		x.Grounds = append(x.Grounds, s.SourceOf(id))
	}
	return x
}

// Silent lists the sources the alert rests on that gave no whole, current answer:
// while there is one, the alert cannot resolve.
func (x Explanation) Silent(now time.Time) []Source {
	var out []Source
	for _, src := range x.Grounds {
		if !src.Fresh(now) {
			out = append(out, src)
		}
	}
	return out
}

// Over reports whether there is nothing left to mend.
func (x Explanation) Over() bool { return x.Alert.State == AlertResolved }

// sightings collects the verdicts on the jobs an alert names, or on the newest
// attempt of its runs; most frequent first.
func (s *Snapshot) sightings(a Alert) []Sighting {
	var out []Sighting
	take := func(j *Job) {
		v, ok := j.Verdict.Get()
		if !ok || v.Class == ClassCancelled || v.Signature == "" && v.Text == "" {
			return
		}
		for i := range out {
			if o := &out[i].Verdict; o.Class == v.Class && o.Signature == v.Signature && o.Text == v.Text {
				out[i].Jobs++
				return
			}
		}
		out = append(out, Sighting{Verdict: v, Run: j.RunKey(), Job: j.Name, Jobs: 1})
	}
	named := make(map[RunKey]bool) // whose jobs are named one by one
	for _, x := range a.Subjects {
		if k, _ := x.RunKey(); x.Kind == SubjectJob {
			named[k] = true
		}
	}
	for _, x := range a.Subjects {
		k, ok := x.RunKey()
		if !ok || x.Kind == SubjectRun && named[k] {
			continue
		}
		run, _ := s.RunOf(k)
		for _, i := range s.jobIx[k] {
			if j := &s.Jobs[i]; j.ID == x.Job || x.Kind == SubjectRun && j.Attempt == run.Attempt {
				take(j)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b Sighting) int { return cmp.Compare(b.Jobs, a.Jobs) })
	return out
}

// NextStep is one suggested action with the key that previews it and what it
// would be about.
type NextStep struct {
	Action ActionID
	Key    string // empty where it has none
	Title  string
	On     string // "8 run dirs"; empty where the action finds its own targets
}

// NextSteps lists what the alert suggests, in order.
func (x Explanation) NextSteps(acts []Action) []NextStep {
	var out []NextStep
	for _, id := range x.Alert.Suggested {
		st := NextStep{Action: id, Title: string(id)}
		for _, act := range acts {
			if act.ID == id {
				st.Key, st.Title = act.Key, act.Title
			}
		}
		switch {
		case id == ActionRerun && x.Extent.Runs > 0:
			st.On = Plural(x.Extent.Runs, "run")
		case (id == ActionChown || id == ActionReap) && x.Extent.Dirs > 0:
			st.On = Plural(x.Extent.Dirs, "run dir")
		}
		out = append(out, st)
	}
	return out
}
