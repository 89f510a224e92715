package rules

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "runner-failing",
	Title:    "runner fails whatever it is given",
	Severity: fleet.SeverityStop,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Pull requests fail at random, and a rerun sometimes helps.",
			"They failed on the same runner, at its own steps or within seconds of the start.",
			"That runner or its host is broken: residue of another owner in _work, a dead dockerd, a corrupt _actions.",
			"A runner that fails in seconds is idle again in seconds: it takes more of the queue than all healthy ones (8 jobs in 75 minutes, paiml-mcp-agent-toolkit#1185).",
			"Failures must be counted per runner, and one that fails them all be taken out of the pool.",
		},
		Cure:   "Stop the runner's service, mend the host as the failures say, start it, then rerun the jobs.",
		NoCure: "Reruns while it is in the pool: it is the first to be idle and takes them again.",
		Cost:   "one runner less until it is mended; one run of each failed job.",
	},
	Actor:    fleet.ActorHost,
	Requires: []fleet.SourceKind{fleet.SourceRuns, fleet.SourceJobs},
	Causes:   []fleet.RuleID{"run-dir-owner", "disk-pressure", "inode-pressure"},
	Evaluate: runnerFailing,
})

const (
	failsFast    = 25 * time.Second // a job that ends so soon got no further than its set-up
	failsRunners = 3                // jobs of different pull requests that make it the runner
)

// track is what a runner did within the window.
type track struct {
	runner string
	failed []failed  // at its own steps, or at once
	worked time.Time // end of the newest job it did carry out
}

// early reports whether a failure is of the kind a broken runner makes: at its own
// steps, or at once, where no verdict names another cause. A job that dies in its
// first second because its dir is misowned speaks of the dir, not of the runner.
func early(f failed) bool {
	if f.class == fleet.ClassCode {
		return false
	}
	if ownStep(f.step) {
		return true
	}
	took, ok := f.job.Duration()
	if !ok || took > failsFast || f.job.Conclusion != fleet.ConclusionFailure {
		return false
	}
	return !f.job.Verdict.IsKnown() || f.class == fleet.ClassInfra && len(f.verdict.Cures) > 0 && f.verdict.Cures[0] == fleet.CureLook
}

// whose tells pull requests apart; a queue ref counts as its pull request.
func whose(s *fleet.Snapshot, f failed) string {
	if pr, _, ok := s.PROfRun(f.run.Key()); ok {
		return pr.String()
	}
	return f.branch
}

func (t *track) prs(s *fleet.Snapshot, after time.Time) int {
	seen := make(map[string]bool)
	for _, f := range t.failed {
		if f.job.CompletedAt.After(after) {
			seen[whose(s, f)] = true
		}
	}
	return len(seen)
}

