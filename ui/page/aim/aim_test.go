package aim_test

import (
	"testing"

	"andon/fleet"
	"andon/ui"
	"andon/ui/page/aim"
	"andon/ui/uitest"
)

func env() ui.Env {
	s := fleet.Join(uitest.Incident())
	return ui.Env{Snapshot: s, Board: uitest.Alerts(s), Keys: ui.DefaultKeymap(uitest.Actions()), Now: uitest.Now()}
}

// TestADeedIsNeverWidened: with dirs among the subjects, their host and pull
// requests are not meant.
func TestADeedIsNeverWidened(t *testing.T) {
	dir := fleet.OfDir(fleet.DirID{Host: "intel", Path: "/mnt/nvme-raid0/targets/aprender-ci/1792/run-25919247792"})
	on := []fleet.Subject{fleet.OfHost("intel"), fleet.OfPR(fleet.PRKey{Repo: uitest.Repo, Number: 1792}), dir, dir}
	for _, a := range []fleet.ActionID{fleet.ActionChown, fleet.ActionReap, fleet.ActionUndo} {
		if got := aim.Targets(env(), a, on); len(got) != 1 || got[0] != dir {
			t.Errorf("%s is about %v", a, got)
		}
	}
	if got := aim.Targets(env(), fleet.ActionRerun, on); len(got) != 1 || got[0].Run != uitest.RunOf(1792) {
		t.Errorf("rerun is about %v", got)
	}
	if got := aim.Targets(env(), fleet.ActionPurge, on); len(got) != 1 || got[0] != fleet.OfHost("intel") {
		t.Errorf("purge is about %v", got)
	}
}

func TestNothingToAimAtIsSaid(t *testing.T) {
	for _, a := range []fleet.ActionID{fleet.ActionChown, fleet.ActionRerun, fleet.ActionFix, fleet.ActionUndo, fleet.ActionPurge} {
		got := aim.Propose(env(), a, nil, "")
		if len(got) != 1 {
			t.Fatalf("%s: %v", a, got)
		}
		if say, ok := got[0].(ui.Say); !ok || !say.Bad || say.Text == "" {
			t.Errorf("%s: %v", a, got[0])
		}
	}
}

func TestFixTakesTheWorstAlert(t *testing.T) {
	got := aim.Propose(env(), fleet.ActionFix, []fleet.Subject{fleet.OfHost("intel")}, "")
	p, ok := got[0].(ui.Propose)
	if !ok || p.Alert != env().Board.Alerts[0].Fingerprint() || len(p.Targets) != 0 {
		t.Errorf("proposes %v", got)
	}
}

// TestFixOfWhatNoKeyMendsIsRefusedInWords: neither a resolved alert nor one
// without a suggestion opens an empty preview.
func TestFixOfWhatNoKeyMendsIsRefusedInWords(t *testing.T) {
	for name, change := range map[string]func(*fleet.Alert){
		"resolved":      func(a *fleet.Alert) { a.State = fleet.AlertResolved },
		"no suggestion": func(a *fleet.Alert) { a.Suggested = nil },
	} {
		e := env()
		change(&e.Board.Alerts[0])
		got := aim.Propose(e, fleet.ActionFix, nil, e.Board.Alerts[0].Fingerprint())
		if say, ok := got[0].(ui.Say); len(got) != 1 || !ok || !say.Bad {
			t.Errorf("%s: %v", name, got)
		}
	}
}
