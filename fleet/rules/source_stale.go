package rules

import (
	"fmt"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "source-stale",
	Title:    "source gives no current answer",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"What is shown about one thing is older than it looks.",
			"The newest answers of its source failed, were cut off, or did not come.",
			"GitHub limits or refuses the token, a proxy answers in its place, or a host is down.",
			"A console that then shows nothing, or zero, makes people act on blindness.",
			"The last good data stays, marked with its age; nothing resolves and nothing is reaped on it.",
		},
		Cure:   "As the alert says. It resolves with the next whole answer.",
		NoCure: "Restarting the console: the last good data is what you have.",
		Cost:   "none.",
	},
	Actor:    fleet.ActorOperator,
	Requires: []fleet.SourceKind{fleet.SourceHost, fleet.SourceRuns, fleet.SourceJobs, fleet.SourcePulls, fleet.SourceRunners, fleet.SourceGroups, fleet.SourceQueue},
	Causes:   []fleet.RuleID{"host-unreachable", "host-key-changed", "rate-budget"},
	Evaluate: sourceStale,
})

func sourceStale(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	for _, src := range s.Sources {
		if src.Fresh(s.At) || src.State == fleet.SourceNever || src.State == fleet.SourceAbsent { // not asked yet: the lamp says unknown
			continue
		}
		if src.State == fleet.SourcePartial && s.At.Sub(src.Since) < 2*src.Interval {
			continue // long lists are read over several rounds
		}
		f := fleet.Finding{
			Key: src.ID.String(), Severity: fleet.SeverityWarn, Advice: src.Remedy,
			Subjects: []fleet.Subject{fleet.OfSource(src.ID)},
			Evidence: []fleet.Evidence{{What: "source", Where: src.ID.String(), Fact: sourceFact(src), At: src.TriedAt}},
			Rests:    []fleet.SourceID{src.ID},
		}
		if src.ID.Kind == fleet.SourceHost {
			f.Subjects = append(f.Subjects, fleet.OfHost(fleet.HostName(src.ID.Of)))
		}
		switch src.ID.Kind {
		case fleet.SourceRunners, fleet.SourceGroups, fleet.SourceQueue:
			if src.State == fleet.SourceDenied {
				f.Severity = fleet.SeverityInfo // watching works without; say it once
			}
		}
		f.Summary = fmt.Sprintf("%s: %s", src.ID, stateWord(src))
		if age, ok := src.Age(s.At); ok {
			f.Summary += fmt.Sprintf(", data is %s old", age.Round(time.Second))
		} else {
			f.Summary += ", no data yet"
		}
		out = append(out, f)
	}
	return out
}

func sourceFact(src fleet.Source) string {
	if src.Err != "" {
		return src.Err
	}
	return stateWord(src)
}

func stateWord(src fleet.Source) string {
	switch src.State {
	case fleet.SourceOK:
		return "stale"
	case fleet.SourceDenied:
		return "not permitted"
	case fleet.SourcePartial:
		return "answer not whole"
	}
	return "failing"
}
