package gh

import (
	"context"
	"sync"
	"time"
)

// lane lets changes through one at a time, a second apart, and the same change
// once.
type lane struct {
	now  func() time.Time
	turn chan struct{} // holds one token

	mu   sync.Mutex
	last time.Time              // when the newest change was done
	done map[mutation]time.Time // refused until then; zero while under way
}

func newLane(now func() time.Time) *lane {
	l := &lane{now: now, turn: make(chan struct{}, 1), done: make(map[mutation]time.Time)}
	l.turn <- struct{}{}
	return l
}

// enter waits for the change's turn. The returned function ends it; its argument
// says whether the change was made or may have been.
func (l *lane) enter(ctx context.Context, m mutation) (leave func(made bool), err error) {
	if !l.claim(m) {
		return nil, ErrInFlight
	}
	select {
	case <-l.turn:
	case <-ctx.Done():
		l.release(m, false)
		return nil, ctx.Err()
	}
	if err := l.space(ctx); err != nil {
		l.turn <- struct{}{}
		l.release(m, false)
		return nil, err
	}
	return func(made bool) {
		l.mu.Lock()
		l.last = l.now()
		l.mu.Unlock()
		l.release(m, made)
		l.turn <- struct{}{}
	}, nil
}

// space waits until a second has passed since the last change.
func (l *lane) space(ctx context.Context) error {
	l.mu.Lock()
	wait := min(l.last.Add(writeSpacing).Sub(l.now()), writeSpacing)
	l.mu.Unlock()
	if wait <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *lane) claim(m mutation) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	for old, until := range l.done {
		if !until.IsZero() && !now.Before(until) {
			delete(l.done, old)
		}
	}
	if _, held := l.done[m]; held {
		return false
	}
	l.done[m] = time.Time{}
	return true
}

func (l *lane) release(m mutation, made bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if made {
		l.done[m] = l.now().Add(writeMemory)
		return
	}
	delete(l.done, m)
}
