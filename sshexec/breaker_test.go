package sshexec

import (
	"context"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"
)

func TestBreaker(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	down := &Error{Kind: ErrUnreachable, Stage: StageDial}
	var b breaker
	for _, wait := range []time.Duration{0, 0, 10 * time.Second, 20 * time.Second, 40 * time.Second, 80 * time.Second, 160 * time.Second, 5 * time.Minute, 5 * time.Minute} {
		if err := b.blocked(now); err != nil {
			t.Fatalf("after %d failures and the wait: %v, want one probe", b.failures, err)
		}
		b.note(down, now)
		blocked := b.blocked(now.Add(wait - 1))
		if (blocked != nil) != (wait > 0) || b.blocked(now.Add(wait)) != nil {
			t.Fatalf("after %d failures: until %v, want %v from %v", b.failures, b.until, wait, now)
		}
		now = now.Add(wait)
	}
	b.note(nil, now)
	for _, e := range []*Error{
		{Kind: ErrExit, Stage: StageRun}, {Kind: ErrTimeout, Stage: StageRun}, {Kind: ErrBusy, Stage: StageOpen},
		{Kind: ErrUnreachable, Stage: StageDial, jump: true}, {Kind: ErrAuth, Stage: StageDial, jump: true}, {Kind: ErrCanceled, Stage: StageDial},
	} {
		for range breakAfter {
			b.note(e, now)
		}
		if err := b.blocked(now); err != nil {
			t.Errorf("%v at %v: %v, want no block", e.Kind, e.Stage, err)
		}
	}
}

func TestBreakerOpensAtOnceOnARefusal(t *testing.T) {
	now := time.Now()
	file := filepath.Join(t.TempDir(), "known_hosts")
	for _, kind := range []Kind{ErrAuth, ErrHostKeyUnknown, ErrHostKeyChanged, ErrHostKeyRevoked} {
		var b breaker
		b.note(&Error{Kind: kind, Stage: StageAuth, files: []string{file}}, now)
		if b.blocked(now.Add(breakRefuse-1)) == nil || b.blocked(now.Add(breakRefuse)) != nil {
			t.Errorf("%v: until %v, want %v", kind, b.until, now.Add(breakRefuse))
		}
		write(t, file, "line for "+kind.Error())
		if err := b.blocked(now); err != nil {
			t.Errorf("%v: %v after a file changed, want a probe", kind, err)
		}
	}
}

func TestGate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(4)
		enter := func() error {
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			return g.enter(ctx)
		}
		for range 4 {
			if err := enter(); err != nil {
				t.Fatal(err)
			}
		}
		if enter() == nil {
			t.Fatal("a fifth is let in")
		}
		if !g.shrink() || g.limit != 2 {
			t.Fatalf("limit %d after the first refusal, want 2", g.limit)
		}
		if g.shrink(); g.limit != 2 {
			t.Fatalf("limit %d: refusals of the same crowd must count once", g.limit)
		}
		g.leave()
		g.leave()
		if enter() == nil {
			t.Fatal("a third is let in at limit 2")
		}
		order := make(chan int, 2)
		for i := range 2 {
			go func() {
				if g.enter(t.Context()) == nil {
					order <- i
				}
			}()
			synctest.Wait()
		}
		for want := range 2 {
			g.leave()
			if got := <-order; got != want {
				t.Errorf("served %d, want %d: first come first served", got, want)
			}
		}
		g.leave()
		g.leave()
		if g.shrink(); g.limit != 1 {
			t.Errorf("limit %d, want at least 1", g.limit)
		}
		time.Sleep(regrowAfter + 1)
		for range 4 {
			if err := enter(); err != nil {
				t.Errorf("after %v: %v, want the whole limit again", regrowAfter, err)
			}
		}
	})
}
