package fleet_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// told folds one scripted rule over time and collects what is told.
type told struct {
	w     *fleettest.World
	found []fleet.Finding
	rules []fleet.Rule
	board fleet.Board
	now   time.Duration
}

func newTold(hold time.Duration, causes ...fleet.RuleID) *told {
	w := fleettest.New()
	w.Host("intel")
	t := &told{w: w}
	t.rules = []fleet.Rule{{ID: "r", Title: "r", For: hold, Causes: causes, Evaluate: func(*fleet.Snapshot) []fleet.Finding { return slices.Clone(t.found) }}}
	return t
}

func (t *told) fold(d time.Duration, src fleet.SourceState) []fleet.Transition {
	t.now += d
	before := t.board
	t.board = before.Fold(at(t.w, t.now, src), t.rules)
	return fleet.Transitions(before, t.board)
}

// kinds writes transitions as "raised r/intel, grew r/intel".
func kinds(ts []fleet.Transition) string {
	out := make([]string, len(ts))
	for i, x := range ts {
		out[i] = string(x.Kind) + " " + x.Fingerprint()
	}
	return strings.Join(out, ", ")
}

func onIntel(sev fleet.Severity, prs ...int) fleet.Finding {
	f := fleet.Finding{Severity: sev, Key: "intel", Rests: []fleet.SourceID{fleet.HostSource("intel")}, Subjects: []fleet.Subject{fleet.OfHost("intel")}}
	for _, n := range prs {
		f.Subjects = append(f.Subjects, fleet.OfPR(fleet.PRKey{Repo: fleettest.Repo, Number: n}))
	}
	return f
}

// TestTransitionsOfAnAlertsLife: every change is told once, and nothing else is.
func TestTransitionsOfAnAlertsLife(t *testing.T) {
	x := newTold(time.Minute)
	stop, warn := fleet.SeverityStop, fleet.SeverityWarn
	for i, step := range []struct {
		find []fleet.Finding
		src  fleet.SourceState
		ack  string // "-" takes it back
		want string
	}{
		{nil, fleet.SourceOK, "", ""},
		{[]fleet.Finding{onIntel(warn, 1)}, fleet.SourceOK, "", ""}, // pending
		{[]fleet.Finding{onIntel(warn, 1)}, fleet.SourceOK, "", "raised r/intel"},
		{[]fleet.Finding{onIntel(warn, 1)}, fleet.SourceOK, "", ""},
		{[]fleet.Finding{onIntel(stop, 1)}, fleet.SourceOK, "", "worse r/intel"},
		{[]fleet.Finding{onIntel(stop, 1, 2)}, fleet.SourceOK, "", "grew r/intel"},
		{[]fleet.Finding{onIntel(stop, 2)}, fleet.SourceOK, "", ""},    // fewer is no news
		{[]fleet.Finding{onIntel(stop, 1, 2)}, fleet.SourceOK, "", ""}, // and back is none either
		{[]fleet.Finding{onIntel(stop, 1, 2)}, fleet.SourceOK, "mei", "acked r/intel"},
		{[]fleet.Finding{onIntel(stop, 1, 2)}, fleet.SourceOK, "", ""},
		{nil, fleet.SourceFailing, "", "stale r/intel"},
		{nil, fleet.SourcePartial, "", ""},
		{[]fleet.Finding{onIntel(stop, 1, 2)}, fleet.SourceOK, "", "back r/intel"},
		{[]fleet.Finding{onIntel(stop, 1, 2)}, fleet.SourceOK, "-", "unacked r/intel"},
		{[]fleet.Finding{onIntel(warn, 1, 2)}, fleet.SourceOK, "", "better r/intel"},
		{nil, fleet.SourceOK, "", "resolved r/intel"},
		{nil, fleet.SourceOK, "", ""},
	} {
		x.found = step.find
		before := x.board
		if step.ack != "" {
			x.board = x.board.Ack("r/intel", strings.TrimSuffix(step.ack, "-"))
		}
		x.now += time.Minute
		x.board = x.board.Fold(at(x.w, x.now, step.src), x.rules)
		got := fleet.Transitions(before, x.board)
		if kinds(got) != step.want {
			t.Errorf("step %d: told %q, want %q", i, kinds(got), step.want)
		}
		for _, g := range got {
			if !g.At.Equal(x.board.At) || g.Alert.Rule != "r" || g.Kind == fleet.ChangeWorse && g.Was != warn || g.Kind == fleet.ChangeBetter && g.Was != stop {
				t.Errorf("step %d: %+v", i, g)
			}
			if g.Kind == fleet.ChangeGrew && (len(g.Added) != 1 || g.Added[0].PR != 2) {
				t.Errorf("grew by %v", g.Added)
			}
		}
		if again := fleet.Transitions(x.board, x.board); len(again) != 0 {
			t.Errorf("step %d: told again without a change: %s", i, kinds(again))
		}
	}
}

// TestGrowthIsToldInSteps: a list of a hundred that grows one by one is told
// a few times, not a hundred.
func TestGrowthIsToldInSteps(t *testing.T) {
	x := newTold(0)
	var prs []int
	grew := 0
	for n := 1; n <= 100; n++ {
		prs = append(prs, n)
		x.found = []fleet.Finding{onIntel(fleet.SeverityStop, prs...)}
		for _, g := range x.fold(time.Second, fleet.SourceOK) {
			if g.Kind == fleet.ChangeGrew {
				grew++
			}
		}
	}
	if grew < 5 || grew > 25 {
		t.Errorf("told %d times", grew)
	}
}

