package fleet

import (
	"strconv"
	"time"
)

// Sample remembers how a run dir looked, so that "unchanged for two minutes",
// "made again under the same name" and "gone while its job runs" can be told.
type Sample struct {
	ID    DirID     `json:"id"`
	Dev   uint64    `json:"dev"`
	Inode uint64    `json:"inode"`
	Quiet bool      `json:"quiet"` // no writers (known), run completed
	Sig   string    `json:"sig"`   // owner, mtime, run attempt and status
	Since time.Time `json:"since"` // first sweep that saw exactly this
	Last  time.Time `json:"last"`  // newest sweep that saw exactly this
	Run   RunKey    `json:"run"`
	// Recreated is when a sweep first saw another inode under the same name;
	// zero where that never happened.
	Recreated time.Time `json:"recreated,omitzero"`
	// Base and Mid are earlier measurements of the same dir, for its growth: the
	// first, and one on the way to replace it once it is too old for a rate of now.
	Base Measure `json:"base,omitzero"`
	Mid  Measure `json:"mid,omitzero"`
}

// Gone is a run dir that vanished while a job of its run was live on the host.
type Gone struct {
	ID       DirID
	Run      RunKey
	LastSeen time.Time
}

// sample compares a dir with how it looked before.
func (s *Snapshot) sample(d *Dir, id DirID, prev map[DirID]Sample) Sample {
	at := s.Sweeps[s.sweepIx[d.Host]].At
	sm := Sample{ID: id, Dev: d.Dev, Inode: d.Inode, Since: at, Last: at, Run: d.Run, Quiet: s.quiet(d), Sig: s.signature(d)}
	p, ok := prev[id]
	if !ok {
		sm.Base, sm.Mid = measures(d, Measure{}, Measure{})
		return sm
	}
	sm.Recreated = p.Recreated
	if p.Dev != d.Dev || p.Inode != d.Inode {
		sm.Recreated = at
		sm.Base, sm.Mid = measures(d, Measure{}, Measure{})
		return sm
	}
	sm.Base, sm.Mid = measures(d, p.Base, p.Mid)
	if !d.HasRun() && p.Run.ID != 0 && !s.writtenSince(d, p.Since) {
		// GitHub has not answered yet, or not for this run: no look at all, so
		// neither an equal one nor another.
		p.Base, p.Mid = sm.Base, sm.Mid
		return p
	}
	if p.Quiet == sm.Quiet && p.Sig == sm.Sig && !s.writtenSince(d, p.Since) {
		sm.Since = p.Since
	}
	return sm
}

// writtenSince reports whether the newest write below a dir came after a time of
// the console's clock. The dir's own mtime stays frozen while a build writes
// below it, so it says nothing about that.
func (s *Snapshot) writtenSince(d *Dir, since time.Time) bool {
	newest, known := d.Newest.Get()
	return known && newest.Add(-s.Sweeps[s.sweepIx[d.Host]].Skew()).After(since.Add(clockGrain))
}

// clockGrain is how exactly a host's clock is known: date +%s, and a round trip.
const clockGrain = 2 * time.Second

func (s *Snapshot) quiet(d *Dir) bool {
	n, known := d.LiveWriters()
	run, ok := s.RunOf(d.Run)
	return known && n == 0 && ok && !run.Status.Live()
}

func (s *Snapshot) signature(d *Dir) string {
	b := make([]byte, 0, 64)
	b = strconv.AppendUint(b, uint64(d.Owner.UID), 10)
	b = strconv.AppendUint(append(b, ':'), uint64(d.Owner.GID), 10)
	b = strconv.AppendInt(append(b, ' '), d.ModTime.UnixNano(), 36)
	if r, ok := s.RunOf(d.Run); ok {
		b = strconv.AppendInt(append(b, ' '), int64(r.Attempt), 10)
		b = append(append(b, ' '), r.Status...)
	}
	return string(b)
}

// TakeSamples returns what the next snapshot has to remember: the dirs of this
// one, those of hosts that give no current answer, and those gone under a live
// job.
func (s *Snapshot) TakeSamples() []Sample {
	out := make([]Sample, 0, len(s.Dirs))
	for i := range s.Dirs {
		out = append(out, s.Dirs[i].Sample)
	}
	for _, sm := range s.Samples {
		if _, here := s.dirIx[sm.ID]; here {
			continue
		}
		_, configured := s.hostIx[sm.ID.Host]
		if configured && (!s.Fresh(HostSource(sm.ID.Host)) || len(s.LiveJobs(sm.Run)) > 0) {
			out = append(out, sm)
		}
	}
	return out
}

// findGone lists run dirs that vanished under a live job of their host.
func (s *Snapshot) findGone() {
	for _, sm := range s.Samples {
		if _, here := s.dirIx[sm.ID]; here || !s.Fresh(HostSource(sm.ID.Host)) {
			continue
		}
		for _, j := range s.LiveJobs(sm.Run) {
			if h, ok := s.HostOfRunner(j.Runner); ok && h == sm.ID.Host && j.Status == StatusInProgress {
				s.Gone = append(s.Gone, Gone{ID: sm.ID, Run: sm.Run, LastSeen: sm.Last})
				break
			}
		}
	}
}
