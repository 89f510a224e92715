package sim

import (
	"sync"
	"testing"
	"time"

	"andon/fleet"
)

// clock is the time outside a fleet, moved by hand.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func newClock() *clock {
	return &clock{at: time.Date(2026, 5, 18, 14, 7, 0, 0, time.UTC)}
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) move(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// wait moves the clock until a run is completed, as GitHub tells it.
func (c *console) wait(t *testing.T, k *clock, run fleet.RunKey) fleet.WorkflowRun {
	t.Helper()
	for range 60 {
		k.move(20 * time.Second)
		r, err := c.github.Run(t.Context(), run)
		if err != nil {
			t.Fatal(err)
		}
		if !r.Status.Live() {
			return r
		}
	}
	t.Fatalf("%v is still live after 20 minutes", run)
	return fleet.WorkflowRun{}
}

// runOf returns the newest run of a pull request.
func runOf(t *testing.T, s *fleet.Snapshot, pr int) fleet.WorkflowRun {
	t.Helper()
	var out fleet.WorkflowRun
	for _, r := range s.Runs {
		if k, _, ok := s.PROfRun(r.Key()); ok && k.Number == pr && k.Repo == "paiml/aprender" && r.CreatedAt.After(out.CreatedAt) {
			out = r
		}
	}
	if out.ID == 0 {
		t.Fatalf("no run of #%d", pr)
	}
	return out
}
