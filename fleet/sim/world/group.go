package world

import (
	"cmp"
	"slices"
	"strings"

	"andon/fleet"
)

// QueueRef is a branch of a merge queue that exists.
type QueueRef struct {
	Name string // gh-readonly-queue/BASE/pr-N-SHA
	SHA  string
}

// GroupName returns the concurrency group of a run: its own, or ci-<PR or ref>,
// as the workflow of paiml/aprender has it.
func (r *Run) GroupName() string {
	if r.Group != "" {
		return r.Group
	}
	return "ci-" + r.Ref
}

// live is Status().Live(), which asks who waits and so cannot be asked here. Jobs
// of older attempts have ended.
func (r *Run) live() bool {
	if len(r.Jobs) == 0 {
		return !r.Cancelled
	}
	return slices.ContainsFunc(r.Jobs, func(j *Job) bool { return j.Status.Live() })
}

// Queue lists the live runs of a concurrency group. The first, which began
// longest ago, holds it; the others wait. Names are equal without regard to case.
func (r *Repo) Queue(group string) []*Run {
	var out []*Run
	for _, x := range r.Runs {
		if x.live() && strings.EqualFold(x.GroupName(), group) {
			out = append(out, x)
		}
	}
	slices.SortStableFunc(out, func(a, b *Run) int { return cmp.Compare(a.Started, b.Started) })
	return out
}

// Groups lists the names of the concurrency groups that have members, sorted.
func (r *Repo) Groups() []string {
	var out []string
	for _, x := range r.Runs {
		if x.live() {
			out = append(out, x.GroupName())
		}
	}
	slices.SortFunc(out, func(a, b string) int { return cmp.Compare(strings.ToLower(a), strings.ToLower(b)) })
	return slices.CompactFunc(out, strings.EqualFold)
}

// waits reports whether another run holds the run's group.
func (r *Run) waits() bool {
	q := r.Repo.Queue(r.GroupName())
	return len(q) > 0 && q[0] != r
}

// enter starts a run when its turn in its concurrency group comes. Until then it
// is pending and has no jobs.
func (w *World) enter(x *Run, specs []spec) *Run {
	w.add(x)
	w.takeTurn(x, specs)
	return x
}

func (w *World) takeTurn(x *Run, specs []spec) {
	switch {
	case x.Cancelled:
	case x.waits():
		w.after(5, func() { w.takeTurn(x, specs) })
	default:
		w.launch(x, specs)
	}
}

// queued makes the branch of a merge queue's run, and deletes it when the run has
// ended, as GitHub does.
func (w *World) queued(x *Run) *Run {
	x.Repo.QueueRefs = append(x.Repo.QueueRefs, QueueRef{Name: x.Branch, SHA: x.SHA})
	w.unqueue(x)
	return x
}

func (w *World) unqueue(x *Run) {
	if x.Status() != fleet.StatusCompleted {
		w.after(10, func() { w.unqueue(x) })
		return
	}
	x.Repo.QueueRefs = slices.DeleteFunc(x.Repo.QueueRefs, func(q QueueRef) bool { return q.Name == x.Branch })
}
