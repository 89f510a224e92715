package main

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/actions"
	"andon/fleet/sim"
	"andon/fleet/sim/world"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/present"
)

// inOrder fails unless a text holds all parts, one after the other.
func inOrder(t *testing.T, text string, parts ...string) {
	t.Helper()
	rest := text
	for _, p := range parts {
		_, after, ok := strings.Cut(rest, p)
		if !ok {
			t.Errorf("no %q, or not in its place:\n%s", p, text)
			return
		}
		rest = after
	}
}

func TestDemoExplainSaysItAll(t *testing.T) {
	code, out, errs := called(t, nil, "demo", "--headless", "--", "explain", "run-dir-owner/intel/b")
	if code != exitOK || errs != "" {
		t.Fatalf("exit %d\n%s", code, errs)
	}
	inOrder(t, out, "STOP", "firing for", "run-dir-owner/intel/born", "SEEN", "12 run dirs", "NEXT", "C chown 12 run dirs, then R rerun", "andon apply fix --alert run-dir-owner/intel/born",
		"WHOSE", "operator", "WHY", "1 The build fails", "5 The workflow", "stat", "CURE", "NOT", "COSTS", "reruns: 6 cold builds of about", "GiB",
		"ABOUT", "dir:intel:/mnt", "RESTS ON", "ok", "host:intel")
	for _, line := range strings.Split(out, "\n") {
		pasted := strings.Contains(line, "/mnt/") || strings.Contains(line, "same-failure/")
		if n := kit.Width(kit.Safe(line)); n > sheetWidth && !pasted {
			t.Errorf("%d columns: %q", n, line)
		}
	}
}

func TestDemoExplainAsJSON(t *testing.T) {
	code, out, errs := called(t, nil, "demo", "--headless", "--", "explain", "--json", "run-dir-owner/intel/born", "--then", "explain", "source-stale", "--json", "--then", "explain", "host-unreachable", "--json")
	if code != exitOK {
		t.Fatalf("exit %d\n%s", code, errs)
	}
	d := json.NewDecoder(strings.NewReader(out))
	var owner, stale, cause explainReport
	if err := d.Decode(&owner); err != nil {
		t.Fatal(err)
	}
	if err := d.Decode(&stale); err != nil {
		t.Fatal(err)
	}
	if err := d.Decode(&cause); err != nil {
		t.Fatal(err)
	}
	if len(cause.Explains) == 0 {
		t.Errorf("a cause explains nothing: %+v", cause)
	}
	if owner.Fingerprint != "run-dir-owner/intel/born" || len(owner.Whys) != 5 || owner.Owner != "operator" || owner.Cost == "" || len(owner.Costs) < 2 ||
		len(owner.Steps) != 2 || owner.Steps[0].Key != "C" || owner.Steps[0].On != "12 run dirs" || len(owner.Sources) < 2 || len(owner.Subjects) < 12 {
		t.Errorf("explained as %+v", owner)
	}
	facts := len(owner.OtherEvidence)
	for _, w := range owner.Whys {
		facts += len(w.Evidence)
		if w.Shown != (len(w.Evidence) > 0) || w.Text == "" {
			t.Errorf("why %+v", w)
		}
	}
	if facts != len(owner.Evidence) || facts == 0 {
		t.Errorf("%d facts are told of %d", facts, len(owner.Evidence))
	}
	if stale.MutedBy != "host-unreachable/mac-mini" || !strings.HasPrefix(stale.Next, "mend its cause first") || len(stale.Sources) != 1 || stale.Sources[0].State == fleet.SourceOK {
		t.Errorf("a muted alert is explained as %+v", stale)
	}
	for _, field := range []string{`"hold_seconds"`, `"age_seconds"`, `"ruled_out"`, `"unknown"`, `"not_cure"`, `"other_evidence"`} {
		if !strings.Contains(out, field) {
			t.Errorf("no field %s", field)
		}
	}
}

