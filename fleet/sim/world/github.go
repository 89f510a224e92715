package world

import (
	"cmp"
	"fmt"
	"slices"

	"andon/fleet"
)

// Repo is a repository.
type Repo struct {
	Name  fleet.Repo
	ID    int64
	PRs   []*PullRequest
	Runs  []*Run // oldest first
	Fixed bool   // its workflow gives run dirs to the build user before cargo starts
	PerPR bool   // its workflow has one dir for each ref, as before paiml/aprender#1693

	QueueRefs []QueueRef // of its merge queue
}

// PullRequest is a pull request. State is fleet's: closed and merged told apart.
type PullRequest struct {
	Repo     *Repo
	Number   int
	Title    string
	Author   string
	State    fleet.PRState
	Draft    bool
	HeadRepo fleet.Repo
	HeadRef  string
	HeadSHA  string
	BaseRef  string
	Created  int64
	Updated  int64
	ClosedAt int64 // 0 while open
}

// Run is a workflow run; its attempts share its id.
type Run struct {
	Repo      *Repo
	ID        int64
	Number    int
	Attempt   int
	Workflow  string
	Event     string
	Branch    string
	SHA       string
	Title     string
	Actor     string
	HeadRepo  fleet.Repo
	PRs       []int // as pull_requests[] lists them; none for forks
	Ref       string
	Group     string // concurrency group; empty: ci-<Ref>
	Created   int64
	Started   int64 // of this attempt
	Updated   int64
	Jobs      []*Job // of all attempts, oldest first
	Cancelled bool
	Parked    bool // its aggregator stays queued: a plain cancel changes nothing
	Deleter   bool // something deletes its run dir under a running job
}

// Job is a job of one attempt of a run.
type Job struct {
	Run        *Run
	ID         int64
	Attempt    int
	Name       string
	Labels     []string
	Runner     *Runner
	Status     fleet.Status
	Conclusion fleet.Conclusion
	Created    int64
	Started    int64
	Completed  int64
	Steps      []Step
	Suffix     string // of the run dir it uses, for example "guards"
	NoDir      bool   // it uses no run dir
	Ending     Ending // what its log tells
	flaw       int    // which test fails with EndTest
	dir        *Node
	work       int64 // seconds its build takes
	grow       int64 // bytes its build writes
	base       int64 // bytes that were there when it began
}

// Step is a step of a job.
type Step struct {
	Name       string
	Status     fleet.Status
	Conclusion fleet.Conclusion
	Started    int64
	Completed  int64
}

// Status is the run's: that of its least advanced job of the current attempt.
func (r *Run) Status() fleet.Status {
	worst := fleet.StatusCompleted
	jobs := r.Latest()
	switch {
	case len(jobs) > 0:
	case r.Cancelled:
		return fleet.StatusCompleted
	case r.waits():
		return fleet.StatusPending
	default:
		return fleet.StatusQueued
	}
	for _, j := range jobs {
		if j.Status == fleet.StatusQueued {
			return fleet.StatusQueued
		}
		if j.Status.Live() {
			worst = j.Status
		}
	}
	return worst
}

// Conclusion is empty while the run is live.
func (r *Run) Conclusion() fleet.Conclusion {
	if r.Status().Live() {
		return ""
	}
	if r.Cancelled {
		return fleet.ConclusionCancelled
	}
	c := fleet.ConclusionSuccess
	for _, j := range r.Latest() {
		switch j.Conclusion {
		case fleet.ConclusionFailure:
			return fleet.ConclusionFailure
		case fleet.ConclusionCancelled:
			c = fleet.ConclusionCancelled
		}
	}
	return c
}

// Latest returns the newest job of each name, in the order they were made.
func (r *Run) Latest() []*Job {
	at := make(map[string]int, len(r.Jobs))
	var out []*Job
	for _, j := range r.Jobs {
		if i, ok := at[j.Name]; ok {
			out[i] = j
			continue
		}
		at[j.Name] = len(out)
		out = append(out, j)
	}
	return out
}

// RepoOf returns the repository of the given name.
func (w *World) RepoOf(name fleet.Repo) (*Repo, bool) {
	for _, r := range w.Repos {
		if r.Name == name {
			return r, true
		}
	}
	return nil, false
}

// Run returns the run of the given id.
func (r *Repo) Run(id int64) (*Run, bool) {
	i, ok := slices.BinarySearchFunc(r.Runs, id, func(x *Run, id int64) int { return cmp.Compare(x.ID, id) })
	if !ok {
		return nil, false
	}
	return r.Runs[i], true
}

// PR returns the pull request of the given number.
func (r *Repo) PR(n int) (*PullRequest, bool) {
	for _, p := range r.PRs {
		if p.Number == n {
			return p, true
		}
	}
	return nil, false
}

// addRun puts a run in its place by id.
func (r *Repo) addRun(x *Run) {
	x.Repo = r
	i, _ := slices.BinarySearchFunc(r.Runs, x.ID, func(a *Run, id int64) int { return cmp.Compare(a.ID, id) })
	r.Runs = slices.Insert(r.Runs, i, x)
	x.Number = 4000 + len(r.Runs)
}

// DirRel returns the path below a root of the run dir a run uses.
func (r *Run) DirRel(suffix string) string {
	if r.Repo.PerPR {
		return fmt.Sprintf("%s-ci/%s", r.Repo.Name.Name(), r.Ref)
	}
	rel := fmt.Sprintf("%s-ci/%s/run-%d", r.Repo.Name.Name(), r.Ref, r.ID)
	if suffix != "" {
		rel += "-" + suffix
	}
	return rel
}
