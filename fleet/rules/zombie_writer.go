package rules

import (
	"fmt"
	"strings"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "zombie-writer",
	Title:    "writers outlived their run",
	Severity: fleet.SeverityStop,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"GitHub says that a run is over, and its dir is still in use: the host's CPUs and disk go on being spent.",
			"Processes or containers of the run live on.",
			"Cancelling ends the runner's process tree only: SIGINT, 7.5 s, SIGTERM, 2.5 s, kill; the Worker itself gets up to five minutes (actions/runner).",
			"A container of docker run is dockerd's child and in no such tree, and a process that left the tree is not found: nobody ends them.",
			"Jobs must end what they start (a named container and docker kill in an always() step or a job-completed hook), and a dir must name its run, so that a zombie meets nobody.",
		},
		Cure:   "End the writers on the host: docker kill for a container, kill for a process. Then its dir can be reaped.",
		NoCure: "Cancelling again: GitHub has ended the run. Chown or reap while they write. Restarting the runner's service: KillMode=process leaves them alone.",
		Cost:   "the ended run's unfinished work; nothing of a live run.",
	},
	Actor:    fleet.ActorHost,
	Requires: []fleet.SourceKind{fleet.SourceHost, fleet.SourceRuns, fleet.SourceJobs},
	Causes:   []fleet.RuleID{"attempts-share-dir", "shared-run-dir"},
	For:      time.Minute,
	Evaluate: zombieWriter,
})

// How long writers may go on after a run's end before they are zombies: a minute
// is well beyond the runner's kill of its process tree; the Worker gets the
// server's five minutes.
const (
	zombieAfter = time.Minute
	workerAfter = 5 * time.Minute
)

func zombieWriter(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	blind := make(map[fleet.HostName]int)
	why := make(map[fleet.HostName]string)
	for i := range s.Dirs {
		d := &s.Dirs[i]
		writers, known := d.Writers.Get()
		if known && len(writers) == 0 {
			continue
		}
		over, ok := overIn(s, d)
		if !ok {
			continue
		}
		if !known {
			blind[d.Host]++
			why[d.Host] = d.Writers.Why()
			continue
		}
		if f, ok := over.finding(s, d, writers); ok {
			out = append(out, f)
		}
	}
	for i := range out {
		h := out[i].Subjects[1].Host
		if n := blind[h]; n > 0 {
			out[i].Unknown = append(out[i].Unknown, gapWriters(n, why[h]))
		}
	}
	return out
}

// over is the end of what built in a dir.
type over struct {
	run   fleet.WorkflowRun // zero in a dir that is shared by a pull request's runs
	ended time.Time         // console clock
	begun time.Time         // first start of the live job that builds there now; zero where none does
	newer fleet.Job
}

// overIn returns what ended in a dir: its run, or in a dir shared by a pull
// request all its runs but those with a live job here. It is false where the one
// run of the dir lives on, in whatever job or attempt.
func overIn(s *fleet.Snapshot, d *fleet.Dir) (over, bool) {
	if d.HasRun() {
		run, ok := s.RunOf(d.Run)
		if !ok || run.Status.Live() || len(s.LiveJobs(d.Run)) > 0 {
			return over{}, false
		}
		return over{run: run, ended: endOf(s, run)}, true
	}
	if d.Path.Place().Form != fleet.FormPRShared || !d.HasPR() {
		return over{}, false
	}
	var o over
	for _, j := range jobsIn(s, *d) {
		if o.begun.IsZero() || j.StartedAt.Before(o.begun) {
			o.begun, o.newer = j.StartedAt, j
		}
	}
	for _, r := range s.Runs {
		if k, _, ok := s.PROfRun(r.Key()); !ok || k != d.PR {
			continue
		}
		if r.Status.Live() {
			if o.begun.IsZero() {
				return over{}, false // it may be about to build here, or does on a runner nobody placed
			}
			continue
		}
		if e := endOf(s, r); e.After(o.ended) {
			o.ended = e
		}
	}
	return o, !o.ended.IsZero()
}

// endOf returns when a completed run ended: with its last job, where those were
// read, since a run is also touched later.
func endOf(s *fleet.Snapshot, r fleet.WorkflowRun) time.Time {
	var end time.Time
	for _, j := range s.JobsOf(r.Key()) {
		if j.Attempt == r.Attempt && j.CompletedAt.After(end) {
			end = j.CompletedAt
		}
	}
	if end.IsZero() {
		return r.UpdatedAt
	}
	return end
}

