package report

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
	"andon/ui/kit"
)

var update = flag.Bool("update", false, "write the golden file")

func clean(s string) string { return string(kit.Clean(s)) }

// plot is an incident that is played minute by minute.
type plot struct {
	w       *fleettest.World
	rules   []fleet.Rule
	found   []fleet.Finding
	other   []fleet.Finding
	board   fleet.Board
	changes []fleet.Transition
	snap    *fleet.Snapshot
}

func newPlot() *plot {
	p := &plot{w: fleettest.New()}
	p.w.Host("intel")
	p.w.Host("yoga")
	whys := []string{"The build fails: it cannot create target/debug.", "Its run dir belongs to root (see paiml/aprender#1798).", "dockerd made it.", "It is new for every run.", "The workflow must make it first."}
	p.rules = []fleet.Rule{
		{ID: "owner", Title: "run dirs with the wrong owner", Severity: fleet.SeverityStop, Actor: fleet.ActorOperator,
			Doc:      fleet.RuleDoc{Whys: whys, Cure: "Chown the dir, then rerun.", NoCure: "Rerun alone.", Cost: "seconds"},
			Evaluate: func(*fleet.Snapshot) []fleet.Finding { return p.found }},
		{ID: "disk", Title: "disk pressure", Severity: fleet.SeverityWarn, Actor: fleet.ActorHost,
			Doc:      fleet.RuleDoc{Whys: whys, Cure: "Reap the orphans.", NoCure: "Rerun.", Cost: "none."},
			Evaluate: func(*fleet.Snapshot) []fleet.Finding { return p.other }}}
	return p
}

// at folds the board at so many minutes before the end of the story.
func (p *plot) at(minutes int, hosts ...fleet.SourceState) {
	r := p.w.Reads()
	r.At = fleettest.Now.Add(-time.Duration(minutes) * time.Minute)
	for i := range r.Sources {
		r.Sources[i].ReadAt = r.At
		if len(hosts) > 0 && r.Sources[i].ID == fleet.HostSource("yoga") {
			r.Sources[i].State, r.Sources[i].Err, r.Sources[i].Remedy = hosts[0], "dial yoga: no route to host", "look at the cable"
		}
	}
	p.snap = fleet.Join(r)
	before := p.board
	p.board = before.Fold(p.snap, p.rules)
	p.changes = append(p.changes, fleet.Transitions(before, p.board)...)
}

func (p *plot) input(back time.Duration) Input {
	return Input{From: fleettest.Now.Add(-back), To: fleettest.Now, Changes: p.changes, Board: p.board, Snapshot: p.snap, Rules: p.rules, Version: "1.2"}
}

func ago(minutes int) time.Time { return fleettest.Now.Add(-time.Duration(minutes) * time.Minute) }

