package poll

import (
	"context"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"andon/fleet"
)

// Refresh must not share a sweep that began before it was asked.
func TestRefreshWaitsAndSweepsAnew(t *testing.T) {
	h := plant(t, "intel", "aprender-ci/1792/run-5")
	whole := answerOf(t, h)
	synctest.Test(t, func(t *testing.T) {
		l, f := newLab(t), newForge()
		l.answer["intel"] = func() ([]byte, error) { time.Sleep(10 * time.Second); return whole, nil }
		c := collector(l, f, nil, h)
		running(t, c)
		synctest.Wait()
		time.Sleep(time.Second)
		asked := time.Now()
		s, err := c.Refresh(t.Context(), "intel")
		if err != nil {
			t.Fatal(err)
		}
		sw, _ := s.SweepOf("intel")
		// A third may have begun: the measuring sweep that follows a host's first.
		tries := l.tries("intel")
		if len(tries) < 2 || len(tries) > 3 || tries[1].Sub(asked) != 9*time.Second || sw.At.Before(tries[1]) {
			t.Errorf("tries %v, asked at %s, sweep of %s", tries, asked, sw.At)
		}
		if len(tries) == 3 && tries[2].Sub(tries[1]) < 10*time.Second {
			t.Errorf("tries %v: two sweeps of one host at once", tries)
		}
	})
}

func TestRefreshReadsTheTouchedRepositories(t *testing.T) {
	l, f := newLab(t), newForge()
	h := plant(t, "intel", "aprender-ci/1792/run-5")
	f.runs = []fleet.WorkflowRun{run(5, "completed", "failure")}
	other := fleet.Repo("paiml/other")
	c := collector(l, f, func(c *Config) { c.Repos = append(c.Repos, other) }, h)
	c.Once(t.Context())
	lists := f.count("runs")
	f.set(func(f *forge) { f.runs[0].Attempt = 2 })
	l.mu.Lock()
	l.asks = nil
	l.mu.Unlock()
	s, err := c.Refresh(t.Context(), "intel")
	if err != nil {
		t.Fatal(err)
	}
	if r, _ := s.RunOf(fleet.RunKey{Repo: repo, ID: 5}); r.Attempt != 2 || f.count("runs") != lists+1 {
		t.Errorf("attempt %d, %d lists; want 2 and one list more", r.Attempt, f.count("runs")-lists)
	}
	// The dir's owner was wrong: whether a chown mended what lies below must be counted anew.
	if len(l.asks) != 1 || len(l.asks[0].Deep) != 1 || l.asks[0].Deep[0].Rel != "aprender-ci/1792/run-5" {
		t.Errorf("asked %+v, want one sweep that measures the dir", l.asks)
	}
}

