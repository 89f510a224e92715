package shell_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/ui"
	"andon/ui/uitest"
)

func at(t *testing.T, w, h int) *uitest.Player {
	t.Helper()
	return uitest.Play(t, ui.Rect{W: w, H: h}, uitest.Dressed{}).Incident()
}

func wants(t *testing.T, p *uitest.Player, texts ...string) {
	t.Helper()
	frame := p.Text()
	for _, s := range texts {
		if !strings.Contains(frame, s) {
			t.Errorf("the frame lacks %q:\n%s", s, frame)
		}
	}
}

// TestKeys plays keys and looks at what is on screen then.
func TestKeys(t *testing.T) {
	for _, c := range []struct {
		name string
		keys []string
		want []string
	}{
		{"arrows move like letters", []string{"down"}, []string{"▌■ STOP    4m"}},
		{"last and first", []string{"G", "g", "G"}, []string{"▌▲ WARN    3m"}},
		{"esc on the board says how to quit", []string{"esc"}, []string{"q quits"}},
		{"a number opens a page", []string{"4"}, []string{"› Dirs", "RUN DIRS"}},
		{"esc leads back to the board", []string{"4", "esc"}, []string{"LINE STOPS"}},
		{"enter on a host", []string{"tab", "enter"}, []string{"› intel", "WHERE THE BYTES ARE"}},
		{"enter on an alert", []string{"enter"}, []string{"› disk pressure", "EVIDENCE"}},
		{"one level at a time", []string{"3", "enter", "j", "enter", "esc"}, []string{"› Hosts › intel"}},
		{"sort shows its column", []string{"2", "s"}, []string{"by sign"}},
		{"mark counts", []string{"4", " ", " "}, []string{"2 marked"}},
		{"star marks all and none", []string{"4", "*", "*"}, []string{"RUN DIRS"}},
		{"an action a page does not do", []string{"5", "C"}, []string{"is not done from this page"}},
		{"a key without meaning here", []string{"2", "a"}, []string{"does nothing on this page"}},
		{"help closes with any key", []string{"?", "x"}, []string{"LINE STOPS"}},
		{"muted are counted, then shown", []string{"m"}, []string{"same failure in many branches", "muted"}},
		{"match goes round", []string{"N"}, []string{"▌▲ WARN    3m"}},
		{"undo takes only what lies in the trash", []string{"5", "z"}, []string{"nothing here to undo"}},
		{"refresh", []string{"r"}, []string{"looking again"}},
	} {
		t.Run(c.name, func(t *testing.T) { wants(t, at(t, 80, 24).Keys(c.keys...), c.want...) })
	}
}

func TestFilterNarrowsAndEscRestores(t *testing.T) {
	p := at(t, 120, 40).Keys("2", "/").Type("is:merged").Keys("enter")
	wants(t, p, "1 of 11", "#1711")
	p.Keys("esc")
	if strings.Contains(p.Text(), "1 of 11") || !strings.Contains(p.Text(), "› PRs") {
		t.Errorf("the first esc takes the filter away and stays:\n%s", p.Text())
	}
	p.Keys("esc")
	wants(t, p, "LINE STOPS")
}

func TestFilterTakesLettersAndPastesNotOrders(t *testing.T) {
	p := at(t, 100, 30).Keys("4", "/").Type("D")
	p.Send(ui.KeyPressed{Text: "yC", Paste: true})
	wants(t, p, "/DyC")
	if got := uitest.Sent[ui.MakePlan](p); len(got) != 0 {
		t.Errorf("typing a filter made plans: %v", got)
	}
}

func TestDirsTerms(t *testing.T) {
	for query, want := range map[string]string{
		"host:yoga": "2 of 25", "is:orphan": "10 of 25", "is:foreign": "9 of 25", "size:>100GiB": "3 of 25", "pr:1797": "2 of 25",
		"run:25919247790": "1 of 25", "age:>10d": "2 of 25", "owner:root": "8 of 25", "form:queue": "1 of 25", "writers:>0": "2 of 25", "-host:intel": "3 of 25",
	} {
		t.Run(query, func(t *testing.T) { wants(t, at(t, 120, 40).Keys("4", "/").Type(query).Keys("enter"), want) })
	}
}

func TestCursorStaysWithItsRow(t *testing.T) {
	p := at(t, 160, 45).Keys("2", "j", "j", "j")
	wants(t, p, "▌■ #1794")
	r := uitest.IncidentAt(p.Now)
	r.PullRequests = r.PullRequests[1:] // the row above is gone
	s := fleet.Join(r)
	p.Arrive(s, uitest.Alerts(s))
	wants(t, p, "▌■ #1794")
	p.Keys("4", "2")
	wants(t, p, "▌■ #1794")
	p.Keys("s", "s")
	wants(t, p, "#1794")
	if !strings.Contains(p.Text(), "▌■ #1794") {
		t.Errorf("the cursor left its row when the order changed:\n%s", p.Text())
	}
}

// TestCursorWaitsOnTheWorst: until the operator moves it, the cursor is on the
// first row, wherever the row it was on has gone.
func TestCursorWaitsOnTheWorst(t *testing.T) {
	p := uitest.Play(t, ui.Rect{W: 80, H: 24}, uitest.Dressed{})
	s := fleet.Join(uitest.IncidentAt(p.Now))
	all := uitest.Alerts(s)
	p.Arrive(s, fleet.Board{At: s.At, Alerts: all.Alerts[3:4]})
	wants(t, p, "▌▲ WARN    3m host cannot")
	p.Arrive(s, all)
	wants(t, p, "▌■ STOP   11m disk pressure")
	p.Keys("j").Arrive(s, fleet.Board{At: s.At, Alerts: all.Alerts[1:]})
	wants(t, p, "▌■ STOP    4m run dirs")
}

