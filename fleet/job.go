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
	Runner      string     `json:"runner,omitempty"`    // runner name; "" while queued
	CreatedAt   time.Time  `json:"created_at,omitzero"` // when it was queued; zero where GitHub did not say
	StartedAt   time.Time  `json:"started_at,omitzero"` // set already while queued: never a start of work then
	CompletedAt time.Time  `json:"completed_at,omitzero"`
	Steps       []JobStep  `json:"steps,omitempty"`
	URL         string     `json:"url,omitempty"`
	// Verdict is what the classifier (fleet/signature) makes of a job that ended
	// badly; unknown, with the reason, where its log was not read.
	Verdict Fact[Verdict] `json:"verdict,omitzero"`
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

// Waited returns how long the job waited for a runner, up to now where it still
// waits; false where GitHub gave no time of its queueing, or it never got a runner.
func (j Job) Waited(now time.Time) (time.Duration, bool) {
	switch {
	case j.CreatedAt.IsZero():
		return 0, false
	case j.Status == StatusQueued:
		return max(now.Sub(j.CreatedAt), 0), true
	case j.Runner == "" || j.StartedAt.IsZero():
		return 0, false
	}
	return span(j.CreatedAt, j.StartedAt)
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

func span(from, to time.Time) (time.Duration, bool) {
	if from.IsZero() || to.IsZero() || to.Before(from) {
		return 0, false
	}
	return to.Sub(from), true
}
