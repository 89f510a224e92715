package rules

import (
	"fmt"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// droppedWorld remembers 116 runners since three days and lists 113 of them, as in
// actions/runner#1506. One of the missing has a service on host intel.
func droppedWorld() *fleettest.World {
	w := fleettest.New()
	w.Host("intel").Services = []fleet.RunnerService{{Unit: "actions.runner.paiml.box-3.service", Runner: "box-3", State: "active"}}
	for i := range 116 {
		name := fmt.Sprintf("box-%d", i+1)
		last := w.At
		if i < 3 {
			last = w.At.Add(-10 * time.Hour)
		} else {
			runner(w, name, true, false, "self-hosted")
		}
		seen(w, name, w.At.Add(-72*time.Hour), last)
	}
	return w
}

func TestRunnerDropped(t *testing.T) {
	w := droppedWorld()
	f := one(t, "runner-dropped", w.Snapshot())
	told(t, f)
	says(t, "summary", f.Summary, "113 of 116 yesterday", "3 runners missing")
	says(t, "evidence", evidenceOf(f), "box-1: last listed 10h00m ago")
	says(t, "ruled out", ruledOut(f), "the list is whole: it names 113 runners")

	// A console that runs since this morning cannot speak of yesterday.
	for i := range w.History.Runners {
		w.History.Runners[i].First = w.At.Add(-18 * time.Hour)
	}
	says(t, "summary", one(t, "runner-dropped", w.Snapshot()).Summary, "113 listed, and 3 that were since 18h00m ago are not")
}

func TestRunnerDroppedLookAlikes(t *testing.T) {
	for name, change := range map[string]func(*fleettest.World){
		"the list is not whole":   func(w *fleettest.World) { w.Sources[runnersSource].State = fleet.SourcePartial },
		"the list is not allowed": func(w *fleettest.World) { w.Runners = nil; w.Sources[runnersSource].State = fleet.SourceDenied },
		"the list is old":         func(w *fleettest.World) { w.Sources[runnersSource].ReadAt = w.At.Add(-time.Hour) },
		"they were there for an hour only": func(w *fleettest.World) {
			for i := range 3 {
				w.History.Runners[i].First = w.History.Runners[i].Last.Add(-time.Hour)
				w.History.Runners[i].Name = fmt.Sprintf("probe%d", i)
			}
		},
		"their names come and go": func(w *fleettest.World) {
			for i := range 3 {
				w.History.Runners[i].Name = fmt.Sprintf("eph-%02xaa", i)
				seen(w, fmt.Sprintf("eph-%02xff", i), w.At.Add(-30*time.Hour), w.At.Add(-29*time.Hour))
			}
		},
		"dropped more than a week ago": func(w *fleettest.World) {
			for i := range 3 {
				w.History.Runners[i].First, w.History.Runners[i].Last = w.At.Add(-20*24*time.Hour), w.At.Add(-8*24*time.Hour)
			}
		},
	} {
		w := droppedWorld()
		change(w)
		t.Run(name, func(t *testing.T) { none(t, "runner-dropped", w.Snapshot()) })
	}
	// New names beside missing ones: they may be the same machines.
	w := droppedWorld()
	runner(w, "new-1", true, false, "self-hosted")
	seen(w, "new-1", w.At.Add(-9*time.Hour), w.At)
	says(t, "gaps", gaps(one(t, "runner-dropped", w.Snapshot())), "registered anew under other names")
}

func TestRunnerDroppedLife(t *testing.T) {
	w := droppedWorld()
	missing, all := w.Runners, []fleet.Runner(nil)
	for i := range 3 {
		runner(w, fmt.Sprintf("box-%d", i+1), true, false, "self-hosted")
	}
	all = w.Runners
	wholeLife(t, "runner-dropped", w, runnersSource,
		func(w *fleettest.World) { w.Runners = missing },
		func(w *fleettest.World) { w.Runners = all })
}
