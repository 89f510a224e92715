package rules

import (
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// labelsWorld has a job that wants a label no registered runner carries.
func labelsWorld() (*fleettest.World, *fleet.Job) {
	w := fleettest.New()
	w.Host("intel")
	runner(w, "intel-1", true, true, "self-hosted", "Linux", "X64")
	runner(w, "intel-2", true, false, "self-hosted", "Linux", "ARM64")
	run := fleettest.Live(w.Run(5, w.PR(1790), ""))
	return w, queued(w.Job(run, "workspace-test", ""), w.At.Add(-8*time.Minute), "self-hosted", "x64", "avx512")
}

func TestNoRunnerForLabels(t *testing.T) {
	w, _ := labelsWorld()
	f := one(t, "no-runner-for-labels", w.Snapshot())
	told(t, f)
	if f.Severity != fleet.SeverityStop {
		t.Errorf("severity %s", f.Severity)
	}
	says(t, "summary", f.Summary, "1 job waits for self-hosted x64 avx512, up to 8m")
	says(t, "evidence", evidenceOf(f), "none of 2 runners, online or not, carries avx512 x64")
	says(t, "advice", f.Advice, "nearest is intel-1, which lacks only avx512")
	first := f

	runner(w, "intel-9", false, false, "self-hosted", "X64", "AVX512")
	f = one(t, "no-runner-for-labels", w.Snapshot())
	told(t, f)
	sameKey(t, first, f)
	if f.Severity != fleet.SeverityWarn {
		t.Errorf("only an offline one carries them: %s", f.Severity)
	}
	says(t, "advice", f.Advice, "bring one of them back: intel-9")
	w.Runners[2].Online = true
	none(t, "no-runner-for-labels", w.Snapshot())

	// A pool that is made on demand has no runner registered while it sleeps.
	w, j := labelsWorld()
	old := w.Job(w.Run(4, w.PR(1789), fleet.ConclusionSuccess), "workspace-test", "scale-7f3a")
	old.Labels, old.StartedAt = j.Labels, w.At.Add(-time.Hour)
	f = one(t, "no-runner-for-labels", w.Snapshot())
	if f.Severity != fleet.SeverityWarn {
		t.Errorf("runners of no list took such jobs: %s", f.Severity)
	}
	says(t, "gaps", gaps(f), "scale-7f3a is in no list")
}

func TestNoRunnerForLabelsLookAlikes(t *testing.T) {
	for name, change := range map[string]func(w *fleettest.World, j *fleet.Job){
		"saturation: the one that fits is busy": func(_ *fleettest.World, j *fleet.Job) { j.Labels = []string{"self-hosted", "X64"} },
		"case of labels does not count":         func(_ *fleettest.World, j *fleet.Job) { j.Labels = []string{"LINUX", "arm64"} },
		"self-hosted alone":                     func(_ *fleettest.World, j *fleet.Job) { j.Labels = []string{"self-hosted"} },
		"GitHub's own":                          func(_ *fleettest.World, j *fleet.Job) { j.Labels = []string{"ubuntu-24.04-arm"} },
		"GitHub's own, Windows":                 func(_ *fleettest.World, j *fleet.Job) { j.Labels = []string{"windows-latest"} },
		"labels unknown":                        func(_ *fleettest.World, j *fleet.Job) { j.Labels = nil },
		"runners are not allowed": func(w *fleettest.World, _ *fleet.Job) {
			w.Runners = nil
			w.Sources[runnersSource].State = fleet.SourceDenied
		},
		"the list is not whole": func(w *fleettest.World, _ *fleet.Job) { w.Sources[runnersSource].State = fleet.SourcePartial },
		"nobody lists runners":  func(w *fleettest.World, _ *fleet.Job) { delete(w.Sources, runnersSource) },
	} {
		w, j := labelsWorld()
		change(w, j)
		t.Run(name, func(t *testing.T) { none(t, "no-runner-for-labels", w.Snapshot()) })
	}
}

func TestNoRunnerForLabelsLife(t *testing.T) {
	w, _ := labelsWorld()
	all := w.Runners
	runner(w, "intel-9", true, true, "X64", "avx512")
	with := w.Runners
	wholeLife(t, "no-runner-for-labels", w, runnersSource,
		func(w *fleettest.World) { w.Runners = all },
		func(w *fleettest.World) { w.Runners = with })
}
