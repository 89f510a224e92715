package rules

import (
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

// setUpSteps come before the first step of a workflow; their time counts against
// the limit of the job.
var setUpSteps = [...]string{"Set up job", "Set up runner", "Initialize containers"}

// setUp returns how long a job's own set-up took, and the longest step of it.
func setUp(j fleet.Job) (sum time.Duration, longest fleet.JobStep) {
	most := time.Duration(-1)
	for _, st := range j.Steps {
		if d, ok := st.Duration(); ok && slices.Contains(setUpSteps[:], st.Name) {
			sum += d
			if d > most {
				most, longest = d, st
			}
		}
	}
	return sum, longest
}

// longSetUp is the share of a limit, in percent, from which set-up is part of the
// cause: 20 of 85 minutes were (job 95162862834, paiml/aprender).
const longSetUp = 10

// whichLimit says which limit fired. The job's own fires first, with a bare cancel
// and no step that failed, where set-up ate the difference.
func whichLimit(hits []limitHit) fleet.Evidence {
	h := hits[0]
	e := fleet.Evidence{What: "limit", Where: h.job.Name, At: h.job.CompletedAt, Why: 2}
	if h.step != "" {
		e.Fact = fmt.Sprintf("the limit of step %s fired, at %s", h.step, clock(h.limit))
		return e
	}
	e.Fact = fmt.Sprintf("the limit of the whole job fired, at %s, before any step's own", clock(h.limit))
	for _, x := range hits {
		if sum, step := setUp(x.job); int64(sum)*100 >= int64(x.limit)*longSetUp {
			d, _ := step.Duration()
			e.Fact += fmt.Sprintf("; set-up alone took %s of it, %s %s", clock(sum), step.Name, clock(d))
			break
		}
	}
	return e
}

// usual measures the same job's successful durations: a limit below their p95
// kills healthy builds.
func usual(s *fleet.Snapshot, hits []limitHit) fleet.Evidence {
	h := hits[0]
	var list []time.Duration
	for i := range s.Jobs {
		j := &s.Jobs[i]
		if j.Repo != h.job.Repo || j.Name != h.job.Name || j.Conclusion != fleet.ConclusionSuccess {
			continue
		}
		took, ok := j.Duration()
		if h.step != "" {
			i := slices.IndexFunc(j.Steps, func(st fleet.JobStep) bool { return st.Name == h.step })
			if i < 0 {
				continue
			}
			took, ok = j.Steps[i].Duration()
		}
		if ok {
			list = append(list, took)
		}
	}
	e := fleet.Evidence{What: "durations", Where: h.job.Name, At: s.At, Why: 3}
	d := spreadOf(list)
	if d.n == 0 {
		e.Fact = "looked for successful ones of the same name, found none"
		return e
	}
	e.Fact = fmt.Sprintf("successful ones took p50 %s, p95 %s; looked at %d", clock(d.p50), clock(d.p95), d.n)
	switch {
	case d.p95 >= h.limit*9/10:
		e.Fact += ": the limit is too close to them"
	case d.p95 < h.limit/2:
		e.Fact += ": far below the limit, so a hang is possible"
	}
	return e
}

// saturation says how loaded pool and hosts were: waits of the jobs that ran while
// these did, the pool now, the load of the hosts now.
func saturation(s *fleet.Snapshot, hits []limitHit, hosts []fleet.Subject) []fleet.Evidence {
	var out []fleet.Evidence
	from, to := hits[0].job.StartedAt, hits[0].job.CompletedAt
	for _, h := range hits {
		to = latest(to, h.job.CompletedAt)
		if h.job.StartedAt.Before(from) {
			from = h.job.StartedAt
		}
	}
	var list []time.Duration
	for i := range s.Jobs {
		j := &s.Jobs[i]
		if j.Runner == "" || j.StartedAt.Before(from) || j.StartedAt.After(to) {
			continue
		}
		if w, ok := j.Waited(s.At); ok {
			list = append(list, w)
		}
	}
	if w := spreadOf(list); w.n > 0 {
		out = append(out, fleet.Evidence{What: "jobs", Where: "queue", At: to, Why: 3, Fact: fmt.Sprintf("while they ran, jobs waited p50 %s, p95 %s; looked at %d", lasted(w.p50), lasted(w.p95), w.n)})
	}
	if busy, online := s.Pool(); online > 0 {
		out = append(out, fleet.Evidence{What: "pool", Where: "runners", At: s.At, Why: 3, Fact: fmt.Sprintf("%d of %d online runners busy now, %d %%", busy, online, busy*100/online)})
	}
	for i, h := range hosts {
		sw, ok := s.SweepOf(h.Host)
		if !ok || i == 4 {
			break
		}
		load, known := sw.Facts.Load1.Get()
		cpus, counted := sw.Facts.CPUs.Get()
		if known && counted && cpus > 0 {
			out = append(out, fleet.Evidence{What: "load", Where: string(h.Host), At: sw.Facts.Load1.At(), Why: 3, Fact: fmt.Sprintf("load %.1f on %d CPUs, %d %%", load, cpus, int(load*100)/cpus)})
		}
	}
	return out
}
