package rules

import (
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// pushedWorld has #1790 pushed twice: run 5 was cancelled two seconds after run 6
// was created.
func pushedWorld() (w *fleettest.World, old, next *fleet.WorkflowRun) {
	w = fleettest.New()
	w.Host("intel")
	p := w.PR(1790)
	old = w.Run(5, p, fleet.ConclusionCancelled)
	old.UpdatedAt = w.At.Add(-time.Hour)
	j := w.Job(old, "workspace-test", "intel-1")
	j.CompletedAt = old.UpdatedAt
	next = fleettest.Live(w.Run(6, p, ""))
	next.CreatedAt, next.StartedAt = old.UpdatedAt.Add(-2*time.Second), old.UpdatedAt.Add(-2*time.Second)
	return w, old, next
}

func TestSuperseded(t *testing.T) {
	w, old, _ := pushedWorld()
	f := one(t, "superseded", w.Snapshot())
	told(t, f)
	if f.Severity != fleet.SeverityInfo || !f.About(fleet.OfRun(old.Key())) {
		t.Errorf("%+v", f)
	}
	says(t, "summary", f.Summary, "1 run in 1 branch cancelled by newer pushes in the last 6h00m, no failures")
	says(t, "evidence", evidenceOf(f), "runs pr-1790: 1 run superseded", "1h00m of work dropped")
	b := fleet.Board{}.Fold(w.Snapshot(), All())
	if lamp := b.Lamp(w.Snapshot()); lamp != fleet.LampGreen {
		t.Errorf("a superseded run lights the lamp %s", lamp)
	}
}

func TestSupersededLookAlikes(t *testing.T) {
	for name, change := range map[string]func(w *fleettest.World, old, next *fleet.WorkflowRun){
		"cancelled long before the push": func(_ *fleettest.World, old, _ *fleet.WorkflowRun) { old.UpdatedAt = old.UpdatedAt.Add(-time.Hour) },
		"another workflow's run":         func(_ *fleettest.World, _, next *fleet.WorkflowRun) { next.Name = "docs" },
		"another fork's branch":          func(_ *fleettest.World, _, next *fleet.WorkflowRun) { next.HeadRepo = "mei/aprender" },
		"it failed":                      func(_ *fleettest.World, old, _ *fleet.WorkflowRun) { old.Conclusion = fleet.ConclusionFailure },
		"an older run": func(_ *fleettest.World, old, next *fleet.WorkflowRun) {
			old.CreatedAt = next.CreatedAt.Add(time.Second)
		},
		"of the merge queue": func(_ *fleettest.World, old, _ *fleet.WorkflowRun) { old.Event = "merge_group" },
	} {
		w, old, next := pushedWorld()
		change(w, old, next)
		t.Run(name, func(t *testing.T) { none(t, "superseded", w.Snapshot()) })
	}
}

// What a newer push cancelled is no failure and hits no limit, whatever it looks like.
func TestSupersededCountsNowhere(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	for i := range 4 {
		p := w.PR(1790 + i)
		old := w.Run(fleet.RunID(10+i), p, fleet.ConclusionCancelled)
		old.UpdatedAt = old.StartedAt.Add(55 * time.Minute)
		j := w.Job(old, "workspace-test", "intel-1")
		endedAs(j, fleet.ConclusionFailure, old.UpdatedAt)
		verdict(j, "cargo test", fleet.Verdict{Class: fleet.ClassInfra, Signature: "disk-full", Row: 16})
		fleettest.Live(w.Run(fleet.RunID(20+i), p, "")).CreatedAt = old.UpdatedAt.Add(-time.Second)
	}
	s := w.Snapshot()
	for _, id := range []fleet.RuleID{"same-failure", "infra-failure", "runner-failing", "at-limit"} {
		none(t, id, s)
	}
	if l := Looked(s); l.Superseded != 4 || l.Failed != 0 || l.Jobs != 4 {
		t.Errorf("%+v", l)
	}
}

func TestSupersededLife(t *testing.T) {
	w, old, _ := pushedWorld()
	old.Conclusion = fleet.ConclusionSuccess
	wholeLife(t, "superseded", w, runsSource,
		func(*fleettest.World) { old.Conclusion = fleet.ConclusionCancelled },
		func(*fleettest.World) { old.Conclusion = fleet.ConclusionSuccess })
}
