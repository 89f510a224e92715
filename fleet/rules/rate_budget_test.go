package rules

import (
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

func TestRateBudget(t *testing.T) {
	w := fleettest.New()
	reset := func(d time.Duration) time.Time { return w.At.Add(d) }
	for _, tc := range []struct {
		name string
		b    fleet.Budget
		want fleet.Severity
		says []string
	}{
		{"calm", fleet.Budget{Known: true, Limit: 5000, Remaining: 4000, PerHour: 600, Lately: 600, Reset: reset(40 * time.Minute)}, "", nil},
		{"burns, but the reset comes first", fleet.Budget{Known: true, Limit: 5000, Remaining: 1000, PerHour: 2900, Lately: 2900, Reset: reset(20 * time.Minute)}, "", nil},
		{"empty before its reset", fleet.Budget{Known: true, Limit: 5000, Remaining: 1000, PerHour: 3000, Lately: 3000, Reset: reset(40 * time.Minute)}, fleet.SeverityWarn,
			[]string{"empty in 20m", "20m before its reset at 04:10 UTC"}},
		{"burns, and most of it is left", fleet.Budget{Known: true, Limit: 5000, Remaining: 4300, PerHour: 5000, Lately: 5000, Reset: reset(58 * time.Minute)}, "", nil},
		{"burnt an hour ago, calm since", fleet.Budget{Known: true, Limit: 5000, Remaining: 1000, PerHour: 3000, Lately: 200, Reset: reset(40 * time.Minute)}, "", nil},
		{"below a twentieth", fleet.Budget{Known: true, Limit: 5000, Remaining: 180, PerHour: 100, Lately: 100, Reset: reset(42 * time.Minute)}, fleet.SeverityStop,
			[]string{"180 left for actions", "until 04:12 UTC"}},
		{"the reset is past", fleet.Budget{Known: true, Limit: 5000, Remaining: 0, Reset: reset(-time.Minute)}, "", nil},
		{"not known", fleet.Budget{Limit: 5000}, "", nil},
		{"no limits", fleet.Budget{Known: true}, "", nil},
		{"told to pause", fleet.Budget{Paused: reset(5 * time.Minute)}, fleet.SeverityInfo, []string{"secondary limit", "5m", "03:35 UTC"}},
		{"the pause is over", fleet.Budget{Paused: reset(-time.Second)}, "", nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w.Budget = tc.b
			fs := find(t, "rate-budget", w.Snapshot())
			if tc.want == "" {
				if len(fs) != 0 {
					t.Errorf("%+v", fs)
				}
				return
			}
			if len(fs) != 1 || fs[0].Severity != tc.want {
				t.Fatalf("want one %s: %+v", tc.want, fs)
			}
			told(t, fs[0])
			says(t, "summary", fs[0].Summary, tc.says...)
			says(t, "ruled out", ruledOut(fs[0]), "not unreachable")
		})
	}
	w.Budget = fleet.Budget{Known: true, Limit: 5000, Remaining: 100, Reset: reset(time.Hour), Paused: reset(time.Minute)}
	if fs := find(t, "rate-budget", w.Snapshot()); len(fs) != 2 {
		t.Errorf("both limits at once: %+v", fs)
	}
	w.Sources[jobsSource].State, w.Sources[jobsSource].Cause = fleet.SourceFailing, fleet.CauseServer
	says(t, "ruled out", ruledOut(find(t, "rate-budget", w.Snapshot())[1]), "1 source of GitHub failing for another reason")
}

// Sources that are not asked because of the limit are explained by it; others that
// fail are not. While nothing is read the limit is not seen to end.
func TestRateBudgetLife(t *testing.T) {
	w := fleettest.New()
	dry := fleet.Budget{Known: true, Limit: 5000, Remaining: 100, PerHour: 2000, Lately: 2000, Reset: w.At.Add(3 * time.Hour)}
	life(t, "rate-budget", w,
		moment{name: "healthy"},
		moment{name: "dry", after: time.Minute, do: func(w *fleettest.World) { w.Budget = dry }, want: fleet.AlertPending},
		moment{name: "just before For", after: 5*time.Minute - time.Millisecond, want: fleet.AlertPending},
		moment{name: "For over", after: time.Millisecond, want: fleet.AlertFiring},
		moment{name: "nothing is read any more, the budget is forgotten", after: 10 * time.Minute, do: func(w *fleettest.World) {
			w.Budget = fleet.Budget{}
			for _, src := range w.Sources {
				src.State, src.Cause, src.ReadAt = fleet.SourceFailing, fleet.CauseRateLimit, w.At.Add(-10*time.Minute)
			}
		}, want: fleet.AlertStale},
		moment{name: "asked again", after: time.Minute, do: func(w *fleettest.World) {
			w.Budget = fleet.Budget{Known: true, Limit: 5000, Remaining: 4900, PerHour: 100, Lately: 100, Reset: w.At.Add(time.Hour)}
			for _, src := range w.Sources {
				src.State, src.Cause, src.ReadAt = fleet.SourceOK, fleet.CauseNone, w.At
			}
		}, want: fleet.AlertResolved})

	w = fleettest.New()
	w.Budget = dry
	held := w.Sources[jobsSource]
	held.ReadAt = w.At.Add(-time.Hour) // OK, and not asked since
	b := life(t, "source-stale", w, moment{name: "seen", want: fleet.AlertFiring},
		moment{name: "held", after: 6 * time.Minute, do: func(w *fleettest.World) { held.ReadAt = w.At.Add(-time.Hour) }, want: fleet.AlertFiring, muted: "rate-budget"})
	if len(b.Alerts) != 2 {
		t.Errorf("%d alerts", len(b.Alerts))
	}
}
