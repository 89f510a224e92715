package day

import (
	"flag"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"andon/fleet"
	"andon/fleet/poll"
	"andon/fleet/rules"
)

var (
	seeds = flag.String("seeds", "1693", "seeds of the days, parted by commas")
	count = flag.Int("incidents", 1000, "incidents in a day")
)

// each runs a test for every seed.
func each(t *testing.T, do func(t *testing.T, seed int64)) {
	for _, text := range strings.Split(*seeds, ",") {
		var seed int64
		if _, err := fmt.Sscan(text, &seed); err != nil {
			t.Fatalf("-seeds %q: %v", *seeds, err)
		}
		t.Run("seed "+text, func(t *testing.T) { do(t, seed) })
	}
}

// length is how much of a day is lived, and with how many incidents.
func length(t *testing.T) (time.Duration, int) {
	if testing.Short() {
		t.Logf("-short: 3 hours of the day with an eighth of its incidents; a whole day takes half a minute of two processors")
		return 3 * time.Hour, *count / 8
	}
	return 24 * time.Hour, *count
}

// live runs a day through the console's collector, rules and board.
func live(t *testing.T, d *Day, visit func(*fleet.Snapshot, fleet.Board)) {
	t.Helper()
	e := d.Listen(time.Now)
	c := poll.New(poll.Config{Hosts: d.Hosts(), Repos: d.Repos(), Scopes: d.Scopes(), Policy: Policy(), Now: time.Now, Receivers: e.Receivers,
		Stored: fleet.Reads{History: d.History()}}, e, e.GitHub())
	all := rules.All()
	var b fleet.Board
	for end := d.Begin.Add(d.Long); time.Now().Before(end); time.Sleep(Poll) {
		s := c.Once(t.Context())
		b = b.Fold(s, all)
		visit(s, b)
	}
}

// TestDay: over a day of incidents of all kinds none is missed, none is told twice,
// nothing else fires, and what is mended is over.
func TestDay(t *testing.T) {
	t.Parallel()
	defer debug.SetGCPercent(debug.SetGCPercent(400)) // each look leaves a snapshot behind
	long, n := length(t)
	each(t, func(t *testing.T, seed int64) {
		synctest.Test(t, func(t *testing.T) {
			d, err := New(seed, time.Now(), long, n, rules.All())
			if err != nil {
				t.Fatal(err)
			}
			j := NewJudge(d, rules.All())
			live(t, d, func(_ *fleet.Snapshot, b fleet.Board) { j.Look(b) })
			for i, f := range j.Faults() {
				if i == 40 {
					t.Errorf("and %d more", len(j.Faults())-i)
					break
				}
				t.Errorf("seed %d: %s", seed, f)
			}
			if t.Failed() {
				t.Logf("what became of them:\n%s", j.Stories(10))
			}
			t.Logf("seed %d, %d incidents of %d kinds, %d with a silent source in their middle:\n%s", seed, len(d.Incidents), len(j.Late), j.Blinded(), j.Slowest())
		})
	})
}

// TestCleanDay: the same fleet without an incident lights nothing, and the lamp is
// green from the second minute on.
func TestCleanDay(t *testing.T) {
	t.Parallel()
	long, _ := length(t)
	each(t, func(t *testing.T, seed int64) {
		synctest.Test(t, func(t *testing.T) {
			d, err := New(seed, time.Now(), long, 0, rules.All())
			if err != nil {
				t.Fatal(err)
			}
			looks, said := 0, map[string]bool{}
			live(t, d, func(s *fleet.Snapshot, b fleet.Board) {
				looks++
				for _, a := range b.Alerts {
					if a.State == fleet.AlertFiring && a.Severity != fleet.SeverityInfo && !said[a.Fingerprint()] {
						said[a.Fingerprint()] = true
						t.Errorf("seed %d, %s: %s %s: %s", seed, s.At.Format(time.TimeOnly), a.Severity, a.Fingerprint(), a.Summary)
					}
				}
				if lamp := b.Lamp(s); lamp != fleet.LampGreen && s.At.Sub(d.Begin) > time.Minute && !said[string(lamp)] {
					said[string(lamp)] = true
					t.Errorf("seed %d, %s: lamp %s", seed, s.At.Format(time.TimeOnly), lamp)
				}
			})
			t.Logf("seed %d: %d looks", seed, looks)
		})
	})
}

