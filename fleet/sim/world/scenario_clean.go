package world

import "andon/fleet"

// Clean is the scenario in which nothing is wrong.
const Clean = "clean"

var _ = register(Scenario{
	Name:  Clean,
	Title: "a healthy, busy fleet: builds, merges, a test that really fails, cleaners that clean; the lamp stays green",
	Build: (*World).clean,
})

// clean builds a fleet as it should be: wired cleaners, owners that fit, a
// compiler cache with room, runners to spare. Jobs end well, or by a real test.
func (w *World) clean(now int64) {
	apr, trueno := w.twoRepos(now)
	w.bustle(&traffic{repo: apr, every: 150, busy: 14, next: 1830, work: func() []spec {
		if w.rng.IntN(5) == 0 {
			return arm(900+w.rng.Int64N(400), 3*gib)
		}
		return ci(1000+w.rng.Int64N(700), 5*gib)
	}}, 14)
	w.bustle(w.side(trueno), 3)
	w.mainDirs(apr)
}

// mainDirs leaves a dir of the default branch on every host: none is ever empty, which
// a console does not believe at once.
func (w *World) mainDirs(r *Repo) {
	p := w.openPR(r, 1829, author(2), "release-notes", "docs: notes of the next release", r.Name)
	for _, h := range w.Hosts {
		x := w.past(p, h, w.now-hour, 20*minute, fleet.ConclusionSuccess)
		x.Event, x.Branch, x.PRs, x.Ref, x.SHA = "push", "main", nil, "main", w.sha()
		w.leave(h, x.DirRel(""), x.Started, x.Updated, 9*gib)
	}
}

// healthy racks the machines of the incident as they are on a good day.
func (w *World) healthy(now int64) {
	intel, yoga, gx10 := w.intel(now), w.yoga(now), w.gx10(now)
	intel.Load, yoga.Load, gx10.Load = 31.4, 6.2, 3.1
	for _, h := range w.Hosts {
		w.keep(h, now)
	}
	intel.compiler = &cacheStats{path: "/mnt/nvme-raid0/sccache", used: 31 * gib, limit: 50 * gib, hits: 4022, misses: 817}
	yoga.compiler = &cacheStats{path: "/srv/sccache", used: 12 * gib, limit: 50 * gib, hits: 1904, misses: 388}
	for _, h := range []*Host{intel, yoga} {
		h.cache(*h.compiler, now)
	}
	w.at(now-10*minute, func() {
		w.writeOn()
		w.fillDisk("intel", 581)
		w.fillDisk("yoga", 466)
		w.fillDisk("gx10", 412)
	})
}
