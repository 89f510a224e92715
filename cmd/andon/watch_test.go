package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/actions"
	"andon/fleet/fleettest"
	"andon/fleet/remedy"
	"andon/fleet/sim"
	"andon/ui"
)

// TestMoreOverdueThanAPlanHolds: what is beyond one plan's cap is purged by the
// next ones. A plan above the cap would be refused, minute after minute.
func TestMoreOverdueThanAPlanHolds(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	w.Host("lambda")
	w.Sources[fleet.HostSource("lambda")].State = fleet.SourceFailing
	s := w.Snapshot()
	most := s.Policy.MaxDirs
	root := fleet.Root{Path: fleettest.Targets}
	var reaped []fleet.Reaped
	for i := range most + 50 { // newest first, as the audit log tells them
		reaped = append(reaped, fleet.Reaped{Host: "intel", Root: root, Components: []string{"aprender-ci", "1700", fmt.Sprintf("run-%d", most+50-i)},
			Trash: fmt.Sprintf("x-%d", most+50-i), Until: s.At.Add(-time.Hour)})
	}
	young := fleet.Reaped{Host: "intel", Root: root, Components: []string{"aprender-ci", "1700", "run-9000"}, Trash: "y-1", Until: s.At.Add(time.Minute)}
	blind := fleet.Reaped{Host: "lambda", Root: root, Components: []string{"aprender-ci", "1700", "run-9001"}, Trash: "y-2", Until: s.At.Add(-time.Hour)}
	again := reaped[len(reaped)-1] // the oldest name was reaped twice
	again.Trash = "x-0"
	reaped = append(slices.Concat([]fleet.Reaped{young, blind}, reaped), again)

	act, err := actions.Find(fleet.ActionPurge)
	if err != nil {
		t.Fatal(err)
	}
	left := reaped
	for round, want := range []int{most, 51, 0} {
		dirs := overdue(s, left, most)
		p, err := act.Plan(fleet.PlanInput{Snapshot: s, Targets: dirs, Reaped: left})
		if err != nil || len(p.Steps) != want {
			t.Fatalf("round %d: %d steps, want %d: %v", round, len(p.Steps), want, err)
		}
		if want > 0 && round == 0 && !strings.HasPrefix(p.Steps[0].Trash, "x-") {
			t.Errorf("first is %s, want the oldest", p.Steps[0].Trash)
		}
		gone := map[string]bool{}
		for _, st := range p.Steps {
			gone[st.Trash] = true
		}
		left = slices.DeleteFunc(slices.Clone(left), func(r fleet.Reaped) bool { return gone[r.Trash] })
	}
	if len(left) != 2 {
		t.Errorf("%d left, want the young one and the one on a host nobody sees", len(left))
	}
}

// TestLeavingRecordsWhatIsUnderWay: a console that is ended in the middle of a
// deed stays until the deed's end is recorded.
func TestLeavingRecordsWhatIsUnderWay(t *testing.T) {
	w := watch4(t)
	snap, board := w.look()
	dir, ok := fleet.Dir{}, false
	for _, d := range snap.Dirs {
		if d.Host == "intel" && snap.Ownership(d).State == fleet.OwnerBorn {
			dir, ok = d, true
		}
	}
	if !ok {
		t.Fatal("the story has no dir to chown")
	}
	p, err := w.s.plan(snap, board, wish{action: fleet.ActionChown, targets: []fleet.Subject{fleet.OfDir(dir.ID())}})
	if err != nil || p.Empty() {
		t.Fatalf("%+v %v", p, err)
	}
	if err := w.f.Break("intel", sim.SilentCommand); err != nil {
		t.Fatal(err)
	}
	console := newWatch(w.s)
	ctx, cancel := context.WithCancel(t.Context())
	begun := make(chan struct{})
	go func() {
		_, _ = console.apply(ctx, p, p.Digest(), func(ev ui.Event) {
			if strings.Contains(ev.Says, "steps below") {
				close(begun)
			}
		})
	}()
	<-begun
	cancel()
	console.leave()
	records, _, err := remedy.ReadLog(w.s.audit.Path())
	if err != nil {
		t.Fatal(err)
	}
	intents, results := 0, 0
	for _, r := range records {
		switch r.Kind {
		case fleet.RecordIntent:
			intents++
		case fleet.RecordResult:
			results++
		}
	}
	if intents != 1 || results != 1 {
		t.Errorf("%d intents, %d results", intents, results)
	}
	if _, err := console.apply(t.Context(), p, p.Digest(), nil); !errors.Is(err, errLeaving) {
		t.Errorf("a deed after the end: %v", err)
	}
}

// TestPlanWithoutAuditLog: where the log cannot be opened nothing is acted on,
// and what only the log knows is said, not fallen over.
func TestPlanWithoutAuditLog(t *testing.T) {
	env, _ := writeConfig(t, "repos: [a/b]\nhosts:\n  - name: here\n    transport: local\n    privilege: none\n    roots: [{path: "+filepath.Join(t.TempDir(), "targets")+", owner: \"1000:1000\"}]\n")
	env["GH_TOKEN"] = ""
	if err := os.WriteFile(env["XDG_STATE_HOME"], nil, 0o600); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	t.Setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
	for _, verb := range []string{"undo", "purge"} {
		code, _, errs := called(t, env, "plan", verb, "host:here")
		if code != exitError || !strings.Contains(errs, "no audit, no act") || !strings.Contains(errs, errNoAudit.Error()) {
			t.Errorf("plan %s: exit %d\n%s", verb, code, errs)
		}
	}
}
