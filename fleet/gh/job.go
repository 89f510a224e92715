package gh

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"andon/fleet"
)

type wireJob struct {
	ID          int64             `json:"id"`
	RunID       int64             `json:"run_id"`
	Attempt     int               `json:"run_attempt"`
	Name        string            `json:"name"`
	Status      string            `json:"status"`
	Conclusion  string            `json:"conclusion"`
	Labels      bounded[string]   `json:"labels"`
	Runner      string            `json:"runner_name"`
	CreatedAt   time.Time         `json:"created_at"`
	StartedAt   time.Time         `json:"started_at"`
	CompletedAt time.Time         `json:"completed_at"`
	URL         string            `json:"html_url"`
	Steps       bounded[wireStep] `json:"steps"`
}

type wireStep struct {
	Number      int       `json:"number"`
	Name        string    `json:"name"`
	Status      string    `json:"status"`
	Conclusion  string    `json:"conclusion"`
	StartedAt   time.Time `json:"started_at"`
	CompletedAt time.Time `json:"completed_at"`
}

func (w wireJob) job(key fleet.RunKey) (fleet.Job, bool) {
	if w.ID <= 0 || w.Status == "" || w.RunID != int64(key.ID) {
		return fleet.Job{}, false
	}
	j := fleet.Job{
		Repo: key.Repo, ID: w.ID, RunID: key.ID, Attempt: max(w.Attempt, 1), Name: w.Name,
		Status: fleet.Status(w.Status), Conclusion: fleet.Conclusion(w.Conclusion), Labels: w.Labels,
		Runner: w.Runner, CreatedAt: w.CreatedAt, StartedAt: w.StartedAt, CompletedAt: w.CompletedAt, URL: w.URL,
	}
	if j.Status.Live() && j.Status != fleet.StatusInProgress {
		j.Runner = "" // GitHub's own examples name one for a queued job
	}
	for _, s := range w.Steps {
		j.Steps = append(j.Steps, fleet.JobStep{
			Number: s.Number, Name: s.Name, Status: fleet.Status(s.Status), Conclusion: fleet.Conclusion(s.Conclusion),
			StartedAt: s.StartedAt, CompletedAt: s.CompletedAt,
		})
	}
	return j, true
}

// Attempts says which attempts of a run's jobs are meant.
type Attempts string

// The choices, in GitHub's words.
const (
	LatestAttempt Attempts = "latest"
	AllAttempts   Attempts = "all"
)

// Jobs returns the jobs of a run with their steps. No jobs is a true answer for
// a run that failed at start-up.
func (c *Client) Jobs(ctx context.Context, key fleet.RunKey, which Attempts) (List[fleet.Job], error) {
	what := "read jobs of run " + key.String()
	path, err := c.repoPath(what, key.Repo)
	if err != nil {
		return List[fleet.Job]{}, err
	}
	return read(ctx, c, query[wireJob, fleet.Job]{
		what: what, path: fmt.Sprintf("%s/actions/runs/%d/jobs", path, key.ID), under: "jobs",
		params: url.Values{"filter": {string(which)}},
		id:     func(j fleet.Job) int64 { return j.ID },
		noun:   func(w wireJob) (fleet.Job, bool) { return w.job(key) },
	})
}
