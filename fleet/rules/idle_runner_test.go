package rules

import (
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// idleWorld has a job that waits for 8 minutes, a runner that fits it and is idle,
// one that fits and works since long, and another pool that works.
func idleWorld() (*fleettest.World, *fleet.Job) {
	w := fleettest.New()
	w.Host("intel").Services = []fleet.RunnerService{{Unit: "actions.runner.paiml.intel-1.service", Runner: "intel-1", State: "active"}}
	w.Host("yoga")
	runner(w, "intel-1", true, false, "self-hosted", "Linux", "X64")
	runner(w, "intel-2", true, true, "self-hosted", "Linux", "X64")
	runner(w, "yoga-1", true, true, "self-hosted", "Linux", "ARM64")
	for _, r := range w.Runners {
		seen(w, r.Name, w.At.Add(-48*time.Hour), w.At)
	}
	busy := fleettest.Live(w.Run(4, w.PR(1789), ""))
	working(w.Job(busy, "bench", ""), "intel-2", w.At.Add(-time.Hour), w.At.Add(-time.Hour), "self-hosted", "X64")
	working(w.Job(busy, "arm", ""), "yoga-1", w.At.Add(-9*time.Minute), w.At.Add(-8*time.Minute), "self-hosted", "ARM64")
	run := fleettest.Live(w.Run(5, w.PR(1790), ""))
	return w, queued(w.Job(run, "workspace-test", ""), w.At.Add(-8*time.Minute), "self-hosted", "linux", "x64")
}

func TestIdleRunner(t *testing.T) {
	w, _ := idleWorld()
	f := one(t, "idle-runner", w.Snapshot())
	told(t, f)
	says(t, "summary", f.Summary, "1 runner idle while 1 job waits", "up to 8m")
	says(t, "advice", f.Advice, "on intel: systemctl restart actions.runner.paiml.intel-1.service")
	says(t, "ruled out", ruledOut(f), "no saturation: 1 of 2 online", "no incident")
	if len(f.Unknown) != 0 {
		t.Errorf("a repository's own runner has no group to doubt: %v", f.Unknown)
	}
}

func TestIdleRunnerLookAlikes(t *testing.T) {
	for name, change := range map[string]func(w *fleettest.World, j *fleet.Job){
		"plain saturation":          func(w *fleettest.World, _ *fleet.Job) { w.Runners[0].Busy = true },
		"the idle one lacks labels": func(w *fleettest.World, _ *fleet.Job) { w.Runners[0].Labels = []string{"self-hosted", "Linux"} },
		"the idle one is offline":   func(w *fleettest.World, _ *fleet.Job) { w.Runners[0].Online = false },
		"queued a minute ago":       func(w *fleettest.World, j *fleet.Job) { j.CreatedAt = w.At.Add(-time.Minute) },
		"time of queueing unknown":  func(_ *fleettest.World, j *fleet.Job) { j.CreatedAt = time.Time{} },
		"waits for another run":     func(_ *fleettest.World, j *fleet.Job) { j.Status = fleet.StatusPending },
		"wants GitHub's own":        func(_ *fleettest.World, j *fleet.Job) { j.Labels = []string{"ubuntu-latest"} },
		"its run is over":           func(w *fleettest.World, _ *fleet.Job) { w.Runs()[1].Status = fleet.StatusCompleted },
		"runners are not allowed": func(w *fleettest.World, _ *fleet.Job) {
			w.Runners = nil
			w.Sources[runnersSource].State = fleet.SourceDenied
		},
		"runners are old": func(w *fleettest.World, _ *fleet.Job) { w.Sources[runnersSource].ReadAt = w.At.Add(-time.Hour) },
		"just registered": func(w *fleettest.World, _ *fleet.Job) {
			w.History.Runners[0].First = w.At.Add(-2 * time.Minute)
		},
		"ended a job a minute ago": func(w *fleettest.World, _ *fleet.Job) {
			endedAs(w.Job(w.Run(3, w.PR(1788), fleet.ConclusionSuccess), "lint", "intel-1"), fleet.ConclusionSuccess, w.At.Add(-time.Minute))
		},
		"GitHub's list lags behind its jobs": func(w *fleettest.World, _ *fleet.Job) {
			working(w.Job(w.Runs()[1], "lint", ""), "intel-1", w.At.Add(-time.Hour), w.At.Add(-time.Hour), "self-hosted")
		},
		"registered for another repository": func(w *fleettest.World, _ *fleet.Job) { w.Runners[0].Scope = "paiml/other" },
		"a gate parked in a dead run": func(w *fleettest.World, j *fleet.Job) {
			j.Name = "gate"
			endedAs(w.Job(w.Runs()[1], "lint", "intel-1"), fleet.ConclusionCancelled, w.At.Add(-time.Hour))
		},
	} {
		w, j := idleWorld()
		change(w, j)
		t.Run(name, func(t *testing.T) { none(t, "idle-runner", w.Snapshot()) })
	}
}

func TestIdleRunnerOfAnOrganisation(t *testing.T) {
	w, _ := idleWorld()
	w.Runners[0].Scope = "paiml"
	org := fleet.SourceID{Kind: fleet.SourceRunners, Of: "paiml"}
	w.Sources[org] = &fleet.Source{ID: org, State: fleet.SourceOK, ReadAt: w.At, TriedAt: w.At, Interval: time.Minute}
	r := w.Reads()
	r.Sources = append(r.Sources, *w.Sources[org])
	says(t, "gaps", gaps(one(t, "idle-runner", fleet.Join(r))), "whether the runner's group serves this repository")
	// One that took the repository's jobs before is of a group that serves it.
	endedAs(w.Job(w.Run(3, w.PR(1788), fleet.ConclusionSuccess), "lint", "intel-1"), fleet.ConclusionSuccess, w.At.Add(-time.Hour))
	r = w.Reads()
	r.Sources = append(r.Sources, *w.Sources[org])
	if f := one(t, "idle-runner", fleet.Join(r)); len(f.Unknown) != 0 {
		t.Errorf("%v", f.Unknown)
	}
}

// All pools at once, and nothing begins: not one deaf runner.
func TestIdleRunnerIncident(t *testing.T) {
	w, _ := idleWorld()
	w.Runners[2].Busy = false
	for _, j := range w.Jobs(4) {
		endedAs(j, fleet.ConclusionSuccess, w.At.Add(-30*time.Minute))
		j.StartedAt = w.At.Add(-time.Hour)
	}
	queued(w.Job(w.Runs()[1], "arm", ""), w.At.Add(-7*time.Minute), "self-hosted", "ARM64")
	f := one(t, "idle-runner", w.Snapshot())
	told(t, f)
	says(t, "summary", f.Summary, "2 jobs wait in 2 pools at once")
	says(t, "advice", f.Advice, "githubstatus.com", "does not help")
}

func TestIdleRunnerLife(t *testing.T) {
	w, _ := idleWorld()
	w.Runners[0].Busy = true
	wholeLife(t, "idle-runner", w, runnersSource,
		func(w *fleettest.World) { w.Runners[0].Busy = false },
		func(w *fleettest.World) { w.Runners[0].Busy = true })
}
