package poll

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

// goneFor is how long GitHub's "no such run" is remembered.
const goneFor = time.Hour

func runsID(r fleet.Repo) fleet.SourceID {
	return fleet.SourceID{Kind: fleet.SourceRuns, Of: string(r)}
}
func jobsID(r fleet.Repo) fleet.SourceID {
	return fleet.SourceID{Kind: fleet.SourceJobs, Of: string(r)}
}

// listRuns reads a repository's newest runs. It reports whether there is a
// current list to follow up on.
func (c *Collector) listRuns(ctx context.Context, repo fleet.Repo) bool {
	var list []fleet.WorkflowRun
	var whole bool
	err := c.request(ctx, func(ctx context.Context) (err error) {
		list, whole, err = c.runs.Runs(ctx, repo)
		return err
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	now, t := c.cfg.Now(), c.trackers[runsID(repo)]
	if err != nil {
		t.failed(now, fleet.FailureOf(err))
		return false
	}
	if !t.believe(len(list), len(c.held.listed[repo])) {
		t.partial(now, c.runsEvery(repo), fleet.CauseTruncated, "runs of "+string(repo)+": "+emptyOnce, "")
		return false
	}
	listed := make(map[fleet.RunID]bool, len(list))
	for _, r := range list {
		listed[r.ID] = true
		c.held.runs[r.Key()] = r
		delete(c.held.goneRun, r.Key())
	}
	if !whole {
		t.partial(now, c.runsEvery(repo), fleet.CauseTruncated, "GitHub's list of runs of "+string(repo)+" was not whole", "")
		return true
	}
	c.held.listed[repo] = listed
	t.whole(now, c.runsEvery(repo))
	return true
}

// followRuns asks for what the list does not hold: runs known live that fell
// off it, runs that dirs name, and the jobs of runs that changed.
func (c *Collector) followRuns(ctx context.Context, repo fleet.Repo, e effort) {
	var broken error
	each(ctx, c, c.runsToAsk(repo, e.runs), func(ctx context.Context, k fleet.RunKey) {
		r, err := c.runs.Run(ctx, k)
		c.mu.Lock()
		defer c.mu.Unlock()
		switch {
		case errors.Is(err, ErrGone):
			c.held.goneRun[k] = time.Now()
			if len(c.held.listed[repo]) > 0 { // else the token may see nothing of the repository
				delete(c.held.runs, k)
				delete(c.held.jobs, k)
			}
		case err != nil:
			broken = err
		case r.Key() == k:
			c.held.runs[k] = r
		}
	})
	if broken != nil {
		c.mu.Lock()
		t := c.trackers[runsID(repo)]
		f := fleet.FailureOf(broken)
		t.partial(c.cfg.Now(), c.runsEvery(repo), f.Cause, "runs asked by id: "+f.Error(), f.Remedy)
		c.mu.Unlock()
	}
	c.readJobs(ctx, repo, e)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.forgetRuns(repo)
}

// runsToAsk lists the runs to read by id: live ones first, then those never
// read, then the longest unread.
func (c *Collector) runsToAsk(repo fleet.Repo, most int) []fleet.RunKey {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.cfg.Now()
	listed := c.held.listed[repo]
	named, _ := c.held.named(repo)
	var out []fleet.RunKey
	add := func(id fleet.RunID, held bool) {
		k := fleet.RunKey{Repo: repo, ID: id}
		if at, gone := c.held.goneRun[k]; listed[id] || gone && time.Since(at) < goneFor {
			return
		}
		if r := c.held.runs[k]; !held || r.Status.Live() || now.Sub(r.ReadAt).Abs() >= c.cfg.Intervals.Background {
			out = append(out, k)
		}
	}
	for k, r := range c.held.runs {
		if k.Repo == repo && r.Status.Live() && !named[k.ID] {
			add(k.ID, true)
		}
	}
	for id := range named {
		_, held := c.held.runs[fleet.RunKey{Repo: repo, ID: id}]
		add(id, held)
	}
	rank := func(k fleet.RunKey) int {
		r, held := c.held.runs[k]
		switch {
		case held && r.Status.Live():
			return 0
		case !held:
			return 1
		}
		return 2
	}
	slices.SortFunc(out, func(a, b fleet.RunKey) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), c.held.runs[a].ReadAt.Compare(c.held.runs[b].ReadAt), cmp.Compare(b.ID, a.ID))
	})
	return out[:min(len(out), most)]
}

