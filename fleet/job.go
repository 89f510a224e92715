package fleet

import "time"

// JobStep is one step of a job.
type JobStep struct {
	Number      int        `json:"number"`
	Name        string     `json:"name"` // foreign text
	Status      Status     `json:"status"`
	Conclusion  Conclusion `json:"conclusion,omitempty"`
	StartedAt   time.Time  `json:"started_at,omitzero"`
	CompletedAt time.Time  `json:"completed_at,omitzero"`
}

// Duration returns how long the step ran; false while it has not ended.
func (s JobStep) Duration() (time.Duration, bool) { return span(s.StartedAt, s.CompletedAt) }

// Job is one job of one attempt of a run.
type Job struct {
	Repo        Repo       `json:"repo"`
	ID          int64      `json:"id"` // exceeds 2^32
	RunID       RunID      `json:"run_id"`
	Attempt     int        `json:"attempt"`
	Name        string     `json:"name"` // foreign text
	Status      Status     `json:"status"`
	Conclusion  Conclusion `json:"conclusion,omitempty"`
	Labels      []string   `json:"labels,omitempty"`
	Runner      string     `json:"runner,omitempty"` // runner name; "" while queued
	StartedAt   time.Time  `json:"started_at,omitzero"`
	CompletedAt time.Time  `json:"completed_at,omitzero"`
	Steps       []JobStep  `json:"steps,omitempty"`
	URL         string     `json:"url,omitempty"`
	// Failure is the earliest error line of a failed job's log, made comparable
	// by the classifier (fleet/signature); foreign text.
	Failure Fact[string] `json:"failure,omitzero"`
}

// RunKey names the run the job belongs to.
func (j Job) RunKey() RunKey { return RunKey{Repo: j.Repo, ID: j.RunID} }

// Duration returns how long the job ran; false while it has not ended. A queued
// job has started_at set already: it never has a duration.
func (j Job) Duration() (time.Duration, bool) {
	if j.Status.Live() {
		return 0, false
	}
	return span(j.StartedAt, j.CompletedAt)
}

// FailedStep returns the earliest step that ended badly. The earliest wins:
// later failures are usually consequences.
func (j Job) FailedStep() (JobStep, bool) {
	for _, s := range j.Steps {
		switch s.Conclusion {
		case ConclusionFailure, ConclusionTimedOut:
			return s, true
		}
	}
	return JobStep{}, false
}

// Aggregator reports whether the job only sums up others; it is never counted
// as a failure of its own (gate-type jobs cascade).
func (j Job) Aggregator() bool {
	switch j.Name {
	case "gate", "ci-gate", "all-green", "ci-success", "required":
		return true
	}
	return false
}

func span(from, to time.Time) (time.Duration, bool) {
	if from.IsZero() || to.IsZero() || to.Before(from) {
		return 0, false
	}
	return to.Sub(from), true
}
