package poll

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"andon/fleet"
)

// holdings is the last good data of every source. Its values are replaced, never
// changed, so that snapshots may share them.
type holdings struct {
	sweeps  map[fleet.HostName]fleet.Sweep
	runs    map[fleet.RunKey]fleet.WorkflowRun
	jobs    map[fleet.RunKey]jobsRead
	pulls   map[fleet.PRKey]fleet.PullRequest
	runners map[string][]fleet.Runner
	waits   map[fleet.RunKey]waitsRead          // of runs that seem to wait for a group
	groups  map[fleet.Repo]map[string]groupRead // by name without case
	refs    map[fleet.Repo][]fleet.QueueRef     // of merge queues

	listed   map[fleet.Repo]map[fleet.RunID]bool // in the newest list of runs
	open     map[fleet.Repo]map[int]bool         // in the newest list of pull requests
	goneRun  map[fleet.RunKey]time.Time          // when GitHub did not know it, monotonic
	gonePull map[fleet.PRKey]time.Time
}

// jobsRead is a run's jobs and how the run looked when they were read.
type jobsRead struct {
	jobs []fleet.Job
	mark runMark
	at   time.Time // monotonic; zero: stored by an earlier console
}

// runMark changes whenever a run's jobs may have.
type runMark struct {
	attempt int
	status  fleet.Status
	updated time.Time
}

func markOf(r fleet.WorkflowRun) runMark { return runMark{r.Attempt, r.Status, r.UpdatedAt.UTC()} }

// newHoldings starts from what a recorder stored, less what is no longer configured.
func newHoldings(c Config) holdings {
	h := holdings{
		sweeps: make(map[fleet.HostName]fleet.Sweep), runs: make(map[fleet.RunKey]fleet.WorkflowRun),
		jobs: make(map[fleet.RunKey]jobsRead), pulls: make(map[fleet.PRKey]fleet.PullRequest), runners: make(map[string][]fleet.Runner),
		waits: make(map[fleet.RunKey]waitsRead), groups: make(map[fleet.Repo]map[string]groupRead), refs: make(map[fleet.Repo][]fleet.QueueRef),
		listed: make(map[fleet.Repo]map[fleet.RunID]bool), open: make(map[fleet.Repo]map[int]bool),
		goneRun: make(map[fleet.RunKey]time.Time), gonePull: make(map[fleet.PRKey]time.Time),
	}
	for _, s := range c.Stored.Sweeps {
		if slices.ContainsFunc(c.Hosts, func(x fleet.Host) bool { return x.Name == s.Host }) {
			h.sweeps[s.Host] = s
		}
	}
	for _, r := range c.Stored.Runs {
		if slices.Contains(c.Repos, r.Repo) {
			h.runs[r.Key()] = r
		}
	}
	for _, j := range c.Stored.Jobs {
		if _, ok := h.runs[j.RunKey()]; ok {
			old := h.jobs[j.RunKey()]
			old.jobs = append(old.jobs, j) // no mark: they are read again
			h.jobs[j.RunKey()] = old
		}
	}
	for _, p := range c.Stored.PullRequests {
		if slices.Contains(c.Repos, p.Repo) {
			h.pulls[p.Key()] = p
		}
	}
	for _, r := range c.Stored.Runners {
		if slices.Contains(c.Scopes, r.Scope) {
			h.runners[r.Scope] = append(h.runners[r.Scope], r)
		}
	}
	for _, g := range c.Stored.Groups {
		if slices.Contains(c.Repos, g.Repo) {
			h.putGroup(g.Name, groupRead{group: g})
		}
	}
	for _, q := range c.Stored.QueueRefs {
		if slices.Contains(c.Repos, q.Repo) {
			h.refs[q.Repo] = append(h.refs[q.Repo], q)
		}
	}
	return h
}

// fill copies the holdings into reads, in a stable order.
func (h *holdings) fill(r *fleet.Reads, c Config) {
	for _, x := range c.Hosts {
		if s, ok := h.sweeps[x.Name]; ok {
			r.Sweeps = append(r.Sweeps, s)
		}
	}
	r.Runs = inOrder(h.runs, func(a, b fleet.RunKey) int {
		return cmp.Or(cmp.Compare(a.Repo, b.Repo), cmp.Compare(b.ID, a.ID))
	})
	r.PullRequests = inOrder(h.pulls, func(a, b fleet.PRKey) int {
		return cmp.Or(cmp.Compare(a.Repo, b.Repo), cmp.Compare(b.Number, a.Number))
	})
	n := 0
	for _, j := range h.jobs {
		n += len(j.jobs)
	}
	r.Jobs = make([]fleet.Job, 0, n)
	for _, run := range r.Runs {
		r.Jobs = append(r.Jobs, h.jobs[run.Key()].jobs...)
	}
	for _, s := range c.Scopes {
		r.Runners = append(r.Runners, h.runners[s]...)
	}
	for _, x := range c.Repos {
		for _, name := range slices.Sorted(maps.Keys(h.groups[x])) {
			r.Groups = append(r.Groups, h.groups[x][name].group)
		}
		r.QueueRefs = append(r.QueueRefs, h.refs[x]...)
	}
}

// inOrder returns a map's values in the order of its keys. Values are large: only
// keys are sorted.
func inOrder[K comparable, V any](m map[K]V, compare func(a, b K) int) []V {
	if len(m) == 0 {
		return nil
	}
	keys := slices.SortedFunc(maps.Keys(m), compare)
	out := make([]V, len(keys))
	for i, k := range keys {
		out[i] = m[k]
	}
	return out
}

// named lists the runs and pull requests that run dirs name, for the
// repositories that could be meant, and the runs that hold a group others wait
// for: however old, they are read and kept.
func (h *holdings) named(repo fleet.Repo) (runs map[fleet.RunID]bool, pulls map[int]bool) {
	runs, pulls = h.holders(repo), make(map[int]bool)
	for _, s := range h.sweeps {
		for _, d := range s.Dirs {
			pl := d.Path.Place()
			if pl.Repo != repo.Name() {
				continue
			}
			if pl.RunID != 0 {
				runs[pl.RunID] = true
			}
			if pl.PR != 0 {
				pulls[pl.PR] = true
			}
		}
	}
	return runs, pulls
}

// live reports whether a repository has a run that may still write.
func (h *holdings) live(repo fleet.Repo) bool {
	for k, r := range h.runs {
		if k.Repo == repo && r.Status.Live() {
			return true
		}
	}
	return false
}