// forgetRuns drops the runs nobody will ask about: off the list, ended, without
// a dir, and not a failure young enough to be compared with others.
func (c *Collector) forgetRuns(repo fleet.Repo) {
	listed, whole := c.held.listed[repo]
	if !whole {
		return
	}
	named, _ := c.held.named(repo)
	now := c.cfg.Now()
	for k, r := range c.held.runs {
		young := r.Conclusion.Red() && now.Sub(r.UpdatedAt) < c.cfg.Policy.ClusterWindow
		if k.Repo == repo && !listed[k.ID] && !named[k.ID] && !r.Status.Live() && !young {
			delete(c.held.runs, k)
			delete(c.held.jobs, k)
		}
	}
}

// readJobs reads the jobs of the runs that need it and says how whole the
// picture of the repository's jobs is.
func (c *Collector) readJobs(ctx context.Context, repo fleet.Repo, e effort) {
	ask, later := c.jobsToAsk(repo, e.jobs)
	var broken error
	each(ctx, c, ask, func(ctx context.Context, k fleet.RunKey) {
		c.mu.Lock()
		mark := markOf(c.held.runs[k]) // as it looked before its jobs were read
		c.mu.Unlock()
		jobs, err := c.runs.Jobs(ctx, k)
		c.mu.Lock()
		defer c.mu.Unlock()
		if err != nil && !errors.Is(err, ErrGone) {
			broken = err
			return
		}
		c.held.jobs[k] = jobsRead{jobs: jobs, mark: mark, at: time.Now()}
	})
	c.mu.Lock()
	defer c.mu.Unlock()
	now, t, every := c.cfg.Now(), c.trackers[jobsID(repo)], c.runsEvery(repo)
	switch {
	case broken != nil:
		t.failed(now, fleet.FailureOf(broken))
	case ctx.Err() != nil:
		t.failed(now, &fleet.Failure{Cause: fleet.CauseTimeout, Err: fmt.Errorf("jobs of %s: %w", repo, ctx.Err())})
	case later > 0:
		t.partial(now, every, fleet.CauseTruncated, fmt.Sprintf("jobs of %d runs are not read yet", later), "")
	default:
		t.whole(now, every)
	}
	t.src.NextAt = c.trackers[runsID(repo)].src.NextAt
}

// jobsToAsk lists the runs whose jobs must be read now, most pressing first,
// and how many runs whose jobs were never read have to wait.
func (c *Collector) jobsToAsk(repo fleet.Repo, most int) (ask []fleet.RunKey, later int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	named, _ := c.held.named(repo)
	now := c.cfg.Now()
	rank := make(map[fleet.RunKey]int)
	for k, r := range c.held.runs {
		if k.Repo != repo {
			continue
		}
		if n := c.jobsRank(k, r, named[k.ID], now); n > 0 {
			rank[k] = n
			ask = append(ask, k)
		}
	}
	slices.SortFunc(ask, func(a, b fleet.RunKey) int {
		return cmp.Or(cmp.Compare(rank[a], rank[b]), cmp.Compare(b.ID, a.ID))
	})
	if len(ask) <= most {
		return ask, 0
	}
	for _, k := range ask[most:] {
		if c.held.jobs[k].at.IsZero() {
			later++
		}
	}
	return ask[:most], later
}

// jobsRank says how pressing a run's jobs are, from 1; 0: they need not be read.
func (c *Collector) jobsRank(k fleet.RunKey, r fleet.WorkflowRun, owns bool, now time.Time) int {
	last := c.held.jobs[k]
	age := time.Since(last.at)
	switch {
	case c.shown.runs[k] && (last.mark != markOf(r) || r.Status.Live() && age >= c.cfg.Intervals.OnScreen):
		return 1
	case r.Status.Live() && (last.mark != markOf(r) || age >= c.cfg.Intervals.Background):
		return 2
	case owns && last.mark != markOf(r):
		return 3
	case r.Conclusion.Red() && last.mark != markOf(r) && now.Sub(r.UpdatedAt) < c.cfg.Policy.ClusterWindow:
		return 4
	case len(last.jobs) > 0 && last.mark != markOf(r):
		return 5 // else what was in progress when they were read would stay so for good
	}
	return 0
}

// runsEvery is the governed interval of a repository's runs.
func (c *Collector) runsEvery(repo fleet.Repo) time.Duration {
	if c.held.live(repo) {
		return c.stretched(c.cfg.Intervals.Hot)
	}
	return c.stretched(c.cfg.Intervals.Cold)
}
