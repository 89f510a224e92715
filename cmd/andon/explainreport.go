package main

import (
	"time"

	"andon/fleet"
	"andon/fleet/actions"
)

// explainReport is what explain --json prints: the alert as check --json has it,
// and what explains it. Field names are stable.
type explainReport struct {
	alertReport
	At            time.Time       `json:"at"`
	HoldSeconds   int64           `json:"hold_seconds"` // how long it must hold before it fires
	Next          string          `json:"next"`
	Command       string          `json:"command,omitempty"` // that takes the next step
	Steps         []stepReport    `json:"steps"`
	Whys          []whyReport     `json:"whys"`
	OtherEvidence []clueReport    `json:"other_evidence"` // of no why in particular
	Verdicts      []verdictReport `json:"verdicts"`
	Explains      []string        `json:"explains"` // fingerprints of what it mutes
	Cure          string          `json:"cure"`
	NotCure       string          `json:"not_cure"`
	Costs         []string        `json:"costs"`
	Sources       []sourceReport  `json:"sources"`
}

type stepReport struct {
	Action fleet.ActionID `json:"action"`
	Key    string         `json:"key"`
	Title  string         `json:"title"`
	On     string         `json:"on,omitempty"`
}

type whyReport struct {
	Text     string       `json:"text"`
	Shown    bool         `json:"shown"` // by evidence
	Evidence []clueReport `json:"evidence"`
}

type clueReport struct {
	fleet.Evidence
	AgeSeconds *int64 `json:"age_seconds"`
}

type verdictReport struct {
	fleet.Verdict
	Repo fleet.Repo  `json:"repo"`
	Run  fleet.RunID `json:"run_id"`
	Job  string      `json:"job"`
	Jobs int         `json:"jobs"` // with the same verdict
}

func newExplainReport(x fleet.Explanation, s *fleet.Snapshot) explainReport {
	r := explainReport{alertReport: reportAlert(x.Alert, fleet.Rule{}, x.At), At: x.At, HoldSeconds: int64(x.Hold.Seconds()), Steps: []stepReport{}, Whys: []whyReport{},
		OtherEvidence: clues(x.Evidence, x.At), Verdicts: []verdictReport{}, Explains: []string{}, Cure: x.Cure, NotCure: x.NoCure, Costs: x.Costs, Sources: []sourceReport{}}
	r.Next, r.Command = nextOf(x)
	if len(r.Costs) == 0 {
		r.Costs = []string{}
	} else {
		r.Cost = r.Costs[0]
	}
	for _, st := range x.NextSteps(actions.All()) {
		r.Steps = append(r.Steps, stepReport{st.Action, st.Key, st.Title, st.On})
	}
	for _, b := range x.Whys {
		r.Whys = append(r.Whys, whyReport{b.Text, len(b.Evidence) > 0, clues(b.Evidence, x.At)})
	}
	for _, v := range x.Verdicts {
		r.Verdicts = append(r.Verdicts, verdictReport{v.Verdict, v.Run.Repo, v.Run.ID, v.Job, v.Jobs})
	}
	for _, a := range x.Effects {
		r.Explains = append(r.Explains, a.Fingerprint())
	}
	for _, src := range x.Grounds {
		r.Sources = append(r.Sources, reportSource(src, s.At))
	}
	return r
}

func clues(list []fleet.Evidence, now time.Time) []clueReport {
	out := make([]clueReport, len(list))
	for i, ev := range list {
		out[i].Evidence = ev
		if !ev.At.IsZero() {
			n := int64(max(now.Sub(ev.At), 0).Seconds())
			out[i].AgeSeconds = &n
		}
	}
	return out
}
