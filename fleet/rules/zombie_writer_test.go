package rules

import (
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

const (
	scope    = "docker-3f2a9c81d0e4b7a65f10c2d3e4f5061728394a5b6c7d8e9f0011223344556677.scope"
	unitName = "actions.runner.paiml.intel-1.service"
)

// ended is a world with a run that ended an hour ago, its dir and one writer.
func endedRun(c fleet.Conclusion, ws ...fleet.Writer) (*fleettest.World, *fleet.RunDir) {
	w := fleettest.New()
	w.Host("intel")
	w.Job(w.Run(5, w.PR(1791), c), "test", "intel-1")
	d := w.Dir("intel", "aprender-ci/1791/run-5")
	d.Writers = fleet.Known(ws, w.At)
	return w, d
}

func rustc(w *fleettest.World) fleet.Writer {
	return fleet.Writer{PID: 812, UID: 1000, Via: fleet.ViaFD, Started: w.At.Add(-90 * time.Minute), Command: "rustc --crate-name x", Cgroup: unitName}
}

var began = fleettest.Now.Add(-90 * time.Minute)

func TestZombieWriter(t *testing.T) {
	inContainer := fleet.Writer{PID: 7, Via: fleet.ViaMount, Started: began, Command: "bash -e build.sh", Cgroup: scope}
	inTree := fleet.Writer{PID: 8, UID: 1000, Via: fleet.ViaFD, Started: began, Command: "rustc --crate-name x", Cgroup: unitName}
	for _, tc := range []struct {
		name    string
		writer  fleet.Writer
		summary string
		advice  []string // all of them
		none    string   // must not be said
	}{
		{"a container", inContainer, "1 writer of ended run 5", []string{"docker kill 3f2a9c81d0e4", "no runner's process tree"}, "kill 7"},
		{"a process of the runner's tree", inTree, "1 writer of ended run 5", []string{"kill 8", "left the runner's process tree"}, "docker kill"},
		{"a compiler that only stands in it", fleet.Writer{PID: 9, Via: fleet.ViaCwd, Started: began, Command: "/usr/bin/cc1 -c x.c", Cgroup: unitName}, "1 writer", []string{"kill 9"}, "docker"},
		{"a compiler let go by its runner", fleet.Writer{PID: 9, Via: fleet.ViaCwd, Started: began, Command: "cargo test", Cgroup: "init.scope"}, "1 writer", []string{"kill 9"}, "docker"},
		{"somebody unknown with an open file", fleet.Writer{PID: 9, Via: fleet.ViaFD, Command: "frobnicate"}, "1 writer", []string{"kill 9"}, "docker"},
		{"podman", fleet.Writer{PID: 7, Via: fleet.ViaMount, Started: began, Command: "make", Cgroup: "libpod-" + scope[7:71] + ".scope"}, "1 writer", []string{"podman kill 3f2a9c81d0e4"}, "docker"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, c := range []fleet.Conclusion{fleet.ConclusionCancelled, fleet.ConclusionSuccess} {
				w, d := endedRun(c, tc.writer)
				f := one(t, "zombie-writer", w.Snapshot())
				told(t, f)
				if f.Severity != fleet.SeverityWarn || f.Key != d.ID().String() || !strings.Contains(f.Summary, tc.summary) {
					t.Errorf("%s: %+v", c, f)
				}
				for _, want := range tc.advice {
					if !strings.Contains(f.Advice, want) {
						t.Errorf("advice %q lacks %q", f.Advice, want)
					}
				}
				if strings.Contains(f.Advice, tc.none) {
					t.Errorf("advice %q says %q", f.Advice, tc.none)
				}
			}
		})
	}
}

