package remedy

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"andon/fleet"
)

// verify sweeps the touched hosts again and says of each deed whether the world
// shows it. A deed of unknown end is looked at too; its outcome stays unknown.
func (c *course) verify(ctx context.Context, wave []fleet.Step) {
	var steps []fleet.Step
	var hosts []fleet.HostName
	for _, s := range wave {
		r, _ := c.outcome(s.N)
		if !s.Verb.OnHost() || !r.Outcome.OK() && r.Outcome != fleet.OutcomeUnknown {
			continue
		}
		steps = append(steps, s)
		if !slices.Contains(hosts, s.Host) {
			hosts = append(hosts, s.Host)
		}
	}
	if len(steps) == 0 {
		return
	}
	since := c.cfg.Now()
	snap, err := c.refresh.Refresh(ctx, hosts...)
	for _, s := range steps {
		v := fleet.Verification{N: s.N}
		switch {
		case snap == nil && err != nil:
			v.Says = fmt.Sprintf("not confirmed: %s", err)
		case snap == nil:
			v.Says = "not confirmed: no fresh sweep"
		default:
			v = look(snap, s, since)
		}
		c.prove(s, v)
	}
}

// look compares a step with a snapshot whose sweep of the step's host must be
// whole and not older than since.
func look(snap *fleet.Snapshot, s fleet.Step, since time.Time) fleet.Verification {
	v := fleet.Verification{N: s.N}
	src := snap.SourceOf(fleet.HostSource(s.Host))
	sw, swept := snap.SweepOf(s.Host)
	if !swept || src.State != fleet.SourceOK || sw.At.Before(since.Round(0)) {
		v.Says = fmt.Sprintf("not confirmed: %s could not be swept again (%s)", s.Host, src.State)
		if src.Err != "" {
			v.Says += ": " + src.Err
		}
		return v
	}
	d, here := snap.DirOf(fleet.DirID{Host: s.Host, Path: s.Path()})
	switch s.Verb {
	case fleet.VerbChown:
		v.OK, v.Says = chowned(d, here, s, since)
	case fleet.VerbReap:
		v.OK, v.Says = reaped(d, here, s)
	case fleet.VerbUndo:
		v.OK, v.Says = undone(d, here, s)
	case fleet.VerbPurge:
		v.OK, v.Says = purged(sw, s)
	}
	return v
}

func chowned(d fleet.Dir, here bool, s fleet.Step, since time.Time) (bool, string) {
	switch {
	case !here:
		return false, "it is gone"
	case s.Expect.Inode != 0 && (d.Inode != s.Expect.Inode || d.Dev != s.Expect.Dev):
		return false, "another dir stands under its name now: somebody deleted it"
	case d.Owner != s.Root.Owner:
		return false, fmt.Sprintf("its owner is %s, wanted %s", d.Owner, s.Root.Owner)
	}
	// A count from before the deed says nothing about what is left.
	if f, ok := d.Foreign.Get(); ok && f.Count > 0 && d.Foreign.At().After(since.Round(0)) {
		return false, fmt.Sprintf("its owner is %s, but %d entries below are not", d.Owner, f.Count)
	}
	return true, "its owner is " + d.Owner.String()
}

func reaped(d fleet.Dir, here bool, s fleet.Step) (bool, string) {
	switch {
	case !here:
		return true, "it is gone"
	case s.Expect.Inode != 0 && d.Inode != s.Expect.Inode:
		return false, "another dir was made under its name since"
	}
	return false, "it is still there"
}

func undone(d fleet.Dir, here bool, s fleet.Step) (bool, string) {
	switch {
	case !here:
		return false, "it is not back in place"
	case s.Expect.Inode != 0 && d.Inode != s.Expect.Inode:
		return false, "another dir stands in its place"
	}
	return true, "it is back in place"
}

func purged(sw fleet.Sweep, s fleet.Step) (bool, string) {
	for _, t := range sw.Trash {
		if t.Root == s.Root.Path && t.Name == s.Trash {
			return false, "it still lies in the trash"
		}
	}
	if sw.Facts.UID != 0 {
		return false, "not confirmed: uid " + strconv.FormatUint(uint64(sw.Facts.UID), 10) + " cannot look into the trash"
	}
	return true, "it is gone from the trash"
}
