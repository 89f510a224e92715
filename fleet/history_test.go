package fleet_test

import (
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// day runs a world through 26 hours, a snapshot every 30 seconds, and returns the
// history it leaves. each changes the world before a snapshot.
func day(t *testing.T, each func(w *fleettest.World, n int)) fleet.History {
	t.Helper()
	w := fleettest.New()
	w.Host("intel")
	begin := w.At
	var h fleet.History
	for n := range 26 * 120 {
		w.At = begin.Add(time.Duration(n) * 30 * time.Second)
		w.Sweeps["intel"].At, w.Sweeps["intel"].Facts.Clock = w.At, w.At
		for _, s := range w.Sources {
			s.ReadAt = w.At
		}
		each(w, n)
		w.History = h
		h = w.Snapshot().TakeHistory()
	}
	return h
}

func TestDiskHistoryIsFineThenSparse(t *testing.T) {
	h := day(t, func(w *fleettest.World, n int) { w.Sweeps["intel"].Disks[0].FreeBytes = int64(n) << 30 })
	if n := len(h.Disks); n < 120 || n > 140 {
		t.Errorf("%d samples of one root in 26 hours, want about 30 fine and 94 sparse", n)
	}
	for i := 1; i < len(h.Disks); i++ {
		if gap := h.Disks[i].At.Sub(h.Disks[i-1].At); gap < time.Minute || gap > 16*time.Minute {
			t.Errorf("samples %d and %d are %s apart", i-1, i, gap)
		}
	}
	last := h.Disks[len(h.Disks)-1]
	if span := last.At.Sub(h.Disks[0].At); span < 23*time.Hour || span > 24*time.Hour+time.Minute {
		t.Errorf("history spans %s", span)
	}
}

func TestRunnersAreRememberedForAWeek(t *testing.T) {
	h := day(t, func(w *fleettest.World, n int) {
		w.Runners = []fleet.Runner{{Scope: string(fleettest.Repo), Name: "intel-1", Online: n < 100, Labels: []string{"X64"}}}
		if n < 1000 {
			w.Runners = append(w.Runners, fleet.Runner{Scope: string(fleettest.Repo), Name: "intel-2", Online: true})
		}
	})
	if len(h.Runners) != 2 {
		t.Fatalf("%+v", h.Runners)
	}
	one, two := h.Runners[0], h.Runners[1]
	if on := one.Online.Sub(one.First); on != 99*30*time.Second || one.Last.Sub(one.First) < 25*time.Hour || one.Labels[0] != "X64" {
		t.Errorf("intel-1: online for %s, %+v", on, one)
	}
	if away := one.Away.Sub(one.First); away != 100*30*time.Second {
		t.Errorf("intel-1 went %s after it came", away)
	}
	if away := two.Away.Sub(two.Last); away != 30*time.Second {
		t.Errorf("intel-2 was missed %s after it was listed last", away)
	}
	if seen := two.Last.Sub(two.First); seen != 999*30*time.Second {
		t.Errorf("intel-2 was listed for %s", seen)
	}
}

func TestHistoryOfABlindConsoleStays(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	w.History = fleet.History{Disks: []fleet.DiskSample{{Host: "intel", Root: fleettest.Targets, At: w.At.Add(-time.Hour), FreeBytes: 7}},
		Runners: []fleet.RunnerSeen{{Scope: string(fleettest.Repo), Name: "a", First: w.At.Add(-time.Hour), Last: w.At.Add(-time.Minute)}}}
	delete(w.Sweeps, "intel")
	if h := w.Snapshot().TakeHistory(); len(h.Disks) != 1 || len(h.Runners) != 1 {
		t.Errorf("%+v", h)
	}
}
