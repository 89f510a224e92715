package poll

import (
	"errors"
	"os"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"andon/fleet"
)

// A whole pass over two real trees and a GitHub: everything is read and joined,
// deep figures included.
func TestOnceReadsAll(t *testing.T) {
	l, f := newLab(t), newForge()
	intel := plant(t, "intel", "aprender-ci/1792/run-5/debug", "aprender-ci/1600/run-3")
	mac := plant(t, "mac", "aprender-ci/1793/run-6")
	f.runs = []fleet.WorkflowRun{run(5, "completed", "failure"), run(6, "in_progress", "")}
	f.older[3] = run(3, "completed", "success")
	f.jobs[6] = []fleet.Job{{Repo: repo, ID: 60, RunID: 6, Status: "in_progress", Runner: "mac-1"}}
	f.pulls = []fleet.PullRequest{pull(1792, "open"), pull(1793, "open")}
	f.closed[1600] = pull(1600, "merged")
	f.runners = []fleet.Runner{{Scope: string(repo), ID: 1, Name: "mac-1", Online: true}}
	s := collector(l, f, nil, intel, mac).Once(t.Context())

	for _, src := range s.Sources {
		if !src.Fresh(s.At) {
			t.Errorf("source %s is %s: %s", src.ID, src.State, src.Err)
		}
	}
	if len(s.Dirs) != 3 || len(s.Runs) != 3 || len(s.Runners) != 1 {
		t.Fatalf("%d dirs, %d runs, %d runners", len(s.Dirs), len(s.Runs), len(s.Runners))
	}
	for _, d := range s.Dirs {
		if !d.HasRun() || !d.HasPR() || !d.Bytes.IsKnown() || !d.Foreign.IsKnown() {
			t.Errorf("%s: run %v, PR %v, bytes %v, foreign %v", d.Path.Rel(), d.Run, d.PR, d.Bytes.Why(), d.Foreign.Why())
		}
	}
	orphan := s.DirsOfPR(fleet.PRKey{Repo: repo, Number: 1600})
	if len(orphan) != 1 {
		t.Fatal("the merged pull request's dir was not joined")
	}
	if p, ok := s.Orphan(orphan[0]); !ok || !p.Alone {
		t.Errorf("orphan: %+v %v; its pull request must be read by its own GET", p, ok)
	}
	// A run that ended well long ago: its dir's jobs are needed, once.
	if f.count("jobs 3") != 1 || f.count("runs") != 1 || f.count("pulls") != 1 || f.most > maxRequests {
		t.Errorf("asked %v, %d at once", f.asked, f.most)
	}
}

func TestSixteenHostsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLab(t)
		var hosts []fleet.Host
		for i := range 40 {
			h := fleet.Host{Name: fleet.HostName("h" + string(rune('A'+i)))}
			hosts = append(hosts, h)
			l.answer[h.Name] = func() ([]byte, error) {
				time.Sleep(time.Second) // bubble time: all that may begin has begun
				return nil, errDown
			}
		}
		begun := time.Now()
		s := collector(l, nil, nil, hosts...).Once(t.Context())
		if l.most != 16 || time.Since(begun) != 3*time.Second {
			t.Errorf("%d sweeps at once in %s, want 16 in 3s", l.most, time.Since(begun))
		}
		for _, h := range hosts {
			source(t, s, fleet.HostSource(h.Name), fleet.SourceFailing, fleet.CauseUnreachable)
		}
	})
}

// No token: GitHub's sources say why, and the hosts show.
func TestWithoutToken(t *testing.T) {
	s := collector(newLab(t), nil, nil, plant(t, "intel", "aprender-ci/1792/run-5")).Once(t.Context())
	for _, id := range []fleet.SourceID{runsID(repo), jobsID(repo), pullsID(repo), runnersID(string(repo))} {
		if src := source(t, s, id, fleet.SourceDenied, fleet.CauseNoToken); !strings.Contains(src.Remedy, "gh auth login") {
			t.Errorf("%s: remedy %q", id, src.Remedy)
		}
	}
	src := source(t, s, fleet.HostSource("intel"), fleet.SourceOK, "")
	for _, at := range []time.Time{s.At, src.ReadAt, src.TriedAt, src.Since, src.NextAt} {
		if strings.Contains(at.String(), "m=") {
			t.Errorf("%s: the age of what was read would not grow while the machine sleeps", at)
		}
	}
	if len(s.Dirs) != 1 || !s.Dirs[0].Bytes.IsKnown() {
		t.Errorf("dirs: %+v", s.Dirs)
	}
}

