package rules

import (
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

func TestInfraFailure(t *testing.T) {
	w := failingWorld(1, "cargo test", lostServer)
	f := one(t, "infra-failure", w.Snapshot())
	told(t, f)
	if f.Severity != fleet.SeverityWarn || f.Key != "lost-communication@intel" {
		t.Errorf("%s %s", f.Severity, f.Key)
	}
	says(t, "summary", f.Summary, "lost-communication on intel: 1 job of 1 branch failed, the last 5m ago")
	says(t, "evidence", evidenceOf(f), "annotation workspace-test", "run 100 on pr-1790")
	says(t, "advice", f.Advice, "look first: all on intel")

	// One finding per signature and host, the merge queue's failures among them.
	w = failingWorld(4, "cargo test", lostServer)
	w.Runs()[0].Event = "merge_group"
	if fs := find(t, "infra-failure", w.Snapshot()); len(fs) != 2 || fs[0].Key != "lost-communication@intel" || fs[1].Key != "lost-communication@yoga" {
		t.Errorf("%+v", fs)
	}
	w.Jobs(100)[0].Runner = "elsewhere-1"
	if fs := find(t, "infra-failure", w.Snapshot()); len(fs) != 3 {
		t.Errorf("a runner of no known host has a finding of its own: %+v", fs)
	}
}

func TestInfraFailureLookAlikes(t *testing.T) {
	for name, v := range map[string]fleet.Verdict{
		"a suspect nothing bears out": noCreate,
		"code":                        badCode,
		"unknown":                     {Class: fleet.ClassUnknown, Text: "boom"},
		"cancelled":                   {Class: fleet.ClassCancelled, Signature: "cancelled"},
		"a limit":                     {Class: fleet.ClassInfra, Signature: "job-limit", Row: 27},
	} {
		w := failingWorld(2, "cargo test", v)
		t.Run(name, func(t *testing.T) { none(t, "infra-failure", w.Snapshot()) })
	}
	w := failingWorld(1, "cargo test", lostServer)
	w.Runs()[0].Attempt = 2
	none(t, "infra-failure", w.Snapshot())
	w = failingWorld(1, "cargo test", fleet.Verdict{})
	w.Jobs(100)[0].Verdict = fleet.Unknown[fleet.Verdict]("not read")
	none(t, "infra-failure", w.Snapshot())
}

// chown is suggested only for a dir it cures; else a rerun would fail alike.
func TestInfraFailureFix(t *testing.T) {
	w := failingWorld(1, "Run actions/checkout@v4", fleet.Verdict{Class: fleet.ClassInfra, Signature: "eacces-unlink", Row: 8, Text: "EACCES: permission denied, unlink", Cures: []fleet.Cure{fleet.CureChown, fleet.CureRerun}})
	f := one(t, "infra-failure", w.Snapshot())
	if len(f.Suggested) != 0 {
		t.Errorf("no dir to chown is known, suggested %v", f.Suggested)
	}
	says(t, "advice", f.Advice, "_work: all on intel")

	w = failingWorld(1, "cargo build", noCreate)
	d := fleettest.RootOwned(w.Dir("intel", "aprender-ci/1790/run-100"), w.Jobs(100)[0].StartedAt)
	f = one(t, "infra-failure", w.Snapshot())
	told(t, f)
	if len(f.Suggested) != 2 || f.Suggested[0] != fleet.ActionChown || !f.About(fleet.OfDir(d.ID())) {
		t.Errorf("%v on %v", f.Suggested, f.Subjects)
	}
	says(t, "ruled out", ruledOut(f), "its host bears it out")

	w = failingWorld(1, "cargo test", fleet.Verdict{Class: fleet.ClassInfra, Signature: "manifest", Cures: []fleet.Cure{fleet.CureWorkflow, fleet.CureRerun}})
	if f = one(t, "infra-failure", w.Snapshot()); len(f.Suggested) != 0 {
		t.Errorf("a rerun does not change the workflow: %v", f.Suggested)
	}
}

func TestInfraFailureLife(t *testing.T) {
	w := failingWorld(1, "cargo test", lostServer)
	j := w.Jobs(100)[0]
	set := func(c fleet.Conclusion) func(*fleettest.World) {
		return func(w *fleettest.World) { endedAs(j, c, w.At) }
	}
	set(fleet.ConclusionSuccess)(w)
	wholeLife(t, "infra-failure", w, jobsSource, set(fleet.ConclusionFailure), set(fleet.ConclusionSuccess))
}

// Three branches page once: the cluster explains each of its hosts' findings, and a
// cause on the host explains both.
func TestOneAlertPerCause(t *testing.T) {
	lit := func(w *fleettest.World) map[fleet.RuleID]int {
		var b fleet.Board
		for range 2 {
			s := w.Snapshot()
			b = b.Fold(s, All())
			w.Pass(2 * time.Minute)
		}
		out := map[fleet.RuleID]int{}
		for _, a := range b.Alerts {
			if a.Lit() {
				out[a.Rule]++
			}
		}
		return out
	}
	w := failingWorld(4, "cargo test", lostServer)
	if got := lit(w); got["same-failure"] != 1 || got["infra-failure"] != 0 {
		t.Errorf("lit: %v", got)
	}
	w = failingWorld(3, "cargo build", noCreate)
	for i, j := range []*fleet.Job{w.Jobs(100)[0], w.Jobs(101)[0], w.Jobs(102)[0]} {
		j.Runner = "intel-1"
		d := w.Dir("intel", "aprender-ci/"+itoa(1790+i)+"/run-"+itoa(100+i))
		fleettest.RootOwned(d, j.StartedAt)
	}
	if got := lit(w); got["run-dir-owner"] != 1 || got["same-failure"] != 0 || got["infra-failure"] != 0 {
		t.Errorf("lit: %v", got)
	}
}

// A full disk explains what a full disk breaks, and no lost network beside it.
func TestACauseExplainsItsKindOnly(t *testing.T) {
	network := fleet.Verdict{Class: fleet.ClassInfra, Signature: "tls-timeout", Row: 46, Text: "TLS handshake timeout", Cures: []fleet.Cure{fleet.CureRerun}}
	for _, tc := range []struct {
		v     fleet.Verdict
		muted fleet.RuleID
	}{{network, ""}, {diskFull, "disk-pressure"}, {lostServer, "disk-pressure"}} {
		w := failingWorld(3, "docker pull", tc.v)
		for i := range 3 {
			w.Jobs(fleet.RunID(100 + i))[0].Runner = "intel-1"
		}
		w.Sweeps["intel"].Disks[0].FreeBytes = 20 << 30
		t.Run(tc.v.Signature, func(t *testing.T) {
			life(t, "same-failure", w, moment{name: "seen", want: fleet.AlertFiring, muted: tc.muted})
		})
	}
}
