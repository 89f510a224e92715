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
		repo      fleet.Repo
		job, step string
		limit     time.Duration
	}
	groups := make(map[key][]limitHit)
	looked := 0
	for i := range s.Jobs {
		j := &s.Jobs[i]
		if j.Status.Live() || !recent(s, j.CompletedAt) {
			continue
		}
		looked++
		if !j.Conclusion.Red() || superseded(s, j.RunKey()) {
			continue
		}
		if h, ok := hitLimit(*j); ok {
			k := key{j.Repo, j.Name, h.step, h.limit}
			groups[k] = append(groups[k], h)
		}
	}
	var out []fleet.Finding
	sizes := &cold{s: s}
	for k, hits := range groups {
		if f, ok := limitFinding(s, hits, looked, sizes); ok {
			f.Key = fmt.Sprintf("%s/%s/%s/%s", k.repo, k.job, k.step, k.limit)
			out = append(out, f)
		}
	}
	slices.SortFunc(out, func(a, b fleet.Finding) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

// hitLimit compares durations, never conclusions alone: GitHub calls a job that
// hit its limit "cancelled" (paiml/aprender#3293). A step that failed of itself, or
// a verdict of code, is no limit, however long the job took.
func hitLimit(j fleet.Job) (limitHit, bool) {
	switch j.Conclusion {
	case fleet.ConclusionCancelled, fleet.ConclusionTimedOut, fleet.ConclusionFailure:
	default:
		return limitHit{}, false
	}
	v, _ := j.Verdict.Get()
	named := v.Row == rowStepLimit || v.Row == rowJobLimit // an annotation or the log says so
	if v.Class == fleet.ClassCode || v.Class == fleet.ClassInfra && !named {
		return limitHit{}, false
	}
	// A step that hits its own limit fails; where the job's is hit, the step that
	// ran is cancelled with it (actions/runner).
	var cancelled limitHit
	failedElse := false
	for _, st := range j.Steps {
		took, ok := st.Duration()
		limit, hit := nearLimit(took, v.Row == rowStepLimit)
		switch {
		case !ok || !hit || !st.Conclusion.Red():
			failedElse = failedElse || st.Conclusion == fleet.ConclusionFailure
		case st.Conclusion != fleet.ConclusionCancelled:
			return limitHit{j, st.Name, took, limit}, true
		case cancelled.limit == 0:
			cancelled = limitHit{j, st.Name, took, limit}
		}
	}
	took, ok := j.Duration()
	if limit, hit := nearLimit(took, v.Row == rowJobLimit); ok && hit && !failedElse {
		return limitHit{j, "", took, limit}, true
	}
	return cancelled, cancelled.limit > 0 && !failedElse
}

// nearLimit finds the limit a duration ended at: a multiple of five minutes, or
// where GitHub itself says that it was a limit, of one.
func nearLimit(d time.Duration, said bool) (time.Duration, bool) {
	unit := limitUnit
	if said {
		unit = time.Minute
	}
	limit := (d + limitEarly) / unit * unit
	return limit, limit > 0 && d >= limit-limitEarly && d <= limit+limitLate
}

func limitFinding(s *fleet.Snapshot, hits []limitHit, looked int, sizes *cold) (fleet.Finding, bool) {
	slices.SortStableFunc(hits, func(a, b limitHit) int { return a.job.CompletedAt.Compare(b.job.CompletedAt) })
	var t touched
	f := fleet.Finding{Severity: fleet.SeverityWarn}
	var each []fleet.Evidence
	for _, h := range hits {
		t.run(s, h.job.RunKey())
		t.host(s, h.job.Runner)
		f.Rests = addSource(addSource(f.Rests, ofRepo(fleet.SourceJobs, h.job.Repo)), ofRepo(fleet.SourceRuns, h.job.Repo))
		if len(each) < 6 {
			each = append(each, fleet.Evidence{What: "duration", Where: h.job.Runner, At: h.job.CompletedAt, Why: 1,
				Fact: fmt.Sprintf("run %d %s took %s, conclusion %s, %s", h.job.RunID, h.job.Name, clock(h.took), h.job.Conclusion, failedTests(h.job))})
		}
	}
	if len(t.runs.list) < limitRuns {
		return f, false
	}
	what := "job " + hits[0].job.Name
	if hits[0].step != "" {
		what = "step " + hits[0].step
	}
	f.Summary = fmt.Sprintf("%s ended at %s in %s; looked at %s", what, clock(hits[0].limit), fleet.Plural(len(t.runs.list), "run"), fleet.Plural(looked, "job"))
	f.Subjects = t.subjects()
	f.Suggested = []fleet.ActionID{fleet.ActionRerun}
	f.Evidence = append(append([]fleet.Evidence{whichLimit(hits)}, each...), usual(s, hits))
	f.Evidence = append(f.Evidence, saturation(s, hits, t.hosts.list)...)
	f.RuledOut = []fleet.Evidence{
		{What: "steps", Where: hits[0].job.Name, At: s.At, Fact: "no test failed: no other step ended in failure, and superseded runs are not counted"},
		{What: "conclusion", Where: hits[0].job.Name, At: s.At, Fact: "durations decide: GitHub calls a job that hit its limit cancelled"},
	}
	f.Unknown = []fleet.Gap{{What: "the limit itself", Why: "GitHub's API does not tell timeout-minutes", Makes: "look at the workflow file"}}
	f.Cost = coldBuilds(hits[0].job.Repo, len(hits), len(t.runs.list), sizes)
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
