package main

import (
	"encoding/json"
	"os"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/config"
	"andon/fleet/rules"
)

// TestEveryRuleHasAnOwner: what the fix column falls back to.
func TestEveryRuleHasAnOwner(t *testing.T) {
	for _, r := range rules.All() {
		switch r.Actor {
		case fleet.ActorOperator, fleet.ActorHost, fleet.ActorWorkflow, fleet.ActorAuthor:
		default:
			t.Errorf("%s belongs to %q", r.ID, r.Actor)
		}
		if r.Doc.Cost == "" || len(r.Doc.Whys) < 5 {
			t.Errorf("%s has %d whys and costs %q", r.ID, len(r.Doc.Whys), r.Doc.Cost)
		}
	}
}

func TestRulesNeedNothing(t *testing.T) {
	none := map[string]string{"XDG_CONFIG_HOME": t.TempDir()}
	code, out, errs := called(t, none, "rules")
	if code != exitOK || errs != "" || strings.Count(out, "\n") != len(rules.All())+2 {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	code, out, errs = called(t, none, "rules", "run-dir")
	if code != exitOK || errs != "" {
		t.Errorf("exit %d %s", code, errs)
	}
	inOrder(t, out, "RULE       run-dir-owner", "WORST      stop", "WHOSE      operator", "WHY        1 ", "5 ", "CURE", "NOT", "COSTS", "NEEDS      current answers from host", "MUTES", "CONFIG     rules: {run-dir-owner: {off: true}}")
	code, out, errs = called(t, none, "rules", "same-failure", "--json")
	var r ruleReport
	if err := json.Unmarshal([]byte(out), &r); err != nil || code != exitOK || r.ID != "same-failure" || len(r.Whys) != 5 || len(r.Needs) == 0 || len(r.MutedBy) == 0 || r.Mutes == nil {
		t.Errorf("exit %d, %v, %+v %s", code, err, r, errs)
	}
	code, out, _ = called(t, none, "rules", "--json")
	var all struct{ Rules []ruleReport }
	if err := json.Unmarshal([]byte(out), &all); err != nil || code != exitOK || len(all.Rules) != len(rules.All()) {
		t.Errorf("exit %d, %v, %d rules", code, err, len(all.Rules))
	}
	for args, want := range map[string]string{"rules nope": "no rule is called so; there are at-limit", "rules s": "that begins same-failure, shared-run-dir, source-stale"} {
		if code, _, errs := called(t, none, strings.Fields(args)...); code != exitError || !strings.Contains(errs, want) {
			t.Errorf("andon %s: exit %d %s", args, code, errs)
		}
	}
}

// TestRulesShowWhatTheConfigOverrides: and a config that cannot be used does not
// keep anybody from reading the rules.
func TestRulesShowWhatTheConfigOverrides(t *testing.T) {
	env, file := writeConfig(t, starterConfig+"rules: {orphan-dirs: {off: true}, disk-pressure: {for: 5m}}\n")
	_, out, errs := called(t, env, "rules")
	inOrder(t, out, "disk-pressure", "stop   5m", "orphan-dirs", "warn   off")
	_, out, _ = called(t, env, "rules", "disk-pressure")
	inOrder(t, out, "FIRES      when it has held for 5m", "by the config; 0s without it")
	_, out, _ = called(t, env, "rules", "orphan-dirs")
	inOrder(t, out, "FIRES      never: the config switches it off")
	if errs != "" {
		t.Error(errs)
	}
	if err := os.WriteFile(file, []byte("hosts: 7\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := called(t, env, "rules")
	if code != exitOK || !strings.Contains(out, "disk-pressure") || !strings.Contains(errs, "not shown") || !strings.Contains(errs, file+":1:") {
		t.Errorf("broken config: exit %d\n%s%s", code, out, errs)
	}
	if code, _, errs = called(t, env, "rules", "--config", file); code != exitUsage || !strings.Contains(errs, file) {
		t.Errorf("broken config that was named: exit %d %s", code, errs)
	}
	if code, _, errs = called(t, env, "demo", "--headless", "--", "rules"); code != exitOK || errs != "" {
		t.Errorf("the demo reads the user's config: exit %d %s", code, errs)
	}
}

func TestShortTime(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0s", 30 * time.Second: "30s", 5 * time.Minute: "5m", 90 * time.Minute: "1h30m", time.Hour: "1h", 10*time.Hour + time.Second: "10h0m1s"} {
		if got := shortTime(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
	r := newRuleReport(fleet.Rule{ID: "r", For: time.Minute}, nil, config.Override{Off: true})
	if r.holds() != "off" || r.Whose != fleet.ActorOperator {
		t.Errorf("a rule switched off holds %s and is whose? %s", r.holds(), r.Whose)
	}
}
