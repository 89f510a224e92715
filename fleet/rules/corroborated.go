package rules

import (
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

// ground is a kind of host evidence that can bear out a suspect text.
type ground uint8

const (
	byOwner    ground = 1 << iota // the job's dir, or entries in it, have the wrong owner
	byDeletion                    // the dir vanished, or was made again under the job
	bySharing                     // somebody else's writers live in the dir
	byDisk                        // the host's disk was full when the job ended
)

// grounds says what bears out a suspect: by the catalogue's row where it has one,
// else by the cures its signature names. Rows that no sweep can bear out (a lost
// toolchain, a killed process, a name that did not resolve) have none.
func grounds(v fleet.Verdict) ground {
	switch v.Row {
	case 1: // couldn't create a temp dir
		return byOwner | byDeletion | bySharing
	case 2: // failed to create directory
		return byOwner | byDeletion
	case 3, 6: // dep info, object files that vanished
		return byDeletion | bySharing
	case 5: // a binary that a sibling rebuilt
		return bySharing
	case 7: // failed to unpack package
		return byDisk
	case 0:
		var g ground
		if slices.Contains(v.Cures, fleet.CureChown) {
			g |= byOwner
		}
		if slices.Contains(v.Cures, fleet.CureReap) {
			g |= byDisk
		}
		return g
	}
	return 0
}

// diskNear is how far from a job's end a reading of its disk still speaks of it;
// older readings are a quarter of an hour apart (fleet.History).
const diskNear = 20 * time.Minute

// corroborated looks for the fact on a job's own host that bears out a suspect
// verdict: in the job's run dirs, or on the disk they lie on. It returns the
// strongest. A fact elsewhere on the host, or of another time, proves nothing.
func corroborated(s *fleet.Snapshot, j fleet.Job, v fleet.Verdict) (fleet.Evidence, bool) {
	g := grounds(v)
	host, ok := s.HostOfRunner(j.Runner)
	if !ok || g == 0 {
		return fleet.Evidence{}, false
	}
	for _, d := range jobDirs(s, j, host) {
		if e, ok := dirProof(s, j, d, g); ok {
			return e, true
		}
	}
	if g&byDeletion != 0 {
		for _, x := range s.Gone {
			if x.Run == j.RunKey() && x.ID.Host == host {
				return fleet.Evidence{What: "sweep", Where: x.ID.String(), Fact: "deleted while its run is live", At: x.LastSeen}, true
			}
		}
	}
	if g&byDisk != 0 {
		return diskProof(s, host, j.CompletedAt)
	}
	return fleet.Evidence{}, false
}

// jobDirs lists the dirs on a host that a job built in: those of its run, and
// those without a run level that all runs of its pull request share.
func jobDirs(s *fleet.Snapshot, j fleet.Job, host fleet.HostName) []fleet.Dir {
	dirs := s.DirsOfRun(j.RunKey())
	if pr, _, ok := s.PROfRun(j.RunKey()); ok {
		for _, d := range s.DirsOfPR(pr) {
			if !d.Path.Place().Form.HasRun() {
				dirs = append(dirs, d)
			}
		}
	}
	return slices.DeleteFunc(dirs, func(d fleet.Dir) bool { return d.Host != host || d.Path.Actionable() != nil })
}

func dirProof(s *fleet.Snapshot, j fleet.Job, d fleet.Dir, g ground) (fleet.Evidence, bool) {
	e := fleet.Evidence{What: "stat", Where: d.ID().String()}
	switch o := s.Ownership(d); {
	case o.State == fleet.OwnerBorn && g&byOwner != 0, o.State == fleet.OwnerInside && g&byOwner != 0:
		e.Fact, e.At = fmt.Sprintf("owner %s, wanted %s: %s", d.Owner, d.Want, o.Why), o.At
		return e, true
	case o.State == fleet.OwnerRecreated && g&byDeletion != 0:
		e.Fact, e.At = "deleted under the job and made again: "+o.Why, o.At
		return e, true
	}
	if g&bySharing == 0 {
		return e, false
	}
	return strangers(s, j, d)
}

// sharedProof is what evidence of another build's writers is called.
const sharedProof = "writer"

// strangers reports writers in a dir that are not of what builds there: they were
// there before the job ended and outlived their run, or its earlier attempt.
func strangers(s *fleet.Snapshot, j fleet.Job, d fleet.Dir) (fleet.Evidence, bool) {
	writers, known := d.Writers.Get()
	before := j.CompletedAt
	if known && len(writers) > 0 && liveIn(s, d) {
		run, _ := s.RunOf(d.Run)
		known = run.Attempt > 1
		before = run.StartedAt
	}
	n := 0
	for _, w := range writers {
		builder := kindOf(w) == writerTree || kindOf(w) == writerContainer // no shell, no cache server
		if known && builder && !w.Started.IsZero() && w.Started.Before(before) {
			n++
		}
	}
	return fleet.Evidence{What: sharedProof, Where: d.ID().String(), At: d.Writers.At(),
		Fact: fleet.Plural(n, "writer") + " of an ended run or attempt alive in it"}, n > 0
}

// liveIn reports whether a run that builds in the dir is live.
func liveIn(s *fleet.Snapshot, d fleet.Dir) bool {
	if d.HasRun() {
		r, ok := s.RunOf(d.Run)
		return !ok || r.Status.Live()
	}
	return slices.ContainsFunc(s.Runs, func(r fleet.WorkflowRun) bool {
		pr, _, ok := s.PROfRun(r.Key())
		return ok && pr == d.PR && r.Status.Live()
	})
}

// diskProof reports a disk of the host that was full about a time.
func diskProof(s *fleet.Snapshot, host fleet.HostName, at time.Time) (fleet.Evidence, bool) {
	full := func(root string, read time.Time, percent int) (fleet.Evidence, bool) {
		off := read.Sub(at).Abs()
		return fleet.Evidence{What: "df", Where: string(host) + ":" + root, At: read,
			Fact: fmt.Sprintf("%d %% used %s from the job's end", percent, lasted(off))}, off <= diskNear && percent >= s.Policy.DiskStop
	}
	if sw, ok := s.SweepOf(host); ok {
		for _, d := range sw.Disks {
			percent := d.UsedPercent()
			if inodes, known := d.InodesPercent(); known {
				percent = max(percent, inodes)
			}
			if e, ok := full(d.Root, sw.At, percent); ok {
				return e, true
			}
		}
	}
	for _, d := range s.History.Disks {
		if d.Host != host {
			continue
		}
		if e, ok := full(d.Root, d.At, fleet.Disk{TotalBytes: d.TotalBytes, FreeBytes: d.FreeBytes}.UsedPercent()); ok {
			return e, true
		}
	}
	return fleet.Evidence{}, false
}
