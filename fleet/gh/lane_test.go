package gh

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestGivingUpWhileSpacingOpensTheLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLane(time.Now)
		leave, err := l.enter(ctx, mutation{action: "a"})
		if err != nil {
			t.Fatal(err)
		}
		leave(true)
		short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
		defer cancel()
		if _, err := l.enter(short, mutation{action: "b"}); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatalf("entered within a second: %v", err)
		}
		began := time.Now()
		leave, err = l.enter(ctx, mutation{action: "b"})
		if err != nil {
			t.Fatal(err)
		}
		leave(false)
		if waited := time.Since(began); waited != 900*time.Millisecond {
			t.Errorf("waited %v for the rest of the second", waited)
		}
	})
}

func TestAClockThatGoesBackDoesNotShutTheLane(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var back time.Duration
		l := newLane(func() time.Time { return time.Now().Add(-back) })
		leave, err := l.enter(ctx, mutation{action: "a"})
		if err != nil {
			t.Fatal(err)
		}
		leave(false)
		back = 24 * time.Hour
		began := time.Now()
		if _, err := l.enter(ctx, mutation{action: "b"}); err != nil || time.Since(began) > writeSpacing {
			t.Errorf("waited %v: %v", time.Since(began), err)
		}
	})
}
