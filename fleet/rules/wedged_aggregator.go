package rules

import (
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "wedged-aggregator",
	Title:    "dead run holds the line",
	Severity: fleet.SeverityStop,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Nothing merges: newer runs wait and start no job, though runners are free.",
			"An older run that was cancelled still holds their concurrency group.",
			"It is not over: all its jobs have ended but a gate, which is parked as queued.",
			"The gate runs always(), so a cancel does not end it, and what it waits for never comes (nothing merged for 8.5 hours, paiml/aprender#3229).",
			"A gate must not outlive a cancel: use !cancelled() for always(), or a watchdog that force-cancels.",
		},
		Cure:   "Force-cancel the dead run, as the alert says; the next run starts by itself.",
		NoCure: "Plain cancel: it is a no-op on a job with always(). Cancelling the runs that wait: they are the victims.",
		Cost:   "none: every other job of the run has ended.",
	},
	Actor:    fleet.ActorOperator,
	Requires: []fleet.SourceKind{fleet.SourceRuns, fleet.SourceJobs},
	For:      2 * time.Minute,
	Evaluate: wedgedAggregator,
})

const (
	parkedFor = 10 * time.Minute // since the last of the other jobs ended; a gate begins within seconds
	parkedLow = 30 * time.Minute // the same where all runners of its labels are busy
	slowStart = 2 * time.Minute  // a run younger than this may have no job yet
)

// wedge is a run of which nothing is left but gates that do not start.
type wedge struct {
	run              fleet.WorkflowRun
	gates            []fleet.Job
	ended, cancelled int
	since            time.Time // end of the last of its other jobs
}

// wedgeOf judges a run by the shape of its jobs: gates are queued, all others have
// ended, and at least one of those was cancelled. A run without jobs is none.
func wedgeOf(s *fleet.Snapshot, run fleet.WorkflowRun) (wedge, bool) {
	w := wedge{run: run}
	if !run.Status.Live() {
		return w, false
	}
	for _, j := range s.JobsOf(run.Key()) {
		switch {
		case j.Attempt != run.Attempt:
		case j.Status == fleet.StatusQueued && j.Aggregator():
			w.gates = append(w.gates, j)
		case j.Status.Live():
			return w, false // what the gate needs still runs
		default:
			w.ended++
			if j.Conclusion == fleet.ConclusionCancelled {
				w.cancelled++
			}
			if j.CompletedAt.After(w.since) {
				w.since = j.CompletedAt
			}
		}
	}
	return w, len(w.gates) > 0 && w.cancelled > 0
}

func wedgedAggregator(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	var p *runnerPool
	for i := range s.Runs {
		run := &s.Runs[i]
		if !run.Status.Live() || !current(s, ofRepo(fleet.SourceRuns, run.Repo), ofRepo(fleet.SourceJobs, run.Repo)) {
			continue
		}
		w, ok := wedgeOf(s, *run)
		if !ok || s.At.Sub(w.since) < parkedFor {
			continue
		}
		if p == nil {
			p = newPool(s)
		}
		if f, ok := w.finding(s, p); ok {
			out = append(out, f)
		}
	}
	return out
}

// finding says what the wedge holds up. Where the groups are known and nobody
// waits, it stops nothing yet.
func (w wedge) finding(s *fleet.Snapshot, p *runnerPool) (fleet.Finding, bool) {
	run := w.run
	free, ok := w.runnersFree(s, p)
	if !ok {
		return fleet.Finding{}, false
	}
	repo := run.Repo
	f := fleet.Finding{
		Key: run.Key().String(), Severity: fleet.SeverityStop, Began: w.since,
		Rests:  []fleet.SourceID{ofRepo(fleet.SourceRuns, repo), ofRepo(fleet.SourceJobs, repo)},
		Advice: forceCancel(run.Key()) + " (plain cancel does nothing to it)",
	}
	gate := w.gates[0]
	f.Evidence = []fleet.Evidence{{What: "jobs", Where: run.Key().String(), At: run.ReadAt, Why: 3,
		Fact: fmt.Sprintf("%s is queued; its other jobs have ended: %d, of them %d cancelled, the last %s ago", gate.Name, w.ended, w.cancelled, lasted(s.At.Sub(w.since)))}}
	f.RuledOut = []fleet.Evidence{{What: "jobs", Where: run.Key().String(), At: run.ReadAt, Fact: "the gate does not wait for what it needs: no job of its run is in progress"}}
	f.RuledOut = append(f.RuledOut, free...)
	victims, named := w.victims(s, &f)
	if len(victims) == 0 && named {
		f.Severity = fleet.SeverityWarn
	}
	var t touched
	t.run(s, run.Key())
	for _, v := range victims {
		t.run(s, v.Key())
	}
	f.Subjects = t.subjects()
	f.Summary = fmt.Sprintf("%s: run %d is dead since %s but %s stays queued", whoseRun(s, run), run.ID, lasted(s.At.Sub(w.since)), gate.Name)
	if len(victims) > 0 {
		f.Summary += fmt.Sprintf("; %s behind it", waits(len(victims), "run"))
	}
	f.Cost = fmt.Sprintf("none: %d of its %d jobs have ended; each run behind it starts its jobs", w.ended, w.ended+len(w.gates))
	return f, true
}

