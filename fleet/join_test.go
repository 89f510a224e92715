package fleet_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

func TestJoinKeepsWhichKeysMatched(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	own, fork, old := w.PR(1792), w.PR(1793), w.PR(1794)
	fork.HeadRepo = "stranger/aprender"
	w.Job(w.Run(1, own, fleet.ConclusionFailure), "test", "intel-1")
	w.Run(2, fork, fleet.ConclusionFailure).PullRequests = nil
	r3 := w.Run(3, old, fleet.ConclusionCancelled)
	r3.SHA, r3.PullRequests = "an older push", nil
	q := w.Run(4, own, fleet.ConclusionSuccess)
	q.Branch, q.SHA, q.PullRequests = "gh-readonly-queue/main/pr-1792-"+strings.Repeat("a", 40), "x", nil
	for _, rel := range []string{"aprender-ci/1792/run-1", "aprender-ci/1793/run-2", "aprender-ci/1794/run-3", "aprender-ci/gh-readonly-queue/main/pr-1792-" + strings.Repeat("a", 40) + "/run-4", "aprender-ci/1999/run-9", "aprender-ci/1793/run-404"} {
		w.Dir("intel", rel)
	}
	s := w.Snapshot()
	for rel, want := range map[string]string{
		"aprender-ci/1792/run-1":   "1792 head,pull_requests,dir_name,run_id,runner_host",
		"aprender-ci/1793/run-2":   "1793 head,dir_name,run_id",
		"aprender-ci/1794/run-3":   "1794 dir_name,run_id,branch",
		"aprender-ci/1999/run-9":   "0 dir_name",
		"aprender-ci/1793/run-404": "1793 dir_name",
		"aprender-ci/gh-readonly-queue/main/pr-1792-" + strings.Repeat("a", 40) + "/run-4": "1792 queue_branch,dir_name,run_id",
	} {
		d, ok := s.DirOf(fleet.DirID{Host: "intel", Path: fleettest.Targets + "/" + rel})
		if !ok {
			t.Errorf("%s: not joined", rel)
			continue
		}
		if got := strings.TrimSpace(itoa(d.PR.Number) + " " + d.Keys.String()); got != want {
			t.Errorf("%s: got %q, want %q", rel, got, want)
		}
	}
	if len(s.DirsOfPR(own.Key())) != 2 {
		t.Errorf("dirs of #1792: %d, want 2", len(s.DirsOfPR(own.Key())))
	}
}

func itoa(n int) string { b, _ := json.Marshal(n); return string(b) }

func TestKeysThatDisagreeAreAConflict(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	a, b := w.PR(1), w.PR(2)
	w.Run(7, a, fleet.ConclusionFailure)
	d := w.Dir("intel", "aprender-ci/2/run-7")
	s := w.Settled()
	got, _ := s.DirOf(d.ID())
	if got.Conflict == "" || got.PR != a.Key() {
		t.Errorf("pr %v conflict %q; #%d by head, #%d by name", got.PR, got.Conflict, a.Number, b.Number)
	}
	if v := s.Reapable(got, true); v.OK() || !strings.Contains(strings.Join(v.Refusals, "\n"), "disagree") {
		t.Errorf("reapable with a conflict: %v", v)
	}
}

// Two repositories of one name that both claim a run: the dir is neither's to act on.
func TestARunOfTwoRepositoriesIsAConflict(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	pr := w.PR(1693)
	pr.State, pr.ClosedAt, pr.Alone = fleet.PRClosed, w.At.Add(-48*time.Hour), true
	run := w.Run(7, pr, fleet.ConclusionSuccess)
	w.Dir("intel", "aprender-ci/1693/run-7")
	r := w.Reads()
	twin := *run
	twin.Repo = "evil/aprender"
	r.Repos, r.Runs = append(r.Repos, twin.Repo), append(r.Runs, twin)
	s := fleet.Join(r)
	if d := s.Dirs[0]; !strings.Contains(d.Conflict, "evil/aprender") || s.Reapable(d, true).OK() {
		t.Errorf("run %s, conflict %q", d.Run, d.Conflict)
	}
}

