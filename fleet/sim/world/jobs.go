package world

import (
	"slices"

	"andon/fleet"
)

// spec is a job as a workflow declares it.
type spec struct {
	name   string
	labels []string
	host   string // runs on a runner of this host only; "" any with the labels
	work   int64  // seconds of its build
	grow   int64  // bytes its build writes
	suffix string
	noDir  bool
	ending Ending // how its build ends, where its run dir lets it
	flaw   int    // which test fails with EndTest
}

// limit is the job limit of the workflow in seconds (#1704).
const limit = 55 * 60

// start makes a run and queues its jobs.
func (w *World) start(x *Run, specs []spec) *Run {
	w.add(x)
	w.launch(x, specs)
	return x
}

func (w *World) add(x *Run) {
	x.Attempt, x.Created, x.Started, x.Updated = 1, w.now, w.now, w.now
	if x.ID == 0 {
		w.runID += 7 + w.rng.Int64N(900)
		x.ID = w.runID
	}
	x.Repo.addRun(x)
}

// launch queues a run's jobs, and the gate that sums them up.
func (w *World) launch(x *Run, specs []spec) {
	for _, s := range specs {
		w.enqueue(x, s)
	}
	w.enqueue(x, spec{name: "gate", labels: []string{"ubuntu-latest"}, noDir: true})
}

func (w *World) enqueue(x *Run, s spec) *Job {
	w.jobID += 3 + w.rng.Int64N(50)
	j := &Job{Run: x, ID: w.jobID, Attempt: x.Attempt, Name: s.name, Labels: s.labels, Status: fleet.StatusQueued,
		Created: w.now, Started: w.now, Suffix: s.suffix, NoDir: s.noDir, Ending: s.ending, flaw: s.flaw, work: s.work, grow: s.grow}
	x.Jobs = append(x.Jobs, j)
	x.Updated = w.now
	if s.name != "gate" {
		w.after(2+w.rng.Int64N(5), func() { w.assign(j, s.host) })
	}
	return j
}

// assign gives a queued job to an idle runner that has its labels, or tries again.
func (w *World) assign(j *Job, host string) {
	if j.Status != fleet.StatusQueued {
		return
	}
	for _, h := range w.Hosts {
		if host != "" && h.Name != host {
			continue
		}
		for _, r := range h.Runners {
			if r.Online && !r.Deaf && r.Busy == nil && hasAll(r.Labels, j.Labels) {
				w.begin(j, r)
				return
			}
		}
	}
	w.after(10, func() { w.assign(j, host) })
}

func hasAll(have, want []string) bool {
	for _, l := range want {
		if !slices.Contains(have, l) {
			return false
		}
	}
	return true
}

func (w *World) begin(j *Job, r *Runner) {
	j.Runner, r.Busy, r.last = r, j, j
	j.Status, j.Started, j.Run.Updated = fleet.StatusInProgress, w.now, w.now
	w.step(j, "Set up job")
	switch j.failsAt() {
	case "Set up job":
		w.after(4, func() { w.finish(j, fleet.ConclusionFailure, j.Ending) })
		return
	case "Set up runner":
		w.step(j, "Set up runner")
		w.after(2, func() { w.finish(j, fleet.ConclusionFailure, j.Ending) })
		return
	}
	w.after(2, func() { w.initialize(j) })
	if j.work > limit {
		w.after(limit, func() { w.finish(j, fleet.ConclusionCancelled, EndLimit) })
	}
}

// initialize starts the job's container. dockerd makes a bind source that is not
// there, and whatever is missing above it, as root.
func (w *World) initialize(j *Job) {
	if j.Status != fleet.StatusInProgress {
		return
	}
	w.step(j, "Initialize containers")
	if j.failsAt() == "Initialize containers" {
		w.after(3, func() { w.finish(j, fleet.ConclusionFailure, j.Ending) })
		return
	}
	if !j.NoDir {
		h := j.Runner.Host
		maker := fleet.RootOwner
		if h.Prepares {
			maker = h.rootFor().Owner
		}
		j.dir, _ = h.Mkdir(h.rootFor().Path+"/"+j.Run.DirRel(j.Suffix), maker, w.now)
		w.container(j)
	}
	w.after(4, func() { w.checkout(j) })
}

