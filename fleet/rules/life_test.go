package rules

import (
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// moment is one look at a fleet in the life of a rule's alert, and what the board
// must say of the rule then.
type moment struct {
	name  string
	after time.Duration          // since the moment before; see fleettest.World.Pass
	do    func(*fleettest.World) // what changed since
	want  fleet.AlertState       // of the rule's one alert; "" where it must have none
	muted fleet.RuleID           // the rule whose alert explains it
}

// life folds one moment after the other with all rules, carries samples and
// history from each to the next as the collector does, and checks what becomes of
// one rule's alert. It returns the last board.
func life(t *testing.T, id fleet.RuleID, w *fleettest.World, moments ...moment) fleet.Board {
	t.Helper()
	var b fleet.Board
	for i, m := range moments {
		if m.after > 0 {
			w.Pass(m.after)
		}
		if m.do != nil {
			m.do(w)
		}
		s := w.Snapshot()
		b = b.Fold(s, All())
		w.Samples, w.History = s.TakeSamples(), s.TakeHistory()
		checkMoment(t, id, b, i, m)
	}
	return b
}

func checkMoment(t *testing.T, id fleet.RuleID, b fleet.Board, i int, m moment) {
	t.Helper()
	var got []fleet.Alert
	for _, a := range b.Alerts {
		if a.Rule == id {
			got = append(got, a)
		}
	}
	switch {
	case m.want == "" && len(got) == 0:
	case m.want == "":
		t.Errorf("moment %d, %s: %s is %s: %s", i, m.name, got[0].Fingerprint(), got[0].State, got[0].Summary)
	case len(got) != 1:
		t.Fatalf("moment %d, %s: %d alerts of %s, want one that is %s", i, m.name, len(got), id, m.want)
	case got[0].State == fleet.AlertFiring && b.At.Sub(got[0].Held()) < ruleOf(t, id).For:
		t.Errorf("moment %d, %s: fires though it holds for %s only", i, m.name, b.At.Sub(got[0].Held()))
	case m.want == fleet.AlertPending && got[0].State == fleet.AlertFiring && got[0].Held().Before(got[0].Since):
		// What was read says that it has held for long enough.
	case got[0].State != m.want:
		t.Errorf("moment %d, %s: %s, want %s: %s", i, m.name, got[0].State, m.want, got[0].Summary)
	case mutedBy(got[0]) != m.muted:
		t.Errorf("moment %d, %s: muted by %q, want %q", i, m.name, got[0].MutedBy, m.muted)
	}
}

// mutedBy returns the rule whose alert mutes a.
func mutedBy(a fleet.Alert) fleet.RuleID {
	for i := range a.MutedBy {
		if a.MutedBy[i] == '/' {
			return fleet.RuleID(a.MutedBy[:i])
		}
	}
	return ""
}

// wholeLife drives what every rule owes: nothing before the trouble, nothing
// before For is over, an alert then; with the source dead the alert goes stale and
// never resolves, whether the last data still shows the trouble or not; it fires
// again when the source is back, and resolves when the source says so. Three
// looks lie before For, so a rule that fires early is seen.
func wholeLife(t *testing.T, id fleet.RuleID, w *fleettest.World, source fleet.SourceID, trouble, cured func(*fleettest.World)) fleet.Board {
	t.Helper()
	hold := ruleOf(t, id).For
	ms := []moment{{name: "healthy"}, {name: "healthy still", after: time.Minute}}
	if hold > 0 {
		ms = append(ms, moment{name: "seen", after: time.Second, do: trouble, want: fleet.AlertPending},
			moment{name: "seen again", after: hold / 2, want: fleet.AlertPending},
			moment{name: "just before For", after: hold - hold/2 - time.Millisecond, want: fleet.AlertPending},
			moment{name: "For over", after: time.Millisecond, want: fleet.AlertFiring})
	} else {
		ms = append(ms, moment{name: "seen", after: time.Second, do: trouble, want: fleet.AlertFiring})
	}
	set := func(to fleet.SourceState) func(*fleettest.World) {
		return func(w *fleettest.World) {
			w.Sources[source].State = to
			if to == fleet.SourceOK {
				w.Pass(0)
			}
		}
	}
	ms = append(ms,
		moment{name: "one try failed, last data kept", after: time.Minute, do: set(fleet.SourceFailing), want: fleet.AlertFiring},
		moment{name: "source down", after: 5 * time.Minute, want: fleet.AlertStale},
		moment{name: "an hour later", after: time.Hour, want: fleet.AlertStale},
		moment{name: "source back", after: time.Minute, do: set(fleet.SourceOK), want: fleet.AlertFiring},
		moment{name: "down again, trouble out of sight", after: time.Minute, do: func(w *fleettest.World) { set(fleet.SourceFailing)(w); cured(w) }, want: fleet.AlertStale},
		moment{name: "a day later", after: 24 * time.Hour, want: fleet.AlertStale},
		moment{name: "source back, says it is over", after: time.Minute, do: set(fleet.SourceOK), want: fleet.AlertResolved})
	return life(t, id, w, ms...)
}

func ruleOf(t *testing.T, id fleet.RuleID) fleet.Rule {
	t.Helper()
	for _, r := range All() {
		if r.ID == id {
			return r
		}
	}
	t.Fatalf("no rule %s", id)
	return fleet.Rule{}
}

// told checks what every finding owes to somebody woken at night: where it may be
// read, whose it is, facts that bear out the whys, and something to do.
func told(t *testing.T, f fleet.Finding) {
	t.Helper()
	if len(f.Rests) == 0 || len(f.Subjects) == 0 || f.Key == "" || f.Summary == "" {
		t.Errorf("%s: rests, subjects, key or summary missing: %+v", f.Summary, f)
	}
	if len(f.Suggested) == 0 && f.Advice == "" {
		t.Errorf("%s: nothing to do", f.Summary)
	}
	whys := 0
	for _, e := range append(append([]fleet.Evidence(nil), f.Evidence...), f.RuledOut...) {
		if e.What == "" || e.Fact == "" || e.Why < 0 || e.Why > 5 {
			t.Errorf("%s: evidence %+v", f.Summary, e)
		}
		if e.Why > 0 {
			whys++
		}
	}
	if whys == 0 {
		t.Errorf("%s: no fact bears out a why", f.Summary)
	}
	for _, g := range f.Unknown {
		if g.What == "" || g.Why == "" || g.Makes == "" {
			t.Errorf("%s: gap %+v", f.Summary, g)
		}
	}
	byKind := map[fleet.SubjectKind]bool{}
	var last fleet.SubjectKind
	for _, x := range f.Subjects {
		if x.Kind != last && byKind[x.Kind] {
			t.Errorf("%s: subjects are not listed by kind: %v", f.Summary, f.Subjects)
			break
		}
		byKind[x.Kind], last = true, x.Kind
	}
}

// sameKey checks that two looks at one trouble make one alert.
func sameKey(t *testing.T, a, b fleet.Finding) {
	t.Helper()
	if a.Fingerprint() != b.Fingerprint() {
		t.Errorf("key changed from %s to %s", a.Fingerprint(), b.Fingerprint())
	}
}

// TestLifeOfARule shows the harness at work on a rule that fires at once.
func TestLifeOfARule(t *testing.T) {
	w := fleettest.New()
	sw := w.Host("intel")
	wholeLife(t, "disk-pressure", w, fleet.HostSource("intel"),
		func(*fleettest.World) { sw.Disks[0].FreeBytes = 100 << 30 },
		func(*fleettest.World) { sw.Disks[0].FreeBytes = 1800 << 30 })
}
