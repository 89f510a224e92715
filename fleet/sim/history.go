package sim

import (
	"cmp"
	"slices"
	"time"

	"andon/fleet"
	"andon/fleet/sim/world"
)

// History returns what a console that watched the fleet before its start would
// have kept: how the disks filled since the world's events began, and the runners
// that were registered.
func (f *Fleet) History() fleet.History {
	return fleet.History{Disks: slices.Clone(f.history.Disks), Runners: slices.Clone(f.history.Runners)}
}

// lookouts are the times, from the beginning of a world's events to the last
// moment before its start, at which a console would have kept a sample of a disk.
func lookouts(began int64) []int64 {
	var out []int64
	for at := began - world.Prehistory; at < began-30*60; at += 15 * 60 {
		out = append(out, at)
	}
	for at := began - 30*60; at < began; at += 60 {
		out = append(out, at)
	}
	return out
}

// watchDisks brings a world forward through its past and returns how full the
// disks were; on the way it calls visit at the time of an earlier observation.
func watchDisks(w *world.World, began int64, observed int64, visit func()) []fleet.DiskSample {
	var out []fleet.DiskSample
	for _, at := range lookouts(began) {
		if at > observed && visit != nil {
			w.Advance(observed)
			visit()
			visit = nil
		}
		w.Advance(at)
		for _, h := range w.Hosts {
			if !h.Down {
				out = append(out, diskSamples(h, at)...)
			}
		}
	}
	w.Advance(began)
	fit(w, out)
	slices.SortStableFunc(out, func(a, b fleet.DiskSample) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Root, b.Root), a.At.Compare(b.At))
	})
	return out
}

func diskSamples(h *world.Host, at int64) []fleet.DiskSample {
	var out []fleet.DiskSample
	t := time.Unix(at, 0).UTC()
	for _, r := range h.Roots {
		n, err := h.Lookup(r.Path, true)
		if err != nil {
			continue
		}
		d := h.DiskOf(n)
		s := fleet.DiskSample{Host: fleet.HostName(h.Name), Root: r.Path, At: t, TotalBytes: d.Total, FreeBytes: h.Available(d)}
		if _, used := h.Used(d); d.Inodes > 0 {
			s.FreeInodes = fleet.Known(d.Inodes-used, t)
		}
		out = append(out, s)
	}
	return out
}

// fit tells of disks that were set to a figure in the middle of their past as if
// they had held the difference all along.
func fit(w *world.World, list []fleet.DiskSample) {
	for i := range list {
		s := &list[i]
		h, _ := w.Host(string(s.Host))
		n, err := h.Lookup(s.Root, true)
		if err != nil {
			continue
		}
		if d := h.DiskOf(n); s.At.Unix() < d.FitAt {
			s.FreeBytes = min(max(s.FreeBytes-d.FitBy, 0), d.Total)
		}
	}
}

// seenSince is how long before its start a fleet's runners were first listed.
const seenSince = 6 * 24 * time.Hour

// listedEvery is how often that console read the list of runners.
const listedEvery = 30 * time.Second

// seenRunners is what a console would remember of a world's runners.
func seenRunners(w *world.World) []fleet.RunnerSeen {
	now := time.Unix(w.Now(), 0).UTC()
	var out []fleet.RunnerSeen
	for _, h := range w.Hosts {
		for _, r := range h.Runners {
			s := fleet.RunnerSeen{Scope: r.Scope, Name: r.Name, First: now.Add(-seenSince), Last: now, Online: now, Labels: slices.Clone(r.Labels)}
			if r.Dropped > 0 {
				s.Last = time.Unix(r.Dropped, 0).UTC()
				s.Online, s.Away = s.Last, s.Last.Add(listedEvery)
			}
			if !r.Online && r.Left > 0 {
				s.Online = time.Unix(r.Left, 0).UTC()
				s.Away = s.Online.Add(listedEvery)
			}
			if s.Online.Before(s.First) {
				s.Online, s.Away = time.Time{}, s.First
			}
			out = append(out, s)
		}
	}
	slices.SortFunc(out, func(a, b fleet.RunnerSeen) int {
		return cmp.Or(cmp.Compare(a.Scope, b.Scope), cmp.Compare(a.Name, b.Name))
	})
	return out
}
