package shell_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/uitest"
)

var update = flag.Bool("update", false, "write the golden files anew")

// scenes are the screens the golden files show: what happened before the frame.
func scenes() map[string]func(*uitest.Player) {
	return map[string]func(*uitest.Player){
		"board first frame":      func(p *uitest.Player) {},
		"board":                  func(p *uitest.Player) { p.Incident() },
		"board second alert":     func(p *uitest.Player) { p.Incident().Keys("j") },
		"board folded shown":     func(p *uitest.Player) { p.Incident().Keys("m", "G") },
		"board hosts pane":       func(p *uitest.Player) { p.Incident().Keys("tab") },
		"board all quiet":        func(p *uitest.Player) { s := fleet.Join(quiet(p.Now)); p.Arrive(s, fleet.Board{At: s.At}) },
		"board everything stale": func(p *uitest.Player) { p.Incident().Wait(5 * time.Minute) },
		"board no token":         func(p *uitest.Player) { s := fleet.Join(noToken(p.Now)); p.Arrive(s, fleet.Board{At: s.At}) },
		"board empty fleet":      func(p *uitest.Player) { s := fleet.Join(fleet.Reads{At: p.Now}); p.Arrive(s, fleet.Board{At: s.At}) },
		"board stop the line":    func(p *uitest.Player) { s, b := cluster(p.Now); p.Arrive(s, b) },
		"board all acknowledged": func(p *uitest.Player) { s, b := allAcked(p.Now); p.Arrive(s, b) },
		"board twenty notes":     func(p *uitest.Player) { s, b := notes(p.Now, 20); p.Arrive(s, b) },
		"board thirty alerts":    func(p *uitest.Player) { s, b := many(p.Now, 30); p.Arrive(s, b).Keys("j", "j") },
		"alert":                  func(p *uitest.Player) { p.Incident().Keys("j", "enter") },
		"alert last lines":       func(p *uitest.Player) { p.Incident().Keys("j", "enter", "G") },
		"alert stale":            func(p *uitest.Player) { s, b := blind(p.Now); p.Arrive(s, b).Keys("j", "enter", "G") },
		"alert of a cluster":     func(p *uitest.Player) { s, b := cluster(p.Now); p.Arrive(s, b).Keys("enter") },
		"prs":                    func(p *uitest.Player) { p.Incident().Keys("2") },
		"prs filter typed":       func(p *uitest.Player) { p.Incident().Keys("2", "/").Type("is:red 179") },
		"prs filter wrong":       func(p *uitest.Player) { p.Incident().Keys("2", "/").Type("hst:intel") },
		"pr":                     func(p *uitest.Player) { p.Incident().Keys("2", "enter") },
		"pr with writers":        func(p *uitest.Player) { p.Incident().Keys("2", "/").Type("1790").Keys("enter", "enter") },
		"hosts":                  func(p *uitest.Player) { p.Incident().Keys("3") },
		"host":                   func(p *uitest.Player) { p.Incident().Keys("3", "enter") },
		"host unreachable":       func(p *uitest.Player) { p.Incident().Keys("3", "j", "enter") },
		"dirs":                   func(p *uitest.Player) { p.Incident().Keys("4") },
		"dirs marked":            func(p *uitest.Player) { p.Incident().Keys("4", " ", " ", "s") },
		"audit":                  func(p *uitest.Player) { p.Incident().Keys("5") },
		"help":                   func(p *uitest.Player) { p.Incident().Keys("?") },
		"fix preview":            func(p *uitest.Player) { p.Incident().Keys("j", "f") },
		"fix exact steps":        func(p *uitest.Player) { p.Incident().Keys("j", "f", "e") },
		"fix running":            func(p *uitest.Player) { running(p) },
		"fix done":               func(p *uitest.Player) { p.Incident().Keys("j", "f", "y") },
		"reap preview":           func(p *uitest.Player) { p.Incident().Keys("D").Type("9") },
		"no plan":                func(p *uitest.Player) { p.Makes = refuses; p.Incident().Keys("j", "C") },
		"hostile names":          func(p *uitest.Player) { s := fleet.Join(hostile(p.Now)); p.Arrive(s, uitest.Alerts(s)).Keys("2") },
		"hostile names in detail": func(p *uitest.Player) {
			s := fleet.Join(hostile(p.Now))
			p.Arrive(s, uitest.Alerts(s)).Keys("2", "enter")
		},
	}
}

type shot struct {
	name  string
	size  ui.Rect
	dress uitest.Dressed
	raw   bool // with its escapes
}

// shots are the ways each scene is taken.
func shots(scene string) []shot {
	mono := uitest.Dressed{Theme: "mono", Depth: themes.Mono}
	ascii := uitest.Dressed{Theme: "mono", Depth: themes.NoEscapes, ASCII: true, Real: true}
	out := []shot{
		{"dark 80x24", ui.Rect{W: 80, H: 24}, uitest.Dressed{}, false},
		{"dark 100x30", ui.Rect{W: 100, H: 30}, uitest.Dressed{}, false},
		{"dark 160x45", ui.Rect{W: 160, H: 45}, uitest.Dressed{}, false},
		{"ascii 80x24", ui.Rect{W: 80, H: 24}, ascii, false},
	}
	if scene == "board" || scene == "reap preview" {
		out = append(out, shot{"dark 80x24 with escapes", ui.Rect{W: 80, H: 24}, uitest.Dressed{}, true},
			shot{"mono 80x24 with escapes", ui.Rect{W: 80, H: 24}, mono, true}, shot{"one list 60x18", ui.Rect{W: 60, H: 18}, uitest.Dressed{}, false}, shot{"one line 30x5", ui.Rect{W: 30, H: 5}, uitest.Dressed{}, false})
	}
	return out
}

