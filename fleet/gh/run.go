package gh

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"andon/fleet"
)

// wireRun is what andon reads of a run. go-github's WorkflowRun embeds two whole
// repositories; one field of a wrong type in them would empty the page
// (go-github#3229).
type wireRun struct {
	ID         int64              `json:"id"`
	Attempt    int                `json:"run_attempt"`
	Name       string             `json:"name"`
	Event      string             `json:"event"`
	Branch     string             `json:"head_branch"`
	SHA        string             `json:"head_sha"`
	Status     string             `json:"status"`
	Conclusion string             `json:"conclusion"`
	CreatedAt  time.Time          `json:"created_at"`
	StartedAt  time.Time          `json:"run_started_at"`
	UpdatedAt  time.Time          `json:"updated_at"`
	URL        string             `json:"html_url"`
	HeadRepo   wireRepo           `json:"head_repository"`
	Pulls      bounded[wireRunPR] `json:"pull_requests"`
}

// wireRepo is a repository's name; empty for a deleted fork, which is null.
type wireRepo struct {
	FullName string `json:"full_name"`
}

// wireRunPR is an entry of a run's pull_requests[].
type wireRunPR struct {
	Number int `json:"number"`
	Base   struct {
		Repo struct {
			URL string `json:"url"`
		} `json:"repo"`
	} `json:"base"`
}

func (w wireRun) run(repo fleet.Repo, at time.Time) (fleet.WorkflowRun, bool) {
	if w.ID <= 0 || w.Status == "" || w.Attempt < 0 {
		return fleet.WorkflowRun{}, false
	}
	r := fleet.WorkflowRun{
		Repo: repo, ID: fleet.RunID(w.ID), Attempt: max(w.Attempt, 1), Name: w.Name, Event: w.Event,
		Branch: w.Branch, SHA: w.SHA, HeadRepo: fleet.Repo(w.HeadRepo.FullName),
		Status: fleet.Status(w.Status), Conclusion: fleet.Conclusion(w.Conclusion),
		CreatedAt: w.CreatedAt, StartedAt: w.StartedAt, UpdatedAt: w.UpdatedAt, URL: w.URL, ReadAt: at,
	}
	for _, p := range w.Pulls {
		// The list may name pull requests of another repository, whose numbers
		// mean something else here.
		if p.Number > 0 && p.of(repo) {
			r.PullRequests = append(r.PullRequests, p.Number)
		}
	}
	return r, true
}

func (p wireRunPR) of(repo fleet.Repo) bool {
	u := p.Base.Repo.URL
	return u == "" || strings.HasSuffix(strings.ToLower(u), "/repos/"+strings.ToLower(string(repo)))
}

// Runs returns the newest 100 runs of a repository, of any kind. Whole means
// that these came without a hole; older runs are not part of the promise, ask
// for them by Run or RunsWith.
func (c *Client) Runs(ctx context.Context, repo fleet.Repo) (List[fleet.WorkflowRun], error) {
	return c.runs(ctx, repo, nil, pageSize)
}

// RunsWith returns all runs of a repository with a status, to find live ones
// that fell off Runs' page. GitHub gives at most 1,000; beyond, Whole is false.
func (c *Client) RunsWith(ctx context.Context, repo fleet.Repo, status fleet.Status) (List[fleet.WorkflowRun], error) {
	return c.runs(ctx, repo, url.Values{"status": {string(status)}}, 0)
}

func (c *Client) runs(ctx context.Context, repo fleet.Repo, params url.Values, want int) (List[fleet.WorkflowRun], error) {
	what := "read runs of " + string(repo)
	path, err := c.repoPath(what, repo)
	if err != nil {
		return List[fleet.WorkflowRun]{}, err
	}
	at := c.now()
	out, err := read(ctx, c, query[wireRun, fleet.WorkflowRun]{
		what: what, path: path + "/actions/runs", params: params, under: "workflow_runs", want: want,
		id:   func(r fleet.WorkflowRun) int64 { return int64(r.ID) },
		noun: func(w wireRun) (fleet.WorkflowRun, bool) { return w.run(repo, at) },
	})
	return out, hidden(err, unseen(repo))
}

// Run returns one run by its own GET. The error wraps ErrNotFound where GitHub
// knows none.
func (c *Client) Run(ctx context.Context, key fleet.RunKey) (fleet.WorkflowRun, error) {
	what := "read run " + key.String()
	path, err := c.repoPath(what, key.Repo)
	if err != nil {
		return fleet.WorkflowRun{}, err
	}
	at := c.now()
	w, err := one[wireRun](ctx, c, fmt.Sprintf("%s/actions/runs/%d", path, key.ID), what)
	if err != nil {
		return fleet.WorkflowRun{}, err
	}
	r, ok := w.run(key.Repo, at)
	if !ok || r.ID != key.ID {
		return fleet.WorkflowRun{}, c.fail(what, fmt.Errorf("%w: it is not that run", errNoAnswer))
	}
	return r, nil
}

// one reads a single thing.
func one[W any](ctx context.Context, c *Client, path, what string) (W, error) {
	var w W
	r, err := c.call(ctx, http.MethodGet, path, what)
	if err != nil {
		return w, err
	}
	if err := json.Unmarshal(r.body, &w); err != nil {
		c.cache.forget(r.url)
		return w, c.unreadable(what, r, fmt.Errorf("%w: %w", errNoAnswer, err))
	}
	return w, nil
}

// repoPath returns repos/OWNER/NAME. A name that is not one would make another
// address.
func (c *Client) repoPath(what string, repo fleet.Repo) (string, error) {
	if _, err := fleet.ParseRepo(string(repo)); err != nil {
		return "", &fleet.Failure{Cause: fleet.CauseOther, Remedy: "write the repository as owner/name in the config", Err: fmt.Errorf("%s: %w", plain(what, 120), err)}
	}
	return "repos/" + repo.Owner() + "/" + repo.Name(), nil
}
