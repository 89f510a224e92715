package main

import (
	"context"
	"testing"

	"andon/fleet"
	"andon/fleet/sim"
	"andon/fleet/sim/world"
)

// TestEndingsAreTold: each way a simulated job ends reads, by its steps, its log and
// its annotations as the console fetches them, as the row of the catalogue it is of.
func TestEndingsAreTold(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: whole scenarios are played without it")
	}
	want := map[world.Ending]struct {
		class fleet.Class
		row   int
	}{
		world.EndDenied: {fleet.ClassSuspect, 2}, world.EndVanished: {fleet.ClassSuspect, 2}, world.EndTempDir: {fleet.ClassSuspect, 1}, world.EndLimit: {fleet.ClassSuspect, 27},
		world.EndSuperseded: {fleet.ClassCancelled, 28}, world.EndTest: {fleet.ClassCode, 0}, world.EndNoSpace: {fleet.ClassInfra, 0}, world.EndDiag: {fleet.ClassInfra, 16},
		world.EndLost: {fleet.ClassInfra, 21}, world.EndShutdown: {fleet.ClassInfra, 22}, world.EndDownload: {fleet.ClassInfra, 39}, world.EndFetch: {fleet.ClassInfra, 52},
		world.EndRegistry: {fleet.ClassInfra, 44}, world.EndKilled: {fleet.ClassSuspect, 50}, world.EndToolchain: {fleet.ClassSuspect, 4}, world.EndStepLimit: {fleet.ClassSuspect, 26},
		world.EndResidue: {fleet.ClassInfra, 8}, world.EndContainerID: {fleet.ClassInfra, 12},
	}
	seen := map[world.Ending]bool{}
	for _, name := range []string{"incident", "bad-host", "disk-full", "clean"} {
		f, s, _ := staged(t, sim.Options{Scenario: name, Seed: 1})
		snap, _ := s.look(context.Background())
		ended := map[int64]world.Ending{}
		f.Use(func(w *world.World) {
			for _, r := range w.Repos {
				for _, x := range r.Runs {
					for _, j := range x.Jobs {
						if !j.Status.Live() {
							ended[j.ID] = j.Ending
						}
					}
				}
			}
		})
		for _, j := range snap.Jobs {
			e, there := ended[j.ID]
			x, judged := want[e]
			if !there || !judged || j.Status.Live() || !j.Conclusion.Red() || seen[e] {
				continue
			}
			seen[e] = true
			v, known := j.Verdict.Get()
			if !known || v.Class != x.class || x.row != 0 && v.Row != x.row {
				t.Errorf("%s, ending %d of %s: known %v (%s), %s, row %d %q, text %q; want %s, row %d", name, e, j.Name, known, j.Verdict.Why(), v.Class, v.Row, v.Signature, v.Text, x.class, x.row)
			}
		}
	}
	for e := range want {
		if !seen[e] {
			t.Errorf("no job with ending %d was seen", e)
		}
	}
}
