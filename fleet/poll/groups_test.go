package poll

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"andon/fleet"
)

func (f *forge) WaitsIn(_ context.Context, k fleet.RunKey) ([]string, error) {
	if err := f.enter("waits %d", k.ID); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.noAPI {
		return nil, fmt.Errorf("read groups: %w", ErrAbsent)
	}
	return f.waits[k.ID], nil
}

func (f *forge) Group(_ context.Context, _ fleet.Repo, name string) (fleet.ConcurrencyGroup, error) {
	if err := f.enter("group %s", name); err != nil {
		return fleet.ConcurrencyGroup{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	g, ok := f.groups[strings.ToLower(name)]
	if !ok {
		return g, fmt.Errorf("%w: 404", ErrGone)
	}
	g.ReadAt = time.Now()
	return g, nil
}

func (f *forge) QueueRefs(context.Context, fleet.Repo) ([]fleet.QueueRef, bool, error) {
	if err := f.enter("refs"); err != nil {
		return nil, false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]fleet.QueueRef(nil), f.refs...), !f.part, nil
}

var errMayNot = &fleet.Failure{Cause: fleet.CausePermission, Remedy: "give the token the permission GitHub names: actions=read", Err: errors.New("status 403: Resource not accessible")}

// waiting is a run that was asked for two minutes ago and has not begun.
func waiting(id fleet.RunID) fleet.WorkflowRun {
	r := run(id, fleet.StatusPending, "")
	r.StartedAt = time.Now().Add(-2 * time.Minute)
	return r
}

// wedged is a GitHub on which run 20 waits for a group that run 5 holds, which
// fell off the list of runs long ago.
func wedged() *forge {
	f := newForge()
	f.runs = []fleet.WorkflowRun{waiting(20), run(19, "in_progress", ""), run(18, "completed", "success")}
	f.older[5] = run(5, "queued", "")
	f.jobs[5] = []fleet.Job{{Repo: repo, ID: 50, RunID: 5, Attempt: 1, Name: "gate", Status: "queued"}}
	f.waits[20] = []string{"CI-main"}
	f.groups["ci-main"] = fleet.ConcurrencyGroup{Repo: repo, Name: "ci-Main", Members: []fleet.GroupMember{
		{Run: 5, Status: "in_progress"}, {Run: 20, Status: "pending", Position: 1}}}
	return f
}

func TestOnceReadsWhoHoldsAGroup(t *testing.T) {
	f := wedged()
	s := collector(newLab(t), f, nil).Once(t.Context())
	if len(s.Groups) != 1 || s.Groups[0].Name != "ci-Main" || len(s.Groups[0].Members) != 2 || s.Groups[0].ReadAt.IsZero() {
		t.Fatalf("groups %+v", s.Groups)
	}
	holder := fleet.RunKey{Repo: repo, ID: 5}
	if r, ok := s.RunOf(holder); !ok || r.Status != fleet.StatusQueued || len(s.JobsOf(holder)) != 1 {
		t.Errorf("the holder is not read: %+v %v, %d jobs", r, ok, len(s.JobsOf(holder)))
	}
	if src := source(t, s, groupsID(repo), fleet.SourceOK, ""); !src.Fresh(s.At) {
		t.Errorf("%+v", src)
	}
	for q, want := range map[string]int{"waits 20": 1, "group CI-main": 1, "run 5": 1, "waits 19": 0, "waits 18": 0} {
		if n := f.count("%s", q); n != want {
			t.Errorf("%s asked %d times, want %d", q, n, want)
		}
	}
}

// Where nobody waits nothing is asked, and nothing is missing.
func TestNobodyWaits(t *testing.T) {
	f := newForge()
	fresh, working := waiting(21), waiting(22)
	fresh.StartedAt = time.Now().Add(-20 * time.Second)
	working.Status = "queued"
	f.runs = []fleet.WorkflowRun{fresh, working, run(19, "in_progress", ""), run(18, "completed", "failure")}
	f.jobs[22] = []fleet.Job{{Repo: repo, ID: 1, RunID: 22, Attempt: 1, Status: "queued"}, {Repo: repo, ID: 2, RunID: 22, Attempt: 1, Status: "in_progress"}}
	s := collector(newLab(t), f, nil).Once(t.Context())
	if src := source(t, s, groupsID(repo), fleet.SourceOK, ""); !src.Fresh(s.At) || len(s.Groups) != 0 {
		t.Errorf("%+v, %d groups", src, len(s.Groups))
	}
	if lamp := (fleet.Board{}).Lamp(s); lamp != fleet.LampGreen {
		t.Errorf("the lamp is %s", lamp)
	}
	for q := range f.asked {
		if strings.HasPrefix(q, "waits") || strings.HasPrefix(q, "group") || q == "refs" {
			t.Errorf("asked: %s", q)
		}
	}
	f.set(func(f *forge) { // one of its jobs is held back, the others run
		f.jobs[22] = append(f.jobs[22], fleet.Job{Repo: repo, ID: 3, RunID: 22, Attempt: 1, Status: "pending"})
		f.runs[1].UpdatedAt = f.runs[1].UpdatedAt.Add(time.Second)
	})
	c := collector(newLab(t), f, nil)
	if c.Once(t.Context()); f.count("waits 22") != 1 || f.count("waits 21") != 0 {
		t.Errorf("asked %v", f.asked)
	}
}

// A waiting run is asked once as long as it does not change, its group as long as
// none of its runs does; a group that no live run holds is looked at each round.
func TestGroupsFollowChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := wedged()
		newest, _ := running(t, collector(newLab(t), f, nil))
		after(2 * time.Minute)
		if a, b := f.count("waits 20"), f.count("group CI-main"); a != 1 || b != 1 {
			t.Errorf("run asked %d times, group %d times; nothing changed", a, b)
		}
		f.set(func(f *forge) { f.runs[0].UpdatedAt = f.runs[0].UpdatedAt.Add(time.Second) })
		after(time.Minute)
		if a, b := f.count("waits 20"), f.count("group CI-main"); a != 2 || b != 2 {
			t.Errorf("after a change of the run: asked %d times, group %d times; want 2 and 2", a, b)
		}
		f.set(func(f *forge) { f.older[5] = run(5, "completed", "success") }) // it ended, and holds on
		after(5 * time.Minute)
		if b := f.count("group CI-main"); b < 9 || b > 14 {
			t.Errorf("a group held by a run that ended was read %d times in five minutes, want one every 30 s", b-2)
		}
		s := newest()
		if r, ok := s.RunOf(fleet.RunKey{Repo: repo, ID: 5}); !ok || r.Status.Live() || len(s.Groups) != 1 {
			t.Errorf("holder %+v %v, %d groups", r, ok, len(s.Groups))
		}
		f.set(func(f *forge) { // let go
			r := run(20, "in_progress", "")
			r.StartedAt = f.runs[0].StartedAt
			f.runs[0] = r
			f.groups["ci-main"] = fleet.ConcurrencyGroup{Repo: repo, Name: "ci-Main", Members: []fleet.GroupMember{{Run: 20, Status: "in_progress"}}}
		})
		after(time.Minute)
		s = newest()
		if _, ok := s.RunOf(fleet.RunKey{Repo: repo, ID: 5}); ok || len(s.Groups) != 0 {
			t.Errorf("nobody waits any more: holder kept %v, groups %+v", ok, s.Groups)
		}
		source(t, s, groupsID(repo), fleet.SourceOK, "")
	})
}

