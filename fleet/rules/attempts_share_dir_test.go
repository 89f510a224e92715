package rules

import (
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// rerun is a world with attempt 2 of a run, ten minutes old.
func rerun() (*fleettest.World, *fleet.WorkflowRun, *fleet.RunDir) {
	w := fleettest.New()
	w.Host("intel")
	r := fleettest.Live(w.Run(5, w.PR(1792), ""))
	r.Attempt, r.StartedAt = 2, w.At.Add(-10*time.Minute)
	w.Job(r, "test", "intel-1")
	return w, r, w.Dir("intel", "aprender-ci/1792/run-5")
}

func TestAttemptsShareDir(t *testing.T) {
	old := fleet.Writer{PID: 4, Via: fleet.ViaMount, Started: fleettest.Now.Add(-time.Hour), Command: "bash", Cgroup: scope}
	fresh := fleet.Writer{PID: 5, Via: fleet.ViaFD, Started: fleettest.Now.Add(-5 * time.Minute), Command: "rustc", Cgroup: unitName}
	hidden := fleet.Writer{PID: 6, Via: fleet.ViaFD}
	for _, tc := range []struct {
		name    string
		writers []fleet.Writer
		change  func(*fleet.WorkflowRun)
		want    int
	}{
		{"a container of the attempt before", []fleet.Writer{fresh, old}, nil, 1},
		{"and one whose start is hidden", []fleet.Writer{fresh, old, hidden}, nil, 1},
		{"this attempt's own", []fleet.Writer{fresh}, nil, 0},
		{"start hidden", []fleet.Writer{hidden}, nil, 0},
		{"a shell left since yesterday", []fleet.Writer{{PID: 3, Via: fleet.ViaCwd, Started: fleettest.Now.Add(-24 * time.Hour), Command: "-zsh"}}, nil, 0},
		{"the cache's server", []fleet.Writer{{PID: 3, Via: fleet.ViaFD, Started: fleettest.Now.Add(-24 * time.Hour), Command: "sccache"}}, nil, 0},
		{"first attempt", []fleet.Writer{old}, func(r *fleet.WorkflowRun) { r.Attempt = 1 }, 0},
		{"over: zombie-writer tells it", []fleet.Writer{old}, func(r *fleet.WorkflowRun) { r.Status, r.Conclusion = fleet.StatusCompleted, fleet.ConclusionFailure }, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w, r, d := rerun()
			d.Writers = fleet.Known(tc.writers, w.At)
			if tc.change != nil {
				tc.change(r)
			}
			fs := find(t, "attempts-share-dir", w.Snapshot())
			if len(fs) != tc.want {
				t.Fatalf("%+v", fs)
			}
			for _, f := range fs {
				told(t, f)
				if f.Severity != fleet.SeverityStop || !strings.Contains(f.Summary, "earlier attempt live on in attempt 2") || !strings.Contains(f.Advice, "docker kill 3f2a9c81d0e4") {
					t.Errorf("%+v", f)
				}
				if got := len(f.Unknown) > 0; got != (len(tc.writers) > 2) {
					t.Errorf("unknown %+v", f.Unknown)
				}
			}
		})
	}
}

// TestAttemptsShareDirExplainsSharing: the old attempt's container beside two live
// jobs of the new one is told once.
func TestAttemptsShareDirExplainsSharing(t *testing.T) {
	w, r, d := rerun()
	w.Job(r, "guards", "intel-2")
	d.Writers = fleet.Known([]fleet.Writer{{PID: 4, Via: fleet.ViaMount, Started: w.At.Add(-time.Hour), Cgroup: scope}, {PID: 5, Via: fleet.ViaFD, Started: w.At, Command: "rustc", Cgroup: unitName}}, w.At)
	life(t, "shared-run-dir", w, moment{name: "seen", want: fleet.AlertFiring},
		moment{name: "half a minute on", after: 30 * time.Second, want: fleet.AlertFiring, muted: "attempts-share-dir"})
}

func TestAttemptsShareDirLife(t *testing.T) {
	w, _, d := rerun()
	old := fleet.Writer{PID: 4, Via: fleet.ViaMount, Started: w.At.Add(-time.Hour), Command: "bash", Cgroup: scope}
	wholeLife(t, "attempts-share-dir", w, fleet.HostSource("intel"),
		func(w *fleettest.World) { d.Writers = fleet.Known([]fleet.Writer{old}, w.At) },
		func(w *fleettest.World) { d.Writers = fleet.Known([]fleet.Writer{}, w.At) })
}
