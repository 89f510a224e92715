package poll

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

// absentFor is the pause between two tries of what a server has not.
const absentFor = time.Hour

func groupsID(r fleet.Repo) fleet.SourceID {
	return fleet.SourceID{Kind: fleet.SourceGroups, Of: string(r)}
}

// groupRead is a group, and how the live runs looked just before it was read.
type groupRead struct {
	group fleet.ConcurrencyGroup
	marks map[fleet.RunID]runMark
	at    time.Time // monotonic; zero: to be read anew
	idle  bool      // the newest answer was "idle", and is not believed yet
}

// foldName is a group's name as GitHub compares it: without regard to case.
func foldName(name string) string { return strings.ToLower(name) }

// putGroup keeps a group under the name it was asked by.
func (h *holdings) putGroup(name string, g groupRead) {
	of := h.groups[g.group.Repo]
	if of == nil {
		of = make(map[string]groupRead)
		h.groups[g.group.Repo] = of
	}
	of[foldName(name)] = g
}

// holders lists the runs that hold a group others wait for.
func (h *holdings) holders(repo fleet.Repo) map[fleet.RunID]bool {
	out := make(map[fleet.RunID]bool)
	for _, g := range h.groups[repo] {
		for _, m := range g.group.Members {
			if m.Position == 0 {
				out[m.Run] = true
			}
		}
	}
	return out
}

// groupsRound is one reading of a repository's groups.
type groupsRound struct {
	c      *Collector
	repo   fleet.Repo
	e      effort
	absent error
	broken error
	doubt  string // an answer that is believed when it comes again
	later  int    // waiting runs and groups that were never read and have to wait
}

// readGroups reads the concurrency groups of the runs that seem to wait for one:
// which groups, once as long as the run does not change; and who holds them. Where
// nobody waits nothing is asked, and that is a whole answer.
func (c *Collector) readGroups(ctx context.Context, repo fleet.Repo, e effort) {
	if !c.follows(groupsID(repo), repo) {
		return
	}
	r := &groupsRound{c: c, repo: repo, e: e}
	r.readNames(ctx)
	if r.absent == nil {
		r.readQueues(ctx)
		r.readHolders(ctx)
	}
	r.close(ctx)
}

// follows reports whether a source that rests on the list of runs can be read now.
// Where that list is not permitted, neither is this; where it has no answer, this
// waits, and grows stale with it.
func (c *Collector) follows(id fleet.SourceID, repo fleet.Repo) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, t, runs := c.cfg.Now(), c.trackers[id], c.trackers[runsID(repo)].src
	switch {
	case runs.State == fleet.SourceDenied:
		t.failed(now, &fleet.Failure{Cause: runs.Cause, Err: errors.New(runs.Err), Remedy: runs.Remedy})
		return false
	case runs.State == fleet.SourceNever:
		t.next(now, nudgeGap)
		return false
	case runs.State == fleet.SourceFailing:
		t.next(now, jitter(t.every))
		return false
	case t.src.State == fleet.SourceAbsent && time.Until(t.due) > 0:
		return false
	}
	return true
}

func (c *Collector) tracked(id fleet.SourceID) bool {
	_, ok := c.trackers[id]
	return ok
}

// readQueues reads the groups that waiting runs name, where who holds or waits may
// have changed since they were read.
func (r *groupsRound) readQueues(ctx context.Context) {
	c := r.c
	names, marks := r.namesToAsk()
	each(ctx, c, names, func(ctx context.Context, name string) {
		g, err := c.groups.Group(ctx, r.repo, name)
		c.mu.Lock()
		defer c.mu.Unlock()
		switch {
		case errors.Is(err, ErrGone) || err == nil && len(g.Members) == 0:
			r.idle(name)
		case err != nil:
			r.broken = err
		default:
			c.held.putGroup(name, groupRead{group: g, marks: marks, at: time.Now()})
		}
	})
}

// idle takes over that nobody is in a group. As with lists it must be said twice
// where there was somebody: a run still seems to wait in it.
func (r *groupsRound) idle(name string) {
	g, held := r.c.held.groups[r.repo][foldName(name)]
	if !held || g.idle {
		delete(r.c.held.groups[r.repo], foldName(name))
		return
	}
	g.idle, g.at = true, time.Time{}
	r.c.held.putGroup(name, g)
	r.doubt = "concurrency group " + g.group.Name + ": " + emptyOnce
}

