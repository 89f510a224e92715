package poll

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"andon/fleet"
)

// endedFor is how long a pull request that ended is kept without a dir.
const endedFor = 24 * time.Hour

func pullsID(r fleet.Repo) fleet.SourceID {
	return fleet.SourceID{Kind: fleet.SourcePulls, Of: string(r)}
}

// listPulls reads a repository's open pull requests. It reports whether there
// is a current list to follow up on.
func (c *Collector) listPulls(ctx context.Context, repo fleet.Repo) bool {
	var list []fleet.PullRequest
	var whole bool
	err := c.request(ctx, func(ctx context.Context) (err error) {
		list, whole, err = c.pulls.Pulls(ctx, repo)
		return err
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	now, t, every := c.cfg.Now(), c.trackers[pullsID(repo)], c.stretched(c.cfg.Intervals.Pulls)
	if err != nil {
		t.failed(now, fleet.FailureOf(err))
		return false
	}
	if !t.believe(len(list), c.openHeld(repo)) {
		t.partial(now, every, fleet.CauseTruncated, "open pull requests of "+string(repo)+": "+emptyOnce, "")
		return false
	}
	open := make(map[int]bool, len(list))
	for _, p := range list {
		open[p.Number] = true
		c.held.pulls[p.Key()] = p
		delete(c.held.gonePull, p.Key())
	}
	if !whole {
		t.partial(now, every, fleet.CauseTruncated, "GitHub's list of open pull requests of "+string(repo)+" was not whole", "")
		return true
	}
	c.held.open[repo] = open
	t.whole(now, every)
	return true
}

func (c *Collector) openHeld(repo fleet.Repo) int {
	n := 0
	for k, p := range c.held.pulls {
		if k.Repo == repo && p.State == fleet.PROpen {
			n++
		}
	}
	return n
}

// followPulls reads by their own GET the pull requests that dirs name and the
// list lacks, and those that were open and are not listed any more.
func (c *Collector) followPulls(ctx context.Context, repo fleet.Repo, e effort) {
	var broken error
	each(ctx, c, c.pullsToAsk(repo, e.pulls), func(ctx context.Context, k fleet.PRKey) {
		p, err := c.pulls.Pull(ctx, k)
		c.mu.Lock()
		defer c.mu.Unlock()
		switch {
		case errors.Is(err, ErrGone):
			c.held.gonePull[k] = time.Now()
			delete(c.held.pulls, k)
		case err != nil:
			broken = err
		case p.Key() == k:
			p.Alone = true
			c.held.pulls[k] = p
		}
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.cfg.Now()
	if broken != nil {
		f := fleet.FailureOf(broken)
		c.trackers[pullsID(repo)].partial(now, c.stretched(c.cfg.Intervals.Pulls), f.Cause, "pull requests asked by number: "+f.Error(), f.Remedy)
	}
	_, named := c.held.named(repo)
	for k, p := range c.held.pulls {
		if k.Repo == repo && !named[k.Number] && p.State != fleet.PROpen && now.Sub(p.ClosedAt) > endedFor {
			delete(c.held.pulls, k)
		}
	}
}

// pullsToAsk lists the pull requests to read by number: those that left the
// open list first, then those never read, then the longest unread.
func (c *Collector) pullsToAsk(repo fleet.Repo, most int) []fleet.PRKey {
	c.mu.Lock()
	defer c.mu.Unlock()
	open, whole := c.held.open[repo]
	_, want := c.held.named(repo)
	left := make(map[int]bool)
	for k, p := range c.held.pulls {
		if k.Repo == repo && p.State == fleet.PROpen && whole && !open[k.Number] {
			want[k.Number], left[k.Number] = true, true
		}
	}
	var out []fleet.PRKey
	for n := range want {
		k := fleet.PRKey{Repo: repo, Number: n}
		if at, gone := c.held.gonePull[k]; open[n] || gone && time.Since(at) < goneFor {
			continue
		}
		out = append(out, k)
	}
	rank := func(k fleet.PRKey) int {
		_, held := c.held.pulls[k]
		switch {
		case left[k.Number]:
			return 0
		case !held:
			return 1
		}
		return 2
	}
	slices.SortFunc(out, func(a, b fleet.PRKey) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), c.held.pulls[a].ReadAt.Compare(c.held.pulls[b].ReadAt), cmp.Compare(b.Number, a.Number))
	})
	return out[:min(len(out), most)]
}

func runnersID(scope string) fleet.SourceID {
	return fleet.SourceID{Kind: fleet.SourceRunners, Of: scope}
}

// listRunners reads the registered runners of a scope.
func (c *Collector) listRunners(ctx context.Context, scope string) {
	var list []fleet.Runner
	var whole bool
	err := c.request(ctx, func(ctx context.Context) (err error) {
		list, whole, err = c.runners.Runners(ctx, scope)
		return err
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	now, t, every := c.cfg.Now(), c.trackers[runnersID(scope)], c.stretched(c.cfg.Intervals.Runners)
	switch {
	case err != nil:
		t.failed(now, fleet.FailureOf(err))
	case !t.believe(len(list), len(c.held.runners[scope])):
		t.partial(now, every, fleet.CauseTruncated, "runners of "+scope+": "+emptyOnce, "")
	case !whole:
		if len(list) > len(c.held.runners[scope]) {
			c.held.runners[scope] = list
		}
		t.partial(now, every, fleet.CauseTruncated, "GitHub's list of runners of "+scope+" was not whole", "")
	default:
		c.held.runners[scope] = list
		t.whole(now, every)
	}
}
