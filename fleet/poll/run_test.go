package poll

import (
	"context"
	"fmt"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"andon/fleet"
)

// running runs a collector in the bubble until the test ends, and returns its
// newest snapshot.
func running(t *testing.T, c *Collector) (newest func() *fleet.Snapshot, published *atomic.Int64) {
	t.Helper()
	var last atomic.Pointer[fleet.Snapshot]
	published = new(atomic.Int64)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.Run(ctx, func(s *fleet.Snapshot) { last.Store(s); published.Add(1) })
	}()
	t.Cleanup(func() { cancel(); <-done })
	return last.Load, published
}

func after(d time.Duration) {
	time.Sleep(d) // bubble time
	synctest.Wait()
}

// Fault 18: back-off 1..60 s with jitter, one try at a time, and back at once
// when the host is.
func TestBackOff(t *testing.T) {
	h := plant(t, "intel", "aprender-ci/1792/run-5")
	whole := answerOf(t, h)
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.says("intel", nil, errDown)
		newest, _ := running(t, collector(l, nil, nil, h))
		after(5 * time.Minute)
		tries := l.tries("intel")
		for i, want := range []time.Duration{1, 2, 4, 8, 16, 32, 60, 60} {
			got := tries[i+1].Sub(tries[i])
			if low, high := 0.89*float64(want*time.Second), min(1.11*float64(want*time.Second), float64(61*time.Second)); float64(got) < low || float64(got) > high {
				t.Errorf("pause %d is %s, want about %ds", i+1, got, want)
			}
		}
		src := source(t, newest(), fleet.HostSource("intel"), fleet.SourceFailing, fleet.CauseUnreachable)
		if wait := time.Until(src.NextAt); wait <= 0 || wait > time.Minute || src.Remedy != errDown.Remedy || src.Err != "no route to host" {
			t.Errorf("source: %+v", src)
		}
		failing := src.Since
		l.says("intel", whole, nil)
		after(time.Minute + time.Second)
		src = source(t, newest(), fleet.HostSource("intel"), fleet.SourceOK, "")
		if !src.Since.After(failing) || src.Err != "" || src.Remedy != "" {
			t.Errorf("recovered source: %+v", src)
		}
		n := len(l.tries("intel"))
		after(time.Minute)
		if more := len(l.tries("intel")) - n; more < 3 || more > 5 {
			t.Errorf("%d sweeps in the minute after, want about 4", more)
		}
	})
}

// Fault 21: a refused login is tried three times, then every five minutes.
func TestRefusedLoginIsNotHammered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.says("intel", nil, &fleet.Failure{Cause: fleet.CauseAuth})
		running(t, collector(l, nil, nil, fleet.Host{Name: "intel"}))
		after(time.Hour)
		if n := len(l.tries("intel")); n < 12 || n > 17 {
			t.Errorf("%d tries in an hour, want 3 and one every five minutes", n)
		}
	})
}

// A host that hangs keeps nobody waiting.
func TestOneHangingHost(t *testing.T) {
	h := plant(t, "mac", "aprender-ci/1792/run-5")
	whole := answerOf(t, h)
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.says("mac", whole, nil)
		l.answer["intel"] = func() ([]byte, error) { time.Sleep(50 * time.Second); return nil, errDown }
		newest, _ := running(t, collector(l, nil, nil, fleet.Host{Name: "intel"}, h))
		after(40 * time.Second)
		source(t, newest(), fleet.HostSource("intel"), fleet.SourceNever, "")
		source(t, newest(), fleet.HostSource("mac"), fleet.SourceOK, "")
		if n := len(l.tries("mac")); n < 3 {
			t.Errorf("%d sweeps of mac, want 3", n)
		}
	})
}

// The picture is settled when every source was read once, also one that failed,
// and without a token the hosts are all there is.
func TestSettled(t *testing.T) {
	h := plant(t, "mac", "aprender-ci/1792/run-5")
	whole := answerOf(t, h)
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.says("mac", whole, nil)
		l.answer["intel"] = func() ([]byte, error) { time.Sleep(50 * time.Second); return nil, errDown }
		c := collector(l, nil, nil, fleet.Host{Name: "intel"}, h)
		if c.Settled() {
			t.Error("settled before anything was read")
		}
		running(t, c)
		after(40 * time.Second)
		if c.Settled() {
			t.Error("settled while a host has not answered")
		}
		after(20 * time.Second)
		if !c.Settled() {
			t.Error("not settled after every host was tried")
		}
	})
}

