package fleet_test

import (
	"testing"
	"time"

	"andon/fleet"
)

func TestEmptyAt(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	full := fleet.Budget{Known: true, Limit: 5000, Remaining: 1000, Reset: now.Add(30 * time.Minute), PerHour: 4000, Lately: 4000}
	for name, tc := range map[string]struct {
		change func(*fleet.Budget)
		before bool
		in     time.Duration
	}{
		"a quarter of an hour":   {func(*fleet.Budget) {}, true, 15 * time.Minute},
		"after the reset":        {func(b *fleet.Budget) { b.Reset = now.Add(10 * time.Minute) }, false, 15 * time.Minute},
		"a burst that is over":   {func(b *fleet.Budget) { b.Lately = 100 }, false, 10 * time.Hour},
		"a burst just now":       {func(b *fleet.Budget) { b.PerHour = 100 }, false, 10 * time.Hour},
		"nothing left":           {func(b *fleet.Budget) { b.Remaining, b.PerHour, b.Lately = 0, 0, 0 }, true, 0},
		"nothing spent":          {func(b *fleet.Budget) { b.Lately = 0 }, false, -1},
		"not known":              {func(b *fleet.Budget) { b.Known = false }, false, -1},
		"no limits (GHES)":       {func(b *fleet.Budget) { b.Limit = 0 }, false, -1},
		"reset is past":          {func(b *fleet.Budget) { b.Reset = now; b.Remaining = 0 }, false, -1},
		"the reset is not known": {func(b *fleet.Budget) { b.Reset = time.Time{} }, false, -1},
		"spent at a crawl":       {func(b *fleet.Budget) { b.PerHour, b.Lately = 1, 1 }, false, 1000 * time.Hour},
	} {
		b := full
		tc.change(&b)
		at, before := b.EmptyAt(now)
		if before != tc.before || (tc.in < 0) != at.IsZero() || tc.in >= 0 && at.Sub(now) != tc.in {
			t.Errorf("%s: %s, before the reset %v", name, at, before)
		}
	}
}

func TestAbsentSourceIsNeitherStaleNorFresh(t *testing.T) {
	now := time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)
	s := fleet.Source{State: fleet.SourceAbsent, Interval: time.Hour}
	if s.Stale(now) || s.Fresh(now) || !s.Optional() {
		t.Errorf("stale %v, fresh %v, optional %v", s.Stale(now), s.Fresh(now), s.Optional())
	}
	if s.State = fleet.SourceNever; !s.Stale(now) || s.Optional() {
		t.Error("a source that was never read is not stale")
	}
}
