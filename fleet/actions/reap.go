package actions

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Action{
	ID: fleet.ActionReap, Key: "D", Title: "reap (delete) run dirs",
	Doc: "Moves provably dead run dirs into a root-owned trash on the same filesystem, where undo (z) can put them back for 15 minutes; then they are purged. " +
		"A dir is provably dead only if its run is completed, nothing of it is live, no process or container uses it, nothing below it was written lately, and two join keys agree; unknown in any of these refuses. " +
		"A host or disk as target means its orphans: dirs of pull requests that ended.",
	Cost: "build output is made again by the next run; bytes come free when the trash is purged",
	Plan: func(in fleet.PlanInput) (fleet.Plan, error) {
		d := newDraft(in, fleet.ActionReap)
		n := reapSteps(d)
		d.plan.Title = fmt.Sprintf("reap %s", fleet.Plural(n, "run dir"))
		d.plan.Undo = fmt.Sprintf("z puts them back for %d minutes; purged afterwards", int(d.s.Policy.UndoFor.Minutes()))
		if n > 0 {
			d.plan.Typed = strconv.Itoa(n)
		}
		d.diskEffects()
		return d.finish()
	},
})

// reapSteps adds a step for each targeted dir that may be reaped, biggest
// first, and keeps the others with every reason.
func reapSteps(d *draft) int {
	orphan := func(x fleet.Dir) bool { _, ok := d.s.Orphan(x); return ok }
	want := orphan
	for _, t := range d.in.Targets {
		if t.Kind == fleet.SubjectPR || t.Kind == fleet.SubjectRun {
			want = func(fleet.Dir) bool { return true }
		}
	}
	list := d.dirs(want)
	slices.SortStableFunc(list, func(a, b target) int { return cmp.Compare(b.Bytes.Or(-1), a.Bytes.Or(-1)) })
	n := 0
	for _, x := range list {
		root, why := d.root(x.Dir)
		if why != "" {
			d.keep(fleet.OfDir(x.ID()), x.Bytes, time.Time{}, why)
			continue
		}
		if v := d.s.Reapable(x.Dir, x.named); !v.OK() {
			d.keep(fleet.OfDir(x.ID()), x.Bytes, v.Until, v.Refusals...)
			continue
		}
		d.add(d.reapStep(x.Dir, root))
		n++
	}
	return n
}

func (d *draft) reapStep(x fleet.Dir, root fleet.Root) fleet.Step {
	run, _ := d.s.RunOf(x.Run)
	e := fleet.Expect{
		Dev: x.Dev, Inode: x.Inode, Owner: x.Owner, MTimeNS: x.ModTime.UnixNano(),
		MinIdle: d.s.Policy.MinIdle, NoWriters: true,
		Run: run.Key(), RunAttempt: run.Attempt, RunStatus: fleet.StatusCompleted,
	}
	state := "branch"
	if p, ok := d.s.PROf(x.PR); ok && x.HasPR() {
		e.PR, e.PRState = p.Key(), p.State
		state = string(p.State)
		if p.State == fleet.PROpen {
			d.note("#%d is open: its next run builds cold", p.Number)
		}
	}
	return fleet.Step{
		Verb: fleet.VerbReap, Host: x.Host, Root: root, Components: x.Path.Components(), Bytes: x.Bytes,
		Subject: fleet.OfDir(x.ID()), Expect: e,
		Says: fmt.Sprintf("%s %s, run %d %s, 0 writers, keys %s", label(x), state, run.ID, run.Conclusion, x.Keys),
	}
}