func TestReapableNeedsEveryCondition(t *testing.T) {
	type world struct {
		*fleettest.World
		pr  *fleet.PullRequest
		run *fleet.WorkflowRun
		job *fleet.Job
		dir *fleet.RunDir
	}
	for _, tc := range []struct {
		name  string
		spoil func(world)
		want  string // "" = may be reaped
	}{
		{"all hold", func(world) {}, ""},
		{"run live", func(w world) { fleettest.Live(w.run) }, "is in_progress"},
		{"run queued", func(w world) { w.run.Status = fleet.StatusQueued }, "is queued"},
		{"unknown status word", func(w world) { w.run.Status = "hibernating" }, "is hibernating"},
		{"job live", func(w world) { w.job.Status = fleet.StatusInProgress }, "1 job of its run live"},
		{"run unknown", func(w world) { w.run.ID = 6 }, "not resolved"},
		{"writer", func(w world) { w.dir.Writers = fleet.Known([]fleet.Writer{{PID: 4711}}, w.At) }, "pid 4711"},
		{"writers unknown", func(w world) { w.dir.Writers = fleet.Unknown[[]fleet.Writer]("not root") }, "unknown: not root"},
		{"written lately", func(w world) { w.dir.Newest = fleet.Known(w.At.Add(-5*time.Minute), w.At) }, "written 5m"},
		{"newest unknown", func(w world) { w.dir.Newest = fleet.Fact[time.Time]{} }, "newest write is unknown"},
		{"symlink", func(w world) { w.dir.Symlink = true }, "symbolic link"},
		{"host stale", func(w world) { w.Sources[fleet.HostSource("intel")].State = fleet.SourceFailing }, "host intel is failing"},
		{"runs partial", func(w world) {
			w.Sources[fleet.SourceID{Kind: fleet.SourceRuns, Of: string(fleettest.Repo)}].State = fleet.SourcePartial
		}, "about runs of paiml/aprender is partial"},
		{"pulls stale", func(w world) {
			w.Sources[fleet.SourceID{Kind: fleet.SourcePulls, Of: string(fleettest.Repo)}].ReadAt = w.At.Add(-time.Hour)
		}, "about pulls of paiml/aprender is stale"},
		{"clock off", func(w world) { w.Sweeps["intel"].Facts.Clock = w.At.Add(2 * time.Hour) }, "clock of intel"},
		{"one key, open", func(w world) { w.run.PullRequests, w.run.SHA = nil, "older" }, "only one join key"},
		{"one key, closed by its own GET", func(w world) {
			w.run.PullRequests, w.run.SHA = nil, "older"
			w.pr.State, w.pr.ClosedAt, w.pr.Alone = fleet.PRMerged, w.At.Add(-3*time.Hour), true
		}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := world{World: fleettest.New()}
			w.Host("intel")
			w.pr = w.PR(1792)
			w.run = w.Run(5, w.pr, fleet.ConclusionFailure)
			w.job = w.Job(w.run, "test", "intel-1")
			w.dir = w.Dir("intel", "aprender-ci/1792/run-5")
			tc.spoil(w)
			s := w.Settled()
			d, _ := s.DirOf(w.dir.ID())
			v := s.Reapable(d, false)
			if got := strings.Join(v.Refusals, "; "); (tc.want == "") != v.OK() || !strings.Contains(got, tc.want) {
				t.Errorf("refusals %q, want %q", got, tc.want)
			}
		})
	}
}