// the whole story: two pull requests fail at root-owned dirs, a third joins, the
// dirs are given back and the jobs run again, green; a disk fills meanwhile.
func incident() *plot {
	p := newPlot()
	one, two := p.w.PR(1792), p.w.PR(1793)
	one.Title = "docs: `x` | <b> @mei #1"
	var runs []*fleet.WorkflowRun
	for i, pr := range []*fleet.PullRequest{one, two} {
		run := p.w.Run(fleet.RunID(100+i), pr, fleet.ConclusionFailure)
		run.UpdatedAt = ago(55)
		j := p.w.Job(run, "workspace-test", "intel-1")
		j.StartedAt, j.CompletedAt = ago(57), ago(56-i)
		j.Verdict = fleet.Known(fleet.Verdict{Class: fleet.ClassInfra, Signature: "mkdir-target-denied", Row: 2, Text: "failed to create directory `/workspace/target/debug`", Advice: "look at the owner of the run dir"}, ago(50))
		runs = append(runs, run)
	}
	gate := p.w.Job(runs[0], "gate", "intel-2")
	gate.CompletedAt = ago(58) // cascades are not the first sign
	finding := fleet.Finding{Severity: fleet.SeverityStop, Key: "intel/born", Summary: "2 run dirs on intel: owned by 0:0 since birth, 2 PRs",
		Subjects: []fleet.Subject{fleet.OfDir(fleet.DirID{Host: "intel", Path: "/mnt/t/aprender-ci/1792/run-100"}), fleet.OfPR(one.Key()), fleet.OfPR(two.Key()),
			fleet.OfRun(runs[0].Key()), fleet.OfRun(runs[1].Key()), fleet.OfHost("intel")},
		Evidence: []fleet.Evidence{{What: "log", Where: "workspace-test", Fact: "failed to create directory", At: ago(50), Why: 1},
			{What: "stat", Where: "intel:/mnt/t/aprender-ci/1792/run-100", Fact: "owner 0:0, wanted 1000:1000", At: ago(50), Why: 2},
			{What: "disk", Where: "intel", Fact: "half full"}},
		RuledOut:  []fleet.Evidence{{What: "writers", Where: "intel", Fact: "none alive", At: ago(50)}},
		Unknown:   []fleet.Gap{{What: "who made 1793's dir", Why: "birth time unknown on this filesystem", Makes: "a kernel with statx birth times"}},
		Suggested: []fleet.ActionID{fleet.ActionChown, fleet.ActionRerun}, Cost: "2 reruns, about 360 GB", Rests: []fleet.SourceID{fleet.HostSource("intel")}}
	p.at(60)
	p.found = []fleet.Finding{finding}
	p.at(50)
	p.board = p.board.Ack("owner/intel/born", "mei")
	p.changes = append(p.changes, fleet.Transition{At: ago(49), Kind: fleet.ChangeAcked, Alert: p.board.Alerts[0]})
	p.other = []fleet.Finding{{Severity: fleet.SeverityWarn, Key: "yoga:/mnt", Summary: "/mnt on yoga: 91 % used", Subjects: []fleet.Subject{fleet.OfDisk("yoga", "/mnt")},
		Evidence: []fleet.Evidence{{What: "df", Where: "yoga", Fact: "91 %", At: ago(40), Why: 1}}, Advice: "no orphan is known on it", Rests: []fleet.SourceID{fleet.HostSource("yoga")}}}
	p.at(40)
	p.found = nil
	p.at(20)
	for i, r := range runs {
		r.Attempt, r.Conclusion, r.UpdatedAt = 2, fleet.ConclusionSuccess, ago(8-i)
	}
	p.other = nil
	p.at(0, fleet.SourceFailing)
	return p
}

func auditOf() []fleet.Record {
	dir := fleet.Step{N: 1, Verb: fleet.VerbChown, Host: "intel", Root: fleet.Root{Path: "/mnt/t"}, Components: []string{"aprender-ci", "1792", "run-100"}}
	again := fleet.Step{N: 2, Verb: fleet.VerbRerun, Run: fleet.RunKey{Repo: fleettest.Repo, ID: 100}}
	rec := func(at time.Time, kind fleet.RecordKind) fleet.Record {
		return fleet.Record{At: at, Kind: kind, Operator: "mei", Action: fleet.ActionFix, Request: "r1", Digest: "d1"}
	}
	a, b, c, d, e := rec(ago(30), fleet.RecordIntent), rec(ago(30), fleet.RecordResult), rec(ago(29), fleet.RecordVerified), rec(ago(29), fleet.RecordIntent), rec(ago(29), fleet.RecordResult)
	a.Step, d.Step = &dir, &again
	d.Request, e.Request = "r1b", "r1b" // one plan, asked of a host and of GitHub
	b.Result, e.Result = &fleet.StepResult{N: 1, Outcome: fleet.OutcomeDone}, &fleet.StepResult{N: 2, Outcome: fleet.OutcomeRefused, Reason: fleet.ReasonRunMoved, Detail: "attempt 2 is there"}
	c.Verified = &fleet.Verification{N: 1, OK: true}
	lost := rec(ago(25), fleet.RecordIntent)
	lost.Request, lost.Digest, lost.Action, lost.Step = "r2", "d2", fleet.ActionReap, &fleet.Step{N: 1, Verb: fleet.VerbReap, Host: "intel", Root: fleet.Root{Path: "/mnt/t"}, Components: []string{"x"}}
	old := rec(ago(500), fleet.RecordIntent)
	old.Request, old.Step = "r0", &dir
	return []fleet.Record{old, a, b, c, d, e, lost}
}

// TestIncidentReport writes the whole story and compares it with the golden file.
func TestIncidentReport(t *testing.T) {
	in := incident().input(2 * time.Hour)
	in.Records = auditOf()
	in.Told = []fleet.Told{{At: ago(49), Receiver: "slack hooks.slack.com", Alerts: []fleet.ToldAlert{{Fingerprint: "owner/intel/born", Standing: true}}}}
	got := Build(in).Markdown(clean)
	golden := filepath.Join("testdata", "incident.md")
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("not as in %s; run: go test ./fleet/report -update\n%s", golden, got)
	}
}

