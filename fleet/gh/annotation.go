package gh

import (
	"context"
	"fmt"
	"hash/fnv"

	"andon/fleet"
)

// Annotation is what GitHub, the runner or a program noted on a job. A lost runner
// and a job's limit are told nowhere else.
type Annotation struct {
	Path    string // ".github" where the runner or GitHub wrote it; foreign text
	Level   string // failure, warning, notice
	Title   string // foreign text
	Message string // foreign text
}

type wireAnnotation struct {
	Path    string `json:"path"`
	Level   string `json:"annotation_level"`
	Title   string `json:"title"`
	Message string `json:"message"`
}

// Annotations returns the first hundred annotations of a job: a job's id is its check
// run's id. Fine-grained tokens have no permission for checks; then the failure's
// cause is CausePermission.
func (c *Client) Annotations(ctx context.Context, repo fleet.Repo, jobID int64) ([]Annotation, error) {
	what := fmt.Sprintf("read annotations of job %s/%d", repo, jobID)
	path, err := c.repoPath(what, repo)
	if err != nil {
		return nil, err
	}
	l, err := read(ctx, c, query[wireAnnotation, Annotation]{
		what: what, path: fmt.Sprintf("%s/check-runs/%d/annotations", path, jobID), want: pageSize,
		id:   contentID,
		noun: func(w wireAnnotation) (Annotation, bool) { return Annotation(w), true },
	})
	return l.Items, hidden(err, "fine-grained tokens cannot read checks; a classic token or a GitHub App can")
}

// contentID tells annotations apart, which have no id.
func contentID(a Annotation) int64 {
	h := fnv.New64a()
	for _, s := range []string{a.Path, a.Level, a.Title, a.Message} {
		_, _ = h.Write([]byte(s + "\x00")) // a hash takes everything
	}
	return int64(h.Sum64())
}
