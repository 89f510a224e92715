package remedy

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"andon/fleet"
)

const maxHosts = 16 // asked at once

// share is one host's part of a wave, by root.
type share struct {
	host  fleet.Host
	roots [][]fleet.Step
}

func (c *course) shares(wave []fleet.Step) []share {
	var out []share
	for _, s := range wave {
		if !s.Verb.OnHost() {
			continue
		}
		h, _ := c.host(s.Host) // admit has seen to it
		i := slices.IndexFunc(out, func(x share) bool { return x.host.Name == s.Host })
		if i < 0 {
			i, out = len(out), append(out, share{host: h})
		}
		r := slices.IndexFunc(out[i].roots, func(x []fleet.Step) bool { return x[0].Root.Path == s.Root.Path })
		if r < 0 {
			out[i].roots = append(out[i].roots, []fleet.Step{s})
		} else {
			out[i].roots[r] = append(out[i].roots[r], s)
		}
	}
	return out
}

// onHosts carries out a wave's host steps. One host goes first. One that could
// not be asked proves nothing, so the next goes first in its place.
func (c *course) onHosts(ctx context.Context, wave []fleet.Step) {
	rest := c.shares(wave)
	for len(rest) > 1 {
		first := rest[0]
		rest = rest[1:]
		c.onHost(ctx, first)
		answered, why := c.judge(first)
		if why != "" {
			for _, s := range rest {
				c.stop(slices.Concat(s.roots...), fmt.Sprintf("%s went first and %s", first.host.Name, why))
			}
			return
		}
		if answered {
			break
		}
	}
	var wg sync.WaitGroup
	slots := make(chan struct{}, maxHosts)
	for _, s := range rest {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			c.onHost(ctx, s)
		})
	}
	wg.Wait()
}

// judge says whether the first host answered, and if the others must not
// follow, why: a swapped path is tampering, and more than one failure in ten is
// not chance.
func (c *course) judge(s share) (answered bool, why string) {
	n, failed := 0, 0
	for _, st := range slices.Concat(s.roots...) {
		r, _ := c.outcome(st.N)
		n++
		switch {
		case r.Reason == fleet.ReasonLink:
			return true, fmt.Sprintf("found a path of step %d swapped for a link", st.N)
		case r.Outcome == fleet.OutcomeFailed && r.Reason != fleet.ReasonTransport:
			failed++
			answered = true
		case r.Reason != fleet.ReasonTransport && r.Reason != fleet.ReasonGitHub && r.Reason != fleet.ReasonRunMoved:
			answered = true
		}
	}
	if failed*10 > n {
		return true, fmt.Sprintf("%d of its %d steps failed", failed, n)
	}
	return answered, ""
}

// onHost carries out one host's share, one request at a time.
func (c *course) onHost(ctx context.Context, s share) {
	gate := c.gates[s.host.Name]
	select {
	case gate <- struct{}{}:
		defer func() { <-gate }()
	case <-ctx.Done():
	}
	for _, steps := range s.roots {
		for len(steps) > 0 {
			if ctx.Err() != nil {
				c.stop(steps, "stopped by the operator before it began")
				break
			}
			var batch []fleet.Step
			batch, steps = portion(steps)
			if batch = c.recheck(ctx, batch); len(batch) > 0 {
				c.ask(ctx, s.host, batch)
			}
		}
	}
}