// TestReportFigures checks what the golden file would let pass unread.
func TestReportFigures(t *testing.T) {
	in := incident().input(2 * time.Hour)
	in.Records = auditOf()
	r := Build(in)
	if len(r.Stories) != 2 || r.Stories[0].Fingerprint != "owner/intel/born" {
		t.Fatalf("%+v", r.Stories)
	}
	s := r.Stories[0]
	if !s.FirstSign.Equal(ago(56)) || *s.Detect != 6*60 || s.Open || *s.Unblock != 30*60 || !r.First.Equal(ago(50)) || s.Before {
		t.Errorf("first sign %s, detect %v, unblock %v, open %v", s.FirstSign, *s.Detect, s.Unblock, s.Open)
	}
	if len(s.Whys[0].Evidence) != 1 || len(s.Whys[1].Evidence) != 1 || len(s.Whys[2].Evidence) != 0 || len(s.Evidence) != 1 || len(s.Unknown) != 1 || len(s.RuledOut) != 1 {
		t.Errorf("%+v", s.Whys)
	}
	if d := r.Stories[1]; !d.Open || d.State != fleet.AlertStale || d.Unblock != nil || d.StaleWhy == "" {
		t.Errorf("%+v", d)
	}
	if len(r.Signatures) != 1 || r.Signatures[0].Jobs != 2 || r.Signatures[0].Branches != 2 || r.Logs.Classified != 2 || r.Logs.Failed != 2 {
		t.Errorf("%+v %+v", r.Signatures, r.Logs)
	}
	if len(r.Deeds) != 2 || r.Deeds[0].Done != 1 || r.Deeds[0].Refused != 1 || r.Deeds[0].Verified != 1 || r.Deeds[1].InDoubt != 1 || r.Deeds[0].Steps != 2 {
		t.Errorf("%+v", r.Deeds)
	}
	if len(r.Blind) != 1 || r.Blind[0].Source != "host:yoga" || r.Sources != 8 {
		t.Errorf("%d sources, %+v", r.Sources, r.Blind)
	}
}

// TestGreenAgainUnblocks: an alert may stand longer than anybody is blocked by it.
func TestGreenAgainUnblocks(t *testing.T) {
	p := newPlot()
	run := p.w.Run(7, p.w.PR(5), fleet.ConclusionFailure)
	p.w.Job(run, "test", "intel-1").CompletedAt = ago(40)
	p.found = []fleet.Finding{{Key: "k", Severity: fleet.SeverityStop, Subjects: []fleet.Subject{fleet.OfRun(run.Key())}}}
	p.at(30)
	if s := Build(p.input(time.Hour)).Stories[0]; s.Unblock != nil || *s.Detect != 600 {
		t.Errorf("while it is red: %+v", s)
	}
	fleettest.Live(run)
	p.at(20)
	if s := Build(p.input(time.Hour)).Stories[0]; s.Unblock != nil {
		t.Errorf("while it runs again: %+v", s)
	}
	run.Status, run.Conclusion, run.UpdatedAt = fleet.StatusCompleted, fleet.ConclusionSuccess, ago(12)
	p.at(10)
	if s := Build(p.input(time.Hour)).Stories[0]; !s.Open || s.Unblock == nil || *s.Unblock != 18*60 || s.UnblockedBy != "its runs are green again" {
		t.Errorf("green again: %+v", s)
	}
}

// TestFaultyAuditLogIsSaid: what was done is not told as if it were certain.
func TestFaultyAuditLogIsSaid(t *testing.T) {
	in := incident().input(time.Hour)
	in.Audit = "record 3: changed after it was written"
	if got := Build(in).Markdown(clean); !strings.Contains(got, "cannot be relied on: `record 3: changed") {
		t.Errorf("%s", got)
	}
}

// TestSeveralConsolesToldTheSame: the same change in the journal twice is one.
func TestSeveralConsolesToldTheSame(t *testing.T) {
	in := incident().input(2 * time.Hour)
	once := Build(in)
	var doubled []fleet.Transition
	for _, c := range in.Changes {
		again := c
		again.At = c.At.Add(3 * time.Second)
		doubled = append(doubled, c, again)
	}
	in.Changes = doubled
	twice := Build(in)
	if len(once.Timeline) != len(twice.Timeline) || twice.Stories[0].Times != 1 || *once.Stories[0].Unblock != *twice.Stories[0].Unblock {
		t.Errorf("%d and %d lines, raised %d times", len(once.Timeline), len(twice.Timeline), twice.Stories[0].Times)
	}
}

