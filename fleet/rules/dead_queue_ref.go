package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "dead-queue-ref",
	Title:    "runs of merge queue refs that are gone",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Runners build for the merge queue, and nothing of it can merge.",
			"The ref of those runs (gh-readonly-queue/BASE/pr-N-SHA) no longer exists.",
			"The queue was built anew when a pull request left it: each rebuild makes new refs and drops the old ones.",
			"GitHub drops the ref and not always its run: cancelling a merge_group build is the workflow's affair.",
			"Something must end the runs of dead refs; 29 of their dirs held a part of 629 GB on one host (paiml/aprender, ci-fleet-hygiene).",
		},
		Cure:   "Force-cancel the runs of the dead refs, as the alert says.",
		NoCure: "Cancelling every old run of the queue: a head with a failed job is alive, its failure is the answer.",
		Cost:   "none: no result of theirs can be used.",
	},
	Actor:    fleet.ActorOperator,
	Requires: []fleet.SourceKind{fleet.SourceQueue, fleet.SourceRuns, fleet.SourceJobs},
	For:      10 * time.Minute,
	Evaluate: deadQueueRef,
})

// queueRefs is what one repository's merge queue looks like.
type queueRefs struct {
	refs    map[string]bool
	alive   int // runs of the queue whose ref is there
	dead    []fleet.WorkflowRun
	answers int // live runs without a ref that have a failed job
}

// deadQueueRef needs one live ref that agrees: where reading or naming refs is
// broken, all of them read as dead.
func deadQueueRef(s *fleet.Snapshot) []fleet.Finding {
	queues := make(map[fleet.Repo]*queueRefs)
	for _, q := range s.QueueRefs {
		if queues[q.Repo] == nil {
			queues[q.Repo] = &queueRefs{refs: make(map[string]bool)}
		}
		queues[q.Repo].refs[strings.TrimPrefix(q.Name, "refs/heads/")] = true
	}
	for i := range s.Runs {
		run := &s.Runs[i]
		q := queues[run.Repo]
		if q == nil || run.Event != "merge_group" {
			continue
		}
		listed := s.SourceOf(ofRepo(fleet.SourceQueue, run.Repo))
		switch {
		case q.refs[strings.TrimPrefix(run.Branch, "refs/heads/")]:
			q.alive++
		case !run.Status.Live() || !run.CreatedAt.Before(listed.ReadAt):
			// over, or younger than the list of refs
		case hasFailedJob(s, run.Key()):
			q.answers++
		default:
			q.dead = append(q.dead, *run)
		}
	}
	var out []fleet.Finding
	for repo, q := range queues {
		if q.alive > 0 && len(q.dead) > 0 && whole(s, ofRepo(fleet.SourceQueue, repo)) && current(s, ofRepo(fleet.SourceRuns, repo), ofRepo(fleet.SourceJobs, repo)) {
			out = append(out, q.finding(s, repo))
		}
	}
	slices.SortFunc(out, func(a, b fleet.Finding) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

func hasFailedJob(s *fleet.Snapshot, k fleet.RunKey) bool {
	return slices.ContainsFunc(s.JobsOf(k), func(j fleet.Job) bool {
		return j.Conclusion == fleet.ConclusionFailure || j.Conclusion == fleet.ConclusionTimedOut
	})
}

func (q *queueRefs) finding(s *fleet.Snapshot, repo fleet.Repo) fleet.Finding {
	slices.SortFunc(q.dead, func(a, b fleet.WorkflowRun) int {
		return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
	})
	var t touched
	f := fleet.Finding{
		Key: string(repo), Severity: fleet.SeverityWarn,
		Rests: []fleet.SourceID{ofRepo(fleet.SourceQueue, repo), ofRepo(fleet.SourceRuns, repo), ofRepo(fleet.SourceJobs, repo)},
	}
	read := s.SourceOf(f.Rests[0]).ReadAt
	working := 0
	var calls []string
	for i, run := range q.dead {
		t.run(s, run.Key())
		jobs := 0
		for _, j := range s.LiveJobs(run.Key()) {
			if j.Status == fleet.StatusInProgress {
				jobs++
				t.host(s, j.Runner)
			}
		}
		working += jobs
		if i < 5 {
			f.Evidence = append(f.Evidence, fleet.Evidence{What: "ref", Where: run.Branch, At: read, Why: 2,
				Fact: fmt.Sprintf("not there; run %d of it is %s since %s, %s in progress", run.ID, run.Status, lasted(s.At.Sub(run.CreatedAt)), fleet.Plural(jobs, "job"))})
			calls = append(calls, forceCancel(run.Key()))
		}
	}
	f.Subjects = t.subjects()
	f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "ref", Where: string(repo), At: read,
		Fact: fmt.Sprintf("the list of refs can be trusted: it names the refs of %s of the queue", fleet.Plural(q.alive, "run"))})
	if q.answers > 0 {
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "jobs", Where: string(repo), At: s.At,
			Fact: fmt.Sprintf("%s without a ref left alone: a job of theirs failed, which is an answer", fleet.Plural(q.answers, "run"))})
	}
	f.Summary = fmt.Sprintf("%s of merge queue refs that are gone, %s in progress", fleet.Plural(len(q.dead), "live run"), fleet.Plural(working, "job"))
	f.Advice = strings.Join(calls, "; ")
	if more := len(q.dead) - len(calls); more > 0 {
		f.Advice += fmt.Sprintf("; and %d more", more)
	}
	f.Cost = fmt.Sprintf("none: no result of them can be used; it frees %s", fleet.Plural(working, "runner"))
	return f
}
