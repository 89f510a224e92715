package rules

import (
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// stuckWorld has a run GitHub calls in progress though its two jobs ended.
func stuckWorld() (*fleettest.World, *fleet.WorkflowRun) {
	w := fleettest.New()
	w.Host("intel")
	r := fleettest.Live(w.Run(5, w.PR(1790), ""))
	for _, n := range []string{"workspace-test", "gate"} {
		endedAs(w.Job(r, n, "intel-1"), fleet.ConclusionSuccess, w.At.Add(-45*time.Minute))
	}
	return w, r
}

func TestStuckRun(t *testing.T) {
	w, _ := stuckWorld()
	f := one(t, "stuck-run", w.Snapshot())
	told(t, f)
	says(t, "summary", f.Summary, "#1790", "run 5 is in_progress", "all its 2 jobs completed, the last 45m ago")
	says(t, "advice", f.Advice, "runs/5/force-cancel")

	w, _ = dayLongWorld()
	f = one(t, "stuck-run", w.Snapshot())
	says(t, "summary", f.Summary, "queued for 1d1h")
}

// dayLongWorld has a run that is queued for longer than GitHub lets a job wait.
func dayLongWorld() (*fleettest.World, *fleet.WorkflowRun) {
	w := fleettest.New()
	r := w.Run(6, w.PR(1791), "")
	r.Status, r.CreatedAt, r.StartedAt = fleet.StatusQueued, w.At.Add(-25*time.Hour), w.At.Add(-25*time.Hour)
	queued(w.Job(r, "test", ""), r.CreatedAt, "self-hosted")
	return w, r
}

func TestStuckRunLookAlikes(t *testing.T) {
	for name, change := range map[string]func(*fleettest.World, *fleet.WorkflowRun){
		"rerun an hour ago":  func(w *fleettest.World, r *fleet.WorkflowRun) { r.StartedAt = w.At.Add(-time.Hour) },
		"waits for approval": func(_ *fleettest.World, r *fleet.WorkflowRun) { r.Status = fleet.StatusWaiting },
		"waits for another":  func(_ *fleettest.World, r *fleet.WorkflowRun) { r.Status = fleet.StatusPending },
		"queued for 23 hours": func(w *fleettest.World, r *fleet.WorkflowRun) {
			r.CreatedAt, r.StartedAt = w.At.Add(-23*time.Hour), w.At.Add(-23*time.Hour)
		},
		"one of its jobs runs": func(w *fleettest.World, r *fleet.WorkflowRun) { working(w.Jobs(6)[0], "intel-1", r.CreatedAt, w.At) },
		"one of its jobs ended": func(w *fleettest.World, r *fleet.WorkflowRun) {
			endedAs(w.Job(r, "lint", "intel-1"), fleet.ConclusionSuccess, w.At)
		},
	} {
		w, r := dayLongWorld()
		change(w, r)
		t.Run(name, func(t *testing.T) { none(t, "stuck-run", w.Snapshot()) })
	}
}

func TestStuckRunNextStage(t *testing.T) {
	w, r := stuckWorld()
	for _, j := range w.Jobs(r.ID) {
		j.CompletedAt = w.At.Add(-10 * time.Minute) // the next stage's jobs may be about to come
	}
	none(t, "stuck-run", w.Snapshot())
}

func TestStuckRunLife(t *testing.T) {
	w, r := stuckWorld()
	r.Status = fleet.StatusCompleted
	wholeLife(t, "stuck-run", w, runsSource,
		func(*fleettest.World) { r.Status = fleet.StatusInProgress },
		func(*fleettest.World) { r.Status, r.Conclusion = fleet.StatusCompleted, fleet.ConclusionSuccess })
}
