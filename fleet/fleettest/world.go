// Package fleettest builds small fleets for tests: plain values with sane
// defaults, changed through the pointers its methods return, then joined.
package fleettest

import (
	"fmt"
	"time"

	"andon/fleet"
)

// Repo is the repository of the incident andon was born from.
const Repo fleet.Repo = "paiml/aprender"

// Targets is the root of its run dirs on host intel.
const Targets = "/mnt/nvme-raid0/targets"

// Now is the time of every world: one minute after the sweep of its hosts.
var Now = time.Date(2026, 5, 18, 3, 30, 0, 0, time.UTC)

// World is a fleet being built. All its parts may be changed until Snapshot.
type World struct {
	At      time.Time
	Policy  fleet.Policy
	Hosts   []*fleet.Host
	Sweeps  map[fleet.HostName]*fleet.Sweep
	dirs    map[fleet.HostName][]*fleet.RunDir
	prs     []*fleet.PullRequest
	runs    []*fleet.WorkflowRun
	jobs    []*fleet.Job
	Runners []fleet.Runner
	Sources map[fleet.SourceID]*fleet.Source
	Samples []fleet.Sample
	History fleet.History
	Groups  []fleet.ConcurrencyGroup
	Queue   []fleet.QueueRef
	Budget  fleet.Budget
}

// New returns an empty world in which every GitHub source is fresh.
func New() *World {
	w := &World{At: Now, Policy: fleet.DefaultPolicy(), Sweeps: map[fleet.HostName]*fleet.Sweep{},
		dirs: map[fleet.HostName][]*fleet.RunDir{}, Sources: map[fleet.SourceID]*fleet.Source{}}
	for _, k := range []fleet.SourceKind{fleet.SourceRuns, fleet.SourceJobs, fleet.SourcePulls, fleet.SourceRunners, fleet.SourceGroups, fleet.SourceQueue} {
		w.source(fleet.SourceID{Kind: k, Of: string(Repo)})
	}
	return w
}

func (w *World) source(id fleet.SourceID) *fleet.Source {
	s := &fleet.Source{ID: id, State: fleet.SourceOK, ReadAt: w.At, TriedAt: w.At, Interval: time.Minute}
	w.Sources[id] = s
	return s
}

// Host adds a host with one root, wanted owner 1000:1000, a fresh sweep as root
// and a disk half full.
func (w *World) Host(name fleet.HostName) *fleet.Sweep {
	w.Hosts = append(w.Hosts, &fleet.Host{Name: name, SSH: string(name), Transport: fleet.TransportSSH, Privilege: fleet.PrivilegeSudo,
		Runners: []string{string(name) + "-*"}, Roots: []fleet.Root{{Path: Targets, Owner: fleet.Owner{UID: 1000, GID: 1000}}}})
	w.source(fleet.HostSource(name))
	sw := &fleet.Sweep{Host: name, At: w.At, Took: time.Second,
		Facts: fleet.HostFacts{Hostname: string(name), OS: "Linux", Clock: w.At},
		Disks: []fleet.Disk{{Root: Targets, Device: "/dev/md0", MountPoint: "/", TotalBytes: 3600 << 30, FreeBytes: 1800 << 30,
			TotalInodes: fleet.Known(int64(1000), w.At), FreeInodes: fleet.Known(int64(900), w.At)}}}
	w.Sweeps[name] = sw
	return sw
}

// PR adds an open pull request whose head is branch pr-<n>.
func (w *World) PR(n int) *fleet.PullRequest {
	p := &fleet.PullRequest{Repo: Repo, Number: n, Title: fmt.Sprintf("change %d", n), Author: "mei", State: fleet.PROpen,
		HeadRepo: Repo, HeadRef: fmt.Sprintf("pr-%d", n), HeadSHA: fmt.Sprintf("%040x", n), BaseRef: "main", ReadAt: w.At}
	w.prs = append(w.prs, p)
	return p
}

// Run adds a completed run of a pull request's head, as GitHub would list it.
func (w *World) Run(id fleet.RunID, p *fleet.PullRequest, c fleet.Conclusion) *fleet.WorkflowRun {
	r := &fleet.WorkflowRun{Repo: Repo, ID: id, Attempt: 1, Name: "ci", Event: "pull_request", Branch: p.HeadRef, SHA: p.HeadSHA, HeadRepo: p.HeadRepo,
		Status: fleet.StatusCompleted, Conclusion: c, CreatedAt: w.At.Add(-2 * time.Hour), StartedAt: w.At.Add(-2 * time.Hour), UpdatedAt: w.At.Add(-time.Hour),
		PullRequests: []int{p.Number}, ReadAt: w.At}
	w.runs = append(w.runs, r)
	return r
}

// Live makes a run, and nothing else, go on.
func Live(r *fleet.WorkflowRun) *fleet.WorkflowRun {
	r.Status, r.Conclusion = fleet.StatusInProgress, ""
	return r
}

// Job adds a job of a run on a runner, ended with the run's conclusion or live
// with it, begun with the run and an hour long.
func (w *World) Job(r *fleet.WorkflowRun, name, runner string) *fleet.Job {
	j := &fleet.Job{Repo: Repo, ID: int64(r.ID)*100 + int64(len(w.jobs)), RunID: r.ID, Attempt: r.Attempt, Name: name, Status: r.Status,
		Conclusion: r.Conclusion, Runner: runner, StartedAt: r.StartedAt}
	if !r.Status.Live() {
		j.CompletedAt = r.StartedAt.Add(time.Hour)
	}
	w.jobs = append(w.jobs, j)
	return j
}

