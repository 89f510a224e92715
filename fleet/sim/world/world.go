package world

import (
	"container/heap"
	"math/rand/v2"
	"slices"

	"andon/fleet"
)

// World is everything there is in a simulation.
type World struct {
	Hosts []*Host
	Repos []*Repo

	now      int64
	queue    events
	seq      int
	rng      *rand.Rand
	runID    int64
	jobID    int64
	runnerID int64
	building []*Job // jobs whose build writes to a run dir
	zombies  []*zombie
	fills    bool // builds fail on a full disk; else what they cannot write is not missed
}

// zombie is a build that lives on though its job was cancelled.
type zombie struct{ job *Job }

// Now returns the time the world was advanced to, in Unix seconds.
func (w *World) Now() int64 { return w.now }

// Advance lets everything happen that is due by now. A time before the world's own
// changes nothing.
func (w *World) Advance(now int64) {
	was := w.now
	for len(w.queue) > 0 && w.queue[0].at <= now {
		e := heap.Pop(&w.queue).(event)
		w.now = max(w.now, e.at)
		e.do()
	}
	w.now = max(w.now, now)
	if w.now > was { // also where the last event fell on this very second
		w.writeOn()
	}
}

// writeOn brings every run dir that is written to forward to now.
func (w *World) writeOn() {
	for _, j := range w.building {
		j.write(w.now)
	}
	for _, z := range w.zombies {
		z.job.write(w.now)
	}
}

// Host returns the host of the given name.
func (w *World) Host(name string) (*Host, bool) {
	i := slices.IndexFunc(w.Hosts, func(h *Host) bool { return h.Name == name })
	if i < 0 {
		return nil, false
	}
	return w.Hosts[i], true
}

// Runners lists the runners registered with a repository or organisation.
func (w *World) Runners(scope string) []*Runner {
	var out []*Runner
	for _, h := range w.Hosts {
		for _, r := range h.Runners {
			if r.Scope == scope && r.Dropped == 0 {
				out = append(out, r)
			}
		}
	}
	return out
}

// OwnerOf returns the owner of a path on a host.
func (w *World) OwnerOf(host, path string) (fleet.Owner, error) {
	h, ok := w.Host(host)
	if !ok {
		return fleet.Owner{}, fleet.ErrNotActionable
	}
	n, err := h.Lookup(path, false)
	if err != nil {
		return fleet.Owner{}, err
	}
	return n.Owner, nil
}

// at puts something into the queue; what is due at one time happens in the order
// it was put there.
func (w *World) at(when int64, do func()) {
	w.seq++
	heap.Push(&w.queue, event{when, w.seq, do})
}

// after is at, counted from now.
func (w *World) after(seconds int64, do func()) { w.at(w.now+seconds, do) }

type event struct {
	at  int64
	seq int
	do  func()
}

// events is a heap by time.
type events []event

func (e events) Len() int { return len(e) }
func (e events) Less(i, j int) bool {
	return e[i].at < e[j].at || e[i].at == e[j].at && e[i].seq < e[j].seq
}
func (e events) Swap(i, j int) { e[i], e[j] = e[j], e[i] }

// Push is heap.Interface's.
func (e *events) Push(x any) { *e = append(*e, x.(event)) }

// Pop is heap.Interface's.
func (e *events) Pop() any {
	old := *e
	x := old[len(old)-1]
	*e = old[:len(old)-1]
	return x
}
