package notify

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// evil speaks to terminals, to Slack and to the eye.
const evil = "x\x1b]52;c;ZXZpbA==\x07\u009b2J\u202e<!channel> <@U1> @here <https://evil.example|click> & *b* `c`\n\r"

func pr(n int) fleet.Subject { return fleet.OfPR(fleet.PRKey{Repo: fleettest.Repo, Number: n}) }

func storied() Notice {
	a := firing("owner", "intel/born", fleet.SeverityStop, "intel")
	a.Summary, a.Times, a.FlapSince, a.FiredAt, a.Suggested = "12 run dirs on intel", 3, t0.Add(-7*time.Minute), t0, []fleet.ActionID{"chown", "rerun"}
	a.Subjects = append(a.Subjects, pr(1792), pr(1793))
	a.Evidence = []fleet.Evidence{{What: "stat", Where: "intel:/mnt", Fact: "owner 0:0"}}
	b := firing("owner", "intel/inside", fleet.SeverityWarn, "intel")
	b.State, b.ResolvedAt = fleet.AlertResolved, t0.Add(time.Hour)
	return Notice{Group: `{}:{alertname="owner", hosts="intel"}`, Rule: "owner", Hosts: []fleet.HostName{"intel"}, Reason: ReasonRaised, At: t0.Add(time.Hour),
		Items: []Item{{Alert: a, Standing: true, New: true}, {Alert: b}}}
}

// TestAlertmanagerShape checks every field of the webhook's version 4, by name.
func TestAlertmanagerShape(t *testing.T) {
	n := storied()
	n.Cut = 4
	b, err := letters.Alertmanager(n)
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"version": "4", "groupKey": `{}:{alertname="owner", hosts="intel"}`, "truncatedAlerts": 4.0, "status": "firing", "receiver": "andon", "externalURL": "https://github.com",
		"groupLabels": "map[alertname:owner hosts:intel]", "commonLabels": "map[alertname:owner hosts:intel]",
		"commonAnnotations": "map[cost:seconds title:title of owner why:It fails. It is root's.]"}
	for k, v := range want {
		if fmt.Sprint(m[k]) != fmt.Sprint(v) {
			t.Errorf("%s is %v, want %v", k, m[k], v)
		}
	}
	alerts := m["alerts"].([]any)
	if len(m) != len(want)+1 || len(alerts) != 2 {
		t.Fatalf("fields %d, alerts %d", len(m), len(alerts))
	}
	first, second := alerts[0].(map[string]any), alerts[1].(map[string]any)
	for k, v := range map[string]string{"status": "firing", "startsAt": "2026-05-18T03:30:00Z", "endsAt": "0001-01-01T00:00:00Z",
		"generatorURL": "https://github.com/paiml/aprender/pull/1792", "labels": "map[alertname:owner hosts:intel key:intel/born repos:paiml/aprender severity:stop]"} {
		if fmt.Sprint(first[k]) != v {
			t.Errorf("%s is %v, want %s", k, first[k], v)
		}
	}
	notes := first["annotations"].(map[string]any)
	for k, v := range map[string]string{"summary": "12 run dirs on intel", "state": "3rd time in 7 min", "pull_requests": "paiml/aprender#1792 paiml/aprender#1793",
		"evidence": "stat intel:/mnt: owner 0:0", "cure": "andon apply chown, then rerun. Chown it."} {
		if fmt.Sprint(notes[k]) != v {
			t.Errorf("annotation %s is %v, want %s", k, notes[k], v)
		}
	}
	if second["status"] != "resolved" || second["endsAt"] != "2026-05-18T04:30:00Z" {
		t.Errorf("%v", second)
	}
	if fp := first["fingerprint"].(string); len(fp) != 16 || strings.Trim(fp, "0123456789abcdef") != "" || fp == second["fingerprint"] || len(first) != 7 {
		t.Errorf("fingerprint %q of %d fields", fp, len(first))
	}
	n.Items = n.Items[1:]
	b, err = letters.Alertmanager(n)
	if err != nil || !strings.Contains(string(b), `"status":"resolved","receiver"`) {
		t.Errorf("%v %s", err, b)
	}
}

func hostile() Notice {
	a := firing(fleet.RuleID("owner"), evil, fleet.SeverityStop, "intel")
	a.Summary, a.Advice, a.AckedBy, a.StaleWhy, a.State, a.Cost = evil, evil, evil, evil, fleet.AlertStale, evil
	a.Subjects = append(a.Subjects, fleet.OfPR(fleet.PRKey{Repo: fleet.Repo("<!here>/" + evil), Number: 1}), pr(1792))
	a.Evidence = []fleet.Evidence{{What: evil, Where: evil, Fact: evil}}
	return Notice{Group: "g" + evil, Rule: "owner", Hosts: []fleet.HostName{"intel"}, Reason: ReasonRaised, At: t0, Items: []Item{{Alert: a, Standing: true, New: true}}}
}

