package actions

import (
	"fmt"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Action{
	ID: fleet.ActionChown, Key: "C", Title: "chown to the wanted owner",
	Doc: "Gives root-owned run dirs to the wanted owner of their root: only entries of uid 0, inode by inode, never through a link or into another filesystem. " +
		"Allowed while the run is live. A dir that was deleted under its job and made again is not cured by it and is kept unless named.",
	Cost: "seconds",
	Plan: func(in fleet.PlanInput) (fleet.Plan, error) {
		d := newDraft(in, fleet.ActionChown)
		n := chownSteps(d)
		d.plan.Title = fmt.Sprintf("chown %s", fleet.Plural(n, "run dir"))
		d.plan.Undo = "not needed: the wanted owner is what the builds run as; the audit log keeps the owner before"
		return d.finish()
	},
})

// chownSteps adds a step for each targeted dir whose owner is wrong since
// birth, and keeps the others with the reason.
func chownSteps(d *draft) int {
	n := 0
	wrong := func(x fleet.Dir) bool { return d.s.Ownership(x).State != fleet.OwnerFits }
	for _, x := range d.dirs(wrong) {
		if why := d.chownRefusal(x); why != "" {
			d.keep(fleet.OfDir(x.ID()), x.Bytes, time.Time{}, why)
			continue
		}
		root, _ := d.root(x.Dir)
		d.add(fleet.Step{
			Verb: fleet.VerbChown, Host: x.Host, Root: root, Components: x.Path.Components(),
			From: []uint32{fleet.RootOwner.UID}, Bytes: x.Bytes, Subject: fleet.OfDir(x.ID()),
			Expect: fleet.Expect{Dev: x.Dev, Inode: x.Inode, Owner: x.Owner},
			Says:   fmt.Sprintf("%s %s → %s  %s", label(x.Dir), x.Owner, root.Owner, chownCount(x.Dir)),
		})
		n++
	}
	return n
}

func (d *draft) chownRefusal(x target) string {
	if _, why := d.root(x.Dir); why != "" {
		return why
	}
	v := d.s.Ownership(x.Dir)
	switch {
	case v.State == fleet.OwnerFits:
		return fmt.Sprintf("its owner is %s already", x.Owner)
	case x.Owner.UID != fleet.RootOwner.UID && x.Owner.UID != x.Want.UID:
		return fmt.Sprintf("owned by uid %d, not by root: somebody else's dir", x.Owner.UID)
	case v.State == fleet.OwnerRecreated && !x.named:
		return v.Why + ": chown does not cure it, find what deleted it (name the dir to chown it all the same)"
	case v.State == fleet.OwnerDoubtful && !x.named:
		return v.Why + ": unknown whether chown cures it (name the dir to chown it all the same)"
	}
	if v.State == fleet.OwnerRecreated {
		d.note("%s was %s: it will be made again as root unless its deleter is stopped", label(x.Dir), v.Why)
	}
	return ""
}

// chownCount says what the step will change: entries of root below the dir, and
// the parents dockerd made with it.
func chownCount(x fleet.Dir) string {
	out := "entries not counted yet"
	if f, ok := x.Foreign.Get(); ok {
		out = plural64(f.Count, "entry", "entries") + " to change"
	}
	parents := int64(0)
	for _, a := range x.ForeignAncestors() {
		if a.Owner.UID == fleet.RootOwner.UID {
			parents++
		}
	}
	if parents > 0 {
		out += ", and " + plural64(parents, "parent folder", "parent folders")
	}
	return out
}

func plural64(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
