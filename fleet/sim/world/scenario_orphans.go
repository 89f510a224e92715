package world

import "andon/fleet"

var _ = register(Scenario{
	Name:  "orphans",
	Title: "1.8 TB of run dirs of merged and closed pull requests; no cleaner is wired, and one host's clock is wrong",
	Tells: []fleet.RuleID{"orphan-dirs", "disk-pressure", "cleaner-idle", "clock-skew"},
	With:  []fleet.RuleID{"disk-forecast", "dead-queue-ref"},
	Build: (*World).unswept,
})

// unswept is the state of 2026-08-23 (paiml/aprender#2634): the guard's pre-job mode
// is dead because the runners call another hook, and its timer is switched off.
func (w *World) unswept(now int64) {
	r, trueno := &Repo{Name: "paiml/aprender", ID: 824163077}, &Repo{Name: "paiml/trueno", ID: 811904452}
	w.Repos = []*Repo{r, trueno}
	intel, yoga, gx10 := w.intel(now), w.yoga(now), w.gx10(now)
	intel.cleaner(now, false)
	yoga.cleaner(now, false)
	for _, h := range []*Host{intel, yoga, gx10} {
		h.Prepares, h.Load = true, h.Load/4
	}
	yoga.Skew = 7 * minute
	big := func() int64 { return 70*gib + w.rng.Int64N(42*gib) }
	w.leftovers(r, []ended{
		{2588, fleet.PRMerged, "moe-router", "feat: route experts", 6 * day, 2, intel},
		{2591, fleet.PRClosed, "try-lld", "ci: try lld", 5 * day, 2, intel},
		{2597, fleet.PRMerged, "paged-attn", "perf: paged attention", 4 * day, 3, intel},
		{2602, fleet.PRMerged, "safetensors-mmap", "perf: map safetensors", 3 * day, 2, intel},
		{2607, fleet.PRClosed, "gptq", "feat: gptq", 2 * day, 2, intel},
		{2611, fleet.PRMerged, "logit-bias", "feat: logit bias", 30 * hour, 2, intel},
		{2616, fleet.PRMerged, "sampler-top-a", "feat: top-a sampling", 20 * hour, 2, intel},
		{2619, fleet.PRMerged, "cuda-12-9", "build: cuda 12.9", 9 * hour, 2, intel},
		{2601, fleet.PRMerged, "arm-dotprod", "perf: dot products on arm", 3 * day, 2, yoga},
		{2613, fleet.PRClosed, "sve", "feat: sve kernels", 26 * hour, 1, yoga},
		{2609, fleet.PRMerged, "gpu-graphs", "perf: graph capture", 2 * day, 1, gx10},
	}, big)
	w.lighten()
	w.deadQueueDirs(r, intel, 9)
	for i := range 4 {
		w.openPR(r, 2621+i, author(i), topics()[i], title(2621+i), r.Name)
	}
	for i := range 3 {
		p, _ := r.PR(2621 + i)
		w.at(now-50*minute+int64(i)*17*minute, func() { w.Push(p, 0, ci(1500, 11*gib)) })
		w.at(now+12*minute+int64(i)*19*minute, func() { w.Push(p, 0, ci(1500, 11*gib)) })
	}
	w.at(now-10*minute, func() {
		w.writeOn()
		w.fillDisk("intel", 889)
		w.fillDisk("yoga", 701)
		w.fillDisk("gx10", 322)
	})
	w.bustle(w.side(trueno), 3)
}

// lighten keeps the files of big run dirs few and large: walking them would be
// charged to the console, which runs in the same process.
func (w *World) lighten() {
	for _, h := range w.Hosts {
		n, err := h.Lookup(h.rootFor().Path, true)
		if err != nil {
			continue
		}
		n.contents(func(c *Content) { c.Files = 20 + c.Bytes>>28 })
	}
}

// contents visits what builds left below a dir.
func (n *Node) contents(visit func(*Content)) {
	if n.Content != nil {
		visit(n.Content)
	}
	for _, k := range n.kids {
		k.contents(visit)
	}
}

// deadQueueDirs leaves dirs of merge queue runs whose pull requests are merged.
func (w *World) deadQueueDirs(r *Repo, h *Host, n int) {
	for _, p := range r.PRs {
		if n == 0 {
			return
		}
		if p.State != fleet.PRMerged {
			continue
		}
		n--
		x := w.past(p, h, p.ClosedAt-30, 754, fleet.ConclusionSuccess)
		q := w.queueRun(r, p)
		x.Event, x.Branch, x.SHA, x.PRs, x.Ref = q.Event, q.Branch, q.SHA, nil, q.Ref
		w.leave(h, x.DirRel(""), x.Started, x.Updated, 6*gib)
	}
}
