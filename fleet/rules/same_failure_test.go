package rules

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// The catalogue's verdicts the tests use.
var (
	diskFull = fleet.Verdict{Class: fleet.ClassInfra, Signature: "disk-full", Row: 16, Text: "No space left on device", Line: 812, Guard: "a quota",
		Cures: []fleet.Cure{fleet.CureReap, fleet.CureRerun}, Advice: "free the disk"}
	lostServer = fleet.Verdict{Class: fleet.ClassInfra, Signature: "lost-communication", Row: 21, Text: "lost communication with the server",
		From: fleet.FromAnnotation, Cures: []fleet.Cure{fleet.CureLook, fleet.CureRerun}}
	noCreate = fleet.Verdict{Class: fleet.ClassSuspect, Signature: "create-dir", Row: 2, Text: "failed to create directory", Guard: "a missing mount",
		Cures: []fleet.Cure{fleet.CureChown, fleet.CureRerun}}
	textBusy = fleet.Verdict{Class: fleet.ClassSuspect, Signature: "text-busy", Row: 65, Text: "Text file busy", Cures: []fleet.Cure{fleet.CureRerun}}
	badCode  = fleet.Verdict{Class: fleet.ClassCode, Text: "error[E0432]: unresolved import `serde::private`"}
)

// failingWorld has so many branches, each with a run of its own in which a job
// failed alike, one every five minutes, on hosts intel and yoga in turn.
func failingWorld(branches int, step string, v fleet.Verdict) *fleettest.World {
	w := fleettest.New()
	w.Host("intel")
	w.Host("yoga")
	for i := range branches {
		r := w.Run(fleet.RunID(100+i), w.PR(1790+i), fleet.ConclusionFailure)
		host := []string{"intel", "yoga"}[i%2]
		j := w.Job(r, "workspace-test", fmt.Sprintf("%s-%d", host, i+1))
		endedAs(j, fleet.ConclusionFailure, w.At.Add(time.Duration(i-branches)*5*time.Minute))
		verdict(j, step, v)
	}
	return w
}

// passing adds branches whose same job passed on intel, within the last minutes.
func passing(w *fleettest.World, n int) {
	for i := range n {
		j := w.Job(w.Run(fleet.RunID(500+i), w.PR(2000+i), fleet.ConclusionSuccess), "workspace-test", "intel-1")
		endedAs(j, fleet.ConclusionSuccess, w.At.Add(-time.Minute))
	}
}

func TestStopTheLine(t *testing.T) {
	w := failingWorld(4, "cargo test", diskFull)
	w.Sweeps["yoga"].Disks[0].FreeBytes = 20 << 30
	passing(w, 30)
	w.Job(w.Run(900, w.PR(1900), fleet.ConclusionFailure), "gate", "intel-1")
	f := one(t, "same-failure", w.Snapshot())
	told(t, f)
	if f.Severity != fleet.SeverityStop || f.Key != "infra/disk-full" {
		t.Errorf("%s %s", f.Severity, f.Key)
	}
	says(t, "summary", f.Summary, "STOP THE LINE: disk-full in 4 branches (#1790 #1791 #1792 #1793) on intel, yoga", "fix: reap, then rerun; first #1790 at 03:10 UTC on intel-1", "looked at 34 jobs")
	if len(f.Suggested) != 2 || f.Suggested[0] != fleet.ActionReap || f.Suggested[1] != fleet.ActionRerun || !f.About(fleet.OfDisk("yoga", fleettest.Targets)) || f.About(fleet.OfDisk("intel", fleettest.Targets)) {
		t.Errorf("reap the full disk, then rerun: %v on %v", f.Suggested, f.Subjects)
	}
	says(t, "advice", f.Advice, "free the disk")
	says(t, "evidence", evidenceOf(f), "workspace-test, step cargo test, line 812: No space left on device", "run 100 on pr-1790", "found 1 cluster")
	says(t, "ruled out", ruledOut(f), "look-alike: a quota; it would not show in 4 branches at once", "not full any more")
	says(t, "cost", f.Cost, "4 jobs of 4 runs again")
}

// An infrastructure signature is one cluster whatever job and step it hits.
func TestClusterIsOneOverJobsAndSteps(t *testing.T) {
	w := failingWorld(3, "cargo test", lostServer)
	for i, n := range []string{"lint", "guards"} {
		j := w.Jobs(fleet.RunID(100 + i))[0]
		j.Name = n
		verdict(j, "step "+n, lostServer)
	}
	f := one(t, "same-failure", w.Snapshot())
	says(t, "summary", f.Summary, "in 3 branches")
	says(t, "advice", f.Advice, "look first: on intel, yoga")
}

