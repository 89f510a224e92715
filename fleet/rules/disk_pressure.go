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
			"The filesystem of the run dirs is nearly full, in bytes or in inodes.",
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
	orphans := orphansByDisk(s)
	var out []fleet.Finding
	for _, sw := range s.Sweeps {
		seen := make(map[string]bool)
		for _, d := range sw.Disks {
			if seen[d.Device] { // two roots on one filesystem
				continue
			}
			seen[d.Device] = true
			if f, ok := diskFinding(s, sw, d, orphans); ok {
				out = append(out, f)
			}
		}
	}
	return out
}

func diskFinding(s *fleet.Snapshot, sw fleet.Sweep, d fleet.Disk, orphans map[fleet.Subject]orphanSum) (fleet.Finding, bool) {
	bytes := d.UsedPercent()
	inodes, inodesKnown := d.InodesPercent()
	worst := max(bytes, inodes)
	if worst < s.Policy.DiskWarn {
		return fleet.Finding{}, false
	}
	disk := fleet.OfDisk(sw.Host, d.Root)
	f := fleet.Finding{
		Key: string(sw.Host) + ":" + d.Root, Severity: fleet.SeverityWarn,
		Subjects: []fleet.Subject{disk, fleet.OfHost(sw.Host)},
		Rests:    []fleet.SourceID{fleet.HostSource(sw.Host)},
		Evidence: []fleet.Evidence{{What: "df", Where: string(sw.Host) + ":" + d.Root, At: sw.At,
			Fact: fmt.Sprintf("%d %% of bytes used, %s free of %s", bytes, gib(d.FreeBytes), gib(d.TotalBytes))}},
	}
	if worst >= s.Policy.DiskStop {
		f.Severity = fleet.SeverityStop
	}
	f.Summary = fmt.Sprintf("%s on %s: %d %% used, %s free", d.Root, sw.Host, bytes, gib(d.FreeBytes))
	if inodesKnown {
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "df -i", Where: string(sw.Host) + ":" + d.Root, At: sw.At, Fact: fmt.Sprintf("%d %% of inodes used", inodes)})
		if inodes > bytes {
			f.Summary = fmt.Sprintf("%s on %s: %d %% of inodes used", d.Root, sw.Host, inodes)
		}
	}
	o := orphans[disk]
	trash := trashOn(sw, d.Root)
	if o.dirs > 0 {
		f.Suggested, f.Bytes = append(f.Suggested, fleet.ActionReap), o.size.known
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "join", Where: string(sw.Host) + ":" + d.Root, At: sw.At,
			Fact: fmt.Sprintf("%s of ended pull requests, %s", fleet.Plural(o.dirs, "orphan dir"), o.size)})
	}
	if trash > 0 {
		f.Suggested = append(f.Suggested, fleet.ActionPurge)
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "trash", Where: string(sw.Host) + ":" + d.Root, At: sw.At,
			Fact: fmt.Sprintf("%s still on the disk until purged: P purges now, undo ends with it", fleet.Plural(trash, "reaped dir"))})
	}
	if len(f.Suggested) == 0 {
		f.Advice = "no orphan of an ended pull request is known on it: see where the bytes are on the host's page"
	}
	return f, true
}

// trashOn counts the reaped dirs that still lie below a root.
func trashOn(sw fleet.Sweep, root string) int {
	n := 0
	for _, t := range sw.Trash {
		if t.Root == root {
			n++
		}
	}
	return n
}
