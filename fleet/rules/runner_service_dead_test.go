package rules

import (
	"strings"
	"testing"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// pool is a host with three runners, all up and online.
func servicePool() (*fleettest.World, *fleet.Sweep) {
	w := fleettest.New()
	sw := w.Host("intel")
	for _, n := range []string{"1", "2", "3"} {
		sw.Services = append(sw.Services, fleet.RunnerService{Unit: "actions.runner.paiml.intel-" + n + ".service", Runner: "intel-" + n, State: "active", Dir: "/opt/intel-" + n, Hook: "/opt/hook.sh"})
		w.Runners = append(w.Runners, fleet.Runner{Scope: string(fleettest.Repo), Name: "intel-" + n, Online: true})
	}
	sw.Cleaners = []fleet.Cleaner{{Name: "hook.sh", Kind: "hook", Wired: true}}
	return w, sw
}

func TestRunnerServiceDead(t *testing.T) {
	runners := fleet.SourceID{Kind: fleet.SourceRunners, Of: string(fleettest.Repo)}
	down := func(state string, online bool) func(*fleettest.World, *fleet.Sweep) {
		return func(w *fleettest.World, sw *fleet.Sweep) {
			sw.Services[1].State, w.Runners[1].Online = state, online
		}
	}
	for _, tc := range []struct {
		name string
		do   func(*fleettest.World, *fleet.Sweep)
		want fleet.Severity // "" none
		says string
	}{
		{"all up", func(*fleettest.World, *fleet.Sweep) {}, "", ""},
		{"failed", down("failed", false), fleet.SeverityWarn, "1 runner service down of 3: intel-2"},
		{"inactive", down("inactive", false), fleet.SeverityWarn, "GitHub says offline"},
		{"restarting", down("activating", false), "", ""},
		{"on its way down", down("deactivating", false), "", ""},
		{"GitHub still calls it online", down("inactive", true), "", ""},
		{"GitHub knows no such runner", func(w *fleettest.World, sw *fleet.Sweep) {
			sw.Services[2].State, w.Runners = "inactive", w.Runners[:2]
		}, "", ""},
		{"the token may not list runners", func(w *fleettest.World, sw *fleet.Sweep) {
			sw.Services[1].State, w.Runners = "failed", nil
			w.Sources[runners].State, w.Sources[runners].Err = fleet.SourceDenied, "403"
		}, fleet.SeverityWarn, "GitHub's word is unknown"},
		{"all of them", func(w *fleettest.World, sw *fleet.Sweep) {
			for i := range sw.Services {
				sw.Services[i].State, w.Runners[i].Online = "failed", false
			}
		}, fleet.SeverityStop, "3 runner services down of 3"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w, sw := servicePool()
			tc.do(w, sw)
			fs := find(t, "runner-service-dead", w.Snapshot())
			if tc.want == "" {
				if len(fs) != 0 {
					t.Errorf("%+v", fs)
				}
				return
			}
			if len(fs) != 1 || fs[0].Severity != tc.want || fs[0].Key != "intel" || !strings.Contains(fs[0].Summary+fs[0].Evidence[0].Fact, tc.says) {
				t.Fatalf("%+v", fs)
			}
			told(t, fs[0])
			if unknown := tc.says == "GitHub's word is unknown"; (len(fs[0].Unknown) > 0) != unknown {
				t.Errorf("unknown %+v", fs[0].Unknown)
			}
		})
	}
}

func TestRunnerServiceDeadSeesItsChildren(t *testing.T) {
	w, sw := servicePool()
	sw.Services[1].State, w.Runners[1].Online = "failed", false
	d := w.Dir("intel", "aprender-ci/1792/run-5")
	d.Writers = fleet.Known([]fleet.Writer{{PID: 4, Via: fleet.ViaFD, Started: began, Command: "rustc", Cgroup: sw.Services[1].Unit}}, w.At)
	if f := one(t, "runner-service-dead", w.Snapshot()); !strings.HasPrefix(f.Advice, "its children still write") {
		t.Errorf("%+v", f)
	}
	d.Writers = fleet.Unknown[[]fleet.Writer]("not root")
	if f := one(t, "runner-service-dead", w.Snapshot()); len(f.Unknown) != 1 || f.Unknown[0].What != "live writers of 1 dir" {
		t.Errorf("%+v", f.Unknown)
	}
}

// TestRunnerServiceDeadOfAFullDisk: the disk is the cause and is told instead.
func TestRunnerServiceDeadOfAFullDisk(t *testing.T) {
	w, sw := servicePool()
	hold := ruleOf(t, "runner-service-dead").For
	life(t, "runner-service-dead", w,
		moment{name: "down on a full disk", want: fleet.AlertPending, muted: "disk-pressure", do: func(w *fleettest.World) {
			sw.Services[1].State, w.Runners[1].Online, sw.Disks[0].FreeBytes = "failed", false, 20<<30
		}},
		moment{name: "For over", after: hold, want: fleet.AlertFiring, muted: "disk-pressure"},
		moment{name: "disk free again, unit still down", after: hold, want: fleet.AlertFiring, do: func(*fleettest.World) { sw.Disks[0].FreeBytes = 1800 << 30 }})
}

func TestRunnerServiceDeadLife(t *testing.T) {
	w, sw := servicePool()
	wholeLife(t, "runner-service-dead", w, fleet.HostSource("intel"),
		func(w *fleettest.World) { sw.Services[1].State, w.Runners[1].Online = "failed", false },
		func(w *fleettest.World) { sw.Services[1].State, w.Runners[1].Online = "active", true })
}
