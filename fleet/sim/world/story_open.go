package world

import (
	"andon/fleet"
)

// openWork adds the open pull requests, and with them the titles that try to do
// something to a terminal.
func (w *World) openWork(apr, trueno *Repo) {
	fork := fleet.Repo("mei-lin/aprender")
	w.openPR(apr, 1784, "noahgift", "stream-shards", "perf(apr-cli): stream safetensors shards", apr.Name)
	w.openPR(apr, 1785, "mei-lin", "readme-typos", "docs: \x1b]0;owned\x07\x1b[2Jmend typos in \u202egnp.dmd\u2066README", fork)
	w.openPR(apr, 1788, "ywata", "arm64-build", "fix: 修复 ARM64 上的构建失败", apr.Name)
	w.openPR(apr, 1791, "alfredodeza", "kv-cache-paged", "feat(serve): paged kv cache", apr.Name)
	w.openPR(apr, 1792, "noahgift", "cuda-graphs", "perf(gpu): capture decode as a cuda graph", apr.Name)
	w.openPR(apr, 1793, "guybedford", "wasm-simd", "feat(wasm): relaxed simd kernels", apr.Name)
	w.openPR(apr, 1794, "noahgift", "apr-pull-resume", "feat(cli): resume apr pull", apr.Name)
	w.openPR(apr, 1795, "ywata", "tokenizer-bpe", "fix(tokenizer): merge order of byte pairs", apr.Name)
	w.openPR(apr, 1796, "alfredodeza", "metrics-otel", "feat(serve): otel metrics", apr.Name)
	w.openPR(apr, 1797, "noahgift", "fuse-rope", "perf: fuse rope and attention", apr.Name)
	w.openPR(apr, 1798, "noahgift", "chown-run-dir", "fix(ci): chown the run dir to 1000:1000 before cargo", apr.Name)
	w.openPR(trueno, 87, "guybedford", "avx512-gemm", "perf: avx512 gemm", trueno.Name)
}

// script is the timetable of the four hours before now and of what comes after.
// Run dirs that are there already belong to the build user (see ownRun); the others
// dockerd makes.
func (w *World) script(r *Repo, now int64) {
	const m = 60
	on := func(ago int64, do func()) { w.at(now-ago, do) }
	pr := func(n int) *PullRequest { p, _ := r.PR(n); return p }
	trueno := w.Repos[1]

	// #1704: a saturated pool; four jobs meet the limit of 55 minutes.
	on(215*m, func() { w.owned(w.Push(pr(1784), 0, slow(true))) })
	on(200*m, func() { w.owned(w.Push(pr(1785), 0, slow(false))) })
	on(188*m, func() { w.owned(w.Push(pr(1795), 0, slow(false))) })

	// #1693: two builds in one dir, and one finds its temp dir gone.
	on(120*m, func() {
		s := ci(1500, 17*gib)
		s[1].suffix, s[1].ending = "", EndTempDir
		w.owned(w.Push(pr(1788), 0, s))
	})

	// #1798: dockerd makes every fresh run dir as root, and cargo cannot write.
	for i, n := range []int{1792, 1793, 1794, 1796, 1797} {
		on((52-4*int64(i))*m, func() { w.Push(pr(n), 0, ci(1800, 20*gib)) })
	}
	on(34*m, func() { w.start(w.mainRun(r, "feat: read gguf v3 (#1711)"), ci(1800, 20*gib)) })

	// A dir that something deleted while its job ran: dockerd made it again as root.
	on(47*m, func() {
		x := w.Push(pr(1795), 0, ci(1700, 14*gib)[:1])
		x.Deleter = true
		w.owned(x)
	})

	// #1693: cancelled by a push, and still writing.
	on(31*m, func() { w.owned(w.Push(pr(1791), 0, ci(2400, 26*gib))) })
	on(11*m, func() { w.owned(w.Push(pr(1791), 3600, ci(2400, 24*gib))) })

	// Two jobs of one run that write to one dir.
	on(19*m, func() {
		s := ci(2600, 22*gib)
		s[1].suffix = ""
		w.owned(w.Push(pr(1788), 0, s))
	})
	on(24*m, func() { w.owned(w.Push(pr(1784), 0, arm(2100, 11*gib))) })
	on(16*m, func() { w.owned(w.start(w.runOf(pr1(trueno, 87)), arm(1500, 6*gib)[:1])) })
	on(9*m, func() { w.owned(w.queued(w.start(w.queueRun(r, pr(1798)), ci(1200, 12*gib)[:1]))) })
	on(70*m, func() { w.owned(w.Push(pr(1798), 0, ci(1100, 12*gib))) })

	w.later(r, now)
}

// later is what happens while somebody looks on: a push that meets the same wall,
// then the fix is merged and pushes go well.
func (w *World) later(r *Repo, now int64) {
	const m = 60
	w.at(now+12*m, func() {
		p, _ := r.PR(1796)
		w.Push(p, 0, ci(1500, 18*gib))
	})
	w.at(now+16*m, func() {
		p, _ := r.PR(1798)
		w.Merge(p)
		r.Fixed = true
	})
	for i, n := range []int{1793, 1797, 1792, 1784} {
		w.at(now+(22+9*int64(i))*m, func() {
			if p, ok := r.PR(n); ok && p.State == fleet.PROpen {
				w.Push(p, 0, ci(1500, 18*gib))
			}
		})
	}
}

func pr1(r *Repo, n int) *PullRequest { p, _ := r.PR(n); return p }
