package poll

import (
	"cmp"
	"context"
	"slices"
	"time"

	"andon/fleet"
	"andon/fleet/probe"
)

const (
	deepAgain = time.Minute      // a changed dir's figures are not renewed sooner
	deepStale = 15 * time.Minute // figures of an unchanged dir are
)

// question is what a host is asked in one sweep: its roots, and the dirs whose
// deep figures are wanted most.
func (c *Collector) question(h fleet.Host, e effort) probe.Ask {
	ask := probe.Ask{Roots: h.Roots, DeepBudget: e.within}
	if e.deep > 0 {
		ask.Deep = c.wanted(h, e)
	}
	return ask
}

// sweepTwice sweeps a host, and once more where that showed dirs never seen
// before whose figures are wanted.
func (c *Collector) sweepTwice(ctx context.Context, h fleet.Host, e effort) {
	c.sweep(ctx, h, e)
	if e.suspects {
		return
	}
	if len(c.wanted(h, e)) > 0 {
		c.sweep(ctx, h, e)
	}
}

// wanted lists the dirs to measure, most wanted first: on screen, with a wrong
// owner, never measured with a live run, never measured, changed since, and the
// longest unmeasured.
func (c *Collector) wanted(h fleet.Host, e effort) []probe.DeepAsk {
	c.mu.Lock()
	defer c.mu.Unlock()
	sw := c.held.sweeps[h.Name]
	now := c.cfg.Now().Round(0)
	live := c.liveIDs()
	type dir struct {
		ask  probe.DeepAsk
		rank int
		at   time.Time
	}
	var list []dir
	for _, d := range sw.Dirs {
		root, ok := h.Root(d.Path.Root())
		if !ok || d.Symlink {
			continue
		}
		rank := c.deepRank(d, root.Owner, live[d.Path.Place().RunID], now)
		if rank == 0 || e.suspects && rank != rankWrong {
			continue
		}
		list = append(list, dir{probe.DeepAsk{Root: root.Path, Rel: d.Path.Rel(), UID: root.Owner.UID}, rank, d.Bytes.At()})
	}
	slices.SortStableFunc(list, func(a, b dir) int { return cmp.Or(cmp.Compare(a.rank, b.rank), a.at.Compare(b.at)) })
	var out []probe.DeepAsk
	for _, x := range list[:min(len(list), e.deep)] {
		out = append(out, x.ask)
	}
	return out
}

const rankWrong = 2

func (c *Collector) deepRank(d fleet.RunDir, want fleet.Owner, live bool, now time.Time) int {
	f, known := d.Foreign.Get()
	age := now.Sub(d.Foreign.At())
	switch {
	case d.Owner != want || known && f.Count > 0:
		return rankWrong
	case c.shown.dirs[d.ID()] && (!known || age >= deepAgain):
		return 1
	case !known && live:
		return 3
	case !known:
		return 4
	case d.ChangeTime.After(d.Foreign.At()) && age >= deepAgain:
		return 5
	case live && age >= deepAgain:
		return 6
	case age >= deepStale:
		return 7
	}
	return 0
}

// liveIDs are the ids of runs that may still write, of all repositories: an id
// is GitHub's and unique.
func (c *Collector) liveIDs() map[fleet.RunID]bool {
	out := make(map[fleet.RunID]bool)
	for k, r := range c.held.runs {
		if r.Status.Live() {
			out[k.ID] = true
		}
	}
	return out
}