func TestClustersLookAlikes(t *testing.T) {
	each := func(do func(r *fleet.WorkflowRun, j *fleet.Job)) func(*fleettest.World) {
		return func(w *fleettest.World) {
			for _, r := range w.Runs() {
				do(r, w.Jobs(r.ID)[0])
			}
		}
	}
	for name, tc := range map[string]struct {
		n    int
		v    fleet.Verdict
		do   func(*fleettest.World)
		want string // in the summary; "" where nothing is found
	}{
		"two branches":             {2, diskFull, nil, ""},
		"one branch pushed thrice": {3, diskFull, each(func(r *fleet.WorkflowRun, _ *fleet.Job) { r.Branch, r.PullRequests, r.SHA = "pr-1790", nil, "" }), ""},
		"the same name in 3 forks": {3, diskFull, each(func(r *fleet.WorkflowRun, _ *fleet.Job) {
			r.Branch, r.HeadRepo = "fix", fleet.Repo(fmt.Sprintf("u%d/aprender", r.ID))
		}), "STOP THE LINE"},
		"merge queue":               {3, diskFull, each(func(r *fleet.WorkflowRun, _ *fleet.Job) { r.Event = "merge_group" }), ""},
		"gates":                     {3, diskFull, each(func(_ *fleet.WorkflowRun, j *fleet.Job) { j.Name = "ci / all-green" }), ""},
		"verdict cancelled":         {3, fleet.Verdict{Class: fleet.ClassCancelled, Signature: "cancelled", Text: "The operation was canceled."}, nil, ""},
		"cancelled, not classified": {3, fleet.Verdict{}, each(func(_ *fleet.WorkflowRun, j *fleet.Job) { j.Conclusion = fleet.ConclusionCancelled }), ""},
		"killed at its limit":       {3, fleet.Verdict{Class: fleet.ClassInfra, Signature: "step-limit", Row: 26}, nil, ""},
		"rerun since":               {3, diskFull, each(func(r *fleet.WorkflowRun, _ *fleet.Job) { r.Attempt = 2 }), ""},
		"six hours ago":             {3, diskFull, each(func(_ *fleet.WorkflowRun, j *fleet.Job) { j.CompletedAt = fleettest.Now.Add(-7 * time.Hour) }), ""},
		"their pull requests ended": {3, diskFull, func(w *fleettest.World) {
			for _, p := range w.PRs() {
				p.State, p.ClosedAt = fleet.PRMerged, w.At
			}
		}, ""},
		"pushed again, and it passed": {3, diskFull, func(w *fleettest.World) {
			for i, p := range w.PRs() {
				w.Run(fleet.RunID(300+i), p, fleet.ConclusionSuccess).CreatedAt = w.At.Add(-time.Minute)
			}
		}, ""},
		"pushed again, and one of them is still red": {3, diskFull, func(w *fleettest.World) {
			for i, p := range w.PRs()[:2] {
				w.Run(fleet.RunID(300+i), p, fleet.ConclusionSuccess).CreatedAt = w.At.Add(-time.Minute)
			}
		}, "STOP THE LINE"},
		"suspects of three branches":                    {3, textBusy, nil, "STOP THE LINE: text-busy"},
		"a suspect most others pass is a flake":         {3, textBusy, func(w *fleettest.World) { passing(w, 12) }, "workspace-test in 3 branches"},
		"suspects in two branches":                      {2, textBusy, nil, ""},
		"suspects at three places":                      {3, textBusy, each(func(r *fleet.WorkflowRun, j *fleet.Job) { verdict(j, fmt.Sprint("step ", r.ID), textBusy) }), ""},
		"code of three branches":                        {3, badCode, nil, "main may be broken"},
		"code that others pass":                         {3, badCode, func(w *fleettest.World) { passing(w, 3) }, ""},
		"unknown text of three branches":                {3, fleet.Verdict{Class: fleet.ClassUnknown, Text: "boom"}, nil, "boom"},
		"unknown text that others pass":                 {3, fleet.Verdict{Class: fleet.ClassUnknown, Text: "boom"}, func(w *fleettest.World) { passing(w, 3) }, ""},
		"code at the runner's own step is no lost host": {3, fleet.Verdict{Class: fleet.ClassCode, Step: "Set up runner"}, nil, ""},
		"no step failed and GitHub lists none: no place": {3, fleet.Verdict{}, each(func(_ *fleet.WorkflowRun, j *fleet.Job) {
			j.Steps, j.Verdict = nil, fleet.Unknown[fleet.Verdict]("no log")
		}), ""},
		"no step failed: the runner was lost": {3, fleet.Verdict{}, each(func(_ *fleet.WorkflowRun, j *fleet.Job) {
			j.Steps, j.Verdict = j.Steps[:1], fleet.Unknown[fleet.Verdict]("no log")
		}), "STOP THE LINE: " + lostRunner},
	} {
		t.Run(name, func(t *testing.T) {
			w := failingWorld(tc.n, "cargo test", tc.v)
			if tc.do != nil {
				tc.do(w)
			}
			s := w.Snapshot()
			if tc.want == "" {
				none(t, "same-failure", s)
				says(t, "look", Looked(s).String(), "found none")
				return
			}
			f := one(t, "same-failure", s)
			told(t, f)
			says(t, "summary", f.Summary, tc.want)
			if stop := strings.HasPrefix(f.Summary, "STOP THE LINE"); stop != (f.Severity == fleet.SeverityStop) {
				t.Errorf("severity %s: %s", f.Severity, f.Summary)
			}
		})
	}
}

