package fleet

import (
	"cmp"
	"slices"
	"time"
)

// Board is all alerts after some number of snapshots. The zero Board is empty.
type Board struct {
	Alerts []Alert   `json:"alerts"` // worst first, then oldest
	At     time.Time `json:"at,omitzero"`
	// Looked says what the search for like failures looked at, for example "looked at
	// 214 jobs …, found none", which is not "never looked"; empty where nobody said.
	Looked string `json:"looked,omitempty"`
}

// resolvedFor is how long a resolved alert stays on the board, so that an
// operator who looked away sees that it ended.
const resolvedFor = 10 * time.Minute

// Fold brings the board forward by one snapshot and what the rules found in it.
// It changes neither argument.
func (b Board) Fold(s *Snapshot, rules []Rule) Board {
	prev := make(map[string]Alert, len(b.Alerts))
	for _, a := range b.Alerts {
		prev[a.Fingerprint()] = a
	}
	out := Board{At: s.At}
	byID := make(map[RuleID]Rule, len(rules))
	for _, r := range rules {
		byID[r.ID] = r
		for _, f := range r.Evaluate(s) {
			f.Rule = r.ID
			out.Alerts = append(out.Alerts, raise(prev[f.Fingerprint()], f, r, s))
			delete(prev, f.Fingerprint())
		}
	}
	for _, a := range b.Alerts {
		if p, ok := prev[a.Fingerprint()]; ok {
			if q, keep := absent(p, byID[p.Rule], s); keep {
				out.Alerts = append(out.Alerts, q)
			}
		}
	}
	mute(out.Alerts, byID)
	slices.SortStableFunc(out.Alerts, worstFirst)
	return out
}

// raise makes the alert of a finding that is there now. One that is only there
// because the last good data of a dead source stays is no new look: a pending
// alert does not fire on it, and a firing one goes stale.
func raise(old Alert, f Finding, r Rule, s *Snapshot) Alert {
	now := s.At
	a := Alert{Finding: f, State: AlertPending, Since: now, SeenAt: now, Title: r.Title, Actor: r.Actor,
		AckedBy: old.AckedBy, AckedAs: old.AckedAs, CameBack: old.CameBack, Times: old.Times, FlapSince: old.FlapSince, Spread: spreadOf(old, f)}
	open := old.State != "" && old.State != AlertResolved
	if open {
		a.Since, a.FiredAt = old.Since, old.FiredAt
	}
	if id, dead := restsOnDead(f, s); dead && open {
		a.SeenAt = old.SeenAt
		if !a.FiredAt.IsZero() {
			a.State, a.StaleWhy = AlertStale, noAnswer(id)
		}
		return a
	}
	if now.Sub(a.Held()) >= r.For {
		a.State = AlertFiring
		if a.FiredAt.IsZero() {
			a.FiredAt = now
			a.Times++
		}
		if a.Times == 1 || now.Sub(a.FiredAt) >= flapWithin {
			a.Times, a.FlapSince = 1, a.FiredAt
		}
	}
	if why := f.extent().beyond(a.AckedAs); a.AckedBy != "" && why != "" {
		a.CameBack, a.AckedBy, a.AckedAs = "acknowledged by "+a.AckedBy+", then it "+why, "", Extent{}
	}
	return a
}

// restsOnDead returns a source of the finding's that answered once and does not
// any more. A source the finding itself is about does not count.
func restsOnDead(f Finding, s *Snapshot) (SourceID, bool) {
	for _, id := range f.Rests {
		src := s.SourceOf(id)
		if !src.ReadAt.IsZero() && src.State != SourcePartial && src.Stale(s.At) && !f.About(OfSource(id)) {
			return id, true
		}
	}
	return SourceID{}, false
}

func noAnswer(id SourceID) string { return "no current answer from " + id.String() }

// absent brings forward an alert whose finding is not there now. It resolves
// only where every source it rests on gave a whole, current answer, or turned
// out to be one this server has not, and the rule's Keep is over.
func absent(a Alert, r Rule, s *Snapshot) (Alert, bool) {
	if a.State == AlertResolved {
		return a, s.At.Sub(a.ResolvedAt) < resolvedFor
	}
	for _, id := range a.Rests {
		if src := s.SourceOf(id); !src.Fresh(s.At) && src.State != SourceAbsent {
			a.StaleWhy = noAnswer(id)
			if a.State == AlertPending {
				return a, true
			}
			a.State = AlertStale
			return a, true
		}
	}
	switch {
	case a.State == AlertPending:
		return Alert{}, false
	case a.State == AlertFiring && s.At.Sub(a.SeenAt) < r.Keep:
		return a, true
	}
	a.State, a.ResolvedAt, a.StaleWhy, a.CameBack = AlertResolved, s.At, "", ""
	if a.Flaps() == 0 { // whoever acknowledged a flapping alert meant all of it
		a.AckedBy, a.AckedAs = "", Extent{}
	}
	return a, true
}

