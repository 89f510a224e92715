package present_test

import (
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/present"
	"andon/ui/uitest"
)

func scene(t *testing.T) present.Scene {
	t.Helper()
	s := fleet.Join(uitest.Incident())
	return present.SceneOf(ui.Env{Snapshot: s, Board: uitest.Alerts(s), Now: uitest.Now()})
}

func TestHostRows(t *testing.T) {
	rows := present.HostRows(scene(t))
	if len(rows) != 3 || rows[0].Host != "intel" || rows[0].Sign != kit.SignStop {
		t.Fatalf("the worst host is not first: %+v", rows)
	}
	intel := rows[0]
	if intel.Dirs != 22 || intel.Orphans != 10 || intel.Orphan < 338*uitest.Gib || intel.Busy != 3 || intel.Runners != 16 {
		t.Errorf("intel counts %+v", intel)
	}
	if intel.Writers != -1 {
		t.Errorf("one dir's writers are unknown, so the sum is not %d", intel.Writers)
	}
	if s := present.HostRows(present.SceneOf(ui.Env{Now: uitest.Now()})); len(s) != 0 {
		t.Errorf("rows before a snapshot: %+v", s)
	}
}

func TestUnknownIsNeverZero(t *testing.T) {
	r := uitest.Incident()
	r.Sweeps = nil
	s := fleet.Join(r)
	for _, h := range present.HostRows(present.SceneOf(ui.Env{Snapshot: s, Now: uitest.Now()})) {
		if h.Free >= 0 || h.Dirs >= 0 || h.Writers >= 0 || h.Age >= 0 {
			t.Errorf("a host nobody saw has figures: %+v", h)
		}
		if _, known := h.Used.Known(); known {
			t.Errorf("a host nobody saw has a known disk: %+v", h)
		}
	}
	for _, d := range present.DirRows(scene(t)) {
		if strings.HasSuffix(string(d.Rel), "scratch/notes") && (d.Bytes >= 0 || d.Sign != kit.SignUnknown) {
			t.Errorf("an unmeasured, unrecognised dir is %+v", d)
		}
	}
}

func TestPRRows(t *testing.T) {
	rows := present.PRRows(scene(t))
	byNumber := make(map[int]present.PRRow)
	for _, r := range rows {
		byNumber[r.PR.Number] = r
	}
	for _, c := range []struct {
		pr   int
		sign kit.Sign
		ci   kit.Sign
		dirs int
		why  string
	}{
		{1792, kit.SignStop, kit.SignFail, 1, "run-dir-owner"},
		{1797, kit.SignStop, kit.SignFail, 2, "run-dir-owner"},
		{1790, kit.SignRun, kit.SignRun, 1, "running"},
		{1711, kit.SignInfo, kit.SignOK, 9, "merged 3d ago"},
		{1698, kit.SignInfo, kit.SignOK, 1, "closed 6d ago"},
	} {
		r := byNumber[c.pr]
		if r.Sign != c.sign || r.CI != c.ci || r.Dirs != c.dirs || !strings.Contains(string(r.Why), c.why) {
			t.Errorf("#%d is sign %d, ci %d, %d dirs, %q", c.pr, r.Sign, r.CI, r.Dirs, r.Why)
		}
	}
	if byNumber[1792].Stale || !byNumber[1792].Foreign || byNumber[1698].Writers != -1 {
		t.Error("owner, writers or staleness of a row are wrong")
	}
}

func TestCISignIsOfTheHeadOnly(t *testing.T) {
	p := fleet.PullRequest{HeadSHA: "new"}
	old := fleet.WorkflowRun{SHA: "old", Status: fleet.StatusCompleted, Conclusion: fleet.ConclusionFailure}
	good := fleet.WorkflowRun{SHA: "new", Status: fleet.StatusCompleted, Conclusion: fleet.ConclusionSuccess}
	live := fleet.WorkflowRun{SHA: "new", Status: fleet.StatusInProgress}
	for _, c := range []struct {
		runs []fleet.WorkflowRun
		want kit.Sign
	}{{nil, kit.SignUnknown}, {[]fleet.WorkflowRun{old}, kit.SignUnknown}, {[]fleet.WorkflowRun{old, good}, kit.SignOK}, {[]fleet.WorkflowRun{good, live}, kit.SignRun}} {
		if got := present.CISign(p, c.runs); got != c.want {
			t.Errorf("%v is %d, want %d", c.runs, got, c.want)
		}
	}
}

