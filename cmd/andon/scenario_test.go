package main

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/sim"
)

// outside is the clock beside a simulated fleet, moved by hand.
type outside struct {
	mu sync.Mutex
	at time.Time
}

func (c *outside) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *outside) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// staged is a scenario under the console's real wiring, with its clock in hand.
func staged(t *testing.T, o sim.Options) (*sim.Fleet, *session, *outside) {
	t.Helper()
	k := &outside{at: time.Date(2026, 5, 18, 14, 7, 0, 0, time.UTC)}
	o.Now = k.Now
	f, err := sim.Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	p, err := demoParts(f, t.TempDir(), common{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := wire(p)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		s.close()
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f, s, k
}

// settle looks once a simulated minute for as long as the longest rule waits, and
// shows each board.
func settle(s *session, k *outside, visit func(*fleet.Snapshot, fleet.Board)) {
	var longest time.Duration
	for _, r := range s.rules {
		longest = max(longest, r.For)
	}
	visit(s.look(context.Background()))
	for range (longest + time.Minute - 1) / time.Minute {
		k.move(time.Minute)
		visit(s.look(context.Background()))
	}
}

// TestScenarios: what a scenario is about fires, and nothing else that lights a
// lamp.
func TestScenarios(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: whole scenarios are played without it")
	}
	for _, sc := range sim.Scenarios() {
		t.Run(sc.Name, func(t *testing.T) {
			_, s, k := staged(t, sim.Options{Scenario: sc.Name, Seed: 1})
			fires, last := map[fleet.RuleID]bool{}, ""
			settle(s, k, func(snap *fleet.Snapshot, b fleet.Board) {
				last = told(snap, b)
				for _, a := range b.Alerts {
					if a.State != fleet.AlertFiring {
						continue
					}
					if a.Lit() && a.Severity != fleet.SeverityInfo && !fires[a.Rule] && !slices.Contains(slices.Concat(sc.Tells, sc.With), a.Rule) {
						t.Errorf("unexpected: %s %s %s", a.Severity, a.Fingerprint(), a.Summary)
					}
					fires[a.Rule] = true
				}
			})
			for _, id := range slices.Concat(sc.Tells, sc.With) {
				if !slices.ContainsFunc(s.rules, func(r fleet.Rule) bool { return r.ID == id }) {
					t.Errorf("there is no rule %s", id)
				}
			}
			for _, id := range sc.Tells {
				if !fires[id] {
					t.Errorf("%s does not fire", id)
				}
			}
			if t.Failed() || testing.Verbose() {
				t.Log(last)
			}
		})
	}
}

// told is what check would print.
func told(s *fleet.Snapshot, b fleet.Board) string {
	out := fmt.Sprintf("lamp %s\n", b.Lamp(s))
	for _, a := range b.Alerts {
		out += fmt.Sprintf("%-5s %-8s %-22s %s muted=%q\n", a.Severity, a.State, a.Rule, a.Summary, a.MutedBy)
	}
	for _, src := range s.Sources {
		if !src.Fresh(s.At) {
			out += fmt.Sprintf("source %s %s %s\n", src.ID, src.State, src.Err)
		}
	}
	return out
}

// TestCleanStaysGreen looks at the healthy fleet every minute of an hour.
func TestCleanStaysGreen(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: whole scenarios are played without it")
	}
	for _, speed := range []float64{1, 60} {
		t.Run(fmt.Sprint("speed ", speed), func(t *testing.T) {
			_, s, k := staged(t, sim.Options{Scenario: "clean", Seed: 1, Speed: speed})
			for m := range 61 {
				snap, b := s.look(context.Background())
				if lamp := b.Lamp(snap); lamp != fleet.LampGreen {
					t.Fatalf("after %d minutes:\n%s", m, told(snap, b))
				}
				k.move(time.Duration(float64(time.Minute) / speed))
			}
		})
	}
}

// TestCleanAtSpeed runs the healthy fleet as the console does, a simulated minute a
// second: nothing that lights the lamp fires, and it turns green though no source can
// be read every fifteen seconds of such a time.
func TestCleanAtSpeed(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: whole scenarios are played without it")
	}
	const speed = 60
	f, err := sim.Start(context.Background(), sim.Options{Scenario: "clean", Seed: 1, Speed: speed})
	if err != nil {
		t.Fatal(err)
	}
	p, err := demoParts(f, t.TempDir(), common{})
	if err != nil {
		t.Fatal(err)
	}
	s, err := wire(p)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		s.close()
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	}()
	long := 10 * time.Minute
	if testing.Short() {
		long = 3 * time.Minute
		t.Log("-short: three simulated minutes of ten")
	}
	end := f.Now().Add(long)
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	looks, green := 0, 0
	s.collector.Run(ctx, func(snap *fleet.Snapshot) {
		b := s.fold(snap)
		looks++
		lamp := b.Lamp(snap)
		if lamp == fleet.LampGreen {
			green++
		}
		if lamp == fleet.LampRed || lamp == fleet.LampYellow {
			t.Errorf("at %s:\n%s", snap.At.Format(time.TimeOnly), told(snap, b))
			cancel()
		}
		if snap.At.After(end) && lamp == fleet.LampGreen {
			cancel()
		}
	})
	t.Logf("%d looks, %d of them green", looks, green)
	if green == 0 {
		t.Error("never green")
	}
}
