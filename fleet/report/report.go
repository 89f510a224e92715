// Package report tells an incident afterwards: what was hit, when, why as far as
// evidence reaches, what was done about it and by whom, how long it took, and
// what is still open. Build makes a value from the journal of alerts, the audit
// log and a fresh look; Markdown writes it so that no foreign text in it can
// link, mention or format anything.
//
// What nobody looked at is said, never left out: a source that gave no answer, a
// why without evidence, a deed whose end is not known.
package report

import (
	"cmp"
	"slices"
	"time"

	"andon/fleet"
)

// Input is all a report is made of.
type Input struct {
	From, To time.Time
	Changes  []fleet.Transition // of the journal, oldest first; those before From say what stood then
	Told     []fleet.Told
	Records  []fleet.Record  // of the audit log, oldest first
	Board    fleet.Board     // of a fresh look
	Snapshot *fleet.Snapshot // the same look
	Rules    []fleet.Rule
	Version  string
	Skipped  int    // lines of the journal that could not be read
	Audit    string // what is wrong with the audit log; empty: nothing
}

// Report is what happened. Texts are kept as they came: whoever shows them makes
// them safe.
type Report struct {
	From         time.Time        `json:"from"`
	To           time.Time        `json:"to"`
	Version      string           `json:"version"`
	First        time.Time        `json:"first_alert_at,omitzero"`
	Hosts        []fleet.HostName `json:"hosts"`
	PullRequests []Pull           `json:"pull_requests"`
	Stories      []Story          `json:"alerts"` // worst first, then oldest, then widest
	Signatures   []Signature      `json:"signatures"`
	Logs         Looked           `json:"failed_jobs"`
	Timeline     []Event          `json:"timeline"`
	Deeds        []Deed           `json:"actions"`
	Sources      int              `json:"sources"`
	Blind        []Blind          `json:"sources_not_seen"`
	Skipped      int              `json:"journal_lines_skipped"`
	Audit        string           `json:"audit_log_fault,omitempty"`
}

// Pull is a pull request that was hit.
type Pull struct {
	Name   string `json:"name"` // owner/repo#number
	Title  string `json:"title,omitempty"`
	Author string `json:"author,omitempty"`
}

// Story is what became of one alert.
type Story struct {
	Fingerprint  string           `json:"fingerprint"`
	Rule         fleet.RuleID     `json:"rule"`
	Title        string           `json:"title"`
	Severity     fleet.Severity   `json:"severity"` // the worst it had
	Summary      string           `json:"summary"`
	Hosts        []fleet.HostName `json:"hosts"`
	PullRequests []string         `json:"pull_requests"`
	Before       bool             `json:"stood_before"` // it stood when the report's time began
	RaisedAt     time.Time        `json:"raised_at"`
	EndedAt      time.Time        `json:"ended_at,omitzero"`
	Open         bool             `json:"open"`
	State        fleet.AlertState `json:"state"`
	Times        int              `json:"times"` // it was raised
	AckedBy      string           `json:"acked_by,omitempty"`
	StaleWhy     string           `json:"stale_why,omitempty"`
	// FirstSign is the oldest failed job or evidence it rests on; zero: none with a time.
	FirstSign   time.Time        `json:"first_sign_at,omitzero"`
	Detect      *int64           `json:"detect_seconds"`  // first sign to raised; null: not known
	Unblock     *int64           `json:"unblock_seconds"` // raised to unblocked; null: not yet
	UnblockedBy string           `json:"unblocked_by,omitempty"`
	Whys        []Why            `json:"whys"`
	Evidence    []fleet.Evidence `json:"other_evidence"`
	RuledOut    []fleet.Evidence `json:"ruled_out"`
	Unknown     []fleet.Gap      `json:"not_yet_known"`
	Cure        string           `json:"cure"`
	NoCure      string           `json:"no_cure"`
	Cost        string           `json:"cost"`                // of the cure, in general
	CostHere    string           `json:"cost_here,omitempty"` // in figures, of this alert
	Advice      string           `json:"advice,omitempty"`
	Suggested   []fleet.ActionID `json:"suggested"`
	Actor       fleet.Actor      `json:"actor"`
}

// Why is one of a rule's five, with the evidence that bears it out here.
type Why struct {
	Text     string           `json:"text"`
	Evidence []fleet.Evidence `json:"evidence"`
}

// Event is one line of the timeline.
type Event struct {
	At   time.Time `json:"at"`
	Kind string    `json:"kind"` // a change of an alert, "first sign", "action" or "told"
	Of   string    `json:"of"`   // fingerprint, digest of the plan, or receiver
	Text string    `json:"text"` // foreign text possible
}