func TestWhatIsOnScreenIsMeasuredFirst(t *testing.T) {
	p := at(t, 80, 24).Keys("j").Wait(time.Second)
	seen := uitest.Sent[ui.Visible](p)
	if len(seen) == 0 || len(seen[len(seen)-1].Dirs) != 8 {
		t.Fatalf("the board names %v", seen)
	}
	p.Keys("4").Wait(time.Second)
	seen = uitest.Sent[ui.Visible](p)
	if n := len(seen[len(seen)-1].Dirs); n != 13 {
		t.Errorf("the dirs page names %d dirs around its first row", n)
	}
}

func TestChangedCellIsMarkedOnce(t *testing.T) {
	p := at(t, 160, 45).Keys("3")
	r := uitest.IncidentAt(p.Now)
	r.Sweeps[0].Disks[0].FreeBytes -= 20 * uitest.Gib
	s := fleet.Join(r)
	p.Arrive(s, uitest.Alerts(s))
	wants(t, p, "• 130 GiB")
	p.Arrive(s, uitest.Alerts(s))
	if strings.Contains(p.Text(), "• ") {
		t.Error("a change is still marked one refresh later")
	}
}

func TestLampsOfAnAgedPicture(t *testing.T) {
	p := at(t, 80, 24).Wait(5 * time.Minute)
	wants(t, p, "? 7 stale", "hosts 0/3")
	p.Keys("3")
	if n := strings.Count(p.Text(), "? "); n < 3 {
		t.Errorf("rows of silent hosts are not marked:\n%s", p.Text())
	}
}

func TestAckAndItsTakingBack(t *testing.T) {
	p := at(t, 100, 30).Keys("a")
	acks := uitest.Sent[ui.Ack](p)
	if len(acks) != 1 || acks[0].By != "you" || !strings.HasPrefix(acks[0].Fingerprint, "disk-pressure/") {
		t.Fatalf("acknowledged %+v", acks)
	}
	p.Keys("m", "G", "k", "a")
	if acks = uitest.Sent[ui.Ack](p); len(acks) != 2 || acks[1].By != "" {
		t.Errorf("mei's acknowledgement was not taken back: %+v", acks)
	}
}

func TestTargets(t *testing.T) {
	for _, c := range []struct {
		name  string
		keys  []string
		act   fleet.ActionID
		kinds string // kind and count of the targets
		alert bool
	}{
		{"fix is about the alert", []string{"j", "f"}, fleet.ActionFix, "", true},
		{"chown of an alert means its dirs, not its host", []string{"j", "C"}, fleet.ActionChown, "8 dir", true},
		{"rerun of an alert means its runs", []string{"j", "R"}, fleet.ActionRerun, "8 run", true},
		{"reap of a full disk means the disk", []string{"D"}, fleet.ActionReap, "1 disk", true},
		{"a row of the pull requests", []string{"2", "C"}, fleet.ActionChown, "1 pr", false},
		{"marks make a batch", []string{"4", " ", " ", "D"}, fleet.ActionReap, "2 dir", false},
		{"rerun of dirs means their runs", []string{"4", " ", " ", "R"}, fleet.ActionRerun, "2 run", false},
		{"purge is about a host", []string{"3", "P"}, fleet.ActionPurge, "1 host", false},
		{"undo of a reap", []string{"5", "j", "z"}, fleet.ActionUndo, "1 dir", false},
		{"fix of a pull request finds its alert", []string{"2", "f"}, fleet.ActionFix, "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := at(t, 120, 40).Keys(c.keys...)
			asked := uitest.Sent[ui.MakePlan](p)
			if len(asked) != 1 {
				t.Fatalf("asked for %d plans, want 1:\n%s", len(asked), p.Text())
			}
			kinds := ""
			if n := len(asked[0].Targets); n > 0 {
				kinds = fmt.Sprintf("%d %s", n, asked[0].Targets[0].Kind)
			}
			if asked[0].Action != c.act || kinds != c.kinds || (asked[0].Alert != "") != c.alert {
				t.Errorf("asked for %s of %q with alert %q", asked[0].Action, kinds, asked[0].Alert)
			}
		})
	}
}

func TestCopyAndBrowse(t *testing.T) {
	p := at(t, 100, 30).Keys("2", "y", "Y", "o")
	c, o := uitest.Sent[ui.Copy](p), uitest.Sent[ui.OpenURL](p)
	if len(c) != 2 || c[0].Text != "paiml/aprender#1797" || c[1].Text != "https://github.com/paiml/aprender/pull/1797" {
		t.Errorf("copied %+v", c)
	}
	if len(o) != 1 || o[0].URL != c[1].Text {
		t.Errorf("opened %+v", o)
	}
}

func TestErrorsAreSaidNotLost(t *testing.T) {
	p := at(t, 100, 30)
	p.Send(ui.AuditRead{Err: errors.New("audit record 7: changed after it was written")})
	wants(t, p, "changed after it was written")
	p.Send(ui.Done{What: "copy", Err: errors.New("no clipboard")})
	wants(t, p, "copy: no clipboard")
	p.Wait(10 * time.Second)
	if strings.Contains(p.Text(), "no clipboard") {
		t.Error("the sentence does not go")
	}
}

func TestQuit(t *testing.T) {
	p := at(t, 80, 24).Keys("3", "enter", "q")
	if len(uitest.Sent[ui.Quit](p)) != 0 {
		t.Fatal("q on a page of its own quits instead of going back")
	}
	if p.Keys("q"); len(uitest.Sent[ui.Quit](p)) != 1 {
		t.Error("q on a tab does not quit")
	}
}
