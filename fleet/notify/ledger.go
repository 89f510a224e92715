package notify

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

// Terms are what one receiver goes by.
type Terms struct {
	MinSeverity fleet.Severity
	GroupWait   time.Duration
	Repeat      time.Duration // 0: never
}

// maxItems is the most that one notice holds; the rest is counted.
const maxItems = 100

// Ledger is what one receiver was told, and what is due to be told. It knows no
// clock: time comes with each call. It is not safe for concurrent use.
type Ledger struct {
	terms   Terms
	entries map[string]*entry
	groups  map[string]*group
	hold    time.Time // nothing before: the receiver takes nothing
}

type entry struct {
	alert    fleet.Alert // the newest
	group    string      // kept while the entry lives, though the hosts of the alert may change
	standing bool
	muted    bool // a cause explains it: it is told with that
	told     fleet.ToldAlert
	known    bool // told holds
}

type group struct {
	rule  fleet.RuleID
	hosts []fleet.HostName
	due   time.Time // zero: nothing to tell
	after time.Time // not before: the receiver did not take this one
	last  time.Time // of the newest notice that arrived
}

// NewLedger returns the ledger of a receiver that was told what past says,
// oldest first. known gives the alerts it was told of, as far as anybody still
// knows them.
func NewLedger(t Terms, past []fleet.Told, known map[string]fleet.Alert) *Ledger {
	l := &Ledger{terms: t, entries: make(map[string]*entry), groups: make(map[string]*group)}
	for _, p := range past {
		for _, a := range p.Alerts {
			if !a.Standing {
				delete(l.entries, a.Fingerprint)
				continue
			}
			alert, ok := known[a.Fingerprint]
			if !ok {
				rule, key, _ := strings.Cut(a.Fingerprint, "/")
				alert = fleet.Alert{Finding: fleet.Finding{Rule: fleet.RuleID(rule), Key: key, Severity: a.Severity}}
			}
			g := l.groupOf(alert)
			l.groups[g].last = p.At
			l.entries[a.Fingerprint] = &entry{alert: alert, group: g, standing: true, told: a, known: true}
		}
	}
	return l
}

// groupOf returns the group an alert belongs to: its rule and set of hosts.
func (l *Ledger) groupOf(a fleet.Alert) string {
	hosts := a.Hosts()
	slices.Sort(hosts)
	words := make([]string, len(hosts))
	for i, h := range hosts {
		words[i] = string(h)
	}
	key := fmt.Sprintf("{}:{alertname=%q, hosts=%q}", a.Rule, strings.Join(words, ","))
	if l.groups[key] == nil {
		l.groups[key] = &group{rule: a.Rule, hosts: hosts}
	}
	return key
}

// Observe takes the newest board.
func (l *Ledger) Observe(b fleet.Board, now time.Time) {
	on := make(map[string]bool, len(b.Alerts))
	for _, a := range b.Alerts {
		fp := a.Fingerprint()
		e := l.entries[fp]
		if a.MutedBy != "" && a.State != fleet.AlertResolved {
			on[fp] = e != nil
			if e != nil {
				e.muted = true
			}
			continue
		}
		if !a.Stands() {
			if e != nil && a.State == fleet.AlertResolved {
				e.alert = a
			}
			continue // over, or about to be
		}
		if e == nil {
			if a.Severity.Rank() > l.terms.MinSeverity.Rank() {
				continue
			}
			e = &entry{group: l.groupOf(a)}
			l.entries[fp] = e
		}
		on[fp] = true
		e.alert, e.standing, e.muted = a, true, false
	}
	for fp, e := range l.entries {
		if on[fp] {
			continue
		}
		if e.standing, e.muted = false, false; !e.known {
			delete(l.entries, fp) // came and went: nobody was told, and nobody needs to be
		}
	}
	l.schedule(now)
}

// news reports whether the receiver knows an entry otherwise than it is.
func (e *entry) news() bool {
	switch {
	case e.muted:
		return false
	case !e.known || !e.standing:
		return true
	}
	return e.alert.Severity != e.told.Severity || e.alert.Spread > e.told.Spread || e.alert.Flaps() > e.told.Flaps
}

// schedule sets when each group is due.
func (l *Ledger) schedule(now time.Time) {
	fresh, unseen := make(map[string]bool), make(map[string]bool)
	live := make(map[string]bool)
	for _, e := range l.entries {
		live[e.group] = true
		fresh[e.group] = fresh[e.group] || e.news()
		unseen[e.group] = unseen[e.group] || e.standing && !e.muted && e.alert.AckedBy == ""
	}
	for key, g := range l.groups {
		switch {
		case !live[key]:
			delete(l.groups, key)
		case fresh[key]:
			if again := now.Add(l.terms.GroupWait); g.due.IsZero() || g.due.After(again) {
				g.due = again
			}
		case l.terms.Repeat > 0 && unseen[key] && !g.last.IsZero():
			g.due = g.last.Add(l.terms.Repeat)
		default:
			g.due = time.Time{}
		}
	}
}

