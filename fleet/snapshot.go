package fleet

import (
	"time"
)

// Reads is everything the collector holds when it makes a snapshot: the last
// good data of each source and the state of every source. It is plain data and
// can be recorded and replayed.
type Reads struct {
	At           time.Time          `json:"at"`
	Policy       Policy             `json:"policy"`
	Hosts        []Host             `json:"hosts"`
	Repos        []Repo             `json:"repos"`
	Sweeps       []Sweep            `json:"sweeps"` // at most one a host: the last good one
	PullRequests []PullRequest      `json:"pull_requests"`
	Runs         []WorkflowRun      `json:"runs"`
	Jobs         []Job              `json:"jobs"` // all attempts that were read
	Runners      []Runner           `json:"runners"`
	Sources      []Source           `json:"sources"`
	Budget       Budget             `json:"budget"`
	Samples      []Sample           `json:"samples"` // of the snapshot before this one
	Groups       []ConcurrencyGroup `json:"groups,omitempty"`
	QueueRefs    []QueueRef         `json:"queue_refs,omitempty"`
	History      History            `json:"history,omitzero"` // up to the snapshot before this one
	Receivers    []Receiver         `json:"receivers,omitempty"`
}

// Dir is a run dir with what the join found for it.
type Dir struct {
	RunDir
	Want     Owner  // wanted owner of its root
	Run      RunKey // zero where no run resolved
	PR       PRKey  // zero where none
	Keys     KeySet
	Conflict string // which keys name different pull requests; empty if none do
	Sample   Sample // how long it has looked like this
}

// HasRun reports whether the dir's run was resolved by the API.
func (d Dir) HasRun() bool { return d.Run.ID != 0 }

// HasPR reports whether the dir was joined to a pull request that was read.
func (d Dir) HasPR() bool { return d.PR.Number != 0 }

// Snapshot is one immutable picture of the fleet: Reads, joined. Make it with
// Join. Its slices are shared and must not be changed.
type Snapshot struct {
	Reads
	Dirs []Dir // by host, then path
	Gone []Gone

	runIx      map[RunKey]int
	prIx       map[PRKey]int
	jobIx      map[RunKey][]int
	dirsByRun  map[RunKey][]int
	dirsByPR   map[PRKey][]int
	dirIx      map[DirID]int
	hostIx     map[HostName]int
	sweepIx    map[HostName]int
	sourceIx   map[SourceID]int
	runnerHost map[string]HostName
	runPR      map[RunKey]runJoin
	lineIx     map[lineKey][]int // by CreatedAt
}

type runJoin struct {
	pr       PRKey
	keys     KeySet
	conflict string
}

// RunOf returns a run by name.
func (s *Snapshot) RunOf(k RunKey) (WorkflowRun, bool) {
	i, ok := s.runIx[k]
	if !ok {
		return WorkflowRun{}, false
	}
	return s.Runs[i], true
}

// PROf returns a pull request by name.
func (s *Snapshot) PROf(k PRKey) (PullRequest, bool) {
	i, ok := s.prIx[k]
	if !ok {
		return PullRequest{}, false
	}
	return s.PullRequests[i], true
}

// PROfRun returns the pull request a run belongs to and which keys matched.
func (s *Snapshot) PROfRun(k RunKey) (PRKey, KeySet, bool) {
	j, ok := s.runPR[k]
	return j.pr, j.keys, ok && j.pr.Number != 0
}

// JobsOf returns the jobs of a run that were read, all attempts.
func (s *Snapshot) JobsOf(k RunKey) []Job {
	ix := s.jobIx[k]
	out := make([]Job, len(ix))
	for i, j := range ix {
		out[i] = s.Jobs[j]
	}
	return out
}

// LiveJobs returns the jobs of a run that may still write.
func (s *Snapshot) LiveJobs(k RunKey) []Job {
	var out []Job
	for _, j := range s.jobIx[k] {
		if s.Jobs[j].Status.Live() {
			out = append(out, s.Jobs[j])
		}
	}
	return out
}

// DirOf returns a run dir by name.
func (s *Snapshot) DirOf(id DirID) (Dir, bool) {
	i, ok := s.dirIx[id]
	if !ok {
		return Dir{}, false
	}
	return s.Dirs[i], true
}

// DirsOfRun returns the run dirs of a run on all hosts.
func (s *Snapshot) DirsOfRun(k RunKey) []Dir { return s.pick(s.dirsByRun[k]) }

// DirsOfPR returns the run dirs of a pull request on all hosts.
func (s *Snapshot) DirsOfPR(k PRKey) []Dir { return s.pick(s.dirsByPR[k]) }

func (s *Snapshot) pick(ix []int) []Dir {
	out := make([]Dir, len(ix))
	for i, d := range ix {
		out[i] = s.Dirs[d]
	}
	return out
}

// HostOf returns a host's configuration.
func (s *Snapshot) HostOf(h HostName) (Host, bool) {
	i, ok := s.hostIx[h]
	if !ok {
		return Host{}, false
	}
	return s.Hosts[i], true
}

// SweepOf returns a host's last good sweep.
func (s *Snapshot) SweepOf(h HostName) (Sweep, bool) {
	i, ok := s.sweepIx[h]
	if !ok {
		return Sweep{}, false
	}
	return s.Sweeps[i], true
}

// SourceOf returns a source's state. One that was never configured reads as
// SourceNever.
func (s *Snapshot) SourceOf(id SourceID) Source {
	if i, ok := s.sourceIx[id]; ok {
		return s.Sources[i]
	}
	return Source{ID: id, State: SourceNever}
}

// Fresh reports whether every named source gave a whole, current answer.
func (s *Snapshot) Fresh(ids ...SourceID) bool {
	for _, id := range ids {
		if !s.SourceOf(id).Fresh(s.At) {
			return false
		}
	}
	return true
}

// HostOfRunner returns the host a runner lives on: by its service on a host,
// else by the config's patterns.
func (s *Snapshot) HostOfRunner(name string) (HostName, bool) {
	h, ok := s.runnerHost[name]
	return h, ok
}

// Disk returns the filesystem a root lies on.
func (s *Snapshot) Disk(h HostName, root string) (Disk, bool) {
	sw, ok := s.SweepOf(h)
	if !ok {
		return Disk{}, false
	}
	for _, d := range sw.Disks {
		if d.Root == root {
			return d, true
		}
	}
	return Disk{}, false
}

// Pool counts the online runners, and those of them that run a job. Both are 0
// where the token may not see runners: look at their source first.
func (s *Snapshot) Pool() (busy, online int) {
	for _, r := range s.Runners {
		if !r.Online {
			continue
		}
		online++
		if r.Busy {
			busy++
		}
	}
	return busy, online
}