// TestGolden compares every screen with its file. ESC is written as ␛ there. If
// the new look is meant: go test ./ui/shell -run Golden -update
func TestGolden(t *testing.T) {
	for name, scene := range scenes() {
		t.Run(name, func(t *testing.T) {
			var b strings.Builder
			for _, s := range shots(name) {
				p := uitest.Play(t, s.size, s.dress)
				scene(p)
				frame := p.Text()
				if s.raw {
					frame = strings.ReplaceAll(p.Frame(), "\x1b", "␛")
				}
				fmt.Fprintf(&b, "-- %s --\n%s\n", s.name, frame)
			}
			compare(t, filepath.Join("testdata", "golden", strings.ReplaceAll(name, " ", "-")+".txt"), b.String())
		})
	}
}

func compare(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	a, b := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	for i := range max(len(a), len(b)) {
		if i >= len(a) || i >= len(b) || a[i] != b[i] {
			t.Errorf("%s differs at line %d\nwant %q\ngot  %q", file, i+1, a[min(i, len(a)-1)], b[min(i, len(b)-1)])
			return
		}
	}
}

// quiet is a fleet where nothing is wrong and everything was read.
func quiet(now time.Time) fleet.Reads {
	r := uitest.IncidentAt(now)
	r.Hosts, r.Sweeps = r.Hosts[1:2], r.Sweeps[1:2]
	r.Sources = append(r.Sources[1:2:2], r.Sources[3:]...)
	r.PullRequests, r.Runs, r.Jobs = nil, nil, nil
	r.Sweeps[0].Dirs = nil
	return r
}

// noToken is a console that may not ask GitHub; the hosts still show.
func noToken(now time.Time) fleet.Reads {
	r := uitest.IncidentAt(now)
	for i, s := range r.Sources {
		if s.ID.Kind != fleet.SourceHost {
			r.Sources[i] = fleet.Source{ID: s.ID, State: fleet.SourceDenied, Cause: fleet.CauseNoToken, Err: "no token", Remedy: "run: gh auth login", TriedAt: now, Interval: s.Interval}
		}
	}
	r.PullRequests, r.Runs, r.Jobs, r.Runners, r.Budget = nil, nil, nil, nil, fleet.Budget{}
	return r
}

// hostile is the incident with names that speak to the terminal or to the eye.
func hostile(now time.Time) fleet.Reads {
	r := uitest.IncidentAt(now)
	bad := []string{"\x1b[2J\x1b]52;c;ZXZpbA==\a title", "right \u202eto left", "zero\u200bwidth", "日本語のとても長い題名はどこかで切らなければならない", strings.Repeat("a\u0301", 400), "\xff\xfe broken", "new\nline\r\ttab"}
	for i := range r.PullRequests {
		r.PullRequests[i].Title, r.PullRequests[i].Author, r.PullRequests[i].HeadRef = bad[i%len(bad)], bad[(i+1)%len(bad)], bad[(i+2)%len(bad)]
	}
	for i := range r.Jobs {
		r.Jobs[i].Name = bad[i%len(bad)]
		for k := range r.Jobs[i].Steps {
			r.Jobs[i].Steps[k].Name = bad[(i+k)%len(bad)]
		}
	}
	r.Sources[2].Err, r.Sources[2].Remedy = bad[0], bad[1]
	return r
}

func refuses(*fleet.Snapshot, fleet.ActionID, []fleet.Subject) (fleet.Plan, error) {
	return fleet.Plan{}, fmt.Errorf("plan chown: 240 dirs, more than the cap of 200: name fewer targets")
}

// running is a fix in the middle: one step proved, one refused, one acting.
func running(p *uitest.Player) {
	p.Holds = true
	p.Incident().Keys("j", "f", "y")
	asked := uitest.Sent[ui.ApplyPlan](p)
	if len(asked) != 1 {
		p.T.Fatalf("asked for %d plans to be carried out, want 1", len(asked))
	}
	step := func(ev ui.Event) { p.Send(ui.Stepped{Digest: asked[0].Digest, Event: ev}) }
	step(ui.Event{Step: 1, Says: "sent to intel"})
	step(ui.Event{Result: &fleet.StepResult{N: 1, Outcome: fleet.OutcomeDone, Before: 12, Changed: 12}})
	step(ui.Event{Verified: &fleet.Verification{N: 1, OK: true, Says: "owner is 1000:1000"}})
	step(ui.Event{Result: &fleet.StepResult{N: 2, Outcome: fleet.OutcomeRefused, Reason: "inode_changed", Detail: "another directory stands there now"}})
	step(ui.Event{Step: 3, Entries: 4211})
}
