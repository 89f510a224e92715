package rules

import (
	"fmt"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "disk-pressure",
	Title:    "disk pressure",
	Severity: fleet.SeverityStop,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Builds die with no space left on device, and the runner goes offline when _diag cannot be written.",
			"The filesystem of the run dirs is nearly full.",
			"One cold build is about 180 GB, and each run has a dir of its own.",
			"Nobody deletes them: cleaners go by age and did not know that the pull request was merged, or are not wired at all.",
			"Deletion must follow the state of the run and its pull request.",
		},
		Cure:   "Reap the orphans: dirs of ended pull requests, whose run is completed and which nothing writes to. Then purge: a reaped dir frees its bytes only when purged.",
		NoCure: "Rerun makes it worse: one more cold build. Deleting by age has killed live builds.",
		Cost:   "build output is made again by the next run of a reaped dir: a cold build.",
	},
	Actor:    fleet.ActorOperator,
	Requires: []fleet.SourceKind{fleet.SourceHost},
	Evaluate: diskPressure,
})

func diskPressure(s *fleet.Snapshot) []fleet.Finding {
	var orphans map[fleet.Subject]orphanSum // looked for once a disk is pressed
	sizes := &cold{s: s}
	var out []fleet.Finding
	eachDisk(s, func(sw *fleet.Sweep, d *fleet.Disk) {
		used := d.UsedPercent()
		if used < s.Policy.DiskWarn {
			return
		}
		if orphans == nil {
			orphans = orphansByDisk(s)
		}
		out = append(out, bytesFinding(s, sw, d, used, orphans[fleet.OfDisk(sw.Host, d.Root)], sizes))
	})
	return out
}

// eachDisk calls do for every filesystem that holds run dirs: two roots may lie on
// one.
func eachDisk(s *fleet.Snapshot, do func(*fleet.Sweep, *fleet.Disk)) {
	for i := range s.Sweeps {
		sw := &s.Sweeps[i]
		for k := range sw.Disks {
			if !seenDevice(sw.Disks[:k], sw.Disks[k].Device) {
				do(sw, &sw.Disks[k])
			}
		}
	}
}

func seenDevice(before []fleet.Disk, device string) bool {
	for i := range before {
		if before[i].Device == device {
			return true
		}
	}
	return false
}

func bytesFinding(s *fleet.Snapshot, sw *fleet.Sweep, d *fleet.Disk, used int, o orphanSum, sizes *cold) fleet.Finding {
	where := string(sw.Host) + ":" + d.Root
	f := fleet.Finding{
		Key: where, Severity: pressed(s, used),
		Subjects: []fleet.Subject{fleet.OfDisk(sw.Host, d.Root), fleet.OfHost(sw.Host)},
		Rests:    []fleet.SourceID{fleet.HostSource(sw.Host)},
		Summary:  fmt.Sprintf("%s on %s: %d %% used, %s free", d.Root, sw.Host, used, gib(d.FreeBytes)),
		Evidence: []fleet.Evidence{{What: "df", Where: where, At: sw.At, Why: 2,
			Fact: fmt.Sprintf("%d %% of bytes used, %s free of %s", used, gib(d.FreeBytes), gib(d.TotalBytes))}},
	}
	if inodes, ok := d.InodesPercent(); !ok {
		f.Unknown = append(f.Unknown, fleet.Gap{What: "inodes", Why: d.FreeInodes.Why(), Makes: "nothing where the filesystem has no fixed number of them"})
	} else if inodes < s.Policy.DiskWarn {
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "df -i", Where: where, At: sw.At, Fact: fmt.Sprintf("not inodes: %d %% of them used", inodes)})
	}
	f.Evidence = append(f.Evidence, cleanerFacts(sw, 4)...)
	o.offer(&f, sw, where, sizes)
	trash := trashOn(sw, d.Root)
	if trash > 0 {
		f.Suggested = append(f.Suggested, fleet.ActionPurge)
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "trash", Where: where, At: sw.At, Why: 2,
			Fact: fmt.Sprintf("%s still on the disk until purged: P purges now, undo ends with it", fleet.Plural(trash, "reaped dir"))})
	}
	if len(f.Suggested) == 0 {
		f.Advice = "no orphan of an ended pull request is known on it: see where the bytes are on the host's page"
	}
	return f
}

// pressed returns how loud a share in use is.
func pressed(s *fleet.Snapshot, percent int) fleet.Severity {
	if percent >= s.Policy.DiskStop {
		return fleet.SeverityStop
	}
	return fleet.SeverityWarn
}

// offer adds the orphans of a disk to a finding, and their reaping with its cost.
func (o orphanSum) offer(f *fleet.Finding, sw *fleet.Sweep, where string, sizes *cold) {
	if o.dirs == 0 {
		return
	}
	f.Suggested, f.Bytes = append(f.Suggested, fleet.ActionReap), o.size.known
	f.Evidence = append(f.Evidence, fleet.Evidence{What: "join", Where: where, At: sw.At, Why: 4,
		Fact: fmt.Sprintf("%s of ended pull requests, %s", fleet.Plural(o.dirs, "orphan dir"), o.size)})
	if size := sizes.of(o.repo); size.IsKnown() {
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "du", Where: where, At: size.At(), Why: 3,
			Fact: fmt.Sprintf("a build of %s that went well holds %s, the median of those measured", o.repo, gib(size.Or(0)))})
	}
	f.Unknown = append(f.Unknown, o.size.gap()...)
	f.Cost = "none while the pull requests stay ended; one that is opened again: " + sizes.says(o.repo, 1)
}

// trashOn counts the reaped dirs that still lie below a root.
func trashOn(sw *fleet.Sweep, root string) int {
	n := 0
	for _, t := range sw.Trash {
		if t.Root == root {
			n++
		}
	}
	return n
}
