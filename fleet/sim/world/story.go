package world

import (
	"andon/fleet"
)

// story builds the incident the console was born from (paiml/aprender#1693, #1704
// and #1798): one host whose dockerd makes every fresh run dir as root, runs that
// write into the dirs of others, and a saturated pool that ends jobs at exactly 55
// minutes. now is when somebody starts to look.
func (w *World) story(now int64) {
	intel, yoga := w.intel(now), w.yoga(now)
	intel.breakRunner(13, now-20*hour)
	intel.cleaner(now, true)
	intel.cache(cacheStats{path: "/mnt/nvme-raid0/sccache", used: 10*gib - 2100, limit: 10 * gib, hits: 5, misses: 811}, now)
	yoga.cleaner(now, false)
	w.gx10(now)
	w.mac(now)
	apr := &Repo{Name: "paiml/aprender", ID: 824163077}
	trueno := &Repo{Name: "paiml/trueno", ID: 811904452}
	w.Repos = []*Repo{apr, trueno}
	w.orphans(apr)
	w.openWork(apr, trueno)
	w.oddities(apr)
	w.script(apr, now)
	w.at(now-600, func() {
		w.writeOn()
		w.fillDisk("intel", 948)
		w.fillDisk("yoga", 712)
		w.fillDisk("gx10", 487)
	})
}

// ended is a pull request that ended some time ago, whose run dirs nobody deleted.
type ended struct {
	n     int
	state fleet.PRState
	ref   string
	title string
	ago   int64
	dirs  int
	on    *Host
}

// leftovers leaves the run dirs of ended pull requests on the hosts: what nobody
// deletes because the cleaner that should never reads a pull request's state.
func (w *World) leftovers(r *Repo, list []ended, size func() int64) {
	for _, o := range list {
		p := w.endedPR(r, o.n, o.state, author(o.n), o.ref, o.title, o.ago)
		for k := range o.dirs {
			end := p.ClosedAt - 1800 - int64(k)*5400
			x := w.past(p, o.on, end, 1500+w.rng.Int64N(1500), fleet.ConclusionSuccess)
			if k == 0 {
				p.HeadSHA = x.SHA
			} else {
				x.SHA = w.sha()
			}
			w.leave(o.on, x.DirRel(""), x.Started+6, end, size())
		}
	}
}

// orphans are the incident's ended pull requests.
func (w *World) orphans(r *Repo) {
	intel, _ := w.Host("intel")
	yoga, _ := w.Host("yoga")
	gx10, _ := w.Host("gx10")
	w.leftovers(r, []ended{
		{1690, fleet.PRMerged, "rope-cache", "perf: cache rope tables", 9 * day, 3, intel},
		{1693, fleet.PRMerged, "per-run-target", "fix(ci): one target dir per run", 8 * day, 4, intel},
		{1698, fleet.PRClosed, "try-mold", "ci: try mold", 8 * day, 4, intel},
		{1704, fleet.PRMerged, "raise-limits", "fix(ci): raise job limits to 75 and 85 minutes", 8 * day, 3, intel},
		{1711, fleet.PRMerged, "gguf-v3", "feat: read gguf v3", 6 * day, 5, intel},
		{1719, fleet.PRClosed, "drop-onnx", "chore: drop onnx", 5 * day, 2, yoga},
		{1727, fleet.PRMerged, "qkv-fused", "perf: fuse qkv", 4 * day, 4, intel},
		{1733, fleet.PRMerged, "tui-probe", "feat: probe view", 3 * day, 2, intel},
		{1746, fleet.PRMerged, "simd-tails", "fix: simd tails", 2 * day, 3, yoga},
		{1752, fleet.PRMerged, "q4k-arm", "perf: q4k on arm", 2 * day, 3, gx10},
		{1760, fleet.PRClosed, "bench-cold", "bench: cold start", 30 * hour, 2, intel},
		{1771, fleet.PRMerged, "doc-links", "docs: mend links", 40 * 60, 1, intel},
	}, func() int64 { return 9*gib + w.rng.Int64N(19*gib) })
	w.holder(intel, r)
}

// holder is a process that somebody left in a dead run's dir: it makes the dir
// one that must not be deleted.
func (w *World) holder(h *Host, r *Repo) {
	for _, x := range r.Runs {
		if x.Ref != "1733" {
			continue
		}
		if n, err := h.Lookup(h.rootFor().Path+"/"+x.DirRel(""), false); err == nil {
			h.spawn(Process{PPID: 1, UID: 1000, Args: []string{"-bash"}, Exe: "/usr/bin/bash", Cwd: n.Path(), CwdAt: n, Cgroup: "/user.slice/user-1000.slice"}, w.now)
			return
		}
	}
}
