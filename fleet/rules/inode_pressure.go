package rules

import (
	"fmt"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "inode-pressure",
	Title:    "inodes run out",
	Severity: fleet.SeverityStop,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Builds die with no space left on device while df shows free bytes.",
			"The filesystem has no inodes left: every file and folder takes one, however small.",
			"A build leaves tens of thousands of small files, and each run has a dir of its own.",
			"The number of inodes was fixed when the filesystem was made, and nobody watched it (moby/moby#9755).",
			"Watch inodes as well as bytes, and delete dirs whole, by the state of their run.",
		},
		Cure:   "Reap the orphans, those with the most files first, then purge. For good: a filesystem made with more inodes, or one without a fixed number (xfs, btrfs).",
		NoCure: "Deleting a few large files: it frees bytes and no inodes. Growing an ext4 adds inodes only with its blocks.",
		Cost:   "build output is made again by the next run of a reaped dir: a cold build.",
	},
	Actor:    fleet.ActorOperator,
	Requires: []fleet.SourceKind{fleet.SourceHost},
	Evaluate: inodePressure,
})

func inodePressure(s *fleet.Snapshot) []fleet.Finding {
	var orphans map[fleet.Subject]orphanSum
	sizes := &cold{s: s}
	var out []fleet.Finding
	eachDisk(s, func(sw *fleet.Sweep, d *fleet.Disk) {
		used, known := d.InodesPercent()
		if !known || used < s.Policy.DiskWarn {
			return
		}
		if orphans == nil {
			orphans = orphansByDisk(s)
		}
		out = append(out, inodesFinding(s, sw, d, used, orphans[fleet.OfDisk(sw.Host, d.Root)], sizes))
	})
	return out
}

func inodesFinding(s *fleet.Snapshot, sw *fleet.Sweep, d *fleet.Disk, used int, o orphanSum, sizes *cold) fleet.Finding {
	where := string(sw.Host) + ":" + d.Root
	f := fleet.Finding{
		Key: where, Severity: pressed(s, used),
		Subjects: []fleet.Subject{fleet.OfDisk(sw.Host, d.Root), fleet.OfHost(sw.Host)},
		Rests:    []fleet.SourceID{fleet.HostSource(sw.Host)},
		Summary:  fmt.Sprintf("%s on %s: %d %% of inodes used, %d free", d.Root, sw.Host, used, d.FreeInodes.Or(0)),
		Evidence: []fleet.Evidence{{What: "df -i", Where: where, At: sw.At, Why: 2, Fact: fmt.Sprintf("%d free of %d inodes", d.FreeInodes.Or(0), d.TotalInodes.Or(0))}},
	}
	if bytes := d.UsedPercent(); bytes < s.Policy.DiskWarn {
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "df", Where: where, At: sw.At, Fact: fmt.Sprintf("not bytes: %d %% of them used", bytes)})
	}
	o.offer(&f, sw, where, sizes)
	if o.dirs > 0 {
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "files", Where: where, At: sw.At, Why: 3, Fact: "the orphans hold " + o.files.count("file")})
		return f
	}
	f.Advice = "no orphan of an ended pull request is known on it: find the folder with the most entries, du --inodes -x " + d.MountPoint
	return f
}