// TestEveryRuleHasItsIncident: a rule without a kind here would never be put to the
// test of a day.
func TestEveryRuleHasItsIncident(t *testing.T) {
	have := map[fleet.RuleID]bool{}
	names := map[string]bool{}
	for _, k := range kinds(rules.All()) {
		have[k.Rule] = true
		if names[k.Name] {
			t.Errorf("two kinds are called %q", k.Name)
		}
		names[k.Name] = true
	}
	for _, r := range rules.All() {
		if !have[r.ID] {
			t.Errorf("no incident of the day is of rule %s", r.ID)
		}
	}
}

// TestDaysAreEqual: a day is a matter of its seed.
func TestDaysAreEqual(t *testing.T) {
	begin := time.Date(2026, 5, 18, 0, 0, 0, 0, time.UTC)
	picture := func(seed int64) string {
		d, err := New(seed, begin, 24*time.Hour, 200, rules.All())
		if err != nil {
			t.Fatal(err)
		}
		out := ""
		for _, i := range d.Incidents {
			out += fmt.Sprintln(i, i.About)
		}
		for _, c := range d.cells {
			for _, x := range c.runs {
				r, _ := x.tell(begin.Add(7 * time.Hour))
				out += fmt.Sprintln(r)
			}
		}
		return out
	}
	first := picture(5)
	if again := picture(5); again != first {
		t.Error("one seed, two days")
	}
	if first == picture(6) {
		t.Error("two seeds, one day")
	}
}

// TestJudgeSees: a judge that could not fail would prove nothing.
func TestJudgeSees(t *testing.T) {
	begin := time.Date(2026, 5, 18, 0, 0, 0, 0, time.UTC)
	about := fleet.OfHost("p00-h1")
	incident := func() *Incident {
		return &Incident{N: 1, Kind: Kind{Name: "host gone", Rule: "host-unreachable"}, From: begin.Add(time.Minute), To: begin.Add(5 * time.Minute),
			By: begin.Add(2 * time.Minute), Until: begin.Add(6 * time.Minute), Where: "p00-h1", About: []fleet.Subject{about}}
	}
	alert := func(rule fleet.RuleID, key string, st fleet.AlertState) fleet.Alert {
		return fleet.Alert{Finding: fleet.Finding{Rule: rule, Key: key, Subjects: []fleet.Subject{about}}, State: st}
	}
	firing := alert("host-unreachable", "p00-h1", fleet.AlertFiring)
	resolved := alert("host-unreachable", "p00-h1", fleet.AlertResolved)
	good := map[int]fleet.Alert{2: firing, 3: firing, 4: firing, 5: resolved, 6: resolved, 7: resolved}
	for name, tc := range map[string]struct {
		change func(map[int][]fleet.Alert)
		blind  bool
		want   string
	}{
		"well":         {func(map[int][]fleet.Alert) {}, false, ""},
		"missed":       {func(m map[int][]fleet.Alert) { clear(m) }, false, "missed"},
		"early":        {func(m map[int][]fleet.Alert) { m[1] = m[2] }, false, "early"},
		"twice":        {func(m map[int][]fleet.Alert) { m[3] = []fleet.Alert{resolved} }, false, "twice"},
		"another name": {func(m map[int][]fleet.Alert) { m[3] = append(m[3], alert("host-unreachable", "x", fleet.AlertFiring)) }, false, "twice"},
		"stays":        {func(m map[int][]fleet.Alert) { m[7] = m[2] }, false, "stays"},
		"false":        {func(m map[int][]fleet.Alert) { m[0] = []fleet.Alert{alert("at-limit", "x", fleet.AlertFiring)} }, false, "false"},
		"blindness":    {func(m map[int][]fleet.Alert) { m[3] = []fleet.Alert{resolved} }, true, "resolved while"},
		"never stale":  {func(map[int][]fleet.Alert) {}, true, "never stale"},
	} {
		i := incident()
		if tc.blind {
			i.Blinded, i.Dark = true, span{begin.Add(150 * time.Second), begin.Add(210 * time.Second)}
		}
		j := NewJudge(&Day{Incidents: []*Incident{i}}, []fleet.Rule{{ID: "host-unreachable", For: time.Minute}})
		looks := map[int][]fleet.Alert{}
		for m, a := range good {
			looks[m] = []fleet.Alert{a}
		}
		tc.change(looks)
		for m := range 9 {
			j.Look(fleet.Board{At: begin.Add(time.Duration(m) * time.Minute), Alerts: looks[m]})
		}
		got := strings.Join(j.Faults(), "\n")
		if tc.want == "" && got != "" || !strings.Contains(got, tc.want) {
			t.Errorf("%s: %q, want %q", name, got, tc.want)
		}
	}
}
