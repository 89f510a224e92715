package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "no-runner-for-labels",
	Title:    "no runner carries the labels",
	Severity: fleet.SeverityStop,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"A job waits for a runner and will wait for a day, then fail.",
			"No online runner carries all the labels it asks for.",
			"The labels were changed or misspelt, the one machine that has them is offline or dropped, or its runner was registered anew without them.",
			"GitHub queues the job all the same: it cannot know that nobody will come (automatically failed after more than 1 day).",
			"Labels are a contract between workflows and machines: a change on either side must be checked against the other.",
		},
		Cure:   "Bring the runner with these labels back, add the label to one that can do the work, or mend runs-on.",
		NoCure: "Waiting, or a rerun. Giving the label to a machine of another architecture: clean-room spans X64 and ARM64, and the artefact is wrong.",
		Cost:   "none; a label is added in the browser or with gh api.",
	},
	Actor:    fleet.ActorOperator,
	Requires: []fleet.SourceKind{fleet.SourceRunners, fleet.SourceJobs, fleet.SourceRuns},
	Causes:   []fleet.RuleID{"runner-offline", "runner-dropped", "host-unreachable"},
	For:      5 * time.Minute,
	Evaluate: noRunnerForLabels,
})

func noRunnerForLabels(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	var p *runnerPool
	for _, l := range lanes(s) {
		if p == nil {
			p = newPool(s)
		}
		if !p.whole(l.repo) || !current(s, ofRepo(fleet.SourceJobs, l.repo), ofRepo(fleet.SourceRuns, l.repo)) {
			continue
		}
		fit := p.fit(l.repo, l.labels)
		if slices.ContainsFunc(fit, func(i int) bool { return s.Runners[i].Online }) {
			continue
		}
		out = append(out, l.unserved(s, p, fit))
	}
	return out
}

func (l *lane) unserved(s *fleet.Snapshot, p *runnerPool, fit []int) fleet.Finding {
	lists := p.sources(l.repo)
	read := s.SourceOf(lists[0]).ReadAt
	f := fleet.Finding{Key: l.key(), Severity: fleet.SeverityStop, Rests: append(lists, ofRepo(fleet.SourceJobs, l.repo), ofRepo(fleet.SourceRuns, l.repo))}
	var t touched
	for i, n := range l.queued {
		j := s.Jobs[n]
		t.run(s, j.RunKey())
		t.jobs.add(fleet.OfJob(j))
		if i < 4 {
			f.Evidence = append(f.Evidence, fleet.Evidence{What: "job", Where: j.RunKey().String(), At: s.SourceOf(ofRepo(fleet.SourceJobs, l.repo)).TriedAt, Why: 1, Fact: j.Name + " is queued" + queuedFor(s, j)})
		}
	}
	var names []string
	for _, i := range fit {
		names = append(names, s.Runners[i].Name)
		t.host(s, s.Runners[i].Name)
	}
	slices.Sort(names)
	seen := len(p.byScope[scopes(l.repo)[0]]) + len(p.byScope[scopes(l.repo)[1]])
	switch on := l.elsewhere(s); {
	case len(fit) > 0:
		f.Severity = fleet.SeverityWarn
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "runners", Where: lists[0].Of, At: read, Why: 2, Fact: "only offline ones carry them: " + listed(names, 6)})
		f.Advice = "bring one of them back: " + listed(names, 6)
	case on != "":
		f.Severity = fleet.SeverityWarn // a pool that is made on demand, or one this token does not see
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "runners", Where: lists[0].Of, At: read, Why: 2, Fact: fmt.Sprintf("none of %s carries them, but %s ran such a job", fleet.Plural(seen, "runner"), on)})
		f.Unknown = append(f.Unknown, fleet.Gap{What: "the pool these jobs ran on", Why: on + " is in no list of runners that is read: made on demand, or registered elsewhere", Makes: "look at what makes the runners (autoscaler, scale set), or add their organisation to the config"})
		f.Advice = "these jobs run on runners that come and go: look at what makes them"
	default:
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "runners", Where: lists[0].Of, At: read, Why: 2, Fact: fmt.Sprintf("none of %s, online or not, carries %s", fleet.Plural(seen, "runner"), strings.Join(l.labels, " "))})
		f.Advice = l.nearest(s, p)
	}
	f.RuledOut = []fleet.Evidence{{What: "runners", Where: lists[0].Of, At: read, Fact: "no saturation: no online runner that could take them is busy; case of labels does not count"}}
	f.Subjects = t.subjects()
	f.Began = l.unservedSince(s)
	f.Summary = fmt.Sprintf("%s: %s for %s%s", l.repo, waits(len(l.queued), "job"), l.name(), l.upTo(s))
	return f
}

func queuedFor(s *fleet.Snapshot, j fleet.Job) string {
	if w, ok := j.Waited(s.At); ok {
		return " for " + lasted(w)
	}
	return ""
}

// unservedSince returns since when the longest of the jobs waits with no runner to
// take it, by the lists this console remembers; zero where that is not known.
func (l *lane) unservedSince(s *fleet.Snapshot) time.Time {
	since := l.since(s)
	own := scopes(l.repo)
	for _, r := range s.History.Runners {
		switch {
		case since.IsZero(), !slices.Contains(own[:], r.Scope), !carries(r.Labels, l.labels):
		case r.Away.IsZero(): // online until this very list
			return time.Time{}
		default:
			since = latest(since, r.Away)
		}
	}
	return since
}

// upTo says how long the longest has waited, where GitHub gave the time.
func (l *lane) upTo(s *fleet.Snapshot) string {
	if w, ok := l.longest(s); ok {
		return ", up to " + lasted(w)
	}
	return ""
}

// elsewhere returns a runner that is in no list and yet ran such a job of late.
func (l *lane) elsewhere(s *fleet.Snapshot) string {
	known := make(map[string]bool, len(s.Runners))
	for i := range s.Runners {
		known[s.Runners[i].Name] = true
	}
	for _, i := range l.ran {
		if r := s.Jobs[i].Runner; !known[r] {
			return r
		}
	}
	return ""
}

// nearest names the online runner that lacks the fewest of the labels.
func (l *lane) nearest(s *fleet.Snapshot, p *runnerPool) string {
	best, lacks := "", []string(nil)
	for _, scope := range scopes(l.repo) {
		for _, i := range p.byScope[scope] {
			r := &s.Runners[i]
			if !r.Online {
				continue
			}
			var miss []string
			for _, w := range l.labels {
				if !carries(r.Labels, []string{w}) {
					miss = append(miss, w)
				}
			}
			if len(miss) < len(l.labels) && (best == "" || len(miss) < len(lacks)) {
				best, lacks = r.Name, miss
			}
		}
	}
	if best == "" {
		return "mend runs-on, or register a runner with " + strings.Join(l.labels, ", ")
	}
	return fmt.Sprintf("nearest is %s, which lacks only %s: mend runs-on, or add the label where the machine can do the work", best, strings.Join(lacks, ", "))
}
