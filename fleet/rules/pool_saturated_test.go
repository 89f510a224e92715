package rules

import (
	"fmt"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// fullWorld has four runners, all busy, and jobs that wait for them; three of the
// runners work for #1789 since an hour, one for the branch of #1788.
func fullWorld(waits ...time.Duration) *fleettest.World {
	w := fleettest.New()
	w.Host("intel")
	old, young := fleettest.Live(w.Run(4, w.PR(1789), "")), fleettest.Live(w.Run(3, w.PR(1788), ""))
	for i := range 4 {
		name := fmt.Sprintf("intel-%d", i+1)
		runner(w, name, true, true, "self-hosted", "X64")
		run, since := old, w.At.Add(-time.Hour)
		if i == 3 {
			run, since = young, w.At.Add(-10*time.Minute)
		}
		working(w.Job(run, "test", ""), name, since.Add(-2*time.Minute), since, "self-hosted", "X64")
	}
	run := fleettest.Live(w.Run(5, w.PR(1790), ""))
	for i, d := range waits {
		queued(w.Job(run, fmt.Sprintf("shard %d", i), ""), w.At.Add(-d), "self-hosted", "X64")
	}
	return w
}

func TestPoolSaturated(t *testing.T) {
	w := fullWorld(12*time.Minute, 15*time.Minute)
	f := one(t, "pool-saturated", w.Snapshot())
	told(t, f)
	if f.Severity != fleet.SeverityWarn {
		t.Errorf("p95 over ten minutes: %s", f.Severity)
	}
	says(t, "summary", f.Summary, "all 4 runners busy, 2 jobs wait, wait p50 2m, p95 15m")
	says(t, "evidence", evidenceOf(f), "looked at 6 jobs", "holder #1789: ci holds 3 runners, the longest for 1h00m", "holder #1788: ci holds 1 runner, the longest for 10m")
	var first string
	for _, e := range f.Evidence {
		if e.What == "holder" && first == "" {
			first = e.Where
		}
	}
	if first != "#1789" {
		t.Errorf("longest first, got %s", first)
	}
	if f := one(t, "pool-saturated", fullWorld(2*time.Minute).Snapshot()); f.Severity != fleet.SeverityInfo {
		t.Errorf("p95 below ten minutes: %s", f.Severity)
	}
	w = fullWorld(time.Minute, time.Minute)
	for _, j := range append(append(w.Jobs(3), w.Jobs(4)...), w.Jobs(5)...) {
		j.CreatedAt = time.Time{}
	}
	f = one(t, "pool-saturated", w.Snapshot())
	says(t, "gaps", gaps(f), "how long 6 jobs waited")
	w.Jobs(3)[0].Status = fleet.StatusCompleted
	says(t, "gaps", gaps(one(t, "pool-saturated", w.Snapshot())), "what 1 busy runner work on")
}

func TestPoolSaturatedLookAlikes(t *testing.T) {
	for name, change := range map[string]func(w *fleettest.World){
		"one of them is idle":     func(w *fleettest.World) { w.Runners[0].Busy = false },
		"nobody waits":            func(w *fleettest.World) { working(w.Jobs(5)[0], "intel-9", w.At, w.At) },
		"no runner fits":          func(w *fleettest.World) { w.Jobs(5)[0].Labels = []string{"gpu"} },
		"runners are not allowed": func(w *fleettest.World) { w.Runners = nil; w.Sources[runnersSource].State = fleet.SourceDenied },
		"runners are old":         func(w *fleettest.World) { w.Sources[runnersSource].ReadAt = w.At.Add(-time.Hour) },
	} {
		w := fullWorld(15 * time.Minute)
		change(w)
		t.Run(name, func(t *testing.T) { none(t, "pool-saturated", w.Snapshot()) })
	}
}

func TestPoolSaturatedLife(t *testing.T) {
	w := fullWorld(15 * time.Minute)
	w.Runners[0].Busy = false
	wholeLife(t, "pool-saturated", w, runnersSource,
		func(w *fleettest.World) { w.Runners[0].Busy = true },
		func(w *fleettest.World) { w.Runners[0].Busy = false })
}

func TestSpread(t *testing.T) {
	var list []time.Duration
	for i := range 100 {
		list = append(list, time.Duration(100-i)*time.Second)
	}
	if d := spreadOf(list); d.n != 100 || d.p50 != 50*time.Second || d.p95 != 95*time.Second {
		t.Errorf("%+v", d)
	}
	if d := spreadOf([]time.Duration{7}); d.p50 != 7 || d.p95 != 7 {
		t.Errorf("one: %+v", d)
	}
	if d := spreadOf(nil); d.n != 0 {
		t.Errorf("none: %+v", d)
	}
	for d, want := range map[time.Duration]string{45 * time.Second: "45s", 12*time.Minute + 40*time.Second: "12m", 8*time.Hour + 30*time.Minute: "8h30m", 76 * time.Hour: "3d4h"} {
		if got := lasted(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}
