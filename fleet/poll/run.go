package poll

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"andon/fleet"
)

const (
	publishGap = 250 * time.Millisecond // least pause between two snapshots
	heartbeat  = 2 * time.Second        // most: ages and countdowns move without news
	joinShare  = 4                      // of a very large fleet the pause is so many times what a snapshot takes
	nudgeGap   = 2 * time.Second        // a source tried less long ago is not nudged
)

// Run reads every source at its pace until ctx ends, and hands a new snapshot to
// publish when something changed, and every other second. publish is called from
// one goroutine and must not block. All readings have ended when Run returns.
func (c *Collector) Run(ctx context.Context, publish func(*fleet.Snapshot)) {
	var wg sync.WaitGroup
	defer wg.Wait()
	publish(c.Snapshot())
	last, gap := time.Now(), publishGap
	for {
		wait := c.launch(ctx, &wg)
		since := time.Since(last)
		if c.news() {
			wait = min(wait, gap-since)
		}
		t := time.NewTimer(max(min(wait, max(heartbeat, gap)-since), 0))
		select {
		case <-ctx.Done():
			t.Stop()
			return
		case <-c.wake:
			t.Stop()
		case <-t.C:
		}
		if since = time.Since(last); since >= max(heartbeat, gap) || c.news() && since >= gap {
			begun := time.Now()
			publish(c.Snapshot())
			last = time.Now()
			gap = max(publishGap, joinShare*last.Sub(begun))
		}
	}
}

// Settled reports whether Run has read every source that can be read at least
// once. Before that a snapshot lacks half of what its rules compare.
func (c *Collector) Settled() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range c.order {
		if c.able(id.Kind) && !c.trackers[id].read {
			return false
		}
	}
	return true
}

func (c *Collector) news() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.changed
}

// launch starts the readings that are due and returns the time to the next one.
func (c *Collector) launch(ctx context.Context, wg *sync.WaitGroup) time.Duration {
	c.govern()
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.cfg.Now()
	next := heartbeat
	for _, id := range c.order {
		t := c.trackers[id]
		if t.busy || !c.able(id.Kind) {
			continue
		}
		if id.Kind != fleet.SourceHost && c.pace.Stop > 0 && time.Until(t.due) <= 0 {
			t.held(now, jitter(min(c.pace.Stop, govern)))
		}
		if wait := time.Until(t.due); wait > 0 {
			next = min(next, wait)
			continue
		}
		t.busy = true
		wg.Go(func() {
			c.read(ctx, id, steady(len(c.cfg.Repos)))
			c.mu.Lock()
			t.busy, t.read, c.changed = false, true, true
			c.mu.Unlock()
			c.poke()
		})
	}
	return next
}

func (c *Collector) poke() {
	select {
	case c.wake <- struct{}{}:
	default: // one is waiting already
	}
}

// govern looks at the budget every half minute.
func (c *Collector) govern() {
	if c.budget == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.pacedAt.IsZero() && time.Since(c.pacedAt) < govern {
		return
	}
	c.pace, c.pacedAt = c.pace.Next(c.budget.Budget(), c.cfg.Now()), time.Now()
}

// read reads one source once, with all that follows from it.
func (c *Collector) read(ctx context.Context, id fleet.SourceID, e effort) {
	ctx, cancel := context.WithTimeout(ctx, roundLimit)
	defer cancel()
	repo := fleet.Repo(id.Of)
	switch id.Kind {
	case fleet.SourceHost:
		if i := slices.IndexFunc(c.cfg.Hosts, func(h fleet.Host) bool { return h.Name == fleet.HostName(id.Of) }); i >= 0 {
			c.sweep(ctx, c.cfg.Hosts[i], e)
		}
	case fleet.SourceRuns:
		if c.listRuns(ctx, repo) {
			c.followRuns(ctx, repo, e)
		}
	case fleet.SourcePulls:
		if c.listPulls(ctx, repo) {
			c.followPulls(ctx, repo, e)
		}
	case fleet.SourceRunners:
		c.listRunners(ctx, id.Of)
	case fleet.SourceGroups:
		c.readGroups(ctx, repo, e)
	case fleet.SourceQueue:
		c.readQueue(ctx, repo)
	}
}

