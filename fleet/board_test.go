package fleet_test

import (
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// scripted is a rule that finds what it is told to.
func scripted(id fleet.RuleID, hold time.Duration, out *[]fleet.Finding, causes ...fleet.RuleID) fleet.Rule {
	return fleet.Rule{ID: id, Title: string(id), For: hold, Causes: causes, Evaluate: func(*fleet.Snapshot) []fleet.Finding { return *out }}
}

func at(w *fleettest.World, d time.Duration, state fleet.SourceState) *fleet.Snapshot {
	r := w.Reads()
	r.At = fleettest.Now.Add(d)
	for i := range r.Sources {
		r.Sources[i].ReadAt = r.At
		if r.Sources[i].ID.Kind == fleet.SourceHost {
			r.Sources[i].State = state
		}
	}
	return fleet.Join(r)
}

func TestAlertLife(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	found := []fleet.Finding{{Severity: fleet.SeverityStop, Key: "intel", Rests: []fleet.SourceID{fleet.HostSource("intel")}}}
	rules := []fleet.Rule{scripted("r", time.Minute, &found)}
	var b fleet.Board
	step := func(d time.Duration, src fleet.SourceState) fleet.Alert {
		b = b.Fold(at(w, d, src), rules)
		if len(b.Alerts) == 0 {
			return fleet.Alert{}
		}
		return b.Alerts[0]
	}
	if a := step(0, fleet.SourceOK); a.State != fleet.AlertPending {
		t.Fatalf("at once: %s", a.State)
	}
	if a := step(time.Minute, fleet.SourceOK); a.State != fleet.AlertFiring || !a.Since.Equal(fleettest.Now) {
		t.Fatalf("after For: %s since %s", a.State, a.Since)
	}
	b = b.Ack("r/intel", "mei")
	found = nil
	for i, src := range []fleet.SourceState{fleet.SourceFailing, fleet.SourcePartial, fleet.SourceDenied, fleet.SourceNever} {
		if a := step(time.Duration(2+i)*time.Minute, src); a.State != fleet.AlertStale || a.StaleWhy == "" || a.AckedBy != "mei" {
			t.Fatalf("source %s: %s, why %q, ack %q: resolved by blindness", src, a.State, a.StaleWhy, a.AckedBy)
		}
		if lamp := b.Lamp(at(w, time.Minute, src)); lamp != fleet.LampRed {
			t.Fatalf("a stale stop shows lamp %s", lamp)
		}
	}
	if a := step(7*time.Minute, fleet.SourceOK); a.State != fleet.AlertResolved {
		t.Fatalf("source back, finding gone: %s", a.State)
	}
	if step(8*time.Minute, fleet.SourceOK); len(b.Alerts) != 1 {
		t.Fatal("a resolved alert vanished at once")
	}
	if step(20*time.Minute, fleet.SourceOK); len(b.Alerts) != 0 {
		t.Fatal("a resolved alert stays for ever")
	}
}

// TestForCountsFromWhatWasRead: one look at something that has lasted for an hour is
// enough, and a time that lies ahead (a skewed clock) hastens nothing.
func TestForCountsFromWhatWasRead(t *testing.T) {
	for began, want := range map[time.Duration]fleet.AlertState{-time.Hour: fleet.AlertFiring, -time.Minute: fleet.AlertPending, time.Hour: fleet.AlertPending} {
		w := fleettest.New()
		w.Host("intel")
		found := []fleet.Finding{{Key: "intel", Began: w.At.Add(began), Rests: []fleet.SourceID{fleet.HostSource("intel")}}}
		b := fleet.Board{}.Fold(w.Snapshot(), []fleet.Rule{scripted("r", 5*time.Minute, &found)})
		if a := b.Alerts[0]; a.State != want || !a.Since.Equal(w.At) {
			t.Errorf("began %s ago: %s since %s, want %s", -began, a.State, a.Since, want)
		}
	}
}

// TestOldDataIsNoNewLook: the collector keeps the last good data of a dead
// source, so what it shows is found again and again without anybody looking.
func TestOldDataIsNoNewLook(t *testing.T) {
	host := fleet.HostSource("intel")
	found := []fleet.Finding{{Key: "intel", Rests: []fleet.SourceID{host}}}
	rules := []fleet.Rule{scripted("r", time.Minute, &found)}
	look := func(b fleet.Board, now, read time.Duration) fleet.Board {
		w := fleettest.New()
		w.Host("intel")
		w.Sources[host].State, w.Sources[host].ReadAt = fleet.SourceFailing, fleettest.Now.Add(read)
		r := w.Reads()
		r.At = fleettest.Now.Add(now)
		return b.Fold(fleet.Join(r), rules)
	}
	const m = time.Minute
	pending := look(fleet.Board{}, 0, 0)
	if a := look(pending, 10*m, 0).Alerts[0]; a.State != fleet.AlertPending {
		t.Errorf("one look, For over on old data: %s", a.State)
	}
	if a := look(pending, 10*m, 10*m).Alerts[0]; a.State != fleet.AlertFiring {
		t.Errorf("second look after For: %s", a.State)
	}
	b := look(pending, m, m)
	if a := look(b, 2*m, m).Alerts[0]; a.State != fleet.AlertFiring {
		t.Errorf("one failed try: %s", a.State)
	}
	b = look(b, 10*m, m)
	if a := b.Alerts[0]; a.State != fleet.AlertStale || a.StaleWhy == "" || !a.SeenAt.Equal(fleettest.Now.Add(m)) {
		t.Errorf("source dead for nine minutes: %s, why %q, seen %s", a.State, a.StaleWhy, a.SeenAt)
	}
	if a := look(b, 11*m, 11*m).Alerts[0]; a.State != fleet.AlertFiring || !a.FiredAt.Equal(fleettest.Now.Add(m)) {
		t.Errorf("source back: %s, fired at %s", a.State, a.FiredAt)
	}
	found[0].Subjects = []fleet.Subject{fleet.OfSource(host)}
	if a := look(b, 12*m, m).Alerts[0]; a.State != fleet.AlertFiring {
		t.Errorf("an alert about the dead source itself: %s", a.State)
	}
}

// An alert of a rule that wavers goes on firing for a while, as one alert.
func TestKeptAlertIsRaisedOnce(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	found := []fleet.Finding{{Key: "intel", Rests: []fleet.SourceID{fleet.HostSource("intel")}}}
	there := found
	rules := []fleet.Rule{scripted("r", 0, &found)}
	rules[0].Keep = 3 * time.Minute
	b := fleet.Board{}
	for m, want := range []fleet.AlertState{fleet.AlertFiring, fleet.AlertFiring, fleet.AlertFiring, fleet.AlertFiring, fleet.AlertFiring, fleet.AlertFiring, fleet.AlertResolved} {
		found = nil
		if m == 0 || m == 3 {
			found = there
		}
		b = b.Fold(at(w, time.Duration(m)*time.Minute, fleet.SourceOK), rules)
		if len(b.Alerts) != 1 || b.Alerts[0].State != want {
			t.Fatalf("minute %d: %+v, want %s", m, b.Alerts, want)
		}
	}
}

// A source that turns out to be one this server has not takes its alerts along:
// they could never be seen to end.
func TestAlertOfAnAbsentSourceResolves(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	found := []fleet.Finding{{Key: "intel", Rests: []fleet.SourceID{fleet.HostSource("intel")}}}
	rules := []fleet.Rule{scripted("r", 0, &found)}
	b := fleet.Board{}.Fold(at(w, 0, fleet.SourceFailing), rules)
	found = nil
	if b = b.Fold(at(w, time.Second, fleet.SourceAbsent), rules); len(b.Alerts) != 1 || b.Alerts[0].State != fleet.AlertResolved {
		t.Errorf("%+v", b.Alerts)
	}
}

func TestPendingAlertIsForgottenOnlyOnAFreshAnswer(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	found := []fleet.Finding{{Key: "intel", Rests: []fleet.SourceID{fleet.HostSource("intel")}}}
	rules := []fleet.Rule{scripted("r", time.Minute, &found)}
	b := fleet.Board{}.Fold(at(w, 0, fleet.SourceOK), rules)
	found = nil
	if b = b.Fold(at(w, time.Second, fleet.SourceFailing), rules); len(b.Alerts) != 1 || b.Alerts[0].State != fleet.AlertPending {
		t.Errorf("while blind: %+v", b.Alerts)
	}
	if b = b.Fold(at(w, 2*time.Second, fleet.SourceOK), rules); len(b.Alerts) != 0 {
		t.Errorf("seen and gone: %+v", b.Alerts)
	}
}

func TestCauseMutesItsEffectWhereAllSubjectsMeet(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	pr := func(n int) fleet.Subject { return fleet.OfPR(fleet.PRKey{Repo: fleettest.Repo, Number: n}) }
	cause := []fleet.Finding{{Severity: fleet.SeverityStop, Key: "c", Subjects: []fleet.Subject{pr(1), pr(2)}}}
	effect := []fleet.Finding{
		{Severity: fleet.SeverityWarn, Key: "inside", Subjects: []fleet.Subject{pr(1)}},
		{Severity: fleet.SeverityWarn, Key: "wider", Subjects: []fleet.Subject{pr(1), pr(3)}},
		{Severity: fleet.SeverityWarn, Key: "elsewhere", Subjects: []fleet.Subject{fleet.OfHost("yoga")}},
	}
	b := fleet.Board{}.Fold(at(w, 0, fleet.SourceOK), []fleet.Rule{scripted("cause", 0, &cause), scripted("effect", 0, &effect, "cause")})
	for _, a := range b.Alerts {
		if want := a.Key == "inside"; (a.MutedBy != "") != want {
			t.Errorf("%s: muted by %q", a.Fingerprint(), a.MutedBy)
		}
	}
	if b.Alerts[0].Rule != "cause" {
		t.Errorf("worst is not first: %s", b.Alerts[0].Fingerprint())
	}
}

func TestCauseMutesFromASeverityOn(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	host := []fleet.Subject{fleet.OfHost("intel")}
	cause := []fleet.Finding{{Severity: fleet.SeverityWarn, Key: "c", Subjects: host}}
	effect := []fleet.Finding{{Severity: fleet.SeverityWarn, Key: "e", Subjects: host}}
	rule := scripted("effect", 0, &effect, "cause")
	muted := func() bool {
		b := fleet.Board{}.Fold(at(w, 0, fleet.SourceOK), []fleet.Rule{scripted("cause", 0, &cause), rule})
		a, _ := b.Alert("effect/e")
		return a.MutedBy != ""
	}
	if !muted() {
		t.Error("a warning does not mute a warning")
	}
	rule.CausesFrom = fleet.SeverityStop
	if muted() {
		t.Error("a warning mutes where only a stop may")
	}
	if cause[0].Severity = fleet.SeverityStop; !muted() {
		t.Error("a stop does not mute")
	}
}

func TestLampIsNeverGreenOnUnknown(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	for _, tc := range []struct {
		src  fleet.SourceState
		want fleet.Lamp
	}{{fleet.SourceOK, fleet.LampGreen}, {fleet.SourceFailing, fleet.LampUnknown}, {fleet.SourceNever, fleet.LampUnknown}, {fleet.SourcePartial, fleet.LampUnknown}} {
		if got := (fleet.Board{}).Lamp(at(w, 0, tc.src)); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.src, got, tc.want)
		}
	}
	if got := (fleet.Board{}).Lamp(fleet.Join(fleet.Reads{})); got != fleet.LampUnknown {
		t.Errorf("nothing read: %s", got)
	}
}
