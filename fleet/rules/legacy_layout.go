package rules

import (
	"fmt"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "legacy-layout",
	Title:    "shared dirs of an older layout in use",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Builds fail now and then with texts that blame the compiler, on pull requests that have nothing in common.",
			"Some jobs build in a dir that is shared by a pull request or a whole runner, beside others with a dir per run.",
			"The dir's path holds no run id: two runs, or a run and the one it replaced, may meet in it (paiml/aprender#1693).",
			"One workflow, one reusable workflow or one old branch still names the old path.",
			"Every job must build in the layout with a run level, and the old dirs must go, so that nobody finds them.",
		},
		Cure:   "Find the job that names the old path and give it the run's own dir; then delete the old dir once nothing uses it.",
		NoCure: "Deleting the old dir while the job still names it: it is made again, by root. Chown.",
		Cost:   "one cold build for each job that moves to a dir of its own.",
	},
	Actor:    fleet.ActorWorkflow,
	Requires: []fleet.SourceKind{fleet.SourceHost},
	Causes:   []fleet.RuleID{"shared-run-dir", "zombie-writer"},
	For:      5 * time.Minute,
	Evaluate: legacyLayout,
})

// legacyRecent is how recent a write counts as use.
const legacyRecent = time.Hour

// legacyForm reports whether a dir is one that builds of an older layout share. A
// registry of crates is shared by design, with locks of its own.
func legacyForm(pl fleet.Place, rel string) bool {
	switch pl.Form {
	case fleet.FormPRShared, fleet.FormSharedOrphan:
		return true
	case fleet.FormRefOnly:
		return pl.Repo != "cargo"
	case fleet.FormRunnerWork:
		return pl.Repo != "" && len(rel) > 7 && rel[len(rel)-7:] == "/target"
	}
	return false
}

// era is what a host's dirs say of its layouts.
type era struct {
	runs   map[string]bool // repositories with a dir per run there
	shared []*fleet.Dir
}

func legacyLayout(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	for from := 0; from < len(s.Dirs); {
		host := s.Dirs[from].Host
		var e era
		to := from
		for ; to < len(s.Dirs) && s.Dirs[to].Host == host; to++ {
			if d := &s.Dirs[to]; legacyForm(d.Path.Place(), d.Path.Rel()) {
				e.shared = append(e.shared, d)
			}
		}
		if len(e.shared) > 0 {
			e.runs = make(map[string]bool)
			for i := from; i < to; i++ {
				if pl := s.Dirs[i].Path.Place(); pl.Form.HasRun() {
					e.runs[pl.Repo] = true
				}
			}
			if f, ok := e.finding(s, host); ok {
				out = append(out, f)
			}
		}
		from = to
	}
	return out
}

// use says how a shared dir is in use, "" where it is not known to be.
func use(sw *fleet.Sweep, d *fleet.Dir) string {
	if writers, ok := d.Writers.Get(); ok {
		kinds := byKindOf(writers)
		if n := len(kinds[writerTree]) + len(kinds[writerContainer]); n > 0 {
			return fleet.Plural(n, "live writer")
		}
	}
	if newest, ok := d.Newest.Get(); ok {
		if ago := sw.Facts.Clock.Sub(newest); ago < legacyRecent {
			return "written " + lasted(ago) + " ago"
		}
	}
	return ""
}

func (e era) finding(s *fleet.Snapshot, host fleet.HostName) (fleet.Finding, bool) {
	sw, _ := s.SweepOf(host)
	f := fleet.Finding{Key: string(host), Severity: fleet.SeverityWarn, Rests: []fleet.SourceID{fleet.HostSource(host)}}
	var prs subjects
	var quiet size
	idle, blind, why := 0, 0, ""
	for _, d := range e.shared {
		pl := d.Path.Place()
		if pl.Form != fleet.FormPRShared && !e.runs[pl.Repo] {
			continue // the repository has no other layout here: nothing to meet, nothing to come back
		}
		how := use(&sw, d)
		if how == "" {
			idle++
			quiet.add(d.Bytes)
			if !d.Writers.IsKnown() {
				blind++
				why = d.Writers.Why()
			}
			continue
		}
		f.Subjects = append(f.Subjects, fleet.OfDir(d.ID()))
		if d.HasPR() {
			prs.add(fleet.OfPR(d.PR))
		}
		if len(f.Evidence) < 6 {
			f.Evidence = append(f.Evidence, fleet.Evidence{What: "sweep", Where: d.ID().String(), At: sw.At, Why: 2, Fact: fmt.Sprintf("form %s, without a run level: %s", pl.Form, how)})
		}
	}
	n := len(f.Subjects)
	if n == 0 {
		return f, false
	}
	f.Evidence = append(f.Evidence, fleet.Evidence{What: "path", Where: string(host), At: sw.At, Why: 3, Fact: "the same repository has dirs with a run level there: two layouts are in use at once"})
	f.Summary = fmt.Sprintf("%s on %s in use", fleet.Plural(n, "shared dir"), host)
	f.Advice = "find the job that names " + f.Subjects[0].Path + " and give it a dir of its run's own"
	if idle > 0 {
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "sweep", Where: string(host), At: sw.At, Fact: fmt.Sprintf("%s of an older layout, not in use: leftovers of %s", fleet.Plural(idle, "other dir"), quiet)})
	}
	if blind > 0 {
		f.Unknown = append(f.Unknown, gapWriters(blind, why))
	}
	f.Subjects = append(append(f.Subjects, fleet.OfHost(host)), prs.list...)
	return f, true
}
