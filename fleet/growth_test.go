package fleet_test

import (
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

func TestGrowthOfADir(t *testing.T) {
	const h = 1 << 30
	w := fleettest.New()
	w.Host("intel")
	w.Run(5, w.PR(1792), fleet.ConclusionSuccess)
	d := w.Dir("intel", "aprender-ci/1792/run-5") // born a day ago
	grow := func(by int64, after time.Duration) (int64, bool) {
		w.Pass(after)
		if by >= 0 {
			d.Bytes = fleet.Known(d.Bytes.Or(0)+by, w.At)
		}
		s := w.Snapshot()
		w.Samples = s.TakeSamples()
		return s.Growth(&s.Dirs[0])
	}
	if _, ok := grow(0, 0); ok {
		t.Error("one measurement of an old dir tells a growth")
	}
	if _, ok := grow(h, time.Minute); ok {
		t.Error("a minute tells a growth")
	}
	if g, ok := grow(9*h, 9*time.Minute); !ok || g != 60*h {
		t.Errorf("10 GiB in 10 minutes: %d, %v", g, ok)
	}
	if g, ok := grow(-1, 20*time.Minute); !ok || g != 60*h {
		t.Errorf("not measured again, the rate is of then: %d, %v", g, ok)
	}
	// A build that ended: once the base is replaced the rate is that of now.
	for range 12 {
		grow(0, 10*time.Minute)
	}
	if g, ok := grow(0, 10*time.Minute); !ok || g != 0 {
		t.Errorf("two hours after the last write: %d, %v", g, ok)
	}
	d.Inode++
	if _, ok := grow(5*h, 10*time.Minute); ok {
		t.Error("another dir under the same name carries the growth of the old one on")
	}
	d.Bytes = fleet.Unknown[int64]("not measured")
	if _, ok := grow(-1, time.Minute); ok {
		t.Error("an unmeasured dir has a growth")
	}
	young := w.Dir("intel", "aprender-ci/1792/run-6")
	young.Birth, young.Bytes = fleet.Known(w.At.Add(-30*time.Minute), w.At), fleet.Known(int64(20*h), w.At)
	s := w.Snapshot()
	for i := range s.Dirs {
		if g, ok := s.Growth(&s.Dirs[i]); s.Dirs[i].Path.Rel() == young.Path.Rel() && (!ok || g/h != 39 && g/h != 40) {
			t.Errorf("20 GiB in the 30 minutes of its life: %d, %v", g, ok)
		}
	}
}
