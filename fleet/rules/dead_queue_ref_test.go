package rules

import (
	"fmt"
	"testing"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// queueRun adds a live run of the merge queue.
func queueRun(w *fleettest.World, id fleet.RunID, pr int) *fleet.WorkflowRun {
	r := fleettest.Live(w.Run(id, w.PR(pr), ""))
	r.Event, r.Branch = "merge_group", fmt.Sprintf("gh-readonly-queue/main/pr-%d-%040x", pr, id)
	r.SHA, r.PullRequests = fmt.Sprintf("%040x", id), nil
	return r
}

// queueWorld has two live runs of the queue; the ref of run 5 is gone.
func queueWorld() (w *fleettest.World, dead, alive *fleet.WorkflowRun) {
	w = fleettest.New()
	w.Host("intel")
	dead, alive = queueRun(w, 5, 1790), queueRun(w, 6, 1791)
	working(w.Job(dead, "workspace-test", ""), "intel-1", dead.CreatedAt, dead.CreatedAt)
	w.Queue = []fleet.QueueRef{{Repo: fleettest.Repo, Name: alive.Branch, SHA: alive.SHA}}
	return w, dead, alive
}

func TestDeadQueueRef(t *testing.T) {
	w, dead, alive := queueWorld()
	f := one(t, "dead-queue-ref", w.Snapshot())
	told(t, f)
	says(t, "summary", f.Summary, "1 live run of merge queue refs that are gone, 1 job in progress")
	says(t, "advice", f.Advice, "runs/5/force-cancel")
	says(t, "cost", f.Cost, "frees 1 runner")
	says(t, "ruled out", ruledOut(f), "names the refs of 1 run")
	if f.About(fleet.OfRun(alive.Key())) || !f.About(fleet.OfRun(dead.Key())) {
		t.Errorf("subjects %v", f.Subjects)
	}
	w.Queue[0].Name = "refs/heads/" + w.Queue[0].Name
	one(t, "dead-queue-ref", w.Snapshot())
}

func TestDeadQueueRefLookAlikes(t *testing.T) {
	for name, change := range map[string]func(w *fleettest.World, dead, alive *fleet.WorkflowRun){
		"no live ref agrees: naming refs is broken": func(w *fleettest.World, _, _ *fleet.WorkflowRun) {
			for i := range w.Queue {
				w.Queue[i].Name = "queue/" + w.Queue[i].Name
			}
		},
		"the list of refs is empty": func(w *fleettest.World, _, _ *fleet.WorkflowRun) { w.Queue = nil },
		"a failed job is an answer": func(w *fleettest.World, dead, _ *fleet.WorkflowRun) {
			endedAs(w.Job(dead, "lint", "intel-1"), fleet.ConclusionFailure, w.At)
		},
		"younger than the list":       func(w *fleettest.World, dead, _ *fleet.WorkflowRun) { dead.CreatedAt = w.At },
		"over":                        func(_ *fleettest.World, dead, _ *fleet.WorkflowRun) { dead.Status = fleet.StatusCompleted },
		"not of the queue":            func(_ *fleettest.World, dead, _ *fleet.WorkflowRun) { dead.Event = "push" },
		"the list of refs is in part": func(w *fleettest.World, _, _ *fleet.WorkflowRun) { w.Sources[queueSource].State = fleet.SourcePartial },
		"the refs are not permitted":  func(w *fleettest.World, _, _ *fleet.WorkflowRun) { w.Sources[queueSource].State = fleet.SourceDenied },
	} {
		w, dead, alive := queueWorld()
		change(w, dead, alive)
		t.Run(name, func(t *testing.T) { none(t, "dead-queue-ref", w.Snapshot()) })
	}
	// Cancellation is no answer.
	w, dead, _ := queueWorld()
	endedAs(w.Job(dead, "lint", "intel-1"), fleet.ConclusionCancelled, w.At)
	one(t, "dead-queue-ref", w.Snapshot())
}

func TestDeadQueueRefLife(t *testing.T) {
	w, dead, _ := queueWorld()
	both := append(w.Queue, fleet.QueueRef{Repo: fleettest.Repo, Name: dead.Branch})
	one := w.Queue
	w.Queue = both
	wholeLife(t, "dead-queue-ref", w, queueSource,
		func(w *fleettest.World) { w.Queue = one },
		func(*fleettest.World) {
			dead.Status, dead.Conclusion = fleet.StatusCompleted, fleet.ConclusionCancelled
		})
}
