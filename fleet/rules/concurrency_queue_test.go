package rules

import (
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// heldWorld has run 5 holding a group and run 6 waiting for it.
func heldWorld() (w *fleettest.World, build *fleet.Job) {
	w = fleettest.New()
	w.Host("intel")
	hold := fleettest.Live(w.Run(5, w.PR(1790), ""))
	build = working(w.Job(hold, "workspace-test", ""), "intel-1", w.At.Add(-30*time.Minute), w.At.Add(-29*time.Minute))
	wait := w.Run(6, w.PR(1791), "")
	wait.Status, wait.CreatedAt, wait.StartedAt = fleet.StatusPending, w.At.Add(-25*time.Minute), w.At.Add(-25*time.Minute)
	w.Groups = []fleet.ConcurrencyGroup{{Repo: fleettest.Repo, Name: "deploy/main", ReadAt: w.At, Members: []fleet.GroupMember{
		{Run: 6, Status: fleet.StatusPending, Position: 1}, {Run: 5, Job: build.ID, Status: fleet.StatusInProgress}}}}
	return w, build
}

func TestConcurrencyQueue(t *testing.T) {
	w, build := heldWorld()
	f := one(t, "concurrency-queue", w.Snapshot())
	told(t, f)
	if f.Severity != fleet.SeverityInfo {
		t.Errorf("the holder works: %s", f.Severity)
	}
	says(t, "summary", f.Summary, "deploy/main: held by run 5, 1 other waits, the longest for 25m")
	says(t, "evidence", evidenceOf(f), "run 5 works: 1 job in progress, workspace-test for 29m", "run 6 waits at position 1 for 25m")

	build.StartedAt = w.At.Add(-7 * time.Hour)
	if f = one(t, "concurrency-queue", w.Snapshot()); f.Severity != fleet.SeverityWarn {
		t.Errorf("a job that outlives GitHub's own limit: %s", f.Severity)
	}
	endedAs(build, fleet.ConclusionSuccess, w.At.Add(-2*time.Minute))
	if f = one(t, "concurrency-queue", w.Snapshot()); f.Severity != fleet.SeverityInfo {
		t.Errorf("between two jobs: %s", f.Severity)
	}
	build.CompletedAt = w.At.Add(-15 * time.Minute)
	f = one(t, "concurrency-queue", w.Snapshot())
	told(t, f)
	if f.Severity != fleet.SeverityWarn {
		t.Errorf("a holder that does nothing: %s", f.Severity)
	}
	says(t, "advice", f.Advice, "gh run cancel 5 -R paiml/aprender", "runs/5/force-cancel")

	w.Sources[jobsSource].State, w.Sources[jobsSource].ReadAt = fleet.SourceFailing, w.At.Add(-time.Hour)
	f = one(t, "concurrency-queue", w.Snapshot())
	says(t, "gaps", gaps(f), "whether run 5 makes progress")
	if f.Severity != fleet.SeverityInfo {
		t.Errorf("what is not known makes no lamp: %s", f.Severity)
	}
}

func TestConcurrencyQueueHidden(t *testing.T) {
	w, _ := heldWorld()
	w.Sources[groupsSource].State = fleet.SourceAbsent
	none(t, "concurrency-queue", w.Snapshot())
	none(t, "source-stale", w.Snapshot())
	w, _ = heldWorld()
	w.Groups[0].Members = w.Groups[0].Members[1:] // a holder, and nobody waits
	none(t, "concurrency-queue", w.Snapshot())
}

func TestConcurrencyQueueLife(t *testing.T) {
	w, _ := heldWorld()
	groups := w.Groups
	w.Groups = nil
	wholeLife(t, "concurrency-queue", w, groupsSource,
		func(w *fleettest.World) { w.Groups = groups },
		func(w *fleettest.World) { w.Groups = nil })
}

// A dead run that holds the group is told once, as what it is.
func TestConcurrencyQueueBehindAWedgeIsMuted(t *testing.T) {
	w, _, _, _ := wedgedWorld()
	w.Groups = []fleet.ConcurrencyGroup{{Repo: fleettest.Repo, Name: "ci-3229", ReadAt: w.At, Members: []fleet.GroupMember{
		{Run: 5, Status: fleet.StatusInProgress}, {Run: 6, Status: fleet.StatusPending, Position: 1}}}}
	life(t, "concurrency-queue", w, moment{name: "seen", want: fleet.AlertPending},
		moment{name: "held", after: 3 * time.Minute, want: fleet.AlertFiring, muted: "wedged-aggregator"})
}
