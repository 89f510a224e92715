package rules

import (
	"slices"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// find runs one rule and returns its findings.
func find(t *testing.T, id fleet.RuleID, s *fleet.Snapshot) []fleet.Finding {
	t.Helper()
	for _, r := range All() {
		if r.ID == id {
			return r.Evaluate(s)
		}
	}
	t.Fatalf("no rule %s", id)
	return nil
}

func one(t *testing.T, id fleet.RuleID, s *fleet.Snapshot) fleet.Finding {
	t.Helper()
	fs := find(t, id, s)
	if len(fs) != 1 {
		t.Fatalf("%s: %d findings, want 1: %+v", id, len(fs), fs)
	}
	return fs[0]
}

func TestEveryRuleIsExplained(t *testing.T) {
	if len(All()) < 8 {
		t.Errorf("%d rules", len(All()))
	}
	seen := map[fleet.RuleID]bool{}
	for _, r := range All() {
		seen[r.ID] = true
	}
	for _, r := range All() {
		if r.Title == "" || len(r.Doc.Whys) != 5 || r.Doc.Cure == "" || r.Doc.NoCure == "" || r.Doc.Cost == "" || r.Actor == "" || len(r.Requires) == 0 || r.Severity == "" {
			t.Errorf("%s: title, five whys, cure, no-cure, cost, actor, sources or severity missing", r.ID)
		}
		for _, c := range r.Causes {
			if !seen[c] {
				t.Errorf("%s: cause %s is no rule", r.ID, c)
			}
		}
		if fs := r.Evaluate(fleet.Join(fleet.Reads{})); len(fs) != 0 {
			t.Errorf("%s: finds %v in an empty fleet", r.ID, fs)
		}
		w := fleettest.New()
		w.Host("intel")
		w.Job(w.Run(5, w.PR(1792), fleet.ConclusionSuccess), "test", "intel-1")
		w.Dir("intel", "aprender-ci/1792/run-5")
		if fs := r.Evaluate(w.Snapshot()); len(fs) != 0 {
			t.Errorf("%s: cries wolf in a healthy fleet: %+v", r.ID, fs)
		}
	}
}

func TestRunDirOwner(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	start := w.At.Add(-2 * time.Hour)
	for i, n := range []int{1792, 1793} {
		id := fleet.RunID(100 + i)
		w.Job(w.Run(id, w.PR(n), fleet.ConclusionFailure), "test", "intel-1")
		fleettest.RootOwned(w.Dir("intel", "aprender-ci/"+itoa(n)+"/run-"+itoa(int(id))), start.Add(5*time.Second))
	}
	f := one(t, "run-dir-owner", w.Snapshot())
	if f.Key != "intel/born" || f.Severity != fleet.SeverityStop || !slices.Equal(f.Suggested, []fleet.ActionID{fleet.ActionChown, fleet.ActionRerun}) {
		t.Errorf("%+v", f)
	}
	if !strings.Contains(f.Summary, "2 run dirs on intel") || !strings.Contains(f.Summary, "2 PRs") {
		t.Errorf("summary %q", f.Summary)
	}
	told(t, f)

	// A dir younger than a minute may be about to be mended by its own job.
	w.Job(fleettest.Live(w.Run(102, w.PR(1794), "")), "test", "intel-1")
	fleettest.RootOwned(w.Dir("intel", "aprender-ci/1794/run-102"), w.At.Add(-20*time.Second))
	if g := one(t, "run-dir-owner", w.Snapshot()); len(g.Evidence) != 2 {
		t.Errorf("a fresh dir counted: %+v", g.Evidence)
	}
}

func TestVerdictsOfHostAndGitHubRestOnBoth(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	p := w.PR(1693)
	w.Job(w.Run(1, p, fleet.ConclusionFailure), "test", "intel-1")
	fleettest.RootOwned(w.Dir("intel", "aprender-ci/1693/run-1"), w.At.Add(-2*time.Hour))
	w.Job(fleettest.Live(w.Run(5, p, "")), "test", "intel-1")
	w.Job(fleettest.Live(w.Run(6, p, "")), "test", "intel-2")
	w.Dir("intel", "aprender-ci/1693/debug").Writers = fleet.Unknown[[]fleet.Writer]("not root")
	jobs := fleet.SourceID{Kind: fleet.SourceJobs, Of: string(fleettest.Repo)}
	for _, id := range []fleet.RuleID{"run-dir-owner", "shared-run-dir"} {
		if f := one(t, id, w.Snapshot()); !slices.Contains(f.Rests, jobs) || !slices.Contains(f.Rests, fleet.HostSource("intel")) {
			t.Errorf("%s rests on %v: without GitHub its end cannot be seen", id, f.Rests)
		}
	}
}

func TestRunDirOwnerRecreatedIsNotCuredByChown(t *testing.T) {
	w := fleettest.New()
	w.Host("intel").Cleaners = []fleet.Cleaner{{Name: "runner-disk-guard.timer", Wired: true}}
	w.Job(w.Run(5, w.PR(1792), fleet.ConclusionFailure), "test", "intel-1")
	fleettest.RootOwned(w.Dir("intel", "aprender-ci/1792/run-5"), w.At.Add(-90*time.Minute))
	f := one(t, "run-dir-owner", w.Snapshot())
	if f.Key != "intel/recreated" || len(f.Suggested) != 0 || !strings.Contains(f.Advice, "runner-disk-guard.timer") {
		t.Errorf("%+v", f)
	}
	told(t, f)
}

func TestRunDirOwnerMissing(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	w.Job(fleettest.Live(w.Run(5, w.PR(1792), "")), "test", "intel-1")
	w.Samples = []fleet.Sample{{ID: fleet.DirID{Host: "intel", Path: fleettest.Targets + "/aprender-ci/1792/run-5"}, Run: fleet.RunKey{Repo: fleettest.Repo, ID: 5}}}
	f := one(t, "run-dir-owner", w.Snapshot())
	if f.Key != "intel/missing" || len(f.Suggested) != 0 {
		t.Errorf("%+v", f)
	}
	told(t, f)
}

func TestDiskPressure(t *testing.T) {
	for _, tc := range []struct {
		free int64
		want fleet.Severity
	}{{1800, ""}, {540, fleet.SeverityWarn}, {100, fleet.SeverityStop}} {
		w := fleettest.New()
		d := &w.Host("intel").Disks[0]
		d.FreeBytes = tc.free << 30
		fs := find(t, "disk-pressure", w.Snapshot())
		if tc.want == "" {
			if len(fs) != 0 {
				t.Errorf("free %d: %+v", tc.free, fs)
			}
			continue
		}
		if len(fs) != 1 || fs[0].Severity != tc.want || len(fs[0].Suggested) != 0 {
			t.Fatalf("free %d: %+v", tc.free, fs)
		}
		told(t, fs[0])
	}
	full := fleettest.New()
	sw := full.Host("intel")
	sw.Disks[0].FreeBytes, sw.Trash = 100<<30, []fleet.Trash{{Root: fleettest.Targets, Name: "x-1"}}
	if f := one(t, "disk-pressure", full.Snapshot()); !slices.Equal(f.Suggested, []fleet.ActionID{fleet.ActionPurge}) {
		t.Errorf("reaped dirs in the trash, suggested %v", f.Suggested)
	}
}

func TestOrphanDirs(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	for i, n := range []int{1700, 1701, 1702} {
		p := w.PR(n)
		w.Run(fleet.RunID(i+1), p, fleet.ConclusionSuccess)
		w.Dir("intel", "aprender-ci/"+itoa(n)+"/run-"+itoa(i+1)).Bytes = fleet.Known(int64(200<<30), w.At)
		switch n {
		case 1700:
			p.State, p.ClosedAt = fleet.PRMerged, w.At.Add(-72*time.Hour)
		case 1701:
			p.State, p.ClosedAt = fleet.PRClosed, w.At.Add(-10*time.Minute) // too fresh
		}
	}
	f := one(t, "orphan-dirs", w.Snapshot())
	if f.Severity != fleet.SeverityWarn || !strings.HasPrefix(f.Summary, "1 orphan dir of 1 ended PR on intel, 200.0 GiB") {
		t.Errorf("%+v", f)
	}
	told(t, f)
	if !strings.Contains(f.Cost, "one that is opened again: a cold build of about 200 GiB") {
		t.Errorf("cost %q", f.Cost)
	}
}

func TestUnmeasuredIsNotZero(t *testing.T) {
	w := fleettest.New()
	w.Host("intel").Disks[0].FreeBytes = 100 << 30
	for i, n := range []int{1700, 1701} {
		p := w.PR(n)
		p.State, p.ClosedAt = fleet.PRMerged, w.At.Add(-72*time.Hour)
		w.Dir("intel", "aprender-ci/"+itoa(n)+"/run-"+itoa(i+1)).Bytes = fleet.Unknown[int64]("not measured")
	}
	if f := one(t, "orphan-dirs", w.Snapshot()); !strings.Contains(f.Summary, "size not measured yet") {
		t.Errorf("%s", f.Summary)
	}
	w.Dir("intel", "aprender-ci/1700/run-9")
	if f := one(t, "orphan-dirs", w.Snapshot()); !strings.Contains(f.Summary, "at least 10.0 GiB, 2 not measured yet") {
		t.Errorf("%s", f.Summary)
	}
	for _, e := range one(t, "disk-pressure", w.Snapshot()).Evidence {
		if strings.Contains(e.Fact, " 0.0 GiB") {
			t.Errorf("unknown shown as zero: %s", e.Fact)
		}
	}
}

func TestPartialListsAreGivenTime(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	src := w.Sources[fleet.SourceID{Kind: fleet.SourcePulls, Of: string(fleettest.Repo)}]
	src.State, src.Since = fleet.SourcePartial, w.At.Add(-time.Minute)
	if fs := find(t, "source-stale", w.Snapshot()); len(fs) != 0 {
		t.Errorf("a list still being read: %+v", fs)
	}
	src.Since = w.At.Add(-2 * time.Minute)
	if f := one(t, "source-stale", w.Snapshot()); !strings.Contains(f.Summary, "answer not whole") {
		t.Errorf("%s", f.Summary)
	}
}

func TestSharedRunDir(t *testing.T) {
	writer := func(pid int, cgroup string, started time.Time) fleet.Writer {
		return fleet.Writer{PID: pid, Cgroup: cgroup, Started: started}
	}
	for _, tc := range []struct {
		name string
		make func(*fleettest.World) *fleet.RunDir
		want string
	}{
		{"two jobs of one run in two containers", func(w *fleettest.World) *fleet.RunDir {
			r := fleettest.Live(w.Run(5, w.PR(1792), ""))
			w.Job(r, "test", "intel-1")
			w.Job(r, "guards", "intel-2")
			d := w.Dir("intel", "aprender-ci/1792/run-5")
			d.Writers = fleet.Known([]fleet.Writer{writer(1, "a", w.At), writer(2, "b", w.At)}, w.At)
			return d
		}, "2 jobs of run 5"},
		{"two jobs, writers of one container only", func(w *fleettest.World) *fleet.RunDir {
			r := fleettest.Live(w.Run(5, w.PR(1792), ""))
			w.Job(r, "test", "intel-1")
			w.Job(r, "lint", "intel-2")
			d := w.Dir("intel", "aprender-ci/1792/run-5")
			d.Writers = fleet.Known([]fleet.Writer{writer(1, "a", w.At), writer(2, "a", w.At)}, w.At)
			return d
		}, ""},
		{"per-PR dir under two live runs", func(w *fleettest.World) *fleet.RunDir {
			p := w.PR(1693)
			w.Job(fleettest.Live(w.Run(5, p, "")), "test", "intel-1")
			w.Job(fleettest.Live(w.Run(6, p, "")), "test", "intel-2")
			d := w.Dir("intel", "aprender-ci/1693/debug")
			d.Writers = fleet.Unknown[[]fleet.Writer]("not root")
			return d
		}, "runs 5 and 6 build in it"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := fleettest.New()
			w.Host("intel")
			d := tc.make(w)
			fs := find(t, "shared-run-dir", w.Snapshot())
			if tc.want == "" {
				if len(fs) != 0 {
					t.Errorf("%+v", fs)
				}
				return
			}
			if len(fs) != 1 || !strings.Contains(fs[0].Summary, tc.want) || fs[0].Key != d.ID().String() {
				t.Fatalf("%+v", fs)
			}
			told(t, fs[0])
		})
	}
}

