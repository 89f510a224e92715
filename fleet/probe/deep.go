package probe

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"andon/fleet"
)

const notMeasured = "not measured yet"

// measured reads the figures of one dir and gives them to it, if it is still the
// one that was listed.
func (p *parser) measured(i int, rest string) bool {
	f := strings.SplitN(rest, "\t", 7)
	if len(f) != 7 {
		return false
	}
	d, ok := p.listed(i, f[6])
	var v [6]int64
	for k := range v {
		n, good := count(f[k])
		ok = ok && good
		v[k] = n
	}
	if !ok || v[2] > 1<<53 || v[5] > 253402300799 {
		return false
	}
	if d.Dev != uint64(v[0]) || d.Inode != uint64(v[1]) || d.Symlink {
		return p.because(d, "it was replaced while it was measured")
	}
	d.Bytes = fleet.Known(v[2]<<10, p.at)
	d.Files = fleet.Known(v[3], p.at)
	d.Foreign = fleet.Known(fleet.Foreign{Count: v[4]}, p.at)
	d.Newest = fleet.Known(time.Unix(v[5], 0).UTC(), p.at)
	return true
}

// sample reads the path of a foreign entry.
func (p *parser) sample(i int, rest string) bool {
	s, name, ok := strings.Cut(rest, "\t")
	if !ok {
		return false
	}
	d, ok := p.listed(i, name)
	if !ok {
		return false
	}
	f, known := d.Foreign.Get()
	if !known || len(f.Samples) >= 3 {
		return false
	}
	f.Samples = append(f.Samples, s[:min(len(s), 4096)])
	d.Foreign = fleet.Known(f, p.at)
	return true
}

// unmeasured reads why a dir was not measured.
func (p *parser) unmeasured(i int, rest string) bool {
	why, name, ok := strings.Cut(rest, "\t")
	if !ok {
		return false
	}
	if d, ok := p.listed(i, name); ok {
		return p.because(d, clip(why))
	}
	return why == "gone"
}

func (p *parser) because(d *fleet.RunDir, why string) bool {
	why = "not measured: " + why
	d.Bytes, d.Files = fleet.Unknown[int64](why), fleet.Unknown[int64](why)
	d.Foreign, d.Newest = fleet.Unknown[fleet.Foreign](why), fleet.Unknown[time.Time](why)
	return true
}

func (p *parser) listed(i int, name string) (*fleet.RunDir, bool) {
	rel, ok := strings.CutPrefix(name, "./")
	n, found := p.dirs[dirKey{i, rel}]
	if !ok || !found {
		return nil, false
	}
	return &p.out.Dirs[n], true
}

// Why a dir deserves a look, most pressing first. What is on screen comes first
// because somebody waits for it; a dir without a live run or writer is measured
// again only when its figures are old.
const (
	pressScreen = iota
	pressLive
	pressNew
	pressChanged
	pressAged
	pressNone
)

// agedAfter is how long a measured figure of a quiet dir stands. A parent's
// mtime stays frozen while something writes below, so even a dir that looks
// unchanged is looked at again.
const agedAfter = 30 * time.Minute

// liveAgain is how long a figure of a live dir stands.
const liveAgain = 2 * time.Minute

// NextDeep picks at most max dirs of a host that deserve to be measured next,
// the most pressing first: on screen, live, never measured, changed, aged; within
// one class the oldest figure first. It decides from the previous snapshot alone.
func NextDeep(prev *fleet.Snapshot, h fleet.HostName, onScreen []fleet.DirID, max int) []DeepAsk {
	if prev == nil || max <= 0 {
		return nil
	}
	screen := make(map[fleet.DirID]bool, len(onScreen))
	for _, id := range onScreen {
		screen[id] = true
	}
	type candidate struct {
		ask   DeepAsk
		press int
		at    time.Time
	}
	var all []candidate
	for i := range prev.Dirs {
		d := &prev.Dirs[i]
		if d.Host != h || d.Symlink {
			continue
		}
		if k := press(prev, d, screen[d.ID()]); k < pressNone {
			all = append(all, candidate{DeepAsk{d.Path.Root(), d.Path.Rel(), d.Want.UID}, k, d.Bytes.At()})
		}
	}
	slices.SortStableFunc(all, func(a, b candidate) int {
		if a.press != b.press {
			return a.press - b.press
		}
		return a.at.Compare(b.at)
	})
	out := make([]DeepAsk, min(max, len(all)))
	for i := range out {
		out[i] = all[i].ask
	}
	return out
}

func press(s *fleet.Snapshot, d *fleet.Dir, onScreen bool) int {
	if !d.Bytes.IsKnown() {
		if onScreen {
			return pressScreen
		}
		return pressNew
	}
	at := d.Bytes.At()
	age := s.At.Sub(at)
	n, known := d.LiveWriters()
	run, ok := s.RunOf(d.Run)
	live := known && n > 0 || ok && run.Status.Live()
	switch {
	case onScreen && age >= liveAgain:
		return pressScreen
	case live && age >= liveAgain:
		return pressLive
	case d.ChangeTime.After(at) || d.ModTime.After(at):
		return pressChanged
	case age >= agedAfter:
		return pressAged
	}
	return pressNone
}

// CarryDeep returns fresh with the last measured figures of old for each dir
// that is still the same directory and was not measured this time. They keep
// their own time.
func CarryDeep(old, fresh fleet.Sweep) fleet.Sweep {
	if old.Host != fresh.Host || len(old.Dirs) == 0 {
		return fresh
	}
	was := make(map[string]int, len(old.Dirs))
	for i := range old.Dirs {
		was[strconv.FormatUint(old.Dirs[i].Inode, 36)+old.Dirs[i].Path.String()] = i
	}
	fresh.Dirs = slices.Clone(fresh.Dirs)
	for i := range fresh.Dirs {
		d := &fresh.Dirs[i]
		j, ok := was[strconv.FormatUint(d.Inode, 36)+d.Path.String()]
		if !ok || d.Bytes.IsKnown() || !d.SameInode(old.Dirs[j]) {
			continue
		}
		o := &old.Dirs[j]
		if o.Bytes.IsKnown() {
			d.Bytes, d.Files, d.Foreign, d.Newest = o.Bytes, o.Files, o.Foreign, o.Newest
		}
	}
	return fresh
}
