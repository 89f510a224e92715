package gh

import (
	"context"
	"strings"

	"andon/fleet"
)

// queueHeads is where GitHub keeps the branches of merge queues.
const queueHeads = "refs/heads/gh-readonly-queue/"

type wireRef struct {
	Ref    string `json:"ref"`
	Object struct {
		SHA string `json:"sha"`
	} `json:"object"`
}

func (w wireRef) queueRef(repo fleet.Repo) (fleet.QueueRef, bool) {
	q := fleet.QueueRef{Repo: repo, Name: strings.TrimPrefix(w.Ref, "refs/heads/"), SHA: w.Object.SHA}
	return q, len(w.Ref) > len(queueHeads) && strings.HasPrefix(w.Ref, queueHeads) && q.SHA != ""
}

// QueueRefs returns the branches of a repository's merge queues that exist
// (gh-readonly-queue/BASE/pr-N-SHA). None is a true answer. It wants Contents:
// read; without, the failure's cause is CausePermission.
func (c *Client) QueueRefs(ctx context.Context, repo fleet.Repo) (List[fleet.QueueRef], error) {
	what := "read merge queue branches of " + string(repo)
	path, err := c.repoPath(what, repo)
	if err != nil {
		return List[fleet.QueueRef]{}, err
	}
	out, err := read(ctx, c, query[wireRef, fleet.QueueRef]{
		what: what, path: path + "/git/matching-refs/heads/gh-readonly-queue/",
		name: func(q fleet.QueueRef) string { return q.Name },
		noun: func(w wireRef) (fleet.QueueRef, bool) { return w.queueRef(repo) },
	})
	return out, hidden(err, "check that "+string(repo)+" exists and that the token may see its branches (Contents: read)")
}
