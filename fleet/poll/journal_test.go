package poll

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

func change(kind fleet.TransitionKind, key string) fleet.Transition {
	return fleet.Transition{At: fleettest.Now, Kind: kind, Alert: fleet.Alert{State: fleet.AlertFiring, Title: "t",
		Finding: fleet.Finding{Rule: "r", Key: key, Severity: fleet.SeverityStop, Summary: "\x1b]52;c;x\x07\u202e" + key, Subjects: []fleet.Subject{fleet.OfHost("intel")}}}}
}

func load(t *testing.T, j *Journal) Past {
	t.Helper()
	p, err := j.Load()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func fingerprints(p Past) string {
	var out []string
	for _, c := range p.Changes {
		out = append(out, string(c.Kind)+" "+c.Fingerprint())
	}
	return strings.Join(out, ", ")
}

// TestJournalKeepsWhatWasTold: what is written is read back, in ASCII, by its
// owner alone.
func TestJournalKeepsWhatWasTold(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "state")
	j := NewJournal(dir)
	if p := load(t, j); len(p.Changes)+len(p.Told)+p.Skipped != 0 {
		t.Errorf("a journal that is not there holds %+v", p)
	}
	a, b := change(fleet.ChangeRaised, "intel"), change(fleet.ChangeResolved, "intel")
	if err := j.Changed([]fleet.Transition{a, b}); err != nil {
		t.Fatal(err)
	}
	told := fleet.Told{At: fleettest.Now, Receiver: "slack hooks.slack.com", Group: "g", Alerts: []fleet.ToldAlert{{Fingerprint: "r/intel", Standing: true, Severity: fleet.SeverityStop}}}
	if err := j.Told(told); err != nil {
		t.Fatal(err)
	}
	p := load(t, j)
	if fingerprints(p) != "raised r/intel, resolved r/intel" || p.Changes[0].Alert.Summary != a.Alert.Summary || len(p.Told) != 1 || p.Told[0].Receiver != told.Receiver || p.Told[0].Alerts[0] != told.Alerts[0] {
		t.Errorf("read back %+v", p)
	}
	raw, err := os.ReadFile(j.Path())
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range raw {
		if c != '\n' && (c < ' ' || c > '~') {
			t.Fatalf("byte %#x in the file", c)
		}
	}
	if st, err := os.Stat(j.Path()); err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("mode %v %v", st.Mode(), err)
	}
	if st, err := os.Stat(dir); err != nil || st.Mode().Perm() != 0o700 {
		t.Errorf("folder %v %v", st.Mode(), err)
	}
}

// TestJournalCutsATornEnd: half a line, left by a crash or a full disk, neither
// shows nor spoils the line after it.
func TestJournalCutsATornEnd(t *testing.T) {
	j := NewJournal(t.TempDir())
	if err := j.Changed([]fleet.Transition{change(fleet.ChangeRaised, "1")}); err != nil {
		t.Fatal(err)
	}
	whole, err := os.ReadFile(j.Path())
	if err != nil {
		t.Fatal(err)
	}
	for _, torn := range []int{1, len(whole) / 2, len(whole) - 1} {
		if err := os.WriteFile(j.Path(), append(bytes.Clone(whole), whole[:torn]...), 0o600); err != nil {
			t.Fatal(err)
		}
		if p := load(t, j); fingerprints(p) != "raised r/1" || p.Skipped != 0 {
			t.Errorf("torn at %d: %+v", torn, p)
		}
		if err := j.Changed([]fleet.Transition{change(fleet.ChangeRaised, "2")}); err != nil {
			t.Fatal(err)
		}
		if p := load(t, j); fingerprints(p) != "raised r/1, raised r/2" || p.Skipped != 0 {
			t.Errorf("torn at %d, then written to: %+v", torn, p)
		}
	}
}