// Dir adds a run dir: the wanted owner, measured, idle for a day, no writers.
func (w *World) Dir(h fleet.HostName, rel string) *fleet.RunDir {
	p, err := fleet.Root{Path: Targets}.Parse(rel)
	if err != nil {
		panic(err)
	}
	old := w.At.Add(-24 * time.Hour)
	n := uint64(len(w.dirs[h]) + 100)
	d := &fleet.RunDir{Host: h, Path: p, Dev: 1, Inode: n, Owner: fleet.Owner{UID: 1000, GID: 1000}, Mode: 0o755, ModTime: old, ChangeTime: old,
		Birth: fleet.Known(old, w.At), Bytes: fleet.Known(int64(10<<30), w.At), Files: fleet.Known(int64(1000), w.At),
		Foreign: fleet.Known(fleet.Foreign{}, w.At), Newest: fleet.Known(old, w.At), Writers: fleet.Known([]fleet.Writer{}, w.At)}
	w.dirs[h] = append(w.dirs[h], d)
	return d
}

// RootOwned gives a dir to root, made at the given time.
func RootOwned(d *fleet.RunDir, born time.Time) *fleet.RunDir {
	d.Owner, d.Birth, d.ChangeTime, d.ModTime = fleet.RootOwner, fleet.Known(born, born), born, born
	return d
}

// Reads returns the world as the collector would hold it.
func (w *World) Reads() fleet.Reads {
	r := fleet.Reads{At: w.At, Policy: w.Policy, Repos: []fleet.Repo{Repo}, Runners: w.Runners, Samples: w.Samples, History: w.History, Groups: w.Groups, QueueRefs: w.Queue, Budget: w.Budget}
	for _, h := range w.Hosts {
		r.Hosts = append(r.Hosts, *h)
		if sw := w.Sweeps[h.Name]; sw != nil {
			c := *sw
			c.Dirs = nil
			for _, d := range w.dirs[h.Name] {
				c.Dirs = append(c.Dirs, *d)
			}
			r.Sweeps = append(r.Sweeps, c)
		}
	}
	for _, p := range w.prs {
		r.PullRequests = append(r.PullRequests, *p)
	}
	for _, x := range w.runs {
		r.Runs = append(r.Runs, *x)
	}
	for _, j := range w.jobs {
		r.Jobs = append(r.Jobs, *j)
	}
	for _, k := range []fleet.SourceKind{fleet.SourceRuns, fleet.SourceJobs, fleet.SourcePulls, fleet.SourceRunners, fleet.SourceGroups, fleet.SourceQueue} {
		if s := w.Sources[fleet.SourceID{Kind: k, Of: string(Repo)}]; s != nil {
			r.Sources = append(r.Sources, *s)
		}
	}
	for _, h := range w.Hosts {
		if s := w.Sources[fleet.HostSource(h.Name)]; s != nil {
			r.Sources = append(r.Sources, *s)
		}
	}
	return r
}

// Snapshot joins the world.
func (w *World) Snapshot() *fleet.Snapshot { return fleet.Join(w.Reads()) }

// Settled joins the world as it was ten minutes ago and again now, so that
// every dir has been seen twice.
func (w *World) Settled() *fleet.Snapshot {
	r := w.Reads()
	then := r
	then.At = r.At.Add(-10 * time.Minute)
	then.Sweeps = append([]fleet.Sweep(nil), r.Sweeps...)
	for i := range then.Sweeps {
		then.Sweeps[i].At = then.At
	}
	r.Samples = fleet.Join(then).TakeSamples()
	return fleet.Join(r)
}

// Pass lets time go by: hosts are swept again, and every source that is OK answers
// anew and as before. What a source that is not OK said last stays as it was.
func (w *World) Pass(d time.Duration) {
	w.At = w.At.Add(d)
	for _, src := range w.Sources {
		src.TriedAt = w.At
		if src.State == fleet.SourceOK {
			src.ReadAt = w.At
		}
	}
	for h, sw := range w.Sweeps {
		if src := w.Sources[fleet.HostSource(h)]; src != nil && src.State == fleet.SourceOK {
			d := w.At.Sub(sw.At)
			sw.At, sw.Facts.Clock = w.At, sw.Facts.Clock.Add(d)
		}
	}
}

// Dirs returns a host's run dirs, to be changed in place.
func (w *World) Dirs(h fleet.HostName) []*fleet.RunDir { return w.dirs[h] }

// Jobs returns the jobs of a run, to be changed in place.
func (w *World) Jobs(id fleet.RunID) []*fleet.Job {
	var out []*fleet.Job
	for _, j := range w.jobs {
		if j.RunID == id {
			out = append(out, j)
		}
	}
	return out
}

// Runs returns all runs in the order of adding, to be changed in place.
func (w *World) Runs() []*fleet.WorkflowRun { return w.runs }

// PRs returns all pull requests in the order of adding, to be changed in place.
func (w *World) PRs() []*fleet.PullRequest { return w.prs }
