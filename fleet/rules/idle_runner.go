package rules

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "idle-runner",
	Title:    "idle runner ignores a queued job",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"A job waits for a runner, and a runner that fits it stands idle.",
			"The runner is online and carries all the labels, and GitHub does not give it the job.",
			"Its listener holds a session that GitHub no longer sends messages to.",
			"Nothing on either side notices: the listener waits, GitHub counts it as online (actions/runner#3478, #3609).",
			"A watch must compare queued jobs with idle runners, and restart the listener of one that ignores them.",
		},
		Cure:   "Restart that runner's service: it is idle, so nothing is lost.",
		NoCure: "Cancel and rerun of the job: it queues behind the same deaf runner. More runners.",
		Cost:   "seconds; the runner has no job.",
	},
	Actor:    fleet.ActorHost,
	Requires: []fleet.SourceKind{fleet.SourceRunners, fleet.SourceJobs, fleet.SourceRuns},
	For:      3 * time.Minute,
	Evaluate: idleRunner,
})

const (
	ignored  = 5 * time.Minute // a queued job with an idle match is taken within seconds
	deafFor  = 5 * time.Minute // a runner that ended a job so lately may be cleaning up
	incident = 2               // lanes ignored at once, with no job begun anywhere: GitHub's doing
)

// deaf is a lane of jobs that wait although runners are idle.
type deaf struct {
	lane    *lane
	idle    []int // numbers in Snapshot.Runners
	online  int
	waiting []int // of its queued jobs, those that wait too long
}

