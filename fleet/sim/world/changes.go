package world

import (
	"fmt"

	"andon/fleet"
)

// Refusal is GitHub's no, in GitHub's own words.
type Refusal string

// Error returns the words.
func (r Refusal) Error() string { return string(r) }

// Refusals of GitHub.
const (
	ErrRunning   Refusal = "This workflow is already running"
	ErrCompleted Refusal = "Cannot cancel a workflow run that is completed."
	ErrNothing   Refusal = "The workflow run has no failed jobs"
)

// RerunFailed starts the next attempt of a run with its failed jobs. Jobs that
// went well are kept. Whether they go well now depends on the world: a run dir the
// build user still cannot write to fails them the same way.
func (w *World) RerunFailed(x *Run) error {
	if x.Status().Live() {
		return ErrRunning
	}
	var again []*Job
	red := false
	for _, j := range x.Latest() {
		switch {
		case j.Name == "gate":
			again = append(again, j)
		case j.Conclusion != fleet.ConclusionSuccess:
			again = append(again, j)
			red = true
		}
	}
	if !red {
		return ErrNothing
	}
	x.Attempt++
	x.Cancelled = false
	x.Started, x.Updated = w.now, w.now
	for _, j := range again {
		s := spec{name: j.Name, labels: j.Labels, work: warm(j), grow: j.grow, suffix: j.Suffix, noDir: j.NoDir}
		if j.Runner != nil {
			s.host = j.Runner.Host.Name // the label of one host's pool
		}
		if j.Ending == EndTest {
			s.ending, s.flaw = EndTest, j.flaw
		}
		w.enqueue(x, s)
	}
	return nil
}

// warm is how long the build of a rerun takes: the compiler cache is filled.
func warm(j *Job) int64 { return min(max(j.work/20, 45), 120) }

// Cancel ends the live jobs of a run. Builds in containers are not children of
// the runner and may live on: leak says for how many seconds (0: none does).
func (w *World) Cancel(x *Run, leak int64) error {
	if !x.Status().Live() {
		return ErrCompleted
	}
	w.cancel(x, leak)
	return nil
}

func (w *World) cancel(x *Run, leak int64) {
	x.Cancelled = true
	for _, j := range x.Latest() {
		if !j.Status.Live() || x.Parked && j.Name == "gate" {
			continue
		}
		building := j.dir != nil && j.dir.Content != nil && j.Runner != nil
		if leak > 0 && building {
			w.orphanBuild(j, leak)
		}
		w.finish(j, fleet.ConclusionCancelled, EndSuperseded)
	}
}

// park cancels a run whose aggregator, which has always(), stays queued and is
// never given a runner: the run never ends and holds its concurrency group
// (paiml/aprender#3229).
func (w *World) park(x *Run) {
	x.Parked = true
	w.cancel(x, 0)
}

// orphanBuild lets the processes of a job outlive it.
func (w *World) orphanBuild(j *Job, seconds int64) {
	h := j.Runner.Host
	for _, p := range h.Procs {
		if p.Job == j.ID {
			p.Job = -j.ID
		}
	}
	z := &zombie{job: j}
	w.zombies = append(w.zombies, z)
	w.after(seconds, func() {
		j.write(w.now)
		h.endJob(-j.ID)
		for i := range w.zombies {
			if w.zombies[i] == z {
				w.zombies = append(w.zombies[:i], w.zombies[i+1:]...)
				break
			}
		}
	})
}

// Push gives a pull request a new head and starts its run; live runs of older
// heads are cancelled, and their builds live on for leak seconds.
func (w *World) Push(p *PullRequest, leak int64, specs []spec) *Run {
	for _, x := range p.Repo.Runs {
		if x.Branch == p.HeadRef && x.HeadRepo == p.HeadRepo && x.Status().Live() {
			w.cancel(x, leak)
		}
	}
	p.HeadSHA, p.Updated = w.sha(), w.now
	return w.start(w.runOf(p), specs)
}

func (w *World) runOf(p *PullRequest) *Run {
	x := &Run{Repo: p.Repo, Workflow: "CI", Event: "pull_request", Branch: p.HeadRef, SHA: p.HeadSHA, HeadRepo: p.HeadRepo,
		Title: p.Title, Actor: p.Author, Ref: fmt.Sprint(p.Number)}
	if p.HeadRepo == p.Repo.Name {
		x.PRs = []int{p.Number}
	}
	return x
}

// Merge closes a pull request as merged.
func (w *World) Merge(p *PullRequest) {
	p.State, p.ClosedAt, p.Updated = fleet.PRMerged, w.now, w.now
}

func (w *World) sha() string {
	return fmt.Sprintf("%016x%016x%08x", w.rng.Uint64(), w.rng.Uint64(), w.rng.Uint32())
}
