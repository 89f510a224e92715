package fleet

import (
	"cmp"
	"slices"
	"time"
)

// History is what earlier snapshots leave for rules that compare with the past:
// how disks filled, and which runners there were. It is carried from snapshot to
// snapshot like Samples, and survives a restart with them.
type History struct {
	Disks   []DiskSample `json:"disks,omitempty"`   // by host, root, then time
	Runners []RunnerSeen `json:"runners,omitempty"` // by scope, then name
}

// DiskSample is how full the filesystem of a root was at one time.
type DiskSample struct {
	Host       HostName    `json:"host"`
	Root       string      `json:"root"`
	At         time.Time   `json:"at"`
	TotalBytes int64       `json:"total_bytes"`
	FreeBytes  int64       `json:"free_bytes"`
	FreeInodes Fact[int64] `json:"free_inodes,omitzero"`
}

// RunnerSeen remembers a registered runner. Ephemeral runners come and go by
// design: only one that stayed for hours can be missed.
type RunnerSeen struct {
	Scope  string    `json:"scope"`
	Name   string    `json:"name"`
	First  time.Time `json:"first"`            // first listed
	Last   time.Time `json:"last"`             // newest list that held it
	Online time.Time `json:"online,omitzero"`  // newest list that said online; zero: never seen so
	Away   time.Time `json:"away,omitzero"`    // first list since that said offline, or whole did not name it; zero while it is online
	Labels []string  `json:"labels,omitempty"` // as listed last
}

// How much history is kept. Samples of the last half hour are a minute apart,
// older ones a quarter of an hour: enough for a rate, and small for 1,000 hosts.
const (
	historyFine   = 30 * time.Minute
	historyDense  = time.Minute
	historySparse = 15 * time.Minute
	historyDisk   = 24 * time.Hour
	historyRunner = 7 * 24 * time.Hour
)

// TakeHistory returns what the next snapshot has to remember: the history of this
// one brought forward by what was read since.
func (s *Snapshot) TakeHistory() History {
	return History{Disks: s.takeDisks(), Runners: s.takeRunners()}
}

type rootKey struct {
	host HostName
	root string
}

// takeDisks brings the samples of each root forward. It is done for every snapshot,
// and a day of samples of 1,000 hosts is long: they are copied once.
func (s *Snapshot) takeDisks() []DiskSample {
	old := make(map[rootKey][]DiskSample)
	for i := 0; i < len(s.History.Disks); {
		k := rootKey{s.History.Disks[i].Host, s.History.Disks[i].Root}
		n := i
		for n < len(s.History.Disks) && s.History.Disks[n].Host == k.host && s.History.Disks[n].Root == k.root {
			n++
		}
		if have := old[k]; have == nil {
			old[k] = s.History.Disks[i:n:n]
		} else { // not in order: of another console's making
			old[k] = append(have[:len(have):len(have)], s.History.Disks[i:n]...)
		}
		i = n
	}
	out := make([]DiskSample, 0, len(s.History.Disks)+len(s.Hosts))
	for _, h := range s.Hosts {
		for _, r := range h.Roots {
			list := old[rootKey{h.Name, r.Path}]
			sw, swept := s.SweepOf(h.Name)
			d, known := s.Disk(h.Name, r.Path)
			fresh := swept && known && (len(list) == 0 || sw.At.Sub(list[len(list)-1].At) >= historyDense)
			out = thin(out, list, s.At, !fresh)
			if fresh {
				out = append(out, DiskSample{Host: h.Name, Root: r.Path, At: sw.At, TotalBytes: d.TotalBytes, FreeBytes: d.FreeBytes, FreeInodes: d.FreeInodes})
			}
		}
	}
	return out
}

// thin appends what is neither too old nor too close to its neighbour. The newest
// stays where it is the last.
func thin(out, list []DiskSample, now time.Time, last bool) []DiskSample {
	from := len(out)
	for i := range list {
		d := &list[i]
		age := now.Sub(d.At)
		if age > historyDisk {
			continue
		}
		newest := last && i == len(list)-1
		if n := len(out); n > from && !newest && age > historyFine && d.At.Sub(out[n-1].At) < historySparse {
			continue
		}
		out = append(out, *d)
	}
	return out
}

func (s *Snapshot) takeRunners() []RunnerSeen {
	type key struct{ scope, name string }
	seen := make(map[key]RunnerSeen, len(s.History.Runners)+len(s.Runners))
	for _, r := range s.History.Runners {
		if s.At.Sub(r.Last) <= historyRunner {
			seen[key{r.Scope, r.Name}] = r
		}
	}
	listed := make(map[key]bool, len(s.Runners))
	for _, r := range s.Runners {
		k := key{r.Scope, r.Name}
		listed[k] = true
		at := s.SourceOf(SourceID{SourceRunners, r.Scope}).ReadAt
		if at.IsZero() {
			continue // no list of this console's time
		}
		x, ok := seen[k]
		if !ok {
			x = RunnerSeen{Scope: r.Scope, Name: r.Name, First: at}
		}
		x.Last, x.Labels = at, r.Labels
		if r.Online {
			x.Online, x.Away = at, time.Time{}
		} else if x.Away.IsZero() {
			x.Away = at
		}
		seen[k] = x
	}
	for k, x := range seen {
		if src := s.SourceOf(SourceID{SourceRunners, k.scope}); !listed[k] && x.Away.IsZero() && src.Fresh(s.At) {
			x.Away = src.ReadAt
			seen[k] = x
		}
	}
	out := make([]RunnerSeen, 0, len(seen))
	for _, r := range seen {
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b RunnerSeen) int { return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Name, b.Name)) })
	return out
}

// DiskHistory returns the samples of a root, oldest first.
func (s *Snapshot) DiskHistory(h HostName, root string) []DiskSample {
	var out []DiskSample
	for _, d := range s.History.Disks {
		if d.Host == h && d.Root == root {
			out = append(out, d)
		}
	}
	return out
}