// Jobs are asked for when their run changed, and now and then while it is live;
// not because time passes.
func TestJobsFollowChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newForge()
		f.runs = []fleet.WorkflowRun{run(9, "in_progress", ""), run(8, "completed", "failure"), run(7, "completed", "success")}
		f.jobs[9] = []fleet.Job{{Repo: repo, ID: 90, RunID: 9, Status: "in_progress"}}
		newest, _ := running(t, collector(newLab(t), f, nil))
		after(2 * time.Minute)
		if lists := f.count("runs"); lists < 7 || lists > 10 {
			t.Errorf("%d lists in two minutes, want one every 15 s", lists)
		}
		for id, want := range map[int]int{9: 1, 8: 1, 7: 0} {
			if n := f.count("jobs %d", id); n != want {
				t.Errorf("jobs of run %d read %d times, want %d", id, n, want)
			}
		}
		f.set(func(f *forge) { f.runs[0].UpdatedAt = f.runs[0].UpdatedAt.Add(time.Second) })
		after(20 * time.Second)
		if n := f.count("jobs 9"); n != 2 {
			t.Errorf("after a change read %d times, want 2", n)
		}
		after(4 * time.Minute)
		if n := f.count("jobs 9"); n != 3 {
			t.Errorf("in the background read %d times, want 3", n)
		}
		source(t, newest(), jobsID(repo), fleet.SourceOK, "")
		f.set(func(f *forge) {
			f.runs[0], f.jobs[9] = run(9, "completed", "success"), []fleet.Job{{Repo: repo, ID: 90, RunID: 9, Status: "completed", Conclusion: "success"}}
		})
		after(20 * time.Second)
		if jobs := newest().JobsOf(fleet.RunKey{Repo: repo, ID: 9}); f.count("jobs 9") != 4 || len(jobs) != 1 || jobs[0].Status.Live() {
			t.Errorf("after its end read %d times, want 4: %+v", f.count("jobs 9"), jobs)
		}
		lists := f.count("runs")
		after(6 * time.Minute)
		if more := f.count("runs") - lists; more < 2 || more > 4 {
			t.Errorf("%d lists in six minutes without a live run, want one every two minutes", more)
		}
	})
}

func TestRunOnScreenIsReadMoreOften(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newForge()
		f.runs = []fleet.WorkflowRun{run(9, "in_progress", ""), run(8, "in_progress", "")}
		c := collector(newLab(t), f, nil)
		c.Look(nil, []fleet.RunKey{{Repo: repo, ID: 9}})
		running(t, c)
		after(2 * time.Minute)
		if on, off := f.count("jobs 9"), f.count("jobs 8"); on < 7 || off != 1 {
			t.Errorf("on screen %d times, off screen %d, want 8 and 1", on, off)
		}
	})
}

// A live run falls off the list: it is asked by its id until it has ended. One
// that GitHub does not know is asked once an hour.
func TestRunsOffTheList(t *testing.T) {
	h := plant(t, "intel", "aprender-ci/1792/run-5")
	whole := answerOf(t, h)
	synctest.Test(t, func(t *testing.T) {
		l, f := newLab(t), newForge()
		l.says("intel", whole, nil)
		f.runs = []fleet.WorkflowRun{run(9, "in_progress", ""), run(8, "in_progress", "")}
		newest, _ := running(t, collector(l, f, nil, h))
		after(time.Minute)
		f.set(func(f *forge) { f.older[8] = f.runs[1]; f.runs = f.runs[:1] })
		after(time.Minute)
		if n := f.count("run 8"); n < 3 || n > 5 {
			t.Errorf("a live run off the list was asked %d times in a minute", n)
		}
		f.set(func(f *forge) { f.older[8] = run(8, "completed", "success") })
		after(time.Minute)
		asked := f.count("run 8")
		if _, ok := newest().RunOf(fleet.RunKey{Repo: repo, ID: 8}); ok {
			t.Error("a run that ended well and has no dir is still held")
		}
		after(30 * time.Minute)
		if f.count("run 8") != asked || f.count("run 5") != 1 {
			t.Errorf("ended run asked %d times more, unknown run %d times", f.count("run 8")-asked, f.count("run 5"))
		}
	})
}

