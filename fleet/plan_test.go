package fleet_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/actions"
	"andon/fleet/fleettest"
)

func samplePlan() fleet.Plan {
	root := fleet.Root{Path: fleettest.Targets, Owner: fleet.Owner{UID: 1000, GID: 1000}}
	return fleet.Plan{Action: fleet.ActionFix, MadeAt: fleettest.Now, Steps: []fleet.Step{
		{N: 1, Verb: fleet.VerbChown, Host: "intel", Root: root, Components: []string{"aprender-ci", "1792", "run-5"}, Bytes: fleet.Known(int64(1), fleettest.Now)},
		{N: 2, Verb: fleet.VerbRerun, Run: fleet.RunKey{Repo: fleettest.Repo, ID: 5}, Needs: []int{1}},
	}}
}

func TestPlanDigestSurvivesAFileAndMovesWithAnyChange(t *testing.T) {
	p := samplePlan()
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	var back fleet.Plan
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	if back.Digest() != p.Digest() {
		t.Error("digest changed by writing and reading")
	}
	back.Steps[0].Components[1] = "1793"
	if back.Digest() == p.Digest() {
		t.Error("another dir, the same digest")
	}
}

func TestPlanFromAFileIsGatedAgain(t *testing.T) {
	for name, edit := range map[string]func(*fleet.Plan){
		"dot-dot":            func(p *fleet.Plan) { p.Steps[0].Components = []string{"aprender-ci", "..", "run-5"} },
		"slash inside":       func(p *fleet.Plan) { p.Steps[0].Components = []string{"aprender-ci/1792", "run-5"} },
		"repo dir":           func(p *fleet.Plan) { p.Steps[0].Components = []string{"aprender-ci"} },
		"empty":              func(p *fleet.Plan) { p.Steps[0].Components = nil },
		"shell name":         func(p *fleet.Plan) { p.Steps[0].Components = []string{"aprender-ci", "$(id)", "run-5"} },
		"system root":        func(p *fleet.Plan) { p.Steps[0].Root.Path = "/etc/x" },
		"no host":            func(p *fleet.Plan) { p.Steps[0].Host = "" },
		"unknown verb":       func(p *fleet.Plan) { p.Steps[0].Verb = "rm" },
		"misnumbered":        func(p *fleet.Plan) { p.Steps[1].N = 7 },
		"needs a later step": func(p *fleet.Plan) { p.Steps[0].Needs = []int{2} },
		"no run":             func(p *fleet.Plan) { p.Steps[1].Run.ID = 0 },
		"about another dir":  func(p *fleet.Plan) { p.Steps[0].Subject = fleet.OfHost("intel") },
		"about another run":  func(p *fleet.Plan) { p.Steps[1].Subject = fleet.OfRun(fleet.RunKey{Repo: fleettest.Repo, ID: 6}) },
		"another's entries":  func(p *fleet.Plan) { p.Steps[0].From = []uint32{0, 1002} },
		"trash leaves":       func(p *fleet.Plan) { p.Steps[0].Verb, p.Steps[0].Trash = fleet.VerbPurge, "../x" },
	} {
		p := samplePlan()
		edit(&p)
		if p.Validate() == nil {
			t.Errorf("%s: valid", name)
		}
	}
	if err := samplePlan().Validate(); err != nil {
		t.Error(err)
	}
}

