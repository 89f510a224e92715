package world

import (
	"fmt"

	"andon/fleet"
)

// oddities leaves on the hosts what real disks hold beside tidy run dirs: the
// forms of older layouts, shards and suffixes, a dir no layout knows, names made to
// break a parser or a terminal, and foreign files inside a healthy dir.
func (w *World) oddities(r *Repo) {
	intel, _ := w.Host("intel")
	yoga, _ := w.Host("yoga")
	gx10, _ := w.Host("gx10")
	start := w.now + Prehistory
	p, _ := r.PR(1727)
	q, _ := r.PR(1711)
	base := fmt.Sprintf("%s-ci", r.Name.Name())

	for k := range 2 { // shards of one run
		x := w.past(p, intel, p.ClosedAt-9000-int64(k)*60, 1800, fleet.ConclusionSuccess)
		x.SHA = w.sha()
		w.leave(intel, fmt.Sprintf("%s/1727-s%d/run-%d", base, k+1, x.ID), x.Started, x.Updated, 5*gib+w.rng.Int64N(gib))
	}
	x := w.past(q, intel, q.ClosedAt-12000, 1200, fleet.ConclusionSuccess)
	w.leave(intel, fmt.Sprintf("%s/1711/run-%d-guards", base, x.ID), x.Started, x.Updated, 3*gib)
	w.leave(intel, fmt.Sprintf("%s//run-%d", base, x.ID+1), x.Started, x.Updated, 2*gib)

	sha := w.sha()
	ref := "gh-readonly-queue/main/pr-1711-" + sha
	m := w.past(q, intel, q.ClosedAt-300, 754, fleet.ConclusionSuccess)
	m.Event, m.Branch, m.PRs, m.Ref = "merge_group", ref, nil, ref
	w.leave(intel, fmt.Sprintf("%s/%s-s1/run-%d", base, ref, m.ID), m.Started, m.Updated, 6*gib)
	w.leave(intel, fmt.Sprintf("%s/%s/run-%d", base, ref, m.ID), m.Started, m.Updated, 7*gib)

	w.leave(intel, base+"/debug", start-20*86400, start-9*86400, 31*gib)
	w.leave(intel, base+"/1690/debug", start-11*86400, start-9*86400, 12*gib)
	for _, part := range []string{"cache", "index", "src"} {
		w.leave(intel, "cargo-ci/registry/1711/"+part, start-8*86400, start-6*86400, 2*gib)
	}
	w.leave(yoga, "sovereign-ci-aprender/1719", start-8*86400, start-5*86400, 7*gib).Chown([]uint32{1001}, fleet.RootOwner, start-8*86400)
	w.leave(intel, base+"/scratch-noah/run-old-backup", start-15*86400, start-15*86400, 4*gib)
	w.leave(intel, fmt.Sprintf("%s/fix-\x1b]0;red\x07\u202e\nline\xff/run-25919200001", base), start-3*86400, start-3*86400, gib)

	f := w.past(p, gx10, p.ClosedAt-20000, 1500, fleet.ConclusionSuccess)
	f.SHA = w.sha()
	n := w.leave(gx10, f.DirRel(""), f.Started, f.Updated, 8*gib)
	n.Content.Strangers, n.Content.StrangerOf = 137, fleet.RootOwner
}

// AddHostileNames leaves dirs on a host whose names were made to break a parser,
// a shell or a terminal. None has a backslash or a character of a pattern: the
// interpreter does not find what lies below a dir of such a name, a real shell does.
func (w *World) AddHostileNames(h *Host) {
	for i, name := range []string{"a\nb", "tab\tbed", "\x1b]52;c;cm0gLXJm\x07", "-rf", "$(id)", "`id`", "'; id #", "\xff\xfe", "\u202egnp", " "} {
		w.leave(h, fmt.Sprintf("%s-ci/%s/run-%d", w.Repos[0].Name.Name(), name, 25919100000+i), w.now-86400, w.now-86400, gib)
	}
}