func runnerFailing(s *fleet.Snapshot) []fleet.Finding {
	e := gather(s)
	tracks := make(map[string]*track)
	at := func(runner string) *track {
		if tracks[runner] == nil {
			tracks[runner] = &track{runner: runner}
		}
		return tracks[runner]
	}
	for _, f := range e.failed {
		if f.job.Runner == "" {
			continue
		}
		if t := at(f.job.Runner); early(f) {
			t.failed = append(t.failed, f)
		} else {
			t.worked = latest(t.worked, f.job.CompletedAt)
		}
	}
	for _, list := range e.passed {
		for _, p := range list {
			if t := tracks[p.runner]; t != nil {
				t.worked = latest(t.worked, p.at)
			}
		}
	}
	places := make(map[string][]*track)
	for _, t := range tracks {
		if t.prs(s, time.Time{}) < failsRunners || newestEnd(t.failed).Before(t.worked) {
			continue // too few, or it has carried out a job since
		}
		k := t.runner
		if h, ok := s.HostOfRunner(t.runner); ok {
			k = string(h)
		}
		places[k] = append(places[k], t)
	}
	var out []fleet.Finding
	sizes := &cold{s: s}
	for k, list := range places {
		if f, ok := failingFinding(s, e, k, list, sizes); ok {
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b fleet.Finding) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

func failingFinding(s *fleet.Snapshot, e endedJobs, at string, list []*track, sizes *cold) (fleet.Finding, bool) {
	slices.SortFunc(list, func(a, b *track) int { return cmp.Compare(a.runner, b.runner) })
	f := fleet.Finding{Key: at, Severity: fleet.SeverityWarn}
	var all []failed
	names := make([]string, 0, len(list))
	for _, t := range list {
		names = append(names, t.runner)
		all = append(all, t.failed...)
		since := t.prs(s, t.worked)
		if since >= failsRunners && !offlineFor(s, t.runner) {
			f.Severity = fleet.SeverityStop
		}
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "runner", Where: t.runner, At: newestEnd(t.failed), Why: 2,
			Fact: fmt.Sprintf("%s of %d pull requests failed on it%s", fleet.Plural(len(t.failed), "job"), t.prs(s, time.Time{}), workedSince(s, t))})
	}
	elsewhere := failsElsewhere(s, e, all, names)
	here := (&track{failed: all}).prs(s, time.Time{})
	if elsewhere >= here {
		return f, false // the same jobs fail so everywhere: the workflow, not the runner
	}
	slices.SortStableFunc(all, func(a, b failed) int { return a.job.CompletedAt.Compare(b.job.CompletedAt) })
	for i, x := range all {
		if i == 6 {
			break
		}
		took, _ := x.job.Duration()
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "job", Where: x.job.Runner, At: x.job.CompletedAt, Why: 1,
			Fact: fmt.Sprintf("%s: %s failed at %s after %s", whoseRun(s, x.run), x.job.Name, place(x.step), lasted(took))})
	}
	t := touch(s, all)
	f.Subjects, f.Rests, f.Cost = t.subjects(), restsOf(s, all), coldCost(all, sizes)
	f.Summary = fmt.Sprintf("%s: %s of %d pull requests failed at set-up or within %s, the last %s ago",
		listed(names, 6), fleet.Plural(len(all), "job"), here, lasted(failsFast), lasted(s.At.Sub(newestEnd(all))))
	f.RuledOut = []fleet.Evidence{
		{What: "runs", Where: at, At: s.At, Fact: fmt.Sprintf("no broken branch run again and again: %d different pull requests or branches", here)},
		{What: "jobs", Where: "other runners", At: s.At, Fact: fmt.Sprintf("no broken workflow: the same jobs fail so on other runners in %d of them", elsewhere)},
	}
	f.Unknown = e.look.gaps()
	f.Advice = stopAdvice(s, names[0])
	return f, true
}

func workedSince(s *fleet.Snapshot, t *track) string {
	if t.worked.IsZero() {
		return "; no other job of it is known"
	}
	return fmt.Sprintf("; it last carried one out %s ago", lasted(s.At.Sub(t.worked)))
}

// failsElsewhere counts the pull requests whose jobs of the same names fail alike
// on other runners.
func failsElsewhere(s *fleet.Snapshot, e endedJobs, list []failed, names []string) int {
	jobs, seen := make(map[jobName]bool), make(map[string]bool)
	for _, f := range list {
		jobs[jobName{f.job.Repo, f.job.Name}] = true
	}
	for _, f := range e.failed {
		if early(f) && jobs[jobName{f.job.Repo, f.job.Name}] && f.job.Runner != "" && !slices.Contains(names, f.job.Runner) {
			seen[whose(s, f)] = true
		}
	}
	return len(seen)
}

// offlineFor reports whether GitHub's list says that a runner is offline: then it
// takes no more jobs.
func offlineFor(s *fleet.Snapshot, runner string) bool {
	return slices.ContainsFunc(s.Runners, func(r fleet.Runner) bool { return r.Name == runner && !r.Online })
}

func stopAdvice(s *fleet.Snapshot, runner string) string {
	unit, where := "its service", "its machine"
	if h, ok := s.HostOfRunner(runner); ok {
		where = string(h)
		if svc, ok := serviceOf(s, h, runner); ok {
			unit = svc.Unit
		}
	}
	return fmt.Sprintf("take %s out of the pool: systemctl stop %s on %s; mend what its log says, start it, then rerun", runner, unit, where)
}