func TestReapableWantsTwoLooksAndSaysWhen(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	w.Job(w.Run(5, w.PR(1792), fleet.ConclusionFailure), "test", "intel-1")
	dir := w.Dir("intel", "aprender-ci/1792/run-5")
	first := w.Snapshot()
	d, _ := first.DirOf(dir.ID())
	v := first.Reapable(d, false)
	if want := w.At.Add(2 * time.Minute); v.OK() || !v.Until.Equal(want) {
		t.Fatalf("one look: %+v, want to wait until %s", v, want)
	}
	// The dir is made again between the looks: the clock starts anew.
	r := w.Reads()
	r.Samples = first.TakeSamples()
	r.At = r.At.Add(3 * time.Minute)
	r.Sweeps[0].At, r.Sweeps[0].Facts.Clock = r.At, r.At
	for i := range r.Sources {
		r.Sources[i].ReadAt = r.At
	}
	second := fleet.Join(r)
	d, _ = second.DirOf(dir.ID())
	if v := second.Reapable(d, false); !v.OK() {
		t.Errorf("two looks: %v", v.Refusals)
	}
	r.Sweeps[0].Dirs[0].Newest = fleet.Known(w.At.Add(time.Minute), r.At)
	d, _ = fleet.Join(r).DirOf(dir.ID())
	if v := fleet.Join(r).Reapable(d, false); v.OK() {
		t.Error("a dir written to between the looks counted as unchanged")
	}
	r.Sweeps[0].Dirs[0].Newest = fleet.Known(w.At.Add(-time.Hour), r.At)
	r.Sweeps[0].Dirs[0].Inode++
	d, _ = fleet.Join(r).DirOf(dir.ID())
	if v := fleet.Join(r).Reapable(d, false); v.OK() {
		t.Error("another inode under the same name counted as seen before")
	}
}

func TestALookWithoutGitHubIsNoLook(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	w.Job(w.Run(5, w.PR(1792), fleet.ConclusionFailure), "test", "intel-1")
	id := w.Dir("intel", "aprender-ci/1792/run-5").ID()
	first := w.Snapshot().TakeSamples()
	blind := w.Reads()
	blind.Samples, blind.Runs, blind.At = first, nil, w.At.Add(time.Minute)
	blind.Sweeps[0].At = blind.At
	s := fleet.Join(blind)
	d, _ := s.DirOf(id)
	if d.Sample != first[0] {
		t.Errorf("a look without the run changed the sample: %+v, was %+v", d.Sample, first[0])
	}
	if v := s.Reapable(d, true); v.OK() {
		t.Error("reapable without its run")
	}
	unswept := w.Reads() // as the first snapshot of a console is
	unswept.Samples, unswept.Sweeps = s.TakeSamples(), nil
	unswept.Sources[len(unswept.Sources)-1].State = fleet.SourceNever
	seeing := w.Reads()
	seeing.Samples, seeing.At = fleet.Join(unswept).TakeSamples(), w.At.Add(3*time.Minute)
	seeing.Sweeps[0].At, seeing.Sweeps[0].Facts.Clock = seeing.At, seeing.At
	d, _ = fleet.Join(seeing).DirOf(id)
	if got := d.Sample.Last.Sub(d.Sample.Since); got != 3*time.Minute {
		t.Errorf("seen alike for %s, want 3m: the blind look in between cost the first", got)
	}
}

func TestProtectedRefsMustBeNamed(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	p := w.PR(1)
	r := w.Run(5, p, fleet.ConclusionSuccess)
	r.Branch, r.Event, r.PullRequests = "main", "push", nil
	w.Job(r, "test", "intel-1")
	dir := w.Dir("intel", "aprender-ci/main/run-5")
	s := w.Settled()
	d, _ := s.DirOf(dir.ID())
	if v := s.Reapable(d, false); v.OK() || !strings.Contains(v.Refusals[0], "protected") {
		t.Errorf("not named: %v", v.Refusals)
	}
	if v := s.Reapable(d, true); !v.OK() {
		t.Errorf("named: %v", v.Refusals)
	}
}

