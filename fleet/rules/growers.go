package rules

import (
	"cmp"
	"fmt"
	"slices"

	"andon/fleet"
)

// grower is a pull request or a ref whose dirs grow.
type grower struct {
	name string
	pr   fleet.PRKey
	rate int64 // bytes an hour
}

// growers adds to a finding who fills the disk, and returns the first three.
func (tr *trend) growers(s *fleet.Snapshot, f *fleet.Finding, perHour int64) []string {
	by := make(map[string]*grower)
	unknown, sum := 0, int64(0)
	dirs := dirsOn(s, tr.sw.Host)
	for i := range dirs {
		d := &dirs[i]
		if !tr.holds(d.Path.Root()) {
			continue
		}
		rate, ok := s.Growth(d)
		if !ok {
			if !d.Sample.Quiet {
				unknown++
			}
			continue
		}
		if rate == 0 {
			continue
		}
		name := consumer(d)
		g := by[name]
		if g == nil {
			g = &grower{name: name, pr: d.PR}
			by[name] = g
		}
		g.rate += rate
		sum += rate
	}
	list := make([]*grower, 0, len(by))
	for _, g := range by {
		if g.rate > 0 {
			list = append(list, g)
		}
	}
	slices.SortFunc(list, func(a, b *grower) int { return cmp.Or(cmp.Compare(b.rate, a.rate), cmp.Compare(a.name, b.name)) })
	var top []string
	where := string(tr.sw.Host) + ":" + tr.disk.Root
	for i, g := range list {
		if i == 5 {
			break
		}
		if i < 3 {
			top = append(top, fmt.Sprintf("%s %s/h", g.name, gib(g.rate)))
		}
		if g.pr.Number != 0 {
			f.Subjects = append(f.Subjects, fleet.OfPR(g.pr))
		}
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "growth", Where: where, At: tr.sw.At, Why: 3, Fact: fmt.Sprintf("%s grows by %s/h", g.name, gib(g.rate))})
	}
	if rest := perHour - sum; rest > perHour/5 {
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "growth", Where: where, At: tr.sw.At, Why: 3, Fact: fmt.Sprintf("%s/h of it is not in a measured run dir", gib(rest))})
	}
	if unknown > 0 {
		f.Unknown = append(f.Unknown, fleet.Gap{What: "growth of " + fleet.Plural(unknown, "dir"), Why: "not measured twice yet", Makes: "the next sweeps measure live dirs every two minutes"})
	}
	return top
}

// holds reports whether a root lies on the disk.
func (tr *trend) holds(root string) bool {
	return slices.ContainsFunc(tr.sw.Disks, func(d fleet.Disk) bool { return d.Root == root && d.Device == tr.disk.Device })
}

// consumer names whom a dir's bytes are counted to.
func consumer(d *fleet.Dir) string {
	pl := d.Path.Place()
	switch {
	case d.HasPR():
		return d.PR.String()
	case pl.Ref != "":
		return pl.Repo + " " + pl.Ref
	}
	return d.Path.Rel()
}

// dirsOn returns the dirs of a host: they are sorted by it.
func dirsOn(s *fleet.Snapshot, h fleet.HostName) []fleet.Dir {
	from, _ := slices.BinarySearchFunc(s.Dirs, h, func(d fleet.Dir, h fleet.HostName) int { return cmp.Compare(d.Host, h) })
	if from == len(s.Dirs) || s.Dirs[from].Host != h {
		return nil
	}
	return dirsFrom(s, from)
}

// dirsFrom returns the dirs of one host, the first of which is at from.
func dirsFrom(s *fleet.Snapshot, from int) []fleet.Dir {
	to := from
	for to < len(s.Dirs) && s.Dirs[to].Host == s.Dirs[from].Host {
		to++
	}
	return s.Dirs[from:to]
}
