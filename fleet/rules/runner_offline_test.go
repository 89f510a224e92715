package rules

import (
	"fmt"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// offlineWorld has three runners of host intel, one of them offline at GitHub
// while the host says that its service is up.
func offlineWorld() (*fleettest.World, *fleet.Sweep) {
	w := fleettest.New()
	sw := w.Host("intel")
	for i := range 3 {
		name := fmt.Sprintf("intel-%d", i+1)
		runner(w, name, i > 0, false, "self-hosted", "X64")
		sw.Services = append(sw.Services, fleet.RunnerService{Unit: "actions.runner.paiml." + name + ".service", Runner: name, State: "active"})
	}
	return w, sw
}

func TestRunnerOffline(t *testing.T) {
	w, sw := offlineWorld()
	f := one(t, "runner-offline", w.Snapshot())
	told(t, f)
	says(t, "summary", f.Summary, "1 of 3 runners of intel offline")
	says(t, "advice", f.Advice, "systemctl restart actions.runner.paiml.intel-1.service", "once no Runner.Worker runs")
	says(t, "ruled out", ruledOut(f), "the host is not down")

	sw.Services[0].State = "failed"
	says(t, "advice", one(t, "runner-offline", w.Snapshot()).Advice, "start the services on intel")

	src := w.Sources[fleet.HostSource("intel")]
	src.State, src.ReadAt = fleet.SourceFailing, w.At.Add(-time.Hour)
	f = one(t, "runner-offline", w.Snapshot())
	says(t, "gaps", gaps(f), "whether its runner services are up")
	says(t, "advice", f.Advice, "the host first")
}

func TestRunnerOfflineLookAlikes(t *testing.T) {
	for name, change := range map[string]func(*fleettest.World){
		"all online":              func(w *fleettest.World) { w.Runners[0].Online = true },
		"the list is not allowed": func(w *fleettest.World) { w.Runners = nil; w.Sources[runnersSource].State = fleet.SourceDenied },
		"the list is old":         func(w *fleettest.World) { w.Sources[runnersSource].ReadAt = w.At.Add(-time.Hour) },
		"a ghost nobody saw online, on no host": func(w *fleettest.World) {
			w.Runners[0].Name = "old-box-1"
		},
		"an ephemeral one": func(w *fleettest.World) {
			w.Runners[0].Name = "intel-e-9f"
			for _, n := range []string{"intel-e-1a", "intel-e-2b", "intel-e-3c"} {
				seen(w, n, w.At.Add(-3*time.Hour), w.At.Add(-2*time.Hour))
			}
		},
	} {
		w, _ := offlineWorld()
		change(w)
		t.Run(name, func(t *testing.T) { none(t, "runner-offline", w.Snapshot()) })
	}
	// A runner of no known host that was online before is no ghost.
	w, _ := offlineWorld()
	w.Runners[0].Name = "box-1"
	seen(w, "box-1", w.At.Add(-48*time.Hour), w.At.Add(-time.Hour))
	f := one(t, "runner-offline", w.Snapshot())
	told(t, f)
	says(t, "gaps", gaps(f), "their host")
	// Part of a list still shows what is in it, and says so.
	w, _ = offlineWorld()
	w.Sources[runnersSource].State = fleet.SourcePartial
	says(t, "gaps", gaps(one(t, "runner-offline", w.Snapshot())), "was not whole")
}

func TestRunnerOfflineLife(t *testing.T) {
	w, _ := offlineWorld()
	w.Runners[0].Online = true
	wholeLife(t, "runner-offline", w, runnersSource,
		func(w *fleettest.World) { w.Runners[0].Online = false },
		func(w *fleettest.World) { w.Runners[0].Online = true })
}

func TestRunnerOfflineOfADeadHostIsMuted(t *testing.T) {
	w, _ := offlineWorld()
	src := w.Sources[fleet.HostSource("intel")]
	src.State, src.Cause, src.Err = fleet.SourceFailing, fleet.CauseUnreachable, "no route to host"
	life(t, "runner-offline", w, moment{name: "seen", want: fleet.AlertPending, muted: "host-unreachable"},
		moment{name: "held", after: 6 * time.Minute, want: fleet.AlertFiring, muted: "host-unreachable"})
}