// mute marks alerts that a firing cause explains: one that is at least as
// severe and names every subject of theirs that is of a kind it names at all. A
// stale cause still explains what went stale with it.
func mute(alerts []Alert, rules map[RuleID]Rule) {
	causes := make(map[RuleID][]*Alert)
	for i := range alerts {
		a := &alerts[i]
		a.MutedBy = ""
		if a.State == AlertFiring || a.State == AlertStale {
			causes[a.Rule] = append(causes[a.Rule], a)
		}
	}
	for i := range alerts {
		a := &alerts[i]
		var effect map[SubjectKind][]Subject
		rule := rules[a.Rule]
		least := a.Severity.Rank()
		if rule.CausesFrom != "" {
			least = min(least, rule.CausesFrom.Rank())
		}
		for _, id := range rule.Causes {
			if a.Causes != nil && !slices.Contains(a.Causes, id) {
				continue
			}
			for _, c := range causes[id] {
				if c.Severity.Rank() > least || c.State == AlertStale && a.State != AlertStale {
					continue
				}
				if effect == nil {
					effect = byKind(a.Subjects)
				}
				if explains(c.Finding, effect) {
					a.MutedBy = c.Fingerprint()
				}
			}
		}
	}
}

func byKind(list []Subject) map[SubjectKind][]Subject {
	out := make(map[SubjectKind][]Subject)
	for _, s := range list {
		out[s.Kind] = append(out[s.Kind], s)
	}
	return out
}

// explains reports whether every subject of the effect that is of a kind the
// cause names at all is named by it, and at least one is.
func explains(cause Finding, effect map[SubjectKind][]Subject) bool {
	met := false
	var last SubjectKind
	for _, c := range cause.Subjects {
		if c.Kind == last { // findings list their subjects by kind
			continue
		}
		last = c.Kind
		for _, s := range effect[c.Kind] {
			if !cause.About(s) {
				return false
			}
			met = true
		}
	}
	return met
}

func worstFirst(a, b Alert) int {
	return cmp.Or(
		cmp.Compare(stateRank(a), stateRank(b)),
		cmp.Compare(lineRank(a), lineRank(b)),
		cmp.Compare(a.Severity.Rank(), b.Severity.Rank()),
		a.Since.Compare(b.Since),
		cmp.Compare(a.Fingerprint(), b.Fingerprint()))
}

func stateRank(a Alert) int {
	switch {
	case a.State == AlertResolved:
		return 3
	case a.State == AlertPending:
		return 2
	case a.MutedBy != "":
		return 1
	}
	return 0
}

func lineRank(a Alert) int {
	if a.StopsTheLine() {
		return 0
	}
	return 1
}

// Ack returns the board with one alert acknowledged, or no longer so where by
// is empty. An acknowledged alert stays lit and counted. The acknowledgement is
// of the alert as it stands: it ends when the alert gets worse or grows.
func (b Board) Ack(fingerprint, by string) Board {
	b.Alerts = slices.Clone(b.Alerts)
	for i := range b.Alerts {
		a := &b.Alerts[i]
		if a.Fingerprint() != fingerprint {
			continue
		}
		a.AckedBy, a.AckedAs, a.CameBack = by, Extent{}, ""
		if by != "" {
			a.AckedAs = a.extent()
		}
	}
	return b
}

// Alert returns an alert by fingerprint.
func (b Board) Alert(fingerprint string) (Alert, bool) {
	for _, a := range b.Alerts {
		if a.Fingerprint() == fingerprint {
			return a, true
		}
	}
	return Alert{}, false
}

// Lamp returns the colour of the whole board: red and yellow by the worst lit
// alert; unknown where nothing is worse but a source has no current data.
func (b Board) Lamp(s *Snapshot) Lamp {
	lamp := LampGreen
	for _, src := range s.Sources {
		if !src.Optional() && !src.Fresh(s.At) {
			lamp = LampUnknown
		}
	}
	if len(s.Sources) == 0 {
		lamp = LampUnknown
	}
	for _, a := range b.Alerts {
		switch {
		case !a.Lit():
		case a.Severity == SeverityStop:
			return LampRed
		case a.Severity == SeverityWarn:
			lamp = LampYellow
		}
	}
	return lamp
}
