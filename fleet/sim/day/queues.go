package day

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
	"andon/fleet/poll"
)

// inGroup lists the live runs of a concurrency group, the holder first.
func (c *cell) inGroup(name string, t time.Time) []fleet.WorkflowRun {
	var out []fleet.WorkflowRun
	for _, x := range c.runs {
		if x.group != name {
			continue
		}
		if y, ok := x.tell(t); ok && y.Status.Live() {
			out = append(out, y)
		}
	}
	slices.SortFunc(out, func(a, b fleet.WorkflowRun) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// WaitsIn is poll.Groups's.
func (e *Ears) WaitsIn(_ context.Context, k fleet.RunKey) ([]string, error) {
	c, t := e.cells[k.Repo], e.now()
	if err := failing(c.nos[fleet.SourceGroups], t); err != nil {
		return nil, err
	}
	x, ok := e.byID[k]
	if !ok || x.group == "" {
		return nil, nil
	}
	if q := c.inGroup(x.group, t); len(q) == 0 || q[0].ID == k.ID {
		return nil, nil
	}
	return []string{x.group}, nil
}

// Group is poll.Groups's.
func (e *Ears) Group(_ context.Context, r fleet.Repo, name string) (fleet.ConcurrencyGroup, error) {
	c, t := e.cells[r], e.now()
	if err := failing(c.nos[fleet.SourceGroups], t); err != nil {
		return fleet.ConcurrencyGroup{}, err
	}
	g := fleet.ConcurrencyGroup{Repo: r, Name: name, ReadAt: t}
	for i, x := range c.inGroup(name, t) {
		st := fleet.StatusPending
		if i == 0 {
			st = fleet.StatusInProgress
		}
		g.Members = append(g.Members, fleet.GroupMember{Run: x.ID, Status: st, Position: i})
	}
	if len(g.Members) == 0 {
		return g, fmt.Errorf("group %q: %w", name, poll.ErrGone)
	}
	return g, nil
}

// QueueRefs is poll.Queues's.
func (e *Ears) QueueRefs(_ context.Context, r fleet.Repo) ([]fleet.QueueRef, bool, error) {
	c, t := e.cells[r], e.now()
	if err := failing(c.nos[fleet.SourceQueue], t); err != nil {
		return nil, false, err
	}
	var out []fleet.QueueRef
	for _, x := range c.refs {
		if x.at(t) {
			out = append(out, fleet.QueueRef{Repo: r, Name: x.name, SHA: x.sha})
		}
	}
	return out, true, nil
}

// Budget is poll.Budgeter's: plenty, unless an incident says otherwise.
func (e *Ears) Budget() fleet.Budget {
	t := e.now()
	b := fleet.Budget{Known: true, Limit: 5000, Remaining: 4300, Reset: t.Truncate(time.Hour).Add(time.Hour), PerHour: 600, Lately: 600}
	apply(e.day.budget, &b, t)
	return b
}

// Receivers says how the console's one receiver of notices fares.
func (e *Ears) Receivers() []fleet.Receiver {
	t := e.now()
	r := fleet.Receiver{Name: "pager", At: t}
	apply(e.day.receivers, &r, t)
	return []fleet.Receiver{r}
}

// History is what a console that watched the fleet for days would remember of its
// runners.
func (d *Day) History() fleet.History {
	var out fleet.History
	for _, c := range d.cells {
		for _, h := range c.hosts {
			for _, r := range h.runners {
				out.Runners = append(out.Runners, fleet.RunnerSeen{Scope: org, Name: r.name, First: d.at(-6 * 24 * time.Hour), Last: d.at(-time.Minute), Online: d.at(-time.Minute), Labels: r.labels})
			}
		}
	}
	return out
}
