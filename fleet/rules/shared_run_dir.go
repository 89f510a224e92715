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
			"Two builds write into one dir: jobs of one run, attempts of one run, or a run that was cancelled and goes on.",
			"The dir's path does not hold what tells the builds apart: it is per pull request, or per run but not per job and attempt.",
			"Cancelling a run does not end its writers: a container is not in the runner's process tree, and the runner sends SIGINT, 7.5 s, SIGTERM, 2.5 s, kill to that tree only (actions/runner).",
			"The mount path must hold run id, attempt and job, and a cancelled run must be proved dead before its dir is used again.",
		},
		Cure:   "End the writers of the dead run, then rerun the failed jobs.",
		NoCure: "Chown and reap: the dir is in use. Rerun while the old writers live is the same race again.",
		Cost:   "the ended build's work; one run of each failed job.",
	},
	Actor:    fleet.ActorHost,
	Requires: []fleet.SourceKind{fleet.SourceHost, fleet.SourceRuns, fleet.SourceJobs},
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
	sw, _ := s.SweepOf(d.Host)
	f := fleet.Finding{Severity: fleet.SeverityStop, Subjects: []fleet.Subject{fleet.OfDir(d.ID()), fleet.OfHost(d.Host)}, Bytes: d.Bytes.Or(0)}
	if d.HasPR() {
		f.Subjects = append(f.Subjects, fleet.OfPR(d.PR))
	}
	run, hasRun := s.RunOf(d.Run)
	jobs := jobsIn(s, d)
	switch {
	case hasRun && known && !run.Status.Live():
		newer, ok := newerLiveRun(s, d, run)
		if !ok {
			return f, false // writers outlived their run, and nobody else builds there
		}
		f.Summary = fmt.Sprintf("%s: %s of ended run %d while run %d builds", d.Path.Rel(), fleet.Plural(len(writers), "writer"), run.ID, newer.ID)
		f.Subjects = append(f.Subjects, fleet.OfRun(run.Key()), fleet.OfRun(newer.Key()))
		f.Advice = "the ended run still writes: end its writers on the host before anything is rerun there"
		if d.Path.Place().Form.HasRun() {
			f.Severity = fleet.SeverityWarn // the newer run has a dir of its own; the old one only eats the host
		}
	case hasRun && known && run.Attempt > 1 && startedBefore(writers, run):
		f.Summary = fmt.Sprintf("%s: writers of an earlier attempt live on in attempt %d", d.Path.Rel(), run.Attempt)
		f.Subjects = append(f.Subjects, fleet.OfRun(run.Key()))
		f.Advice = "two attempts share run-<ID>: end the old attempt's writers"
	case len(jobs) > 1 && known && distinct(writers) > 1:
		f.Summary = fmt.Sprintf("%s: %s of %s build in it at once", d.Path.Rel(), fleet.Plural(len(jobs), "job"), runsOf(jobs))
		f.Advice = "jobs of one host mount the same dir: give each job its own, or cancel one"
	case len(jobs) > 1 && runCount(jobs) > 1:
		f.Summary = fmt.Sprintf("%s: %s build in it at once", d.Path.Rel(), runsOf(jobs))
		f.Advice = "the dir is not per run: cancel the older run and wait for its writers to end"
	default:
		return f, false
	}
	for _, j := range jobs {
		f.Subjects = append(f.Subjects, fleet.OfJob(j))
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "job", Where: j.Runner, Fact: fmt.Sprintf("%s of run %d attempt %d is %s", j.Name, j.RunID, j.Attempt, j.Status), At: s.At})
	}
	for i, w := range writers {
		if i == 4 {
			break
		}
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "writer", Where: string(d.Host), Fact: fmt.Sprintf("pid %d uid %d by %s: %s", w.PID, w.UID, w.Via, w.Command), At: sw.At})
	}
	if !known {
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "writer", Where: string(d.Host), Fact: "unknown: " + d.Writers.Why(), At: sw.At})
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

// newerLiveRun finds a live run of the same branch that came after this one.
func newerLiveRun(s *fleet.Snapshot, d fleet.Dir, run fleet.WorkflowRun) (fleet.WorkflowRun, bool) {
	for _, i := range s.NewerRuns(run) {
		if s.Runs[i].Status.Live() {
			return s.Runs[i], true
		}
	}
	return fleet.WorkflowRun{}, false
}

func startedBefore(writers []fleet.Writer, run fleet.WorkflowRun) bool {
	return slices.ContainsFunc(writers, func(w fleet.Writer) bool {
		return !w.Started.IsZero() && !run.StartedAt.IsZero() && w.Started.Before(run.StartedAt)
	})
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