// An idle group is a 404, and no group: said twice where a run seems to wait in it.
func TestIdleGroup(t *testing.T) {
	for name, idle := range map[string]func(*forge){
		"404":        func(f *forge) { delete(f.groups, "ci-main") },
		"no members": func(f *forge) { f.groups["ci-main"] = fleet.ConcurrencyGroup{Repo: repo, Name: "ci-Main"} },
	} {
		f := wedged()
		c := collector(newLab(t), f, nil)
		c.Once(t.Context())
		f.set(idle)
		f.set(func(f *forge) { f.runs[0].UpdatedAt = f.runs[0].UpdatedAt.Add(time.Second) })
		s := c.Once(t.Context())
		if src := source(t, s, groupsID(repo), fleet.SourcePartial, fleet.CauseTruncated); len(s.Groups) != 1 || !strings.Contains(src.Err, "ci-Main") {
			t.Errorf("%s, once: %+v, %s", name, s.Groups, src.Err)
		}
		s = c.Once(t.Context())
		if source(t, s, groupsID(repo), fleet.SourceOK, ""); len(s.Groups) != 0 {
			t.Errorf("%s, twice: %+v", name, s.Groups)
		}
	}
	f := wedged()
	delete(f.groups, "ci-main")
	s := collector(newLab(t), f, nil).Once(t.Context())
	if source(t, s, groupsID(repo), fleet.SourceOK, ""); len(s.Groups) != 0 {
		t.Errorf("never held: %+v", s.Groups)
	}
}

