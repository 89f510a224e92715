package poll

import (
	"context"
	"slices"
	"strings"

	"andon/fleet"
)

const (
	queueEvent = "merge_group"
	queueRef   = "gh-readonly-queue/"
)

func queueID(r fleet.Repo) fleet.SourceID {
	return fleet.SourceID{Kind: fleet.SourceQueue, Of: string(r)}
}

// readQueue reads which branches a repository's merge queues have. Where no run
// and no dir is of a merge queue nothing is asked, and that is a whole answer.
func (c *Collector) readQueue(ctx context.Context, repo fleet.Repo) {
	if !c.follows(queueID(repo), repo) {
		return
	}
	c.mu.Lock()
	wanted, live := c.held.queueWanted(repo)
	every := c.stretched(c.cfg.Intervals.Cold)
	if live || !wanted {
		every = c.stretched(c.cfg.Intervals.Queue)
	}
	if !wanted {
		c.trackers[queueID(repo)].whole(c.cfg.Now(), every)
	}
	c.mu.Unlock()
	if !wanted {
		return
	}
	var list []fleet.QueueRef
	var whole bool
	err := c.request(ctx, func(ctx context.Context) (err error) {
		list, whole, err = c.queues.QueueRefs(ctx, repo)
		return err
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	now, t, held := c.cfg.Now(), c.trackers[queueID(repo)], c.held.refs[repo]
	switch {
	case err != nil:
		t.failed(now, fleet.FailureOf(err))
	case live && !t.believe(len(list), len(held)): // with nothing left to build an empty queue is no surprise
		t.partial(now, every, fleet.CauseTruncated, "merge queue branches of "+string(repo)+": "+emptyOnce, "")
	case !whole:
		c.held.refs[repo] = withOlder(list, held)
		t.partial(now, every, fleet.CauseTruncated, "GitHub's list of merge queue branches of "+string(repo)+" was not whole", "")
	default:
		c.held.refs[repo] = byName(list)
		t.whole(now, every)
	}
}

// queueWanted reports whether a repository has anything of a merge queue: a run, a
// dir, or branches that were there last time; and whether one of the runs is live.
func (h *holdings) queueWanted(repo fleet.Repo) (wanted, live bool) {
	wanted = len(h.refs[repo]) > 0
	for k, r := range h.runs {
		if k.Repo == repo && (r.Event == queueEvent || strings.HasPrefix(r.Branch, queueRef)) {
			wanted, live = true, live || r.Status.Live()
		}
	}
	for _, s := range h.sweeps {
		if wanted {
			break
		}
		wanted = slices.ContainsFunc(s.Dirs, func(d fleet.RunDir) bool {
			p := d.Path.Place()
			return p.Form == fleet.FormQueueRun && p.Repo == repo.Name()
		})
	}
	return wanted, live
}

// withOlder adds the branches that an answer which is not whole may have missed.
func withOlder(list, held []fleet.QueueRef) []fleet.QueueRef {
	out := slices.Clone(list)
	for _, q := range held {
		if !slices.ContainsFunc(list, func(x fleet.QueueRef) bool { return x.Name == q.Name }) {
			out = append(out, q)
		}
	}
	return byName(out)
}

func byName(list []fleet.QueueRef) []fleet.QueueRef {
	return slices.SortedFunc(slices.Values(list), func(a, b fleet.QueueRef) int { return strings.Compare(a.Name, b.Name) })
}