// Faults 27 to 33 as poll sees them: whatever goes wrong with an answer, the
// last good data stays and the source says what is wrong.
func TestLastGoodDataStays(t *testing.T) {
	l, f := newLab(t), newForge()
	h := plant(t, "intel", "aprender-ci/1792/run-5")
	f.runs = []fleet.WorkflowRun{run(5, "in_progress", "")}
	f.jobs[5] = []fleet.Job{{Repo: repo, ID: 50, RunID: 5, Status: "in_progress"}}
	f.pulls = []fleet.PullRequest{pull(1792, "open")}
	f.runners = []fleet.Runner{{Scope: string(repo), ID: 1, Name: "intel-1"}}
	whole := answerOf(t, h)
	l.says("intel", whole, nil)
	c := collector(l, f, nil, h)
	good := c.Once(t.Context())
	holds := func(name string, s *fleet.Snapshot) {
		t.Helper()
		if len(s.Dirs) != 1 || len(s.Runs) != 1 || len(s.Jobs) != 1 || len(s.PullRequests) != 1 || len(s.Runners) != 1 || !s.Dirs[0].HasPR() {
			t.Errorf("%s: %d dirs, %d runs, %d jobs, %d pull requests, %d runners", name, len(s.Dirs), len(s.Runs), len(s.Jobs), len(s.PullRequests), len(s.Runners))
		}
	}
	holds("at first", good)
	list := []fleet.SourceID{runsID(repo), pullsID(repo), runnersID(string(repo))}
	empty := emptied(t, h)

	for name, tc := range map[string]struct {
		sweep     []byte
		err       error
		github    func(*forge)
		state     fleet.SourceState
		cause     fleet.Cause
		hostState fleet.SourceState
		hostCause fleet.Cause
	}{
		"unreachable": {err: errDown, github: func(f *forge) { f.err = errDown }, state: "failing", cause: "unreachable", hostState: "failing", hostCause: "unreachable"},
		"cut off":     {sweep: whole[:len(whole)-20], github: func(f *forge) { f.part = true }, state: "partial", cause: "truncated", hostState: "failing", hostCause: "truncated"},
		"foreign":     {sweep: []byte("Welcome to intel!\n"), github: func(f *forge) { f.err = &fleet.Failure{Cause: fleet.CauseProtocol, Err: errors.New("HTML")} }, state: "failing", cause: "protocol", hostState: "failing", hostCause: "protocol"},
		"empty":       {sweep: empty, github: func(f *forge) { f.runs, f.pulls, f.runners = nil, nil, nil }, state: "partial", cause: "truncated", hostState: "partial", hostCause: "truncated"},
		"denied":      {sweep: nil, err: &fleet.Failure{Cause: fleet.CauseAuth}, github: func(f *forge) { f.err = &fleet.Failure{Cause: fleet.CausePermission, Remedy: "actions: read"} }, state: "denied", cause: "permission", hostState: "failing", hostCause: "auth"},
		"limited":     {sweep: nil, err: &fleet.Failure{Cause: fleet.CauseTimeout}, github: func(f *forge) { f.err = &fleet.Failure{Cause: fleet.CauseRateLimit} }, state: "failing", cause: "rate_limit", hostState: "failing", hostCause: "timeout"},
	} {
		var was forge
		f.set(func(f *forge) { was.runs, was.pulls, was.runners = f.runs, f.pulls, f.runners; tc.github(f) })
		l.says("intel", tc.sweep, tc.err)
		s := c.Once(t.Context())
		holds(name, s)
		for _, id := range list {
			src := source(t, s, id, tc.state, tc.cause)
			if ok := good.SourceOf(id); src.ReadAt.Before(ok.ReadAt) || !src.TriedAt.After(src.ReadAt) || src.NextAt.IsZero() || src.Since.IsZero() {
				t.Errorf("%s: %s has times %+v", name, id, src)
			}
		}
		source(t, s, fleet.HostSource("intel"), tc.hostState, tc.hostCause)
		f.set(func(f *forge) {
			f.err, f.part, f.runs, f.pulls, f.runners = nil, false, was.runs, was.pulls, was.runners
		})
		l.says("intel", whole, nil)
		good = c.Once(t.Context())
		holds("after "+name, good)
		for _, id := range append(list, fleet.HostSource("intel")) {
			source(t, good, id, fleet.SourceOK, "")
		}
	}
}

