package report

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

// Deed is one confirmed plan that was carried out, with all its requests to hosts
// and to GitHub.
type Deed struct {
	At          time.Time      `json:"at"`
	Ended       time.Time      `json:"ended_at,omitzero"`
	Digest      string         `json:"digest"` // of the plan
	Operator    string         `json:"operator"`
	Action      fleet.ActionID `json:"action"`
	Objects     []string       `json:"objects"` // usable as targets
	Steps       int            `json:"steps"`
	Done        int            `json:"done"` // or found done
	Refused     int            `json:"refused"`
	Failed      int            `json:"failed"`
	InDoubt     int            `json:"in_doubt"` // their end is not known
	Verified    int            `json:"verified"` // by a fresh look
	NotVerified int            `json:"not_verified"`
	Reasons     []string       `json:"reasons"` // why steps were refused, failed or not verified
}

// steps collects the records of one plan.
type steps struct {
	Deed
	ended map[step]bool
}

type step struct {
	request string
	n       int
}

// deeds puts the audit log's records of the report's time together by plan.
func deeds(in Input) []Deed {
	byPlan := make(map[string]*steps)
	var order []*steps
	for _, rec := range in.Records {
		if !inside(in, rec.At) {
			continue
		}
		d := byPlan[rec.Digest]
		if d == nil {
			d = &steps{ended: make(map[step]bool), Deed: Deed{At: rec.At, Digest: rec.Digest, Operator: rec.Operator, Action: rec.Action, Objects: []string{}, Reasons: []string{}}}
			byPlan[rec.Digest] = d
			order = append(order, d)
		}
		d.take(rec)
	}
	out := []Deed{}
	for _, d := range order {
		d.InDoubt = max(d.Steps-len(d.ended), 0)
		out = append(out, d.Deed)
	}
	return out
}

func (d *steps) take(rec fleet.Record) {
	d.Ended = rec.At
	switch {
	case rec.Kind == fleet.RecordIntent && rec.Step != nil:
		d.Steps++
		if name := objectOf(*rec.Step); !slices.Contains(d.Objects, name) {
			d.Objects = append(d.Objects, name)
		}
	case rec.Kind == fleet.RecordResult && rec.Result != nil:
		res := rec.Result
		switch {
		case res.Outcome == fleet.OutcomeUnknown:
			return // nobody knows: it stays in doubt
		case res.Outcome.OK():
			d.Done++
		case res.Outcome == fleet.OutcomeRefused || res.Outcome == fleet.OutcomeSkipped:
			d.Refused++
		default:
			d.Failed++
		}
		d.ended[step{rec.Request, res.N}] = true
		if !res.Outcome.OK() {
			d.because(strings.TrimSpace(strings.Join([]string{string(res.Reason), res.Detail}, " ")))
		}
	case rec.Kind == fleet.RecordVerified && rec.Verified != nil:
		if rec.Verified.OK {
			d.Verified++
			return
		}
		d.NotVerified++
		d.because(rec.Verified.Says)
	}
}

func (d *steps) because(why string) {
	if why != "" && !slices.Contains(d.Reasons, why) {
		d.Reasons = append(d.Reasons, why)
	}
}

func objectOf(s fleet.Step) string {
	if s.Verb.OnHost() {
		return "dir:" + string(s.Host) + ":" + s.Path()
	}
	return "run:" + s.Run.String()
}

// line says a deed in words.
func (d Deed) line() string { return fmt.Sprintf("%s by %s: %s", d.Action, d.Operator, d.result()) }

// result says how a deed ended.
func (d Deed) result() string {
	parts := []string{fmt.Sprintf("%d of %s done", d.Done, fleet.Plural(d.Steps, "step"))}
	for _, p := range []struct {
		n    int
		word string
	}{{d.Refused, "refused"}, {d.Failed, "failed"}, {d.InDoubt, "in doubt"}, {d.Verified, "verified by a fresh look"}, {d.NotVerified, "NOT verified"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.word))
		}
	}
	return strings.Join(parts, ", ")
}