// A reap out of a file must carry the whole predicate: what is not expected is
// not checked again when it acts.
func TestReapFromAFileCarriesThePredicate(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	pr := w.PR(1693)
	pr.State, pr.ClosedAt, pr.Alone = fleet.PRClosed, w.At.Add(-48*time.Hour), true
	w.Run(7, pr, fleet.ConclusionSuccess)
	w.Dir("intel", "aprender-ci/1693/run-7")
	act, err := actions.Find(fleet.ActionReap)
	if err != nil {
		t.Fatal(err)
	}
	made, err := act.Plan(fleet.PlanInput{Snapshot: w.Settled(), Targets: []fleet.Subject{fleet.OfHost("intel")}})
	if err != nil || len(made.Steps) != 1 || made.Validate() != nil {
		t.Fatalf("%+v %v %v", made, err, made.Validate())
	}
	for name, edit := range map[string]func(*fleet.Expect){
		"no inode":        func(e *fleet.Expect) { e.Inode = 0 },
		"writers allowed": func(e *fleet.Expect) { e.NoWriters = false },
		"no idle time":    func(e *fleet.Expect) { e.MinIdle = 0 },
		"no run":          func(e *fleet.Expect) { e.Run = fleet.RunKey{} },
		"another run":     func(e *fleet.Expect) { e.Run.ID = 8 },
		"another repo":    func(e *fleet.Expect) { e.Run.Repo = "paiml/other" },
		"no attempt":      func(e *fleet.Expect) { e.RunAttempt = 0 },
		"live run":        func(e *fleet.Expect) { e.RunStatus = fleet.StatusInProgress },
		"no pull request": func(e *fleet.Expect) { e.PR, e.PRState = fleet.PRKey{}, "" },
		"another's":       func(e *fleet.Expect) { e.PR.Number = 1694 },
		"any state":       func(e *fleet.Expect) { e.PRState = "" },
	} {
		p := made
		p.Steps = []fleet.Step{made.Steps[0]}
		edit(&p.Steps[0].Expect)
		if p.Validate() == nil {
			t.Errorf("%s: valid", name)
		}
	}
}

func TestAnswerIsWholeOrCutOff(t *testing.T) {
	whole := `{"kind":"hello","version":1}` + "\n" + `{"kind":"step","step":{"n":1,"outcome":"done"}}` + "\n" + `{"kind":"end","steps":1}` + "\n"
	got, err := fleet.ParseAnswer([]byte(whole))
	if err != nil || len(got) != 1 || got[0].Outcome != fleet.OutcomeDone {
		t.Fatalf("%v, %v", got, err)
	}
	for i := range whole {
		if _, err := fleet.ParseAnswer([]byte(whole[:i])); err == nil {
			t.Fatalf("cut at byte %d: taken as whole", i)
		}
	}
	if _, err := fleet.ParseAnswer([]byte(strings.Replace(whole, `"steps":1`, `"steps":2`, 1))); !errors.Is(err, fleet.ErrAnswerTruncated) {
		t.Errorf("a step is missing: %v", err)
	}
	if _, err := fleet.ParseAnswer([]byte(strings.Replace(whole, `"version":1`, `"version":2`, 1))); !errors.Is(err, fleet.ErrAnswerVersion) {
		t.Errorf("another version: %v", err)
	}
}

func TestRecordChain(t *testing.T) {
	a, _ := fleet.Record{Kind: fleet.RecordIntent, Operator: "mei", At: fleettest.Now}.Seal(1, "")
	b, _ := fleet.Record{Kind: fleet.RecordResult, Operator: "mei", At: fleettest.Now}.Seal(2, a.Hash)
	if err := a.Check(1, ""); err != nil {
		t.Error(err)
	}
	if err := b.Check(2, a.Hash); err != nil {
		t.Error(err)
	}
	c := b
	c.Operator = "somebody else"
	for name, err := range map[string]error{"edited": c.Check(2, a.Hash), "gap": b.Check(3, a.Hash), "other line before": b.Check(2, "x")} {
		if err == nil {
			t.Errorf("%s: passes", name)
		}
	}
}

func TestTargetsRoundTrip(t *testing.T) {
	for _, s := range []fleet.Subject{fleet.OfHost("intel"), fleet.OfDir(fleet.DirID{Host: "intel", Path: "/mnt/a/b"}), fleet.OfDisk("intel", "/mnt/a"),
		fleet.OfPR(fleet.PRKey{Repo: "a/b", Number: 7}), fleet.OfRun(fleet.RunKey{Repo: "a/b", ID: 9})} {
		if got, err := fleet.ParseTarget(s.String()); err != nil || got != s {
			t.Errorf("%s: got %v, %v", s, got, err)
		}
	}
	for _, bad := range []string{"", "intel", "dir:intel", "dir::/x", "pr:a/b", "pr:a#1", "run:a/b", "run:a/b/x", "job:a/b/1/2", "disk:h:rel"} {
		if got, err := fleet.ParseTarget(bad); err == nil {
			t.Errorf("%q: accepted as %v", bad, got)
		}
	}
}