// TestFlappingIsFolded: the third time says so, then there is silence until it
// stays, or stays away.
func TestFlappingIsFolded(t *testing.T) {
	for _, hold := range []time.Duration{0, 10 * time.Second} {
		x := newTold(hold)
		var all []fleet.Transition
		for range 7 {
			x.found = []fleet.Finding{onIntel(fleet.SeverityStop, 1)}
			all = append(all, x.fold(20*time.Second, fleet.SourceOK)...)
			all = append(all, x.fold(20*time.Second, fleet.SourceOK)...)
			x.found = nil
			all = append(all, x.fold(20*time.Second, fleet.SourceOK)...)
		}
		if got, want := kinds(all), "raised r/intel, resolved r/intel, raised r/intel, resolved r/intel, raised r/intel"; !strings.HasPrefix(got, want) {
			t.Errorf("For %s: told %s", hold, got)
		}
		last := all[len(all)-1]
		if len(all) != 6 || last.Kind != fleet.ChangeFlapping || last.Alert.Times != 6 || last.Alert.FlapSince.IsZero() || all[4].Alert.Times != 3 {
			t.Errorf("For %s: told %s, last %d times since %s", hold, kinds(all), last.Alert.Times, last.Alert.FlapSince)
		}
		var end []fleet.Transition
		for range 12 {
			end = append(end, x.fold(time.Minute, fleet.SourceOK)...)
		}
		if kinds(end) != "resolved r/intel" || end[0].Alert.ResolvedAt.IsZero() || len(x.board.Alerts) != 0 {
			t.Errorf("For %s: at the end told %q, board %v", hold, kinds(end), x.board.Alerts)
		}
	}
}

// TestFlappingEndsByStaying: an alert that has fired for ten minutes is counted
// anew.
func TestFlappingEndsByStaying(t *testing.T) {
	x := newTold(0)
	on, off := []fleet.Finding{onIntel(fleet.SeverityStop, 1)}, []fleet.Finding(nil)
	for _, f := range [][]fleet.Finding{on, off, on, off, on} {
		x.found = f
		x.fold(time.Minute, fleet.SourceOK)
	}
	if a := x.board.Alerts[0]; a.Times != 3 {
		t.Fatalf("%d times", a.Times)
	}
	for range 11 {
		if ts := x.fold(time.Minute, fleet.SourceOK); len(ts) != 0 {
			t.Errorf("told %s", kinds(ts))
		}
	}
	if a := x.board.Alerts[0]; a.Times != 1 || a.Flaps() != 0 {
		t.Errorf("%d times after it stayed", a.Times)
	}
	x.found = off
	if ts := x.fold(time.Minute, fleet.SourceOK); kinds(ts) != "resolved r/intel" {
		t.Errorf("told %q", kinds(ts))
	}
}

// TestMutedEffectsTellNothing: an effect is told when its cause no longer
// explains it, and never on its own while it does.
func TestMutedEffectsTellNothing(t *testing.T) {
	w := fleettest.New()
	w.Host("intel")
	cause := []fleet.Finding{onIntel(fleet.SeverityStop)}
	effect := []fleet.Finding{onIntel(fleet.SeverityWarn)}
	rules := []fleet.Rule{scripted("cause", 0, &cause), scripted("effect", 0, &effect, "cause")}
	var b fleet.Board
	now := time.Duration(0)
	fold := func() string {
		now += time.Minute
		before := b
		b = b.Fold(at(w, now, fleet.SourceOK), rules)
		return kinds(fleet.Transitions(before, b))
	}
	one := func(step, got, want string) {
		t.Helper()
		if got != want {
			t.Errorf("%s: told %q, want %q", step, got, want)
		}
	}
	one("both at once", fold(), "raised cause/intel")
	saved := cause
	cause = nil
	one("cause mended, effect still there", fold(), "unmuted effect/intel, resolved cause/intel")
	cause = saved
	one("cause again", fold(), "raised cause/intel, muted effect/intel")
	effect = nil
	one("effect gone while muted", fold(), "")
	cause = nil
	one("cause gone", fold(), "resolved cause/intel")
}

// TestTransitionsFromNothing: the first board of all is told whole, but for what
// is pending, muted or over.
func TestTransitionsFromNothing(t *testing.T) {
	a := func(key string, st fleet.AlertState, muted string) fleet.Alert {
		return fleet.Alert{Finding: fleet.Finding{Rule: "r", Key: key}, State: st, MutedBy: muted}
	}
	b := fleet.Board{At: fleettest.Now, Alerts: []fleet.Alert{a("1", fleet.AlertFiring, ""), a("2", fleet.AlertStale, ""), a("3", fleet.AlertPending, ""), a("4", fleet.AlertResolved, ""), a("5", fleet.AlertFiring, "r/1")}}
	if got := kinds(fleet.Transitions(fleet.Board{}, b)); got != "raised r/1, raised r/2" {
		t.Errorf("told %q", got)
	}
	if got := kinds(fleet.Transitions(b, fleet.Board{At: fleettest.Now})); got != "resolved r/1, resolved r/2" {
		t.Errorf("a board without them told %q", got)
	}
}

func TestHostsAndPullRequestsOfAFinding(t *testing.T) {
	pr := fleet.PRKey{Repo: fleettest.Repo, Number: 5}
	f := fleet.Finding{Subjects: []fleet.Subject{fleet.OfDir(fleet.DirID{Host: "intel", Path: "/a"}), fleet.OfDisk("yoga", "/b"), fleet.OfPR(pr), fleet.OfPR(pr), fleet.OfHost("intel")}}
	if !slices.Equal(f.Hosts(), []fleet.HostName{"intel", "yoga"}) || !slices.Equal(f.PullRequests(), []fleet.PRKey{pr}) {
		t.Errorf("%v %v", f.Hosts(), f.PullRequests())
	}
}