func TestExplainTakesNames(t *testing.T) {
	for _, c := range []struct {
		name, args string
		code       int
		want       []string
	}{
		{"several are listed", "explain run-dir-owner", exitError, []string{"run-dir-owner/intel/born\n", "run-dir-owner/intel/recreated\n", "2 alerts are called so"}},
		{"none says what is firing", "explain nope", exitError, []string{"no alert is called so; firing are", "disk-pressure/intel:"}},
		{"all names", "explain", exitOK, []string{"disk-pressure/intel:", "source-stale/host:mac-mini"}},
		{"too many names", "explain a b", exitUsage, []string{"unexpected \"b\""}},
		{"a rule with one alert", "explain host-unreachable", exitOK, []string{"is the machine up?", "WHOSE      host admin", "no current answer", "what cannot be looked at is not over"}},
	} {
		code, out, errs := called(t, nil, append([]string{"demo", "--headless", "--"}, strings.Fields(c.args)...)...)
		if code != c.code {
			t.Errorf("%s: exit %d, want %d\n%s%s", c.name, code, c.code, out, errs)
		}
		inOrder(t, out+errs, c.want...)
	}
	_, out, _ := called(t, nil, "demo", "--headless", "--", "explain", "--json")
	var list struct {
		Alerts []struct{ Fingerprint string }
	}
	if err := json.Unmarshal([]byte(out), &list); err != nil || len(list.Alerts) < 8 {
		t.Errorf("names as JSON: %v\n%s", err, out)
	}
}

// TestExplainsPendingAndResolved: an alert that does not fire yet says when it
// will, one that is over offers nothing.
func TestExplainsPendingAndResolved(t *testing.T) {
	now := time.Date(2026, 5, 18, 3, 30, 0, 0, time.UTC)
	a := fleet.Alert{State: fleet.AlertPending, Since: now.Add(-30 * time.Second)}
	a.Rule, a.Key, a.Suggested = "r", "k", []fleet.ActionID{fleet.ActionReap}
	x := fleet.Explanation{Alert: a, Hold: 2 * time.Minute, Cure: "reap"}
	var b bytes.Buffer
	if err := writeExplanation(&b, x, now); err != nil {
		t.Fatal(err)
	}
	inOrder(t, b.String(), "pending for 30s, fires when it has held for 2m", "NEXT", "D reap", "WHOSE")
	x.Alert.State, x.Alert.ResolvedAt = fleet.AlertResolved, now.Add(-time.Minute)
	b.Reset()
	if err := writeExplanation(&b, x, now); err != nil {
		t.Fatal(err)
	}
	inOrder(t, b.String(), "resolved 1m ago", "nothing: every source")
	if strings.Contains(b.String(), "andon apply") || strings.Contains(b.String(), "WHOSE") {
		t.Errorf("what is over is offered a cure:\n%s", b.String())
	}
}

// TestExplanationIsPrintedClean: every text of it may be foreign.
func TestExplanationIsPrintedClean(t *testing.T) {
	ev := fleet.Evidence{What: evil, Where: evil, Fact: strings.Repeat(evil+" ", 40), At: time.Now()}
	a := fleet.Alert{State: fleet.AlertStale, Title: evil, StaleWhy: evil, CameBack: evil, AckedBy: evil}
	a.Rule, a.Key, a.Summary, a.Advice, a.RuledOut, a.Unknown = "r", evil, evil, evil, []fleet.Evidence{ev}, []fleet.Gap{{What: evil, Why: evil, Makes: evil}}
	a.Subjects = []fleet.Subject{fleet.OfDir(fleet.DirID{Host: evil, Path: evil})}
	x := fleet.Explanation{Alert: a, Whys: []fleet.Because{{Text: evil, Evidence: []fleet.Evidence{ev}}, {Text: evil}}, Evidence: []fleet.Evidence{ev}, Cure: evil, NoCure: evil, Costs: []string{evil},
		Verdicts: []fleet.Sighting{{Verdict: fleet.Verdict{Name: evil, Text: evil, Guard: evil, Line: 3}, Job: evil, Jobs: 2}}, Effects: []fleet.Alert{a},
		Grounds: []fleet.Source{{ID: fleet.SourceID{Kind: "host", Of: evil}, State: fleet.SourceFailing, Err: evil, Remedy: evil}}}
	var b bytes.Buffer
	if err := writeExplanation(&b, x, time.Now()); err != nil {
		t.Fatal(err)
	}
	x.Cause = a
	if err := writeExplanation(&b, x, time.Now()); err != nil {
		t.Fatal(err)
	}
	if speaks(b.String()) || b.Len() < 2000 {
		t.Errorf("%q", b.String())
	}
	inOrder(t, b.String(), "not shown by evidence here", "known by:", "but also:")
}

