package rules

import (
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

const gb = int64(1) << 30

// filled lets a disk's free bytes take these values, in GiB, a minute apart, and
// returns the last snapshot.
func filled(w *fleettest.World, d *fleet.Disk, free ...int64) *fleet.Snapshot {
	var s *fleet.Snapshot
	for _, f := range free {
		w.Pass(time.Minute)
		d.FreeBytes = f * gb
		s = w.Snapshot()
		w.Samples, w.History = s.TakeSamples(), s.TakeHistory()
	}
	return s
}

// falling is n values from free on, each by less.
func falling(free, by int64, n int) []int64 {
	out := make([]int64, n)
	for i := range out {
		out[i] = free - int64(i)*by
	}
	return out
}

func TestDiskForecast(t *testing.T) {
	saw := make([]int64, 0, 30) // free bytes that go up and down by 60 GiB, and 2 GiB lower each time
	for i := range int64(15) {
		saw = append(saw, 900-2*i, 960-2*i)
	}
	for _, tc := range []struct {
		name string
		free []int64
		want fleet.Severity // "" none
		says string
	}{
		{"steady", falling(1000, 3, 20), fleet.SeverityWarn, "full in 5h14m at 180.0 GiB/h"},
		{"less than an hour", falling(400, 8, 15), fleet.SeverityStop, "full in 36m"},
		{"a day is left", falling(1700, 1, 20), "", ""},
		{"not moving", falling(1000, 0, 20), "", ""},
		{"emptying", falling(400, -3, 20), "", ""},
		{"too few samples", falling(400, 8, 4), "", ""},
		{"too short", falling(400, 8, 9), "", ""},
		{"up and down", saw, "", ""},
		{"just purged", append(falling(400, 8, 15), 900), "", ""},
		{"purged, and few samples since", append(falling(400, 8, 15), falling(900, 8, 4)...), "", ""},
		{"purged, and filling again", append(falling(400, 8, 15), falling(900, 8, 12)...), fleet.SeverityWarn, "full in 1h41m"},
		{"one burst", append(falling(1000, 0, 15), falling(900, 0, 10)...), "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := fleettest.New()
			d := &w.Host("intel").Disks[0]
			fs := find(t, "disk-forecast", filled(w, d, tc.free...))
			if tc.want == "" {
				if len(fs) != 0 {
					t.Errorf("%+v", fs)
				}
				return
			}
			if len(fs) != 1 || fs[0].Severity != tc.want || !strings.Contains(fs[0].Summary, tc.says) {
				t.Fatalf("%+v", fs)
			}
			told(t, fs[0])
			if purged := strings.HasPrefix(tc.name, "purged"); purged != (len(fs[0].RuledOut) == 2) {
				t.Errorf("ruled out %+v", fs[0].RuledOut)
			}
		})
	}
}

// TestDiskForecastNamesTheGrowers: who fills the disk, and what of it nobody
// measured.
func TestDiskForecastNamesTheGrowers(t *testing.T) {
	w := fleettest.New()
	d := &w.Host("intel").Disks[0]
	grow := map[int]int64{1791: 2 * gb, 1792: gb / 2}
	for i, n := range []int{1791, 1792} {
		w.Job(fleettest.Live(w.Run(fleet.RunID(i+1), w.PR(n), "")), "test", "intel-1")
		w.Dir("intel", "aprender-ci/"+itoa(n)+"/run-"+itoa(i+1))
	}
	w.Job(fleettest.Live(w.Run(3, w.PR(1793), "")), "test", "intel-1")
	w.Dir("intel", "aprender-ci/1793/run-3").Bytes = fleet.Unknown[int64]("not measured yet")
	var s *fleet.Snapshot
	for i := range int64(16) {
		w.Pass(time.Minute)
		d.FreeBytes = (700 - 4*i) * gb
		for _, x := range w.Dirs("intel")[:2] {
			x.Bytes = fleet.Known(x.Bytes.Or(0)+grow[x.Path.Place().PR], w.At)
		}
		s = w.Snapshot()
		w.Samples, w.History = s.TakeSamples(), s.TakeHistory()
	}
	f := one(t, "disk-forecast", s)
	told(t, f)
	if !strings.HasPrefix(f.Advice, "biggest growers: paiml/aprender#1791 120.0 GiB/h, paiml/aprender#1792 30.0 GiB/h;") {
		t.Errorf("advice %q", f.Advice)
	}
	rest := false
	for _, e := range f.Evidence {
		rest = rest || strings.Contains(e.Fact, "90.0 GiB/h of it is not in a measured run dir")
	}
	if !rest || len(f.Unknown) != 1 || f.Unknown[0].What != "growth of 1 dir" {
		t.Errorf("evidence %+v, unknown %+v", f.Evidence, f.Unknown)
	}
}

// TestDiskForecastIsMutedAtStop: a disk at warn may well get a forecast; one at
// stop needs none.
func TestDiskForecastIsMutedAtStop(t *testing.T) {
	for _, tc := range []struct {
		free  int64
		muted fleet.RuleID
	}{{480, ""}, {200, "disk-pressure"}} {
		w := fleettest.New()
		d := &w.Host("intel").Disks[0]
		filled(w, d, falling(tc.free, 3, 15)...)
		hold := ruleOf(t, "disk-forecast").For
		less := func(*fleettest.World) { d.FreeBytes -= 3 * gb }
		life(t, "disk-forecast", w, moment{name: "seen", after: time.Minute, do: less, want: fleet.AlertPending, muted: tc.muted},
			moment{name: "For over", after: hold, do: less, want: fleet.AlertFiring, muted: tc.muted})
	}
}

func TestDiskForecastLife(t *testing.T) {
	w := fleettest.New()
	d := &w.Host("intel").Disks[0]
	hold := ruleOf(t, "disk-forecast").For
	less := func(*fleettest.World) { d.FreeBytes -= 4 * gb }
	down := func(w *fleettest.World) { w.Sources[fleet.HostSource("intel")].State = fleet.SourceFailing }
	ms := []moment{{name: "calm"}}
	for range 9 {
		ms = append(ms, moment{name: "too short yet", after: time.Minute, do: less})
	}
	ms = append(ms, moment{name: "ten minutes of it", after: time.Minute, do: less, want: fleet.AlertPending},
		moment{name: "just before For", after: hold - time.Second, do: less, want: fleet.AlertPending},
		moment{name: "For over", after: time.Second, want: fleet.AlertFiring},
		moment{name: "a try failed", after: time.Minute, do: down, want: fleet.AlertFiring},
		moment{name: "host down", after: 5 * time.Minute, want: fleet.AlertStale},
		moment{name: "hours later", after: 5 * time.Hour, want: fleet.AlertStale},
		moment{name: "back, and half of it is free", after: time.Minute, want: fleet.AlertResolved, do: func(w *fleettest.World) {
			w.Sources[fleet.HostSource("intel")].State = fleet.SourceOK
			d.FreeBytes = 1800 * gb
			w.Pass(0)
		}})
	d.FreeBytes = 600 * gb
	life(t, "disk-forecast", w, ms...)
}
