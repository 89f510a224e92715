package main

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"andon/fleet"
	"andon/fleet/sim/hub"
	"andon/fleet/sim/world"
)

// TestGroupsAndQueueOverTheWire: who holds a group and which queue branches exist,
// over real HTTP, and what is said where they cannot be read.
func TestGroupsAndQueueOverTheWire(t *testing.T) {
	w := watch4(t)
	groups := fleet.SourceID{Kind: fleet.SourceGroups, Of: "paiml/aprender"}
	queue := fleet.SourceID{Kind: fleet.SourceQueue, Of: "paiml/aprender"}
	var holder, waits *world.Run
	w.f.Use(func(x *world.World) {
		r := x.Repos[0]
		for _, run := range r.Runs {
			if run.Status().Live() {
				holder = run
			}
		}
		holder.Group = "ci-refs/pull/" + holder.Ref + "/merge"
		waits = &world.Run{Repo: r, ID: 1 << 40, Attempt: 1, Workflow: "CI", Event: "pull_request", Branch: "waits", HeadRepo: r.Name, Ref: holder.Ref,
			Group: strings.ToUpper(holder.Group), Created: x.Now() - 300, Started: x.Now() - 300, Updated: x.Now() - 300}
		holder.Started = min(holder.Started, waits.Started-1)
		r.Runs = append(r.Runs, waits)
	})
	s, _ := w.look()
	if len(s.Groups) != 1 || s.Groups[0].Name != holder.Group || len(s.Groups[0].Members) != 2 || s.Groups[0].Members[0].Run != fleet.RunID(holder.ID) || !s.Fresh(groups) {
		t.Fatalf("groups %+v, source %+v", s.Groups, s.SourceOf(groups))
	}
	if len(s.QueueRefs) != 1 || !strings.HasPrefix(s.QueueRefs[0].Name, "gh-readonly-queue/main/pr-1798-") || !s.Fresh(queue) {
		t.Errorf("queue refs %+v, source %+v", s.QueueRefs, s.SourceOf(queue))
	}
	for _, j := range s.Jobs {
		if j.CreatedAt.IsZero() {
			t.Errorf("job %d of run %d: no time of its queueing", j.ID, j.RunID)
		}
	}

	for _, tc := range []struct {
		part  hub.Part
		fault hub.Fault
		id    fleet.SourceID
		state fleet.SourceState
		ok    bool
		says  string
	}{
		{hub.Groups, hub.Healthy, groups, fleet.SourceOK, true, "can be read; asked for runs that wait"},
		{hub.QueueRefs, hub.Healthy, queue, fleet.SourceOK, true, "merge queue branches there: 1"},
		{hub.Groups, hub.Forbidden, groups, fleet.SourceDenied, false, "actions=read"},
		{hub.QueueRefs, hub.Forbidden, queue, fleet.SourceDenied, false, "contents=read"},
		{hub.QueueRefs, hub.Unknown, queue, fleet.SourceDenied, false, "Contents: read"},
		{hub.Groups, hub.BadGateway, groups, fleet.SourceFailing, false, "githubstatus.com"},
		{hub.Groups, hub.Unknown, groups, fleet.SourceAbsent, true, "this server has no concurrency group API"},
	} {
		w.f.GitHub().BreakPart(tc.part, tc.fault)
		w.f.Use(func(*world.World) { waits.Updated++ })
		w.look() // that what was there is gone is believed at the second look
		s, b := w.look()
		if src := s.SourceOf(tc.id); src.State != tc.state {
			t.Errorf("%s, fault %d: %s (%s), want %s", tc.id, tc.fault, src.State, src.Err, tc.state)
		}
		a, lit := b.Alert("source-stale/" + tc.id.String())
		if want := tc.state == fleet.SourceDenied || tc.state == fleet.SourceFailing; lit && (a.State == fleet.AlertFiring) != want || want && !lit || a.State == fleet.AlertStale {
			t.Errorf("%s is %s: alert %+v", tc.id, tc.state, a)
		}
		if lit && tc.state == fleet.SourceDenied && a.Severity != fleet.SeverityInfo {
			t.Errorf("%s: a panel that costs only itself is a %s", tc.id, a.Severity)
		}
		var out bytes.Buffer
		d := diagnosis{w: &out}
		d.may(context.Background(), w.s, s, s.SourceOf(tc.id))
		if (d.bad == 0) != tc.ok || !strings.Contains(out.String(), tc.says) || !strings.Contains(out.String(), tc.id.String()) {
			t.Errorf("doctor on %s, fault %d: %s", tc.id, tc.fault, out.String())
		}
		var text bytes.Buffer
		if err := writeCheck(&text, s, b); err != nil {
			t.Fatal(err)
		}
		silent := tc.state == fleet.SourceDenied || tc.state == fleet.SourceFailing
		if shown := strings.Contains(text.String(), "source "+tc.id.String()); shown != silent {
			t.Errorf("%s is %s, shown among the silent sources: %v", tc.id, tc.state, shown)
		}
		w.f.GitHub().BreakPart(tc.part, hub.Healthy)
	}
}
