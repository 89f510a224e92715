package rules

import (
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// cleaned is a pool whose nightly cleaner ran eleven hours ago.
func cleaned() (*fleettest.World, *fleet.Sweep) {
	w, sw := servicePool()
	sw.Cleaners = append(sw.Cleaners, fleet.Cleaner{Name: "runner-disk-guard.timer", Kind: "timer", Wired: true, Last: fleet.Known(w.At.Add(-11*time.Hour), w.At), Schedule: "*-*-* 04:00:00",
		Said: fleet.Known([]fleet.JournalLine{{At: w.At.Add(-35 * time.Hour), Text: "deleted /mnt/targets/a-ci/1"}, {At: w.At.Add(-11 * time.Hour), Text: "nothing to do"}}, w.At)})
	return w, sw
}

func TestCleanerIdle(t *testing.T) {
	timer := func(sw *fleet.Sweep) *fleet.Cleaner { return &sw.Cleaners[1] }
	for _, tc := range []struct {
		name string
		do   func(*fleettest.World, *fleet.Sweep)
		says string // "" no finding
	}{
		{"wired and running", func(*fleettest.World, *fleet.Sweep) {}, ""},
		{"not enabled", func(_ *fleettest.World, sw *fleet.Sweep) { timer(sw).Wired = false }, "runner-disk-guard.timer not enabled and active"},
		{"no timer, but a hook", func(_ *fleettest.World, sw *fleet.Sweep) { sw.Cleaners = sw.Cleaners[:1] }, ""},
		{"nothing at all", func(_ *fleettest.World, sw *fleet.Sweep) {
			sw.Cleaners = nil
			for i := range sw.Services {
				sw.Services[i].Hook = ""
			}
		}, "no cleaner's timer and no runner's hook"},
		{"no runner unit was seen", func(_ *fleettest.World, sw *fleet.Sweep) { sw.Services, sw.Cleaners = nil, nil }, ""},
		{"nightly, a night missed", func(w *fleettest.World, sw *fleet.Sweep) { timer(sw).Last = fleet.Known(w.At.Add(-27*time.Hour), w.At) }, "has not run for 1d3h"},
		{"nightly, late by an hour", func(w *fleettest.World, sw *fleet.Sweep) { timer(sw).Last = fleet.Known(w.At.Add(-25*time.Hour), w.At) }, ""},
		{"weekly, five days ago", func(w *fleettest.World, sw *fleet.Sweep) {
			timer(sw).Last, timer(sw).Schedule = fleet.Known(w.At.Add(-5*24*time.Hour), w.At), "Mon *-*-* 00:00:00"
		}, ""},
		{"hourly, three hours ago", func(w *fleettest.World, sw *fleet.Sweep) {
			timer(sw).Last, timer(sw).Schedule = fleet.Known(w.At.Add(-3*time.Hour), w.At), "*-*-* *:00:00"
		}, "has not run for 3h00m"},
		{"last run unknown", func(w *fleettest.World, sw *fleet.Sweep) {
			timer(sw).Last = fleet.Unknown[time.Time]("this systemctl tells no time")
		}, ""},
		{"one runner calls another hook", func(_ *fleettest.World, sw *fleet.Sweep) { sw.Services[2].Hook = "/opt/old.sh" }, "intel-3: another hook, /opt/old.sh; 2 siblings call /opt/hook.sh"},
		{"one runner calls none", func(_ *fleettest.World, sw *fleet.Sweep) { sw.Services[0].Hook = "" }, "intel-1: no hook; 2 siblings call"},
		{"its .env is not readable", func(_ *fleettest.World, sw *fleet.Sweep) { sw.Services[0].Hook, sw.Facts.UID = "", 1000 }, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w, sw := cleaned()
			tc.do(w, sw)
			fs := find(t, "cleaner-idle", w.Snapshot())
			if tc.says == "" {
				if len(fs) != 0 {
					t.Errorf("%+v", fs)
				}
				return
			}
			if len(fs) != 1 || fs[0].Severity != fleet.SeverityInfo || !strings.Contains(fs[0].Summary, tc.says) {
				t.Fatalf("%+v", fs)
			}
			told(t, fs[0])
			sw.Disks[0].FreeBytes = 500 * gb
			if f := one(t, "cleaner-idle", w.Snapshot()); f.Severity != fleet.SeverityWarn || f.Key != fs[0].Key {
				t.Errorf("with the disk at 86 %%: %+v", f)
			}
		})
	}
}

func TestCleanerIdleTellsTheLastDeletion(t *testing.T) {
	_, sw := cleaned()
	facts := cleanerFacts(sw, 2)
	if got := facts[1].Fact; !strings.Contains(got, "last run 11h00m ago, last deletion told 1d11h ago: deleted /mnt/targets/a-ci/1") {
		t.Errorf("%q", got)
	}
	sw.Cleaners[1].Said = fleet.Unknown[[]fleet.JournalLine]("journal of cleaners: no journalctl")
	if got := cleanerFacts(sw, 2)[1].Fact; !strings.Contains(got, "last deletions unknown: journal of cleaners: no journalctl") {
		t.Errorf("%q", got)
	}
}

func TestCleanerIdleOrphansMakeItAWarning(t *testing.T) {
	w, sw := cleaned()
	sw.Cleaners[1].Wired = false
	p := w.PR(1700)
	p.State, p.ClosedAt = fleet.PRMerged, w.At.Add(-72*time.Hour)
	w.Run(1, p, fleet.ConclusionSuccess)
	w.Dir("intel", "aprender-ci/1700/run-1").Bytes = fleet.Known(200*gb, w.At)
	if f := one(t, "cleaner-idle", w.Snapshot()); f.Severity != fleet.SeverityWarn {
		t.Errorf("%+v", f)
	}
}

func TestPeriodOfASchedule(t *testing.T) {
	const day = 24 * time.Hour
	for s, want := range map[string]time.Duration{"*-*-* 04:00:00": day, "*-*-* *:00:00": time.Hour, "*-*-* *:00/10:00": time.Hour, "Mon *-*-* 00:00:00": 7 * day,
		"*-*-01 00:00:00": 366 * day, "*-*-* 00/6:00:00": day, "": 0, "daily": 0} {
		if got, ok := periodOf(s); got != want || ok != (want > 0) {
			t.Errorf("%q: %s, %v", s, got, ok)
		}
	}
}

func TestCleanerIdleLife(t *testing.T) {
	w, sw := cleaned()
	ran := func(w *fleettest.World, on bool) { // a timer that is on has run lately
		sw.Cleaners[1].Wired, sw.Cleaners[1].Last = on, fleet.Known(w.At.Add(24*time.Hour), w.At)
	}
	wholeLife(t, "cleaner-idle", w, fleet.HostSource("intel"), func(w *fleettest.World) { ran(w, false) }, func(w *fleettest.World) { ran(w, true) })
}
