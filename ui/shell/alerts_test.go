package shell_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/present"
	"andon/ui/uitest"
)

func pictured(now time.Time) (*fleet.Snapshot, fleet.Board) {
	s := fleet.Join(uitest.IncidentAt(now))
	return s, uitest.Alerts(s)
}

// cluster is the incident with a cluster of like failures that stops the line, and
// what the classifier made of it.
func cluster(now time.Time) (*fleet.Snapshot, fleet.Board) {
	r := uitest.IncidentAt(now)
	for i := range r.Jobs {
		if r.Jobs[i].Conclusion == fleet.ConclusionFailure {
			r.Jobs[i].Verdict = fleet.Known(fleet.Verdict{Class: fleet.ClassInfra, Signature: "root-owned-target", Name: "infra/workspace-test/run-cargo-test/root-owned-target",
				Text: "error: failed to create directory `/workspace/target/debug`", Line: 18377, From: fleet.FromLog, Guard: "a missing mount with os error 2"}, now)
		}
	}
	s := fleet.Join(r)
	all := uitest.Alerts(s)
	same := all.Alerts[4]
	same.Severity, same.MutedBy, same.Cost = fleet.SeverityStop, "", "8 builds on a calm pool, about 40 minutes"
	same.Summary = "workspace-test in 8 branches on intel since #1784: failed to create directory; looked at 214 runs"
	return s, fleet.Board{At: s.At, Alerts: append([]fleet.Alert{same}, all.Alerts[:4]...)}
}

func allAcked(now time.Time) (*fleet.Snapshot, fleet.Board) {
	s, b := pictured(now)
	for _, a := range b.Alerts {
		b = b.Ack(a.Fingerprint(), "mei")
	}
	return s, b
}

// extra makes further alerts of one severity.
func extra(b fleet.Board, n int, sev fleet.Severity) []fleet.Alert {
	var out []fleet.Alert
	for i := range n {
		a := b.Alerts[3]
		a.Key, a.Severity, a.Title = fmt.Sprintf("extra-%02d", i), sev, fmt.Sprintf("further alert %d", i+1)
		out = append(out, a)
	}
	return out
}

func notes(now time.Time, n int) (*fleet.Snapshot, fleet.Board) {
	s, b := pictured(now)
	b.Alerts = append(b.Alerts, extra(b, n, fleet.SeverityInfo)...)
	return s, b
}

func many(now time.Time, n int) (*fleet.Snapshot, fleet.Board) {
	s, b := pictured(now)
	b.Alerts = append(b.Alerts[:4:4], extra(b, n-4, fleet.SeverityWarn)...)
	return s, b
}

// blind is the incident after the host that would say that it is over fell silent.
func blind(now time.Time) (*fleet.Snapshot, fleet.Board) {
	r := uitest.IncidentAt(now)
	r.Sources[0].State, r.Sources[0].Cause, r.Sources[0].Err, r.Sources[0].Remedy = fleet.SourceFailing, fleet.CauseTimeout, "dial intel: i/o timeout", "look at the machine: ssh intel"
	s := fleet.Join(r)
	b := uitest.Alerts(s)
	b.Alerts[1].State, b.Alerts[1].StaleWhy = fleet.AlertStale, "no current answer from host:intel"
	b.Alerts[1].CameBack = "acknowledged by mei, then it grew: 8 PRs, was 4"
	return s, b
}

// TestCountsAgree: whatever is folded away, the header counts what the list shows
// and what the list says it folds.
func TestCountsAgree(t *testing.T) {
	for name, scene := range map[string]func(time.Time) (*fleet.Snapshot, fleet.Board){"incident": pictured, "cluster": cluster, "all acknowledged": allAcked,
		"20 notes": func(now time.Time) (*fleet.Snapshot, fleet.Board) { return notes(now, 20) }, "30 alerts": func(now time.Time) (*fleet.Snapshot, fleet.Board) { return many(now, 30) },
		"none": func(now time.Time) (*fleet.Snapshot, fleet.Board) { s, _ := pictured(now); return s, fleet.Board{} }} {
		s, b := scene(uitest.Now())
		e := ui.Env{Snapshot: s, Board: b, Now: uitest.Now(), Keys: ui.DefaultKeymap(uitest.Actions())}
		rows, folded := present.AlertRows(present.SceneOf(e), e.Keys, false)
		shown := 0
		for _, r := range rows {
			if r.Sign == kit.SignStop || r.Sign == kit.SignWarn {
				shown++
			}
		}
		lamps := present.Lamps(present.SceneOf(e))
		if lamps.Stop+lamps.Warn != shown+folded.Acked {
			t.Errorf("%s: the header counts %+v, the list shows %d and folds %+v", name, lamps, shown, folded)
		}
		all, again := present.AlertRows(present.SceneOf(e), e.Keys, true)
		if again != folded || len(all) != len(b.Alerts) || len(rows)+folded.Acked+folded.Muted+folded.Notes != len(b.Alerts) {
			t.Errorf("%s: %d of %d alerts are shown, %d of %d with all, folded %+v", name, len(rows), len(b.Alerts), len(all), len(b.Alerts), folded)
		}
	}
}

