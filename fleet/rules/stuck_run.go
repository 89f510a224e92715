package rules

import (
	"fmt"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "stuck-run",
	Title:    "run GitHub does not end",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"A check stays yellow for hours, and nobody works on it.",
			"GitHub calls its run live, though all its jobs are completed, or it is queued for more than a day.",
			"GitHub's own state of the run is stuck: a queued job is given up after a day by itself (actions/runner#3872).",
			"Such a run refuses cancel (409), rerun and delete (403) alike, and its concurrency group stays held.",
			"Only GitHub can mend its state: a force-cancel is worth one try, then its support.",
		},
		Cure:   "Force-cancel it; where that answers 409, push the branch anew and tell GitHub support the run's id.",
		NoCure: "Cancel and rerun in the browser, again and again: both answer that the run is in the wrong state.",
		Cost:   "none: nothing of it is at work.",
	},
	Actor:    fleet.ActorOperator,
	Requires: []fleet.SourceKind{fleet.SourceRuns, fleet.SourceJobs},
	Causes:   []fleet.RuleID{"wedged-aggregator"},
	For:      5 * time.Minute,
	Evaluate: stuckRun,
})

const (
	stuckEnded  = 30 * time.Minute // since the last job ended; a next stage is queued within seconds
	stuckQueued = 24 * time.Hour   // GitHub gives up a queued job after a day
)

func stuckRun(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	for i := range s.Runs {
		run := &s.Runs[i]
		// waiting, pending and requested wait for a person or for another run
		if run.Status != fleet.StatusInProgress && run.Status != fleet.StatusQueued ||
			!current(s, ofRepo(fleet.SourceRuns, run.Repo), ofRepo(fleet.SourceJobs, run.Repo)) {
			continue
		}
		fact, began, ok := stuckFact(s, *run)
		if !ok {
			continue
		}
		var t touched
		t.run(s, run.Key())
		out = append(out, fleet.Finding{
			Key: run.Key().String(), Severity: fleet.SeverityWarn, Subjects: t.subjects(), Began: began,
			Summary:  fmt.Sprintf("%s: run %d is %s, %s", whoseRun(s, *run), run.ID, run.Status, fact),
			Evidence: []fleet.Evidence{{What: "jobs", Where: run.Key().String(), At: run.ReadAt, Why: 2, Fact: fact}},
			RuledOut: []fleet.Evidence{{What: "jobs", Where: run.Key().String(), At: run.ReadAt, Fact: "slow work: no job of it is in progress"}},
			Unknown:  []fleet.Gap{{What: "whether it refuses cancel", Why: "nobody asked", Makes: forceCancel(run.Key())}},
			Advice:   forceCancel(run.Key()) + "; where it answers 409, push anew and tell GitHub support run " + fmt.Sprint(run.ID),
			Rests:    []fleet.SourceID{ofRepo(fleet.SourceRuns, run.Repo), ofRepo(fleet.SourceJobs, run.Repo)},
		})
	}
	return out
}

// stuckFact says why a live run cannot be alive, and since when. One whose jobs are not read, or
// that has none yet, is left alone for a day.
func stuckFact(s *fleet.Snapshot, run fleet.WorkflowRun) (string, time.Time, bool) {
	jobs, live := 0, 0
	begun := latest(run.CreatedAt, run.StartedAt)
	var last time.Time
	for _, j := range s.JobsOf(run.Key()) {
		if j.Attempt != run.Attempt {
			continue
		}
		if j.Status.Live() && j.Status != fleet.StatusQueued {
			return "", time.Time{}, false
		}
		jobs++
		if j.Status.Live() {
			live++
		}
		last = latest(last, j.CompletedAt)
	}
	switch {
	case jobs > 0 && live == 0 && !last.IsZero() && last.After(begun) && s.At.Sub(last) >= stuckEnded:
		return fmt.Sprintf("all its %s completed, the last %s ago", fleet.Plural(jobs, "job"), lasted(s.At.Sub(last))), last, true
	case run.Status == fleet.StatusQueued && jobs == live && !begun.IsZero() && s.At.Sub(begun) >= stuckQueued:
		return fmt.Sprintf("queued for %s", lasted(s.At.Sub(begun))), begun, true
	}
	return "", time.Time{}, false
}
