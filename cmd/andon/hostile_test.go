package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/remedy"
)

// evil speaks to a terminal in several ways.
const evil = "x\x1b]52;c;ZXZpbA==\x07\u009b2J\x7f\u202e\r"

// speaks reports whether text holds a byte that a terminal would obey or an eye
// would miss.
func speaks(text string) bool { return strings.ContainsAny(text, "\x1b\x07\x7f\r\u009b\u202e") }

// TestPlanFileCannotSpeakToTheTerminal: whatever stands in a plan file is shown
// before it is admitted, so all of it is cleaned.
func TestPlanFileCannotSpeakToTheTerminal(t *testing.T) {
	root := fleet.Root{Path: "/mnt/nvme-raid0/targets", Owner: fleet.Owner{UID: 1000, GID: 1000}}
	p := fleet.Plan{Action: fleet.ActionID(evil), Title: evil, MadeAt: time.Now(), Undo: evil, Typed: evil, Notes: []string{evil},
		Kept:  []fleet.Kept{{Subject: fleet.OfHost(evil), Why: []string{evil}}},
		Disks: []fleet.DiskEffect{{Host: evil, Root: evil, Total: 1}},
		Steps: []fleet.Step{{N: 1, Verb: fleet.VerbChown, Host: evil, Root: root, Components: []string{"aprender-ci", "1792", "run-5"}, Says: evil}}}
	b, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(t.TempDir(), "plan.json")
	if err := os.WriteFile(file, b, 0o600); err != nil {
		t.Fatal(err)
	}
	code, out, errs := called(t, nil, "demo", "--headless", "--", "apply", file, "--yes")
	if code != exitError || !strings.Contains(out, "nothing has been changed") || !strings.Contains(errs, "andon: ") {
		t.Errorf("exit %d\n%q\n%q", code, out, errs)
	}
	if speaks(out) || speaks(errs) {
		t.Errorf("raw:\n%q\n%q", out, errs)
	}
}

// TestEventsAndRecordsAreCleaned: what a host said while acting, shown as it
// comes and again from the audit log.
func TestEventsAndRecordsAreCleaned(t *testing.T) {
	var b bytes.Buffer
	res := &fleet.StepResult{N: 1, Outcome: fleet.Outcome(evil), Reason: fleet.Reason(evil), Detail: evil,
		Writers: []fleet.Writer{{PID: 1, Via: fleet.WriterVia(evil), Command: evil}}}
	printEvent(&b, remedy.Event{Kind: remedy.EventStep, Result: res})
	printRecord(&b, fleet.Record{Kind: fleet.RecordKind(evil), Operator: evil, Action: fleet.ActionID(evil), Result: res,
		Verified: &fleet.Verification{N: 1, Says: evil}})
	if b.Len() == 0 || speaks(b.String()) {
		t.Errorf("%q", b.String())
	}
}

// TestJSONIsPrintableASCII: JSON is read on terminals too.
func TestJSONIsPrintableASCII(t *testing.T) {
	var b bytes.Buffer
	want := []string{evil, "ключ 🙂"}
	if err := writeJSON(&b, want); err != nil {
		t.Fatal(err)
	}
	for _, c := range b.Bytes() {
		if c != '\n' && (c < ' ' || c > '~') {
			t.Fatalf("byte %#x in %q", c, b.String())
		}
	}
	var got []string
	if err := json.Unmarshal(b.Bytes(), &got); err != nil || len(got) != 2 || got[0] != want[0] || got[1] != want[1] {
		t.Errorf("read back %q, %v", got, err)
	}
}

// TestErrorsAreCleaned: a complaint quotes foreign text, over several lines.
func TestErrorsAreCleaned(t *testing.T) {
	f, err := os.Create(filepath.Join(t.TempDir(), "err"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	in := invocation{stdio: stdio{err: f}}
	if code := in.fail(errors.New("read it: " + evil + "\nsecond line")); code != exitError {
		t.Errorf("exit %d", code)
	}
	b, err := os.ReadFile(f.Name())
	if err != nil || speaks(string(b)) || !strings.HasSuffix(string(b), "\nsecond line\n") {
		t.Errorf("%q %v", b, err)
	}
}

// TestCheckThatCannotSpeakIsUnknown: exit 1 would tell a monitor "yellow".
func TestCheckThatCannotSpeakIsUnknown(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	w.Close()
	errs, err := os.Create(filepath.Join(t.TempDir(), "err"))
	if err != nil {
		t.Fatal(err)
	}
	defer errs.Close()
	code := run(context.Background(), strings.Fields("demo --headless -- check"), stdio{os.Stdin, w, errs, func(string) string { return "" }})
	if code != checkUnknown {
		t.Errorf("exit %d, want %d", code, checkUnknown)
	}
}

// TestPlainCutsNothing: a known_hosts line of a large RSA key must arrive whole.
func TestPlainCutsNothing(t *testing.T) {
	line := "add: intel ssh-rsa " + strings.Repeat("AAAAB3Nza", 200)
	if got := plain(line); got != line {
		t.Errorf("%d bytes of %d came through", len(got), len(line))
	}
	if got := plain(strings.Repeat(evil, 300)); speaks(got) || got == "" {
		t.Errorf("%q", got[:80])
	}
}
