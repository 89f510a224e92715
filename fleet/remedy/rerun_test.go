package remedy

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"andon/fleet"
)

var errLost = &fleet.Failure{Cause: fleet.CauseTimeout, Err: errors.New("connection reset")}

// Fault 59: GitHub acts and its answer is lost. The attempt number tells; the
// request is never sent again, by this console or by the next.
func TestAmbiguousRerunIsNeverRepeated(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "intel")
		for i := range 500 {
			w.dir("intel", 1, fleet.RunID(i+1))
		}
		w.post = func(k fleet.RunKey, do func()) error {
			if k.ID%3 != 0 {
				do()
			}
			return errLost
		}
		e := w.executor()
		for i := range 500 {
			time.Sleep(time.Minute) // bubble time: the log's last ten minutes stay short
			id := fleet.RunID(i + 1)
			r := apply(t, e, plan(rerun(id)))
			want := fleet.OutcomeDone
			if id%3 == 0 {
				want = fleet.OutcomeUnknown
			}
			if r.Steps[0].Outcome != want || r.Steps[0].Detail == "" || r.Verified[0].OK != (want == fleet.OutcomeDone) {
				t.Fatalf("run %d: %+v %+v", id, r.Steps, r.Verified)
			}
			if id%50 == 0 { // somebody presses the key again, also on a console started anew
				for _, again := range []*Executor{e, w.executor()} {
					if r := apply(t, again, plan(rerun(id))); r.Steps[0].Outcome != fleet.OutcomeRefused {
						t.Fatalf("run %d again: %+v", id, r.Steps)
					}
				}
			}
		}
		seen := make(map[fleet.RunKey]int)
		for _, k := range w.posts {
			if seen[k]++; seen[k] > 1 {
				t.Errorf("%s was re-run twice", k)
			}
		}
		if len(w.posts) != 334 {
			t.Errorf("%d reruns arrived, want 334", len(w.posts))
		}
	})
}

func TestRerunIsNotSentTwiceForOneAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "intel")
		e := w.executor()
		w.dir("intel", 1, 5)
		w.post = func(k fleet.RunKey, _ func()) error { // GitHub shows nothing yet
			w.mu.Lock()
			defer w.mu.Unlock()
			w.posts = append(w.posts, k)
			return nil
		}
		first := apply(t, e, plan(rerun(5)))
		if first.Steps[0].Outcome != fleet.OutcomeDone || first.OK() || first.Verified[0].Says != "asked, not yet seen: run 5 is still at attempt 1" {
			t.Errorf("first: %+v", first)
		}
		expect(t, apply(t, w.executor(), plan(rerun(5))), "refused(duplicate)") // another console
		time.Sleep(time.Hour)
		expect(t, apply(t, e, plan(rerun(5))), "refused(duplicate)")
		if len(w.posts) != 1 {
			t.Errorf("%d posts", len(w.posts))
		}
	})
}

// A plain no may be asked again once its cause is mended.
func TestRefusedRerunMayBeAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, no := range map[string]error{
			"declined":   ErrRefused,
			"permission": &fleet.Failure{Cause: fleet.CausePermission, Remedy: "actions: write", Err: errors.New("403")},
			"limited":    &fleet.Failure{Cause: fleet.CauseRateLimit, Err: errors.New("429")},
		} {
			w := newWorld(t, "intel")
			w.dir("intel", 1, 5)
			w.post = func(fleet.RunKey, func()) error { return no }
			e := w.executor()
			r := apply(t, e, plan(rerun(5)))
			if got := outcomes(r); got != "failed(github) " || len(r.Verified) != 0 {
				t.Errorf("%s: %s", name, got)
			}
			w.post = nil
			if r := apply(t, e, plan(rerun(5))); !r.OK() || len(w.posts) != 1 {
				t.Errorf("%s, again: %s", name, outcomes(r))
			}
		}
	})
}

// Two consoles with one audit log ask for the same rerun at the same moment.
func TestTwoConsolesRerunOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for range 25 {
			w := newWorld(t, "intel")
			w.dir("intel", 1, 5)
			w.post = func(k fleet.RunKey, do func()) error {
				time.Sleep(100 * time.Millisecond) // bubble time: the other console gets as far as it can
				do()
				return nil
			}
			var wg sync.WaitGroup
			var mu sync.Mutex
			done := 0
			for range 2 {
				e := New(Config{Hosts: w.hosts, Repos: []fleet.Repo{repo}, Policy: fleet.DefaultPolicy()}, w, w, w, openLog(t, w.log.Path()))
				wg.Go(func() {
					r := apply(t, e, plan(rerun(5)))
					mu.Lock()
					defer mu.Unlock()
					if r.OK() {
						done++
					} else if why := r.Steps[0].Reason; why != fleet.ReasonRecent && why != fleet.ReasonRunMoved {
						t.Errorf("the other was told %+v", r.Steps)
					}
				})
			}
			wg.Wait()
			if len(w.posts) != 1 || done != 1 {
				t.Fatalf("%d posts, %d done", len(w.posts), done)
			}
		}
	})
}

func TestWritesToGitHubAreSpaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "intel")
		var at []time.Time
		w.post = func(_ fleet.RunKey, do func()) error {
			at = append(at, time.Now())
			do()
			return nil
		}
		var steps []fleet.Step
		for i := range 4 {
			w.dir("intel", 1, fleet.RunID(i+1))
			steps = append(steps, rerun(fleet.RunID(i+1)))
		}
		if r := apply(t, w.executor(), plan(steps...)); !r.OK() {
			t.Fatal(outcomes(r))
		}
		for i := 1; i < len(at); i++ {
			if gap := at[i].Sub(at[i-1]); gap < writeGap {
				t.Errorf("writes %d and %d are %s apart", i, i+1, gap)
			}
		}
	})
}

// GitHub takes too long to say whether the world is as shown: refused, because
// the answer would be older than ten seconds when the host acts.
func TestSlowGitHubRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld(t, "intel")
		d := w.dir("intel", 1, 5)
		e := New(Config{Hosts: w.hosts, Repos: []fleet.Repo{repo}, Policy: fleet.DefaultPolicy()}, w, slow{w}, w, w.log)
		expect(t, apply(t, e, plan(reap(d))), "refused(github)")
		if len(w.calls) != 0 {
			t.Errorf("acted: %v", w.calls)
		}
	})
}

// slow answers after eleven seconds, and does not listen to its context.
type slow struct{ *world }

func (s slow) Run(ctx context.Context, k fleet.RunKey) (fleet.WorkflowRun, error) {
	time.Sleep(11 * time.Second)
	return s.world.Run(ctx, k)
}