// emptied is what h answers while its run dirs are not there.
func emptied(t *testing.T, h fleet.Host) []byte {
	t.Helper()
	dir, away := h.Roots[0].Path+"/aprender-ci", t.TempDir()+"/away"
	if err := os.Rename(dir, away); err != nil {
		t.Fatal(err)
	}
	out := answerOf(t, h)
	if err := os.Rename(away, dir); err != nil {
		t.Fatal(err)
	}
	return out
}

// A list that turned empty is believed at the second reading.
func TestEmptyIsBelievedTwice(t *testing.T) {
	l, f := newLab(t), newForge()
	h := plant(t, "intel", "aprender-ci/1792/run-5")
	f.pulls = []fleet.PullRequest{pull(1792, "open")}
	f.closed[1792] = pull(1792, "closed")
	c := collector(l, f, nil, h)
	c.Once(t.Context())
	f.set(func(f *forge) { f.pulls = nil })
	s := c.Once(t.Context())
	if p, ok := s.PROf(fleet.PRKey{Repo: repo, Number: 1792}); !ok || p.State != fleet.PROpen {
		t.Errorf("after one empty list: %+v %v", p, ok)
	}
	source(t, s, pullsID(repo), fleet.SourcePartial, fleet.CauseTruncated)
	s = c.Once(t.Context())
	source(t, s, pullsID(repo), fleet.SourceOK, "")
	if p, _ := s.PROf(fleet.PRKey{Repo: repo, Number: 1792}); p.State != fleet.PRClosed || !p.Alone {
		t.Errorf("after two: %+v, want it closed, read by its own GET", p)
	}
}

// A pull request without a dir leaves the open list: how it ended is asked.
func TestPullThatLeftTheListIsAsked(t *testing.T) {
	f := newForge()
	f.pulls = []fleet.PullRequest{pull(1, "open"), pull(2, "open")}
	f.closed[2] = pull(2, "merged")
	c := collector(newLab(t), f, nil)
	c.Once(t.Context())
	f.set(func(f *forge) { f.pulls = f.pulls[:1] })
	s := c.Once(t.Context())
	if p, ok := s.PROf(fleet.PRKey{Repo: repo, Number: 2}); !ok || p.State != fleet.PRMerged || !p.Alone || f.count("pull 1") != 0 {
		t.Errorf("%+v %v, asked %v", p, ok, f.asked)
	}
}

func TestSweepCutAtEveryByte(t *testing.T) {
	l := newLab(t)
	h := plant(t, "intel", "aprender-ci/1792/run-5")
	whole := answerOf(t, h)
	l.says("intel", whole, nil)
	c := collector(l, nil, nil, h)
	c.sweep(t.Context(), h, effort{})
	step := max(len(whole)/400, 1) // every byte of a small answer, four hundred cuts of a large one
	for n := 0; n < len(whole); n += step {
		l.says("intel", whole[:n], nil)
		c.sweep(t.Context(), h, effort{})
		s := c.Snapshot()
		src := s.SourceOf(fleet.HostSource("intel"))
		if len(s.Dirs) != 1 || src.State != fleet.SourceFailing || s.Fresh(src.ID) {
			t.Fatalf("cut at %d of %d: %d dirs, source %s", n, len(whole), len(s.Dirs), src.State)
		}
	}
}