func idleRunner(s *fleet.Snapshot) []fleet.Finding {
	all := lanes(s)
	if len(all) == 0 || len(s.Runners) == 0 {
		return nil
	}
	p, past, last := newPool(s), rememberRunners(s), lastJobs(s)
	var list []deaf
	for _, l := range all {
		if !current(s, ofRepo(fleet.SourceJobs, l.repo), ofRepo(fleet.SourceRuns, l.repo)) {
			continue
		}
		d := deaf{lane: l}
		for _, i := range l.queued {
			if w, ok := s.Jobs[i].Waited(s.At); ok && w > ignored {
				d.waiting = append(d.waiting, i)
			}
		}
		if len(d.waiting) == 0 {
			continue
		}
		for _, i := range p.fit(l.repo, l.labels) {
			r := &s.Runners[i]
			if !r.Online {
				continue
			}
			d.online++
			h := past[r.Scope]
			if !r.Busy && !last[r.Name].busy && s.At.Sub(last[r.Name].ended) >= deafFor && !h.fresh(r.Name, s.At) && !h.ephemeral(r.Name) &&
				current(s, fleet.SourceID{Kind: fleet.SourceRunners, Of: r.Scope}) {
				d.idle = append(d.idle, i)
			}
		}
		if len(d.idle) > 0 {
			list = append(list, d)
		}
	}
	if len(list) >= incident && nothingBegan(s) {
		return []fleet.Finding{incidentFinding(s, p, list)}
	}
	var out []fleet.Finding
	for _, d := range list {
		out = append(out, d.finding(s, p))
	}
	slices.SortFunc(out, func(a, b fleet.Finding) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// lastJob is what is known of a runner's newest job.
type lastJob struct {
	busy  bool
	ended time.Time
	repos []fleet.Repo // whose jobs it took
}

func lastJobs(s *fleet.Snapshot) map[string]lastJob {
	out := make(map[string]lastJob, len(s.Runners))
	for i := range s.Jobs {
		j := &s.Jobs[i]
		if j.Runner == "" {
			continue
		}
		x := out[j.Runner]
		x.busy = x.busy || j.Status == fleet.StatusInProgress
		x.ended = latest(x.ended, j.CompletedAt)
		if !slices.Contains(x.repos, j.Repo) {
			x.repos = append(x.repos, j.Repo)
		}
		out[j.Runner] = x
	}
	return out
}

// nothingBegan reports whether no job anywhere got a runner of late: then it is
// not one runner that is deaf.
func nothingBegan(s *fleet.Snapshot) bool {
	return !slices.ContainsFunc(s.Jobs, func(j fleet.Job) bool {
		return j.Runner != "" && !j.StartedAt.IsZero() && s.At.Sub(j.StartedAt) < 2*ignored
	})
}

func (d deaf) rests(p *runnerPool) []fleet.SourceID {
	return append(p.sources(d.lane.repo), ofRepo(fleet.SourceJobs, d.lane.repo), ofRepo(fleet.SourceRuns, d.lane.repo))
}

func (d deaf) finding(s *fleet.Snapshot, p *runnerPool) fleet.Finding {
	l := d.lane
	f := fleet.Finding{Key: l.key(), Severity: fleet.SeverityWarn, Rests: d.rests(p)}
	var t touched
	wait := time.Duration(0)
	for i, n := range d.waiting {
		j := s.Jobs[n]
		t.run(s, j.RunKey())
		t.jobs.add(fleet.OfJob(j))
		w, _ := j.Waited(s.At)
		wait = max(wait, w)
		if i < 4 {
			f.Evidence = append(f.Evidence, fleet.Evidence{What: "job", Where: j.RunKey().String(), At: s.SourceOf(ofRepo(fleet.SourceJobs, j.Repo)).TriedAt, Why: 1, Fact: fmt.Sprintf("%s is queued for %s, wants %s", j.Name, lasted(w), l.name())})
		}
	}
	served, byOrg := false, false
	last := lastJobs(s)
	for i, n := range d.idle {
		r := s.Runners[n]
		t.host(s, r.Name)
		served = served || slices.Contains(last[r.Name].repos, l.repo)
		byOrg = byOrg || r.Scope != string(l.repo)
		if i < 4 {
			f.Evidence = append(f.Evidence, fleet.Evidence{What: "runner", Where: r.Name, At: s.SourceOf(fleet.SourceID{Kind: fleet.SourceRunners, Of: r.Scope}).TriedAt, Why: 2, Fact: "online, not busy, labels " + listed(r.Labels, 6) + idleSince(s, last[r.Name])})
		}
	}
	if byOrg && !served {
		f.Unknown = append(f.Unknown, groupsGap())
	}
	f.RuledOut = []fleet.Evidence{
		{What: "pool", Where: string(l.repo), At: s.At, Fact: fmt.Sprintf("no saturation: %d of %d online runners with these labels are idle", len(d.idle), d.online)},
		{What: "pool", Where: string(l.repo), At: s.At, Fact: "no incident of GitHub seen: other jobs got their runners, or only these labels wait"},
	}
	f.Subjects = t.subjects()
	f.Summary = fmt.Sprintf("%s idle while %s for %s, up to %s", fleet.Plural(len(d.idle), "runner"), waits(len(d.waiting), "job"), l.name(), lasted(wait))
	f.Advice = restartAdvice(s, s.Runners[d.idle[0]].Name)
	return f
}

func idleSince(s *fleet.Snapshot, l lastJob) string {
	if l.ended.IsZero() {
		return ""
	}
	return fmt.Sprintf("; its last job seen ended %s ago", lasted(s.At.Sub(l.ended)))
}

// restartAdvice names the unit to restart, where a sweep knows it.
func restartAdvice(s *fleet.Snapshot, runner string) string {
	h, ok := s.HostOfRunner(runner)
	if !ok {
		return "restart the service of " + runner + " on its machine; it runs no job"
	}
	if svc, ok := serviceOf(s, h, runner); ok {
		return fmt.Sprintf("on %s: systemctl restart %s (it runs no job)", h, svc.Unit)
	}
	return fmt.Sprintf("restart the service of %s on %s; it runs no job", runner, h)
}

// incidentFinding says that all waiting lanes are ignored at once.
func incidentFinding(s *fleet.Snapshot, p *runnerPool, list []deaf) fleet.Finding {
	f := fleet.Finding{Key: "all", Severity: fleet.SeverityWarn,
		Advice: "looks like an incident of GitHub: see githubstatus.com; restarting runners does not help"}
	var t touched
	jobs, idle := 0, make(map[int]bool)
	for _, d := range list {
		for _, id := range d.rests(p) {
			f.Rests = addSource(f.Rests, id)
		}
		for _, n := range d.waiting {
			t.run(s, s.Jobs[n].RunKey())
			t.jobs.add(fleet.OfJob(s.Jobs[n]))
			jobs++
		}
		for _, n := range d.idle {
			idle[n] = true
			t.host(s, s.Runners[n].Name)
		}
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "pool", Where: string(d.lane.repo), At: s.At, Why: 2, Fact: fmt.Sprintf("%s: %s, %d of %d online runners idle", d.lane.name(), waits(len(d.waiting), "job"), len(d.idle), d.online)})
	}
	f.RuledOut = []fleet.Evidence{{What: "jobs", Where: "all", At: s.At, Fact: fmt.Sprintf("not one deaf runner: no job of any pool began in the last %s", lasted(2*ignored))}}
	f.Unknown = []fleet.Gap{{What: "whether GitHub has an incident", Why: "its status page is not read", Makes: "githubstatus.com"}}
	f.Subjects = t.subjects()
	f.Summary = fmt.Sprintf("%s idle while %s in %d pools at once", fleet.Plural(len(idle), "runner"), waits(jobs, "job"), len(list))
	return f
}
