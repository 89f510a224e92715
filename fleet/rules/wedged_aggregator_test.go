package rules

import (
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// wedgedWorld is paiml/aprender#3229: run 5 of #3229 was cancelled, its gate stays
// queued; run 6 of the same branch came after it and has no job.
func wedgedWorld() (w *fleettest.World, dead, next *fleet.WorkflowRun, gate *fleet.Job) {
	w = fleettest.New()
	w.Host("intel")
	p := w.PR(3229)
	dead = w.Run(5, p, "")
	dead.Status = fleet.StatusQueued
	for _, n := range []string{"workspace-test", "lint"} {
		j := w.Job(dead, n, "intel-1")
		endedAs(j, fleet.ConclusionCancelled, w.At.Add(-50*time.Minute))
	}
	gate = queued(w.Job(dead, "ci / gate", ""), w.At.Add(-50*time.Minute), "self-hosted", "X64")
	next = w.Run(6, p, "")
	next.Status, next.CreatedAt, next.StartedAt = fleet.StatusQueued, w.At.Add(-40*time.Minute), w.At.Add(-40*time.Minute)
	runner(w, "intel-1", true, false, "self-hosted", "X64")
	return w, dead, next, gate
}

func TestWedgedAggregator(t *testing.T) {
	w, _, _, _ := wedgedWorld()
	src := w.Sources[groupsSource]
	w.Groups = []fleet.ConcurrencyGroup{{Repo: fleettest.Repo, Name: "ci-3229", ReadAt: w.At, Members: []fleet.GroupMember{
		{Run: 5, Status: fleet.StatusInProgress}, {Run: 6, Status: fleet.StatusPending, Position: 1}}}}
	f := one(t, "wedged-aggregator", w.Snapshot())
	told(t, f)
	if f.Severity != fleet.SeverityStop || !f.About(fleet.OfRun(fleet.RunKey{Repo: fleettest.Repo, ID: 6})) || len(f.Unknown) != 0 {
		t.Errorf("%+v", f)
	}
	says(t, "advice", f.Advice, "gh api -X POST repos/paiml/aprender/actions/runs/5/force-cancel")
	says(t, "evidence", evidenceOf(f), "2 cancelled", "ci-3229: held by run 5", "run 6 waits at position 1")
	says(t, "ruled out", ruledOut(f), "no job of its run is in progress", "1 of 1 online runners")
	says(t, "cost", f.Cost, "2 of its 3 jobs")

	for state, why := range map[fleet.SourceState]string{fleet.SourceAbsent: "no API of concurrency groups", fleet.SourceDenied: "may not read"} {
		src.State, w.Groups = state, nil
		f = one(t, "wedged-aggregator", w.Snapshot())
		says(t, "gaps", gaps(f), why)
		says(t, "evidence", evidenceOf(f), "run 6 of the same branch is 40m old with no job at work")
		if f.Severity != fleet.SeverityStop {
			t.Errorf("%s: without the groups the shape is enough: %s", state, f.Severity)
		}
	}
}

func TestWedgedAggregatorLookAlikes(t *testing.T) {
	for name, change := range map[string]func(w *fleettest.World, dead, next *fleet.WorkflowRun, gate *fleet.Job){
		"its needs still run": func(w *fleettest.World, dead, _ *fleet.WorkflowRun, _ *fleet.Job) {
			working(w.Job(dead, "bench", ""), "intel-1", w.At.Add(-time.Hour), w.At.Add(-time.Hour))
		},
		"nothing was cancelled": func(w *fleettest.World, dead, _ *fleet.WorkflowRun, _ *fleet.Job) {
			for _, j := range w.Jobs(dead.ID) {
				if j.Conclusion == fleet.ConclusionCancelled {
					j.Conclusion = fleet.ConclusionSuccess
				}
			}
		},
		"cancelled a minute ago": func(w *fleettest.World, dead, _ *fleet.WorkflowRun, _ *fleet.Job) {
			for _, j := range w.Jobs(dead.ID) {
				if !j.Status.Live() {
					j.CompletedAt = w.At.Add(-time.Minute)
				}
			}
		},
		"a job that is no gate waits": func(_ *fleettest.World, _, _ *fleet.WorkflowRun, gate *fleet.Job) { gate.Name = "workspace-test-2" },
		"the run is over": func(_ *fleettest.World, dead, _ *fleet.WorkflowRun, _ *fleet.Job) {
			dead.Status = fleet.StatusCompleted
		},
		"its jobs are of an earlier attempt": func(_ *fleettest.World, dead, _ *fleet.WorkflowRun, _ *fleet.Job) {
			dead.Attempt = 2
		},
		"all runners of its labels are busy, and it waits no longer than others": func(w *fleettest.World, dead, _ *fleet.WorkflowRun, _ *fleet.Job) {
			w.Runners[0].Busy = true
			for _, j := range w.Jobs(dead.ID) {
				if !j.Status.Live() {
					j.CompletedAt = w.At.Add(-20 * time.Minute)
				}
			}
		},
	} {
		w, dead, next, gate := wedgedWorld()
		change(w, dead, next, gate)
		t.Run(name, func(t *testing.T) { none(t, "wedged-aggregator", w.Snapshot()) })
	}
	// The victim, a run with no job, is never called dead.
	w, _, next, _ := wedgedWorld()
	if f := one(t, "wedged-aggregator", w.Snapshot()); f.Key == next.Key().String() {
		t.Error("the victim is called dead")
	}
	// Where the groups are known and nobody waits, nothing is stopped yet.
	next.Status = fleet.StatusCompleted
	if f := one(t, "wedged-aggregator", w.Snapshot()); f.Severity != fleet.SeverityWarn {
		t.Errorf("nobody waits behind it: %s", f.Severity)
	}
}

func TestWedgedAggregatorLife(t *testing.T) {
	w, dead, _, gate := wedgedWorld()
	dead.Status = fleet.StatusCompleted
	wholeLife(t, "wedged-aggregator", w, jobsSource,
		func(*fleettest.World) { dead.Status = fleet.StatusQueued },
		func(w *fleettest.World) {
			dead.Status, dead.Conclusion = fleet.StatusCompleted, fleet.ConclusionCancelled
			endedAs(gate, fleet.ConclusionCancelled, w.At)
		})
}