func TestOwnershipTellsBirthsApart(t *testing.T) {
	start := fleettest.Now.Add(-2 * time.Hour)
	for _, tc := range []struct {
		name string
		edit func(*fleettest.World, *fleet.RunDir, *fleet.Job)
		want fleet.OwnerState
	}{
		{"fits", func(_ *fleettest.World, d *fleet.RunDir, _ *fleet.Job) { d.Owner = fleet.Owner{UID: 1000} }, fleet.OwnerFits},
		{"born with its job", func(_ *fleettest.World, d *fleet.RunDir, _ *fleet.Job) {}, fleet.OwnerBorn},
		{"born with a later step", func(_ *fleettest.World, d *fleet.RunDir, j *fleet.Job) {
			fleettest.RootOwned(d, start.Add(13*time.Minute))
			j.Steps = []fleet.JobStep{{Name: "docker run", StartedAt: start.Add(13*time.Minute - 10*time.Second)}}
		}, fleet.OwnerBorn},
		{"made in the middle of a step", func(_ *fleettest.World, d *fleet.RunDir, j *fleet.Job) {
			fleettest.RootOwned(d, start.Add(25*time.Minute))
			j.Steps = []fleet.JobStep{{Name: "cargo test", StartedAt: start.Add(time.Minute)}}
		}, fleet.OwnerRecreated},
		{"no birth time, unchanged since the start", func(_ *fleettest.World, d *fleet.RunDir, _ *fleet.Job) { d.Birth = fleet.Unknown[time.Time]("tmpfs") }, fleet.OwnerBorn},
		{"no birth time, changed since", func(_ *fleettest.World, d *fleet.RunDir, _ *fleet.Job) {
			d.Birth, d.ChangeTime = fleet.Unknown[time.Time]("tmpfs"), start.Add(time.Hour)
		}, fleet.OwnerDoubtful},
		{"no job known on this host", func(_ *fleettest.World, _ *fleet.RunDir, j *fleet.Job) { j.Runner = "yoga-1" }, fleet.OwnerDoubtful},
		{"another inode before", func(w *fleettest.World, d *fleet.RunDir, _ *fleet.Job) {
			w.Samples = []fleet.Sample{{ID: d.ID(), Dev: 1, Inode: 9}}
		}, fleet.OwnerRecreated},
		{"entries inside", func(_ *fleettest.World, d *fleet.RunDir, _ *fleet.Job) {
			d.Owner, d.Foreign = fleet.Owner{UID: 1000, GID: 1000}, fleet.Known(fleet.Foreign{Count: 3}, fleettest.Now)
		}, fleet.OwnerInside},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := fleettest.New()
			w.Host("intel")
			job := w.Job(w.Run(5, w.PR(1792), fleet.ConclusionFailure), "test", "intel-1")
			d := fleettest.RootOwned(w.Dir("intel", "aprender-ci/1792/run-5"), start.Add(10*time.Second))
			tc.edit(w, d, job)
			s := w.Snapshot()
			got, _ := s.DirOf(d.ID())
			if v := s.Ownership(got); v.State != tc.want {
				t.Errorf("got %v (%s), want %v", v.State, v.Why, tc.want)
			}
		})
	}
}

func TestDirGoneUnderALiveJob(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	w.Job(fleettest.Live(w.Run(5, w.PR(1792), "")), "test", "intel-1")
	w.Dir("intel", "aprender-ci/1792/run-5")
	before := w.Snapshot().TakeSamples()
	r := w.Reads()
	r.Samples, r.Sweeps[0].Dirs = before, nil
	if g := fleet.Join(r).Gone; len(g) != 1 {
		t.Fatalf("gone: %v, want one", g)
	}
	r.Sources[len(r.Sources)-1].State = fleet.SourceFailing // the host's
	s := fleet.Join(r)
	if len(s.Gone) != 0 {
		t.Error("a host that does not answer was read as an empty one")
	}
	if len(s.TakeSamples()) != 1 {
		t.Error("what was seen before was forgotten while the host does not answer")
	}
}

func TestRecordedReadsJoinTheSame(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	w.Job(w.Run(5, w.PR(1792), fleet.ConclusionFailure), "test", "intel-1")
	w.Dir("intel", "aprender-ci/1792/run-5").Newest = fleet.Unknown[time.Time]("cut off")
	b, err := json.Marshal(w.Reads())
	if err != nil {
		t.Fatal(err)
	}
	var back fleet.Reads
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatal(err)
	}
	got, want := fleet.Join(back), w.Snapshot()
	if len(got.Dirs) != 1 || got.Dirs[0].Keys != want.Dirs[0].Keys || got.Dirs[0].Path != want.Dirs[0].Path || got.Dirs[0].Newest.Why() != "cut off" {
		t.Errorf("got %+v\nwant %+v", got.Dirs, want.Dirs)
	}
	bad := strings.Replace(string(b), "aprender-ci/1792/run-5", "../../etc", 1)
	if err := json.Unmarshal([]byte(bad), &back); err == nil {
		t.Error("a recorded path that leaves its root was accepted")
	}
}
