package world

import (
	"fmt"

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
	intel.cache("/mnt/nvme-raid0/sccache", 10*gib-2100, 10*gib, now)
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

// cleaner installs the disk guard of the field: a nightly timer, and a pre-job
// mode that no runner calls any more because their hook is another script.
func (h *Host) cleaner(now int64, enabled bool) {
	ran := now - 11*3600
	h.Units = append(h.Units, &Unit{Name: "runner-disk-guard.timer", Active: "active", Enabled: enabled, LastRun: ran, Calendar: "*-*-* 04:00:00", Said: []Line{
		{ran + 2, "deleted " + h.Roots[0].Path + "/aprender-ci/1671 (older than 7 days)"}, {ran + 3, "1 dir deleted, 18.4 GB freed"}}})
	h.WriteFile("/usr/local/bin/runner-disk-guard.sh", "#!/bin/sh\n", 0o755, fleet.RootOwner, h.Booted)
	h.WriteFile("/opt/runner-hooks/job-started.sh", "#!/bin/sh\nexec chown -R 1000:1000 \"$GITHUB_WORKSPACE\"\n", 0o755, fleet.RootOwner, h.Booted)
}

// cache makes a compiler cache and the statistics that a job's server left of it: a
// server lives in the job's container, so nothing on the host could be asked.
func (h *Host) cache(path string, used, limit, now int64) {
	n, _ := h.Mkdir(path, h.rootFor().Owner, h.Booted)
	n.Content = &Content{Owner: h.rootFor().Owner, Files: 18292, Bytes: used, Oldest: h.Booted, Newest: now - 600}
	for ago := int64(600); ago <= 1800; ago += 600 {
		h.WriteFile(fmt.Sprintf("/var/log/ci-metrics/sccache-%d.json", now-ago),
			fmt.Sprintf(`{"stats":{"compile_requests":1240,"cache_hits":{"counts":{"Rust":5}},"cache_misses":{"counts":{"Rust":811}}},"cache_location":"Local disk: \"%s\"","cache_size":%d,"max_cache_size":%d}`+"\n", path, used-ago, limit),
			0o644, h.rootFor().Owner, now-ago)
	}
}

// orphans leaves the run dirs of ended pull requests on the hosts: what nobody
// deletes because the cleaner that should never reads a pull request's state.
func (w *World) orphans(r *Repo) {
	intel, _ := w.Host("intel")
	yoga, _ := w.Host("yoga")
	gx10, _ := w.Host("gx10")
	for _, o := range []struct {
		n     int
		state fleet.PRState
		ref   string
		title string
		ago   int64
		dirs  int
		on    *Host
	}{
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
	} {
		p := w.endedPR(r, o.n, o.state, author(o.n), o.ref, o.title, o.ago)
		for k := range o.dirs {
			end := p.ClosedAt - 1800 - int64(k)*5400
			x := w.past(p, o.on, end, 1500+w.rng.Int64N(1500), fleet.ConclusionSuccess)
			if k == 0 {
				p.HeadSHA = x.SHA
			} else {
				x.SHA = w.sha()
			}
			w.leave(o.on, x.DirRel(""), x.Started+6, end, 9*gib+w.rng.Int64N(19*gib))
		}
	}
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

func author(n int) string {
	return []string{"noahgift", "alfredodeza", "mei-lin", "guybedford", "ywata"}[n%5]
}
