package fleet

import (
	"slices"
	"time"
)

// TransitionKind is what changed about an alert.
type TransitionKind string

// The kinds. An alert that is pending, or muted from the start, tells nothing.
const (
	ChangeRaised   TransitionKind = "raised"   // began to fire
	ChangeWorse    TransitionKind = "worse"    // its severity rose
	ChangeBetter   TransitionKind = "better"   // its severity fell
	ChangeGrew     TransitionKind = "grew"     // it names more hosts or pull requests (see Alert.Spread)
	ChangeFlapping TransitionKind = "flapping" // it went on coming and going: after the 3rd raise told at the 6th, the 12th…
	ChangeStale    TransitionKind = "stale"    // its source gives no current answer
	ChangeBack     TransitionKind = "back"     // the source answers again, and it still fires
	ChangeMuted    TransitionKind = "muted"    // a cause explains it: it is told with that from here on
	ChangeUnmuted  TransitionKind = "unmuted"  // nothing explains it any more
	ChangeAcked    TransitionKind = "acked"
	ChangeUnacked  TransitionKind = "unacked"
	ChangeResolved TransitionKind = "resolved"
)

// Transition is one change of one alert between two boards.
type Transition struct {
	At    time.Time      `json:"at"`
	Kind  TransitionKind `json:"kind"`
	Alert Alert          `json:"alert"`           // after the change; the last one known where it left the board
	Was   Severity       `json:"was,omitempty"`   // worse, better: the severity before
	Added []Subject      `json:"added,omitempty"` // grew: the hosts and pull requests that came
}

// Fingerprint names the alert.
func (t Transition) Fingerprint() string { return t.Alert.Fingerprint() }

// Begins reports whether the alert is news to whoever did not know it: it stands
// from here on.
func (t Transition) Begins() bool { return t.Kind == ChangeRaised || t.Kind == ChangeUnmuted }

// Ends reports whether the alert is over for whoever knew it.
func (t Transition) Ends() bool { return t.Kind == ChangeResolved || t.Kind == ChangeMuted }

// How often an alert must fire, with less than flapWithin between an end and the
// next beginning, until its comings and goings are told as one.
const (
	flapTimes  = 3
	flapWithin = resolvedFor
)

// Flaps returns how often the alert fired in its present run of flapping, rounded
// down to the counts that are told (3, 6, 12…); 0 where it does not flap.
func (a Alert) Flaps() int {
	if a.Times < flapTimes {
		return 0
	}
	n := flapTimes
	for 2*n <= a.Times {
		n *= 2
	}
	return n
}

// Stands reports whether the alert is one to tell of: it is lit, or it flaps and
// is gone only for the moment.
func (a Alert) Stands() bool {
	if a.MutedBy != "" {
		return false
	}
	return a.Lit() || a.Flaps() > 0 && (a.State == AlertPending || a.State == AlertResolved)
}

// Transitions tells what changed from one board to the next, in the order of
// after. Nothing is told twice without a change: pending alerts are silent, so
// is the growth of a list that only wobbles, and the ups and downs of an alert
// that flaps are told as one. The time is that of after.
func Transitions(before, after Board) []Transition {
	old := make(map[string]Alert, len(before.Alerts))
	for _, a := range before.Alerts {
		old[a.Fingerprint()] = a
	}
	var out []Transition
	for _, b := range after.Alerts {
		a := old[b.Fingerprint()]
		delete(old, b.Fingerprint())
		out = appendChanges(out, a, b, after.At)
	}
	for _, a := range before.Alerts { // a flapping alert that stayed away leaves the board
		if a, gone := old[a.Fingerprint()]; gone && a.Stands() {
			a.State = AlertResolved
			if a.ResolvedAt.IsZero() {
				a.ResolvedAt = after.At
			}
			out = append(out, Transition{At: after.At, Kind: ChangeResolved, Alert: a})
		}
	}
	return out
}

// appendChanges tells what became of one alert; a is zero where it is new.
func appendChanges(out []Transition, a, b Alert, now time.Time) []Transition {
	tell := func(k TransitionKind) { out = append(out, Transition{At: now, Kind: k, Alert: b}) }
	switch was, is := a.Stands(), b.Stands(); {
	case !was && !is:
		return out
	case !was && a.MutedBy != "" && a.firing():
		tell(ChangeUnmuted)
		return out
	case !was:
		tell(ChangeRaised)
		return out
	case !is && b.MutedBy != "" && b.firing():
		tell(ChangeMuted)
		return out
	case !is:
		tell(ChangeResolved)
		return out
	}
	if a.Severity != b.Severity {
		kind := ChangeBetter
		if b.Severity.Rank() < a.Severity.Rank() {
			kind = ChangeWorse
		}
		tell(kind)
		out[len(out)-1].Was = a.Severity
	}
	if b.Spread > a.Spread {
		tell(ChangeGrew)
		out[len(out)-1].Added = added(a.Finding, b.Finding)
	}
	if b.Flaps() > a.Flaps() {
		tell(ChangeFlapping)
	}
	switch {
	case a.State != AlertStale && b.State == AlertStale:
		tell(ChangeStale)
	case a.State == AlertStale && b.State == AlertFiring:
		tell(ChangeBack)
	}
	switch {
	case a.AckedBy == b.AckedBy:
	case b.AckedBy != "":
		tell(ChangeAcked)
	case b.firing(): // what ends is no longer acknowledged, and that is no news
		tell(ChangeUnacked)
	}
	return out
}

func (a Alert) firing() bool { return a.State == AlertFiring || a.State == AlertStale }

// Hosts returns the hosts an alert is about, also those its dirs and disks lie
// on, each once.
func (f Finding) Hosts() []HostName {
	var out []HostName
	seen := make(map[HostName]bool)
	for _, s := range f.Subjects {
		if s.Host != "" && !seen[s.Host] {
			seen[s.Host] = true
			out = append(out, s.Host)
		}
	}
	return out
}

// PullRequests returns the pull requests an alert names, each once.
func (f Finding) PullRequests() []PRKey {
	var out []PRKey
	seen := make(map[PRKey]bool)
	for _, s := range f.Subjects {
		if k, ok := s.PRKey(); ok && !seen[k] {
			seen[k] = true
			out = append(out, k)
		}
	}
	return out
}

// added lists the hosts and pull requests of b that a does not name.
func added(a, b Finding) []Subject {
	had := make(map[Subject]bool)
	for _, h := range a.Hosts() {
		had[OfHost(h)] = true
	}
	for _, k := range a.PullRequests() {
		had[OfPR(k)] = true
	}
	var out []Subject
	for _, h := range b.Hosts() {
		out = append(out, OfHost(h))
	}
	for _, k := range b.PullRequests() {
		out = append(out, OfPR(k))
	}
	return slices.DeleteFunc(out, func(s Subject) bool { return had[s] })
}

// spreadOf returns what an alert's Spread is with its newest finding: the number
// of hosts and pull requests it names, kept until it has grown by a quarter.
func spreadOf(old Alert, f Finding) int {
	n := len(f.Hosts()) + len(f.PullRequests())
	if old.State == "" || old.State == AlertResolved {
		return n
	}
	if n >= old.Spread+max(old.Spread/4, 1) {
		return n
	}
	return old.Spread
}