// TestReportOfAWindow: what ended before it is not told, what stood at its start
// is, and what nobody looks at any more is open as last seen.
func TestReportOfAWindow(t *testing.T) {
	p := incident()
	if r := Build(p.input(10 * time.Minute)); len(r.Stories) != 1 || r.Stories[0].Rule != "disk" || !r.Stories[0].Before || len(r.Deeds) != 0 {
		t.Errorf("%+v", r.Stories)
	}
	if r := Build(p.input(45 * time.Minute)); len(r.Stories) != 2 || !r.Stories[0].Before || r.Stories[1].Before {
		t.Errorf("%+v", r.Stories)
	}
	in := p.input(10 * time.Minute)
	in.Board = fleet.Board{}
	if r := Build(in); len(r.Stories) != 1 || !r.Stories[0].Open || r.Stories[0].State != fleet.AlertStale || !strings.Contains(r.Stories[0].StaleWhy, "not look") {
		t.Errorf("%+v", r.Stories)
	}
	again := p.input(10 * time.Minute)
	c := p.changes[0] // the first incident's raise, again now
	c.At = ago(5)
	again.Changes = append(p.changes, c)
	if r := Build(again); r.Stories[0].Rule != "owner" || !r.Stories[0].RaisedAt.Equal(ago(5)) || r.Stories[0].Times != 1 || r.Stories[0].Before {
		t.Errorf("%+v", r.Stories[0])
	}
}

// TestReportWithoutJournal: where nothing could be stored the present board is
// told, and what just ended.
func TestReportWithoutJournal(t *testing.T) {
	p := incident()
	p.at(0, fleet.SourceFailing)
	in := p.input(2 * time.Hour)
	in.Changes = nil
	if r := Build(in); len(r.Stories) != 1 || r.Stories[0].Rule != "disk" || !r.Stories[0].RaisedAt.Equal(ago(40)) {
		t.Errorf("%+v", r.Stories)
	}
	p = newPlot()
	p.found = []fleet.Finding{{Key: "k", Severity: fleet.SeverityStop, Summary: "s"}}
	p.at(9)
	p.found = nil
	p.at(5)
	in = p.input(time.Hour)
	in.Changes = nil
	if r := Build(in); len(r.Stories) != 1 || r.Stories[0].Open || *r.Stories[0].Unblock != 240 {
		t.Errorf("%+v", r.Stories)
	}
}

// TestNothingToTell says so, and how well it looked.
func TestNothingToTell(t *testing.T) {
	p := newPlot()
	p.at(0, fleet.SourceFailing)
	got := Build(p.input(2 * time.Hour)).Markdown(clean)
	for _, want := range []string{"# Incident report: no alert\n", "Looked from 2026-05-18 01:30:00 to 2026-05-18 03:30:00 UTC (2h): no alert. 1 of 8 sources could not be looked at", "## Not looked at", "`dial yoga: no route to host`", "None by this audit log."} {
		if !strings.Contains(got, want) {
			t.Errorf("lacks %q:\n%s", want, got)
		}
	}
	if strings.Contains(got, "## Summary") || strings.Contains(got, "## Timeline") {
		t.Errorf("tells something:\n%s", got)
	}
}

// evil tries to leave a code span, a table cell and a line, to mention, refer,
// link and format, and to speak to a terminal.
const evil = "` [x](https://evil.example) ``` | @mei #1 paiml/aprender#2 <img src=x onerror=y> <!-- **b** \n# head\n| a |\r\x1b]52;c;x\x07\u202e\u009b"

