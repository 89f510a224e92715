package rules

import (
	"slices"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

func TestInodePressure(t *testing.T) {
	for _, tc := range []struct {
		name        string
		total, free int64
		bytes       int64 // GiB free of 3600
		want        fleet.Severity
	}{
		{"plenty", 1000, 900, 1800, ""},
		{"few left", 1000, 140, 1800, fleet.SeverityWarn},
		{"nearly none", 1000, 30, 1800, fleet.SeverityStop},
		{"bytes alone", 1000, 900, 20, ""},
		{"btrfs counts none", 0, 0, 1800, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := fleettest.New()
			d := &w.Host("intel").Disks[0]
			d.FreeBytes, d.TotalInodes, d.FreeInodes = tc.bytes<<30, fleet.Known(tc.total, w.At), fleet.Known(tc.free, w.At)
			fs := find(t, "inode-pressure", w.Snapshot())
			if tc.want == "" {
				if len(fs) != 0 {
					t.Errorf("%+v", fs)
				}
				return
			}
			if len(fs) != 1 || fs[0].Severity != tc.want || !strings.Contains(fs[0].Advice, "du --inodes -x /") || len(fs[0].RuledOut) != 1 {
				t.Fatalf("%+v", fs)
			}
			told(t, fs[0])
			if pressed := find(t, "disk-pressure", w.Snapshot()); len(pressed) != 0 {
				t.Errorf("told twice: %+v", pressed)
			}
		})
	}
	w := fleettest.New()
	d := &w.Host("intel").Disks[0]
	d.TotalInodes, d.FreeInodes = fleet.Unknown[int64]("df told no inodes"), fleet.Unknown[int64]("df told no inodes")
	if fs := find(t, "inode-pressure", w.Snapshot()); len(fs) != 0 {
		t.Errorf("unknown reads as full: %+v", fs)
	}
}

func TestInodePressureOffersTheOrphans(t *testing.T) {
	w := fleettest.New()
	w.Host("intel").Disks[0].FreeInodes = fleet.Known(int64(30), w.At)
	p := w.PR(1700)
	p.State, p.ClosedAt = fleet.PRMerged, w.At.Add(-72*time.Hour)
	w.Run(1, p, fleet.ConclusionSuccess)
	w.Dir("intel", "aprender-ci/1700/run-1")
	f := one(t, "inode-pressure", w.Snapshot())
	told(t, f)
	last := f.Evidence[len(f.Evidence)-1].Fact
	if !slices.Equal(f.Suggested, []fleet.ActionID{fleet.ActionReap}) || last != "the orphans hold 1000 files" || f.Cost == "" {
		t.Errorf("%+v", f)
	}
}

func TestInodePressureLife(t *testing.T) {
	w := fleettest.New()
	d := &w.Host("intel").Disks[0]
	wholeLife(t, "inode-pressure", w, fleet.HostSource("intel"),
		func(w *fleettest.World) { d.FreeInodes = fleet.Known(int64(30), w.At) },
		func(w *fleettest.World) { d.FreeInodes = fleet.Known(int64(900), w.At) })
}
