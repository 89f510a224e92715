package sshexec

import (
	"context"
	"sync"
	"time"
)

const regrowAfter = 5 * time.Minute

// gate limits the sessions of one host. The limit is halved when the server
// refuses one and grows back to its maximum after five minutes.
type gate struct {
	mu      sync.Mutex
	limit   int
	max     int
	used    int
	shrunk  time.Time
	waiting []chan struct{}
}

func newGate(max int) *gate { return &gate{limit: max, max: max} }

// enter waits for a place, first come first served.
func (g *gate) enter(ctx context.Context) error {
	g.mu.Lock()
	if g.limit < g.max && time.Since(g.shrunk) > regrowAfter {
		g.limit = g.max
	}
	if g.used < g.limit && len(g.waiting) == 0 {
		g.used++
		g.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	g.waiting = append(g.waiting, turn)
	g.wake()
	g.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, w := range g.waiting {
		if w == turn {
			g.waiting = append(g.waiting[:i], g.waiting[i+1:]...)
			return ctx.Err()
		}
	}
	g.used-- // the turn came while giving up
	g.wake()
	return ctx.Err()
}

func (g *gate) leave() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.used--
	g.wake()
}

func (g *gate) wake() {
	for g.used < g.limit && len(g.waiting) > 0 {
		close(g.waiting[0])
		g.waiting = g.waiting[1:]
		g.used++
	}
}

// shrink halves the limit after the server refused a session while used were open;
// it reports whether others are open, so that waiting for one of them makes sense.
func (g *gate) shrink() bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.used <= g.limit { // else it is shrinking already: many are refused at once
		g.limit = max(1, g.used/2)
	}
	g.shrunk = time.Now()
	return g.used > 1
}
