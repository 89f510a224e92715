package rules

import (
	"fmt"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "notice-undelivered",
	Title:    "notices do not arrive",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Nobody away from this screen is told that the line has stopped.",
			"The newest notices could not be delivered, although each was tried several times.",
			"Their receiver does not answer, refuses the token, or its address is wrong.",
			"A receiver that takes nothing looks the same as one that has nothing to take.",
			"So the console says it itself, and tells what stands as soon as the receiver takes it.",
		},
		Cure:   "As the alert says: bring the receiver back, or mend notify.webhooks in the config and restart. What still stands is told then.",
		NoCure: "Waiting for the next alert: it will not be told either.",
		Cost:   "none.",
	},
	Actor:    fleet.ActorOperator,
	Requires: []fleet.SourceKind{fleet.SourceNotices},
	Evaluate: noticeUndelivered,
})

func noticeUndelivered(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	for _, r := range s.Receivers {
		if !r.Failing {
			continue
		}
		f := fleet.Finding{Key: r.Name, Severity: fleet.SeverityWarn, Advice: r.Remedy,
			Summary:  fmt.Sprintf("%s takes no notices: %s not told there", r.Name, fleet.Plural(r.Waiting, "alert")),
			Subjects: []fleet.Subject{fleet.OfSource(fleet.SourceID{Kind: fleet.SourceNotices, Of: r.Name})},
			Evidence: []fleet.Evidence{{What: "delivery", Where: r.Name, At: r.At, Why: 2,
				Fact: fmt.Sprintf("tried %s since %s: %s", fleet.Plural(r.Tries, "time"), r.Since.UTC().Format("15:04:05Z"), r.Err)}}}
		out = append(out, f)
	}
	return out
}
