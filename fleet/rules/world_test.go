package rules

import (
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// The sources of the test world's one repository.
var (
	runsSource    = fleet.SourceID{Kind: fleet.SourceRuns, Of: string(fleettest.Repo)}
	jobsSource    = fleet.SourceID{Kind: fleet.SourceJobs, Of: string(fleettest.Repo)}
	runnersSource = fleet.SourceID{Kind: fleet.SourceRunners, Of: string(fleettest.Repo)}
	groupsSource  = fleet.SourceID{Kind: fleet.SourceGroups, Of: string(fleettest.Repo)}
	queueSource   = fleet.SourceID{Kind: fleet.SourceQueue, Of: string(fleettest.Repo)}
)

// none checks that a rule finds nothing.
func none(t *testing.T, id fleet.RuleID, s *fleet.Snapshot) {
	t.Helper()
	if fs := find(t, id, s); len(fs) != 0 {
		t.Errorf("%s fires: %+v", id, fs)
	}
}

// says checks that a finding's text holds some words.
func says(t *testing.T, what, text string, words ...string) {
	t.Helper()
	for _, w := range words {
		if !strings.Contains(text, w) {
			t.Errorf("%s %q does not say %q", what, text, w)
		}
	}
}

// evidenceOf joins all facts a finding rests on.
func evidenceOf(f fleet.Finding) string {
	var b strings.Builder
	for _, e := range f.Evidence {
		b.WriteString(e.What + " " + e.Where + ": " + e.Fact + "\n")
	}
	return b.String()
}

func ruledOut(f fleet.Finding) string {
	var b strings.Builder
	for _, e := range f.RuledOut {
		b.WriteString(e.Fact + "\n")
	}
	return b.String()
}

func gaps(f fleet.Finding) string {
	var b strings.Builder
	for _, g := range f.Unknown {
		b.WriteString(g.What + ": " + g.Why + "\n")
	}
	return b.String()
}

// queued makes a job wait for a runner since some time.
func queued(j *fleet.Job, since time.Time, labels ...string) *fleet.Job {
	j.Status, j.Conclusion, j.Runner, j.CompletedAt = fleet.StatusQueued, "", "", time.Time{}
	j.CreatedAt, j.StartedAt, j.Labels = since, since, labels
	return j
}

// working makes a job run on a runner.
func working(j *fleet.Job, runner string, created, started time.Time, labels ...string) *fleet.Job {
	j.Status, j.Conclusion, j.Runner, j.CompletedAt = fleet.StatusInProgress, "", runner, time.Time{}
	j.CreatedAt, j.StartedAt, j.Labels = created, started, labels
	return j
}

// ended makes a job end.
func endedAs(j *fleet.Job, c fleet.Conclusion, at time.Time) *fleet.Job {
	j.Status, j.Conclusion, j.CompletedAt = fleet.StatusCompleted, c, at
	return j
}

// runner adds a registered runner.
func runner(w *fleettest.World, name string, online, busy bool, labels ...string) {
	w.Runners = append(w.Runners, fleet.Runner{Scope: string(fleettest.Repo), ID: int64(len(w.Runners) + 1), Name: name, OS: "linux", Online: online, Busy: busy, Labels: labels})
}

// seen remembers a runner.
func seen(w *fleettest.World, name string, first, last time.Time) {
	w.History.Runners = append(w.History.Runners, fleet.RunnerSeen{Scope: string(fleettest.Repo), Name: name, First: first, Last: last, Online: last})
}

// verdict gives a job the classifier's verdict, at a step that failed.
func verdict(j *fleet.Job, step string, v fleet.Verdict) *fleet.Job {
	j.Steps = []fleet.JobStep{{Number: 1, Name: "Set up job", Conclusion: fleet.ConclusionSuccess}}
	if step != "" {
		j.Steps = append(j.Steps, fleet.JobStep{Number: 2, Name: step, Conclusion: fleet.ConclusionFailure})
	}
	j.Verdict = fleet.Known(v, j.CompletedAt)
	return j
}