// TestEveryLitAlertHasAnActionOrAnOwner: in the list, and in the pane below it.
func TestEveryLitAlertHasAnActionOrAnOwner(t *testing.T) {
	for name, scene := range map[string]func(time.Time) (*fleet.Snapshot, fleet.Board){"incident": pictured, "cluster": cluster, "blind": blind} {
		s, b := scene(uitest.Now())
		e := ui.Env{Snapshot: s, Board: b, Now: uitest.Now(), Keys: ui.DefaultKeymap(uitest.Actions())}
		rows, _ := present.AlertRows(present.SceneOf(e), e.Keys, true)
		for _, r := range rows {
			if r.Fix == "" || r.Fix == "-" {
				t.Errorf("%s: %s has neither action nor owner", name, r.Fingerprint)
			}
		}
	}
	wants(t, at(t, 80, 24), "host admin")
	wants(t, at(t, 80, 24).Keys("G"), "whose  host admin", "next   look at the machine")
}

// TestNotesLightNothingAndCrowdNothing: 20 notes leave the board of 80x24 as it is
// without them, but for their count.
func TestNotesLightNothingAndCrowdNothing(t *testing.T) {
	p := uitest.Play(t, ui.Rect{W: 80, H: 24}, uitest.Dressed{})
	p.Arrive(pictured(p.Now))
	before := strings.Split(p.Text(), "\n")
	p.Arrive(notes(p.Now, 20))
	for i, line := range strings.Split(p.Text(), "\n") {
		if heading := strings.Contains(line, "20 notes, m shows"); line != before[i] && !heading {
			t.Errorf("line %d is another with 20 notes:\n%s\n%s", i+1, before[i], line)
		}
	}
	wants(t, p, "20 notes, m shows")
	s, b := notes(p.Now, 20)
	b.Alerts = b.Alerts[5:]
	if lamp := b.Lamp(s); lamp == fleet.LampYellow || lamp == fleet.LampRed {
		t.Errorf("notes alone light %s", lamp)
	}
	for i := range b.Alerts {
		b.Alerts[i].State = fleet.AlertStale
	}
	e := ui.Env{Snapshot: s, Board: b, Now: p.Now}
	if n := present.Lamps(present.SceneOf(e)); n.Stop+n.Warn > 0 || n.Stale != 1 {
		t.Errorf("stale notes are counted: %+v", n)
	}
}

// TestAcknowledgedFoldAway: from list to count, back with m, and back by itself
// when the acknowledgement ends.
func TestAcknowledgedFoldAway(t *testing.T) {
	p := uitest.Play(t, ui.Rect{W: 80, H: 24}, uitest.Dressed{})
	s, b := pictured(p.Now)
	p.Arrive(s, b)
	wants(t, p, "disk pressure", "■ 2 STOP", "1 acknowledged, 1 muted, m shows")
	disk := b.Alerts[0].Fingerprint()
	p.Arrive(s, b.Ack(disk, "mei"))
	if frame := p.Text(); strings.Contains(frame, "disk pressure") {
		t.Errorf("an acknowledged alert is still listed:\n%s", frame)
	}
	wants(t, p, "■ 2 STOP", "2 acknowledged, 1 muted, m shows")
	p.Keys("m")
	wants(t, p, "disk pressure", "ack mei", "2 acknowledged, 1 muted, m folds")
	p.Keys("m").Arrive(s, b)
	wants(t, p, "disk pressure", "D reap", "1 acknowledged, 1 muted, m shows")
	p.Arrive(allAcked(p.Now))
	wants(t, p, "■ 2 STOP", "somebody has every alert that is lit", "4 acknowledged, 1 muted, m shows", "IN HAND", "96 % used")
}

