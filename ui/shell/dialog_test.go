package shell_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/ui"
	"andon/ui/uitest"
)

func applied(p *uitest.Player) []ui.ApplyPlan { return uitest.Sent[ui.ApplyPlan](p) }

func TestNothingRunsFromTheFirstPress(t *testing.T) {
	for _, page := range []string{"1", "2", "3", "4", "5"} {
		for _, key := range []string{"f", "C", "D", "R", "z", "P"} {
			p := at(t, 100, 30).Keys(page, key)
			if n := len(applied(p)); n != 0 {
				t.Errorf("page %s key %s carried out %d plans", page, key, n)
			}
		}
	}
}

func TestTwoStrokesFix(t *testing.T) {
	p := at(t, 80, 24).Keys("j", "f", "y")
	got := applied(p)
	if len(got) != 1 || got[0].Digest != got[0].Plan.Digest() || len(got[0].Plan.Steps) != 16 {
		t.Fatalf("carried out %d plans", len(got))
	}
	wants(t, p, "all 16 steps done, confirmed by a fresh look")
}

func TestKeysAreDeafAtFirst(t *testing.T) {
	p := at(t, 80, 24).Keys("j", "f")
	p.Now = p.Now.Add(-400 * time.Millisecond) // only 100 ms after the dialog opened
	p.Now = p.Now.Add(200 * time.Millisecond)
	p.Send(ui.KeyPressed{Name: "y", Text: "y"})
	if len(applied(p)) != 0 {
		t.Error("a key within 300 ms confirmed")
	}
	if p.Keys("y"); len(applied(p)) != 1 {
		t.Error("after 300 ms y does not confirm")
	}
}

func TestPasteNeverConfirms(t *testing.T) {
	p := at(t, 80, 24).Keys("j", "f")
	p.Now = p.Now.Add(time.Second)
	p.Send(ui.KeyPressed{Text: "y\ny", Paste: true})
	if len(applied(p)) != 0 {
		t.Error("a paste confirmed")
	}
}

func TestCancelHasTheFocusForSeveral(t *testing.T) {
	p := at(t, 80, 24).Keys("j", "f", "enter")
	if len(applied(p)) != 0 {
		t.Error("enter alone carried out a plan of sixteen steps")
	}
	wants(t, p, "LINE STOPS")
	p.Keys("f", "tab", "enter")
	if len(applied(p)) != 1 {
		t.Error("tab and enter do not confirm")
	}
}

func TestTypedPhrase(t *testing.T) {
	p := at(t, 80, 24).Keys("D", "y", "enter", "enter")
	if len(applied(p)) != 0 {
		t.Fatal("a reap ran without its number typed")
	}
	p.Keys("backspace").Type("8").Keys("enter")
	if len(applied(p)) != 0 {
		t.Fatal("a reap ran with the wrong number typed")
	}
	p.Keys("backspace").Type("9").Keys("enter")
	if len(applied(p)) != 1 {
		t.Errorf("a reap does not run with its number typed:\n%s", p.Text())
	}
}

func TestEscLeavesTheDialog(t *testing.T) {
	p := at(t, 80, 24).Keys("j", "f", "esc")
	wants(t, p, "LINE STOPS")
	if len(applied(p)) != 0 {
		t.Error("esc confirmed")
	}
}

func TestReadOnlyExplains(t *testing.T) {
	p := uitest.Play(t, ui.Rect{W: 100, H: 40}, uitest.Dressed{ReadOnly: true}).Incident().Keys("j", "f", "y", "tab", "enter", "D")
	if len(applied(p)) != 0 {
		t.Error("a read-only console acted")
	}
	p.Keys("esc", "f")
	wants(t, p, "read-only")
}

// TestTheWorldMoves: the plan is made again; only one that would do something
// else asks for a new confirmation.
func TestTheWorldMoves(t *testing.T) {
	p := at(t, 80, 24).Keys("j", "f")
	p.Now = p.Now.Add(5 * time.Second)
	p.Arrive(fleet.Join(uitest.IncidentAt(p.Now)), uitest.Alerts(p.World))
	if strings.Contains(p.Text(), "the world moved") {
		t.Errorf("the same plan, made again, is called another:\n%s", p.Text())
	}
	r := uitest.IncidentAt(p.Now)
	r.Sweeps[0].Dirs[0].Owner = fleet.Owner{UID: 1000, GID: 1000} // somebody mended one
	s := fleet.Join(r)
	p.Arrive(s, uitest.Alerts(s))
	wants(t, p, "the world moved: 14 steps now, 16 before", "chown    7 dirs")
	p.Send(ui.KeyPressed{Name: "y", Text: "y"})
	if len(applied(p)) != 0 {
		t.Fatal("a key pressed for the old plan confirmed the new one")
	}
	p.Keys("y")
	got := applied(p)
	if len(got) != 1 || len(got[0].Plan.Steps) != 14 {
		t.Errorf("confirmed %d plans, not the one on screen", len(got))
	}
}

