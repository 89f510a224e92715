package rules

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "runner-dropped",
	Title:    "runners dropped out of the pool",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"The pool gets smaller from day to day, and each day looks normal.",
			"Runners that were registered for hours are no longer in GitHub's list, not even as offline.",
			"GitHub drops a runner that has not connected for 14 days, and whoever ran config.sh remove did so at once.",
			"A dropped runner raises nothing: 116 runners, 113 this morning, 109 on Tuesday, found by counting by hand (actions/runner#1506).",
			"The list must be compared with yesterday's, and each removal be somebody's deed.",
		},
		Cure:   "Register them again on their host, with the same labels and group (config.sh). Removed on purpose: acknowledge.",
		NoCure: "Restarting the service: its registration is gone, the listener ends at once.",
		Cost:   "minutes per runner; none where the removal was meant.",
	},
	Actor:    fleet.ActorHost,
	Requires: []fleet.SourceKind{fleet.SourceRunners},
	For:      10 * time.Minute,
	Evaluate: runnerDropped,
})

// droppedWithin is how far back a runner is missed; the history keeps no more.
const droppedWithin = 7 * 24 * time.Hour

// runnerDropped compares a whole, current list with what earlier ones held. Only a
// runner that stayed for hours can be missed.
func runnerDropped(s *fleet.Snapshot) []fleet.Finding {
	past := rememberRunners(s)
	var out []fleet.Finding
	for scope, h := range past {
		id := fleet.SourceID{Kind: fleet.SourceRunners, Of: scope}
		if !whole(s, id) {
			continue
		}
		if f, ok := droppedFinding(s, scope, h, s.SourceOf(id)); ok {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b fleet.Finding) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

func droppedFinding(s *fleet.Snapshot, scope string, h *seenRunners, src fleet.Source) (fleet.Finding, bool) {
	names := make(map[string]bool)
	renamed := 0
	for i := range s.Runners {
		if r := &s.Runners[i]; r.Scope == scope && !h.ephemeral(r.Name) {
			names[r.Name] = true
			if old, ok := h.byName[r.Name]; ok && s.At.Sub(old.First) < 24*time.Hour && old.First.After(h.first) {
				renamed++
			}
		}
	}
	day := s.At.Add(-24 * time.Hour)
	var missing []fleet.RunnerSeen
	yesterday, shortLived := 0, 0
	for _, r := range h.byName {
		if h.ephemeral(r.Name) {
			shortLived++
			continue
		}
		if !r.First.After(day) && !r.Last.Before(day) {
			yesterday++
		}
		if !names[r.Name] && r.Last.Sub(r.First) >= stayed && s.At.Sub(r.Last) <= droppedWithin {
			missing = append(missing, r)
		}
	}
	if len(missing) == 0 {
		return fleet.Finding{}, false
	}
	slices.SortFunc(missing, func(a, b fleet.RunnerSeen) int {
		return cmp.Or(b.Last.Compare(a.Last), cmp.Compare(a.Name, b.Name))
	})
	f := fleet.Finding{Key: scope, Severity: fleet.SeverityWarn, Rests: []fleet.SourceID{src.ID}}
	for _, r := range missing { // some are missing since the first of them went
		f.Began = earliest(f.Began, r.Away)
	}
	var t touched
	for i, r := range missing {
		t.host(s, r.Name)
		if i < 6 {
			f.Evidence = append(f.Evidence, fleet.Evidence{What: "runners", Where: r.Name, At: r.Last, Why: 2,
				Fact: fmt.Sprintf("last listed %s ago, after %s; labels %s", lasted(s.At.Sub(r.Last)), lasted(r.Last.Sub(r.First)), listed(r.Labels, 6))})
		}
	}
	if f.Subjects = t.subjects(); len(f.Subjects) == 0 {
		f.Subjects = []fleet.Subject{fleet.OfSource(src.ID)} // nobody knows their hosts
	}
	count := fmt.Sprintf("%d of %d yesterday", len(names), yesterday)
	if h.first.After(day) {
		count = fmt.Sprintf("%d listed, and %d that were since %s ago are not", len(names), len(missing), lasted(s.At.Sub(h.first)))
	}
	f.Summary = fmt.Sprintf("%s: %s; %s missing", scope, count, fleet.Plural(len(missing), "runner"))
	f.RuledOut = []fleet.Evidence{{What: "runners", Where: scope, At: src.ReadAt, Fact: fmt.Sprintf("the list is whole: it names %s", fleet.Plural(len(names), "runner"))}}
	if shortLived > 0 {
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "runners", Where: scope, At: src.ReadAt, Fact: fmt.Sprintf("%s of ephemeral pools left out: they come and go by design", fleet.Plural(shortLived, "name"))})
	}
	if renamed > 0 {
		f.Unknown = append(f.Unknown, fleet.Gap{What: "whether they were registered anew under other names", Why: fmt.Sprintf("%s appeared since yesterday", fleet.Plural(renamed, "name")), Makes: "compare .runner on the hosts with the list"})
	}
	dropAdvice(s, missing[0].Name, &f)
	return f, true
}

// dropAdvice names the host of the newest loss, and whether its service still runs.
func dropAdvice(s *fleet.Snapshot, runner string, f *fleet.Finding) {
	h, ok := s.HostOfRunner(runner)
	if !ok {
		f.Advice = "find the machine of " + runner + ", and register it again (config.sh) or acknowledge its removal"
		return
	}
	f.Advice = fmt.Sprintf("%s lived on %s: register it again there (config.sh), or acknowledge its removal", runner, h)
	if svc, ok := serviceOf(s, h, runner); ok {
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "service", Where: string(h), At: s.SourceOf(fleet.HostSource(h)).ReadAt, Why: 3, Fact: svc.Unit + " is " + svc.State + " there"})
	}
}
