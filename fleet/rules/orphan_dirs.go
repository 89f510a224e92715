package rules

import (
	"cmp"
	"fmt"
	"slices"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "orphan-dirs",
	Title:    "orphan run dirs",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Run dirs of merged or closed pull requests lie on the disk.",
			"Nothing builds there any more, and nothing deletes them.",
			"The host's cleaner goes by age, or is not wired: it never reads the state of a pull request.",
			"Age was chosen because a host does not know which pull request a dir belongs to.",
			"The join of GitHub and disk must decide, as it does here.",
		},
		Cure:   "Reap them, biggest first, then purge.",
		NoCure: "Deleting whatever is old: the parent's mtime stays frozen while a build writes below it.",
		Cost:   "none for ended pull requests; a reopened one builds cold.",
	},
	Actor:    fleet.ActorOperator,
	Requires: []fleet.SourceKind{fleet.SourceHost, fleet.SourcePulls, fleet.SourceRuns},
	Evaluate: orphanDirs,
})

type orphanSum struct {
	dirs  int
	size  size
	files size
	prs   subjects
	repo  fleet.Repo // of the first
	used  int        // live writers
	blind int        // writers unknown
	why   string
	list  []*fleet.Dir
}

// orphanShare is the share of a disk, in percent, from which orphans are worth
// an amber lamp rather than a note.
const orphanShare = 5

func orphansByDisk(s *fleet.Snapshot) map[fleet.Subject]orphanSum {
	out := make(map[fleet.Subject]orphanSum)
	for i := range s.Dirs {
		if s.Dirs[i].PR.Number == 0 {
			continue // most of a large fleet, and dirs are large
		}
		d := &s.Dirs[i]
		p, ok := s.Orphan(*d)
		if !ok {
			continue
		}
		k := fleet.OfDisk(d.Host, d.Path.Root())
		o := out[k]
		o.dirs++
		o.size.add(d.Bytes)
		o.files.add(d.Files)
		if o.repo == "" {
			o.repo = p.Repo
		}
		if n, known := d.LiveWriters(); n > 0 {
			o.used++
		} else if !known {
			o.blind++
			o.why = d.Writers.Why()
		}
		o.prs.add(fleet.OfPR(p.Key()))
		o.list = append(o.list, d)
		out[k] = o
	}
	return out
}

func orphanDirs(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	sizes := &cold{s: s}
	for k, o := range orphansByDisk(s) {
		f := fleet.Finding{
			Key: string(k.Host) + ":" + k.Path, Severity: fleet.SeverityInfo, Bytes: o.size.known,
			Summary:   fmt.Sprintf("%s of %s on %s, %s", fleet.Plural(o.dirs, "orphan dir"), fleet.Plural(len(o.prs.list), "ended PR"), k.Host, o.size),
			Suggested: []fleet.ActionID{fleet.ActionReap},
			Rests:     []fleet.SourceID{fleet.HostSource(k.Host)},
			Unknown:   o.size.gap(),
			Cost:      "none while the pull requests stay ended; one that is opened again: " + sizes.says(o.repo, 1),
		}
		sw, _ := s.SweepOf(k.Host)
		f.Evidence = cleanerFacts(&sw, 3)
		if o.used > 0 {
			f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "writers", Where: string(k.Host), At: sw.At, Fact: fmt.Sprintf("%s of them in use: reap keeps those", fleet.Plural(o.used, "dir"))})
		}
		if o.blind > 0 {
			f.Unknown = append(f.Unknown, gapWriters(o.blind, o.why))
		}
		if d, ok := s.Disk(k.Host, k.Path); ok && d.TotalBytes > 0 && o.size.known*100/d.TotalBytes >= orphanShare {
			f.Severity = fleet.SeverityWarn
		}
		slices.SortStableFunc(o.list, func(a, b *fleet.Dir) int { return cmp.Compare(b.Bytes.Or(0), a.Bytes.Or(0)) })
		repos := make(map[fleet.Repo]bool)
		for i, d := range o.list {
			var one size
			one.add(d.Bytes)
			f.Subjects = append(f.Subjects, fleet.OfDir(d.ID()))
			repos[d.PR.Repo] = true
			if i < 5 {
				p, _ := s.PROf(d.PR)
				f.Evidence = append(f.Evidence, fleet.Evidence{What: "join", Where: d.ID().String(), At: p.ReadAt, Why: 1,
					Fact: fmt.Sprintf("#%d is %s, matched by %s; %s", p.Number, p.State, d.Keys, one)})
			}
		}
		for r := range repos {
			f.Rests = append(f.Rests, fleet.SourceID{Kind: fleet.SourcePulls, Of: string(r)})
		}
		slices.SortFunc(f.Rests, func(a, b fleet.SourceID) int { return cmp.Compare(a.String(), b.String()) })
		f.Subjects = append(append(f.Subjects, k, fleet.OfHost(k.Host)), o.prs.list...)
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b fleet.Finding) int { return cmp.Compare(a.Key, b.Key) })
	return out
}
