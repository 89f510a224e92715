package poll

import (
	"context"
	"slices"
	"time"

	"andon/fleet"
	"andon/fleet/probe"
)

// deepAgain is how long a dir that was asked for is left alone: one that cannot
// be measured would else keep its place at the head of the queue.
const deepAgain = time.Minute

// question is what a host is asked in one sweep: its roots, and the dirs whose
// deep figures are wanted most.
func (c *Collector) question(h fleet.Host, e effort) probe.Ask {
	ask := probe.Ask{Roots: h.Roots, DeepBudget: e.within}
	switch {
	case e.deep == 0:
	case e.suspects:
		ask.Deep = c.suspects(h, e.deep)
	default:
		ask.Deep = c.pressing(h, e.deep)
	}
	return ask
}

// pressing picks the dirs that deserve to be measured next by the newest
// snapshot, but for those asked for within deepAgain, and notes them as asked.
func (c *Collector) pressing(h fleet.Host, most int) []probe.DeepAsk {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	var out []probe.DeepAsk
	for _, a := range probe.NextDeep(c.latest, h.Name, c.shown.dirs, probe.MaxMaxDirs) {
		id := fleet.DirID{Host: h.Name, Path: a.Root + "/" + a.Rel}
		if at, ok := c.asked[id]; ok && now.Sub(at) < deepAgain {
			continue
		}
		if out = append(out, a); len(out) == most {
			break
		}
	}
	for id, at := range c.asked {
		if id.Host == h.Name && now.Sub(at) >= deepAgain {
			delete(c.asked, id)
		}
	}
	for _, a := range out {
		c.asked[fleet.DirID{Host: h.Name, Path: a.Root + "/" + a.Rel}] = now
	}
	return out
}

// suspects picks the dirs whose owner, or the owner of something below, was
// wrong in the last sweep: what a deed may just have mended.
func (c *Collector) suspects(h fleet.Host, most int) []probe.DeepAsk {
	c.mu.Lock()
	defer c.mu.Unlock()
	var out []probe.DeepAsk
	for _, d := range c.held.sweeps[h.Name].Dirs {
		root, ok := h.Root(d.Path.Root())
		f, known := d.Foreign.Get()
		if !ok || d.Symlink || d.Owner == root.Owner && !(known && f.Count > 0) {
			continue
		}
		if out = append(out, probe.DeepAsk{Root: root.Path, Rel: d.Path.Rel(), UID: root.Owner.UID}); len(out) == most {
			break
		}
	}
	return out
}

// deepen sweeps once more the hosts that have dirs worth measuring, now that
// it is known which runs are live.
func (c *Collector) deepen(ctx context.Context, hosts []fleet.Host, e effort) {
	s := c.Snapshot()
	var again []func()
	for _, h := range hosts {
		if len(probe.NextDeep(s, h.Name, nil, 1)) > 0 && s.Fresh(fleet.HostSource(h.Name)) {
			again = append(again, func() { c.sweep(ctx, h, e) })
		}
	}
	together(again...)
}

// Look says what is on screen: its dirs are measured first, its runs' jobs read
// more often.
func (c *Collector) Look(dirs []fleet.DirID, runs []fleet.RunKey) {
	shown := screen{dirs: slices.Clone(dirs), runs: make(map[fleet.RunKey]bool, len(runs))}
	for _, r := range runs {
		shown.runs[r] = true
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.shown = shown
}
