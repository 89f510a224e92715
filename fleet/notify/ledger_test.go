package notify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"andon/fleet"
)

var t0 = time.Date(2026, 5, 18, 3, 30, 0, 0, time.UTC)

// firing makes an alert that stands on a host.
func firing(rule fleet.RuleID, key string, sev fleet.Severity, hosts ...fleet.HostName) fleet.Alert {
	a := fleet.Alert{Finding: fleet.Finding{Rule: rule, Key: key, Severity: sev, Summary: "about " + key}, State: fleet.AlertFiring,
		Title: "title of " + string(rule), Since: t0, FiredAt: t0, SeenAt: t0, Times: 1}
	for _, h := range hosts {
		a.Subjects = append(a.Subjects, fleet.OfHost(h))
	}
	a.Spread = len(hosts)
	return a
}

func boardOf(alerts ...fleet.Alert) fleet.Board { return fleet.Board{Alerts: alerts, At: t0} }

func over(a fleet.Alert) fleet.Alert {
	a.State, a.ResolvedAt = fleet.AlertResolved, t0
	return a
}

// says writes a notice as "raised owner@intel: owner/a owner/b (owner/c over)".
func says(n Notice) string {
	var out []string
	for _, i := range n.Items {
		s := i.Alert.Fingerprint()
		if !i.Standing {
			s = "(" + s + " over)"
		}
		out = append(out, s)
	}
	return fmt.Sprintf("%s %s@%v: %s", n.Reason, n.Rule, n.Hosts, strings.Join(out, " "))
}

func saysAll(ns []Notice) string {
	var out []string
	for _, n := range ns {
		out = append(out, says(n))
	}
	return strings.Join(out, "; ")
}

// TestLedger plays boards against a ledger whose notices all arrive.
func TestLedger(t *testing.T) {
	stop, warn := fleet.SeverityStop, fleet.SeverityWarn
	a, b := firing("owner", "a", stop, "intel"), firing("owner", "b", stop, "intel")
	yoga := firing("owner", "y", stop, "yoga")
	low := firing("disk", "d", warn, "intel")
	high := low
	high.Severity = stop
	muted := a
	muted.MutedBy = "cause/x"
	acked := a
	acked.AckedBy = "mei"
	wide := a
	wide.Subjects, wide.Spread = append(slices.Clone(a.Subjects), fleet.OfHost("yoga")), 2
	flaps := a
	flaps.Times = 3
	gone := over(flaps)
	type step struct {
		after time.Duration // since the step before
		board fleet.Board
		want  string
	}
	const s = time.Second
	for _, tc := range []struct {
		name  string
		steps []step
	}{
		{"what belongs together is one notice, the rest another", []step{
			{0, boardOf(a), ""}, {4 * s, boardOf(a, b, yoga), ""}, {6 * s, boardOf(a, b, yoga), "raised owner@[intel]: owner/a owner/b"},
			{4 * s, boardOf(a, b, yoga), "raised owner@[yoga]: owner/y"}, {600 * s, boardOf(a, b, yoga), ""}}},
		{"too light for this receiver, until it is not", []step{
			{0, boardOf(low), ""}, {60 * s, boardOf(low), ""}, {0, boardOf(high), ""}, {10 * s, boardOf(high), "raised disk@[intel]: disk/d"},
			{0, boardOf(low), ""}, {10 * s, boardOf(low), "changed disk@[intel]: disk/d"}}},
		{"came and went", []step{{0, boardOf(a), ""}, {5 * s, boardOf(over(a)), ""}, {60 * s, boardOf(), ""}}},
		{"ended, with what still stands", []step{
			{0, boardOf(a, b), ""}, {10 * s, boardOf(a, b), "raised owner@[intel]: owner/a owner/b"}, {0, boardOf(a, over(b)), ""},
			{10 * s, boardOf(a, over(b)), "resolved owner@[intel]: owner/a (owner/b over)"}, {60 * s, boardOf(a), ""},
			{0, boardOf(), ""}, {10 * s, boardOf(), "resolved owner@[intel]: (owner/a over)"}, {60 * s, boardOf(), ""}}},
		{"repeated while nobody acknowledges", []step{
			{0, boardOf(a), ""}, {10 * s, boardOf(a), "raised owner@[intel]: owner/a"}, {3599 * s, boardOf(a), ""}, {s, boardOf(a), "repeat owner@[intel]: owner/a"},
			{3600 * s, boardOf(acked), ""}, {3600 * s, boardOf(acked), ""}, {0, boardOf(a), "repeat owner@[intel]: owner/a"}}},
		{"growth stays in its group", []step{
			{0, boardOf(a), ""}, {10 * s, boardOf(a), "raised owner@[intel]: owner/a"}, {0, boardOf(wide), ""}, {10 * s, boardOf(wide), "changed owner@[intel]: owner/a"},
			{0, boardOf(a), ""}, {60 * s, boardOf(wide), ""}}},
		{"explained by a cause", []step{
			{0, boardOf(muted), ""}, {60 * s, boardOf(muted), ""}, {0, boardOf(a), ""}, {10 * s, boardOf(a), "raised owner@[intel]: owner/a"},
			{0, boardOf(muted), ""}, {4000 * s, boardOf(muted), ""}, {0, boardOf(), ""}, {10 * s, boardOf(), "resolved owner@[intel]: (owner/a over)"}}},
		{"flapping is one standing", []step{
			{0, boardOf(a), ""}, {10 * s, boardOf(a), "raised owner@[intel]: owner/a"}, {0, boardOf(flaps), ""}, {10 * s, boardOf(flaps), "changed owner@[intel]: owner/a"},
			{0, boardOf(gone), ""}, {60 * s, boardOf(flaps), ""}, {60 * s, boardOf(gone), ""}, {0, boardOf(), ""}, {10 * s, boardOf(), "resolved owner@[intel]: (owner/a over)"}}},
		{"stale is still standing", []step{
			{0, boardOf(a), ""}, {10 * s, boardOf(a), "raised owner@[intel]: owner/a"}, {0, boardOf(func() fleet.Alert { x := a; x.State = fleet.AlertStale; return x }()), ""}, {60 * s, boardOf(a), ""}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			l := NewLedger(Terms{MinSeverity: stop, GroupWait: 10 * s, Repeat: time.Hour}, nil, nil)
			now := t0
			for i, st := range tc.steps {
				now = now.Add(st.after)
				l.Observe(st.board, now)
				ns := l.Due(now, false)
				if got := saysAll(ns); got != st.want {
					t.Fatalf("step %d: %q, want %q", i, got, st.want)
				}
				for _, n := range ns {
					l.Arrived(n, now)
				}
				if again := l.Due(now, true); len(again) > 0 && st.want != "" && again[0].Group == ns[0].Group {
					t.Errorf("step %d: told, and due again: %s", i, saysAll(again))
				}
			}
		})
	}
}