func TestZombieWriterLookAlikes(t *testing.T) {
	for name, change := range map[string]func(*fleettest.World, *fleet.RunDir){
		"nobody": func(w *fleettest.World, d *fleet.RunDir) { d.Writers = fleet.Known([]fleet.Writer{}, w.At) },
		"writers unknown": func(_ *fleettest.World, d *fleet.RunDir) {
			d.Writers = fleet.Unknown[[]fleet.Writer]("not root")
		},
		"the server of a compiler cache": func(w *fleettest.World, d *fleet.RunDir) {
			d.Writers = fleet.Known([]fleet.Writer{{PID: 4, Via: fleet.ViaFD, Started: began, Command: "/usr/local/bin/sccache", Cgroup: unitName}}, w.At)
		},
		"a live sibling job": func(w *fleettest.World, _ *fleet.RunDir) {
			w.Job(w.Run(6, w.PR(1799), fleet.ConclusionSuccess), "other", "intel-3")
			j := w.Job(w.Run(5, w.PR(1791), fleet.ConclusionCancelled), "guards", "intel-2")
			j.Status, j.Conclusion = fleet.StatusInProgress, ""
		},
		"a newer attempt": func(w *fleettest.World, _ *fleet.RunDir) {
			fleettest.Live(w.Run(5, w.PR(1791), "")).Attempt = 2
		},
		"ended half a minute ago": func(w *fleettest.World, _ *fleet.RunDir) { w.Pass(-59*time.Minute - 30*time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			w, d := endedRun(fleet.ConclusionCancelled)
			d.Writers = fleet.Known([]fleet.Writer{rustc(w)}, w.At)
			change(w, d)
			if fs := find(t, "zombie-writer", w.Snapshot()); len(fs) != 0 {
				t.Errorf("%+v", fs)
			}
		})
	}
}

func TestZombieWriterWorkerGetsFiveMinutes(t *testing.T) {
	worker := fleet.Writer{PID: 5, Via: fleet.ViaCwd, Started: began, Command: "/opt/r/bin/Runner.Worker spawnclient 1 2", Cgroup: unitName}
	for after, want := range map[time.Duration]int{2 * time.Minute: 0, 6 * time.Minute: 1} {
		w, _ := endedRun(fleet.ConclusionCancelled, worker)
		w.Pass(after - time.Hour) // the run ended an hour ago
		if fs := find(t, "zombie-writer", w.Snapshot()); len(fs) != want {
			t.Errorf("%s after the end: %+v", after, fs)
		}
	}
}

func TestZombieWriterHolderIsInfo(t *testing.T) {
	shell := fleet.Writer{PID: 3, UID: 1000, Via: fleet.ViaCwd, Started: began, Command: "-bash", Cgroup: "session-4.scope"}
	later := fleet.Writer{PID: 4, UID: 1000, Via: fleet.ViaFD, Started: fleettest.Now.Add(-time.Minute), Command: "rsync -a . backup:", Cgroup: "session-4.scope"}
	for name, h := range map[string]fleet.Writer{"a shell somebody left": shell, "an editor": {PID: 3, Via: fleet.ViaCwd, Started: began, Command: "vim src/lib.rs"}, "one that began after the run": later} {
		w, d := endedRun(fleet.ConclusionSuccess, h)
		f := one(t, "zombie-writer", w.Snapshot())
		told(t, f)
		if f.Severity != fleet.SeverityInfo || f.Key != d.ID().String()+"/holder" || !strings.Contains(f.Summary, "1 holder") {
			t.Errorf("%s: %+v", name, f)
		}
	}
	w, d := endedRun(fleet.ConclusionSuccess, shell)
	d.Writers = fleet.Known([]fleet.Writer{shell, rustc(w)}, w.At)
	if f := one(t, "zombie-writer", w.Snapshot()); f.Severity != fleet.SeverityWarn || !strings.Contains(f.Summary, "1 writer ") || len(f.RuledOut) < 2 {
		t.Errorf("a shell beside a compiler: %+v", f)
	}
}