// Closed pull requests that dirs name are refreshed, a bounded number a round.
func TestPullsOfDirsAreBounded(t *testing.T) {
	var rels []string
	f := newForge()
	for i := range 80 {
		rels = append(rels, fmt.Sprintf("aprender-ci/%d/run-%d", 100+i, 1000+i))
		f.closed[100+i] = pull(100+i, "merged")
	}
	h := plant(t, "intel", rels...)
	whole := answerOf(t, h)
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.answer["intel"] = func() ([]byte, error) { time.Sleep(time.Second); return whole, nil }
		newest, _ := running(t, collector(l, f, nil, h))
		asked := func() (n int) {
			for i := range 80 {
				n += f.count("pull %d", 100+i)
			}
			return n
		}
		after(10 * time.Second) // the lists came before the sweep, and are followed up after it
		if n := asked(); n != 60 {
			t.Errorf("%d in the first round, want 60", n)
		}
		after(70 * time.Second)
		if n := asked(); n != 120 || len(newest().PullRequests) != 80 {
			t.Errorf("%d asked, %d held after two rounds, want 120 and 80", n, len(newest().PullRequests))
		}
	})
}

func TestGovernorSlowsDown(t *testing.T) {
	lists := func(b func(now time.Time) fleet.Budget) int {
		n := 0
		synctest.Test(t, func(t *testing.T) {
			f := newForge()
			f.runs = []fleet.WorkflowRun{run(9, "in_progress", "")}
			f.budget = b(time.Now())
			newest, _ := running(t, collector(newLab(t), f, nil))
			after(20 * time.Minute)
			n = f.count("runs")
			if got := newest().Budget; got != f.budget {
				t.Errorf("the snapshot says %+v", got)
			}
		})
		return n
	}
	budget := func(remaining, perHour int) func(time.Time) fleet.Budget {
		return func(now time.Time) fleet.Budget {
			return fleet.Budget{Known: true, Limit: 5000, Remaining: remaining, PerHour: perHour, Reset: now.Add(time.Hour)}
		}
	}
	full, spent, low, dry := lists(budget(4500, 600)), lists(budget(4000, 5000)), lists(budget(900, 600)), lists(budget(200, 600))
	if full < 70 || spent > full/6 || low > full*6/10 || low < full*4/10 || dry != 0 {
		t.Errorf("lists in 20 minutes: %d at leisure, %d over budget, %d below a fifth, %d when dry", full, spent, low, dry)
	}
}

func TestPace(t *testing.T) {
	now := time.Now()
	b := func(change func(*fleet.Budget)) fleet.Budget {
		b := fleet.Budget{Known: true, Limit: 5000, Remaining: 4000, PerHour: 2500, Reset: now.Add(30 * time.Minute)}
		change(&b)
		return b
	}
	for name, tc := range map[string]struct {
		from    float64
		b       fleet.Budget
		stretch float64
		stop    time.Duration
	}{
		"at the budget":           {2, b(func(*fleet.Budget) {}), 2, 0},
		"twice over it":           {2, b(func(b *fleet.Budget) { b.PerHour = 5000 }), 4, 0},
		"far below it":            {6, b(func(b *fleet.Budget) { b.PerHour = 100 }), 1, 0},
		"never slower than":       {10, b(func(b *fleet.Budget) { b.PerHour = 50000 }), 12, 0},
		"a fifth left":            {1, b(func(b *fleet.Budget) { b.Remaining = 900 }), 2, 0},
		"a twentieth left":        {1, b(func(b *fleet.Budget) { b.Remaining = 200 }), 1, 30 * time.Minute},
		"reset is past":           {1, b(func(b *fleet.Budget) { b.Remaining = 0; b.Reset = now.Add(-time.Minute) }), 1, 0},
		"reset in ten hours":      {1, b(func(b *fleet.Budget) { b.Remaining = 0; b.Reset = now.Add(10 * time.Hour) }), 1, resetLimit},
		"secondary limit":         {3, b(func(b *fleet.Budget) { b.Paused = now.Add(2 * time.Minute) }), 3, 2 * time.Minute},
		"a fifth left no more":    {16, b(func(*fleet.Budget) {}), 8, 0},
		"no limits (GHES)":        {5, fleet.Budget{}, 1, 0},
		"limit of zero":           {5, fleet.Budget{Known: true}, 1, 0},
		"first look of all":       {0, b(func(b *fleet.Budget) { b.PerHour = 0 }), 1, 0},
		"secondary limit is over": {3, b(func(b *fleet.Budget) { b.Paused = now.Add(-time.Second) }), 3, 0},
	} {
		if got := (Pace{Stretch: tc.from}).Next(tc.b, now); math.Abs(got.Stretch-tc.stretch) > 1e-9 || got.Stop != tc.stop {
			t.Errorf("%s: %+v, want %g and %s", name, got, tc.stretch, tc.stop)
		}
	}
}

