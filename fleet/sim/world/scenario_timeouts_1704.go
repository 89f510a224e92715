package world

import (
	"fmt"

	"andon/fleet"
)

var _ = register(Scenario{
	Name:  "timeouts-1704",
	Title: "sixteen runners are saturated, builds are slow: five pull requests end at exactly 55:00, and no test failed",
	Tells: []fleet.RuleID{"at-limit", "pool-saturated"},
	With:  []fleet.RuleID{"same-failure", "infra-failure", "disk-forecast"},
	Build: (*World).atTheLimit,
})

// atTheLimit is the outage of 2026-05-15, later that day (paiml/aprender#1704).
func (w *World) atTheLimit(now int64) {
	r, trueno := w.twoRepos(now)
	intel, _ := w.Host("intel")
	intel.Load = 127.6
	for i := range 5 {
		p := w.openPR(r, 1699+i, author(i), fmt.Sprintf("cold-%d", i), title(1699+i), r.Name)
		w.at(now-80*minute+int64(i)*4*minute, func() { w.Push(p, 0, slow(false)) })
	}
	// The others fill the pool and wait for it.
	w.crowd(r, 1710, now-66*minute, 5*minute, 40, func() []spec { return ci(2500+w.rng.Int64N(500), 4*gib) })
	w.bustle(w.side(trueno), 3)
}

// crowd opens pull requests and pushes to one after the other, as many times as
// said, whether or not a runner is free.
func (w *World) crowd(r *Repo, first int, from, every int64, times int, work func() []spec) {
	const authors = 24
	for i := range min(authors, times) {
		w.openPR(r, first+i, author(i), fmt.Sprintf("%s-%d", topics()[i%len(topics())], first+i), title(first+i), r.Name)
	}
	for i := range times {
		p, _ := r.PR(first + i%authors)
		w.at(from+int64(i)*every, func() { w.Push(p, leak, work()) })
	}
}
