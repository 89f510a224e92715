package actions

import (
	"slices"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
	"andon/fleet/rules"
)

func plan(t *testing.T, id fleet.ActionID, in fleet.PlanInput) fleet.Plan {
	t.Helper()
	a, err := Find(id)
	if err != nil {
		t.Fatal(err)
	}
	p, err := a.Plan(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Validate(); err != nil {
		t.Errorf("%s builds a plan that is not valid: %v", id, err)
	}
	return p
}

func kept(p fleet.Plan) string {
	var out []string
	for _, k := range p.Kept {
		out = append(out, k.Subject.String()+": "+strings.Join(k.Why, "; "))
	}
	return strings.Join(out, "\n")
}

// incident is two pull requests blocked by dirs born root-owned, one by a dir
// made again in mid-job, and one merged with a dead dir.
func incident() *fleettest.World {
	w := fleettest.New()
	w.Host("intel")
	start := w.At.Add(-2 * time.Hour)
	for i, rel := range []string{"1792", "1793", "1796"} {
		id := fleet.RunID(i + 1)
		w.Job(w.Run(id, w.PR(1792+[]int{0, 1, 4}[i]), fleet.ConclusionFailure), "test", "intel-1")
		born := start.Add(5 * time.Second)
		if rel == "1796" {
			born = start.Add(30 * time.Minute)
		}
		fleettest.RootOwned(w.Dir("intel", "aprender-ci/"+rel+"/run-"+string(rune('1'+i))), born)
	}
	dead := w.PR(1700)
	dead.State, dead.ClosedAt, dead.Alone = fleet.PRMerged, w.At.Add(-72*time.Hour), true
	w.Job(w.Run(9, dead, fleet.ConclusionSuccess), "test", "intel-1")
	w.Dir("intel", "aprender-ci/1700/run-9")
	return w
}

func TestEveryActionIsExplainedAndDoesNothingWithNothing(t *testing.T) {
	for _, a := range All() {
		if a.Title == "" || a.Doc == "" || a.Cost == "" || a.Key == "" {
			t.Errorf("%s: title, doc, cost or key missing", a.ID)
		}
		if a.ID == fleet.ActionFix {
			continue
		}
		if p := plan(t, a.ID, fleet.PlanInput{Snapshot: incident().Settled()}); !p.Empty() {
			t.Errorf("%s: no targets, %d steps: empty must mean do nothing", a.ID, len(p.Steps))
		}
	}
	if _, err := Find("rm"); err == nil {
		t.Error("found action rm")
	}
}

func TestFixChainsChownVerifyRerun(t *testing.T) {
	s := incident().Settled()
	b := fleet.Board{}.Fold(s, rules.All())
	a, ok := b.Alert("run-dir-owner/intel/born")
	if !ok {
		t.Fatalf("no alert: %+v", b.Alerts)
	}
	p := plan(t, fleet.ActionFix, fleet.PlanInput{Snapshot: s, Alert: &a})
	if len(p.Steps) != 4 || p.Alert != a.Fingerprint() {
		t.Fatalf("%+v\n%s", p.Steps, kept(p))
	}
	for _, st := range p.Steps[:2] {
		if st.Verb != fleet.VerbChown || st.Expect.Inode == 0 || !slices.Equal(st.From, []uint32{0}) || st.Root.Owner != (fleet.Owner{UID: 1000, GID: 1000}) {
			t.Errorf("%+v", st)
		}
	}
	for i, st := range p.Steps[2:] {
		if st.Verb != fleet.VerbRerun || !slices.Equal(st.Needs, []int{i + 1}) || st.Expect.RunAttempt != 1 {
			t.Errorf("%+v", st)
		}
	}
}

func TestChownSaysThatParentsAreMendedToo(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	w.Job(w.Run(5, w.PR(1792), fleet.ConclusionFailure), "test", "intel-1")
	d := fleettest.RootOwned(w.Dir("intel", "aprender-ci/1792/run-5"), w.At.Add(-2*time.Hour))
	d.Ancestors = []fleet.Ancestor{{Rel: "aprender-ci", Owner: fleet.Owner{UID: 1000, GID: 1000}}, {Rel: "aprender-ci/1792"}}
	p := plan(t, fleet.ActionChown, fleet.PlanInput{Snapshot: w.Snapshot(), Targets: []fleet.Subject{fleet.OfHost("intel")}})
	if len(p.Steps) != 1 || !strings.Contains(p.Steps[0].Says, "and 1 parent folder") {
		t.Errorf("%+v", p.Steps)
	}
}

// A fix takes no targets of its own: one that is named would be ignored, and its
// naming would lift what protects the others.
func TestFixRefusesTargets(t *testing.T) {
	w := incident()
	a := fleet.Alert{Finding: fleet.Finding{Rule: "run-dir-owner", Suggested: []fleet.ActionID{fleet.ActionChown}}}
	fix, err := Find(fleet.ActionFix)
	if err != nil {
		t.Fatal(err)
	}
	in := fleet.PlanInput{Snapshot: w.Snapshot(), Alert: &a, Targets: []fleet.Subject{fleet.OfHost("intel")}, Named: true}
	if p, err := fix.Plan(in); err == nil || !strings.Contains(err.Error(), "drop them") {
		t.Errorf("%d steps, %v", len(p.Steps), err)
	}
}

func TestRerunIsRefusedWhileTheCauseStands(t *testing.T) {
	s := incident().Settled()
	p := plan(t, fleet.ActionRerun, fleet.PlanInput{Snapshot: s, Targets: []fleet.Subject{fleet.OfRun(fleet.RunKey{Repo: fleettest.Repo, ID: 1})}})
	if !p.Empty() || !strings.Contains(kept(p), "the cause stands") {
		t.Errorf("%+v\n%s", p.Steps, kept(p))
	}
}

func TestRerunRefusals(t *testing.T) {
	for name, tc := range map[string]struct {
		edit func(*fleettest.World, *fleet.WorkflowRun)
		want string
	}{
		"may":   {func(*fleettest.World, *fleet.WorkflowRun) {}, ""},
		"live":  {func(_ *fleettest.World, r *fleet.WorkflowRun) { fleettest.Live(r) }, "it is in_progress"},
		"green": {func(_ *fleettest.World, r *fleet.WorkflowRun) { r.Conclusion = fleet.ConclusionSuccess }, "ended with success"},
		"superseded": {func(w *fleettest.World, _ *fleet.WorkflowRun) {
			w.Run(8, &fleet.PullRequest{HeadRef: "pr-1", HeadRepo: fleettest.Repo}, "").CreatedAt = w.At
		}, "newer run"},
		"too old": {func(w *fleettest.World, r *fleet.WorkflowRun) { r.CreatedAt = w.At.Add(-31 * 24 * time.Hour) }, "older than 30 days"},
		"stale": {func(w *fleettest.World, _ *fleet.WorkflowRun) {
			w.Sources[fleet.SourceID{Kind: fleet.SourceRuns, Of: string(fleettest.Repo)}].State = fleet.SourceFailing
		}, "not current"},
		"old writers": {func(w *fleettest.World, _ *fleet.WorkflowRun) {
			w.Dir("intel", "aprender-ci/1/run-5").Writers = fleet.Known([]fleet.Writer{{PID: 7}}, w.At)
		}, "1 writer of its last attempt alive"},
	} {
		t.Run(name, func(t *testing.T) {
			w := fleettest.New()
			w.Host("intel")
			r := w.Run(5, w.PR(1), fleet.ConclusionFailure)
			tc.edit(w, r)
			p := plan(t, fleet.ActionRerun, fleet.PlanInput{Snapshot: w.Snapshot(), Targets: []fleet.Subject{fleet.OfRun(fleet.RunKey{Repo: fleettest.Repo, ID: 5})}})
			if p.Empty() != (tc.want != "") || !strings.Contains(kept(p), tc.want) {
				t.Errorf("steps %d, kept %s", len(p.Steps), kept(p))
			}
		})
	}
}

func TestChownKeepsWhatItDoesNotCure(t *testing.T) {
	w := incident()
	mine := w.Dir("intel", "aprender-ci/1800/run-77")
	mine.Owner = fleet.Owner{UID: 1001, GID: 1001}
	s := w.Settled()
	p := plan(t, fleet.ActionChown, fleet.PlanInput{Snapshot: s, Targets: []fleet.Subject{fleet.OfHost("intel")}})
	if len(p.Steps) != 2 {
		t.Errorf("%d steps, want the two born root-owned", len(p.Steps))
	}
	if k := kept(p); !strings.Contains(k, "1796/run-3: made 30m0s after its job began") || !strings.Contains(k, "owned by uid 1001, not by root") {
		t.Errorf("kept:\n%s", k)
	}
	named := plan(t, fleet.ActionChown, fleet.PlanInput{Snapshot: s, Named: true, Targets: []fleet.Subject{{Kind: fleet.SubjectDir, Host: "intel", Path: fleettest.Targets + "/aprender-ci/1796/run-3"}}})
	if len(named.Steps) != 1 || len(named.Notes) == 0 {
		t.Errorf("named: %+v\n%s", named, kept(named))
	}
	w.Hosts[0].Privilege = fleet.PrivilegeNone
	if p := plan(t, fleet.ActionChown, fleet.PlanInput{Snapshot: w.Settled(), Targets: []fleet.Subject{fleet.OfHost("intel")}}); !p.Empty() || !strings.Contains(kept(p), "without sudo") {
		t.Errorf("privilege none: %s", kept(p))
	}
}

func TestReapTakesOnlyTheProvablyDead(t *testing.T) {
	w := incident()
	s := w.Settled()
	p := plan(t, fleet.ActionReap, fleet.PlanInput{Snapshot: s, Targets: []fleet.Subject{fleet.OfHost("intel")}})
	if len(p.Steps) != 1 || p.Steps[0].Path() != fleettest.Targets+"/aprender-ci/1700/run-9" || p.Typed != "1" {
		t.Fatalf("%+v\n%s", p.Steps, kept(p))
	}
	st := p.Steps[0]
	if !st.Expect.NoWriters || st.Expect.MinIdle != 30*time.Minute || st.Expect.MTimeNS == 0 || st.Expect.RunAttempt != 1 || st.Expect.PRState != fleet.PRMerged {
		t.Errorf("expect %+v", st.Expect)
	}
	if len(p.Disks) != 1 || p.Disks[0].Frees != 10<<30 {
		t.Errorf("disks %+v", p.Disks)
	}
	one := plan(t, fleet.ActionReap, fleet.PlanInput{Snapshot: w.Snapshot(), Targets: []fleet.Subject{fleet.OfHost("intel")}})
	if !one.Empty() || one.Kept[0].Until.IsZero() {
		t.Errorf("one look only: %d steps, kept %s until %s", len(one.Steps), kept(one), one.Kept[0].Until)
	}
}

func TestReapCapAndTrash(t *testing.T) {
	w := incident()
	w.Policy.MaxDirs = 1
	for i := range 2 {
		p := w.PR(1600 + i)
		p.State, p.ClosedAt, p.Alone = fleet.PRClosed, w.At.Add(-72*time.Hour), true
		id := fleet.RunID(60 + i)
		w.Run(id, p, fleet.ConclusionSuccess)
		w.Dir("intel", "aprender-ci/160"+string(rune('0'+i))+"/run-6"+string(rune('0'+i)))
	}
	a, _ := Find(fleet.ActionReap)
	if _, err := a.Plan(fleet.PlanInput{Snapshot: w.Settled(), Targets: []fleet.Subject{fleet.OfHost("intel")}}); err == nil || !strings.Contains(err.Error(), "cap of 1") {
		t.Errorf("cap: %v", err)
	}

	r := fleet.Reaped{Host: "intel", Root: fleet.Root{Path: fleettest.Targets}, Components: []string{"aprender-ci", "1700", "run-9"}, Trash: "x-1", Until: w.At.Add(time.Minute)}
	in := fleet.PlanInput{Snapshot: w.Snapshot(), Targets: []fleet.Subject{fleet.OfHost("intel")}, Reaped: []fleet.Reaped{r}}
	if p := plan(t, fleet.ActionPurge, in); !p.Empty() || p.Kept[0].Until != r.Until {
		t.Errorf("purge within the undo window: %+v", p)
	}
	in.Now = true
	if p := plan(t, fleet.ActionPurge, in); len(p.Steps) != 1 || !p.Steps[0].Now || p.Typed != "1" {
		t.Errorf("purge now: %+v", p)
	}
	if p := plan(t, fleet.ActionUndo, in); len(p.Steps) != 1 || p.Steps[0].Trash != "x-1" {
		t.Errorf("undo: %+v", p)
	}
}

func TestFixOfAFullDiskReapsThenPurges(t *testing.T) {
	w := incident()
	w.Sweeps["intel"].Disks[0].FreeBytes = 10 << 30
	w.Sweeps["intel"].Trash = []fleet.Trash{{Root: fleettest.Targets, Name: "x-1"}}
	reaped := []fleet.Reaped{{Host: "intel", Root: fleet.Root{Path: fleettest.Targets}, Components: []string{"aprender-ci", "1600", "run-7"}, Trash: "x-1", Until: w.At.Add(time.Minute)}}
	verbs := func(s *fleet.Snapshot, now bool) []fleet.Verb {
		a, ok := fleet.Board{}.Fold(s, rules.All()).Alert("disk-pressure/intel:" + fleettest.Targets)
		if !ok {
			t.Fatal("no alert")
		}
		var out []fleet.Verb
		for _, st := range plan(t, fleet.ActionFix, fleet.PlanInput{Snapshot: s, Alert: &a, Reaped: reaped, Now: now}).Steps {
			out = append(out, st.Verb)
		}
		return out
	}
	if got := verbs(w.Settled(), true); !slices.Equal(got, []fleet.Verb{fleet.VerbReap}) {
		t.Errorf("with a dead dir: %v", got)
	}
	if got := verbs(w.Snapshot(), true); !slices.Equal(got, []fleet.Verb{fleet.VerbPurge}) { // seen once only: nothing to reap yet
		t.Errorf("with nothing to reap: %v", got)
	}
	if got := verbs(w.Snapshot(), false); len(got) != 0 {
		t.Errorf("the undo window was given up without being asked: %v", got)
	}
}

func TestReadOnlySaysSo(t *testing.T) {
	w := incident()
	w.Policy.ReadOnly = true
	p := plan(t, fleet.ActionChown, fleet.PlanInput{Snapshot: w.Settled(), Targets: []fleet.Subject{fleet.OfHost("intel")}})
	if !slices.ContainsFunc(p.Notes, func(n string) bool { return strings.HasPrefix(n, "read-only") }) {
		t.Errorf("notes %v", p.Notes)
	}
}