// Snapshots come at once when something changed, and every other second.
func TestPublishing(t *testing.T) {
	h := plant(t, "intel", "aprender-ci/1792/run-5")
	whole := answerOf(t, h)
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.says("intel", whole, nil)
		newest, published := running(t, collector(l, nil, nil, h))
		synctest.Wait()
		if published.Load() != 1 || newest().SourceOf(fleet.HostSource("intel")).State != fleet.SourceNever {
			t.Errorf("%d snapshots before anything was read, source %s", published.Load(), newest().SourceOf(fleet.HostSource("intel")).State)
		}
		after(publishGap)
		if len(newest().Dirs) != 1 {
			t.Error("the first sweep is not shown within the publishing gap")
		}
		first, dirs := newest(), newest().Dirs[0]
		after(time.Minute)
		if n := published.Load(); n < 30 || n > 45 {
			t.Errorf("%d snapshots in a minute", n)
		}
		if first.Dirs[0].Sample != dirs.Sample || !first.At.Before(newest().At) {
			t.Error("an old snapshot changed")
		}
		if s := newest().Dirs[0].Sample; s.Last.Sub(s.Since) < 40*time.Second {
			t.Errorf("the dir looks the same since %s until %s: samples are lost on the way", s.Since, s.Last)
		}
	})
}

func TestNudge(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		l.says("intel", nil, errDown)
		c := collector(l, nil, func(c *Config) { c.Intervals.Host = time.Hour }, fleet.Host{Name: "intel"})
		running(t, c)
		after(40 * time.Second) // now the pause is 32 s
		n := len(l.tries("intel"))
		c.Nudge(fleet.HostSource("intel"))
		synctest.Wait()
		c.Nudge() // just tried: nothing
		synctest.Wait()
		if more := len(l.tries("intel")) - n; more != 1 {
			t.Errorf("%d sweeps after two nudges, want 1", more)
		}
	})
}

// Fault 35: the wall clock jumps. The schedule goes on, and what was read is
// stale until it is read again.
func TestClockJumps(t *testing.T) {
	for name, jump := range map[string]time.Duration{"a day ahead": 24 * time.Hour, "a day back": -24 * time.Hour, "eight hours of sleep": 8 * time.Hour} {
		h := plant(t, "intel", "aprender-ci/1792/run-5")
		whole := answerOf(t, h)
		synctest.Test(t, func(t *testing.T) {
			var off atomic.Int64
			l, f := newLab(t), newForge()
			l.says("intel", whole, nil)
			f.runs = []fleet.WorkflowRun{run(9, "in_progress", "")}
			c := collector(l, f, func(c *Config) { c.Now = func() time.Time { return time.Now().Add(time.Duration(off.Load())) } }, h)
			newest, _ := running(t, c)
			after(time.Minute)
			sweeps, lists := len(l.tries("intel")), f.count("runs")
			off.Store(int64(jump))
			if s := c.Snapshot(); jump > 0 && (s.Fresh(fleet.HostSource("intel")) || s.Fresh(runsID(repo))) {
				t.Errorf("%s: data from before the jump counts as current", name)
			}
			after(time.Minute)
			if a, b := len(l.tries("intel"))-sweeps, f.count("runs")-lists; a < 3 || a > 5 || b < 3 || b > 5 {
				t.Errorf("%s: %d sweeps and %d lists in the minute after, want 4", name, a, b)
			}
			if s := newest(); !s.Fresh(fleet.HostSource("intel")) || !s.Fresh(runsID(repo)) {
				t.Errorf("%s: not current a minute later", name)
			}
		})
	}
}
