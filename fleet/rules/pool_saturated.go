package rules

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "pool-saturated",
	Title:    "runner pool saturated",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Jobs wait for a runner, and checks stay yellow.",
			"All online runners with their labels are busy.",
			"More builds are asked for than the pool ends: a wave of update-branch, reruns, or builds that became slow.",
			"Superseded and dead-ref builds hold runners too, and cold builds hold them longest (five pull requests died at 55:00.0 on a full pool, paiml/aprender#1704).",
			"Load must be kept below the pool: stagger what starts builds, end what nobody waits for, and size the pool by its p95 of waiting.",
		},
		Cure:   "Cancel what nobody waits for (superseded, dead queue refs, drafts), and wait. For good: more runners of these labels, or warmer builds.",
		NoCure: "Reruns and update-branch: each adds a cold build to the queue. Raising limits alone.",
		Cost:   "the cancelled builds' work.",
	},
	Actor:    fleet.ActorOperator,
	Requires: []fleet.SourceKind{fleet.SourceRunners, fleet.SourceJobs, fleet.SourceRuns},
	For:      5 * time.Minute,
	Evaluate: poolSaturated,
})

// longWait is the p95 of waiting from which a full pool is worth a lamp.
const longWait = 10 * time.Minute

func poolSaturated(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	var p *runnerPool
	var active map[string]int
	for _, l := range lanes(s) {
		if p == nil {
			p, active = newPool(s), activeJobs(s)
		}
		ids := append(p.sources(l.repo), ofRepo(fleet.SourceJobs, l.repo), ofRepo(fleet.SourceRuns, l.repo))
		if len(ids) < 3 || !current(s, ids...) {
			continue
		}
		online, busy := 0, []int(nil)
		for _, i := range p.fit(l.repo, l.labels) {
			if s.Runners[i].Online {
				online++
				if s.Runners[i].Busy {
					busy = append(busy, i)
				}
			}
		}
		if online == 0 || len(busy) < online {
			continue
		}
		f := l.saturated(s, busy, active)
		f.Rests = ids
		out = append(out, f)
	}
	return out
}

// activeJobs finds the job in progress on each runner.
func activeJobs(s *fleet.Snapshot) map[string]int {
	out := make(map[string]int)
	for i := range s.Jobs {
		if j := &s.Jobs[i]; j.Runner != "" && j.Status == fleet.StatusInProgress {
			out[j.Runner] = i
		}
	}
	return out
}

func (l *lane) saturated(s *fleet.Snapshot, busy []int, active map[string]int) fleet.Finding {
	f := fleet.Finding{Key: l.key(), Severity: fleet.SeverityInfo}
	var t touched
	for _, n := range l.queued {
		t.run(s, s.Jobs[n].RunKey())
		t.jobs.add(fleet.OfJob(s.Jobs[n]))
	}
	for _, i := range busy {
		t.host(s, s.Runners[i].Name)
	}
	f.Subjects, f.Began = t.subjects(), l.since(s) // with a runner free, its job would not wait
	w := spreadOf(slices.Clone(l.waits))
	f.Summary = fmt.Sprintf("%s: all %s busy, %s", l.name(), fleet.Plural(len(busy), "runner"), waits(len(l.queued), "job"))
	f.Evidence = []fleet.Evidence{{What: "runners", Where: string(l.repo), At: s.At, Why: 2, Fact: fmt.Sprintf("%d of %d online runners with %s busy", len(busy), len(busy), l.name())}}
	switch {
	case w.n > 0:
		wait := fmt.Sprintf("wait p50 %s, p95 %s", lasted(w.p50), lasted(w.p95))
		f.Summary += ", " + wait
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "jobs", Where: string(l.repo), At: s.At, Why: 1,
			Fact: fmt.Sprintf("%s; looked at %s of the last %s", wait, fleet.Plural(w.n, "job"), lasted(s.Policy.ClusterWindow))})
		if w.p95 >= longWait {
			f.Severity = fleet.SeverityWarn
		}
	case len(l.queued) >= len(busy):
		f.Severity = fleet.SeverityWarn // a queue as long as the pool is no short wait
	}
	if l.untimed > 0 {
		f.Unknown = append(f.Unknown, fleet.Gap{What: fmt.Sprintf("how long %s waited", fleet.Plural(l.untimed, "job")), Why: "GitHub gave no time of their queueing", Makes: "a server that tells created_at of jobs"})
	}
	f.RuledOut = []fleet.Evidence{{What: "runners", Where: string(l.repo), At: s.At, Fact: "no idle runner that ignores the jobs: none with their labels is idle"}}
	holders, unknown := l.holders(s, busy, active)
	f.Evidence = append(f.Evidence, holders...)
	if unknown > 0 {
		f.Unknown = append(f.Unknown, fleet.Gap{What: fmt.Sprintf("what %s work on", fleet.Plural(unknown, "busy runner")), Why: "no job that is read names them", Makes: "add the other repositories of the pool to the config"})
	}
	f.Advice = "add nothing: no rerun and no update-branch until the queue is short; cancel what nobody waits for"
	f.Cost = fmt.Sprintf("a cancelled build frees 1 of %s", fleet.Plural(len(busy), "runner"))
	return f
}

// holders says who has the runners, longest first: by pull request or branch, and
// workflow.
func (l *lane) holders(s *fleet.Snapshot, busy []int, active map[string]int) (out []fleet.Evidence, unknown int) {
	type who struct{ name, workflow string }
	type hold struct {
		who
		runners int
		since   time.Time
	}
	by := make(map[who]*hold)
	for _, i := range busy {
		n, ok := active[s.Runners[i].Name]
		if !ok {
			unknown++
			continue
		}
		j := &s.Jobs[n]
		k := who{name: "run " + fmt.Sprint(j.RunID)}
		if run, ok := s.RunOf(j.RunKey()); ok {
			k = who{whoseRun(s, run), run.Name}
		}
		h := by[k]
		if h == nil {
			h = &hold{who: k, since: j.StartedAt}
			by[k] = h
		}
		h.runners++
		if j.StartedAt.Before(h.since) {
			h.since = j.StartedAt
		}
	}
	list := make([]*hold, 0, len(by))
	for _, h := range by {
		list = append(list, h)
	}
	slices.SortFunc(list, func(a, b *hold) int { return cmp.Or(a.since.Compare(b.since), cmp.Compare(a.name, b.name)) })
	for i, h := range list {
		if i == 8 {
			out = append(out, fleet.Evidence{What: "holder", At: s.At, Why: 3, Fact: fmt.Sprintf("and %d more", len(list)-i)})
			break
		}
		out = append(out, fleet.Evidence{What: "holder", Where: h.name, At: s.At, Why: 3, Fact: fmt.Sprintf("%s holds %s, the longest for %s", h.workflow, fleet.Plural(h.runners, "runner"), lasted(s.At.Sub(h.since)))})
	}
	return out, unknown
}
