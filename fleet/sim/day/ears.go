package day

import (
	"context"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
	"andon/fleet/poll"
	"andon/fleet/probe"
	"andon/fleet/sim/answer"
)

// Ears is a day at the present time, behind the ports of package poll. Its methods
// may be called from many goroutines.
type Ears struct {
	day    *Day
	now    func() time.Time
	hosts  map[fleet.HostName]*host
	cells  map[fleet.Repo]*cell
	byID   map[fleet.RunKey]*run
	byPull map[fleet.PRKey]*pull
}

// Listen makes a day readable; now is the clock.
func (d *Day) Listen(now func() time.Time) *Ears {
	e := &Ears{day: d, now: now, hosts: make(map[fleet.HostName]*host), cells: make(map[fleet.Repo]*cell),
		byID: make(map[fleet.RunKey]*run), byPull: make(map[fleet.PRKey]*pull)}
	for _, c := range d.cells {
		e.cells[c.repo] = c
		for _, h := range c.hosts {
			e.hosts[h.conf.Name] = h
		}
		for _, x := range c.runs {
			e.byID[fleet.RunKey{Repo: c.repo, ID: x.id}] = x
		}
		for _, p := range c.pulls {
			e.byPull[fleet.PRKey{Repo: c.repo, Number: p.n}] = p
		}
	}
	return e
}

// GitHub returns the ports of GitHub.
func (e *Ears) GitHub() poll.GitHub {
	return poll.GitHub{Runs: e, Pulls: e, Runners: e, Groups: e, Queues: e, Budget: e}
}

// Sweep is poll.Hosts's: the answer of a host, in the records of the sweep script.
func (e *Ears) Sweep(_ context.Context, conf fleet.Host, ask probe.Ask) ([]byte, time.Duration, error) {
	h, t := e.hosts[conf.Name], e.now()
	if err := failing(h.down, t); err != nil {
		return nil, 0, err
	}
	s := h.sweep(t)
	for i := range s.Dirs {
		d := &s.Dirs[i]
		asked := func(a probe.DeepAsk) bool { return a.Root == d.Path.Root() && a.Rel == d.Path.Rel() }
		if !slices.ContainsFunc(ask.Deep, asked) {
			d.Bytes = fleet.Unknown[int64]("not measured yet")
		}
	}
	return answer.Encode(conf, s), s.Took, nil
}

// listed is how many of the newest runs GitHub lists: hours of a cell.
const listed = 30

// Runs is poll.Runs's.
func (e *Ears) Runs(_ context.Context, r fleet.Repo) ([]fleet.WorkflowRun, bool, error) {
	c, t := e.cells[r], e.now()
	if err := failing(c.nos[fleet.SourceRuns], t); err != nil {
		return nil, false, err
	}
	var out []fleet.WorkflowRun
	for _, x := range c.runs {
		if y, ok := x.tell(t); ok {
			if out = append(out, y); len(out) == listed {
				break
			}
		}
	}
	return out, true, nil
}

// Run is poll.Runs's.
func (e *Ears) Run(_ context.Context, k fleet.RunKey) (fleet.WorkflowRun, error) {
	t := e.now()
	if err := failing(e.cells[k.Repo].nos[fleet.SourceRuns], t); err != nil {
		return fleet.WorkflowRun{}, err
	}
	if x, ok := e.byID[k]; ok {
		if y, ok := x.tell(t); ok {
			return y, nil
		}
	}
	return fleet.WorkflowRun{}, fmt.Errorf("run %v: %w", k, poll.ErrGone)
}

// Jobs is poll.Runs's.
func (e *Ears) Jobs(_ context.Context, k fleet.RunKey) ([]fleet.Job, error) {
	t := e.now()
	if err := failing(e.cells[k.Repo].nos[fleet.SourceJobs], t); err != nil {
		return nil, err
	}
	x, ok := e.byID[k]
	if !ok {
		return nil, fmt.Errorf("run %v: %w", k, poll.ErrGone)
	}
	var out []fleet.Job
	for _, j := range x.jobs {
		if y, ok := j.tell(t); ok {
			out = append(out, y)
		}
	}
	return out, nil
}

// Pulls is poll.Pulls's.
func (e *Ears) Pulls(_ context.Context, r fleet.Repo) ([]fleet.PullRequest, bool, error) {
	c, t := e.cells[r], e.now()
	if err := failing(c.nos[fleet.SourcePulls], t); err != nil {
		return nil, false, err
	}
	var out []fleet.PullRequest
	for _, p := range c.pulls {
		if y, ok := p.tell(t); ok && y.State == fleet.PROpen {
			out = append(out, y)
		}
	}
	return out, true, nil
}

// Pull is poll.Pulls's.
func (e *Ears) Pull(_ context.Context, k fleet.PRKey) (fleet.PullRequest, error) {
	t := e.now()
	if err := failing(e.cells[k.Repo].nos[fleet.SourcePulls], t); err != nil {
		return fleet.PullRequest{}, err
	}
	if p, ok := e.byPull[k]; ok {
		if y, ok := p.tell(t); ok {
			return y, nil
		}
	}
	return fleet.PullRequest{}, fmt.Errorf("pull request %v: %w", k, poll.ErrGone)
}

// Runners is poll.Runners's.
func (e *Ears) Runners(_ context.Context, scope string) ([]fleet.Runner, bool, error) {
	t := e.now()
	if err := failing(e.day.runnersNo, t); err != nil {
		return nil, false, err
	}
	var out []fleet.Runner
	for _, c := range e.day.cells {
		for _, h := range c.hosts {
			for _, r := range h.runners {
				if slices.ContainsFunc(r.gone, func(s span) bool { return s.at(t) }) {
					continue
				}
				x := fleet.Runner{Scope: scope, ID: r.id, Name: r.name, OS: "Linux", Online: true, Busy: slices.ContainsFunc(r.works, func(s span) bool { return s.at(t) }), Labels: r.labels}
				apply(r.edits, &x, t)
				out = append(out, x)
			}
		}
	}
	return out, true, nil
}
