package poll

import (
	"testing"
	"testing/synctest"
	"time"

	"andon/fleet"
)

func queueRun(id fleet.RunID) fleet.WorkflowRun {
	r := run(id, "in_progress", "")
	r.Event, r.Branch = "merge_group", "gh-readonly-queue/main/pr-1-a"
	return r
}

func TestQueueRefsAreReadWhereThereIsAQueue(t *testing.T) {
	refs := []fleet.QueueRef{{Repo: repo, Name: "gh-readonly-queue/main/pr-2-b", SHA: "b"}, {Repo: repo, Name: "gh-readonly-queue/main/pr-1-a", SHA: "a"}}
	queue := plant(t, "intel", "aprender-ci/gh-readonly-queue/main/pr-1-0123456789012345678901234567890123456789/run-7")
	other := plant(t, "intel", "other-ci/gh-readonly-queue/main/pr-1-0123456789012345678901234567890123456789/run-7")
	ended := queueRun(9)
	ended.Status, ended.Conclusion = "completed", "success"
	for name, tc := range map[string]struct {
		dirs []fleet.Host
		run  fleet.WorkflowRun
		want int
	}{
		"a live run":     {nil, queueRun(9), 1},
		"a recent run":   {nil, ended, 1},
		"a dir":          {[]fleet.Host{queue}, run(9, "in_progress", ""), 1},
		"nothing":        {nil, run(9, "in_progress", ""), 0},
		"another's dirs": {[]fleet.Host{other}, run(9, "in_progress", ""), 0},
	} {
		f := newForge()
		f.runs, f.refs = []fleet.WorkflowRun{tc.run}, refs
		s := collector(newLab(t), f, nil, tc.dirs...).Once(t.Context())
		if n := f.count("refs"); n != tc.want || len(s.QueueRefs) != 2*tc.want || !s.Fresh(queueID(repo)) {
			t.Errorf("%s: asked %d times, refs %+v, %+v", name, n, s.QueueRefs, s.SourceOf(queueID(repo)))
		}
		if tc.want > 0 && s.QueueRefs[0].Name > s.QueueRefs[1].Name {
			t.Errorf("%s: not in order: %+v", name, s.QueueRefs)
		}
	}
}

// No branch disappears by an answer that is cut, refused, or empty only once.
func TestQueueRefsDoNotVanish(t *testing.T) {
	f := newForge()
	f.runs = []fleet.WorkflowRun{queueRun(9)}
	a, b := fleet.QueueRef{Repo: repo, Name: "gh-readonly-queue/main/pr-1-a", SHA: "a"}, fleet.QueueRef{Repo: repo, Name: "gh-readonly-queue/main/pr-2-b", SHA: "b"}
	f.refs = []fleet.QueueRef{a, b}
	c := collector(newLab(t), f, nil)
	c.Once(t.Context())
	for name, tc := range map[string]struct {
		spoil func(*forge)
		state fleet.SourceState
		cause fleet.Cause
	}{
		"failing": {func(f *forge) { f.refuse["refs"] = errDown }, fleet.SourceFailing, fleet.CauseUnreachable},
		"denied":  {func(f *forge) { f.refuse["refs"] = errMayNot }, fleet.SourceDenied, fleet.CausePermission},
		"cut":     {func(f *forge) { f.part, f.refs = true, []fleet.QueueRef{b} }, fleet.SourcePartial, fleet.CauseTruncated},
		"empty":   {func(f *forge) { f.refs = nil }, fleet.SourcePartial, fleet.CauseTruncated},
	} {
		f.set(tc.spoil)
		s := c.Once(t.Context())
		if source(t, s, queueID(repo), tc.state, tc.cause); len(s.QueueRefs) != 2 {
			t.Errorf("%s: %+v", name, s.QueueRefs)
		}
		f.set(func(f *forge) { clear(f.refuse); f.part, f.refs = false, []fleet.QueueRef{a, b} })
		if s = c.Once(t.Context()); len(s.QueueRefs) != 2 || !s.Fresh(queueID(repo)) {
			t.Errorf("after %s: %+v", name, s.QueueRefs)
		}
	}
	f.set(func(f *forge) { f.refs = []fleet.QueueRef{b} })
	if s := c.Once(t.Context()); len(s.QueueRefs) != 1 || s.QueueRefs[0] != b {
		t.Errorf("one is gone: %+v", s.QueueRefs)
	}
	f.set(func(f *forge) { f.refs = nil })
	c.Once(t.Context())
	if s := c.Once(t.Context()); len(s.QueueRefs) != 0 || !s.Fresh(queueID(repo)) {
		t.Errorf("empty twice: %+v", s.QueueRefs)
	}
	f.set(func(f *forge) { f.refs = []fleet.QueueRef{a} })
	c.Once(t.Context())
	f.set(func(f *forge) { f.refs, f.runs[0].Status, f.runs[0].Conclusion = nil, "completed", "success" })
	if s := c.Once(t.Context()); len(s.QueueRefs) != 0 || !s.Fresh(queueID(repo)) {
		t.Errorf("the queue has drained: %+v", s.QueueRefs)
	}
}

func TestQueueIsReadAtItsPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newForge()
		f.runs = []fleet.WorkflowRun{queueRun(9)}
		newest, _ := running(t, collector(newLab(t), f, nil))
		after(5 * time.Minute)
		live := f.count("refs")
		f.set(func(f *forge) { f.runs[0].Status, f.runs[0].Conclusion = "completed", "success" })
		after(10 * time.Minute)
		if cold := f.count("refs") - live; live < 8 || live > 12 || cold < 4 || cold > 7 || !newest().Fresh(queueID(repo)) {
			t.Errorf("%d times in five minutes of a live run, %d in ten after it", live, cold)
		}
	})
}
