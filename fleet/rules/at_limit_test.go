package rules

import (
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// limitWorld has jobs that took so long on a loaded host, cancelled, with their
// test step cancelled, and ten that passed in 50 minutes.
func limitWorld(took ...time.Duration) *fleettest.World {
	w := fleettest.New()
	facts := &w.Host("intel").Facts
	facts.Load1, facts.CPUs = fleet.Known(96.0, w.At), fleet.Known(64, w.At)
	for i, d := range took {
		j := w.Job(w.Run(fleet.RunID(100+i), w.PR(1780+i), fleet.ConclusionCancelled), "workspace-test", "intel-1")
		j.CreatedAt = j.StartedAt.Add(-12 * time.Minute)
		j.CompletedAt = j.StartedAt.Add(d)
		j.Steps = []fleet.JobStep{{Number: 1, Name: "Set up runner", Conclusion: fleet.ConclusionSuccess, StartedAt: j.StartedAt, CompletedAt: j.StartedAt.Add(20 * time.Minute)},
			{Number: 2, Name: "cargo test", Conclusion: fleet.ConclusionCancelled, StartedAt: j.StartedAt.Add(20 * time.Minute), CompletedAt: j.CompletedAt}}
		w.Dir("intel", "aprender-ci/"+itoa(1780+i)+"/run-"+itoa(100+i)).Bytes = fleet.Known(int64(180<<30), w.At)
	}
	for i := range 10 {
		j := w.Job(w.Run(fleet.RunID(300+i), w.PR(1900+i), fleet.ConclusionSuccess), "workspace-test", "intel-2")
		j.CompletedAt = j.StartedAt.Add(50 * time.Minute)
	}
	w.Dir("intel", "aprender-ci/1900/run-300").Bytes = fleet.Known(int64(180<<30), w.At)
	runner(w, "intel-1", true, true, "self-hosted")
	runner(w, "intel-2", true, false, "self-hosted")
	return w
}

func TestAtLimitSaysWhichAndWhy(t *testing.T) {
	const m = time.Minute
	w := limitWorld(84*m+59*time.Second, 85*m+4*time.Second, 85*m)
	f := one(t, "at-limit", w.Snapshot())
	told(t, f)
	says(t, "summary", f.Summary, "job workspace-test ended at 85:00 in 3 runs; looked at 13 jobs")
	says(t, "evidence", evidenceOf(f), "the limit of the whole job fired, at 85:00, before any step's own; set-up alone took 20:00 of it, Set up runner 20:00",
		"successful ones took p50 50:00, p95 50:00; looked at 10", "jobs waited p50 12m, p95 12m; looked at 3",
		"1 of 2 online runners busy now, 50 %", "load 96.0 on 64 CPUs, 150 %", "conclusion cancelled")
	says(t, "cost", f.Cost, "3 jobs of 3 runs again: 3 cold builds of about 180 GiB, 540 GiB in all where their dirs are gone")
	says(t, "ruled out", ruledOut(f), "no test failed", "durations decide")

	// The step's limit: it ends in failure, as the runner's own text says.
	w = limitWorld(75*m, 75*m)
	for i := range 2 {
		st := &w.Jobs(fleet.RunID(100 + i))[0].Steps[1]
		st.Conclusion, st.StartedAt = fleet.ConclusionFailure, st.CompletedAt.Add(-55*m-300*time.Millisecond)
	}
	f = one(t, "at-limit", w.Snapshot())
	says(t, "summary", f.Summary, "step cargo test ended at 55:00 in 2 runs")
	says(t, "evidence", evidenceOf(f), "the limit of step cargo test fired, at 55:00", "successful ones of the same name, found none")
}

func TestAtLimitLookAlikes(t *testing.T) {
	const m = time.Minute
	for name, change := range map[string]func(w *fleettest.World, i int, j *fleet.Job){
		"a step failed of itself, and the job happened to take so long": func(_ *fleettest.World, _ int, j *fleet.Job) {
			j.Conclusion, j.Steps[1].Conclusion = fleet.ConclusionFailure, fleet.ConclusionFailure
			j.Steps[1].CompletedAt = j.Steps[1].CompletedAt.Add(-3 * m)
		},
		"the verdict is code": func(_ *fleettest.World, _ int, j *fleet.Job) {
			j.Verdict = fleet.Known(badCode, j.CompletedAt)
		},
		"the verdict is a lost runner": func(_ *fleettest.World, _ int, j *fleet.Job) {
			j.Verdict = fleet.Known(lostServer, j.CompletedAt)
		},
		"it passed": func(_ *fleettest.World, _ int, j *fleet.Job) { j.Conclusion = fleet.ConclusionSuccess },
		"superseded": func(w *fleettest.World, i int, j *fleet.Job) {
			w.Runs()[i].UpdatedAt = j.CompletedAt
			fleettest.Live(w.Run(fleet.RunID(800+i), w.PRs()[i], "")).CreatedAt = j.CompletedAt.Add(-time.Second)
		},
	} {
		w := limitWorld(85*m, 85*m)
		for i := range 2 {
			change(w, i, w.Jobs(fleet.RunID(100 + i))[0])
		}
		t.Run(name, func(t *testing.T) { none(t, "at-limit", w.Snapshot()) })
	}
	// A limit that is no multiple of five minutes counts where GitHub itself names it.
	w := limitWorld(42*m, 42*m+20*time.Second)
	none(t, "at-limit", w.Snapshot())
	for i := range 2 {
		j := w.Jobs(fleet.RunID(100 + i))[0]
		j.Verdict = fleet.Known(fleet.Verdict{Class: fleet.ClassInfra, Signature: "job-limit", Row: 27, From: fleet.FromAnnotation}, j.CompletedAt)
	}
	says(t, "summary", one(t, "at-limit", w.Snapshot()).Summary, "ended at 42:00 in 2 runs")
}

func TestAtLimitLife(t *testing.T) {
	w := limitWorld(85*time.Minute, 85*time.Minute)
	set := func(c fleet.Conclusion) func(*fleettest.World) {
		return func(w *fleettest.World) {
			for i := range 2 {
				w.Jobs(fleet.RunID(100 + i))[0].Conclusion = c
			}
		}
	}
	set(fleet.ConclusionSuccess)(w)
	wholeLife(t, "at-limit", w, jobsSource, set(fleet.ConclusionCancelled), set(fleet.ConclusionSuccess))
}

func TestAtLimit(t *testing.T) {
	build := func(took ...time.Duration) *fleettest.World {
		w := fleettest.New()
		w.Host("intel")
		for i, d := range took {
			r := w.Run(fleet.RunID(i+1), w.PR(1780+i), fleet.ConclusionCancelled)
			w.Job(r, "workspace-test", "intel-1").CompletedAt = r.StartedAt.Add(d)
		}
		return w
	}
	m := time.Minute
	f := one(t, "at-limit", build(55*m, 55*m+24*time.Second, 55*m-time.Second, 41*m).Snapshot())
	if !strings.Contains(f.Summary, "55:00 in 3 runs; looked at 4 jobs") {
		t.Errorf("%+v", f)
	}
	for name, w := range map[string]*fleettest.World{"one run": build(55 * m), "two limits": build(55*m, 65*m), "just below": build(54*m, 54*m)} {
		if fs := find(t, "at-limit", w.Snapshot()); len(fs) != 0 {
			t.Errorf("%s: %+v", name, fs)
		}
	}
}
