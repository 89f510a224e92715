package fleet_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// hit is a finding that names hosts, pull requests and dirs.
func hit(sev fleet.Severity, hosts, prs, dirs int) []fleet.Finding {
	f := fleet.Finding{Severity: sev, Key: "k", Rests: []fleet.SourceID{fleet.HostSource("intel")}}
	for i := range dirs {
		f.Subjects = append(f.Subjects, fleet.OfDir(fleet.DirID{Host: "host-0", Path: fmt.Sprintf("/r/%d", i)}))
	}
	for i := range prs {
		f.Subjects = append(f.Subjects, fleet.OfPR(fleet.PRKey{Repo: fleettest.Repo, Number: i + 1}))
	}
	for i := range hosts {
		f.Subjects = append(f.Subjects, fleet.OfHost(fleet.HostName(fmt.Sprintf("host-%d", i))))
	}
	return []fleet.Finding{f}
}

// TestAckHoldsUntilItGetsWorse: an acknowledgement is of the alert as it stood.
func TestAckHoldsUntilItGetsWorse(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	warn, stop := fleet.SeverityWarn, fleet.SeverityStop
	for _, c := range []struct {
		name        string
		first, then []fleet.Finding
		back        string // in CameBack; empty: it stays acknowledged
	}{
		{"the same", hit(warn, 1, 8, 8), hit(warn, 1, 8, 8), ""},
		{"smaller and milder", hit(stop, 2, 8, 8), hit(warn, 1, 2, 2), ""},
		{"one more of eight", hit(warn, 1, 8, 8), hit(warn, 1, 9, 9), ""},
		{"warn became stop", hit(warn, 1, 8, 8), hit(stop, 1, 8, 8), "got worse: stop, was warn"},
		{"another host", hit(warn, 1, 8, 8), hit(warn, 2, 8, 8), "spread: 2 hosts, was 1"},
		{"half as many pull requests again", hit(warn, 1, 8, 8), hit(warn, 1, 12, 8), "grew: 12 PRs, was 8"},
		{"half as many dirs again", hit(warn, 1, 0, 2), hit(warn, 1, 0, 3), "grew: 3 run dirs, was 2"},
		{"the first pull request", hit(warn, 1, 0, 1), hit(warn, 1, 1, 1), "grew: 1 PR, was 0"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := c.first
			rules := []fleet.Rule{scripted("r", 0, &found)}
			b := fleet.Board{}.Fold(at(w, 0, fleet.SourceOK), rules).Ack("r/k", "mei")
			b = b.Fold(at(w, time.Minute, fleet.SourceOK), rules)
			if a := b.Alerts[0]; a.AckedBy != "mei" || a.CameBack != "" || !a.Lit() {
				t.Fatalf("unchanged, it is acknowledged by %q, back because %q, lit %v", a.AckedBy, a.CameBack, a.Lit())
			}
			found = c.then
			b = b.Fold(at(w, 2*time.Minute, fleet.SourceOK), rules)
			a := b.Alerts[0]
			if (a.AckedBy == "") != (c.back != "") || !strings.HasSuffix(a.CameBack, c.back) || (a.CameBack == "") != (c.back == "") {
				t.Errorf("acknowledged by %q, back because %q, want %q", a.AckedBy, a.CameBack, c.back)
			}
			if c.back != "" && (!strings.Contains(a.CameBack, "mei") || a.Owner() == "mei") {
				t.Errorf("it came back because %q and is whose? %q", a.CameBack, a.Owner())
			}
		})
	}
}

// TestAckLife: taken again after it came back, it holds for what it is then; it
// may be taken back; it ends with the alert.
func TestAckLife(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	found := hit(fleet.SeverityStop, 1, 4, 4)
	rules := []fleet.Rule{scripted("r", 0, &found)}
	minutes := 0
	var b fleet.Board
	step := func() fleet.Alert {
		minutes++
		b = b.Fold(at(w, time.Duration(minutes)*time.Minute, fleet.SourceOK), rules)
		return b.Alerts[0]
	}
	step()
	b = b.Ack("r/k", "mei")
	found = hit(fleet.SeverityStop, 1, 8, 4)
	if a := step(); a.AckedBy != "" || a.CameBack == "" {
		t.Fatalf("grown to twice, it is acknowledged by %q", a.AckedBy)
	}
	if a := step(); a.CameBack == "" {
		t.Error("why it came back is forgotten at the next look")
	}
	b = b.Ack("r/k", "ana")
	if a := step(); a.AckedBy != "ana" || a.CameBack != "" || a.AckedAs.PRs != 8 {
		t.Errorf("taken again: by %q as %+v, back because %q", a.AckedBy, a.AckedAs, a.CameBack)
	}
	b = b.Ack("r/k", "")
	if a := step(); a.AckedBy != "" || a.CameBack != "" || a.AckedAs != (fleet.Extent{}) {
		t.Errorf("taken back: %+v", a)
	}
	b = b.Ack("r/k", "ana")
	found = nil
	if a := step(); a.State != fleet.AlertResolved || a.AckedBy != "" {
		t.Fatalf("gone: %s, acknowledged by %q", a.State, a.AckedBy)
	}
	found = hit(fleet.SeverityStop, 1, 8, 4)
	if a := step(); a.AckedBy != "" {
		t.Errorf("come again, it is still acknowledged by %q", a.AckedBy)
	}
}

// TestStopTheLineStandsFirst: above older and equally severe alerts, and only
// where it is lit.
func TestStopTheLineStandsFirst(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	older, cluster := hit(fleet.SeverityStop, 1, 0, 1), []fleet.Finding(nil)
	rules := []fleet.Rule{scripted("disk-pressure", 0, &older), scripted("same-failure", 0, &cluster)}
	b := fleet.Board{}.Fold(at(w, 0, fleet.SourceOK), rules)
	cluster = hit(fleet.SeverityStop, 2, 7, 0)
	if b = b.Fold(at(w, time.Minute, fleet.SourceOK), rules); !b.Alerts[0].StopsTheLine() {
		t.Errorf("%s stands before the cluster", b.Alerts[0].Fingerprint())
	}
	cluster = hit(fleet.SeverityWarn, 2, 7, 0)
	if b = b.Fold(at(w, 2*time.Minute, fleet.SourceOK), rules); b.Alerts[0].Rule != "disk-pressure" || b.Alerts[1].StopsTheLine() {
		t.Errorf("a cluster that only warns stands before a stop: %s", b.Alerts[0].Fingerprint())
	}
}
