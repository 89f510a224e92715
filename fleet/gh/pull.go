package gh

import (
	"context"
	"fmt"
	"net/url"
	"time"

	"andon/fleet"
)

type wirePull struct {
	Number    int       `json:"number"`
	Title     string    `json:"title"`
	State     string    `json:"state"`
	Draft     bool      `json:"draft"`
	Merged    bool      `json:"merged"` // only in the answer to its own GET
	MergedAt  time.Time `json:"merged_at"`
	ClosedAt  time.Time `json:"closed_at"`
	UpdatedAt time.Time `json:"updated_at"`
	User      struct {
		Login string `json:"login"`
	} `json:"user"`
	Head struct {
		Ref  string   `json:"ref"`
		SHA  string   `json:"sha"`
		Repo wireRepo `json:"repo"`
	} `json:"head"`
	Base struct {
		Ref string `json:"ref"`
	} `json:"base"`
}

func (w wirePull) pull(repo fleet.Repo, at time.Time, alone bool) (fleet.PullRequest, bool) {
	p := fleet.PullRequest{
		Repo: repo, Number: w.Number, Title: w.Title, Author: w.User.Login, State: fleet.PROpen, Draft: w.Draft,
		HeadRepo: fleet.Repo(w.Head.Repo.FullName), HeadRef: w.Head.Ref, HeadSHA: w.Head.SHA, BaseRef: w.Base.Ref,
		UpdatedAt: w.UpdatedAt, ReadAt: at, Alone: alone,
	}
	merged := w.Merged || !w.MergedAt.IsZero()
	switch {
	case w.Number <= 0:
		return fleet.PullRequest{}, false
	case w.State == "open" && !merged && w.ClosedAt.IsZero():
		return p, true
	case w.State == "closed" && merged:
		p.State = fleet.PRMerged
	case w.State == "closed":
		p.State = fleet.PRClosed
	default:
		// No state, a new word, or "open" with a closing time: a pull request
		// that may be taken for closed by mistake is not reported at all.
		return fleet.PullRequest{}, false
	}
	p.ClosedAt = w.ClosedAt
	if p.ClosedAt.IsZero() {
		p.ClosedAt = w.MergedAt
	}
	return p, !p.ClosedAt.IsZero()
}

// Pulls returns the open pull requests of a repository, oldest first, all pages.
// In that order new ones do not move the pages. One that closes between two
// pages can still hide another from this one read, unseen by Whole: only
// Pull's answer proves that a pull request is not open.
func (c *Client) Pulls(ctx context.Context, repo fleet.Repo) (List[fleet.PullRequest], error) {
	what := "read open pull requests of " + string(repo)
	path, err := c.repoPath(what, repo)
	if err != nil {
		return List[fleet.PullRequest]{}, err
	}
	at := c.now()
	out, err := read(ctx, c, query[wirePull, fleet.PullRequest]{
		what: what, path: path + "/pulls",
		params: url.Values{"state": {"open"}, "sort": {"created"}, "direction": {"asc"}},
		id:     func(p fleet.PullRequest) int64 { return int64(p.Number) },
		noun:   func(w wirePull) (fleet.PullRequest, bool) { return w.pull(repo, at, false) },
	})
	return out, hidden(err, unseen(repo))
}

// Pull returns one pull request by its own GET (Alone), merged told from closed.
// The error wraps ErrNotFound where GitHub knows none.
func (c *Client) Pull(ctx context.Context, key fleet.PRKey) (fleet.PullRequest, error) {
	what := "read pull request " + key.String()
	path, err := c.repoPath(what, key.Repo)
	if err != nil {
		return fleet.PullRequest{}, err
	}
	at := c.now()
	w, err := one[wirePull](ctx, c, fmt.Sprintf("%s/pulls/%d", path, key.Number), what)
	if err != nil {
		return fleet.PullRequest{}, err
	}
	p, ok := w.pull(key.Repo, at, true)
	if !ok || p.Number != key.Number {
		return fleet.PullRequest{}, c.fail(what, fmt.Errorf("%w: it is not that pull request, or its state makes no sense", errNoAnswer))
	}
	return p, nil
}