// Next returns when something is due; false where nothing is.
func (l *Ledger) Next() (time.Time, bool) {
	var next time.Time
	for _, g := range l.groups {
		if g.due.IsZero() {
			continue
		}
		at := g.due
		for _, not := range []time.Time{g.after, l.hold} {
			if not.After(at) {
				at = not
			}
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	return next, !next.IsZero()
}

// Due returns the notices that are due, what stands before what is over, worst
// first. all returns also what still
// waits, for a console that is ending.
func (l *Ledger) Due(now time.Time, all bool) []Notice {
	var out []Notice
	for key, g := range l.groups {
		if g.due.IsZero() || !all && (g.due.After(now) || g.after.After(now) || l.hold.After(now)) {
			continue
		}
		if n := l.notice(key, now); len(n.Items) > 0 && !(all && n.Reason == ReasonRepeat) {
			out = append(out, n)
		}
	}
	slices.SortFunc(out, func(a, b Notice) int {
		return cmp.Or(-cmp.Compare(min(a.Standing(), 1), min(b.Standing(), 1)), cmp.Compare(a.Severity().Rank(), b.Severity().Rank()), cmp.Compare(a.Group, b.Group))
	})
	return out
}

func (l *Ledger) notice(key string, now time.Time) Notice {
	g := l.groups[key]
	n := Notice{Group: key, Rule: g.rule, Hosts: g.hosts, Reason: ReasonRepeat, At: now}
	for _, e := range l.entries {
		if e.group != key || e.muted {
			continue
		}
		i := Item{Alert: e.alert, Standing: e.standing, New: !e.known, Was: e.told.Severity}
		switch {
		case i.New:
			n.Reason = ReasonRaised
		case !i.Standing && n.Reason == ReasonRepeat:
			n.Reason = ReasonResolved
		case i.Standing && e.news() && n.Reason != ReasonRaised:
			n.Reason = ReasonChanged
		}
		n.Items = append(n.Items, i)
	}
	// What is cut is what the receiver knows already; the rest comes with the next notice.
	if n.Cut = max(len(n.Items)-maxItems, 0); n.Cut > 0 {
		slices.SortStableFunc(n.Items, func(a, b Item) int { return cmp.Compare(l.known(a), l.known(b)) })
		n.Items = n.Items[:maxItems]
	}
	slices.SortFunc(n.Items, func(a, b Item) int {
		return cmp.Or(cmp.Compare(ended(a), ended(b)), cmp.Compare(a.Alert.Severity.Rank(), b.Alert.Severity.Rank()),
			a.Alert.Since.Compare(b.Alert.Since), cmp.Compare(a.Alert.Fingerprint(), b.Alert.Fingerprint()))
	})
	return n
}

// known orders what is news to the receiver before what is not.
func (l *Ledger) known(i Item) int {
	if l.entries[i.Alert.Fingerprint()].news() {
		return 0
	}
	return 1
}

func ended(i Item) int {
	if i.Standing {
		return 0
	}
	return 1
}

// Assume takes all of a board as told: whoever has just opened the console sees it.
func (l *Ledger) Assume(b fleet.Board, now time.Time) {
	l.Observe(b, now)
	for fp, e := range l.entries {
		e.told = fleet.ToldAlert{Fingerprint: fp, Standing: true, Severity: e.alert.Severity, Spread: e.alert.Spread, Flaps: e.alert.Flaps()}
		e.known = true
	}
	l.schedule(now)
}

// Arrived records that a notice was taken: what it says is known.
func (l *Ledger) Arrived(n Notice, now time.Time) {
	for _, a := range n.told("", now).Alerts {
		e := l.entries[a.Fingerprint]
		switch {
		case e == nil:
		case !a.Standing && !e.standing:
			delete(l.entries, a.Fingerprint)
		default:
			e.told, e.known = a, a.Standing
		}
	}
	if g := l.groups[n.Group]; g != nil {
		g.due, g.after, g.last = time.Time{}, time.Time{}, now
	}
	l.hold = time.Time{}
	l.schedule(now)
}

// Failed records that a notice was not taken: it is tried again, with what stands
// then, not before that time. all says that the receiver takes nothing at all, so
// that the others wait with it.
func (l *Ledger) Failed(n Notice, again time.Time, all bool) {
	if all {
		l.hold = again
	}
	if g := l.groups[n.Group]; g != nil {
		g.after = again
	}
}

// Waiting counts the alerts that should have been told and could not be.
func (l *Ledger) Waiting() int {
	c := 0
	for _, e := range l.entries {
		if e.news() && (!l.hold.IsZero() || !l.groups[e.group].after.IsZero()) {
			c++
		}
	}
	return c
}
