package rules

import (
	"fmt"
	"slices"
	"strings"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "shared-run-dir",
	Title:    "two builds in one dir",
	Severity: fleet.SeverityStop,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Builds fail with texts that blame the compiler: a temp dir that cannot be made, a file that vanished.",
			"Two live jobs write into one dir: jobs of one run on one host, or runs of one pull request.",
			"The dir's path does not hold what tells the builds apart: it is per pull request, or per run but not per job.",
			"A dir per run was thought enough, but two jobs of one run are two builds: they overlap for 21 to 29 minutes (paiml/aprender#2822).",
			"The mount path must hold run id, attempt and job.",
		},
		Cure:   "Let one of them end, or cancel it and see its writers end; then rerun the failed jobs.",
		NoCure: "Chown and reap: the dir is in use. Rerun while both build is the same race again.",
		Cost:   "the cancelled build's work; one run of each failed job.",
	},
	Actor:    fleet.ActorHost,
	Requires: []fleet.SourceKind{fleet.SourceHost, fleet.SourceRuns, fleet.SourceJobs},
	Causes:   []fleet.RuleID{"attempts-share-dir"},
	Evaluate: sharedRunDir,
})

func sharedRunDir(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	for i := range s.Dirs {
		writers, known := s.Dirs[i].Writers.Get()
		if known && len(writers) == 0 {
			continue
		}
		d := s.Dirs[i]
		f, ok := sharedDir(s, d, writers, known)
		if !ok {
			continue
		}
		f.Key = d.ID().String()
		f.Rests = []fleet.SourceID{fleet.HostSource(d.Host)}
		for _, x := range f.Subjects {
			if k, ok := x.RunKey(); ok { // which of them is live, GitHub says
				f.Rests = addSource(f.Rests, fleet.SourceID{Kind: fleet.SourceJobs, Of: string(k.Repo)})
			}
		}
		out = append(out, f)
	}
	return out
}

// sharedDir judges one dir, strongest ground first.
func sharedDir(s *fleet.Snapshot, d fleet.Dir, writers []fleet.Writer, known bool) (fleet.Finding, bool) {
	jobs := jobsIn(s, d)
	if len(jobs) < 2 {
		return fleet.Finding{}, false
	}
	sw, _ := s.SweepOf(d.Host)
	kinds := byKindOf(writers)
	building := append(kinds[writerTree], kinds[writerContainer]...)
	f := fleet.Finding{Severity: fleet.SeverityStop, Subjects: []fleet.Subject{fleet.OfDir(d.ID()), fleet.OfHost(d.Host)}, Bytes: d.Bytes.Or(0)}
	if d.HasPR() {
		f.Subjects = append(f.Subjects, fleet.OfPR(d.PR))
	}
	why := 3
	switch {
	case known && distinct(building) > 1:
		f.Summary = fmt.Sprintf("%s: %s of %s build in it at once", d.Path.Rel(), fleet.Plural(len(jobs), "job"), runsOf(jobs))
		f.Advice = "jobs of one host mount the same dir: give each job its own, or cancel one"
		why = 4
	case runCount(jobs) > 1:
		f.Summary = fmt.Sprintf("%s: %s build in it at once", d.Path.Rel(), runsOf(jobs))
		f.Advice = "the dir is not per run: cancel the older run and wait for its writers to end"
	default:
		return f, false
	}
	for _, j := range jobs {
		f.Subjects = append(f.Subjects, fleet.OfJob(j))
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "job", Where: j.Runner, Fact: fmt.Sprintf("%s of run %d attempt %d is %s", j.Name, j.RunID, j.Attempt, j.Status), At: s.At, Why: 2})
	}
	f.Evidence = append(f.Evidence, fleet.Evidence{What: "path", Where: d.ID().String(), At: sw.At, Why: why,
		Fact: fmt.Sprintf("form %s: the path does not tell these jobs apart", d.Path.Place().Form)})
	f.Evidence = append(f.Evidence, writerEvidence(building, string(d.Host), sw.At, 2)...)
	switch {
	case !known:
		f.Unknown = append(f.Unknown, gapWriters(1, d.Writers.Why()))
	case why == 4:
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "writers", Where: d.ID().String(), At: sw.At,
			Fact: fmt.Sprintf("not one build seen twice: the writers are of %d containers or services", distinct(building))})
	}
	f.Cost = fmt.Sprintf("one run of %s", fleet.Plural(len(jobs), "job"))
	if b, ok := d.Bytes.Get(); ok {
		f.Cost += ", and what the cancelled one built: the dir holds " + gib(b)
	}
	return f, true
}

// jobsIn lists the live jobs on the dir's host that build in the dir: those of
// its run, or for a dir shared by a whole pull request those of all its runs.
func jobsIn(s *fleet.Snapshot, d fleet.Dir) []fleet.Job {
	pl := d.Path.Place()
	var out []fleet.Job
	take := func(k fleet.RunKey) {
		for _, j := range s.LiveJobs(k) {
			h, ok := s.HostOfRunner(j.Runner)
			if ok && h == d.Host && j.Status == fleet.StatusInProgress && !j.Aggregator() {
				out = append(out, j)
			}
		}
	}
	switch {
	case d.HasRun():
		take(d.Run)
	case d.HasPR() && !pl.Form.HasRun():
		for _, r := range s.Runs {
			if k, _, ok := s.PROfRun(r.Key()); ok && k == d.PR && r.Status.Live() {
				take(r.Key())
			}
		}
	}
	return out
}

// distinct counts the containers or sessions the writers belong to: two
// processes of one build are no collision.
func distinct(writers []fleet.Writer) int {
	seen := make(map[string]bool)
	for _, w := range writers {
		seen[w.Cgroup] = true
	}
	return len(seen)
}

func runCount(jobs []fleet.Job) int {
	seen := make(map[fleet.RunID]bool)
	for _, j := range jobs {
		seen[j.RunID] = true
	}
	return len(seen)
}

func runsOf(jobs []fleet.Job) string {
	var ids []string
	for _, j := range jobs {
		id := fmt.Sprint(j.RunID)
		if !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	if len(ids) == 1 {
		return "run " + ids[0]
	}
	return "runs " + strings.Join(ids, " and ")
}