// together runs all of f at once.
func together(f ...func()) {
	var wg sync.WaitGroup
	for _, x := range f {
		wg.Go(x)
	}
	wg.Wait()
}

// Once reads every source once: all hosts and GitHub's lists together, then what
// the dirs name, then what waiting runs wait for, and the deep figures of the
// dirs that matter most. Sources that fail say so in the snapshot.
func (c *Collector) Once(ctx context.Context) *fleet.Snapshot {
	return c.pass(ctx, c.cfg.Hosts, c.cfg.Repos, c.cfg.Scopes, thorough())
}

// pass reads the given hosts, repositories and scopes, now.
func (c *Collector) pass(ctx context.Context, hosts []fleet.Host, repos []fleet.Repo, scopes []string, e effort) *fleet.Snapshot {
	ctx, cancel := context.WithTimeout(ctx, roundLimit)
	defer cancel()
	c.govern()
	lightly := e
	if !e.suspects {
		lightly.deep = 0
	}
	var first, second, third []func()
	for _, h := range hosts {
		first = append(first, func() { c.sweep(ctx, h, lightly) })
	}
	for _, r := range repos {
		if c.runs != nil {
			first = append(first, func() {
				if c.listRuns(ctx, r) {
					c.later(&second, func() { c.followRuns(ctx, r, e) })
				}
			})
		}
		if c.pulls != nil {
			first = append(first, func() {
				if c.listPulls(ctx, r) {
					c.later(&second, func() { c.followPulls(ctx, r, e) })
				}
			})
		}
		if c.tracked(groupsID(r)) {
			third = append(third, func() { c.readGroups(ctx, r, e) })
		}
		if c.tracked(queueID(r)) {
			third = append(third, func() { c.readQueue(ctx, r) })
		}
	}
	if c.runners != nil {
		for _, s := range scopes {
			first = append(first, func() { c.listRunners(ctx, s) })
		}
	}
	together(first...)
	together(second...)
	together(third...)
	if !e.suspects {
		c.deepen(ctx, hosts, e)
	}
	c.mu.Lock()
	c.changed = true
	c.mu.Unlock()
	c.poke()
	return c.Snapshot()
}

func (c *Collector) later(list *[]func(), f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*list = append(*list, f)
}

// Refresh sweeps the named hosts again, now, with the deep figures of their
// suspect dirs, and reads the runs and pull requests of the repositories whose
// dirs they hold. A sweep under way is waited for, not shared: it may have begun
// before what is to be verified. A host that does not answer is said in its
// Source, not in the error.
func (c *Collector) Refresh(ctx context.Context, names ...fleet.HostName) (*fleet.Snapshot, error) {
	var hosts []fleet.Host
	for _, n := range names {
		i := slices.IndexFunc(c.cfg.Hosts, func(h fleet.Host) bool { return h.Name == n })
		if i < 0 {
			return nil, fmt.Errorf("refresh host %q: not configured", n)
		}
		hosts = append(hosts, c.cfg.Hosts[i])
	}
	s := c.pass(ctx, hosts, c.reposOn(names), nil, proving())
	if err := ctx.Err(); err != nil {
		return s, fmt.Errorf("refresh: %w", err)
	}
	return s, nil
}

// reposOn lists the repositories that dirs of the hosts belong to.
func (c *Collector) reposOn(names []fleet.HostName) []fleet.Repo {
	c.mu.Lock()
	defer c.mu.Unlock()
	seen := make(map[string]bool)
	for _, n := range names {
		for _, d := range c.held.sweeps[n].Dirs {
			seen[d.Path.Place().Repo] = true
		}
	}
	var out []fleet.Repo
	for _, r := range c.cfg.Repos {
		if seen[r.Name()] {
			out = append(out, r)
		}
	}
	return out
}

// Nudge makes sources due now, but for those tried within the last two seconds.
// Without arguments it nudges all.
func (c *Collector) Nudge(ids ...fleet.SourceID) {
	c.mu.Lock()
	now := c.cfg.Now()
	if len(ids) == 0 {
		ids = c.order
	}
	for _, id := range ids {
		if t, ok := c.trackers[id]; ok && now.Round(0).Sub(t.src.TriedAt).Abs() >= nudgeGap && time.Until(t.due) > 0 {
			t.next(now, 0)
		}
	}
	c.mu.Unlock()
	c.poke()
}
