package main

import (
	"context"
	"strings"
	"testing"

	"andon/fleet"
	"andon/fleet/sim"
	"andon/fleet/sim/hub"
	"andon/ui/kit"
)

// watched is the demo's fleet under the real wiring, with its faults at hand.
type watched struct {
	t *testing.T
	f *sim.Fleet
	s *session
}

func watch4(t *testing.T) *watched {
	t.Helper()
	f, err := sim.Start(context.Background(), sim.Options{Seed: 1})
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
	return &watched{t, f, s}
}

func (w *watched) look() (*fleet.Snapshot, fleet.Board) { return w.s.look(context.Background()) }

// reapable counts what a sweeping reap would take.
func (w *watched) reapable(s *fleet.Snapshot, b fleet.Board) int {
	w.t.Helper()
	p, err := w.s.plan(s, b, wish{action: fleet.ActionReap, targets: []fleet.Subject{fleet.OfHost("intel")}})
	if err != nil {
		w.t.Fatal(err)
	}
	return len(p.Steps)
}

// firing lists the alerts that rest on a source.
func firing(b fleet.Board, states ...fleet.AlertState) map[string]bool {
	out := map[string]bool{}
	for _, a := range b.Alerts {
		for _, st := range states {
			if a.State == st {
				out[a.Fingerprint()] = true
			}
		}
	}
	return out
}

// TestBadInputLosesNothing: whatever a host or GitHub answers, the last good
// data stays, marked; no alert resolves by blindness; reap refuses.
func TestBadInputLosesNothing(t *testing.T) {
	for _, tc := range []struct {
		name   string
		spoil  func(*sim.Fleet) error
		source fleet.SourceID // that must not be fresh
	}{
		{"sweep cut off", func(f *sim.Fleet) error { return f.BreakAfter("intel", sim.Truncated, 3000) }, fleet.HostSource("intel")},
		{"sweep cut off at once", func(f *sim.Fleet) error { return f.BreakAfter("intel", sim.Truncated, 0) }, fleet.HostSource("intel")},
		{"host unreachable", func(f *sim.Fleet) error { return f.Break("intel", sim.Unreachable) }, fleet.HostSource("intel")},
		{"403", breakHub(hub.Forbidden), fleet.SourceID{Kind: fleet.SourceRuns, Of: "paiml/aprender"}},
		{"secondary limit", breakHub(hub.SecondaryLimit), fleet.SourceID{Kind: fleet.SourceRuns, Of: "paiml/aprender"}},
		{"429", breakHub(hub.TooMany), fleet.SourceID{Kind: fleet.SourceRuns, Of: "paiml/aprender"}},
		{"502 HTML", breakHub(hub.BadGateway), fleet.SourceID{Kind: fleet.SourcePulls, Of: "paiml/aprender"}},
		{"200 HTML", breakHub(hub.HTMLOK), fleet.SourceID{Kind: fleet.SourcePulls, Of: "paiml/aprender"}},
		{"empty 200", breakHub(hub.EmptyOK), fleet.SourceID{Kind: fleet.SourcePulls, Of: "paiml/aprender"}},
		{"truncated JSON", breakHub(hub.Truncated), fleet.SourceID{Kind: fleet.SourceRuns, Of: "paiml/aprender"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := watch4(t)
			s1, b1 := w.look()
			if n := w.reapable(s1, b1); n < 10 {
				t.Fatalf("before: %d dirs to reap, want the story's orphans", n)
			}
			if err := tc.spoil(w.f); err != nil {
				t.Fatal(err)
			}
			s2, b2 := w.look()
			if s2.SourceOf(tc.source).Fresh(s2.At) {
				t.Errorf("%s is called fresh", tc.source)
			}
			if len(s2.Dirs) != len(s1.Dirs) || len(s2.Runs) < len(s1.Runs) || len(s2.PullRequests) < len(s1.PullRequests) || len(s2.Jobs) < len(s1.Jobs) {
				t.Errorf("data was lost: %d→%d dirs, %d→%d runs, %d→%d pull requests, %d→%d jobs", len(s1.Dirs), len(s2.Dirs), len(s1.Runs), len(s2.Runs), len(s1.PullRequests), len(s2.PullRequests), len(s1.Jobs), len(s2.Jobs))
			}
			after := firing(b2, fleet.AlertFiring, fleet.AlertStale)
			for fp := range firing(b1, fleet.AlertFiring) {
				if !after[fp] {
					t.Errorf("%s resolved by blindness", fp)
				}
			}
			if lamp := b2.Lamp(s2); lamp == fleet.LampGreen {
				t.Error("green on unknown")
			}
			if n := w.reapable(s2, b2); n != 0 {
				t.Errorf("reap would still take %d dirs", n)
			}
		})
	}
}

func breakHub(f hub.Fault) func(*sim.Fleet) error {
	return func(x *sim.Fleet) error {
		x.GitHub().Break(f)
		return nil
	}
}

// TestHostileNames: run dirs whose names try to break the parser, the gate or
// the terminal are shown safely and never acted on.
func TestHostileNames(t *testing.T) {
	w := watch4(t)
	before, _ := w.look()
	if err := w.f.Break("intel", sim.HostileNames); err != nil {
		t.Fatal(err)
	}
	s, b := w.look()
	if len(s.Dirs) <= len(before.Dirs) {
		t.Fatalf("%d dirs, %d before: the hostile ones are not shown", len(s.Dirs), len(before.Dirs))
	}
	hostile := 0
	for _, d := range s.Dirs {
		if !kit.Tainted(d.Path.String()) {
			continue
		}
		hostile++
		if d.Path.Actionable() == nil {
			t.Errorf("%q may be acted on", d.Path.String())
		}
		if safe := plain(d.Path.String()); strings.ContainsAny(safe, "\x1b\x07\n\r\t\u009b\u202e") {
			t.Errorf("%q is printed raw", d.Path.String())
		}
	}
	if hostile == 0 {
		t.Error("no dir with a hostile name arrived")
	}
	for _, id := range []fleet.ActionID{fleet.ActionChown, fleet.ActionReap} {
		p, err := w.s.plan(s, b, wish{action: id, targets: []fleet.Subject{fleet.OfHost("intel")}})
		if err != nil {
			t.Fatal(err)
		}
		for _, st := range p.Steps {
			if kit.Tainted(st.Path()) {
				t.Errorf("%s would act on %q", id, st.Path())
			}
		}
	}
}

// TestSourcesComeBack: what was stale is fresh again with the next whole answer.
func TestSourcesComeBack(t *testing.T) {
	w := watch4(t)
	_, b1 := w.look()
	w.f.GitHub().Break(hub.BadGateway)
	w.look()
	w.f.GitHub().Break(hub.Healthy)
	s, b := w.look()
	for _, src := range s.Sources {
		if src.ID.Kind != fleet.SourceHost && !src.Fresh(s.At) {
			t.Errorf("%s is %s after GitHub is back: %s", src.ID, src.State, src.Err)
		}
	}
	for fp := range firing(b1, fleet.AlertFiring) {
		if !firing(b, fleet.AlertFiring)[fp] {
			t.Errorf("%s does not fire again", fp)
		}
	}
	if stale := firing(b, fleet.AlertStale); len(stale) > 0 {
		t.Errorf("still stale: %v", stale)
	}
}
