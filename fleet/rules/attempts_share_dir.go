package rules

import (
	"fmt"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "attempts-share-dir",
	Title:    "two attempts in one dir",
	Severity: fleet.SeverityStop,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"A rerun fails with texts that blame the compiler: a file that vanished, a temp dir that cannot be made.",
			"Writers of the attempt before it live on and write into the same dir.",
			"A rerun keeps the run's id, and the dir is named by the id: run-<ID> is shared by all attempts.",
			"Ending an attempt does not end its containers: they are in no runner's process tree (actions/runner).",
			"The dir's path must hold the attempt too, or a job must prove the dir free before it builds.",
		},
		Cure:   "End the old attempt's writers on the host, then rerun the failed jobs.",
		NoCure: "Another rerun while they live: one more attempt in the same dir. Chown and reap: the dir is in use.",
		Cost:   "one run of each failed job; the old attempt's work is lost already.",
	},
	Actor:    fleet.ActorHost,
	Requires: []fleet.SourceKind{fleet.SourceHost, fleet.SourceRuns, fleet.SourceJobs},
	For:      30 * time.Second,
	Evaluate: attemptsShareDir,
})

func attemptsShareDir(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	for i := range s.Dirs {
		writers, known := s.Dirs[i].Writers.Get()
		if !known || len(writers) == 0 {
			continue
		}
		d := &s.Dirs[i]
		run, ok := s.RunOf(d.Run)
		if !ok || run.Attempt < 2 || !run.Status.Live() || run.StartedAt.IsZero() {
			continue
		}
		if f, ok := olderAttempt(s, d, run, writers); ok {
			out = append(out, f)
		}
	}
	return out
}

// olderAttempt finds writers that began before the run's present attempt did.
func olderAttempt(s *fleet.Snapshot, d *fleet.Dir, run fleet.WorkflowRun, writers []fleet.Writer) (fleet.Finding, bool) {
	sw, _ := s.SweepOf(d.Host)
	begun := run.StartedAt.Add(sw.Skew() - clockGrain) // by the host's clock
	var old, passed []fleet.Writer
	unknown := 0
	for _, w := range writers {
		switch k := kindOf(w); {
		case k == writerHolder || k == writerCache:
			passed = append(passed, w)
		case w.Started.IsZero():
			unknown++
		case w.Started.Before(begun):
			old = append(old, w)
		}
	}
	if len(old) == 0 {
		return fleet.Finding{}, false
	}
	kinds := byKindOf(old)
	f := fleet.Finding{
		Key: d.ID().String(), Severity: fleet.SeverityStop, Bytes: d.Bytes.Or(0),
		Subjects: []fleet.Subject{fleet.OfDir(d.ID()), fleet.OfHost(d.Host)},
		Rests:    []fleet.SourceID{fleet.HostSource(d.Host), {Kind: fleet.SourceRuns, Of: string(run.Repo)}, {Kind: fleet.SourceJobs, Of: string(run.Repo)}},
		Summary:  fmt.Sprintf("%s: writers of an earlier attempt live on in attempt %d", d.Path.Rel(), run.Attempt),
		Evidence: append([]fleet.Evidence{{What: "run", Where: run.Key().String(), At: run.ReadAt, Why: 3,
			Fact: fmt.Sprintf("attempt %d is %s since %s", run.Attempt, run.Status, run.StartedAt.UTC().Format("15:04:05"))}},
			writerEvidence(old, string(d.Host), sw.At, 2)...),
		Advice: endThem(d.Host, kinds[writerContainer], kinds[writerTree]) + "; then rerun the failed jobs",
	}
	if d.HasPR() {
		f.Subjects = append(f.Subjects, fleet.OfPR(d.PR))
	}
	f.Subjects = append(f.Subjects, fleet.OfRun(run.Key()))
	if n := len(kinds[writerContainer]); n > 0 {
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "cgroup", Where: string(d.Host), At: sw.At, Why: 4, Fact: fmt.Sprintf("%d of them in containers", n)})
	}
	for _, w := range passed {
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "holder", Where: string(d.Host), Fact: writerFact(w), At: sw.At})
	}
	if unknown > 0 {
		f.Unknown = append(f.Unknown, fleet.Gap{What: fmt.Sprintf("start of %s", fleet.Plural(unknown, "writer")),
			Why: "/proc did not tell", Makes: "a sweep as root: let sudo -n work for the login"})
	}
	return f, true
}