// Two suspects whose hosts bear them out and one that was infrastructure by its
// text make three branches.
func TestCorroboratedSuspectsCount(t *testing.T) {
	w := failingWorld(3, "cargo build", noCreate)
	w.Jobs(102)[0].Name = "lint" // elsewhere, so that text alone would not reach three
	none(t, "same-failure", w.Snapshot())
	for i := range 3 {
		host := []fleet.HostName{"intel", "yoga"}[i%2]
		fleettest.RootOwned(w.Dir(host, fmt.Sprintf("aprender-ci/%d/run-%d", 1790+i, 100+i)), w.Jobs(fleet.RunID(100 + i))[0].StartedAt)
	}
	f := one(t, "same-failure", w.Snapshot())
	told(t, f)
	if f.Severity != fleet.SeverityStop || f.Suggested[0] != fleet.ActionChown || f.Suggested[1] != fleet.ActionRerun {
		t.Errorf("chown before rerun: %s %v", f.Severity, f.Suggested)
	}
	says(t, "evidence", evidenceOf(f), "owner 0:0, wanted 1000:1000")
	if n := len(f.Rests); n != 4 {
		t.Errorf("a suspect rests on its host too: %v", f.Rests)
	}
}

// While the writers of ended runs live, a rerun is the same race again.
func TestRerunWaitsForOldWriters(t *testing.T) {
	gone := fleet.Verdict{Class: fleet.ClassSuspect, Signature: "temp-dir", Row: 1, Text: "couldn't create a temp dir", Cures: []fleet.Cure{fleet.CureLook, fleet.CureRerun}}
	w := failingWorld(3, "cargo test", gone)
	f := one(t, "same-failure", w.Snapshot())
	if len(f.Suggested) != 1 || f.Suggested[0] != fleet.ActionRerun {
		t.Errorf("no writer is known: %v", f.Suggested)
	}
	d := w.Dir("intel", "aprender-ci/1790/run-100")
	d.Writers = fleet.Known([]fleet.Writer{{PID: 7, Command: "rustc", Started: w.Jobs(100)[0].StartedAt}}, w.At)
	f = one(t, "same-failure", w.Snapshot())
	told(t, f)
	if len(f.Suggested) != 0 {
		t.Errorf("suggested %v", f.Suggested)
	}
	says(t, "summary", f.Summary, "fix: end the writers that outlived their runs: on intel, yoga")
}

func TestMainMayBeBroken(t *testing.T) {
	w := failingWorld(3, "cargo test", badCode)
	f := one(t, "same-failure", w.Snapshot())
	if f.Severity != fleet.SeverityWarn || len(f.Suggested) != 0 {
		t.Errorf("%s %v", f.Severity, f.Suggested)
	}
	says(t, "gaps", gaps(f), "whether main itself fails")
	main := w.Run(400, &fleet.PullRequest{HeadRef: "main", HeadRepo: fleettest.Repo}, fleet.ConclusionSuccess)
	says(t, "ruled out", ruledOut(one(t, "same-failure", w.Snapshot())), "main itself passed last")
	main.Conclusion = fleet.ConclusionFailure
	says(t, "evidence", evidenceOf(one(t, "same-failure", w.Snapshot())), "main itself ended with failure last")
}