// TestHostileTextStaysPlain: every foreign text stands in a code span of its own
// line, and nothing else of the page holds any of it.
func TestHostileTextStaysPlain(t *testing.T) {
	p := newPlot()
	pr := p.w.PR(5)
	pr.Title, pr.Author = evil, evil
	run := p.w.Run(9, pr, fleet.ConclusionFailure)
	run.Branch = evil
	j := p.w.Job(run, evil, "intel-1")
	j.CompletedAt = ago(20)
	j.Verdict = fleet.Known(fleet.Verdict{Class: fleet.ClassInfra, Signature: evil, Text: evil, Advice: evil}, ago(1))
	e := []fleet.Evidence{{What: evil, Where: evil, Fact: evil, Why: 1}, {What: evil, Where: evil, Fact: evil}}
	p.found = []fleet.Finding{{Key: evil, Severity: fleet.SeverityStop, Summary: evil, Advice: evil, Cost: evil, Evidence: e, RuledOut: e, Unknown: []fleet.Gap{{What: evil, Why: evil, Makes: evil}},
		Subjects: []fleet.Subject{fleet.OfHost(evil), fleet.OfPR(pr.Key()), fleet.OfPR(fleet.PRKey{Repo: evil, Number: 1}), fleet.OfRun(run.Key())}, Rests: []fleet.SourceID{fleet.HostSource("yoga")}}}
	p.at(30)
	p.found = nil
	p.at(10, fleet.SourceFailing)
	for i := range p.snap.Sources {
		p.snap.Sources[i].Err, p.snap.Sources[i].Remedy = evil, evil
	}
	p.board = p.board.Ack(p.board.Alerts[0].Fingerprint(), evil)
	in := p.input(time.Hour)
	step := fleet.Step{N: 1, Verb: fleet.VerbChown, Host: evil, Root: fleet.Root{Path: evil}, Components: []string{evil}}
	in.Records = []fleet.Record{{At: ago(5), Kind: fleet.RecordIntent, Operator: evil, Action: evil, Request: evil, Step: &step},
		{At: ago(5), Kind: fleet.RecordResult, Operator: evil, Action: evil, Request: evil, Result: &fleet.StepResult{N: 1, Outcome: fleet.OutcomeFailed, Detail: evil}}}
	in.Told = []fleet.Told{{At: ago(4), Receiver: evil}}
	text := Build(in).Markdown(clean)
	spans := 0
	for line := range strings.SplitSeq(text, "\n") {
		parts := strings.Split(line, "`")
		if len(parts)%2 == 0 {
			t.Errorf("a code span does not end on its line: %q", line)
		}
		for i, part := range parts {
			if i%2 == 1 {
				spans++
				if strings.Contains(part, "|") {
					t.Errorf("a table's cell ends within a code span: %q", line)
				}
				continue
			}
			if strings.ContainsAny(part, "@<[") || strings.Contains(part, "#1") || strings.Contains(part, "evil") || strings.Contains(part, "://") {
				t.Errorf("outside of code: %q in %q", part, line)
			}
		}
		if strings.HasPrefix(line, "|") && strings.Count(line, "|") != 6 && strings.Count(line, "|") != 5 && strings.Count(line, "|") != 7 {
			t.Errorf("a row of %d cells: %q", strings.Count(line, "|")-1, line)
		}
	}
	if strings.ContainsAny(text, "\x1b\x07\r\u202e\u009b\x7f") {
		t.Error("it speaks to a terminal")
	}
	if spans < 30 {
		t.Errorf("only %d code spans: the hostile text did not arrive", spans)
	}
}

// TestProseKeepsItsWords: the rules' own words become code only where Markdown or
// GitHub would read them as theirs.
func TestProseKeepsItsWords(t *testing.T) {
	p := &page{clean: clean}
	for in, want := range map[string]string{
		"cannot create target/debug.":            "cannot create target/debug.",
		"see paiml/aprender#1798, then":          "see `paiml/aprender#1798`, then",
		"clear _work (all of it); ask @mei":      "clear `_work` (all of it); ask `@mei`",
		"a `quoted` word | and https://x.y/z ok": "a `'quoted'` word `¦` and `https://x.y/z` ok",
	} {
		if got := p.prose(in); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{0: "0s", 35 * time.Second: "35s", 4 * time.Minute: "4m", 270 * time.Second: "4m30s", 65 * time.Minute: "1h05m", 2 * time.Hour: "2h", 50 * time.Hour: "2d2h"} {
		if got := span(d); got != want {
			t.Errorf("%s: %s", d, got)
		}
	}
}

// FuzzCode: whatever a text holds, its code span is one, on one line and in one
// cell.
func FuzzCode(f *testing.F) {
	f.Add(evil)
	f.Add("``")
	f.Add("\\`|\\|")
	f.Fuzz(func(t *testing.T, s string) {
		got := (&page{clean: clean}).code(s)
		if strings.Count(got, "`") != 2 || got[0] != '`' || got[len(got)-1] != '`' || len(got) < 3 || strings.ContainsAny(got, "|\n\r\x1b") {
			t.Fatalf("%q became %q", s, got)
		}
	})
}
