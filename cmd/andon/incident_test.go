package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	incident "andon/fleet/report"
)

// TestReportOfTheDemo: the incident of the story, looked at, mended and told.
func TestReportOfTheDemo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "report.md")
	code, out, errs := called(t, nil, "demo", "--headless", "--", "check", "--then", "apply", "fix", "--alert", "run-dir-owner", "--yes", "--then", "report", "-o", file)
	if code != exitOK || strings.Contains(out, "# Incident report") {
		t.Fatalf("exit %d\n%s%s", code, out, errs)
	}
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := string(b)
	for _, want := range []string{"# Incident report: STOP, same failure in many branches on `intel`", "- Still open: ", "## Timeline", "| raised | `12 run dirs on intel", "| resolved | `run dirs with the wrong owner` |",
		"| `you` | `fix` | `dir:intel:/mnt/nvme-raid0/targets/aprender-ci/1792/run-", "verified by a fresh look", "## Why: run dirs with the wrong owner", "5. The workflow (or a job-started hook)", "## Still open", "andon apply fix --alert disk-pressure", "## Not looked at", "`host:mac-mini`"} {
		if !strings.Contains(text, want) {
			t.Errorf("lacks %q", want)
		}
	}
	if speaks(text) || strings.Contains(text, "\r") {
		t.Error("it speaks to a terminal")
	}
	for line := range strings.SplitSeq(text, "\n") {
		if strings.Count(line, "`")%2 != 0 {
			t.Errorf("a code span that does not end: %q", line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
	if st, err := os.Stat(file); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st.Mode(), err)
	}
}

func TestReportAsJSON(t *testing.T) {
	code, out, errs := called(t, nil, "demo", "--headless", "--", "report", "--since", "30m", "--json")
	if code != exitOK {
		t.Fatalf("exit %d\n%s", code, errs)
	}
	var r incident.Report
	if err := json.Unmarshal([]byte(out), &r); err != nil {
		t.Fatal(err)
	}
	if got := r.To.Sub(r.From); got != 30*time.Minute || len(r.Stories) < 8 || r.Stories[0].Severity != fleet.SeverityStop || len(r.Blind) != 1 || r.Sources < 8 || r.First.IsZero() {
		t.Errorf("%s, %d alerts, %d of %d sources blind", got, len(r.Stories), len(r.Blind), r.Sources)
	}
	for _, field := range []string{`"alerts"`, `"timeline"`, `"actions"`, `"detect_seconds"`, `"unblock_seconds": null`, `"not_yet_known"`, `"sources_not_seen"`} {
		if !strings.Contains(out, field) {
			t.Errorf("lacks %s", field)
		}
	}
}

func TestReportUsage(t *testing.T) {
	for args, want := range map[string]string{"--since 0s": "must be positive", "--since -2h": "must be positive", "yesterday": "unexpected", "--since soon": "andon help report"} {
		code, _, errs := called(t, nil, append([]string{"demo", "--headless", "--", "report"}, strings.Fields(args)...)...)
		if code != exitUsage || !strings.Contains(errs, want) {
			t.Errorf("report %s: exit %d\n%s", args, code, errs)
		}
	}
	if code, _, errs := called(t, nil, "demo", "--headless", "--", "report", "-o", filepath.Join(t.TempDir(), "no", "such")); code != exitError || !strings.Contains(errs, "write report") {
		t.Errorf("exit %d\n%s", code, errs)
	}
}

// TestReportWithoutToken says that there was nothing, and how little was looked
// at: this machine is the host, and nobody gave a token.
func TestReportWithoutToken(t *testing.T) {
	targets := filepath.Join(t.TempDir(), "targets")
	if err := os.MkdirAll(targets, 0o755); err != nil {
		t.Fatal(err)
	}
	env, _ := writeConfig(t, "repos: [a/b]\nhosts:\n  - name: here\n    transport: local\n    privilege: none\n    roots: [{path: "+targets+", owner: \"1000:1000\"}]\nrules: {source-stale: {off: true}, disk-pressure: {off: true}}\n")
	t.Setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
	code, out, errs := called(t, env, "report")
	if code != exitNeedsAuth || !strings.Contains(errs, "GH_TOKEN") || !strings.Contains(out, ": no alert. 4 of 5 sources could not be looked at") || !strings.Contains(out, "None by this audit log.") {
		t.Errorf("exit %d\n%s\n%s", code, errs, out)
	}
}

// TestStateThatCannotBeWritten: an unusable state folder is said once and
// stops nothing.
func TestStateThatCannotBeWritten(t *testing.T) {
	k := newKept(t)
	k.state = filepath.Join(k.state, "file")
	if err := os.WriteFile(k.state, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := calledIn(t, k.open, "report")
	if code != exitOK || strings.Count(errs, "append to journal of alerts") != 1 || !strings.Contains(out, "The audit log cannot be relied on") || !strings.Contains(out, "run dirs with the wrong owner") {
		t.Errorf("exit %d\n%s\n%s", code, errs, out)
	}
}

// TestAcknowledgementsSurviveARestart: whoever said "I see it" need not say it again.
func TestAcknowledgementsSurviveARestart(t *testing.T) {
	k := newKept(t)
	const fp = "run-dir-owner/intel/born"
	for round, by := range []string{"mei", "mei", ""} {
		s, err := k.open(t.Context(), invocation{}, common{})
		if err != nil {
			t.Fatal(err)
		}
		_, b := s.look(t.Context())
		a, ok := b.Alert(fp)
		if want := []string{"", "mei", "mei"}[round]; !ok || a.AckedBy != want {
			t.Errorf("round %d: acknowledged by %q, want %q", round, a.AckedBy, want)
		}
		s.ack(fp, by)
		s.close()
	}
	s, err := k.open(t.Context(), invocation{}, common{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.close()
	if _, b := s.look(t.Context()); func() bool { a, _ := b.Alert(fp); return a.AckedBy != "" }() {
		t.Error("taken back, and there again")
	}
}