// TestAgesMoveNothing: over two hours in which every age grows, each line of the
// board keeps its place.
func TestAgesMoveNothing(t *testing.T) {
	for _, size := range []ui.Rect{{W: 80, H: 24}, {W: 100, H: 30}, {W: 160, H: 45}} {
		p := uitest.Play(t, size, uitest.Dressed{})
		s, b := pictured(p.Now)
		place := ""
		for _, age := range []string{"5s", "59s", "1m0s", "10m59s", "1h0m0s", "11h10m12s"} {
			down := b.Alerts[3]
			down.Summary = "gx10: the answer of this host was cut short again and again, it was last seen " + age + " ago"
			p.Arrive(s, fleet.Board{At: s.At, Alerts: []fleet.Alert{down}})
			var at []string
			for i, line := range strings.Split(p.Text(), "\n") {
				for _, mark := range []string{"next ", "whose ", "FIX", "CURE", "RECENT"} {
					if strings.Contains(line, mark) {
						at = append(at, fmt.Sprint(mark, i))
					}
				}
			}
			if got := strings.Join(at, " "); place == "" {
				place = got
			} else if got != place {
				t.Errorf("%v, seen %s ago: %s, before that %s", size, age, got, place)
			}
		}
	}
}

// hostileAlert has every text of an alert speak to the terminal.
func hostileAlert(now time.Time) (*fleet.Snapshot, fleet.Board) {
	const evil = "x\x1b]52;c;ZXZpbA==\x07\u009b2J\x7f\u202e\r\n\x1b[31m"
	s, b := cluster(now)
	for i := range b.Alerts {
		a := &b.Alerts[i]
		ev := fleet.Evidence{What: evil, Where: evil, Fact: evil, At: now, Why: 1}
		a.Summary, a.Title, a.Advice, a.Cost, a.CameBack, a.StaleWhy, a.Actor = evil, evil, evil, evil, evil, evil, evil
		a.Evidence, a.RuledOut, a.Unknown = []fleet.Evidence{ev, {What: evil, Where: evil, Fact: evil}}, []fleet.Evidence{ev}, []fleet.Gap{{What: evil, Why: evil, Makes: evil}}
		a.Rests = []fleet.SourceID{{Kind: fleet.SourceHost, Of: evil}}
		if a.Suggested = nil; a.AckedBy != "" {
			a.AckedBy = evil
		}
	}
	return s, b
}

// TestHostileAlertsAreDrawnClean: board, pane and page, at every size.
func TestHostileAlertsAreDrawnClean(t *testing.T) {
	for _, keys := range [][]string{{"g"}, {"m", "G"}, {"enter"}, {"enter", "G"}} {
		p := uitest.Play(t, ui.Rect{W: 80, H: 24}, uitest.Dressed{})
		p.Arrive(hostileAlert(p.Now))
		p.Keys(keys...)
		for _, size := range []ui.Rect{{W: 40, H: 10}, {W: 80, H: 20}, {W: 80, H: 24}, {W: 100, H: 30}, {W: 140, H: 20}, {W: 160, H: 45}, {W: 200, H: 200}} {
			frame := p.Resize(size).Frame() // exact, and no byte a terminal would obey
			if strings.ContainsAny(uitest.Plain(frame), "\u009b\u202e\x1b") || strings.Contains(frame, "\x1b]") {
				t.Fatalf("at %v after %v something raw is drawn:\n%q", size, keys, frame)
			}
		}
	}
}

// TestBoardsOfAnyLengthAreExact: no alert, one, thirty, twenty notes, all taken,
// with what is folded shown and not.
func TestBoardsOfAnyLengthAreExact(t *testing.T) {
	for name, scene := range map[string]func(time.Time) (*fleet.Snapshot, fleet.Board){
		"none": func(now time.Time) (*fleet.Snapshot, fleet.Board) {
			s, _ := pictured(now)
			return s, fleet.Board{At: now}
		},
		"one": func(now time.Time) (*fleet.Snapshot, fleet.Board) {
			s, b := pictured(now)
			return s, fleet.Board{At: now, Alerts: b.Alerts[1:2]}
		},
		"thirty": func(now time.Time) (*fleet.Snapshot, fleet.Board) { return many(now, 30) },
		"notes":  func(now time.Time) (*fleet.Snapshot, fleet.Board) { return notes(now, 20) },
		"acked":  allAcked, "cluster": cluster, "blind": blind,
	} {
		t.Run(name, func(t *testing.T) {
			p := uitest.Play(t, ui.Rect{W: 80, H: 24}, uitest.Dressed{})
			p.Arrive(scene(p.Now))
			for _, key := range []string{"g", "j", "m", "G", "m"} {
				p.Keys(key)
				for _, w := range []int{0, 1, 39, 40, 79, 80, 100, 139, 140, 160, 300} {
					for _, h := range []int{0, 1, 3, 9, 10, 19, 20, 21, 24, 30, 45, 120} {
						p.Resize(ui.Rect{W: w, H: h}).Frame()
					}
				}
			}
		})
	}
}
