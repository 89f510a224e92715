package rules

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "rate-budget",
	Title:    "GitHub limits the token",
	Severity: fleet.SeverityStop,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"What is shown of GitHub is getting old, though GitHub answers.",
			"The token's hourly limit is spent faster than it comes back, or GitHub told this console to pause.",
			"The limit is the user's: gh, bots, other consoles and people spend the same 5,000 an hour.",
			"Each of them reckons as if it were alone, and an empty limit looks like an outage to all (18 pollers at 30 s exceed it, claude-supertool#2509).",
			"The budget must be shared knowingly: a token of its own for each watcher, and slower polling before it is empty.",
		},
		Cure:   "Stop what else spends the token, or give this console one of its own. It mends itself at the reset.",
		NoCure: "Restarting the console, or another token of the same user: they share one limit.",
		Cost:   "none; until then only actions are sent, and the screen ages.",
	},
	Actor:    fleet.ActorOperator,
	Requires: []fleet.SourceKind{fleet.SourceRuns},
	For:      5 * time.Minute,
	Evaluate: rateBudget,
})

// dryBudget is the share of the limit, in percent, below which nothing is read any
// more: what is left is for actions (fleet/poll).
const dryBudget = 5

// lowBudget is the share above which a burn says little yet: a console that has
// just started reads everything once.
const lowBudget = 50

func rateBudget(s *fleet.Snapshot) []fleet.Finding {
	b := s.Budget
	var out []fleet.Finding
	if b.Paused.After(s.At) {
		f := budgetFinding(s, "secondary", fleet.SeverityInfo)
		f.Summary = fmt.Sprintf("GitHub's secondary limit: nothing is read for %s, until %s", lasted(b.Paused.Sub(s.At)), b.Paused.UTC().Format("15:04 UTC"))
		f.Evidence = []fleet.Evidence{{What: "limit", Where: "secondary", At: s.At, Why: 2, Fact: "GitHub asked for a pause until " + b.Paused.UTC().Format(time.DateTime) + " UTC"}}
		f.Advice = "wait: it is limited, not unreachable; too many requests at once, of all tools that use the token"
		out = append(out, f)
	}
	if !b.Known || b.Limit <= 0 || !b.Reset.After(s.At) {
		return out
	}
	left, until := b.Reset.Sub(s.At), b.Reset.UTC().Format("15:04 UTC")
	fact := fmt.Sprintf("%d of %d left, %d spent in the last hour, lately %d an hour, reset in %s", b.Remaining, b.Limit, b.PerHour, b.Lately, lasted(left))
	var f fleet.Finding
	switch at, before := b.EmptyAt(s.At); {
	case b.Remaining*100 < b.Limit*dryBudget:
		f = budgetFinding(s, "primary", fleet.SeverityStop)
		f.Summary = fmt.Sprintf("hourly limit below %d %%: %d left for actions, nothing is read until %s", dryBudget, b.Remaining, until)
		f.Advice = "act only where it must be; what is shown of GitHub stays as it is until " + until
	case before && b.Remaining*100 < b.Limit*lowBudget:
		empty := at.Sub(s.At)
		f = budgetFinding(s, "primary", fleet.SeverityWarn)
		f.Summary = fmt.Sprintf("hourly limit empty in %s at the present burn, %s before its reset at %s", lasted(empty), lasted(left-empty), until)
		f.Advice = "find what else uses this token; this console slows down by itself"
	default:
		return out
	}
	f.Evidence = []fleet.Evidence{{What: "limit", Where: "primary", At: s.At, Why: 2, Fact: fact}}
	f.Unknown = []fleet.Gap{{What: "who else spends the token", Why: "GitHub tells the sum only", Makes: "a token of its own for this console"}}
	return append(out, f)
}

// budgetFinding names the sources that the limit holds up, so that it explains
// their age, and rests on the GitHub source that was read last: while nothing is
// read the limit is not seen to end.
func budgetFinding(s *fleet.Snapshot, key string, sev fleet.Severity) fleet.Finding {
	f := fleet.Finding{Key: key, Severity: sev}
	var newest fleet.Source
	failing := 0
	for _, src := range s.Sources {
		if src.ID.Kind == fleet.SourceHost {
			continue
		}
		switch {
		case src.Cause == fleet.CauseRateLimit, src.State == fleet.SourceOK && src.Stale(s.At): // refused, or held back
			f.Subjects = append(f.Subjects, fleet.OfSource(src.ID))
		case src.State == fleet.SourceFailing:
			failing++
		}
		if src.ID.Kind == fleet.SourceRuns && (newest.ID.Kind == "" || src.ReadAt.After(newest.ReadAt) || src.ReadAt.Equal(newest.ReadAt) && src.ID.Of < newest.ID.Of) {
			newest = src
		}
	}
	if newest.ID.Kind != "" {
		f.Rests = []fleet.SourceID{newest.ID}
		if own := fleet.OfSource(newest.ID); !f.About(own) {
			f.Subjects = append(f.Subjects, own)
		}
	}
	slices.SortFunc(f.Subjects, func(a, b fleet.Subject) int { return cmp.Compare(a.Name, b.Name) })
	fact := "not unreachable: GitHub answers, with its limit"
	if failing > 0 {
		fact = fmt.Sprintf("not the limit alone: %s of GitHub failing for another reason", fleet.Plural(failing, "source"))
	}
	f.RuledOut = []fleet.Evidence{{What: "source", Where: "github", At: s.At, Fact: fact}}
	return f
}