// TestLedgerAfterFailure: what could not be told is told later as it stands then,
// and not at all where it is over before anybody was told.
func TestLedgerAfterFailure(t *testing.T) {
	a, b := firing("owner", "a", fleet.SeverityStop, "intel"), firing("owner", "b", fleet.SeverityStop, "intel")
	l := NewLedger(Terms{MinSeverity: fleet.SeverityStop}, nil, nil)
	l.Observe(boardOf(a), t0)
	ns := l.Due(t0, false)
	if len(ns) != 1 {
		t.Fatalf("%v", ns)
	}
	l.Failed(ns[0], t0.Add(time.Minute), false)
	l.Observe(boardOf(a, b), t0.Add(time.Second))
	if ns := l.Due(t0.Add(30*time.Second), false); len(ns) != 0 || l.Waiting() != 2 {
		t.Errorf("%s while it waits; %d alerts wait", saysAll(ns), l.Waiting())
	}
	if at, ok := l.Next(); !ok || !at.Equal(t0.Add(time.Minute)) {
		t.Errorf("next at %s %v", at, ok)
	}
	l.Observe(boardOf(b), t0.Add(time.Minute))
	ns = l.Due(t0.Add(time.Minute), false)
	if saysAll(ns) != "raised owner@[intel]: owner/b" {
		t.Fatalf("%s", saysAll(ns))
	}
	l.Arrived(ns[0], t0.Add(time.Minute))
	if l.Waiting() != 0 {
		t.Error("still waits")
	}
	c := firing("disk", "c", fleet.SeverityStop, "yoga")
	l.Observe(boardOf(a, b, c), t0.Add(2*time.Minute))
	ns = l.Due(t0.Add(2*time.Minute), false)
	for _, all := range []bool{false, true} { // one notice that is not taken holds up the others only where none is
		l.Failed(ns[0], t0.Add(time.Hour), all)
		if got := len(l.Due(t0.Add(3*time.Minute), false)); all != (got == 0) {
			t.Errorf("all %v: %d notices due of %s", all, got, saysAll(ns))
		}
	}
}

