package rules

import (
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// mixed is a host with a dir per run, and one dir of another shape.
func mixedEra(rel string) (*fleettest.World, *fleet.RunDir) {
	w := fleettest.New()
	w.Host("intel")
	w.Job(w.Run(5, w.PR(1792), fleet.ConclusionSuccess), "test", "intel-1")
	w.Dir("intel", "aprender-ci/1792/run-5")
	return w, w.Dir("intel", rel)
}

func TestLegacyLayout(t *testing.T) {
	busy := []fleet.Writer{{PID: 4, Via: fleet.ViaFD, Started: began, Command: "rustc"}}
	for _, tc := range []struct {
		name    string
		rel     string
		writers []fleet.Writer
		wrote   time.Duration // how long ago
		want    bool
	}{
		{"per pull request, in use", "aprender-ci/1792/debug", busy, 24 * time.Hour, true},
		{"per pull request, written lately", "aprender-ci/1792/release", nil, 10 * time.Minute, true},
		{"of the shared era, in use", "aprender-ci/debug", busy, 24 * time.Hour, true},
		{"a runner's own target", "intel-1/_work/aprender/aprender/target", busy, 24 * time.Hour, true},
		{"a pull request of a sibling root", "sovereign-ci-aprender/1792", busy, 24 * time.Hour, true},
		{"a leftover nobody writes to", "aprender-ci/1690/debug", nil, 24 * time.Hour, false},
		{"a shell left in it", "aprender-ci/1690/debug", []fleet.Writer{{PID: 4, Via: fleet.ViaCwd, Command: "-bash"}}, 24 * time.Hour, false},
		{"another repository, which has no other layout", "intel-1/_work/other/other/target", busy, time.Minute, false},
		{"what actions leave in _work", "intel-1/_work/_actions", busy, time.Minute, false},
		{"a registry shared by design", "cargo-ci/registry/1792/cache", busy, time.Minute, false},
		{"a run's own dir", "aprender-ci/1792/run-6", busy, time.Minute, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w, d := mixedEra(tc.rel)
			w.Dir("intel", "aprender-ci/1600/debug") // left long ago
			d.Writers, d.Newest = fleet.Known(tc.writers, w.At), fleet.Known(w.At.Add(-tc.wrote), w.At)
			fs := find(t, "legacy-layout", w.Snapshot())
			if !tc.want {
				if len(fs) != 0 {
					t.Errorf("%+v", fs)
				}
				return
			}
			if len(fs) != 1 || fs[0].Severity != fleet.SeverityWarn || fs[0].Key != "intel" || fs[0].Summary != "1 shared dir on intel in use" || !strings.Contains(fs[0].Advice, tc.rel) {
				t.Fatalf("%+v", fs)
			}
			told(t, fs[0])
			if len(fs[0].RuledOut) != 1 || !strings.Contains(fs[0].RuledOut[0].Fact, "1 other dir of an older layout, not in use: leftovers of 10.0 GiB") {
				t.Errorf("ruled out %+v", fs[0].RuledOut)
			}
		})
	}
	w, d := mixedEra("aprender-ci/1792/debug")
	d.Writers, d.Newest = fleet.Unknown[[]fleet.Writer]("not root"), fleet.Unknown[time.Time]("not measured yet")
	if fs := find(t, "legacy-layout", w.Snapshot()); len(fs) != 0 {
		t.Errorf("unknown reads as in use: %+v", fs)
	}
}

func TestLegacyLayoutLife(t *testing.T) {
	w, d := mixedEra("aprender-ci/1792/debug")
	wholeLife(t, "legacy-layout", w, fleet.HostSource("intel"),
		func(w *fleettest.World) {
			d.Writers = fleet.Known([]fleet.Writer{{PID: 4, Via: fleet.ViaFD, Started: w.At, Command: "rustc"}}, w.At)
		},
		func(w *fleettest.World) { d.Writers = fleet.Known([]fleet.Writer{}, w.At) })
}
