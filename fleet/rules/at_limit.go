package rules

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "at-limit",
	Title:    "ended exactly at the limit",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Several pull requests are red, and no test failed.",
			"Their jobs or steps ended at the same round number of minutes: a limit killed them.",
			"The builds were slower than the limit: cold build dirs on a saturated pool.",
			"One dir per run made every build cold, and the limits were those of warm builds (55:00.0 five times, paiml/aprender#1704).",
			"Limits must follow measured durations, and the pool its load.",
		},
		Cure:   "Rerun when the pool is calm. For good: raise the limit above the observed p95, or make the builds warm.",
		NoCure: "Rerun into the same saturation. A higher limit where the build hangs.",
		Cost:   "one run of each failed job, on a pool that may be full.",
	},
	Actor:    fleet.ActorOperator,
	Requires: []fleet.SourceKind{fleet.SourceRuns, fleet.SourceJobs},
	Evaluate: atLimit,
})

// Limits are whole multiples of five minutes; a killed job or step ends within
// these bounds of one (paiml/aprender#3293 shows +24 s to +36 s).
const (
	limitUnit  = 5 * time.Minute
	limitEarly = 2 * time.Second
	limitLate  = time.Minute
	limitRuns  = 2 // distinct runs that make it a limit and no coincidence
)

type limitHit struct {
	job   fleet.Job
	step  string // "" where the whole job ended at the limit
	took  time.Duration
	limit time.Duration
}

func atLimit(s *fleet.Snapshot) []fleet.Finding {
	type key struct {
		job, step string
		limit     time.Duration
	}
	groups := make(map[key][]limitHit)
	looked := 0
	for _, j := range s.Jobs {
		if j.Status.Live() || !recent(s, j.CompletedAt) || superseded(s, j.RunKey()) {
			continue
		}
		looked++
		if h, ok := hitLimit(j); ok {
			k := key{j.Name, h.step, h.limit}
			groups[k] = append(groups[k], h)
		}
	}
	var out []fleet.Finding
	for k, hits := range groups {
		if f, ok := limitFinding(s, hits, looked); ok {
			f.Key = fmt.Sprintf("%s/%s/%s", k.job, k.step, k.limit)
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b fleet.Finding) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// hitLimit compares durations, never conclusions alone: GitHub calls a job that
// hit its limit "cancelled".
func hitLimit(j fleet.Job) (limitHit, bool) {
	switch j.Conclusion {
	case fleet.ConclusionCancelled, fleet.ConclusionTimedOut, fleet.ConclusionFailure:
	default:
		return limitHit{}, false
	}
	for _, st := range j.Steps {
		took, ok := st.Duration()
		if limit, hit := nearLimit(took); ok && hit && st.Conclusion.Red() {
			return limitHit{j, st.Name, took, limit}, true
		}
	}
	took, ok := j.Duration()
	limit, hit := nearLimit(took)
	return limitHit{j, "", took, limit}, ok && hit
}

func nearLimit(d time.Duration) (time.Duration, bool) {
	n := (d + limitEarly) / limitUnit
	limit := n * limitUnit
	return limit, n > 0 && d >= limit-limitEarly && d <= limit+limitLate
}

func limitFinding(s *fleet.Snapshot, hits []limitHit, looked int) (fleet.Finding, bool) {
	var runs, prs, hosts subjects
	f := fleet.Finding{Severity: fleet.SeverityWarn}
	for _, h := range hits {
		runs.add(fleet.OfRun(h.job.RunKey()))
		if pr, _, ok := s.PROfRun(h.job.RunKey()); ok {
			prs.add(fleet.OfPR(pr))
		}
		if on, ok := s.HostOfRunner(h.job.Runner); ok {
			hosts.add(fleet.OfHost(on))
		}
		f.Rests = addSource(f.Rests, fleet.SourceID{Kind: fleet.SourceJobs, Of: string(h.job.Repo)})
		if len(f.Evidence) < 6 {
			f.Evidence = append(f.Evidence, fleet.Evidence{What: "duration", Where: h.job.Runner, At: h.job.CompletedAt,
				Fact: fmt.Sprintf("run %d %s took %s, conclusion %s, %s", h.job.RunID, h.job.Name, clock(h.took), h.job.Conclusion, failedTests(h.job))})
		}
	}
	if len(runs.list) < limitRuns {
		return f, false
	}
	what := "job " + hits[0].job.Name
	if hits[0].step != "" {
		what = "step " + hits[0].step
	}
	f.Summary = fmt.Sprintf("%s ended at %s in %s; looked at %s", what, clock(hits[0].limit), fleet.Plural(len(runs.list), "run"), fleet.Plural(looked, "job"))
	f.Subjects = append(append(runs.list, prs.list...), hosts.list...)
	f.Suggested = []fleet.ActionID{fleet.ActionRerun}
	busy, online := s.Pool()
	if online > 0 {
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "pool", Where: "runners", At: s.At, Fact: fmt.Sprintf("%d of %d online runners busy now", busy, online)})
	}
	f.Advice = "a limit, not a test: rerun when the pool is calm, and set the limit above the measured p95"
	return f, true
}

func failedTests(j fleet.Job) string {
	for _, st := range j.Steps {
		if st.Conclusion == fleet.ConclusionFailure {
			return "step " + st.Name + " failed"
		}
	}
	return "no step failed"
}

// clock renders a duration as minutes and seconds, "55:00".
func clock(d time.Duration) string {
	return fmt.Sprintf("%d:%02d", int(d.Minutes()), int(d.Seconds())%60)
}
