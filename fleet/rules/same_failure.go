package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "same-failure",
	Title:    "same failure in many branches",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Pull requests that have nothing to do with each other fail alike.",
			"They fail at the same place, with the same text: the code under test is not what they share.",
			"What they share is a host, an image, a cache or a limit.",
			"Each author sees only a red check of their own, and reruns it.",
			"Somebody must see the cluster, stop the line once, and mend the cause.",
		},
		Cure:   "Mend what they share (see the other alerts of the same hosts), then rerun all of them.",
		NoCure: "Rerun one by one while the cause stands.",
		Cost:   "one run of each failed job, once, after the cause is mended.",
	},
	Actor:    fleet.ActorOperator,
	Requires: []fleet.SourceKind{fleet.SourceRuns, fleet.SourceJobs},
	Causes:   []fleet.RuleID{"run-dir-owner"},
	Evaluate: sameFailure,
})

// runnerSteps are the runner's own steps: a failure in one of them, with no
// step of the workflow run, is infrastructure nearly always (actions/runner).
var runnerSteps = [...]string{"Set up job", "Set up runner", "Initialize containers", "Stop containers", "Complete runner", "Complete job"}

// place is where a job failed. Text only tells failures in a workflow's own
// step apart; in a runner's step the place alone is enough.
type place struct {
	repo      fleet.Repo
	job, step string
	text      string
}

func sameFailure(s *fleet.Snapshot) []fleet.Finding {
	groups := make(map[place][]fleet.Job)
	looked := 0
	for _, j := range s.Jobs {
		if j.Status.Live() || !recent(s, j.CompletedAt) || j.Aggregator() {
			continue
		}
		looked++
		run, ok := s.RunOf(j.RunKey())
		if !ok || run.Event == "merge_group" || j.Attempt != run.Attempt || superseded(s, run.Key()) {
			continue
		}
		if p, ok := failurePlace(j); ok {
			groups[p] = append(groups[p], j)
		}
	}
	var out []fleet.Finding
	for p, jobs := range groups {
		if f, ok := clusterFinding(s, p, jobs, looked); ok {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b fleet.Finding) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// failurePlace says where and how a job failed, if that can be compared at all.
func failurePlace(j fleet.Job) (place, bool) {
	if j.Conclusion != fleet.ConclusionFailure {
		return place{}, false
	}
	p := place{repo: j.Repo, job: j.Name}
	st, ok := j.FailedStep()
	if !ok {
		p.step = "(no failed step: runner lost)"
		return p, true
	}
	p.step = st.Name
	if slices.Contains(runnerSteps[:], st.Name) || strings.HasPrefix(st.Name, "Run actions/checkout") {
		return p, true
	}
	v, known := j.Verdict.Get()
	if !known || v.Text == "" {
		return place{}, false // the same test step failing proves nothing
	}
	p.text = v.Text
	return p, true
}

func clusterFinding(s *fleet.Snapshot, p place, jobs []fleet.Job, looked int) (fleet.Finding, bool) {
	branches := make(map[string]bool)
	var prs, runs, hosts subjects
	f := fleet.Finding{Severity: fleet.SeverityWarn, Suggested: []fleet.ActionID{fleet.ActionRerun},
		Key:   fmt.Sprintf("%s/%s/%s/%s", p.repo, p.job, p.step, p.text),
		Rests: []fleet.SourceID{{Kind: fleet.SourceJobs, Of: string(p.repo)}}}
	for _, j := range jobs {
		run, _ := s.RunOf(j.RunKey())
		branches[string(run.HeadRepo)+":"+run.Branch] = true
		runs.add(fleet.OfRun(run.Key()))
		if pr, _, ok := s.PROfRun(run.Key()); ok {
			prs.add(fleet.OfPR(pr))
		}
		if h, ok := s.HostOfRunner(j.Runner); ok {
			hosts.add(fleet.OfHost(h))
		}
		if len(f.Evidence) < 6 {
			f.Evidence = append(f.Evidence, fleet.Evidence{What: "job", Where: j.Runner, At: j.CompletedAt,
				Fact: fmt.Sprintf("run %d on %s: %s failed at %s", run.ID, run.Branch, j.Name, p.step)})
		}
	}
	if len(branches) < s.Policy.Branches {
		return f, false
	}
	what := p.step
	if p.text != "" {
		what = p.text
		f.Evidence = append([]fleet.Evidence{{What: "log", Where: p.job + ", step " + p.step, Fact: p.text, At: s.At}}, f.Evidence...)
	}
	f.Summary = fmt.Sprintf("%s in %d branches: %s; looked at %s", p.job, len(branches), what, fleet.Plural(looked, "job"))
	f.Subjects = append(append(prs.list, runs.list...), hosts.list...)
	if len(hosts.list) == 1 {
		f.Advice = "all on " + string(hosts.list[0].Host) + ": look there first"
	}
	return f, true
}
