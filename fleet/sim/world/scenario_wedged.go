package world

import (
	"fmt"

	"andon/fleet"
)

var _ = register(Scenario{
	Name:  "wedged",
	Title: "a cancelled run's aggregator stays queued and holds the merge queue's group: nothing merges for hours",
	Tells: []fleet.RuleID{"wedged-aggregator", "concurrency-queue", "dead-queue-ref"},
	With:  []fleet.RuleID{"stuck-run"},
	Build: (*World).wedged,
})

// mergeGroup is the concurrency group that the merge queue's runs share.
const mergeGroup = "merge-queue-main"

// wedged is the night of 2026-09-13 (paiml/aprender#3229).
func (w *World) wedged(now int64) {
	r, trueno := w.twoRepos(now)
	for i := range 8 {
		w.openPR(r, 3221+i, author(i), fmt.Sprintf("%s-%d", topics()[i], 3221+i), title(3221+i), r.Name)
	}
	queue := func(n int) *Run {
		p, _ := r.PR(n)
		x := w.queueRun(r, p)
		x.Group = mergeGroup
		return x
	}
	// The head of the queue is built and cancelled; its gate stays.
	w.at(now-215*minute, func() {
		x := w.queued(w.enter(queue(3221), ci(1100, 9*gib)[:1]))
		w.after(6*minute, func() { w.park(x) })
	})
	for i, n := range []int{3222, 3223, 3224} {
		w.at(now-200*minute+int64(i)*40*minute, func() { w.queued(w.enter(queue(n), ci(1100, 9*gib)[:1])) })
	}
	// The same on a branch: the next push of the pull request has no job.
	p, _ := r.PR(3225)
	var held *Run
	w.at(now-95*minute, func() {
		held = w.enter(w.runOf(p), ci(1500, 9*gib))
		w.after(9*minute, func() { w.park(held) })
	})
	w.at(now-84*minute, func() {
		p.HeadSHA, p.Updated = w.sha(), w.now
		w.enter(w.runOf(p), ci(1500, 9*gib))
	})
	// A run goes on for a branch that the queue has deleted.
	w.at(now-22*minute, func() {
		x := queue(3226)
		x.Group = "ci-" + x.Ref
		w.start(x, ci(40*minute, 9*gib)[:1])
	})
	for i := range 4 {
		p, _ := r.PR(3225 + i)
		if i == 0 {
			continue
		}
		for k := range int64(4) {
			w.at(now-60*minute+int64(i)*7*minute+k*33*minute, func() { w.Push(p, leak, ci(1300, 11*gib)) })
		}
	}
	w.bustle(w.side(trueno), 3)
}