func TestGrowth(t *testing.T) {
	at := uitest.Now()
	points := func(free ...int64) []ui.Point {
		var out []ui.Point
		for i, f := range free {
			out = append(out, ui.Point{At: at.Add(time.Duration(i) * 10 * time.Minute), Free: f * uitest.Gib})
		}
		return out
	}
	for _, c := range []struct {
		name  string
		of    []ui.Point
		text  string
		fills time.Duration
	}{
		{"one reading says nothing", points(100), "", 0},
		{"steady", points(100, 100, 100), "steady", 0},
		{"fills", points(100, 90, 80), "+60.0 GiB/h", 80 * time.Minute},
		{"counts from the purge on", points(10, 5, 200, 190, 180), "+60.0 GiB/h", 3 * time.Hour},
	} {
		g := present.GrowthOf(c.of)
		if string(g.Text()) != c.text || g.FullIn.Round(time.Minute) != c.fills {
			t.Errorf("%s: %q, full in %v", c.name, g.Text(), g.FullIn)
		}
	}
}

func TestRememberKeepsTheOld(t *testing.T) {
	s := fleet.Join(uitest.Incident())
	one := present.Remember(nil, s)
	again := present.Remember(one, s) // the same sweep: nothing new
	later := present.Remember(one, fleet.Join(uitest.IncidentAt(uitest.Now().Add(time.Minute))))
	k := fleet.OfDisk("intel", "/mnt/nvme-raid0/targets")
	if len(one[k]) != 1 || len(again[k]) != 1 || len(later[k]) != 2 {
		t.Errorf("%d, %d, %d readings", len(one[k]), len(again[k]), len(later[k]))
	}
	for range 300 {
		s = fleet.Join(uitest.IncidentAt(s.At.Add(time.Minute)))
		later = present.Remember(later, s)
	}
	if len(later[k]) > 120 || len(one[k]) != 1 {
		t.Errorf("%d readings are kept, the first value has %d", len(later[k]), len(one[k]))
	}
}

func TestDeedRows(t *testing.T) {
	rows := present.DeedRows(uitest.Records(), uitest.Now())
	if len(rows) != 4 {
		t.Fatalf("%d rows", len(rows))
	}
	doubt, refused, reaped := rows[0], rows[2], rows[1]
	if doubt.Outcome != "in doubt" || doubt.Sign != kit.SignUnknown {
		t.Errorf("an intent without its result is %+v", doubt)
	}
	if refused.Sign != kit.SignWarn || !refused.Undo.IsZero() || !strings.Contains(string(refused.Detail), "48112") {
		t.Errorf("a refusal is %+v", refused)
	}
	if reaped.Undo.IsZero() || reaped.Verified == "" {
		t.Errorf("a reap is %+v", reaped)
	}
	if rows := present.DeedRows(uitest.Records(), uitest.Now().Add(time.Hour)); !rows[1].Undo.IsZero() {
		t.Error("undo is offered after its window")
	}
}

func TestVerificationThatFailsIsNotOK(t *testing.T) {
	recs := uitest.Records()[:3]
	v := *recs[2].Verified
	v.OK = false
	recs[2].Verified = &v
	if r := present.DeedRows(recs, uitest.Now())[0]; r.Sign == kit.SignOK || !strings.HasPrefix(string(r.Verified), "NOT") {
		t.Errorf("a deed that was not confirmed is %+v", r)
	}
}

