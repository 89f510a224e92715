package day

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

// Judge compares a board's alerts with what was planned, look by look.
type Judge struct {
	day    *Day
	hold   map[fleet.RuleID]time.Duration
	cases  []*trial
	open   []*trial // begun, and not yet to be forgotten
	next   int
	was    map[string]fleet.AlertState
	faults []string
	known  map[string]bool // what was said already
	fired  map[fleet.RuleID]int
	Late   map[string][]time.Duration // by kind: from the begin of an incident to its alert
}

// trial is an incident under judgement.
type trial struct {
	*Incident
	prints   []string // fingerprints of its alerts
	raised   int
	firedAt  time.Time
	stale    bool // seen stale while blinded
	timeline []string
}

// NewJudge returns a Judge of a day; rules tell how long each must hold.
func NewJudge(d *Day, rules []fleet.Rule) *Judge {
	j := &Judge{day: d, hold: make(map[fleet.RuleID]time.Duration), was: make(map[string]fleet.AlertState), known: make(map[string]bool),
		fired: make(map[fleet.RuleID]int), Late: make(map[string][]time.Duration)}
	for _, r := range rules {
		j.hold[r.ID] = r.For
	}
	for _, i := range d.Incidents {
		j.cases = append(j.cases, &trial{Incident: i})
	}
	return j
}

func (j *Judge) fault(key, format string, a ...any) {
	if !j.known[key] {
		j.known[key] = true
		j.faults = append(j.faults, fmt.Sprintf(format, a...))
	}
}

// Faults lists what went wrong, in the order of its being seen.
func (j *Judge) Faults() []string { return j.faults }

// Fired returns how many alerts of a rule began to fire.
func (j *Judge) Fired(r fleet.RuleID) int { return j.fired[r] }

// Look judges one board.
func (j *Judge) Look(b fleet.Board) {
	t := b.At
	for j.next < len(j.cases) && !j.cases[j.next].From.After(t) {
		j.open = append(j.open, j.cases[j.next])
		j.next++
	}
	for _, a := range b.Alerts {
		j.alert(a, t)
	}
	for fp, st := range j.was {
		if _, there := b.Alert(fp); !there && st != fleet.AlertResolved {
			delete(j.was, fp) // a pending one that came to nothing
		}
	}
	j.open = slices.DeleteFunc(j.open, func(c *trial) bool { return j.deadlines(c, b) })
}

// alert judges one alert that is there.
func (j *Judge) alert(a fleet.Alert, t time.Time) {
	fp := a.Fingerprint()
	was := j.was[fp]
	j.was[fp] = a.State
	begins := a.State == fleet.AlertFiring && was != fleet.AlertFiring && was != fleet.AlertStale
	if begins {
		j.fired[a.Rule]++
	}
	owned := false
	for _, c := range j.open {
		if !c.main(a) {
			owned = owned || c.beside(a)
			continue
		}
		owned = true
		j.own(c, a, t, begins)
		if was != a.State {
			c.timeline = append(c.timeline, fmt.Sprintf("%s %s %s %s", t.Format(time.TimeOnly), a.State, fp, a.Summary))
		}
	}
	if begins && !owned {
		j.fault(fp+"/false", "%s false: %s %s fires without a cause: %s", t.Format(time.TimeOnly), a.Severity, fp, a.Summary)
	}
}

// own judges an incident's own alert.
func (j *Judge) own(c *trial, a fleet.Alert, t time.Time, begins bool) {
	fp := a.Fingerprint()
	id := fmt.Sprint(c.N)
	if begins {
		c.raised++
		if !slices.Contains(c.prints, fp) {
			c.prints = append(c.prints, fp)
		}
		if c.firedAt.IsZero() {
			c.firedAt = t
			j.Late[c.Kind.Name] = append(j.Late[c.Kind.Name], t.Sub(c.From))
		}
		if c.raised > 1 || len(c.prints) > 1 {
			j.fault(id+"/twice", "%s twice: %s: raised %d times, as %s", t.Format(time.TimeOnly), c, c.raised, strings.Join(c.prints, " and "))
		}
		if held := t.Sub(c.From); held < j.hold[a.Rule] {
			j.fault(id+"/early", "%s early: %s: fires %s after its begin, its rule holds for %s", t.Format(time.TimeOnly), c, held, j.hold[a.Rule])
		}
	}
	if c.Blinded && c.Dark.at(t) && !c.firedAt.IsZero() {
		c.stale = c.stale || a.State == fleet.AlertStale
		if a.State == fleet.AlertResolved {
			j.fault(id+"/blind", "%s blind: %s: resolved while its source is silent", t.Format(time.TimeOnly), c)
		}
	}
}

