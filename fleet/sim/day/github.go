package day

import (
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

const (
	buildStep = "Run cargo nextest"
	checkout  = "Run actions/checkout@v4"
)

// tell is what GitHub says of a run at a time; false where it is not there yet.
func (x *run) tell(t time.Time) (fleet.WorkflowRun, bool) {
	n := -1
	for i, a := range x.attempts {
		if !t.Before(a.from) {
			n = i
		}
	}
	if n < 0 {
		return fleet.WorkflowRun{}, false
	}
	a := x.attempts[n]
	r := fleet.WorkflowRun{Repo: x.cell.repo, ID: x.id, Attempt: n + 1, Name: "CI", Event: x.event, Branch: x.branch, SHA: x.sha, HeadRepo: x.cell.repo,
		Status: fleet.StatusCompleted, Conclusion: a.conclusion, CreatedAt: x.attempts[0].from, StartedAt: a.from, UpdatedAt: a.from, ReadAt: t,
		URL: fmt.Sprintf("https://github.com/%s/actions/runs/%d", x.cell.repo, x.id)}
	if x.pull != nil && x.event == "pull_request" {
		r.PullRequests = []int{x.pull.n}
		if x.pull.fork != "" {
			r.HeadRepo, r.PullRequests = x.pull.fork, nil
		}
	}
	live := a.to.IsZero() || t.Before(a.to)
	if live {
		r.Status, r.Conclusion = x.status(a, t), ""
	} else {
		r.UpdatedAt = a.to
	}
	for _, j := range x.jobs {
		for _, at := range [...]time.Time{j.created, j.started, j.completed} {
			if !at.IsZero() && !at.After(t) && at.After(r.UpdatedAt) {
				r.UpdatedAt = at
			}
		}
	}
	return r, true
}

// status is that of a live run's least advanced job.
func (x *run) status(a attempt, t time.Time) fleet.Status {
	if a.pending {
		return fleet.StatusPending
	}
	out, any := fleet.StatusInProgress, false
	for _, j := range x.jobs {
		if s, ok := j.status(t); ok {
			any = true
			if s == fleet.StatusQueued {
				out = fleet.StatusQueued
			}
		}
	}
	if !any {
		return fleet.StatusQueued
	}
	return out
}

func (j *job) status(t time.Time) (fleet.Status, bool) {
	switch {
	case t.Before(j.created):
		return "", false
	case j.started.IsZero() || t.Before(j.started):
		return fleet.StatusQueued, true
	case j.completed.IsZero() || t.Before(j.completed):
		return fleet.StatusInProgress, true
	}
	return fleet.StatusCompleted, true
}

// tell is what GitHub says of a job at a time; false where it is not there yet.
func (j *job) tell(t time.Time) (fleet.Job, bool) {
	st, ok := j.status(t)
	if !ok {
		return fleet.Job{}, false
	}
	out := fleet.Job{Repo: j.run.cell.repo, ID: j.id, RunID: j.run.id, Attempt: j.attempt, Name: j.name, Status: st, Labels: j.labels,
		CreatedAt: j.created, StartedAt: j.created, Verdict: fleet.Unknown[fleet.Verdict]("the job has not ended")}
	if st == fleet.StatusQueued {
		return out, true
	}
	out.StartedAt = j.started
	if j.runner != nil {
		out.Runner = j.runner.name
	}
	out.Steps = j.steps(t, st)
	if st == fleet.StatusCompleted {
		out.CompletedAt, out.Conclusion = j.completed, j.conclusion
		if j.conclusion.Red() {
			out.Verdict = fleet.Unknown[fleet.Verdict]("nothing of the catalogue is in its log")
			if j.verdict != nil {
				out.Verdict = fleet.Known(*j.verdict, j.completed)
			}
		}
	}
	return out, true
}

// steps are the runner's own steps, a checkout and the build, of which the one that
// fails is the last.
func (j *job) steps(t time.Time, st fleet.Status) []fleet.JobStep {
	names := []string{"Set up job", "Initialize containers", checkout, buildStep}
	if j.name == "gate" {
		names = []string{"Set up job", "Require all jobs"}
	}
	fails := j.fails
	if fails == "" {
		fails = names[len(names)-1]
	}
	i := slices.Index(names, fails)
	if i < 0 {
		names, i = append(names[:1:1], fails), 1
	}
	var out []fleet.JobStep
	at := j.started
	for k, name := range names[:i+1] {
		next := at.Add(2 * time.Second)
		s := fleet.JobStep{Number: k + 1, Name: name, Status: fleet.StatusCompleted, Conclusion: fleet.ConclusionSuccess, StartedAt: at, CompletedAt: next}
		last := k == i
		if last || t.Before(next) || !j.completed.IsZero() && next.After(j.completed) {
			s.CompletedAt, s.Conclusion = j.completed, j.conclusion
			if st != fleet.StatusCompleted || j.frozen {
				s.Status, s.Conclusion, s.CompletedAt = fleet.StatusInProgress, "", time.Time{}
			}
			return append(out, s)
		}
		out = append(out, s)
		at = next
	}
	return out
}

// tell is what GitHub says of a pull request at a time; false where it is not there
// yet.
func (p *pull) tell(t time.Time) (fleet.PullRequest, bool) {
	if t.Before(p.opened) {
		return fleet.PullRequest{}, false
	}
	out := fleet.PullRequest{Repo: p.cell.repo, Number: p.n, Title: p.title, Author: "mei", State: fleet.PROpen, HeadRepo: p.cell.repo, HeadRef: p.branch,
		HeadSHA: p.sha, BaseRef: "main", UpdatedAt: p.opened, ReadAt: t}
	if p.fork != "" {
		out.HeadRepo = p.fork
	}
	if !p.closed.IsZero() && !t.Before(p.closed) {
		out.State, out.ClosedAt, out.UpdatedAt = fleet.PRClosed, p.closed, p.closed
		if p.merged {
			out.State = fleet.PRMerged
		}
	}
	apply(p.titleOff, &out, t)
	return out, true
}
