package world

import "andon/fleet"

var _ = register(Scenario{
	Name:  "ownership-1798",
	Title: "docker makes each fresh run dir as root, cargo cannot write: six pull requests are blocked",
	Tells: []fleet.RuleID{"run-dir-owner"},
	With:  []fleet.RuleID{"same-failure", "infra-failure"},
	Build: (*World).rootDirs,
})

// rootDirs is the outage of 2026-05-18 (paiml/aprender#1798) alone.
func (w *World) rootDirs(now int64) {
	r, trueno := w.twoRepos(now)
	intel, _ := w.Host("intel")
	w.openWork(r, trueno)
	// What was built before the hook was lost went well.
	for i, n := range []int{1788, 1791, 1784} {
		p, _ := r.PR(n)
		w.at(now-190*minute+int64(i)*11*minute, func() { w.Push(p, 0, ci(1500, 14*gib)) })
	}
	w.at(now-70*minute, func() {
		intel.Prepares = false
		for _, x := range intel.Runners {
			intel.hook(x, hookPath, w.now)
		}
	})
	for i, n := range []int{1791, 1792, 1793, 1794, 1796, 1797} {
		p, _ := r.PR(n)
		w.at(now-58*minute+int64(i)*8*minute, func() { w.Push(p, 0, ci(1800, 20*gib)) })
	}
	p, _ := r.PR(1784)
	w.at(now+14*minute, func() { w.Push(p, 0, ci(1500, 14*gib)) })
	fix, _ := r.PR(1798)
	w.at(now+20*minute, func() {
		w.Merge(fix)
		r.Fixed = true
	})
	for i, n := range []int{1793, 1797, 1792} {
		p, _ := r.PR(n)
		w.at(now+(27+9*int64(i))*minute, func() { w.Push(p, 0, ci(1500, 18*gib)) })
	}
	w.bustle(&traffic{repo: trueno, every: 9 * minute, busy: 3, next: 88, work: w.side(trueno).work}, 2)
}