// split judges the writers of a dir: those that outlived their run, and those that
// merely hold the dir or began after the run was over.
func (o over) split(sw fleet.Sweep, writers []fleet.Writer) (zombies, holders []fleet.Writer) {
	skew := sw.Skew()
	quiet := sw.Facts.Clock.Sub(o.ended.Add(skew)) // by the host's clock
	for _, w := range writers {
		kind, began := kindOf(w), w.Started
		switch {
		case kind == writerCache:
		case kind == writerHolder, o.begun.IsZero() && !began.IsZero() && began.After(o.ended.Add(skew+clockGrain)):
			holders = append(holders, w)
		case !o.begun.IsZero() && (began.IsZero() || !began.Before(o.begun.Add(skew-clockGrain))):
			// of the job that builds here now
		case quiet < zombieAfter, quiet < workerAfter && strings.Contains(w.Command, "Runner.Worker"):
			// the runner may still be ending it
		default:
			zombies = append(zombies, w)
		}
	}
	return zombies, holders
}

// clockGrain is how exactly a time of a host and one of GitHub compare: both tell
// seconds, and a process starts before its job is told to have begun.
const clockGrain = 10 * time.Second

func (o over) finding(s *fleet.Snapshot, d *fleet.Dir, writers []fleet.Writer) (fleet.Finding, bool) {
	sw, _ := s.SweepOf(d.Host)
	zombies, holders := o.split(sw, writers)
	f := fleet.Finding{Key: d.ID().String(), Severity: fleet.SeverityWarn, Bytes: d.Bytes.Or(0),
		Subjects: []fleet.Subject{fleet.OfDir(d.ID()), fleet.OfHost(d.Host)}, Rests: []fleet.SourceID{fleet.HostSource(d.Host)}}
	if d.HasPR() {
		f.Subjects = append(f.Subjects, fleet.OfPR(d.PR))
	}
	what, repo := "ended runs", d.PR.Repo
	if o.run.ID != 0 {
		what, repo = fmt.Sprintf("ended run %d", o.run.ID), o.run.Repo
		f.Subjects = append(f.Subjects, fleet.OfRun(o.run.Key()))
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "run", Where: o.run.Key().String(), At: o.run.ReadAt, Why: 1,
			Fact: fmt.Sprintf("attempt %d is %s, %s; ended %s", o.run.Attempt, o.run.Status, o.run.Conclusion, o.ended.UTC().Format("15:04:05"))})
	}
	f.Rests = append(f.Rests, fleet.SourceID{Kind: fleet.SourceRuns, Of: string(repo)}, fleet.SourceID{Kind: fleet.SourceJobs, Of: string(repo)})
	switch {
	case len(zombies) > 0:
		o.told(&f, sw, d, zombies, holders, what)
	case len(holders) > 0:
		f.Key += "/holder"
		f.Severity = fleet.SeverityInfo
		f.Summary = fmt.Sprintf("%s: %s in the dir of %s", d.Path.Rel(), fleet.Plural(len(holders), "holder"), what)
		f.Evidence = append(f.Evidence, writerEvidence(holders, string(d.Host), sw.At, 2)...)
		f.RuledOut = []fleet.Evidence{{What: "writers", Where: d.ID().String(), At: sw.At, Fact: "no compiler, no open file and no container of the run: nobody is known to write"}}
		f.Advice = "ask whoever left it there to leave: until then the dir cannot be reaped"
	default:
		return f, false
	}
	return f, true
}

// told fills in a finding about zombies.
func (o over) told(f *fleet.Finding, sw fleet.Sweep, d *fleet.Dir, zombies, holders []fleet.Writer, what string) {
	kinds := byKindOf(zombies)
	containers, tree := kinds[writerContainer], kinds[writerTree]
	f.Summary = fmt.Sprintf("%s: %s of %s", d.Path.Rel(), fleet.Plural(len(zombies), "writer"), what)
	f.Began = o.ended
	f.Evidence = append(f.Evidence, writerEvidence(containers, string(d.Host), sw.At, 4)...)
	f.Evidence = append(f.Evidence, writerEvidence(tree, string(d.Host), sw.At, 3)...)
	f.Advice = endThem(d.Host, containers, tree)
	switch {
	case len(tree) == 0:
		f.Advice += "; a container is in no runner's process tree, so no cancel reaches it"
	case len(containers) == 0:
		f.Advice += "; they left the runner's process tree, or the runner died before it could end them"
	}
	if !o.begun.IsZero() {
		f.Severity = fleet.SeverityStop
		f.Summary += fmt.Sprintf(" while run %d builds in it", o.newer.RunID)
		f.Subjects = append(f.Subjects, fleet.OfRun(o.newer.RunKey()), fleet.OfJob(o.newer))
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "job", Where: o.newer.Runner, At: o.begun, Why: 5,
			Fact: fmt.Sprintf("%s of run %d began %s in the same dir; these writers are older", o.newer.Name, o.newer.RunID, o.begun.UTC().Format("15:04:05"))})
	} else {
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "jobs", Where: d.ID().String(), At: sw.At, Fact: "no job or newer attempt of the run is live"})
	}
	for _, w := range holders {
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "holder", Where: string(d.Host), Fact: writerFact(w), At: sw.At})
	}
}
