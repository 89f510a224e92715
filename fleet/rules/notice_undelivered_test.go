package rules

import (
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// TestNoticesThatDoNotArrive: a receiver that takes nothing is shown, one that
// works or has nothing to take is not, and it is over with the next delivery.
func TestNoticesThatDoNotArrive(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	shot := func(d time.Duration, failing bool) *fleet.Snapshot {
		r := w.Reads()
		r.At = r.At.Add(d)
		r.Receivers = []fleet.Receiver{{Name: "alertmanager am.example"},
			{Name: "slack hooks.slack.com", Failing: failing, Since: w.At, Tries: 4, Waiting: 2, Err: "HTTP 503", Remedy: "look there", At: w.At}}
		return fleet.Join(r)
	}
	f := one(t, "notice-undelivered", shot(0, true))
	if f.Key != "slack hooks.slack.com" || f.Advice != "look there" || !strings.Contains(f.Summary, "2 alerts") || len(f.Evidence) != 1 || !strings.Contains(f.Evidence[0].Fact, "tried 4 times since 03:30:00Z: HTTP 503") {
		t.Errorf("%+v", f)
	}
	var b fleet.Board
	for i, want := range []fleet.AlertState{fleet.AlertFiring, fleet.AlertFiring, fleet.AlertResolved} {
		b = b.Fold(shot(time.Duration(i)*time.Minute, i < 2), All())
		a, _ := b.Alert("notice-undelivered/slack hooks.slack.com")
		if a.State != want {
			t.Errorf("after %d min: %q, want %q", i, a.State, want)
		}
	}
}