func itoa(n int) string {
	b := []byte{}
	for ; n > 0; n /= 10 {
		b = append([]byte{byte('0' + n%10)}, b...)
	}
	return string(b)
}

// BenchmarkJoinAndRules is the figure: join and rules over 1,000 hosts
// with 50 run dirs each.
func BenchmarkJoinAndRules(b *testing.B) {
	r := largeFleet(1000, 50)
	rules := All()
	b.ReportAllocs()
	for b.Loop() {
		s := fleet.Join(r)
		fleet.Board{}.Fold(s, rules)
	}
}

func largeFleet(hosts, dirs int) fleet.Reads {
	w := fleettest.New()
	for h := range hosts {
		name := fleet.HostName("h" + itoa(h+1))
		w.Host(name)
		for d := range dirs {
			id := h*dirs + d + 1
			if d == 0 { // one run and pull request per host that GitHub still lists
				w.Job(w.Run(fleet.RunID(id), w.PR(id), fleet.ConclusionFailure), "test", string(name)+"-1")
			}
			x := w.Dir(name, "aprender-ci/"+itoa(id)+"/run-"+itoa(id))
			if d%10 == 0 {
				fleettest.RootOwned(x, w.At.Add(-2*time.Hour))
			}
		}
	}
	return w.Reads()
}
