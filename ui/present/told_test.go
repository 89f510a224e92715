package present_test

import (
	"strings"
	"testing"

	"andon/fleet"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/present"
	"andon/ui/uitest"
)

// TestOneDeedIsOneLineWhateverRequestsItTook: the steps of one plan are summed
// up though each call to GitHub is a request of its own.
func TestOneDeedIsOneLineWhateverRequestsItTook(t *testing.T) {
	row := func(request, digest string, action kit.Safe) present.DeedRow {
		return present.DeedRow{Key: present.DeedKey{Request: request}, Digest: digest, Action: action, Sign: kit.SignOK, Outcome: "done", Verified: "so it is"}
	}
	got := present.RecentDeeds([]present.DeedRow{row("c", "plan1", "rerun"), row("b", "plan1", "rerun"), row("a", "plan1", "chown"), row("z", "plan0", "reap"), row("y", "", "reap")})
	if len(got) != 3 || got[0].Steps != 3 || got[1].Steps != 1 {
		t.Fatalf("%d deeds: %+v", len(got), got)
	}
	var text strings.Builder
	for _, s := range present.RecentLine(got[0], kit.Look{}, 100) {
		text.WriteString(string(s.Text))
	}
	if !strings.Contains(text.String(), "chown 1, rerun 2  3 done, 3 confirmed") {
		t.Errorf("it says %q", text.String())
	}
}

// TestAResolvedAlertOffersNothing: no fix and no cure for what is over.
func TestAResolvedAlertOffersNothing(t *testing.T) {
	s := fleet.Join(uitest.Incident())
	board := uitest.Alerts(s)
	e := ui.Env{Snapshot: s, Board: board, Actions: uitest.Actions(), Now: uitest.Now()}
	rule := fleet.Rule{Doc: fleet.RuleDoc{Cure: "cure it", NoCure: "not so"}}
	a := board.Alerts[0]
	why := func() present.Why {
		return present.WhyOf(present.SceneOf(e), board.Explain(a, rule, s), e, kit.Look{}, 80)
	}
	if y := why(); len(y.Fix) == 0 || len(y.Cure) == 0 || len(y.Next) == 0 || len(y.Whose) == 0 {
		t.Fatal("a firing alert offers neither fix nor cure, or has no owner")
	}
	a.State, a.ResolvedAt = fleet.AlertResolved, e.Now
	if y := why(); len(y.Fix)+len(y.Cure)+len(y.Next)+len(y.Whose) != 0 || len(y.Summary) < 2 {
		t.Errorf("fix %v, cure %v, next %v, summary %v", y.Fix, y.Cure, y.Next, y.Summary)
	}
}
