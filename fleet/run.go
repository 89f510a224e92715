package fleet

import (
	"fmt"
	"time"
)

// RunID is a workflow run's id. It stays the same over re-runs: two attempts
// share run-<ID> on the host.
type RunID int64

// Status is where GitHub says a run or job stands.
type Status string

// The statuses. Everything but StatusCompleted counts as live; a run's status
// is that of its least advanced job (cli/cli#13972).
const (
	StatusQueued     Status = "queued"
	StatusInProgress Status = "in_progress"
	StatusCompleted  Status = "completed"
	StatusWaiting    Status = "waiting"
	StatusRequested  Status = "requested"
	StatusPending    Status = "pending"
)

// Live reports whether the thing may still write. An unknown word counts as live.
func (s Status) Live() bool { return s != StatusCompleted }

// Conclusion is how a completed run or job ended; empty while live. A job that
// hit its limit reads "cancelled", not "timed_out" (paiml/aprender#3293).
type Conclusion string

// The conclusions.
const (
	ConclusionSuccess        Conclusion = "success"
	ConclusionFailure        Conclusion = "failure"
	ConclusionCancelled      Conclusion = "cancelled"
	ConclusionTimedOut       Conclusion = "timed_out"
	ConclusionSkipped        Conclusion = "skipped"
	ConclusionNeutral        Conclusion = "neutral"
	ConclusionStale          Conclusion = "stale"
	ConclusionActionRequired Conclusion = "action_required"
	ConclusionStartupFailure Conclusion = "startup_failure"
)

// Red reports whether the conclusion is an unwanted end.
func (c Conclusion) Red() bool {
	switch c {
	case ConclusionFailure, ConclusionTimedOut, ConclusionStartupFailure, ConclusionCancelled:
		return true
	}
	return false
}

// RunKey names a workflow run.
type RunKey struct {
	Repo Repo
	ID   RunID
}

// String returns owner/name/id.
func (k RunKey) String() string { return fmt.Sprintf("%s/%d", k.Repo, k.ID) }

// WorkflowRun is a run as read.
type WorkflowRun struct {
	Repo         Repo       `json:"repo"`
	ID           RunID      `json:"id"`
	Attempt      int        `json:"attempt"`
	Name         string     `json:"name"` // workflow name; foreign text
	Event        string     `json:"event"`
	Branch       string     `json:"branch"` // foreign text
	SHA          string     `json:"sha"`
	HeadRepo     Repo       `json:"head_repo"`
	Status       Status     `json:"status"`
	Conclusion   Conclusion `json:"conclusion,omitempty"`
	CreatedAt    time.Time  `json:"created_at"`
	StartedAt    time.Time  `json:"started_at"` // of this attempt
	UpdatedAt    time.Time  `json:"updated_at"`
	PullRequests []int      `json:"pull_requests,omitempty"` // empty for forks
	URL          string     `json:"url,omitempty"`
	ReadAt       time.Time  `json:"read_at"`
}

// Key returns the run's name.
func (r WorkflowRun) Key() RunKey { return RunKey{Repo: r.Repo, ID: r.ID} }
