package world

import (
	"encoding/json"
	"fmt"
	"slices"

	"andon/fleet"
)

// guardEvery is how often a wired disk guard looks.
const guardEvery = 10 * minute

// What a disk guard deletes: dirs of runs that ended so long ago, and sooner those
// of ended pull requests.
const (
	guardAfterRun = 40 * minute
	guardAfterRed = 3 * hour // somebody may want to look
	guardAfterPR  = 20 * minute
)

const (
	guardTimer = "runner-disk-guard.timer"
	guardPath  = "/usr/local/bin/runner-disk-guard.sh"
	hookPath   = "/opt/runner-hooks/job-started.sh"
)

// cleaner installs the disk guard of the field: a nightly timer, and a pre-job
// mode that no runner calls any more because their hook is another script.
func (h *Host) cleaner(now int64, enabled bool) {
	ran := now - 11*hour
	h.Units = append(h.Units, &Unit{Name: guardTimer, Active: "active", Enabled: enabled, LastRun: ran, Calendar: "*-*-* 04:00:00", Said: []Line{
		{ran + 2, "deleted " + h.Roots[0].Path + "/aprender-ci/1671 (older than 7 days)"}, {ran + 3, "1 dir deleted, 18.4 GB freed"}}})
	h.WriteFile(guardPath, "#!/bin/sh\n", 0o755, fleet.RootOwner, h.Booted)
	h.WriteFile(hookPath, "#!/bin/sh\nexec chown -R 1000:1000 \"$GITHUB_WORKSPACE\"\n", 0o755, fleet.RootOwner, h.Booted)
}

// keep wires a disk guard that knows which runs and pull requests ended: its timer
// runs, the runners' hook is its pre-job mode, and that makes run dirs for the
// build user before dockerd can.
func (w *World) keep(h *Host, now int64) {
	h.cleaner(now, true)
	h.Prepares = true
	for _, r := range h.Runners {
		h.hook(r, guardPath, now-30*day)
	}
	i := slices.IndexFunc(h.Units, func(u *Unit) bool { return u.Name == guardTimer })
	h.Units[i].Calendar = "*:0/10"
	w.guard(h, h.Units[i])
}

// hook names the script a runner calls before each job.
func (h *Host) hook(r *Runner, path string, at int64) {
	h.WriteFile("/home/noah/actions-runner/"+r.Name+"/.env", "LANG=C.UTF-8\nACTIONS_RUNNER_HOOK_JOB_STARTED="+path+"\n",
		0o644, fleet.Owner{UID: h.UID, GID: h.UID}, at)
}

func (w *World) guard(h *Host, timer *Unit) {
	timer.LastRun = w.now
	dirs, bytes := 0, int64(0)
	for _, r := range w.Repos {
		for _, x := range r.Runs {
			if !w.spent(x) {
				continue
			}
			for _, j := range x.Jobs {
				if j.dir == nil || j.Runner.Host != h {
					continue
				}
				path, size := j.dir.Path(), j.dir.Usage().Bytes
				if w.sweepAway(h, j.dir) {
					dirs, bytes = dirs+1, bytes+size
					timer.say(w.now+1, fmt.Sprintf("deleted %s (run %d ended)", path, x.ID))
				}
			}
		}
	}
	timer.say(w.now+2, fmt.Sprintf("%s deleted, %.1f GB freed", fleet.Plural(dirs, "dir"), float64(bytes)/1e9))
	w.after(guardEvery, func() { w.guard(h, timer) })
}

// say adds a line to a unit's journal, of which the newest are kept.
func (u *Unit) say(at int64, text string) {
	const kept = 50
	u.Said = append(u.Said[max(0, len(u.Said)-kept+1):], Line{at, text})
}

// spent reports whether nobody needs the dirs of a run any more.
func (w *World) spent(x *Run) bool {
	if x.Status().Live() {
		return false
	}
	for _, p := range x.Repo.PRs {
		if p.ClosedAt > 0 && (p.HeadRef == x.Branch || x.Event == "merge_group") && w.now-max(p.ClosedAt, x.Updated) >= guardAfterPR {
			return true
		}
	}
	if x.Conclusion() == fleet.ConclusionFailure {
		return w.now-x.Updated >= guardAfterRed
	}
	return w.now-x.Updated >= guardAfterRun
}

// sweepAway deletes a run dir that no process uses, and the folder of its ref when
// that is empty then. It reports whether there was one to delete.
func (w *World) sweepAway(h *Host, dir *Node) bool {
	if dir.Parent == nil || slices.ContainsFunc(h.Procs, func(p *Process) bool { return p.Uses(dir) != "" }) {
		return false
	}
	up := dir.Parent
	up.Remove(dir.Name, w.now)
	root := h.rootFor().Path
	for up.Parent != nil && len(up.kids) == 0 && up.Parent.Path() != root {
		next := up.Parent
		next.Remove(up.Name, w.now)
		up = next
	}
	return true
}

// cacheStats is a compiler cache's account of itself.
type cacheStats struct {
	path         string
	used, limit  int64
	hits, misses int64
}

// cache makes a compiler cache and the statistics that three jobs' servers left of
// it: a server lives in the job's container, so nothing on the host could be asked.
func (h *Host) cache(c cacheStats, now int64) {
	n, _ := h.Mkdir(c.path, h.rootFor().Owner, h.Booted)
	n.Content = &Content{Owner: h.rootFor().Owner, Files: 18292, Bytes: c.used, Oldest: h.Booted, Newest: now - 600}
	for ago := int64(600); ago <= 1800; ago += 600 {
		h.told(c, now-ago)
	}
}

// metrics is where jobs leave the statistics of their cache.
const metrics = "/var/log/ci-metrics"

// told leaves one job's statistics; of many the newest stay.
func (h *Host) told(c cacheStats, at int64) {
	const kept = 12
	f := h.WriteFile(fmt.Sprintf("%s/sccache-%d.json", metrics, at), c.json(), 0o644, h.rootFor().Owner, at)
	if all := f.Parent.Kids(); len(all) > kept {
		f.Parent.Remove(all[0].Name, at)
	}
}

// json is what sccache --show-stats --stats-format=json prints.
func (c cacheStats) json() string {
	counts := func(n int64) map[string]any {
		return map[string]any{"counts": map[string]int64{"Rust": n}, "adv_counts": map[string]int64{"rust": n}}
	}
	b, err := json.Marshal(map[string]any{
		"stats": map[string]any{"compile_requests": c.hits + c.misses + 424, "requests_executed": c.hits + c.misses,
			"cache_hits": counts(c.hits), "cache_misses": counts(c.misses), "cache_writes": c.misses, "cache_write_errors": 0},
		"cache_location": fmt.Sprintf("Local disk: %q", c.path), "cache_size": c.used, "max_cache_size": c.limit, "version": "0.10.0"})
	if err != nil { // cannot happen: the map is plain data
		return "{}\n"
	}
	return string(b) + "\n"
}
