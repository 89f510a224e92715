package fleet_test

import (
	"reflect"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

func clue(why int, fact string) fleet.Evidence {
	return fleet.Evidence{What: "stat", Fact: fact, Why: why}
}

// TestExplainPutsEachFactUnderItsWhy: what bears no why out, or one that the rule
// does not have, is kept apart and not lost.
func TestExplainPutsEachFactUnderItsWhy(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	a := fleet.Alert{State: fleet.AlertFiring}
	a.Evidence = []fleet.Evidence{clue(2, "two"), clue(0, "none"), clue(1, "one"), clue(2, "two again"), clue(9, "beyond"), clue(-1, "below")}
	a.Rests = []fleet.SourceID{fleet.HostSource("intel"), fleet.HostSource("gone")}
	r := fleet.Rule{For: time.Minute, Doc: fleet.RuleDoc{Whys: []string{"a", "b", "c"}, Cure: "cure", NoCure: "not so", Cost: "little"}}
	x := fleet.Board{}.Explain(a, r, w.Snapshot())
	want := []fleet.Because{{Text: "a", Evidence: []fleet.Evidence{clue(1, "one")}}, {Text: "b", Evidence: []fleet.Evidence{clue(2, "two"), clue(2, "two again")}}, {Text: "c"}}
	if !reflect.DeepEqual(x.Whys, want) {
		t.Errorf("whys are %+v", x.Whys)
	}
	if len(x.Evidence) != 3 || x.Evidence[0].Fact != "none" {
		t.Errorf("evidence of no why is %+v", x.Evidence)
	}
	if x.Cure != "cure" || x.NoCure != "not so" || x.Hold != time.Minute || len(x.Costs) != 1 || x.Costs[0] != "little" {
		t.Errorf("the rule's words are lost: %+v", x)
	}
	if silent := x.Silent(w.At); len(x.Grounds) != 2 || len(silent) != 1 || silent[0].ID != fleet.HostSource("gone") {
		t.Errorf("it rests on %+v, silent are %+v", x.Grounds, silent)
	}
	a.Cost = "much, here"
	if x = (fleet.Board{}).Explain(a, r, w.Snapshot()); x.Costs[0] != "much, here" {
		t.Errorf("the finding's own cost is %q", x.Costs)
	}
	if x = (fleet.Board{}).Explain(a, fleet.Rule{}, w.Snapshot()); len(x.Evidence) != len(a.Evidence) {
		t.Errorf("without its rule the alert keeps %d of %d facts", len(x.Evidence), len(a.Evidence))
	}
}

// TestExplainNamesCauseAndEffects: from either end.
func TestExplainNamesCauseAndEffects(t *testing.T) {
	named := func(rule fleet.RuleID, mutedBy string) fleet.Alert {
		return fleet.Alert{Finding: fleet.Finding{Rule: rule, Key: "k"}, State: fleet.AlertFiring, MutedBy: mutedBy}
	}
	cause, effect, other := named("cause", ""), named("effect", "cause/k"), named("other", "")
	b := fleet.Board{Alerts: []fleet.Alert{cause, effect, other}}
	s := fleettest.New().Snapshot()
	if x := b.Explain(cause, fleet.Rule{}, s); len(x.Effects) != 1 || x.Effects[0].Rule != "effect" || x.Cause.Rule != "" {
		t.Errorf("the cause explains %+v and is muted by %q", x.Effects, x.Cause.Rule)
	}
	if x := b.Explain(effect, fleet.Rule{}, s); x.Cause.Rule != "cause" || len(x.Effects) != 0 {
		t.Errorf("the effect is muted by %q", x.Cause.Rule)
	}
	if x := b.Explain(other, fleet.Rule{}, s); x.Cause.Rule != "" || len(x.Effects) != 0 {
		t.Errorf("what has nothing to do with it: %+v", x)
	}
}

// TestExplainCountsVerdicts: equal verdicts of the named jobs are one; those of an
// older attempt, of jobs not named, and unknown ones do not count.
func TestExplainCountsVerdicts(t *testing.T) {
	w := fleettest.New()
	verdict := func(slug string) fleet.Fact[fleet.Verdict] {
		return fleet.Known(fleet.Verdict{Class: fleet.ClassInfra, Signature: slug, Text: "os error 13", Line: 7, Guard: "also by hand"}, w.At)
	}
	a := fleet.Alert{}
	for n := range 3 {
		r := w.Run(fleet.RunID(n+1), w.PR(n+1), fleet.ConclusionFailure)
		w.Job(r, "test", "intel-1").Verdict = verdict("root-owned-target")
		a.Subjects = append(a.Subjects, fleet.OfRun(r.Key()))
	}
	r := w.Run(4, w.PR(4), fleet.ConclusionFailure)
	r.Attempt = 2
	old := w.Job(r, "test", "intel-1")
	old.Attempt, old.Verdict = 1, verdict("of-attempt-1")
	unread := w.Job(r, "lint", "intel-1")
	unread.Verdict = fleet.Unknown[fleet.Verdict]("log not read")
	a.Subjects = append(a.Subjects, fleet.OfRun(r.Key()))
	r = w.Run(5, w.PR(5), fleet.ConclusionFailure)
	one, other := w.Job(r, "test", "intel-1"), w.Job(r, "lint", "intel-1")
	one.Verdict, other.Verdict = verdict("disk-full"), verdict("of-another-job")
	a.Subjects = append(a.Subjects, fleet.OfRun(r.Key()), fleet.OfJob(*one))
	got := fleet.Board{}.Explain(a, fleet.Rule{}, w.Snapshot()).Verdicts
	if len(got) != 2 || got[0].Verdict.Signature != "root-owned-target" || got[0].Jobs != 3 || got[0].Run.ID != 1 || got[1].Verdict.Signature != "disk-full" || got[1].Jobs != 1 {
		t.Errorf("sightings are %+v", got)
	}
}

func TestNextStepsNameKeyAndTargets(t *testing.T) {
	var a fleet.Alert
	a.Suggested = []fleet.ActionID{fleet.ActionChown, fleet.ActionRerun, "unheard-of"}
	a.Subjects = []fleet.Subject{fleet.OfDir(fleet.DirID{Host: "intel", Path: "/a"}), fleet.OfDir(fleet.DirID{Host: "intel", Path: "/b"}), fleet.OfRun(fleet.RunKey{Repo: "a/b", ID: 1})}
	x := fleet.Board{}.Explain(a, fleet.Rule{}, fleettest.New().Snapshot())
	got := x.NextSteps([]fleet.Action{{ID: fleet.ActionChown, Key: "C", Title: "chown"}, {ID: fleet.ActionRerun, Key: "R", Title: "rerun"}})
	want := []fleet.NextStep{{Action: fleet.ActionChown, Key: "C", Title: "chown", On: "2 run dirs"}, {Action: fleet.ActionRerun, Key: "R", Title: "rerun", On: "1 run"}, {Action: "unheard-of", Title: "unheard-of"}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("next steps are %+v", got)
	}
}

func TestOwnerIsNeverEmpty(t *testing.T) {
	for _, c := range []struct {
		a    fleet.Alert
		want string
	}{{fleet.Alert{}, "operator"}, {fleet.Alert{Actor: fleet.ActorHost}, "host admin"}, {fleet.Alert{Actor: fleet.ActorHost, AckedBy: "mei"}, "mei"}} {
		if got := c.a.Owner(); got != c.want {
			t.Errorf("%+v is whose? %q, want %q", c.a, got, c.want)
		}
	}
}
