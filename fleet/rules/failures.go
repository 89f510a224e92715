package rules

import (
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

// runnerSteps are the runner's own steps: a failure in one of them, with no
// step of the workflow run, is infrastructure nearly always (actions/runner).
var runnerSteps = [...]string{"Set up job", "Set up runner", "Initialize containers", "Stop containers", "Complete runner", "Complete job"}

// lostRunner is the place of a job that ended badly though none of its steps did.
const lostRunner = "(no failed step: runner lost)"

// The catalogue's rows of killed steps and jobs: at-limit reports those.
const (
	rowStepLimit = 26
	rowJobLimit  = 27
)

// failed is a job that ended badly of itself: not cancelled, not overtaken, no gate.
type failed struct {
	job     *fleet.Job
	run     fleet.WorkflowRun
	branch  string        // head repository and branch
	step    string        // where; empty where GitHub lists no steps
	verdict fleet.Verdict // zero where not known
	class   fleet.Class   // the verdict's; infra too for a suspect its host bears out
	proof   fleet.Evidence
	open    bool // nothing newer of the branch has said otherwise, and somebody still waits for it
}

// signature names what failed: the catalogue's slug, else the text.
func (f failed) signature() string {
	if f.verdict.Signature != "" {
		return f.verdict.Signature
	}
	return f.verdict.Text
}

// passed is a job that ended well: where most do, a failure is nobody's cluster.
type passed struct {
	branch, runner string
	at             time.Time
}

type jobName struct {
	repo fleet.Repo
	name string
}

// endedJobs is the jobs that ended within the policy's window.
type endedJobs struct {
	failed []failed
	passed map[jobName][]passed
	look   Look
}

// gather sorts the ended jobs into failures worth comparing, passes, and what is
// left out: superseded runs, cancels, gates, limits. What the merge queue failed at
// is kept, and marked by its run's event.
func gather(s *fleet.Snapshot) endedJobs {
	e := endedJobs{passed: make(map[jobName][]passed), look: lookOf(s)}
	runs, branches := make(map[fleet.RunKey]bool), make(map[string]bool)
	gone := make(map[fleet.RunKey]bool) // superseded
	for i := range s.Jobs {
		j := &s.Jobs[i]
		if j.Status.Live() || !recent(s, j.CompletedAt) {
			continue
		}
		run, ok := s.RunOf(j.RunKey())
		switch {
		case j.Aggregator():
			e.look.Aggregators++
			continue
		case !ok:
			continue
		}
		f := failed{job: j, run: run, branch: string(run.HeadRepo) + ":" + run.Branch}
		e.look.Jobs++
		if !runs[run.Key()] {
			runs[run.Key()], branches[f.branch] = true, true
			gone[run.Key()] = superseded(s, run.Key())
			if gone[run.Key()] {
				e.look.Superseded++
			}
		}
		if j.Conclusion == fleet.ConclusionSuccess {
			k := jobName{j.Repo, j.Name}
			e.passed[k] = append(e.passed[k], passed{f.branch, j.Runner, j.CompletedAt})
		}
		if !j.Conclusion.Red() || gone[run.Key()] {
			continue
		}
		if f.judge(s, &e.look) {
			e.failed = append(e.failed, f)
		}
	}
	e.look.Runs, e.look.Branches = len(runs), len(branches)
	return e
}

// judge fills in verdict and place, and reports whether the job failed of itself.
func (f *failed) judge(s *fleet.Snapshot, look *Look) bool {
	v, known := f.job.Verdict.Get()
	f.verdict, f.class = v, fleet.ClassUnknown
	if known {
		f.class = v.Class
	}
	cancelled := f.job.Conclusion == fleet.ConclusionCancelled && f.class != fleet.ClassInfra
	switch {
	case f.class == fleet.ClassCancelled || cancelled:
		look.Cancelled++
		return false
	case known && (v.Row == rowStepLimit || v.Row == rowJobLimit):
		look.Limits++
		return false
	}
	look.Failed++
	if !known {
		look.Unread++
	}
	if f.run.Event == "merge_group" {
		look.Queue++
	}
	f.step = failedAt(*f.job, v)
	if f.class == fleet.ClassSuspect {
		if proof, ok := corroborated(s, *f.job, v); ok {
			f.class, f.proof = fleet.ClassInfra, proof
		}
	}
	f.open = lastWord(s, f.run, *f.job)
	return true
}

// failedAt says where a job failed. Where GitHub lists no steps the place is not
// known: that is no lost runner.
func failedAt(j fleet.Job, v fleet.Verdict) string {
	if v.Step != "" {
		return v.Step
	}
	if st, ok := j.FailedStep(); ok {
		return st.Name
	}
	if len(j.Steps) > 0 && j.Runner != "" {
		return lostRunner
	}
	return ""
}

// ownStep reports whether a step is the runner's or the checkout: the place alone
// says that the code under test had no part in it.
func ownStep(step string) bool {
	return step == lostRunner || slices.Contains(runnerSteps[:], step) || strings.HasPrefix(step, "Run actions/checkout")
}

// lastWord reports whether a failure still stands: it is of the newest attempt, no
// newer run of its branch has ended the same job since, and its pull request is
// not over.
func lastWord(s *fleet.Snapshot, run fleet.WorkflowRun, j fleet.Job) bool {
	if j.Attempt != run.Attempt {
		return false
	}
	if pr, _, ok := s.PROfRun(run.Key()); ok {
		if p, ok := s.PROf(pr); ok && p.State != fleet.PROpen && run.Event != "merge_group" {
			return false
		}
	}
	newer := s.NewerRuns(run)
	for n := len(newer) - 1; n >= 0; n-- {
		r := &s.Runs[newer[n]]
		if r.Conclusion == fleet.ConclusionSuccess {
			return false
		}
		for _, x := range s.JobsOf(r.Key()) {
			if x.Name == j.Name && !x.Status.Live() && x.Conclusion != fleet.ConclusionCancelled && x.Conclusion != fleet.ConclusionSkipped {
				return false
			}
		}
	}
	return true
}