func TestRefreshSaysWhatFailed(t *testing.T) {
	l := newLab(t)
	h := plant(t, "intel", "aprender-ci/1792/run-5")
	c := collector(l, nil, nil, h)
	c.Once(t.Context())
	l.says("intel", nil, errDown)
	s, err := c.Refresh(t.Context(), "intel")
	if err != nil || len(s.Dirs) != 1 {
		t.Errorf("%v, %d dirs", err, len(s.Dirs))
	}
	source(t, s, fleet.HostSource("intel"), fleet.SourceFailing, fleet.CauseUnreachable)
	if _, err := c.Refresh(t.Context(), "nowhere"); err == nil || !strings.Contains(err.Error(), "not configured") {
		t.Errorf("unknown host: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := c.Refresh(ctx, "intel"); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

// dirRule finds every run dir with the wrong owner, and every live run.
var dirRule = fleet.Rule{ID: "wrong-owner", Severity: fleet.SeverityStop, Evaluate: func(s *fleet.Snapshot) (out []fleet.Finding) {
	for _, d := range s.Dirs {
		if d.Owner != d.Want {
			out = append(out, fleet.Finding{Key: d.ID().String(), Severity: fleet.SeverityStop, Rests: []fleet.SourceID{fleet.HostSource(d.Host)}})
		}
	}
	for _, r := range s.Runs {
		if r.Status.Live() {
			out = append(out, fleet.Finding{Key: r.Key().String(), Severity: fleet.SeverityWarn, Rests: []fleet.SourceID{runsID(repo)}})
		}
	}
	return out
}}

// No alert resolves by blindness: whatever the source does but show, whole and
// twice, that the dir and the run are gone.
func TestNoAlertResolvesByBlindness(t *testing.T) {
	l, f := newLab(t), newForge()
	h := plant(t, "intel", "aprender-ci/1792/run-5")
	f.runs = []fleet.WorkflowRun{run(5, "in_progress", "")}
	c := collector(l, f, nil, h)
	var board fleet.Board
	fold := func(s *fleet.Snapshot) (dir, live fleet.Alert) {
		t.Helper()
		board = board.Fold(s, []fleet.Rule{dirRule})
		dir, ok := board.Alert("wrong-owner/intel:" + h.Roots[0].Path + "/aprender-ci/1792/run-5")
		live, ok2 := board.Alert("wrong-owner/paiml/aprender/5")
		if !ok || !ok2 {
			t.Fatalf("alerts: %+v", board.Alerts)
		}
		return dir, live
	}
	fold(c.Once(t.Context()))
	whole := answerOf(t, h)
	for name, spoil := range map[string]func(){
		"host fails":      func() { l.says("intel", nil, errDown) },
		"sweep is cut":    func() { l.says("intel", whole[:len(whole)/2], nil) },
		"sweep turns dry": func() { l.says("intel", emptied(t, h), nil) },
		"GitHub fails":    func() { f.set(func(f *forge) { f.err = errDown }) },
		"list is partial": func() { f.set(func(f *forge) { f.part, f.runs = true, nil }) },
		"list turns dry":  func() { f.set(func(f *forge) { f.runs = nil }) },
	} {
		was := f.runs
		spoil()
		dir, live := fold(c.Once(t.Context()))
		if dir.State == fleet.AlertResolved || live.State == fleet.AlertResolved || !dir.Lit() || !live.Lit() {
			t.Errorf("%s: dir is %s, run is %s", name, dir.State, live.State)
		}
		f.set(func(f *forge) { f.err, f.part, f.runs = nil, false, was })
		l.says("intel", whole, nil)
		if dir, live := fold(c.Once(t.Context())); dir.State != fleet.AlertFiring || live.State != fleet.AlertFiring {
			t.Errorf("after %s: dir is %s, run is %s", name, dir.State, live.State)
		}
	}
	// And it does resolve when the world is mended and seen twice.
	l.says("intel", emptied(t, h), nil)
	f.set(func(f *forge) { f.runs[0] = run(5, "completed", "success") })
	fold(c.Once(t.Context()))
	if dir, live := fold(c.Once(t.Context())); dir.State != fleet.AlertResolved || live.State != fleet.AlertResolved {
		t.Errorf("mended: dir is %s, run is %s", dir.State, live.State)
	}
}

// A root that is not there any more, as after a mount that failed, hides its
// dirs: they stay, however often it is looked at, and the other root's are seen.
func TestRootThatIsGoneHidesNothing(t *testing.T) {
	l := newLab(t)
	h := plant(t, "intel", "aprender-ci/1792/run-5", "aprender-ci/1793/run-6")
	second := plant(t, "intel", "aprender-ci/1794/run-7", "aprender-ci/1795/run-8").Roots[0]
	h.Roots = append(h.Roots, second)
	c := collector(l, newForge(), nil, h)
	board := fleet.Board{}.Fold(c.Once(t.Context()), []fleet.Rule{dirRule})
	away := t.TempDir() + "/away"
	if err := os.Rename(h.Roots[0].Path, away); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(second.Path + "/aprender-ci/1795"); err != nil {
		t.Fatal(err)
	}
	var s *fleet.Snapshot
	for range 3 {
		s = c.Once(t.Context())
		board = board.Fold(s, []fleet.Rule{dirRule})
	}
	src := source(t, s, fleet.HostSource("intel"), fleet.SourcePartial, fleet.CauseOther)
	if !strings.Contains(src.Err, h.Roots[0].Path) || strings.Contains(src.Err, second.Path) || src.Remedy == "" {
		t.Errorf("%s; %s", src.Err, src.Remedy)
	}
	if len(s.Dirs) != 3 {
		t.Errorf("%d dirs, want the two hidden ones and the one that is seen", len(s.Dirs))
	}
	for _, a := range board.Alerts {
		if a.State == fleet.AlertResolved {
			t.Errorf("%s resolved by blindness", a.Fingerprint())
		}
	}
	if err := os.Rename(away, h.Roots[0].Path); err != nil {
		t.Fatal(err)
	}
	s = c.Once(t.Context())
	source(t, s, fleet.HostSource("intel"), fleet.SourceOK, "")
	if len(s.Dirs) != 3 {
		t.Errorf("%d dirs after it is back", len(s.Dirs))
	}
}

// A dir that cannot be measured does not keep the others waiting.
func TestDeepGoesRound(t *testing.T) {
	l := newLab(t)
	var rels []string
	for _, r := range []string{"1", "2", "3", "4", "5", "6", "7", "8", "9"} {
		rels = append(rels, "aprender-ci/179"+r+"/run-"+r)
	}
	h := plant(t, "intel", rels...)
	l.says("intel", answerOf(t, h), nil) // light answers only: nothing is ever measured
	c := collector(l, nil, nil, h)
	seen := make(map[string]int)
	for range 4 {
		c.sweep(t.Context(), h, steady(1))
		c.Snapshot()
	}
	for _, a := range l.asks {
		if len(a.Deep) > steady(1).deep {
			t.Errorf("%d dirs in one sweep", len(a.Deep))
		}
		for _, d := range a.Deep {
			seen[d.Rel]++
		}
	}
	for _, r := range rels {
		if seen[r] != 1 {
			t.Errorf("%s was asked %d times, want once", r, seen[r])
		}
	}
}

func TestRecorder(t *testing.T) {
	l, f := newLab(t), newForge()
	h := plant(t, "intel", "aprender-ci/1792/run-5", "aprender-ci/na\nme\x1b[31m/run-6")
	f.runs = []fleet.WorkflowRun{run(5, "completed", "failure")}
	f.jobs[5] = []fleet.Job{{Repo: repo, ID: 50, RunID: 5, Status: "completed"}}
	f.pulls = []fleet.PullRequest{pull(1792, "open")}
	f.runners = []fleet.Runner{{Scope: string(repo), ID: 1, Name: "intel-1"}}
	s := collector(l, f, nil, h).Once(t.Context())
	dir := t.TempDir() + "/state"
	rec := NewRecorder(dir)
	if r, err := rec.Load(); err != nil || len(r.Hosts) != 0 {
		t.Errorf("nothing stored: %+v, %v", r, err)
	}
	if err := rec.Save(s); err != nil {
		t.Fatal(err)
	}
	for p, want := range map[string]os.FileMode{rec.Path(): 0o600, dir: 0o700 | os.ModeDir} {
		if fi, err := os.Stat(p); err != nil || fi.Mode() != want {
			t.Errorf("%s: %v, %v; want %v", p, fi.Mode(), err, want)
		}
	}
	reads, err := rec.Load()
	if err != nil {
		t.Fatal(err)
	}
	if want := s.TakeSamples(); !slices.EqualFunc(reads.Samples, want, func(a, b fleet.Sample) bool { return a.ID == b.ID && a.Sig == b.Sig && a.Last.Equal(b.Last) }) {
		t.Errorf("stored samples\n%+v\nwant\n%+v", reads.Samples, want)
	}
	// The next console's first frame: the same picture, none of it current.
	l2 := newLab(t)
	c := collector(l2, f, func(c *Config) { c.Stored = reads }, h)
	first := c.Snapshot()
	if len(first.Dirs) != 2 || len(first.Runs) != 1 || len(first.Jobs) != 1 || len(first.PullRequests) != 1 || len(first.Runners) != 1 {
		t.Errorf("first frame: %d dirs, %d runs, %d jobs, %d pull requests, %d runners", len(first.Dirs), len(first.Runs), len(first.Jobs), len(first.PullRequests), len(first.Runners))
	}
	for _, src := range first.Sources {
		if src.State != fleet.SourceNever || first.Fresh(src.ID) || src.ReadAt.IsZero() {
			t.Errorf("source %s after a restart: %+v", src.ID, src)
		}
	}
	if d := first.Dirs[0]; first.Reapable(d, true).OK() {
		t.Error("a stored picture allows a reap")
	}
	again := c.Once(t.Context())
	for i, d := range again.Dirs {
		if was := s.Dirs[i].Sample; !d.Sample.Since.Equal(was.Since) || !d.Sample.Last.After(was.Last) {
			t.Errorf("%q: sample %v..%v, before the restart %v..%v", d.Path.Rel(), d.Sample.Since, d.Sample.Last, was.Since, was.Last)
		}
	}
}

// Fault 52: a stored file that is cut anywhere, or newer, is kept aside.
// A stored snapshot that others may have written is not rested on.
func TestRecorderTrustsItsOwnFileOnly(t *testing.T) {
	rec := NewRecorder(t.TempDir())
	save := func() {
		t.Helper()
		if err := rec.Save(collector(newLab(t), nil, nil, plant(t, "intel", "aprender-ci/1792/run-5")).Once(t.Context())); err != nil {
			t.Fatal(err)
		}
	}
	for name, spoil := range map[string]func() error{
		"group may write": func() error { return os.Chmod(rec.Path(), 0o660) },
		"all may write":   func() error { return os.Chmod(rec.Path(), 0o606) },
		"a link": func() error {
			away := t.TempDir() + "/snapshot.json"
			return errors.Join(os.Rename(rec.Path(), away), os.Symlink(away, rec.Path()))
		},
	} {
		save()
		if r, err := rec.Load(); err != nil || len(r.Sweeps) != 1 {
			t.Fatalf("before: %d sweeps, %v", len(r.Sweeps), err)
		}
		if err := spoil(); err != nil {
			t.Fatal(err)
		}
		if r, err := rec.Load(); !errors.Is(err, ErrSetAside) || len(r.Sweeps) != 0 || len(r.Samples) != 0 {
			t.Errorf("%s: %d sweeps, %v", name, len(r.Sweeps), err)
		}
	}
	if os.Getuid() != 0 {
		t.Log("not root: a file of another user is not tried")
		return
	}
	save()
	if err := os.Chown(rec.Path(), 54321, 54321); err != nil {
		t.Fatal(err)
	}
	if _, err := rec.Load(); !errors.Is(err, ErrSetAside) {
		t.Errorf("another user's: %v", err)
	}
}

func TestRecorderSetsAside(t *testing.T) {
	rec := NewRecorder(t.TempDir())
	if err := rec.Save(collector(newLab(t), nil, nil, plant(t, "intel", "aprender-ci/1792/run-5")).Once(t.Context())); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(rec.Path())
	if err != nil {
		t.Fatal(err)
	}
	refused := func(name string, b []byte) {
		t.Helper()
		if err := os.WriteFile(rec.Path(), b, 0o600); err != nil {
			t.Fatal(err)
		}
		if r, err := rec.Load(); !errors.Is(err, ErrSetAside) || len(r.Sweeps) != 0 {
			t.Fatalf("%s: %d sweeps, %v", name, len(r.Sweeps), err)
		}
		if old, err := os.ReadFile(rec.Path() + ".old"); err != nil || string(old) != string(b) {
			t.Fatalf("%s: not kept aside: %v", name, err)
		}
		if r, err := rec.Load(); err != nil || len(r.Sweeps) != 0 {
			t.Fatalf("%s: the next start says %v", name, err)
		}
	}
	for n := 0; n < len(whole); n += 1 + len(whole)/200 {
		refused("cut", whole[:n])
	}
	refused("newer", []byte(strings.Replace(string(whole), `"version":1`, `"version":2`, 1)))
	refused("outside the roots", []byte(strings.Replace(string(whole), `"rel":"aprender-ci/1792/run-5"`, `"rel":"../../etc"`, 1)))
	refused("not JSON", []byte("\x00\x00\x00"))
}