// walk calls f with every text of a JSON value, keys and all.
func walk(v any, f func(string)) {
	switch v := v.(type) {
	case string:
		f(v)
	case []any:
		for _, x := range v {
			walk(x, f)
		}
	case map[string]any:
		for k, x := range v {
			f(k)
			walk(x, f)
		}
	}
}

// TestMessagesCarryNoForeignPower: nothing of a hostile title reaches a terminal,
// mentions anybody or links anywhere.
func TestMessagesCarryNoForeignPower(t *testing.T) {
	for name, write := range map[string]func(Notice) ([]byte, error){"alertmanager": letters.Alertmanager, "slack": letters.Slack} {
		b, err := write(hostile())
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range b {
			if c < ' ' || c > '~' {
				t.Fatalf("%s: byte %#x", name, c)
			}
		}
		var v any
		if err := json.Unmarshal(b, &v); err != nil {
			t.Fatal(err)
		}
		texts := 0
		walk(v, func(s string) {
			texts++
			if strings.ContainsAny(s, "\x1b\x07\x7f\r\u009b\u202e") || !utf8.ValidString(s) {
				t.Errorf("%s: %q", name, s)
			}
			if name != "slack" {
				return
			}
			rest := strings.ReplaceAll(s, "<https://github.com/paiml/aprender/pull/1792|#1792>", "")
			if strings.ContainsAny(rest, "<>@") {
				t.Errorf("Slack would obey %q", s)
			}
		})
		if texts < 8 {
			t.Errorf("%s: only %d texts looked at", name, texts)
		}
	}
}

func TestSlack(t *testing.T) {
	b, err := letters.Slack(storied())
	if err != nil {
		t.Fatal(err)
	}
	var m slackMessage
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	if want := "STOP title of owner on intel: 12 run dirs on intel (and 1 more)"; m.Text != want || m.Blocks[0].Type != "header" || m.Blocks[0].Text.Text != want || m.UnfurlLinks {
		t.Errorf("%q %+v", m.Text, m.Blocks[0])
	}
	if len(m.Blocks) != 4 {
		t.Fatalf("%d blocks", len(m.Blocks))
	}
	want := "*■ STOP* 12 run dirs on intel\n3rd time in 7 min\ncure: andon apply chown, then rerun. Chown it.\n<https://github.com/paiml/aprender/pull/1792|#1792> <https://github.com/paiml/aprender/pull/1793|#1793>"
	if s := m.Blocks[1]; s.Type != "section" || s.Text.Type != "mrkdwn" || !*s.Text.Verbatim || s.Text.Text != want {
		t.Errorf("%q", s.Text.Text)
	}
	if s := m.Blocks[2]; s.Text.Text != "*✓ over* about intel/inside" {
		t.Errorf("%q", s.Text.Text)
	}
	if s := m.Blocks[3]; s.Type != "context" || s.Elements[0].Text != "owner ∙ since 2026-05-18 03:30:00 UTC ∙ andon 1.2" {
		t.Errorf("%+v", s)
	}
}

// TestSlackKeepsItsLimits: a message beyond them is refused by Slack as a whole.
func TestSlackKeepsItsLimits(t *testing.T) {
	n := hostile()
	a := n.Items[0].Alert
	a.Summary, a.Advice, a.StaleWhy = strings.Repeat("&", 5000), strings.Repeat("<", 5000), strings.Repeat(">", 5000)
	for i := range 400 {
		a.Subjects = append(a.Subjects, pr(i+1))
	}
	n.Items = nil
	for range 90 {
		n.Items = append(n.Items, Item{Alert: a, Standing: true})
	}
	b, err := letters.Slack(n)
	if err != nil {
		t.Fatal(err)
	}
	var m slackMessage
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	if len(m.Blocks) > 50 || len(m.Text) > 40000 {
		t.Errorf("%d blocks, %d characters", len(m.Blocks), len(m.Text))
	}
	for _, s := range m.Blocks {
		if s.Text != nil && (len([]rune(s.Text.Text)) > 3000 || s.Type == "header" && len([]rune(s.Text.Text)) > 150) {
			t.Errorf("%s of %d characters", s.Type, len([]rune(s.Text.Text)))
		}
	}
}

func TestHeadline(t *testing.T) {
	n := storied()
	for reason, want := range map[Reason]string{ReasonRaised: "STOP title", ReasonChanged: "STOP title", ReasonRepeat: "STILL STOP title", ReasonResolved: "RESOLVED title of owner on intel: about intel/inside"} {
		n.Reason = reason
		if got := letters.Headline(n); !strings.HasPrefix(got, want) {
			t.Errorf("%s: %q", reason, got)
		}
	}
	n.Hosts = make([]fleet.HostName, 9)
	if got := letters.Headline(n); !strings.Contains(got, " on 9 hosts: ") {
		t.Errorf("%q", got)
	}
}

func TestOrdinal(t *testing.T) {
	for n, want := range map[int]string{1: "1st", 2: "2nd", 3: "3rd", 4: "4th", 11: "11th", 12: "12th", 13: "13th", 21: "21st", 112: "112th", 122: "122nd"} {
		if got := ordinal(n); got != want {
			t.Errorf("%d: %s", n, got)
		}
	}
}
