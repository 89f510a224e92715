package rules

import (
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

func TestClockSkew(t *testing.T) {
	for _, tc := range []struct {
		name string
		off  time.Duration // host clock minus console clock in the middle of the sweep
		took time.Duration
		want fleet.Severity // "" none
		says string
	}{
		{"right", 0, time.Second, "", ""},
		{"within what a clock of seconds tells", 4 * time.Second, time.Second, "", ""},
		{"ahead", 20 * time.Second, time.Second, fleet.SeverityInfo, "intel: clock is 20s ahead"},
		{"behind", -20 * time.Second, time.Second, fleet.SeverityInfo, "20s behind"},
		{"beyond a minute", 2 * time.Minute, time.Second, fleet.SeverityWarn, "2m0s ahead"},
		{"beyond GitHub's limit", -6 * time.Minute, time.Second, fleet.SeverityWarn, "6m0s behind"},
		{"a slow sweep", 20 * time.Second, 50 * time.Second, "", ""},
		{"slow, and off by more than that", 2 * time.Minute, 50 * time.Second, fleet.SeverityWarn, "2m0s ahead"},
		{"a minute and a slow sweep", 70 * time.Second, 40 * time.Second, fleet.SeverityInfo, "1m10s ahead"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := fleettest.New()
			sw := w.Host("intel")
			sw.Took = tc.took
			sw.Facts.Clock = sw.At.Add(-tc.took/2 + tc.off)
			fs := find(t, "clock-skew", w.Snapshot())
			if tc.want == "" {
				if len(fs) != 0 {
					t.Errorf("%+v", fs)
				}
				return
			}
			if len(fs) != 1 || fs[0].Severity != tc.want || fs[0].Key != "intel" || !strings.Contains(fs[0].Summary, tc.says) {
				t.Fatalf("%+v", fs)
			}
			told(t, fs[0])
		})
	}
}

func TestClockSkewLife(t *testing.T) {
	w := fleettest.New()
	sw := w.Host("intel")
	wholeLife(t, "clock-skew", w, fleet.HostSource("intel"),
		func(*fleettest.World) { sw.Facts.Clock = sw.At.Add(3 * time.Minute) },
		func(*fleettest.World) { sw.Facts.Clock = sw.At })
}
