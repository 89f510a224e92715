package world

import (
	"fmt"

	"andon/fleet"
)

// traffic is the ordinary life of a repository: pushes that sometimes overtake
// each other, tests that now and then fail, green pull requests that go through
// the merge queue, and new ones in their place.
type traffic struct {
	repo  *Repo
	every int64         // seconds between two pushes, about
	busy  int           // no push while so many jobs wait or run
	work  func() []spec // jobs of a run
	next  int           // number of the next pull request
	flaws int           // real test failures so far
}

// Odds of traffic, in one of so many.
const (
	oddsFlaw     = 12 // a push breaks a test
	oddsOvertake = 6  // a push to a branch whose run is live
)

// leak is how long, in seconds, a container outlives its cancelled job where the
// runner's signals reach it: SIGINT, 7.5 s, SIGTERM, 2.5 s, kill (actions/runner).
const leak = 8

// bustle opens pull requests and lets a repository live from now on.
func (w *World) bustle(t *traffic, open int) {
	for range open {
		w.opened(t)
	}
	w.after(t.every/2, func() { w.beat(t) })
}

func (w *World) opened(t *traffic) {
	n := t.next
	t.next++
	w.openPR(t.repo, n, author(n), fmt.Sprintf("%s-%d", topics()[n%len(topics())], n), title(n), t.repo.Name)
}

func topics() []string {
	return []string{"kv-cache", "gguf", "simd", "tokenizer", "cuda-graphs", "wasm", "metrics", "docs", "bench", "rope", "resume", "sampling"}
}

func title(n int) string {
	kinds := []string{"feat", "fix", "perf", "refactor", "test"}
	return fmt.Sprintf("%s(%s): change %d", kinds[n%len(kinds)], topics()[n%len(topics())], n)
}

// beat is one moment of a repository's life.
func (w *World) beat(t *traffic) {
	w.after(t.every*3/4+w.rng.Int64N(t.every/2+1), func() { w.beat(t) })
	if t.load() >= t.busy {
		return
	}
	var open []*PullRequest
	for _, p := range t.repo.PRs {
		if p.State == fleet.PROpen {
			open = append(open, p)
		}
	}
	if len(open) == 0 {
		return
	}
	p := open[w.rng.IntN(len(open))]
	switch x := p.newest(); {
	case x != nil && x.Event == "merge_group":
		return // in the merge queue
	case x == nil || !x.Status().Live() && x.Conclusion() != fleet.ConclusionSuccess:
		w.pushed(t, p)
	case x.Status().Live():
		if w.rng.IntN(oddsOvertake) == 0 {
			w.pushed(t, p)
		}
	case w.rng.IntN(2) == 0:
		w.pushed(t, p)
	default:
		w.merging(t, p)
	}
}

// load counts the jobs of self-hosted runners that wait or run.
func (t *traffic) load() int {
	n := 0
	for _, x := range t.repo.Runs {
		if !x.live() {
			continue
		}
		for _, j := range x.Jobs {
			if j.Status.Live() && j.Name != "gate" {
				n++
			}
		}
	}
	return n
}

// newest returns the newest run of a pull request, that of the merge queue included.
func (p *PullRequest) newest() *Run {
	var out *Run
	for _, x := range p.Repo.Runs {
		n, queued := fleet.QueuePR(x.Branch)
		if (x.Branch == p.HeadRef && x.HeadRepo == p.HeadRepo || queued && n == p.Number) && (out == nil || x.Created >= out.Created) {
			out = x
		}
	}
	return out
}

// room reports whether a workflow's jobs find idle runners at once: traffic is that of
// a fleet that is large enough.
func (w *World) room(specs []spec) bool {
	taken := make(map[*Runner]bool)
	for _, s := range specs {
		found := false
		for _, h := range w.Hosts {
			for _, r := range h.Runners {
				if !found && r.Online && r.Busy == nil && !taken[r] && hasAll(r.Labels, s.labels) {
					taken[r], found = true, true
				}
			}
		}
		if !found {
			return false
		}
	}
	return true
}

func (w *World) pushed(t *traffic, p *PullRequest) {
	s := t.work()
	if !w.room(s) {
		return
	}
	if w.rng.IntN(oddsFlaw) == 0 {
		t.flaws++
		s[0].ending, s[0].flaw = EndTest, t.flaws
	}
	w.Push(p, leak, s)
}

// merging sends a green pull request through the merge queue.
func (w *World) merging(t *traffic, p *PullRequest) {
	s := t.work()[:1]
	if !w.room(s) {
		return
	}
	x := w.queued(w.start(w.queueRun(t.repo, p), s))
	w.awaited(x, func() {
		if x.Conclusion() != fleet.ConclusionSuccess || p.State != fleet.PROpen {
			return
		}
		w.Merge(p)
		w.opened(t)
	})
}

// awaited calls then soon after a run has ended.
func (w *World) awaited(x *Run, then func()) {
	if x.Status().Live() {
		w.after(5, func() { w.awaited(x, then) })
		return
	}
	then()
}