// runnersFree looks whether the gate merely waits for a runner as others do.
func (w wedge) runnersFree(s *fleet.Snapshot, p *runnerPool) ([]fleet.Evidence, bool) {
	gate := w.gates[0]
	if len(gate.Labels) == 0 || hosted(gate.Labels) || !p.whole(gate.Repo) {
		return nil, true
	}
	online, idle := 0, 0
	for _, i := range p.fit(gate.Repo, plainLabels(gate.Labels)) {
		if r := &s.Runners[i]; r.Online {
			online++
			if !r.Busy {
				idle++
			}
		}
	}
	if idle == 0 && online > 0 && s.At.Sub(w.since) < parkedLow {
		return nil, false
	}
	return []fleet.Evidence{{What: "pool", Where: "runners", At: s.SourceOf(p.sources(gate.Repo)[0]).ReadAt,
		Fact: fmt.Sprintf("it does not wait for a runner: %d of %d online runners with its labels are idle, it waits %s", idle, online, lasted(s.At.Sub(w.since)))}}, true
}

// victims lists the runs that wait behind the wedge, and whether GitHub's own list
// of concurrency groups named them. Without it they are newer runs of the line
// that have no job at work.
func (w wedge) victims(s *fleet.Snapshot, f *fleet.Finding) (list []fleet.WorkflowRun, named bool) {
	src := ofRepo(fleet.SourceGroups, w.run.Repo)
	if named = whole(s, src); !named {
		f.Unknown = append(f.Unknown, fleet.Gap{What: "which concurrency group it holds", Why: groupsUnknown(s.SourceOf(src)),
			Makes: "gh api repos/" + string(w.run.Repo) + "/actions/runs/" + fmt.Sprint(w.run.ID) + "/concurrency_groups"})
	}
	seen := map[fleet.RunID]bool{w.run.ID: true}
	add := func(r fleet.WorkflowRun, e fleet.Evidence) {
		if !seen[r.ID] {
			seen[r.ID] = true
			list = append(list, r)
			if len(list) <= 4 {
				f.Evidence = append(f.Evidence, e)
			}
		}
	}
	for _, g := range s.Groups {
		if named && g.Repo == w.run.Repo && holds(g, w.run.ID) {
			f.Evidence = append(f.Evidence, fleet.Evidence{What: "group", Where: g.Name, At: g.ReadAt, Why: 2, Fact: fmt.Sprintf("held by run %d; %s", w.run.ID, waits(len(g.Members)-1, "member"))})
			for _, m := range g.Members {
				if r, ok := s.RunOf(fleet.RunKey{Repo: g.Repo, ID: m.Run}); ok {
					add(r, fleet.Evidence{What: "group", Where: g.Name, At: g.ReadAt, Why: 1, Fact: fmt.Sprintf("run %d waits at position %d, %s", r.ID, m.Position, lasted(s.At.Sub(r.CreatedAt)))})
				}
			}
		}
	}
	for _, i := range s.NewerRuns(w.run) {
		r := s.Runs[i]
		if r.Status.Live() && s.At.Sub(r.CreatedAt) >= slowStart && !atWork(s.JobsOf(r.Key())) {
			add(r, fleet.Evidence{What: "jobs", Where: r.Key().String(), At: r.ReadAt, Why: 1,
				Fact: fmt.Sprintf("run %d of the same branch is %s old with no job at work: a victim, no slow start", r.ID, lasted(s.At.Sub(r.CreatedAt)))})
		}
	}
	return list, named
}

// holds reports whether a run, or a job of it, is the holder of a group.
func holds(g fleet.ConcurrencyGroup, id fleet.RunID) bool {
	m, ok := holder(g)
	return ok && m.Run == id
}

// holder returns who holds a group: whoever stands at position 0.
func holder(g fleet.ConcurrencyGroup) (fleet.GroupMember, bool) {
	i := slices.IndexFunc(g.Members, func(m fleet.GroupMember) bool { return m.Position == 0 })
	if i < 0 {
		return fleet.GroupMember{}, false
	}
	return g.Members[i], true
}

// atWork reports whether a job of a run began or ended.
func atWork(jobs []fleet.Job) bool {
	return slices.ContainsFunc(jobs, func(j fleet.Job) bool { return !j.Status.Live() || j.Status == fleet.StatusInProgress })
}

func groupsUnknown(src fleet.Source) string {
	switch src.State {
	case fleet.SourceAbsent:
		return "this server has no API of concurrency groups"
	case fleet.SourceDenied:
		return "the token may not read concurrency groups"
	case fleet.SourceNever:
		return "concurrency groups are not read"
	}
	return "no current answer about concurrency groups"
}

// waits counts what waits: "1 run waits", "3 runs wait".
func waits(n int, noun string) string {
	if n == 1 {
		return "1 " + noun + " waits"
	}
	return fleet.Plural(n, noun) + " wait"
}