// TestAPartialPictureIsNoCluster: while the jobs are being read, the failures come
// before what passed meanwhile.
func TestAPartialPictureIsNoCluster(t *testing.T) {
	for name, v := range map[string]fleet.Verdict{"code": badCode, "suspect": textBusy} {
		t.Run(name, func(t *testing.T) {
			w := failingWorld(3, "cargo test", v)
			one(t, "same-failure", w.Snapshot())
			w.Sources[ofRepo(fleet.SourceJobs, fleettest.Repo)].State = fleet.SourcePartial
			none(t, "same-failure", w.Snapshot())
		})
	}
}

func TestLooked(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	for i := range 214 {
		j := w.Job(w.Run(fleet.RunID(i+1), w.PR(i+1), fleet.ConclusionSuccess), "test", "intel-1")
		if i < 5 {
			verdict(endedAs(j, fleet.ConclusionFailure, w.At), "cargo test", fleet.Verdict{Class: fleet.ClassCode, Text: fmt.Sprint("own failure ", i)})
		}
	}
	s := w.Snapshot()
	if got, want := Looked(s).String(), "looked at 214 jobs of 214 runs in 214 branches of the last 6h00m, 5 failed, found none"; got != want {
		t.Errorf("%s\nwant %s", got, want)
	}
	w.Jobs(1)[0].Verdict = fleet.Unknown[fleet.Verdict]("not read")
	w.Sources[jobsSource].State = fleet.SourcePartial
	l := Looked(w.Snapshot())
	says(t, "look", l.String(), "not counted: 1 without a verdict", "there may be more: jobs:paiml/aprender: answer not whole")
	says(t, "short", l.Short(), "looked at 214 jobs, list not whole")

	never := fleettest.New()
	never.Sources[jobsSource].State, never.Sources[jobsSource].ReadAt = fleet.SourceNever, time.Time{}
	says(t, "look", Looked(never.Snapshot()).String(), "not looked: jobs:paiml/aprender: not read yet")

	capped := fleettest.New()
	p := capped.PR(1)
	for i := range 1000 {
		capped.Run(fleet.RunID(i+1), p, fleet.ConclusionSuccess)
	}
	says(t, "look", strings.Join(Looked(capped.Snapshot()).Partial, ""), "1000 runs are at GitHub's cap")
}

func TestSameFailureLife(t *testing.T) {
	w := failingWorld(3, "cargo test", diskFull)
	set := func(c fleet.Conclusion) func(*fleettest.World) {
		return func(w *fleettest.World) {
			for _, r := range w.Runs() {
				endedAs(w.Jobs(r.ID)[0], c, w.At)
			}
		}
	}
	set(fleet.ConclusionSuccess)(w)
	wholeLife(t, "same-failure", w, jobsSource, set(fleet.ConclusionFailure), set(fleet.ConclusionSuccess))
}

func TestSameFailure(t *testing.T) {
	build := func(branches int, step, text string) *fleettest.World {
		w := fleettest.New()
		w.Host("intel")
		for i := range branches {
			r := w.Run(fleet.RunID(i+1), w.PR(1790+i), fleet.ConclusionFailure)
			j := w.Job(r, "workspace-test", "intel-"+itoa(i+1))
			j.Steps = []fleet.JobStep{{Name: step, Conclusion: fleet.ConclusionFailure}}
			if text != "" {
				j.Verdict = fleet.Known(fleet.Verdict{Class: fleet.ClassSuspect, Text: text}, w.At)
			}
		}
		return w
	}
	text := "error: failed to create directory `/workspace/target/debug`"
	f := one(t, "same-failure", build(3, "cargo test", text).Snapshot())
	if !strings.Contains(f.Summary, "in 3 branches") || !strings.Contains(f.Summary, "looked at 3 jobs") || !strings.Contains(f.Advice, "intel") {
		t.Errorf("%+v", f)
	}
	for name, w := range map[string]*fleettest.World{
		"two branches":                 build(2, "cargo test", text),
		"user step without text":       build(3, "cargo test", ""),
		"merge queue cascade":          build(3, "cargo test", text),
		"earlier attempt, rerun since": build(3, "cargo test", text),
	} {
		r := w.Reads()
		for i := range r.Runs {
			switch name {
			case "merge queue cascade":
				r.Runs[i].Event = "merge_group"
			case "earlier attempt, rerun since":
				r.Runs[i].Attempt = 2
			}
		}
		if fs := find(t, "same-failure", fleet.Join(r)); len(fs) != 0 {
			t.Errorf("%s: %+v", name, fs)
		}
	}
	if f := one(t, "same-failure", build(3, "Set up runner", "").Snapshot()); !strings.Contains(f.Summary, "Set up runner") {
		t.Errorf("a runner's own step needs no text: %+v", f)
	}
}
