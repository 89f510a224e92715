package actions

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Action{
	ID: fleet.ActionUndo, Key: "z", Title: "undo a reap",
	Doc:  "Puts reaped dirs back to where they were, as long as they lie in the trash and their name is free.",
	Cost: "none",
	Plan: func(in fleet.PlanInput) (fleet.Plan, error) {
		d := newDraft(in, fleet.ActionUndo)
		for _, r := range d.reaped() {
			d.add(trashStep(r, fleet.VerbUndo))
		}
		d.plan.Title = fmt.Sprintf("put back %s", fleet.Plural(len(d.plan.Steps), "run dir"))
		d.plan.Undo = "reap them again"
		return d.finish()
	},
})

var _ = register(fleet.Action{
	ID: fleet.ActionPurge, Key: "P", Title: "purge the trash",
	Doc:  "Deletes reaped dirs for good and frees their bytes: those whose undo window is over, or with \"now\" all of them. Resumable; nothing outside the trash is touched.",
	Cost: "final: nothing takes it back",
	Plan: func(in fleet.PlanInput) (fleet.Plan, error) {
		d := newDraft(in, fleet.ActionPurge)
		for _, r := range d.reaped() {
			if !in.Now && d.s.At.Before(r.Until) {
				d.keep(r.Subject(), r.Bytes, r.Until, "undo is possible until "+r.Until.UTC().Format("15:04:05")+" UTC")
				continue
			}
			st := trashStep(r, fleet.VerbPurge)
			st.Now = in.Now
			d.add(st)
		}
		n := len(d.plan.Steps)
		d.plan.Title = fmt.Sprintf("purge %s from the trash", fleet.Plural(n, "run dir"))
		d.plan.Undo = "none: build output is made again by the next run"
		if n > 0 {
			d.plan.Typed = strconv.Itoa(n)
		}
		d.diskEffects()
		return d.finish()
	},
})

// reaped picks what the targets mean: a dir its own reap, a host or disk all of
// its own; no target at all means nothing.
func (d *draft) reaped() []fleet.Reaped {
	var out []fleet.Reaped
	for _, t := range d.in.Targets {
		found := false
		for _, r := range d.in.Reaped {
			if t == r.Subject() || t == fleet.OfHost(r.Host) || t == fleet.OfDisk(r.Host, r.Root.Path) {
				out, found = append(out, r), true
			}
		}
		if !found {
			d.keep(t, fleet.Fact[int64]{}, time.Time{}, "the audit log knows no reap of it that is still in the trash")
		}
	}
	return out
}

func trashStep(r fleet.Reaped, v fleet.Verb) fleet.Step {
	return fleet.Step{
		Verb: v, Host: r.Host, Root: r.Root, Components: r.Components, Trash: r.Trash, Bytes: r.Bytes,
		Subject: r.Subject(), Expect: fleet.Expect{Dev: r.Dev, Inode: r.Inode},
		Says: fmt.Sprintf("%s %s", v, strings.Join(r.Components, "/")),
	}
}
