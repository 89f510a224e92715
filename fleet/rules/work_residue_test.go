package rules

import (
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// worked is a host with one runner, its work folder and three jobs it ran.
func worked(count int64) (*fleettest.World, *fleet.RunDir) {
	w := fleettest.New()
	w.Host("intel").Services = []fleet.RunnerService{{Unit: unitName, Runner: "intel-1", State: "active", Dir: fleettest.Targets + "/r1", Hook: ""}}
	d := w.Dir("intel", "r1/_work/aprender/aprender/target")
	d.Foreign = fleet.Known(fleet.Foreign{Count: count, Samples: []string{"debug/x.o"}}, w.At.Add(-time.Minute))
	steps := map[string][]string{"test": {"Set up job", "Restore ownership", "Run actions/checkout@v4", "cargo test"}, "lint": {"Set up job", "Run actions/checkout@v4", "cargo clippy", "Restore ownership"}, "gate": {"Set up job", "sum up"}}
	for i, name := range []string{"test", "lint", "gate"} {
		j := w.Job(w.Run(fleet.RunID(i+1), w.PR(1790+i), fleet.ConclusionSuccess), name, "intel-1")
		for _, s := range steps[name] {
			j.Steps = append(j.Steps, fleet.JobStep{Name: s})
		}
	}
	return w, d
}

func TestWorkResidue(t *testing.T) {
	w, _ := worked(5857)
	f := one(t, "work-residue", w.Snapshot())
	told(t, f)
	if f.Severity != fleet.SeverityWarn || f.Key != "intel" || f.Summary != "intel: 5857 foreign entries in _work of intel-1" {
		t.Errorf("%+v", f)
	}
	if want := "sudo find " + fleettest.Targets + "/r1/_work/aprender/aprender/target -xdev ! -user 1000 -exec chown -h 1000:1000 {} +"; !strings.Contains(f.Advice, want) {
		t.Errorf("advice %q lacks %q", f.Advice, want)
	}
	said := ""
	for _, e := range append(f.Evidence, f.RuledOut...) {
		said += e.Fact + "\n"
	}
	for _, want := range []string{"no step before checkout gives the owner back in: lint", "restored before checkout in: test", "for example debug/x.o"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q lacks %q", said, want)
		}
	}
	if strings.Contains(said, "gate") {
		t.Errorf("a job without checkout is blamed: %s", said)
	}
}

func TestWorkResidueLookAlikes(t *testing.T) {
	for name, tc := range map[string]struct {
		do   func(*fleettest.World, *fleet.RunDir)
		want fleet.Severity // "" none
	}{
		"nothing foreign": {func(w *fleettest.World, d *fleet.RunDir) { d.Foreign = fleet.Known(fleet.Foreign{}, w.At) }, ""},
		"not measured": {func(_ *fleettest.World, d *fleet.RunDir) {
			d.Foreign = fleet.Unknown[fleet.Foreign]("not measured yet")
		}, ""},
		"a run dir, not a work folder": {func(w *fleettest.World, d *fleet.RunDir) {
			x := w.Dir("intel", "aprender-ci/1790/run-1")
			x.Foreign, d.Foreign = d.Foreign, fleet.Known(fleet.Foreign{}, w.At)
		}, ""},
		"a job runs, and it was measured meanwhile": {func(w *fleettest.World, d *fleet.RunDir) {
			w.Job(fleettest.Live(w.Run(9, w.PR(1799), "")), "test", "intel-1").StartedAt = w.At.Add(-10 * time.Minute)
		}, fleet.SeverityInfo},
		"a job runs, and it was there before": {func(w *fleettest.World, d *fleet.RunDir) {
			w.Job(fleettest.Live(w.Run(9, w.PR(1799), "")), "test", "intel-1").StartedAt = w.At.Add(-30 * time.Second)
		}, fleet.SeverityWarn},
	} {
		w, d := worked(40)
		tc.do(w, d)
		fs := find(t, "work-residue", w.Snapshot())
		if tc.want == "" && len(fs) != 0 || tc.want != "" && (len(fs) != 1 || fs[0].Severity != tc.want) {
			t.Errorf("%s: %+v", name, fs)
		}
	}
}

func TestWorkResidueUnknowns(t *testing.T) {
	w := fleettest.New()
	w.Host("intel").Services = []fleet.RunnerService{{Unit: unitName, Runner: "intel-1", State: "active", Dir: fleettest.Targets + "/r1", Hook: "/opt/start.sh"}}
	w.Dir("intel", "r1/_work/aprender/aprender/target").Foreign = fleet.Known(fleet.Foreign{Count: 4}, w.At)
	w.Dir("intel", "r2/_work/_actions").Foreign = fleet.Unknown[fleet.Foreign]("not measured yet")
	f := one(t, "work-residue", w.Snapshot())
	told(t, f)
	var gaps []string
	for _, g := range f.Unknown {
		gaps = append(gaps, g.What)
	}
	if got := strings.Join(gaps, "; "); got != "which job of intel-1 lacks an entry-side restore; whether the hook of intel-1 gives the owner back; owners in 1 work folder" {
		t.Errorf("gaps %q", got)
	}
	// A path that is not plain never becomes part of a command.
	w.Dirs("intel")[0].Foreign = fleet.Known(fleet.Foreign{}, w.At)
	w.Dir("intel", "r;$(id)/_work/aprender/aprender/target").Foreign = fleet.Known(fleet.Foreign{Count: 4}, w.At)
	if f := one(t, "work-residue", w.Snapshot()); strings.Contains(f.Advice, "find /") || !strings.Contains(f.Advice, "by hand") {
		t.Errorf("advice %q", f.Advice)
	}
}

func TestWorkResidueLife(t *testing.T) {
	w, d := worked(0)
	set := func(n int64) func(*fleettest.World) {
		return func(w *fleettest.World) { d.Foreign = fleet.Known(fleet.Foreign{Count: n}, w.At) }
	}
	wholeLife(t, "work-residue", w, fleet.HostSource("intel"), set(40), set(0))
}
