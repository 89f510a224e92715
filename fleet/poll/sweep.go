package poll

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"andon/fleet"
	"andon/fleet/probe"
)

// sweep asks one host and takes over what it said. Two sweeps of one host never
// overlap: the second waits for the first.
func (c *Collector) sweep(ctx context.Context, h fleet.Host, e effort) {
	gate := c.gates[h.Name]
	select {
	case gate <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-gate }()
	select {
	case c.sweeps <- struct{}{}:
	case <-ctx.Done():
		return
	}
	defer func() { <-c.sweeps }()
	ctx, cancel := context.WithTimeout(ctx, sweepLimit)
	defer cancel()

	out, took, err := c.hosts.Sweep(ctx, h, c.question(h, e))
	now := c.cfg.Now()
	var sw fleet.Sweep
	if err == nil {
		sw, err = probe.Parse(h, out, now.Round(0), time.Duration(float64(took)*c.cfg.Speed))
		err = parseFailure(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.trackers[fleet.HostSource(h.Name)]
	if err != nil {
		t.failed(now, fleet.FailureOf(err))
		return
	}
	c.takeSweep(t, sw, now)
}

// takeSweep replaces a host's sweep by a newer one, or says why not.
func (c *Collector) takeSweep(t *tracker, sw fleet.Sweep, now time.Time) {
	every := c.cfg.Intervals.Host + time.Duration(float64(sw.Took)/c.cfg.Speed) // a slow host is not stale for being slow
	old, had := c.held.sweeps[sw.Host]
	whole := sw.Dropped == 0 && len(sw.Unlisted) == 0
	t.empty = t.empty && whole // two empty answers in a row, with nothing else between
	if had && whole && !t.believe(len(sw.Dirs), len(old.Dirs)) {
		t.partial(now, every, fleet.CauseTruncated, "run dirs of "+string(sw.Host)+": "+emptyOnce, "")
		return
	}
	first := t.src.State == fleet.SourceNever
	if first {
		c.followSoon()
	}
	if had {
		sw = probe.CarryDeep(old, sw)
	}
	switch {
	case sw.Dropped > 0:
		sw.Dirs = withMissing(sw.Dirs, old.Dirs, func(fleet.RunDir) bool { return true })
		t.partial(now, every, fleet.CauseProtocol, fmt.Sprintf("%d records of %s could not be understood", sw.Dropped, sw.Host), "")
	case len(sw.Unlisted) > 0:
		sw.Dirs = withMissing(sw.Dirs, old.Dirs, func(d fleet.RunDir) bool { return slices.Contains(sw.Unlisted, d.Path.Root()) })
		t.partial(now, every, fleet.CauseOther, fmt.Sprintf("%s cannot be listed on %s: it is not there, not mounted, or not readable by this login", strings.Join(sw.Unlisted, ", "), sw.Host),
			"mount it, allow sudo -n for the login, or mend the root's path in the config")
	default:
		t.whole(now, every)
		if first { // now it is known which dirs to measure; nobody should wait an interval for that
			t.next(now, nudgeGap)
		}
	}
	c.held.sweeps[sw.Host] = sw
}

// followSoon makes GitHub's lists due again shortly after a host's first sweep:
// only now is it known which runs, pull requests and queues its dirs name.
func (c *Collector) followSoon() {
	now := c.cfg.Now()
	for _, r := range c.cfg.Repos {
		for _, id := range []fleet.SourceID{runsID(r), pullsID(r), queueID(r)} {
			if t, ok := c.trackers[id]; ok && time.Until(t.due) > nudgeGap {
				t.next(now, nudgeGap)
			}
		}
	}
}

// withMissing adds the dirs that an earlier sweep saw and this one may have
// missed: what was dropped from an answer, or not looked at, may be one of them.
func withMissing(dirs, old []fleet.RunDir, may func(fleet.RunDir) bool) []fleet.RunDir {
	seen := make(map[fleet.DirID]bool, len(dirs))
	for _, d := range dirs {
		seen[d.ID()] = true
	}
	out := slices.Clone(dirs)
	for _, d := range old {
		if !seen[d.ID()] && may(d) {
			out = append(out, d)
		}
	}
	return out
}

// parseFailure gives an unreadable answer its cause.
func parseFailure(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, probe.ErrTruncated):
		return &fleet.Failure{Cause: fleet.CauseTruncated, Err: err, Remedy: "wait for the next sweep; if it lasts, look at the connection to the host"}
	case errors.Is(err, probe.ErrVersion):
		return &fleet.Failure{Cause: fleet.CauseProtocol, Err: err, Remedy: "look for a login script on the host that prints something"}
	}
	return &fleet.Failure{Cause: fleet.CauseProtocol, Err: err}
}