// TestZombieWriterOf1693: runs cancelled by a newer push went on writing into the
// pull request's dir while the new run used it.
func TestZombieWriterOf1693(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	p := w.PR(1693)
	w.Job(w.Run(5, p, fleet.ConclusionCancelled), "test", "intel-1")
	r := fleettest.Live(w.Run(6, p, ""))
	r.StartedAt = w.At.Add(-10 * time.Minute)
	w.Job(r, "test", "intel-2")
	d := w.Dir("intel", "aprender-ci/1693/debug")
	old, fresh := rustc(w), rustc(w)
	fresh.PID, fresh.Started = 999, w.At.Add(-9*time.Minute)
	d.Writers = fleet.Known([]fleet.Writer{old, fresh}, w.At)
	f := one(t, "zombie-writer", w.Snapshot())
	told(t, f)
	if f.Severity != fleet.SeverityStop || !strings.Contains(f.Summary, "1 writer of ended runs while run 6 builds in it") || strings.Contains(f.Advice, "999") {
		t.Errorf("%+v", f)
	}
	d.Writers = fleet.Known([]fleet.Writer{fresh}, w.At)
	if fs := find(t, "zombie-writer", w.Snapshot()); len(fs) != 0 {
		t.Errorf("the live run's own writers: %+v", fs)
	}
	// Two live runs in it as well: that is told once, as two builds in one dir.
	w.Job(fleettest.Live(w.Run(7, p, "")), "test", "intel-3").StartedAt = w.At.Add(-8 * time.Minute)
	d.Writers = fleet.Known([]fleet.Writer{old, fresh}, w.At)
	s := w.Snapshot()
	b := fleet.Board{}.Fold(s, All())
	r2 := w.Reads()
	r2.At = w.At.Add(time.Minute)
	b = b.Fold(fleet.Join(r2), All())
	for _, a := range b.Alerts {
		if a.Rule == "zombie-writer" && mutedBy(a) != "shared-run-dir" || a.Rule == "shared-run-dir" && a.MutedBy != "" {
			t.Errorf("%s muted by %q", a.Fingerprint(), a.MutedBy)
		}
	}
}

func TestZombieWriterSaysWhatItCannotSee(t *testing.T) {
	w, d := endedRun(fleet.ConclusionCancelled)
	d.Writers = fleet.Known([]fleet.Writer{rustc(w)}, w.At)
	w.Job(w.Run(9, w.PR(1792), fleet.ConclusionSuccess), "test", "intel-1")
	w.Dir("intel", "aprender-ci/1792/run-9").Writers = fleet.Unknown[[]fleet.Writer]("a name with a newline")
	f := one(t, "zombie-writer", w.Snapshot())
	if len(f.Unknown) != 1 || f.Unknown[0].What != "live writers of 1 dir" {
		t.Errorf("%+v", f.Unknown)
	}
}

func TestZombieWriterLife(t *testing.T) {
	w, d := endedRun(fleet.ConclusionCancelled)
	var keys [2]fleet.Finding
	wholeLife(t, "zombie-writer", w, fleet.HostSource("intel"),
		func(w *fleettest.World) {
			d.Writers = fleet.Known([]fleet.Writer{rustc(w)}, w.At)
			keys[0] = one(t, "zombie-writer", w.Snapshot())
			other := rustc(w)
			other.PID++
			d.Writers = fleet.Known([]fleet.Writer{other, rustc(w)}, w.At)
			keys[1] = one(t, "zombie-writer", w.Snapshot())
		},
		func(w *fleettest.World) { d.Writers = fleet.Known([]fleet.Writer{}, w.At) })
	sameKey(t, keys[0], keys[1])
}

func TestWriterKinds(t *testing.T) {
	for cmd, want := range map[string]bool{"rustc --x": true, "/usr/bin/x86_64-linux-gnu-gcc-13 -c": true, "/opt/t/debug/deps/foo-1a2b": true, "python3.11 setup.py": true,
		"g++ -c": true, "cargo-nextest run": true, "sccache rustc --x": true, "-bash": false, "vim x.rs": false, "less log": false, "": false, "sleep 99": false} {
		if builds(cmd) != want {
			t.Errorf("%q builds: %v", cmd, !want)
		}
	}
	for cg, want := range map[string]string{scope: "3f2a9c81d0e4", scope[7:71]: "3f2a9c81d0e4", "docker-x.scope": "", "": ""} {
		if got := containerID(cg); got != want {
			t.Errorf("%q names container %q", cg, got)
		}
	}
}
