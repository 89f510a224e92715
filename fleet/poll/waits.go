package poll

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"andon/fleet"
)

// waitsAfter is how long a run must have been there: before, it is only starting.
const waitsAfter = time.Minute

// waitsRead is the names of the groups a run waits in, and how the run looked when
// they were read.
type waitsRead struct {
	names []string
	mark  runMark
	at    time.Time // monotonic
}

// readNames asks waiting runs for the names of their groups.
func (r *groupsRound) readNames(ctx context.Context) {
	c := r.c
	each(ctx, c, r.runsToAsk(), func(ctx context.Context, k fleet.RunKey) {
		c.mu.Lock()
		mark, over := markOf(c.held.runs[k]), r.absent != nil
		c.mu.Unlock()
		if over {
			return
		}
		names, err := c.groups.WaitsIn(ctx, k)
		c.mu.Lock()
		defer c.mu.Unlock()
		switch {
		case errors.Is(err, ErrAbsent):
			r.absent = err
		case err != nil && !errors.Is(err, ErrGone):
			r.broken = err
		default:
			c.held.waits[k] = waitsRead{names: names, mark: mark, at: time.Now()}
		}
	})
}

// runsToAsk lists the waiting runs whose groups are not known, surest and oldest
// first. While the source is denied or absent any run will do to try again.
func (r *groupsRound) runsToAsk() []fleet.RunKey {
	c := r.c
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.cfg.Now()
	rank := make(map[fleet.RunKey]int)
	var ask []fleet.RunKey
	var newest fleet.RunKey
	for k, x := range c.held.runs {
		if k.Repo != r.repo {
			continue
		}
		if k.ID > newest.ID {
			newest = k
		}
		n := c.waitRank(x, now)
		last, read := c.held.waits[k]
		if n == 0 || read && last.mark == markOf(x) && (n > 1 || time.Since(last.at) < c.cfg.Intervals.Background) {
			continue
		}
		rank[k] = n
		ask = append(ask, k)
	}
	if len(ask) == 0 && newest.ID != 0 && c.trackers[groupsID(r.repo)].src.Optional() {
		return []fleet.RunKey{newest}
	}
	slices.SortFunc(ask, func(a, b fleet.RunKey) int {
		return cmp.Or(cmp.Compare(rank[a], rank[b]), cmp.Compare(a.ID, b.ID))
	})
	sure := 0
	for i, k := range ask {
		if rank[k] > 1 {
			break
		}
		sure++
		if _, read := c.held.waits[k]; !read && i >= r.e.groups {
			r.later++
		}
	}
	return ask[:min(len(ask), r.e.groups, sure+r.e.groups/4)]
}

// waitRank says how surely a run waits for a concurrency group, from 1; 0: it does
// not. A run held back as a whole is pending and has no jobs; a job held back is
// pending. Queued jobs mostly wait for a runner.
func (c *Collector) waitRank(x fleet.WorkflowRun, now time.Time) int {
	since := x.StartedAt
	if since.IsZero() {
		since = x.CreatedAt
	}
	if !x.Status.Live() || now.Sub(since).Abs() < waitsAfter {
		return 0
	}
	read, known := c.held.jobs[x.Key()]
	jobs, running := 0, false
	for _, j := range read.jobs {
		switch {
		case j.Attempt != x.Attempt:
			continue
		case j.Status == fleet.StatusPending:
			return 1
		}
		jobs++
		running = running || j.Status == fleet.StatusInProgress
	}
	switch {
	case running || x.Status == fleet.StatusInProgress:
		return 0
	case x.Status == fleet.StatusPending || known && jobs == 0:
		return 1
	}
	return 2
}