// deadlines judges what is not there, or still there, and reports whether an
// incident is over.
func (j *Judge) deadlines(c *trial, b fleet.Board) bool {
	t, id := b.At, fmt.Sprint(c.N)
	if t.After(c.By) && c.firedAt.IsZero() && t.Before(c.To) {
		j.fault(id+"/missed", "%s missed: %s: no alert by %s%s", t.Format(time.TimeOnly), c, c.By.Format(time.TimeOnly), j.near(c, b))
	}
	if c.Blinded && t.After(c.Dark.to) && !c.firedAt.IsZero() && !c.stale {
		j.fault(id+"/unseen", "%s blind: %s: never stale while its source was silent", t.Format(time.TimeOnly), c)
	}
	if !t.After(c.Until) {
		return false
	}
	for _, fp := range c.prints {
		if a, ok := b.Alert(fp); ok && c.main(a) && (a.State == fleet.AlertFiring || a.State == fleet.AlertStale) {
			j.fault(id+"/stays", "%s stays: %s: still %s after %s: %s", t.Format(time.TimeOnly), c, a.State, c.Until.Format(time.TimeOnly), a.Summary)
		}
	}
	return t.After(c.Until.Add(4 * Poll))
}

// near lists what the board has for the same host or rule.
func (j *Judge) near(c *trial, b fleet.Board) string {
	var out []string
	for _, a := range b.Alerts {
		if a.Rule == c.Kind.Rule || strings.Contains(a.Summary, c.Where) {
			out = append(out, fmt.Sprintf("\n    %s %s %s", a.State, a.Fingerprint(), a.Summary))
		}
	}
	return strings.Join(out[:min(len(out), 6)], "")
}

// main reports whether an alert is the one an incident must raise.
func (c *trial) main(a fleet.Alert) bool {
	return a.Rule == c.Kind.Rule && c.touches(a)
}

// beside reports whether an alert may accompany an incident.
func (c *trial) beside(a fleet.Alert) bool {
	blinded := c.Blinded && (a.Rule == "host-unreachable" || a.Rule == "source-stale")
	return (blinded || slices.Contains(c.Kind.With, a.Rule)) && (c.touches(a) || strings.Contains(a.Fingerprint(), c.Where) || blinded && c.Line != "" && strings.HasSuffix(a.Fingerprint(), c.Line))
}

// touches reports whether an alert is about the incident; one that has the fleet to
// itself is what any alert of its rule is about.
func (c *trial) touches(a fleet.Alert) bool {
	if len(c.About) == 0 {
		return a.Rule == c.Kind.Rule
	}
	return slices.ContainsFunc(c.About, a.About)
}

// Blinded returns in the middle of how many incidents a source fell silent and was seen
// to.
func (j *Judge) Blinded() int {
	n := 0
	for _, c := range j.cases {
		if c.stale {
			n++
		}
	}
	return n
}

// Stories tells what became of the incidents that something went wrong with.
func (j *Judge) Stories(most int) string {
	var b strings.Builder
	for _, c := range j.cases {
		id := fmt.Sprint(c.N)
		if !j.known[id+"/missed"] && !j.known[id+"/twice"] && !j.known[id+"/stays"] && !j.known[id+"/early"] && !j.known[id+"/blind"] && !j.known[id+"/unseen"] {
			continue
		}
		if most--; most < 0 {
			break
		}
		fmt.Fprintf(&b, "%s\n", c)
		for _, l := range c.timeline {
			fmt.Fprintf(&b, "  %s\n", l)
		}
	}
	return b.String()
}

// Slowest lists, by kind, how many incidents there were and how long the slowest
// alert took.
func (j *Judge) Slowest() string {
	names := make([]string, 0, len(j.Late))
	for n := range j.Late {
		names = append(names, n)
	}
	slices.SortFunc(names, cmp.Compare[string])
	var b strings.Builder
	for _, n := range names {
		fmt.Fprintf(&b, "  %-32s %4d incidents, slowest alert after %s\n", n, len(j.Late[n]), slices.Max(j.Late[n]))
	}
	return b.String()
}
