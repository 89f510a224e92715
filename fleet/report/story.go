package report

import (
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

// tale is a story while it is put together.
type tale struct {
	Story
	alert   fleet.Alert // the newest
	runs    []fleet.RunKey
	shown   bool // something of it lies in the report's time
	present bool // it stands on the present board
}

// stories puts the journal's changes and the present board together, alert by
// alert. Several consoles may have told the same change: it counts once.
func stories(in Input) ([]Story, []Event) {
	byPrint := make(map[string]*tale)
	var order []string
	get := func(a fleet.Alert) *tale {
		t := byPrint[a.Fingerprint()]
		if t == nil {
			t = &tale{}
			byPrint[a.Fingerprint()] = t
			order = append(order, a.Fingerprint())
		}
		return t
	}
	var events []Event
	for _, c := range in.Changes {
		if c.At.After(in.To) {
			continue
		}
		if t := get(c.Alert); t.take(in, c) && inside(in, c.At) {
			events = append(events, Event{At: c.At, Kind: string(c.Kind), Of: c.Fingerprint(), Text: changeLine(c)})
		}
	}
	for _, a := range in.Board.Alerts { // what stands now, and what the journal could not be told
		t := get(a)
		switch {
		case a.Stands():
			if !t.Open {
				t.take(in, fleet.Transition{At: started(a), Kind: fleet.ChangeRaised, Alert: a})
			}
			t.alert, t.present = a, true
			t.runs = runsOf(t.runs, a)
		case a.State == fleet.AlertResolved && t.RaisedAt.IsZero() && a.MutedBy == "":
			t.take(in, fleet.Transition{At: started(a), Kind: fleet.ChangeRaised, Alert: a})
			t.take(in, fleet.Transition{At: a.ResolvedAt, Kind: fleet.ChangeResolved, Alert: a})
		}
	}
	var out []Story
	for _, fp := range order {
		t := byPrint[fp]
		if !t.Open && !t.shown {
			continue
		}
		st := t.finish(in)
		if inside(in, st.FirstSign) && st.RaisedAt.Sub(st.FirstSign) >= lateSign && st.Severity != fleet.SeverityInfo {
			events = append(events, Event{At: st.FirstSign, Kind: "first sign", Of: fp, Text: "first sign of " + st.Title})
		}
		out = append(out, st)
	}
	return out, events
}

// lateSign is how long before an alert its first sign came to be worth a line.
const lateSign = time.Minute

func started(a fleet.Alert) time.Time {
	if a.FiredAt.IsZero() {
		return a.Since
	}
	return a.FiredAt
}

// take brings a story forward by a change; false where it is known already.
func (t *tale) take(in Input, c fleet.Transition) bool {
	switch {
	case c.Begins() && t.Open, c.Ends() && !t.Open:
		return false
	case !c.Begins() && !c.Ends() && t.Open && t.alert.State == c.Alert.State && t.alert.Severity == c.Alert.Severity &&
		t.alert.AckedBy == c.Alert.AckedBy && t.alert.Spread == c.Alert.Spread && t.alert.Flaps() == c.Alert.Flaps():
		return false
	}
	t.shown = t.shown || inside(in, c.At)
	if c.Begins() && t.EndedAt.Before(in.From) && !t.EndedAt.IsZero() {
		*t = tale{shown: t.shown} // an earlier incident of the same alert is not this one
	}
	if t.RaisedAt.IsZero() {
		t.RaisedAt, t.Severity = c.At, c.Alert.Severity
	}
	switch {
	case c.Ends():
		t.Open, t.EndedAt = false, c.At
	case !t.Open:
		t.Open, t.EndedAt = true, time.Time{}
		t.Times++
	}
	if t.Before = t.RaisedAt.Before(in.From); c.Alert.Severity.Rank() < t.Severity.Rank() {
		t.Severity = c.Alert.Severity
	}
	t.alert = c.Alert
	t.Hosts, t.PullRequests = joined(t.Hosts, c.Alert.Hosts()), joinedPulls(t.PullRequests, c.Alert.PullRequests())
	t.runs = runsOf(t.runs, c.Alert)
	if sign := firstEvidence(c.Alert); !sign.IsZero() && (t.FirstSign.IsZero() || sign.Before(t.FirstSign)) && c.Begins() {
		t.FirstSign = sign
	}
	return true
}

func joined(a, b []fleet.HostName) []fleet.HostName {
	for _, h := range b {
		if !slices.Contains(a, h) {
			a = append(a, h)
		}
	}
	return a
}

func joinedPulls(a []string, b []fleet.PRKey) []string {
	for _, k := range b {
		if name := k.String(); !slices.Contains(a, name) {
			a = append(a, name)
		}
	}
	return a
}

func runsOf(have []fleet.RunKey, a fleet.Alert) []fleet.RunKey {
	for _, s := range a.Subjects {
		if k, ok := s.RunKey(); ok && !slices.Contains(have, k) {
			have = append(have, k)
		}
	}
	return have
}

// firstEvidence is the oldest time among an alert's evidence.
func firstEvidence(a fleet.Alert) time.Time {
	var first time.Time
	for _, e := range a.Evidence {
		if !e.At.IsZero() && (first.IsZero() || e.At.Before(first)) {
			first = e.At
		}
	}
	return first
}

// finish makes the story of a tale: its whys, its times, and its cure.
func (t *tale) finish(in Input) Story {
	a := t.alert
	st := t.Story
	rule := ruleOf(in.Rules, a.Rule)
	st.Fingerprint, st.Rule, st.Summary, st.State, st.AckedBy = a.Fingerprint(), a.Rule, a.Summary, a.State, a.AckedBy
	if st.Title = a.Title; st.Title == "" {
		st.Title = rule.Title
	}
	switch {
	case st.Open && !t.present:
		st.State, st.StaleWhy = fleet.AlertStale, "this console does not look at it any more"
	case st.State == fleet.AlertStale:
		st.StaleWhy = a.StaleWhy
	}
	st.Hosts, st.PullRequests = joined(st.Hosts, a.Hosts()), joinedPulls(st.PullRequests, a.PullRequests())
	if st.Hosts == nil {
		st.Hosts = []fleet.HostName{}
	}
	if st.PullRequests == nil {
		st.PullRequests = []string{}
	}
	st.explain(a, rule)
	t.clock(in, &st)
	return st
}

func (s *Story) explain(a fleet.Alert, rule fleet.Rule) {
	s.Whys, s.Evidence = []Why{}, []fleet.Evidence{}
	for _, text := range rule.Doc.Whys {
		s.Whys = append(s.Whys, Why{Text: text, Evidence: []fleet.Evidence{}})
	}
	for _, e := range a.Evidence {
		if e.Why >= 1 && e.Why <= len(s.Whys) {
			w := &s.Whys[e.Why-1]
			w.Evidence = append(w.Evidence, e)
			continue
		}
		s.Evidence = append(s.Evidence, e)
	}
	s.RuledOut, s.Unknown = append([]fleet.Evidence{}, a.RuledOut...), append([]fleet.Gap{}, a.Unknown...)
	s.Cure, s.NoCure, s.Cost, s.CostHere, s.Advice, s.Actor = rule.Doc.Cure, rule.Doc.NoCure, rule.Doc.Cost, a.Cost, a.Advice, rule.Actor
	s.Suggested = append([]fleet.ActionID{}, a.Suggested...)
}

func ruleOf(rules []fleet.Rule, id fleet.RuleID) fleet.Rule {
	i := slices.IndexFunc(rules, func(r fleet.Rule) bool { return r.ID == id })
	if i < 0 {
		return fleet.Rule{ID: id, Title: string(id)}
	}
	return rules[i]
}

// clock fills in how long it took to see it and to end it.
func (t *tale) clock(in Input, s *Story) {
	if failed := firstFailure(in.Snapshot, t.runs); !failed.IsZero() && (s.FirstSign.IsZero() || failed.Before(s.FirstSign)) {
		s.FirstSign = failed
	}
	if !s.FirstSign.IsZero() {
		n := int64(max(s.RaisedAt.Sub(s.FirstSign), 0) / time.Second)
		s.Detect = &n
	}
	end := time.Time{}
	if !s.Open {
		end, s.UnblockedBy = s.EndedAt, "it ended"
	}
	if green, ok := greenAgain(in.Snapshot, t.runs, s.RaisedAt); ok && (end.IsZero() || green.Before(end)) {
		end, s.UnblockedBy = green, "its runs are green again"
	}
	if !end.IsZero() {
		n := int64(max(end.Sub(s.RaisedAt), 0) / time.Second)
		s.Unblock = &n
	}
}

// firstFailure is when the first job of some runs ended badly. Jobs that sum up
// others do not count.
func firstFailure(s *fleet.Snapshot, runs []fleet.RunKey) time.Time {
	var first time.Time
	if s == nil {
		return first
	}
	for _, k := range runs {
		for _, j := range s.JobsOf(k) {
			if !j.Status.Live() && j.Conclusion.Red() && !j.Aggregator() && !j.CompletedAt.IsZero() && (first.IsZero() || j.CompletedAt.Before(first)) {
				first = j.CompletedAt
			}
		}
	}
	return first
}

// greenAgain is when the last of some runs ended well, if all of them did since.
func greenAgain(s *fleet.Snapshot, runs []fleet.RunKey, since time.Time) (time.Time, bool) {
	var last time.Time
	if s == nil || len(runs) == 0 {
		return last, false
	}
	for _, k := range runs {
		r, ok := s.RunOf(k)
		if !ok || r.Status.Live() || r.Conclusion != fleet.ConclusionSuccess || !r.UpdatedAt.After(since) {
			return time.Time{}, false
		}
		if r.UpdatedAt.After(last) {
			last = r.UpdatedAt
		}
	}
	return last, true
}

// changeLine says a change in words.
func changeLine(c fleet.Transition) string {
	a := c.Alert
	switch c.Kind {
	case fleet.ChangeRaised:
		if a.Times > 1 {
			return fmt.Sprintf("%s (%s since %s)", a.Summary, fleet.Plural(a.Times, "time"), a.FlapSince.UTC().Format("15:04:05"))
		}
	case fleet.ChangeFlapping:
		return fmt.Sprintf("%s: %s since %s", a.Title, fleet.Plural(a.Times, "time"), a.FlapSince.UTC().Format("15:04:05"))
	case fleet.ChangeWorse, fleet.ChangeBetter:
		return fmt.Sprintf("%s, was %s: %s", a.Severity, c.Was, a.Summary)
	case fleet.ChangeGrew:
		return fmt.Sprintf("%d more: %s", len(c.Added), a.Summary)
	case fleet.ChangeStale:
		return a.Title + ": " + a.StaleWhy
	case fleet.ChangeMuted:
		return a.Title + ": explained by " + a.MutedBy
	case fleet.ChangeAcked:
		return a.Title + ": by " + a.AckedBy
	case fleet.ChangeBack, fleet.ChangeUnacked, fleet.ChangeResolved:
		return a.Title
	}
	return a.Summary
}