func TestSamePlan(t *testing.T) {
	s := fleet.Join(uitest.Incident())
	plan := func() fleet.Plan {
		p, err := uitest.Plan(s, fleet.ActionFix, nil)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	a := plan()
	for name, change := range map[string]func(*fleet.Plan){
		"made later":        func(p *fleet.Plan) { p.MadeAt = p.MadeAt.Add(time.Minute) },
		"measured again":    func(p *fleet.Plan) { p.Steps[0].Bytes = fleet.Known(int64(7), p.MadeAt) },
		"another countdown": func(p *fleet.Plan) { p.Kept = append(p.Kept, fleet.Kept{Until: p.MadeAt}) },
	} {
		b := plan()
		change(&b)
		if !present.SamePlan(a, b) {
			t.Errorf("%s: called another plan", name)
		}
	}
	for name, change := range map[string]func(*fleet.Plan){
		"another inode":    func(p *fleet.Plan) { p.Steps[0].Expect.Inode++ },
		"another attempt":  func(p *fleet.Plan) { p.Steps[9].Expect.RunAttempt++ },
		"a step less":      func(p *fleet.Plan) { p.Steps = p.Steps[1:] },
		"something typed":  func(p *fleet.Plan) { p.Typed = "16" },
		"another object":   func(p *fleet.Plan) { p.Steps[0].Components[1] = "main" },
		"without its need": func(p *fleet.Plan) { p.Steps[9].Needs = nil },
	} {
		b := plan()
		change(&b)
		if present.SamePlan(a, b) {
			t.Errorf("%s: called the same plan", name)
		}
	}
}

func TestRunnerRows(t *testing.T) {
	rows := present.RunnerRows(scene(t), "intel")
	if len(rows) != 16 || rows[0].Sign != kit.SignWarn || rows[0].Service != "failed" {
		t.Fatalf("a runner whose service failed is not first: %+v", rows[0])
	}
	if r := rows[1]; r.PR != "#1790" || r.Elapsed <= 0 || r.Usual != 41*time.Minute {
		t.Errorf("the busy runner is %+v", r)
	}
	r := uitest.Incident()
	r.Runners = nil // no permission to list them: the services still tell
	s := present.SceneOf(ui.Env{Snapshot: fleet.Join(r), Now: uitest.Now()})
	for _, row := range present.RunnerRows(s, "intel") {
		if row.Sign == kit.SignIdle {
			t.Errorf("an unlisted runner is called idle: %+v", row)
		}
	}
}

func TestShareRows(t *testing.T) {
	rows := present.ShareRows(scene(t), "intel")
	for i := range rows[1:] {
		if rows[i].Bytes < rows[i+1].Bytes {
			t.Errorf("%s before %s", rows[i].Name, rows[i+1].Name)
		}
	}
	if rows[1].Name != "aprender #1711" || len(rows[1].Dirs) != 9 {
		t.Errorf("shards are not one share: %+v", rows[1])
	}
}

func TestLamps(t *testing.T) {
	got := present.Lamps(scene(t))
	if want := (kit.Lamps{Stop: 2, Warn: 2, OK: 2, Stale: 1}); got != want {
		t.Errorf("lamps are %+v, want %+v", got, want)
	}
	if n := present.Lamps(present.SceneOf(ui.Env{Now: uitest.Now()})); n.Worst() != kit.SignUnknown {
		t.Errorf("nothing known is %+v", n)
	}
}

func TestClock(t *testing.T) {
	for d, want := range map[time.Duration]kit.Safe{0: "0:00", 55 * time.Minute: "55:00", 72 * time.Second: "1:12", 3 * time.Hour: "180:00"} {
		if got := present.Clock(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}

// TestLitSubjects: the worst alert decides, rules are named once and worst
// first, and what is muted or over names nothing.
func TestLitSubjects(t *testing.T) {
	s := fleet.Join(uitest.Incident())
	lit := present.LitSubjects(uitest.Alerts(s))
	intel := lit[fleet.OfHost("intel")]
	if intel.Severity != fleet.SeverityStop || len(intel.Rules) != 3 || intel.Rules[0] != "disk-pressure" {
		t.Errorf("intel is named by %+v", intel)
	}
	pr := lit[fleet.OfPR(fleet.PRKey{Repo: uitest.Repo, Number: 1792})]
	if len(pr.Rules) != 1 || pr.Rules[0] != "run-dir-owner" {
		t.Errorf("#1792 is named by %+v, though same-failure is muted", pr)
	}
	over := uitest.Alerts(s)
	for i := range over.Alerts {
		over.Alerts[i].State = fleet.AlertResolved
	}
	if n := len(present.LitSubjects(over)); n != 0 {
		t.Errorf("alerts that are over name %d subjects", n)
	}
}

func TestRecentDeeds(t *testing.T) {
	got := present.RecentDeeds(present.DeedRows(uitest.Records(), uitest.Now()))
	if len(got) != 3 || got[0].Steps != 1 || got[1].Steps != 2 {
		t.Fatalf("%d deeds: %+v", len(got), got)
	}
	if reap := got[1]; reap.Sign != kit.SignWarn || reap.Proved != 1 || len(reap.Counts) != 2 {
		t.Errorf("a reap with one step refused is %+v", reap)
	}
}
