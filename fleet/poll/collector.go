package poll

import (
	"context"
	"errors"
	"sync"
	"time"

	"andon/fleet"
)

// Collector reads the fleet and makes snapshots. Its methods may be called
// concurrently.
type Collector struct {
	cfg      Config
	hosts    Hosts
	runs     Runs
	pulls    Pulls
	runners  Runners
	groups   Groups
	queues   Queues
	budget   Budgeter
	gates    map[fleet.HostName]chan struct{} // one sweep of a host at a time
	sweeps   chan struct{}                    // slots
	requests chan struct{}
	wake     chan struct{} // something changed, or is due earlier

	mu       sync.Mutex // guards what follows
	held     holdings
	trackers map[fleet.SourceID]*tracker
	order    []fleet.SourceID
	pace     Pace
	pacedAt  time.Time
	shown    screen
	changed  bool
	latest   *fleet.Snapshot
	asked    map[fleet.DirID]time.Time // when a dir was last asked to be measured, monotonic

	joining sync.Mutex // one snapshot at a time: each rests on the samples of the one before
	samples []fleet.Sample
	history fleet.History
}

// screen is what the operator looks at.
type screen struct {
	dirs []fleet.DirID
	runs map[fleet.RunKey]bool
}

// New returns a Collector. Without a token the hosts still show, and GitHub's
// sources say why they do not.
func New(cfg Config, h Hosts, g GitHub) *Collector {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	if cfg.Speed <= 0 {
		cfg.Speed = 1
	}
	cfg.Intervals = cfg.Intervals.orDefault().faster(cfg.Speed)
	c := &Collector{cfg: cfg, hosts: h, runs: g.Runs, pulls: g.Pulls, runners: g.Runners, groups: g.Groups, queues: g.Queues, budget: g.Budget,
		gates: make(map[fleet.HostName]chan struct{}, len(cfg.Hosts)), sweeps: make(chan struct{}, maxSweeps),
		requests: make(chan struct{}, maxRequests), wake: make(chan struct{}, 1), held: newHoldings(cfg),
		trackers: make(map[fleet.SourceID]*tracker), pace: Pace{Stretch: 1}, samples: cfg.Stored.Samples, history: cfg.Stored.History,
		asked: make(map[fleet.DirID]time.Time)}
	for _, x := range cfg.Hosts {
		c.gates[x.Name] = make(chan struct{}, 1)
		c.track(fleet.HostSource(x.Name), cfg.Intervals.Host, true)
	}
	for _, r := range cfg.Repos {
		c.track(runsID(r), cfg.Intervals.Hot, g.Runs != nil)
		c.track(jobsID(r), cfg.Intervals.Hot, g.Runs != nil)
		c.track(pullsID(r), cfg.Intervals.Pulls, g.Pulls != nil)
		if g.Runs != nil && g.Groups != nil {
			c.track(groupsID(r), cfg.Intervals.Groups, true)
		}
		if g.Runs != nil && g.Queues != nil {
			c.track(queueID(r), cfg.Intervals.Queue, true)
		}
	}
	for _, s := range cfg.Scopes {
		c.track(runnersID(s), cfg.Intervals.Runners, g.Runners != nil)
	}
	for _, s := range cfg.Stored.Sources {
		if t, ok := c.trackers[s.ID]; ok && t.src.State == fleet.SourceNever {
			t.src.ReadAt = s.ReadAt
		}
	}
	return c
}

var errNoToken = errors.New("no GitHub token")

func (c *Collector) track(id fleet.SourceID, every time.Duration, able bool) {
	now := c.cfg.Now()
	t := &tracker{src: fleet.Source{ID: id, State: fleet.SourceNever, Since: now.Round(0)}, due: time.Now(), every: every, speed: c.cfg.Speed}
	t.src.Interval = t.told(every)
	if !able {
		t.failed(now, &fleet.Failure{Cause: fleet.CauseNoToken, Err: errNoToken, Remedy: "set GH_TOKEN, or run: gh auth login"})
		t.src.NextAt = time.Time{}
	}
	c.trackers[id] = t
	c.order = append(c.order, id)
}

// able reports whether a source can be asked at all.
func (c *Collector) able(k fleet.SourceKind) bool {
	switch k {
	case fleet.SourceRuns:
		return c.runs != nil
	case fleet.SourcePulls:
		return c.pulls != nil
	case fleet.SourceRunners:
		return c.runners != nil
	case fleet.SourceJobs:
		return false // follows the runs of its repository
	}
	return true
}

// Snapshot joins what is held now.
func (c *Collector) Snapshot() *fleet.Snapshot {
	c.joining.Lock()
	defer c.joining.Unlock()
	r := fleet.Reads{At: c.cfg.Now().Round(0), Policy: c.cfg.Policy, Hosts: c.cfg.Hosts, Repos: c.cfg.Repos, Samples: c.samples, History: c.history}
	if c.budget != nil {
		r.Budget = c.budget.Budget()
	}
	if c.cfg.Receivers != nil {
		r.Receivers = c.cfg.Receivers()
	}
	c.mu.Lock()
	c.held.fill(&r, c.cfg)
	for _, id := range c.order {
		r.Sources = append(r.Sources, c.trackers[id].src)
	}
	c.changed = false
	c.mu.Unlock()
	s := fleet.Join(r)
	c.samples, c.history = s.TakeSamples(), s.TakeHistory()
	c.mu.Lock()
	c.latest = s
	c.mu.Unlock()
	return s
}

// request runs one request to GitHub in its slot and within its deadline.
func (c *Collector) request(ctx context.Context, f func(context.Context) error) error {
	select {
	case c.requests <- struct{}{}:
	case <-ctx.Done():
		return &fleet.Failure{Cause: fleet.CauseTimeout, Err: ctx.Err()}
	}
	defer func() { <-c.requests }()
	ctx, cancel := context.WithTimeout(ctx, requestLimit)
	defer cancel()
	return f(ctx)
}

// each runs f for every key, as many at once as there are slots.
func each[K any](ctx context.Context, c *Collector, keys []K, f func(context.Context, K)) {
	var wg sync.WaitGroup
	for _, k := range keys {
		select {
		case c.requests <- struct{}{}:
		case <-ctx.Done():
			wg.Wait()
			return
		}
		wg.Go(func() {
			defer func() { <-c.requests }()
			ctx, cancel := context.WithTimeout(ctx, requestLimit)
			defer cancel()
			f(ctx, k)
		})
	}
	wg.Wait()
}

func (c *Collector) stretched(d time.Duration) time.Duration {
	return time.Duration(float64(d) * c.pace.Stretch)
}