// TestLedgerOverARestart: what was told is not told again, what was not is, and
// what ended meanwhile is told to have.
func TestLedgerOverARestart(t *testing.T) {
	a, b, c := firing("owner", "a", fleet.SeverityStop, "intel"), firing("owner", "b", fleet.SeverityStop, "intel"), firing("disk", "c", fleet.SeverityStop, "yoga")
	terms := Terms{MinSeverity: fleet.SeverityStop, Repeat: time.Hour}
	first := NewLedger(terms, nil, nil)
	first.Observe(boardOf(a, c), t0)
	var past []fleet.Told
	for _, n := range first.Due(t0, false) {
		past = append(past, n.told("x", t0))
	}
	known := map[string]fleet.Alert{"owner/a": a, "disk/c": over(c)}
	l := NewLedger(terms, past, known)
	l.Observe(boardOf(a, b), t0.Add(time.Minute))
	if got, want := saysAll(l.Due(t0.Add(time.Minute), false)), "raised owner@[intel]: owner/a owner/b; resolved disk@[yoga]: (disk/c over)"; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	l = NewLedger(terms, past, nil) // nobody knows the alerts any more
	l.Observe(boardOf(), t0)
	if ns := l.Due(t0, false); len(ns) != 2 || !strings.Contains(saysAll(ns), "(owner/a over)") {
		t.Errorf("%s", saysAll(ns))
	}
	l = NewLedger(terms, append(past, fleet.Told{Alerts: []fleet.ToldAlert{{Fingerprint: "owner/a"}, {Fingerprint: "disk/c"}}}), nil)
	l.Observe(boardOf(), t0)
	if ns := l.Due(t0, true); len(ns) != 0 {
		t.Errorf("told to be over, and told again: %s", saysAll(ns))
	}
	l = NewLedger(terms, past, known)
	l.Observe(boardOf(a, c), t0.Add(time.Minute))
	if ns := l.Due(t0.Add(59*time.Minute), false); len(ns) != 0 {
		t.Errorf("%s", saysAll(ns))
	}
	if ns := l.Due(t0.Add(time.Hour), false); len(ns) != 2 || ns[0].Reason != ReasonRepeat {
		t.Errorf("the time of the last notice is lost: %s", saysAll(ns))
	}
}

// TestLedgerAssume: what stands when the console opens rings no bell.
func TestLedgerAssume(t *testing.T) {
	a, b := firing("owner", "a", fleet.SeverityStop, "intel"), firing("owner", "b", fleet.SeverityStop, "intel")
	l := NewLedger(Terms{MinSeverity: fleet.SeverityStop, Repeat: time.Hour}, nil, nil)
	l.Assume(boardOf(a), t0)
	if at, ok := l.Next(); ok {
		t.Errorf("something is due at %s", at)
	}
	l.Observe(boardOf(a, b), t0)
	if ns := l.Due(t0, false); len(ns) != 1 || ns[0].Reason != ReasonRaised || !ns[0].Items[1].New || ns[0].Items[0].New {
		t.Errorf("%s", saysAll(ns))
	}
}

// TestLedgerOfVeryMany: notices are bounded, every alert is told, once, and every
// end is.
func TestLedgerOfVeryMany(t *testing.T) {
	const n = 3*maxItems + 7
	var on, off []fleet.Alert
	for i := range n {
		a := firing("owner", fmt.Sprintf("%04d", i), fleet.SeverityStop, "intel")
		on = append(on, a)
		if i%2 == 0 {
			a = over(a)
		}
		off = append(off, a)
	}
	l := NewLedger(Terms{MinSeverity: fleet.SeverityStop}, nil, nil)
	drain := func(alerts []fleet.Alert) (begun, ended map[string]int, notices int) {
		begun, ended = map[string]int{}, map[string]int{}
		l.Observe(boardOf(alerts...), t0)
		for {
			ns := l.Due(t0, false)
			if len(ns) == 0 {
				return begun, ended, notices
			}
			if notices++; notices > n {
				t.Fatal("it never ends")
			}
			for _, i := range ns[0].Items {
				if i.New {
					begun[i.Alert.Key]++
				}
				if !i.Standing {
					ended[i.Alert.Key]++
				}
			}
			if len(ns[0].Items) > maxItems {
				t.Errorf("a notice of %d", len(ns[0].Items))
			}
			l.Arrived(ns[0], t0)
		}
	}
	begun, ended, notices := drain(on)
	if len(begun) != n || len(ended) != 0 || notices != 4 {
		t.Errorf("%d begun, %d ended, %d notices", len(begun), len(ended), notices)
	}
	begun, ended, notices = drain(off)
	if len(begun) != 0 || len(ended) != (n+1)/2 || notices != 2 {
		t.Errorf("%d begun, %d ended, %d notices", len(begun), len(ended), notices)
	}
}