// A server that had groups and says it has none is not believed at once.
func TestGroupsThatVanish(t *testing.T) {
	f := wedged()
	c := collector(newLab(t), f, nil)
	c.Once(t.Context())
	f.set(func(f *forge) {
		f.noAPI = true
		f.runs[0].UpdatedAt = f.runs[0].UpdatedAt.Add(time.Second)
	})
	s := c.Once(t.Context())
	if source(t, s, groupsID(repo), fleet.SourcePartial, fleet.CauseTruncated); len(s.Groups) != 1 {
		t.Errorf("once: %+v", s.Groups)
	}
	s = c.Once(t.Context())
	if source(t, s, groupsID(repo), fleet.SourceAbsent, ""); len(s.Groups) != 0 {
		t.Errorf("twice: %+v", s.Groups)
	}
}

// An older Enterprise Server: the source is hidden, asked once an hour, and there
// once the server is upgraded.
func TestServerWithoutGroups(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := wedged()
		f.noAPI = true
		newest, _ := running(t, collector(newLab(t), f, nil))
		after(50 * time.Minute)
		s := newest()
		src := source(t, s, groupsID(repo), fleet.SourceAbsent, "")
		if !src.Optional() || !strings.Contains(src.Err, "no such API") || src.Remedy != "" || f.count("waits 20") != 1 || len(s.Groups) != 0 {
			t.Errorf("%+v, asked %d times", src, f.count("waits 20"))
		}
		if lamp := (fleet.Board{}).Lamp(s); lamp != fleet.LampGreen {
			t.Errorf("the lamp is %s", lamp)
		}
		c := collector(newLab(t), f, nil)
		c.Once(t.Context())
		if c.Once(t.Context()); f.count("waits 20") != 2 {
			t.Errorf("a second look asked again: %d", f.count("waits 20"))
		}
		f.set(func(f *forge) { f.runs = f.runs[1:] }) // nobody waits any more, and any run will do to find out
		after(time.Hour)
		source(t, newest(), groupsID(repo), fleet.SourceAbsent, "")
		f.set(func(f *forge) { f.noAPI = false })
		after(70 * time.Minute)
		if source(t, newest(), groupsID(repo), fleet.SourceOK, ""); f.count("waits 19") < 2 {
			t.Errorf("asked %v", f.asked)
		}
	})
}

func TestGroupsDenied(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := wedged()
		f.refuse["waits"] = errMayNot
		newest, _ := running(t, collector(newLab(t), f, nil))
		after(9 * time.Minute)
		src := source(t, newest(), groupsID(repo), fleet.SourceDenied, fleet.CausePermission)
		if n := f.count("waits 20"); n != 2 || !strings.Contains(src.Err, "Resource not accessible") || !strings.Contains(src.Remedy, "actions=read") {
			t.Errorf("asked %d times in nine minutes; %s; %s", n, src.Err, src.Remedy)
		}
		f.set(func(f *forge) { delete(f.refuse, "waits"); f.runs = f.runs[1:] })
		after(6 * time.Minute)
		if source(t, newest(), groupsID(repo), fleet.SourceOK, ""); f.count("waits 19") != 1 {
			t.Errorf("the permission is there and nobody waits: asked %v", f.asked)
		}
	})
}

// A failing source keeps what it said, whichever question fails.
func TestFailingGroupsKeepTheLast(t *testing.T) {
	for _, q := range []string{"waits", "group", "run 5"} {
		f := wedged()
		c := collector(newLab(t), f, nil)
		if q != "run 5" {
			c.Once(t.Context())
		}
		f.set(func(f *forge) {
			f.refuse[q] = errDown
			f.runs[0].UpdatedAt = f.runs[0].UpdatedAt.Add(time.Second)
		})
		s := c.Once(t.Context())
		if src := source(t, s, groupsID(repo), fleet.SourceFailing, fleet.CauseUnreachable); len(s.Groups) != 1 || src.Remedy != errDown.Remedy {
			t.Errorf("%s fails: %+v, groups %+v", q, src, s.Groups)
		}
		f.set(func(f *forge) { clear(f.refuse) })
		if s = c.Once(t.Context()); len(s.Groups) != 1 || !s.Fresh(groupsID(repo)) {
			t.Errorf("%s is back: groups %+v", q, s.Groups)
		}
	}
	synctest.Test(t, func(t *testing.T) { // and it is not hammered
		f := wedged()
		f.refuse["waits"] = errDown
		running(t, collector(newLab(t), f, nil))
		after(10 * time.Minute)
		if n := f.count("waits 20"); n < 9 || n > 24 {
			t.Errorf("asked %d times in ten minutes of failure", n)
		}
	})
}