// Blind is a source that gave no whole, current answer.
type Blind struct {
	Source     string            `json:"source"`
	State      fleet.SourceState `json:"state"`
	Error      string            `json:"error,omitempty"`
	Remedy     string            `json:"remedy,omitempty"`
	AgeSeconds *int64            `json:"age_seconds"` // of its last whole answer; null: there was none
}

// Build tells what the input holds of the time from From to To.
func Build(in Input) Report {
	r := Report{From: in.From, To: in.To, Version: in.Version, Skipped: in.Skipped, Audit: in.Audit, Hosts: []fleet.HostName{}, PullRequests: []Pull{},
		Signatures: []Signature{}, Timeline: []Event{}, Deeds: []Deed{}, Blind: []Blind{}}
	r.Stories, r.Timeline = stories(in)
	slices.SortStableFunc(r.Stories, func(a, b Story) int {
		return cmp.Or(cmp.Compare(a.Severity.Rank(), b.Severity.Rank()), a.RaisedAt.Compare(b.RaisedAt),
			-cmp.Compare(len(a.PullRequests), len(b.PullRequests)), cmp.Compare(a.Fingerprint, b.Fingerprint))
	})
	for _, s := range r.Stories {
		if s.Severity != fleet.SeverityInfo && (r.First.IsZero() || s.RaisedAt.Before(r.First)) {
			r.First = s.RaisedAt
		}
		for _, h := range s.Hosts {
			if !slices.Contains(r.Hosts, h) {
				r.Hosts = append(r.Hosts, h)
			}
		}
	}
	if r.First.IsZero() && len(r.Stories) > 0 {
		r.First = r.Stories[0].RaisedAt
	}
	r.PullRequests = pulls(in.Snapshot, r.Stories)
	r.Signatures, r.Logs = signatures(in)
	r.Deeds = deeds(in)
	for _, d := range r.Deeds {
		r.Timeline = append(r.Timeline, Event{At: d.At, Kind: "action", Of: d.Digest, Text: d.line()})
	}
	for _, t := range in.Told {
		if inside(in, t.At) {
			r.Timeline = append(r.Timeline, Event{At: t.At, Kind: "told", Of: t.Receiver, Text: toldLine(t)})
		}
	}
	slices.SortStableFunc(r.Timeline, func(a, b Event) int { return a.At.Compare(b.At) })
	if in.Snapshot != nil {
		r.Blind = blind(in.Snapshot)
		for _, src := range in.Snapshot.Sources {
			if src.State != fleet.SourceAbsent {
				r.Sources++
			}
		}
	}
	return r
}

func inside(in Input, t time.Time) bool { return !t.Before(in.From) && !t.After(in.To) }

func toldLine(t fleet.Told) string {
	standing, over := 0, 0
	for _, a := range t.Alerts {
		if a.Standing {
			standing++
		} else {
			over++
		}
	}
	switch {
	case over == 0:
		return t.Receiver + " was told of " + fleet.Plural(standing, "alert")
	case standing == 0:
		return t.Receiver + " was told that " + fleet.Plural(over, "alert") + " ended"
	}
	return t.Receiver + " was told that " + fleet.Plural(over, "alert") + " ended and " + fleet.Plural(standing, "alert") + " still stood"
}

func blind(s *fleet.Snapshot) []Blind {
	out := []Blind{}
	for _, src := range s.Sources {
		if src.Fresh(s.At) || src.State == fleet.SourceAbsent {
			continue
		}
		b := Blind{Source: src.ID.String(), State: src.State, Error: src.Err, Remedy: src.Remedy}
		if age, ok := src.Age(s.At); ok {
			n := int64(age / time.Second)
			b.AgeSeconds = &n
		}
		out = append(out, b)
	}
	return out
}

// pulls lists the pull requests of all stories, with what was read of them.
func pulls(s *fleet.Snapshot, stories []Story) []Pull {
	out := []Pull{}
	seen := make(map[string]bool)
	titles := make(map[string]fleet.PullRequest)
	if s != nil {
		for _, p := range s.PullRequests {
			titles[p.Key().String()] = p
		}
	}
	for _, st := range stories {
		for _, name := range st.PullRequests {
			if seen[name] {
				continue
			}
			seen[name] = true
			out = append(out, Pull{Name: name, Title: titles[name].Title, Author: titles[name].Author})
		}
	}
	return out
}