// TestJournalLeavesOutWhatItCannotRead: garbage between two lines costs itself.
func TestJournalLeavesOutWhatItCannotRead(t *testing.T) {
	j := NewJournal(t.TempDir())
	for i, garbage := range []string{"not JSON", `{"version":1}`, `{"version":0,"told":{}}`, ""} {
		if err := j.Changed([]fleet.Transition{change(fleet.ChangeRaised, fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
		f, err := os.OpenFile(j.Path(), os.O_APPEND|os.O_WRONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString(garbage + "\n"); err != nil {
			t.Fatal(err)
		}
		f.Close()
	}
	if p := load(t, j); len(p.Changes) != 4 || p.Skipped != 4 {
		t.Errorf("%s, %d skipped", fingerprints(p), p.Skipped)
	}
}

// TestJournalOfSomebodyElse: what others may have written, or a newer andon did,
// is kept aside, on reading and on writing.
func TestJournalOfSomebodyElse(t *testing.T) {
	for name, spoil := range map[string]func(path string) error{
		"writable by others": func(p string) error { return os.Chmod(p, 0o666) },
		"a link": func(p string) error {
			return errors.Join(os.Rename(p, p+".real"), os.Symlink(p+".real", p))
		},
		"a FIFO": func(p string) error { return errors.Join(os.Remove(p), syscall.Mkfifo(p, 0o600)) },
		"no line of ours": func(p string) error {
			return os.WriteFile(p, bytes.Repeat([]byte("x"), 2*journalLine), 0o600)
		},
		"newer": func(p string) error { return os.WriteFile(p, []byte("{\"version\":2,\"what\":{}}\n"), 0o600) },
	} {
		for _, first := range []string{"read", "write"} {
			if first == "read" && name == "no line of ours" || first == "write" && name == "newer" {
				continue // the one reads as a torn end, the other is met at the start
			}
			t.Run(name+"/"+first, func(t *testing.T) {
				j := NewJournal(t.TempDir())
				if err := j.Changed([]fleet.Transition{change(fleet.ChangeRaised, "theirs")}); err != nil {
					t.Fatal(err)
				}
				if err := spoil(j.Path()); err != nil {
					t.Fatal(err)
				}
				if first == "read" {
					if p, err := j.Load(); !errors.Is(err, ErrSetAside) || len(p.Changes) != 0 {
						t.Errorf("%v, %s", err, fingerprints(p))
					}
				}
				if err := j.Changed([]fleet.Transition{change(fleet.ChangeRaised, "ours")}); err != nil {
					t.Error(err)
				}
				if p := load(t, j); fingerprints(p) != "raised r/ours" {
					t.Errorf("then: %s", fingerprints(p))
				}
				if _, err := os.Lstat(j.Path() + ".old"); err != nil {
					t.Errorf("not kept aside: %v", err)
				}
			})
		}
	}
}

// TestJournalIsBounded: two files of the size, and the newest lines are there.
func TestJournalIsBounded(t *testing.T) {
	j := NewJournal(t.TempDir())
	j.limit = 20 << 10
	for i := range 400 {
		if err := j.Changed([]fleet.Transition{change(fleet.ChangeRaised, fmt.Sprint(i))}); err != nil {
			t.Fatal(err)
		}
	}
	var sum int64
	for _, p := range []string{j.Path(), j.Path() + ".1"} {
		st, err := os.Stat(p)
		if err != nil || st.Size() > j.limit {
			t.Errorf("%s: %d bytes, %v", p, st.Size(), err)
		}
		sum += st.Size()
	}
	p := load(t, j)
	if n := len(p.Changes); sum < j.limit || n < 30 || p.Changes[n-1].Alert.Key != "399" || p.Changes[0].Alert.Key != fmt.Sprint(400-n) {
		t.Errorf("%d lines in %d bytes", n, sum)
	}
}

// TestJournalOfSeveralWriters: no line is lost or mixed where several consoles
// write and the file is changed under them.
func TestJournalOfSeveralWriters(t *testing.T) {
	dir := t.TempDir()
	var wg sync.WaitGroup
	const writers, each = 4, 50
	for w := range writers {
		wg.Go(func() {
			j := NewJournal(dir)
			j.limit = 64 << 10
			for i := range each {
				for {
					err := j.Changed([]fleet.Transition{change(fleet.ChangeRaised, fmt.Sprintf("%d-%d", w, i))})
					if errors.Is(err, ErrJournalBusy) {
						continue
					}
					if err != nil {
						t.Error(err)
					}
					break
				}
			}
		})
	}
	wg.Wait()
	p := load(t, NewJournal(dir))
	seen := map[string]bool{}
	for _, c := range p.Changes {
		seen[c.Alert.Key] = true
	}
	if p.Skipped != 0 || len(seen) != len(p.Changes) || len(seen) != writers*each {
		t.Errorf("%d lines, %d of them different, %d spoilt", len(p.Changes), len(seen), p.Skipped)
	}
}

// TestJournalThatIsHeldStopsNothing: whoever holds the lock costs a moment.
func TestJournalThatIsHeldStopsNothing(t *testing.T) {
	j := NewJournal(t.TempDir())
	if err := j.Changed([]fleet.Transition{change(fleet.ChangeRaised, "1")}); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(j.Path())
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	if err := j.Changed([]fleet.Transition{change(fleet.ChangeRaised, "2")}); !errors.Is(err, ErrJournalBusy) {
		t.Errorf("got %v", err)
	}
}

func TestJournalThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "state"), nil, 0o600); err != nil { // a file where the folder should be
		t.Fatal(err)
	}
	if err := NewJournal(filepath.Join(dir, "state")).Told(fleet.Told{}); err == nil {
		t.Error("no error")
	}
}

// TestJournalLinesAreBrief: an alert with thousands of dirs keeps its hosts and
// pull requests.
func TestJournalLinesAreBrief(t *testing.T) {
	c := change(fleet.ChangeRaised, "big")
	for i := range 3000 {
		c.Alert.Subjects = append(c.Alert.Subjects, fleet.OfDir(fleet.DirID{Host: "intel", Path: fmt.Sprintf("/mnt/targets/x-ci/%d/run-%d", i, i)}))
		c.Alert.Evidence = append(c.Alert.Evidence, fleet.Evidence{What: "stat", Fact: strings.Repeat("x", 100)})
	}
	c.Alert.Subjects = append(c.Alert.Subjects, fleet.OfPR(fleet.PRKey{Repo: fleettest.Repo, Number: 5}), fleet.OfHost("yoga"))
	j := NewJournal(t.TempDir())
	if err := j.Changed([]fleet.Transition{c}); err != nil {
		t.Fatal(err)
	}
	a := load(t, j).Changes[0].Alert
	if len(a.Subjects) != keptSubjects+3 || len(a.PullRequests()) != 1 || len(a.Hosts()) != 2 || len(a.Evidence) != keptEvidence {
		t.Errorf("%d subjects, %d hosts, %d evidence", len(a.Subjects), len(a.Hosts()), len(a.Evidence))
	}
	if len(c.Alert.Evidence) != 3000 {
		t.Error("the caller's alert was cut")
	}
}

// TestStandingIsWhereTheLastConsoleLeftOff: what ended or is told with a cause
// does not stand.
func TestStandingIsWhereTheLastConsoleLeftOff(t *testing.T) {
	flapping := change(fleet.ChangeResolved, "flapped")
	flapping.Alert.State, flapping.Alert.Times = fleet.AlertResolved, 4
	later := change(fleet.ChangeAcked, "open")
	later.Alert.AckedBy, later.At = "mei", fleettest.Now.Add(time.Minute)
	b := fleet.Standing([]fleet.Transition{change(fleet.ChangeRaised, "open"), change(fleet.ChangeRaised, "over"), change(fleet.ChangeRaised, "muted"),
		change(fleet.ChangeResolved, "over"), change(fleet.ChangeMuted, "muted"), later, change(fleet.ChangeRaised, "flapped"), flapping})
	if len(b.Alerts) != 1 || b.Alerts[0].Key != "open" || b.Alerts[0].AckedBy != "mei" || !b.At.Equal(later.At) {
		t.Errorf("%+v", b)
	}
}
