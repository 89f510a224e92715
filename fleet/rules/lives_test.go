package rules

import (
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// TestLivesOfHostRules drives the rules that fire at once through what every rule
// owes.
func TestLivesOfHostRules(t *testing.T) {
	for _, tc := range []struct {
		id    fleet.RuleID
		setup func(*fleettest.World) (trouble, cured func(*fleettest.World))
	}{
		{"run-dir-owner", func(w *fleettest.World) (a, b func(*fleettest.World)) {
			d := w.Dir("intel", "aprender-ci/1792/run-5")
			return func(*fleettest.World) { fleettest.RootOwned(d, w.At.Add(-2*time.Hour)) },
				func(*fleettest.World) { d.Owner = fleet.Owner{UID: 1000, GID: 1000} }
		}},
		{"shared-run-dir", func(w *fleettest.World) (a, b func(*fleettest.World)) {
			r := fleettest.Live(w.Run(6, w.PR(1793), ""))
			w.Job(r, "test", "intel-1")
			w.Job(r, "guards", "intel-2")
			d := w.Dir("intel", "aprender-ci/1793/run-6")
			one := fleet.Writer{PID: 1, Via: fleet.ViaFD, Command: "rustc", Cgroup: "a"}
			two := fleet.Writer{PID: 2, Via: fleet.ViaFD, Command: "rustc", Cgroup: "b"}
			return func(w *fleettest.World) { d.Writers = fleet.Known([]fleet.Writer{one, two}, w.At) },
				func(w *fleettest.World) { d.Writers = fleet.Known([]fleet.Writer{one}, w.At) }
		}},
		{"orphan-dirs", func(w *fleettest.World) (a, b func(*fleettest.World)) {
			p := w.PR(1700)
			w.Run(1, p, fleet.ConclusionSuccess)
			w.Dir("intel", "aprender-ci/1700/run-1")
			return func(w *fleettest.World) { p.State, p.ClosedAt = fleet.PRMerged, w.At.Add(-72*time.Hour) },
				func(*fleettest.World) { p.State, p.ClosedAt = fleet.PROpen, time.Time{} }
		}},
	} {
		t.Run(string(tc.id), func(t *testing.T) {
			w := fleettest.New()
			w.Host("intel")
			w.Job(w.Run(5, w.PR(1792), fleet.ConclusionSuccess), "test", "intel-1")
			trouble, cured := tc.setup(w)
			wholeLife(t, tc.id, w, fleet.HostSource("intel"), trouble, cured)
		})
	}
}

// TestLifeOfAnUnreachableHost: the source that is down is what the alert is about,
// so it fires for as long as it lasts.
func TestLifeOfAnUnreachableHost(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	life(t, "host-unreachable", w,
		moment{name: "healthy"},
		moment{name: "down", after: time.Minute, do: func(w *fleettest.World) { distrust(w, fleet.CauseTimeout) }, want: fleet.AlertFiring},
		moment{name: "a day later", after: 24 * time.Hour, want: fleet.AlertFiring},
		moment{name: "back", after: time.Minute, want: fleet.AlertResolved, do: func(w *fleettest.World) {
			src := w.Sources[fleet.HostSource("intel")]
			src.State, src.Cause, src.Err = fleet.SourceOK, fleet.CauseNone, ""
			w.Pass(0)
		}})
}

// TestHoldTimes: how long a trouble must hold before it may light a lamp, where
// one look could deceive.
func TestHoldTimes(t *testing.T) {
	for id, least := range map[fleet.RuleID]time.Duration{
		"zombie-writer": time.Minute, "attempts-share-dir": 30 * time.Second, "runner-service-dead": 2 * time.Minute, "disk-forecast": 2 * time.Minute,
		"cleaner-idle": 5 * time.Minute, "compiler-cache": 5 * time.Minute, "clock-skew": time.Minute, "legacy-layout": 5 * time.Minute, "work-residue": 10 * time.Minute,
	} {
		if r := ruleOf(t, id); r.For < least {
			t.Errorf("%s fires after %s, want %s at least", id, r.For, least)
		}
	}
}