func TestStaleAnswerOfAnOlderAskIsIgnored(t *testing.T) {
	p := at(t, 80, 24).Keys("j", "f")
	old := uitest.Sent[ui.MakePlan](p)[0]
	p.Arrive(p.World, uitest.Alerts(p.World)) // asks again with a higher number
	p.Send(ui.PlanMade{Ask: old, Plan: fleet.Plan{Title: "an older plan"}})
	if strings.Contains(p.Text(), "an older plan") {
		t.Error("the answer of an older ask replaced a newer plan")
	}
}

func TestNeverOKUnlessAllAre(t *testing.T) {
	plan, err := uitest.Plan(fleet.Join(uitest.Incident()), fleet.ActionFix, nil)
	if err != nil {
		t.Fatal(err)
	}
	whole := uitest.Success(plan)
	for _, c := range []struct {
		name string
		make func(fleet.Result) fleet.Result
		err  error
		want string
	}{
		{"all well", func(r fleet.Result) fleet.Result { return r }, nil, "all 16 steps done"},
		{"one refused", func(r fleet.Result) fleet.Result { r.Steps[2].Outcome = fleet.OutcomeRefused; return r }, nil, "1 refused"},
		{"one unknown", func(r fleet.Result) fleet.Result { r.Steps[2].Outcome = fleet.OutcomeUnknown; return r }, nil, "failed or in doubt"},
		{"one not verified", func(r fleet.Result) fleet.Result { r.Verified = r.Verified[1:]; return r }, nil, "1 not confirmed"},
		{"one verified as wrong", func(r fleet.Result) fleet.Result { r.Verified[0].OK = false; return r }, nil, "1 not confirmed"},
		{"one without a result", func(r fleet.Result) fleet.Result { r.Steps = r.Steps[:15]; return r }, nil, "15 steps done"},
		{"an error at once", func(fleet.Result) fleet.Result { return fleet.Result{} }, errors.New("no audit, no act: disk full"), "not carried out"},
		{"an error at the end", func(r fleet.Result) fleet.Result { return r }, errors.New("audit: disk full"), "disk full"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := uitest.Play(t, ui.Rect{W: 100, H: 60}, uitest.Dressed{})
			p.Holds = true
			p.Incident().Keys("j", "f", "y")
			r := whole
			r.Steps = append([]fleet.StepResult(nil), whole.Steps...)
			r.Verified = append([]fleet.Verification(nil), whole.Verified...)
			p.Send(ui.Applied{Digest: applied(p)[0].Digest, Result: c.make(r), Err: c.err})
			wants(t, p, c.want)
			if says := strings.Contains(p.Text(), "✓ all"); says != (c.name == "all well") {
				t.Errorf("ok is said: %v\n%s", says, p.Text())
			}
		})
	}
}

func TestPutAwayAndBack(t *testing.T) {
	p := uitest.Play(t, ui.Rect{W: 100, H: 30}, uitest.Dressed{})
	p.Holds = true
	p.Incident().Keys("j", "f", "y", "esc").Wait(10 * time.Second)
	wants(t, p, "LINE STOPS", "fix running: 0 of 16 steps")
	p.Keys("q")
	if len(uitest.Sent[ui.Quit](p)) != 0 {
		t.Error("q left while a deed runs")
	}
	wants(t, p, "FIX", "running")
	p.Keys("esc", "D")
	if n := len(uitest.Sent[ui.MakePlan](p)); n != 1 {
		t.Errorf("a second deed was planned while one runs (%d plans)", n)
	}
	p.Keys("esc", "5", "f")
	wants(t, p, "FIX", "running")
	p.Keys("esc")
	a := applied(p)[0]
	p.Send(ui.Applied{Digest: a.Digest, Result: uitest.Success(a.Plan)})
	wants(t, p, "all 16 steps done")
}

func TestUndoRightAfterAReap(t *testing.T) {
	p := at(t, 100, 40).Keys("D").Type("9").Keys("enter")
	wants(t, p, "Put them back")
	p.Keys("z")
	asked := uitest.Sent[ui.MakePlan](p)
	if last := asked[len(asked)-1]; last.Action != fleet.ActionUndo || len(last.Targets) != 9 {
		t.Errorf("z asked for %s of %d", last.Action, len(last.Targets))
	}
}

func TestEmptyPlanSaysWhy(t *testing.T) {
	p := uitest.Play(t, ui.Rect{W: 100, H: 30}, uitest.Dressed{})
	p.Makes = func(s *fleet.Snapshot, id fleet.ActionID, _ []fleet.Subject) (fleet.Plan, error) {
		return fleet.Plan{Action: id, Title: "reap 0 run dirs", MadeAt: s.At, Kept: []fleet.Kept{{Subject: fleet.OfHost("intel"), Why: []string{"clock of intel is off by 4m"}}}}, nil
	}
	p.Incident().Keys("D", "y", "enter")
	if len(applied(p)) != 0 {
		t.Error("an empty plan was carried out")
	}
	p.Keys("D")
	wants(t, p, "nothing to do", "clock of intel is off by 4m")
}
