package rules

import (
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// brokenWorld is paiml-mcp-agent-toolkit#1185: jobs of so many pull requests fail on
// one runner, all at Set up runner, while another runner of the host works.
func brokenWorld(prs int) *fleettest.World {
	w := fleettest.New()
	w.Host("intel").Services = []fleet.RunnerService{{Unit: "actions.runner.paiml.intel-3.service", Runner: "intel-3", State: "active"}}
	for i := range prs {
		j := w.Job(w.Run(fleet.RunID(100+i), w.PR(1790+i), fleet.ConclusionFailure), "test", "intel-3")
		end := w.At.Add(time.Duration(i-prs) * 5 * time.Minute)
		endedAs(j, fleet.ConclusionFailure, end).StartedAt = end.Add(-8 * time.Second)
		j.Steps = []fleet.JobStep{{Number: 1, Name: "Set up runner", Conclusion: fleet.ConclusionFailure}}
		j.Verdict = fleet.Unknown[fleet.Verdict]("not read")
	}
	endedAs(w.Job(w.Run(50, w.PR(1700), fleet.ConclusionSuccess), "test", "intel-1"), fleet.ConclusionSuccess, w.At.Add(-time.Minute))
	return w
}

func TestRunnerFailing(t *testing.T) {
	w := brokenWorld(3)
	f := one(t, "runner-failing", w.Snapshot())
	told(t, f)
	if f.Severity != fleet.SeverityStop || f.Key != "intel" {
		t.Errorf("%s %s", f.Severity, f.Key)
	}
	says(t, "summary", f.Summary, "intel-3: 3 jobs of 3 pull requests failed at set-up or within 25s, the last 5m ago")
	says(t, "advice", f.Advice, "systemctl stop actions.runner.paiml.intel-3.service on intel")
	says(t, "ruled out", ruledOut(f), "3 different pull requests", "on other runners in 0 of them")
	says(t, "evidence", evidenceOf(f), "#1790: test failed at Set up runner after 8s")

	runner(w, "intel-3", false, false, "self-hosted")
	if f = one(t, "runner-failing", w.Snapshot()); f.Severity != fleet.SeverityWarn {
		t.Errorf("offline, it takes no more jobs: %s", f.Severity)
	}
	// It carried out a job between: not all it is given fails.
	w = brokenWorld(4)
	endedAs(w.Job(w.Run(60, w.PR(1701), fleet.ConclusionSuccess), "test", "intel-3"), fleet.ConclusionSuccess, w.At.Add(-17*time.Minute))
	if f = one(t, "runner-failing", w.Snapshot()); f.Severity != fleet.SeverityStop {
		t.Errorf("three since: %s", f.Severity)
	}
	w.Jobs(60)[0].CompletedAt = w.At.Add(-12 * time.Minute)
	if f = one(t, "runner-failing", w.Snapshot()); f.Severity != fleet.SeverityWarn {
		t.Errorf("two since: %s", f.Severity)
	}
	// At once, at a step of the workflow, with a verdict that names the machine.
	w = brokenWorld(3)
	for i := range 3 {
		verdict(w.Jobs(fleet.RunID(100 + i))[0], "Build", fleet.Verdict{Class: fleet.ClassInfra, Signature: "docker-daemon", Row: 40, Cures: []fleet.Cure{fleet.CureLook}})
	}
	one(t, "runner-failing", w.Snapshot())
	// Two runners of one host are one finding, under one key.
	w = brokenWorld(6)
	for i := range 3 {
		w.Jobs(fleet.RunID(100 + i))[0].Runner = "intel-4"
	}
	w.Jobs(50)[0].Runner = "intel-1"
	if f = one(t, "runner-failing", w.Snapshot()); f.Key != "intel" {
		t.Errorf("key %s", f.Key)
	}
}

func TestRunnerFailingLookAlikes(t *testing.T) {
	for name, change := range map[string]func(w *fleettest.World){
		"a broken branch run three times": func(w *fleettest.World) {
			for _, r := range w.Runs()[:3] {
				r.Branch, r.SHA, r.PullRequests = "pr-1790", "", nil
			}
		},
		"failed late, at a step of its own": func(w *fleettest.World) {
			for i := range 3 {
				j := w.Jobs(fleet.RunID(100 + i))[0]
				j.StartedAt, j.Steps[0].Name = j.CompletedAt.Add(-10*time.Minute), "cargo test"
			}
		},
		"failed at once, but it is the code": func(w *fleettest.World) {
			for i := range 3 {
				verdict(w.Jobs(fleet.RunID(100 + i))[0], "cargo fmt", fleet.Verdict{Class: fleet.ClassCode, Text: "Diff in src/lib.rs"})
			}
		},
		"failed at once, but it is the dir": func(w *fleettest.World) {
			for i := range 3 {
				verdict(w.Jobs(fleet.RunID(100 + i))[0], "cargo build", noCreate)
			}
		},
		"cancelled": func(w *fleettest.World) {
			for i := range 3 {
				w.Jobs(fleet.RunID(100 + i))[0].Conclusion = fleet.ConclusionCancelled
			}
		},
		"gates": func(w *fleettest.World) {
			for i := range 3 {
				w.Jobs(fleet.RunID(100 + i))[0].Name = "gate"
			}
		},
		"it has carried out a job since": func(w *fleettest.World) { w.Jobs(50)[0].Runner = "intel-3" },
		"the same jobs fail so on other runners": func(w *fleettest.World) {
			for i := range 3 {
				r := w.Run(fleet.RunID(300+i), w.PR(1900+i), fleet.ConclusionFailure)
				j := *w.Jobs(fleet.RunID(100 + i))[0]
				x := w.Job(r, "test", "yoga-"+itoa(i+1))
				x.Steps, x.CompletedAt, x.StartedAt = j.Steps, j.CompletedAt, j.StartedAt
			}
		},
	} {
		w := brokenWorld(3)
		change(w)
		t.Run(name, func(t *testing.T) { none(t, "runner-failing", w.Snapshot()) })
	}
	none(t, "runner-failing", brokenWorld(2).Snapshot())
}

func TestRunnerFailingLife(t *testing.T) {
	w := brokenWorld(3)
	set := func(c fleet.Conclusion) func(*fleettest.World) {
		return func(w *fleettest.World) {
			for i := range 3 {
				j := w.Jobs(fleet.RunID(100 + i))[0]
				endedAs(j, c, w.At).StartedAt = w.At.Add(-8 * time.Second)
			}
		}
	}
	set(fleet.ConclusionSuccess)(w)
	wholeLife(t, "runner-failing", w, jobsSource, set(fleet.ConclusionFailure), set(fleet.ConclusionSuccess))
}