// namesToAsk lists the groups to read, never read and oldest first, and how the
// live runs look now. It forgets groups that no run waits in.
func (r *groupsRound) namesToAsk() ([]string, map[fleet.RunID]runMark) {
	c := r.c
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.cfg.Now()
	marks := make(map[fleet.RunID]runMark)
	wanted := make(map[string]string) // name as spelled, by name without case
	for k, x := range c.held.runs {
		if k.Repo != r.repo || !x.Status.Live() {
			continue
		}
		marks[k.ID] = markOf(x)
		if c.waitRank(x, now) == 0 {
			continue
		}
		for _, n := range c.held.waits[k].names {
			wanted[foldName(n)] = n
		}
	}
	held := c.held.groups[r.repo]
	if r.broken == nil && r.later == 0 { // else a run whose groups are not known may be what waits there
		maps.DeleteFunc(held, func(name string, _ groupRead) bool { _, ok := wanted[name]; return !ok })
	}
	ask := slices.DeleteFunc(slices.Sorted(maps.Keys(wanted)), func(name string) bool {
		g, read := held[name]
		return read && !c.groupDue(g)
	})
	slices.SortStableFunc(ask, func(a, b string) int { return held[a].at.Compare(held[b].at) })
	for i, name := range ask {
		if ask[i] = wanted[name]; i >= r.e.groups && held[name].at.IsZero() {
			r.later++
		}
	}
	return ask[:min(len(ask), r.e.groups)], marks
}

// groupDue reports whether a group's queue may have changed: one of its runs did,
// or it is not held by a live run, which is also what a wedged group looks like.
func (c *Collector) groupDue(g groupRead) bool {
	if time.Since(g.at) >= c.cfg.Intervals.Background { // one stored by an earlier console too
		return true
	}
	holds := false
	for _, m := range g.group.Members {
		k := fleet.RunKey{Repo: g.group.Repo, ID: m.Run}
		x, held := c.held.runs[k]
		was, known := g.marks[m.Run]
		if held && known && was != markOf(x) {
			return true
		}
		_, gone := c.held.goneRun[k]
		holds = holds || m.Position == 0 && (held && x.Status.Live() || !held && !gone)
	}
	return !holds
}

// readHolders reads by id, with their jobs, the runs that hold a group and are not
// held here: they fell off the list of runs long ago.
func (r *groupsRound) readHolders(ctx context.Context) {
	c := r.c
	c.mu.Lock()
	var ask []fleet.RunKey
	for id := range c.held.holders(r.repo) {
		k := fleet.RunKey{Repo: r.repo, ID: id}
		_, held := c.held.runs[k]
		if at, gone := c.held.goneRun[k]; !held && !(gone && time.Since(at) < goneFor) {
			ask = append(ask, k)
		}
	}
	c.mu.Unlock()
	slices.SortFunc(ask, func(a, b fleet.RunKey) int { return cmp.Compare(a.ID, b.ID) })
	each(ctx, c, ask[:min(len(ask), r.e.groups)], func(ctx context.Context, k fleet.RunKey) {
		x, err := c.runs.Run(ctx, k)
		var jobs []fleet.Job
		if err == nil {
			jobs, err = c.runs.Jobs(ctx, k)
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		switch {
		case errors.Is(err, ErrGone):
			c.held.goneRun[k] = time.Now()
		case err != nil:
			r.broken = err
		case x.Key() == k:
			c.held.runs[k] = x
			c.held.jobs[k] = jobsRead{jobs: jobs, mark: markOf(x), at: time.Now()}
		}
	})
}

// close says how whole the reading was.
func (r *groupsRound) close(ctx context.Context) {
	c := r.c
	c.mu.Lock()
	defer c.mu.Unlock()
	now, t, every := c.cfg.Now(), c.trackers[groupsID(r.repo)], c.stretched(c.cfg.Intervals.Groups)
	maps.DeleteFunc(c.held.waits, func(k fleet.RunKey, _ waitsRead) bool { return k.Repo == r.repo && !c.held.runs[k].Status.Live() })
	if r.broken == nil && ctx.Err() != nil {
		r.broken = &fleet.Failure{Cause: fleet.CauseTimeout, Err: fmt.Errorf("concurrency groups of %s: %w", r.repo, ctx.Err())}
	}
	if r.absent != nil && !t.believe(0, len(c.held.groups[r.repo])) {
		r.absent, r.doubt = nil, "GitHub has no concurrency groups where it had: it is believed when it has none again"
	}
	switch {
	case r.absent != nil:
		delete(c.held.groups, r.repo)
		t.absent(now, absentFor, fleet.FailureOf(r.absent).Error())
	case r.broken != nil:
		t.failed(now, fleet.FailureOf(r.broken))
		if time.Until(t.due) < every { // many requests: a failure is not tried again sooner than a success
			t.next(now, jitter(every))
		}
	case r.doubt != "":
		t.partial(now, every, fleet.CauseTruncated, r.doubt, "")
	case r.later > 0:
		t.partial(now, every, fleet.CauseTruncated, fmt.Sprintf("%d waiting runs or groups are not read yet", r.later), "")
	default:
		t.whole(now, every)
	}
}