// Groups rest on the list of runs: what that list does not say is not known here.
func TestGroupsFollowTheRuns(t *testing.T) {
	f := wedged()
	f.refuse["runs"] = errDown
	s := collector(newLab(t), f, nil).Once(t.Context())
	source(t, s, groupsID(repo), fleet.SourceNever, "")
	source(t, s, queueID(repo), fleet.SourceNever, "")
	f.refuse["runs"] = errMayNot
	s = collector(newLab(t), f, nil).Once(t.Context())
	for _, id := range []fleet.SourceID{groupsID(repo), queueID(repo)} {
		if src := source(t, s, id, fleet.SourceDenied, fleet.CausePermission); src.Remedy != errMayNot.Remedy {
			t.Errorf("%+v", src)
		}
	}
	if f.count("waits 20") != 0 {
		t.Errorf("asked %v", f.asked)
	}
}

func TestGroupsKeepWithinTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := wedged()
		f.budget = fleet.Budget{Known: true, Limit: 5000, Remaining: 100, Reset: time.Now().Add(time.Hour)}
		newest, _ := running(t, collector(newLab(t), f, nil))
		after(10 * time.Minute)
		if src := newest().SourceOf(groupsID(repo)); f.count("waits 20") != 0 || src.Cause != fleet.CauseRateLimit {
			t.Errorf("asked %d times with nothing to spend; %+v", f.count("waits 20"), src)
		}
	})
	synctest.Test(t, func(t *testing.T) { // many wait: a few a round, surest first
		f := newForge()
		queued := func(id fleet.RunID) fleet.WorkflowRun {
			r := waiting(id)
			r.Status = fleet.StatusQueued
			f.jobs[id] = []fleet.Job{{Repo: repo, ID: int64(id), RunID: id, Attempt: 1, Status: "queued"}}
			return r
		}
		for i := range fleet.RunID(30) {
			f.runs = append(f.runs, waiting(100+i), queued(200+i))
		}
		newest, _ := running(t, collector(newLab(t), f, nil))
		asked := func(first fleet.RunID) (n int) {
			for i := range fleet.RunID(30) {
				n += f.count("waits %d", first+i)
			}
			return n
		}
		after(10 * time.Second)
		if n := asked(100); n != 10 || asked(200) != 0 {
			t.Errorf("%d and %d asked in the first round, want 10 and 0", n, asked(200))
		}
		if src := source(t, newest(), groupsID(repo), fleet.SourcePartial, fleet.CauseTruncated); !strings.HasPrefix(src.Err, "20 waiting runs") {
			t.Errorf("%s", src.Err)
		}
		after(70 * time.Second)
		if source(t, newest(), groupsID(repo), fleet.SourceOK, ""); asked(100) != 30 {
			t.Errorf("%d asked in three rounds", asked(100))
		}
		after(time.Minute)
		if n := asked(200); n < 2 || n > 6 {
			t.Errorf("%d of those that wait for a runner asked in the rounds after, want two a round", n)
		}
	})
}

func TestGroupsSurviveARestart(t *testing.T) {
	f := wedged()
	f.runs = append(f.runs, queueRun(30))
	f.refs = []fleet.QueueRef{{Repo: repo, Name: "gh-readonly-queue/main/pr-1-a", SHA: "a"}}
	s := collector(newLab(t), f, nil).Once(t.Context())
	reads := s.Reads
	reads.Groups = append(reads.Groups, fleet.ConcurrencyGroup{Repo: "paiml/other", Name: "x"}, fleet.ConcurrencyGroup{Repo: repo, Name: "nobody waits", Members: []fleet.GroupMember{{Run: 1, Status: "in_progress"}}})
	c := collector(newLab(t), f, func(c *Config) { c.Stored = reads })
	if first := c.Snapshot(); len(first.Groups) != 2 || len(first.QueueRefs) != 1 || first.SourceOf(groupsID(repo)).State != fleet.SourceNever {
		t.Errorf("first frame: groups %+v, refs %+v", first.Groups, first.QueueRefs)
	}
	if s = c.Once(t.Context()); len(s.Groups) != 1 || s.Groups[0].Name != "ci-Main" || len(s.QueueRefs) != 1 {
		t.Errorf("then: groups %+v, refs %+v", s.Groups, s.QueueRefs)
	}
}
