package world

import (
	"fmt"

	"andon/fleet"
)

var _ = register(Scenario{
	Name:  "p0-1693",
	Title: "one build dir for each pull request: cancelled runs go on writing into it, five pull requests fail alike",
	Tells: []fleet.RuleID{"shared-run-dir", "zombie-writer", "same-failure", "legacy-layout"},
	With:  []fleet.RuleID{"infra-failure", "compiler-cache"},
	Build: (*World).sharedDirs,
})

// sharedDirs is the outage of 2026-05-15 (paiml/aprender#1693).
func (w *World) sharedDirs(now int64) {
	r, trueno := w.twoRepos(now)
	r.PerPR = true
	for i, x := range []struct{ ref, title string }{
		{"rope-cache", "perf: cache rope tables"}, {"tui-probe", "feat: probe view"}, {"simd-tails", "fix: simd tails"},
		{"gguf-v3", "feat: read gguf v3"}, {"doc-links", "docs: mend links"},
	} {
		p := w.openPR(r, 1686+i, author(i), x.ref, x.title, r.Name)
		at := now - 45*minute + int64(i)*90
		w.at(at, func() { w.Push(p, 0, ci(2900, 26*gib)) })
		w.at(at+30*minute, func() { w.Push(p, 2*hour, w.collide(70+int64(i)*9)) }) // cancels, and the containers live on
	}
	// One of them tries again before the operator's eyes.
	p, _ := r.PR(1687)
	w.at(now-3*minute, func() { w.Push(p, 2*hour, w.collide(22*minute)) })
	w.at(now+31*minute, func() { w.Push(p, 0, w.collide(80)) })
	w.fixed(r)
	w.bustle(w.side(trueno), 3)
}

// fixed is the pull request that gives each run a dir of its own, tried out on the
// same host: two layouts are in use there at once.
func (w *World) fixed(r *Repo) {
	p := w.openPR(r, 1693, author(0), "per-run-target", "fix(ci): one target dir per run", r.Name)
	intel, _ := w.Host("intel")
	x := w.past(p, intel, w.now+Prehistory-50*minute, 22*minute, fleet.ConclusionSuccess)
	p.HeadSHA = x.SHA
	w.leave(intel, fmt.Sprintf("aprender-ci/1693/run-%d", x.ID), x.Started, x.Updated, 14*gib)
}

// collide is a workflow whose builds find their temp dir gone: the cancelled run
// before it deletes and makes files in the same dir.
func (w *World) collide(work int64) []spec {
	s := ci(work, 4*gib)
	s[0].ending, s[1].ending = EndTempDir, EndTempDir
	s[1].work = work + 20
	return s
}

// twoRepos racks the healthy machines and adds the repositories; the second is
// there to show that the rest of the fleet works.
func (w *World) twoRepos(now int64) (main, side *Repo) {
	w.healthy(now)
	main, side = &Repo{Name: "paiml/aprender", ID: 824163077}, &Repo{Name: "paiml/trueno", ID: 811904452}
	w.Repos = []*Repo{main, side}
	return main, side
}

// side is the traffic of the repository that has nothing to do with the story.
func (w *World) side(r *Repo) *traffic {
	return &traffic{repo: r, every: 9 * minute, busy: 3, next: 87, work: func() []spec {
		return arm(600+w.rng.Int64N(300), 3*gib)[:1]
	}}
}
