package day

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

// pull is a pull request.
type pull struct {
	cell     *cell
	n        int
	title    string
	branch   string
	fork     fleet.Repo // "" where its branch lives in the repository itself
	opened   time.Time
	closed   time.Time // zero: never
	merged   bool
	sha      string
	lastRun  *run
	titleOff []edit[fleet.PullRequest]
}

// ref is a branch of a merge queue.
type ref struct {
	span
	name, sha string
}

// run is a workflow run. Each attempt goes on until its end; a zero end is never.
type run struct {
	cell     *cell
	id       fleet.RunID
	pull     *pull // nil for a branch's
	branch   string
	event    string
	sha      string
	group    string
	attempts []attempt
	jobs     []*job
}

type attempt struct {
	from, to   time.Time
	conclusion fleet.Conclusion
	pending    bool // waits in its concurrency group: no jobs
}

// job is a job of one attempt. A zero time has not come and never will.
type job struct {
	run        *run
	id         int64
	attempt    int
	name       string
	labels     []string
	runner     *runner
	created    time.Time
	started    time.Time
	completed  time.Time
	conclusion fleet.Conclusion
	fails      string // step that ends badly; "" is the build
	frozen     bool   // its steps stay in progress: the runner was lost
	verdict    *fleet.Verdict
	dir        *dir
}

// dir is a run dir on a host.
type dir struct {
	host    *host
	path    fleet.DirPath
	inode   uint64
	there   span
	owners  []ownerFrom
	uses    []use
	written span  // while something writes
	bytes   int64 // at the end of it
	foreign []edit[fleet.Foreign]
	above   []fleet.Ancestor
}

type ownerFrom struct {
	from  time.Time
	owner fleet.Owner
}

// use is a process in a run dir.
type use struct {
	span
	fleet.Writer
}

var wanted = fleet.Owner{UID: buildUser, GID: buildUser}

// at is a time of a day, counted from its begin.
func (d *Day) at(after time.Duration) time.Time { return d.Begin.Add(after) }

// number gives ids that grow with the time they are of, as GitHub's do.
func (d *Day) number(t time.Time) int64 {
	n := 30_000_000_000 + int64(t.Sub(d.Begin)/time.Second+200_000)*1000
	for d.given[n] {
		n++
	}
	d.given[n] = true
	return n
}

func (d *Day) hex() string {
	return fmt.Sprintf("%016x%016x%08x", d.rng.Uint64(), d.rng.Uint64(), d.rng.Uint32())
}

// between returns a random duration.
func (d *Day) between(a, b time.Duration) time.Duration {
	return (a + time.Duration(d.rng.Int64N(int64(b-a+1)))).Truncate(time.Second)
}

// open opens a pull request; it is closed at the end of the span.
func (d *Day) open(c *cell, s span) *pull {
	c.prNo++
	p := &pull{cell: c, n: c.prNo, title: fmt.Sprintf("change %d", c.prNo), branch: fmt.Sprintf("topic-%d", c.prNo), opened: s.from, closed: s.to, merged: true, sha: d.hex()}
	c.pulls = append(c.pulls, p)
	return p
}

// start adds a run of a pull request, with its first attempt.
func (d *Day) start(p *pull, s span, how fleet.Conclusion) *run {
	x := &run{cell: p.cell, id: fleet.RunID(d.number(s.from)), pull: p, branch: p.branch, event: "pull_request", sha: p.sha, attempts: []attempt{{from: s.from, to: s.to, conclusion: how}}}
	p.cell.runs = append(p.cell.runs, x)
	p.lastRun = x
	return x
}

// work adds a job that waits a moment, then runs on a runner for a span.
func (d *Day) work(x *run, name string, r *runner, s span, how fleet.Conclusion) *job {
	j := &job{run: x, id: 70_000_000_000 + d.number(s.from), attempt: len(x.attempts), name: name, labels: r.labels, runner: r,
		created: s.from.Add(-d.between(3*time.Second, 20*time.Second)), started: s.from, completed: s.to, conclusion: how}
	x.jobs = append(x.jobs, j)
	r.works, r.booked = append(r.works, s), append(r.booked, s)
	return j
}

// gate adds the job that sums up a run's others: it is there when they have ended.
func (d *Day) gate(x *run, at time.Time, how fleet.Conclusion) *job {
	j := &job{run: x, id: 70_000_000_000 + d.number(at), attempt: len(x.attempts), name: "gate", labels: []string{"ubuntu-latest"},
		created: at, started: at.Add(3 * time.Second), completed: at.Add(8 * time.Second), conclusion: how}
	x.jobs = append(x.jobs, j)
	return j
}

// settle sorts a cell's things by time, so that what is told needs no sorting.
func (c *cell) settle() {
	slices.SortFunc(c.runs, func(a, b *run) int { return cmp.Compare(b.id, a.id) }) // newest first
	for _, h := range c.hosts {
		slices.SortStableFunc(h.dirs, func(a, b *dir) int { return a.there.from.Compare(b.there.from) })
	}
}

// place makes a run dir on a host. A path that the layout does not know is a
// mistake of this package.
func (h *host) place(rel string, s span, owner fleet.Owner) *dir {
	p, err := h.conf.Roots[0].Parse(rel)
	if err != nil {
		panic(err)
	}
	h.inode++
	x := &dir{host: h, path: p, inode: h.inode, there: s, owners: []ownerFrom{{s.from, owner}}}
	h.dirs = append(h.dirs, x)
	return x
}

// dirName is where the workflow builds.
func (x *run) dirName(suffix string) string {
	level := x.branch
	if x.pull != nil && x.event == "pull_request" {
		level = fmt.Sprint(x.pull.n)
	}
	name := fmt.Sprintf("%s-ci/%s/run-%d", x.cell.repo.Name(), level, x.id)
	if suffix != "" {
		name += "-" + suffix
	}
	return name
}

// builds gives a job a run dir and the processes that write to it, from shortly after
// the job's start to its end. The disk guard deletes the dir some time later.
func (j *job) builds(suffix string, bytes int64) *dir {
	h := j.runner.host
	end := j.completed
	gone := end
	if !end.IsZero() {
		gone = end.Add(20 * time.Minute)
	}
	x := h.place(j.run.dirName(suffix), span{j.started.Add(2 * time.Second), gone}, wanted)
	x.bytes = bytes
	j.dir = x
	x.use(span{j.started.Add(8 * time.Second), end}, j.id)
	return x
}

// use adds a compiler in the container of a job.
func (x *dir) use(s span, container int64) {
	x.host.pid++
	x.uses = append(x.uses, use{s, fleet.Writer{PID: x.host.pid, UID: buildUser, Via: fleet.ViaMount, Started: s.from,
		Command: "rustc --crate-name core", Cgroup: fmt.Sprintf("docker-%d.scope", container)}})
	if x.written.from.IsZero() {
		x.written = s
		return
	}
	if s.to.IsZero() || !x.written.to.IsZero() && s.to.After(x.written.to) {
		x.written.to = s.to
	}
}