// TestAlertWord: a name is quoted for a shell, and one that cannot be shown gives
// way to its rule.
func TestAlertWord(t *testing.T) {
	for key, want := range map[string]string{"intel/born": "r/intel/born", "a b`c`$d": "'r/a b`c`$d'", "it's": `'r/it'\''s'`, evil: "r", "": "r/"} {
		if got := alertWord(fleet.Alert{Finding: fleet.Finding{Rule: "r", Key: key}}); got != want {
			t.Errorf("%q is %q, want %q", key, got, want)
		}
	}
}

// TestDemoLitAlertsHaveAnActionOrAnOwner goes over every alert of the demo's
// worlds: none is lit without somebody who can act.
func TestDemoLitAlertsHaveAnActionOrAnOwner(t *testing.T) {
	if testing.Short() {
		t.Skip("-short: whole scenarios are played without it")
	}
	for _, sc := range sim.Scenarios() {
		t.Run(sc.Name, func(t *testing.T) {
			d := &demo{options: sim.Options{Scenario: sc.Name}}
			defer d.close()
			s, err := d.open(context.Background(), invocation{}, common{})
			if err != nil {
				t.Fatal(err)
			}
			snap, board := s.look(context.Background())
			if lit := litHaveOwners(t, s.rules, snap, board); sc.Name == world.Incident && lit < 8 {
				t.Errorf("only %d lit alerts were looked at", lit)
			}
		})
	}
}

func litHaveOwners(t *testing.T, rules []fleet.Rule, snap *fleet.Snapshot, board fleet.Board) (lit int) {
	t.Helper()
	e := ui.Env{Snapshot: snap, Board: board, Now: snap.At, Keys: ui.DefaultKeymap(actions.All())}
	all, _ := present.AlertRows(present.SceneOf(e), e.Keys, true)
	byName := map[string]present.AlertRow{}
	for _, r := range all {
		byName[r.Fingerprint] = r
	}
	for _, a := range board.Alerts {
		if !a.Lit() {
			continue
		}
		lit++
		r := byName[a.Fingerprint()]
		if r.Fix == "" || r.Fix == "-" || kit.Width(r.Fix) > 10 {
			t.Errorf("%s shows %q %q", a.Fingerprint(), r.Key, r.Fix)
		}
		if len(a.Suggested) > 0 && r.Key == "" {
			t.Errorf("%s suggests %v and shows no key", a.Fingerprint(), a.Suggested)
		}
		if next, _ := nextOf(board.Explain(a, ruleOf(rules, a.Rule), snap)); next == "" || a.Owner() == "" {
			t.Errorf("%s: next %q, whose %q", a.Fingerprint(), next, a.Owner())
		}
	}
	return lit
}

func TestCheckNamesNextStepAndOwner(t *testing.T) {
	code, out, _ := called(t, nil, "demo", "--headless", "--", "check")
	if code != checkRed {
		t.Fatalf("exit %d", code)
	}
	inOrder(t, out, "run-dir-owner", "      → chown, then rerun  (operator)\n", "host-unreachable", "      → is the machine up?", "(host admin)\n")
	_, out, _ = called(t, nil, "demo", "--headless", "--", "check", "--json")
	var r report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	for _, a := range r.Alerts {
		if a.Owner == "" || a.Cost == "" || a.RuledOut == nil || a.Unknown == nil {
			t.Errorf("%s: owner %q, cost %q, ruled out %v, unknown %v", a.Fingerprint, a.Owner, a.Cost, a.RuledOut, a.Unknown)
		}
	}
}