func (w *World) checkout(j *Job) {
	if j.Status != fleet.StatusInProgress {
		return
	}
	w.step(j, "Run actions/checkout@v4")
	if j.failsAt() != "" {
		w.after(5, func() { w.finish(j, fleet.ConclusionFailure, j.Ending) })
		return
	}
	if !j.Run.Repo.Fixed || j.NoDir {
		w.after(5, func() { w.build(j) })
		return
	}
	w.after(5, func() {
		if j.Status != fleet.StatusInProgress {
			return
		}
		w.step(j, "Give the run dir to the build user")
		j.dir.Chown([]uint32{0}, j.Runner.Host.rootFor().Owner, w.now)
		w.after(1, func() { w.build(j) })
	})
}

// build runs cargo. It needs a run dir its user can write to; whoever takes the
// dir away under it leaves dockerd to make it again, as root.
func (w *World) build(j *Job) {
	if j.Status != fleet.StatusInProgress {
		return
	}
	w.step(j, buildStep(j.Name))
	if j.NoDir {
		w.after(j.work, func() { w.finish(j, fleet.ConclusionSuccess, j.Ending) })
		return
	}
	h := j.Runner.Host
	if w.full(j) {
		w.after(9, func() { w.finish(j, fleet.ConclusionFailure, EndNoSpace) })
		return
	}
	if j.dir.Owner.UID != h.rootFor().Owner.UID {
		w.after(4, func() { w.finish(j, fleet.ConclusionFailure, EndDenied) })
		return
	}
	if j.Run.Deleter {
		w.after(min(660, j.work/2), func() { w.takeAway(j) })
	}
	if j.dir.Content == nil {
		j.dir.Content = &Content{Owner: h.rootFor().Owner, Oldest: w.now, Newest: w.now}
		j.dir.Changed, j.dir.Touched = w.now, w.now
	}
	w.writeOn() // what others have written there by now
	j.base = j.dir.Content.Bytes
	w.compilers(j)
	w.building = append(w.building, j)
	w.after(j.work, func() {
		end, how := fleet.ConclusionSuccess, j.Ending
		if how == EndWell && w.full(j) {
			how = EndNoSpace
		}
		if how != EndWell {
			end = fleet.ConclusionFailure
		}
		w.finish(j, end, how)
	})
}

// full reports whether nothing more can be written to the disk of a job's run dir,
// in a world where that matters.
func (w *World) full(j *Job) bool {
	h := j.Runner.Host
	return w.fills && h.Available(h.DiskOf(j.dir)) == 0
}

// takeAway deletes the run dir of a running job, as a cleaner that goes by age
// does, and dockerd makes it again.
func (w *World) takeAway(j *Job) {
	if j.Status != fleet.StatusInProgress {
		return
	}
	h, path := j.Runner.Host, j.dir.Path()
	j.dir.Parent.Remove(j.dir.Name, w.now)
	j.dir, _ = h.Mkdir(path, fleet.RootOwner, w.now)
	w.after(5, func() { w.finish(j, fleet.ConclusionFailure, EndVanished) })
}

// write brings a run dir forward to what its build has written by now.
func (j *Job) write(now int64) {
	c := j.dir.Content
	if c == nil || now < c.Newest {
		return // several may write to one dir at the same second
	}
	begun := j.Steps[len(j.Steps)-1].Started
	done := min(now-begun, max(j.work, 1))
	c.Bytes = max(c.Bytes, j.base+j.grow*done/max(j.work, 1))
	c.Files = max(c.Files, filesOf(c.Bytes))
	c.Newest = now
}

// finish ends a job, frees its runner, and lets the gate judge a run whose other
// jobs have all ended.
func (w *World) finish(j *Job, c fleet.Conclusion, e Ending) {
	if !j.Status.Live() {
		return
	}
	if i := slices.Index(w.building, j); i >= 0 {
		j.write(w.now)
		w.building = slices.Delete(w.building, i, i+1)
	}
	if !e.tale().lost {
		w.closeStep(j, c)
	}
	if c == fleet.ConclusionSuccess {
		w.step(j, "Complete job")
		w.closeStep(j, c)
	}
	j.Status, j.Conclusion, j.Completed, j.Ending = fleet.StatusCompleted, c, w.now, e
	j.Run.Updated = w.now
	if j.Runner != nil {
		j.Runner.Busy = nil
		j.Runner.Host.endJob(j.ID)
		if c := j.Runner.Host.compiler; c != nil && !j.NoDir && e == EndWell {
			j.Runner.Host.told(*c, w.now)
		}
	}
	w.judge(j.Run)
}
