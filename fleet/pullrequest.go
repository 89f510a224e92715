package fleet

import (
	"fmt"
	"strings"
	"time"
)

// Repo is a repository's full name, "owner/name".
type Repo string

// ParseRepo validates "owner/name" (GitHub's charset).
func ParseRepo(s string) (Repo, error) {
	o, n, ok := strings.Cut(s, "/")
	if !ok || !plainName(o) || !plainName(n) || n == "." || n == ".." {
		return "", fmt.Errorf("repository %q: want owner/name", s)
	}
	return Repo(s), nil
}

// Owner returns the account part.
func (r Repo) Owner() string { o, _, _ := strings.Cut(string(r), "/"); return o }

// Name returns the repository part, as it stands in run dir paths.
func (r Repo) Name() string { _, n, _ := strings.Cut(string(r), "/"); return n }

// PRState is a pull request's state.
type PRState string

// The states. GitHub says closed for merged too; here they are told apart.
const (
	PROpen   PRState = "open"
	PRClosed PRState = "closed"
	PRMerged PRState = "merged"
)

// PRKey names a pull request.
type PRKey struct {
	Repo   Repo
	Number int
}

// String returns owner/name#number.
func (k PRKey) String() string { return fmt.Sprintf("%s#%d", k.Repo, k.Number) }

// PullRequest is a pull request as read.
type PullRequest struct {
	Repo      Repo      `json:"repo"`
	Number    int       `json:"number"`
	Title     string    `json:"title"`  // foreign text
	Author    string    `json:"author"` // foreign text
	State     PRState   `json:"state"`
	Draft     bool      `json:"draft,omitempty"`
	HeadRepo  Repo      `json:"head_repo"`
	HeadRef   string    `json:"head_ref"` // foreign text
	HeadSHA   string    `json:"head_sha"`
	BaseRef   string    `json:"base_ref"`
	UpdatedAt time.Time `json:"updated_at"`
	ClosedAt  time.Time `json:"closed_at,omitzero"` // zero while open
	ReadAt    time.Time `json:"read_at"`            // when this state was read from GitHub
	Alone     bool      `json:"alone,omitempty"`    // read by its own GET, not from a list
}

// Key returns the pull request's name.
func (p PullRequest) Key() PRKey { return PRKey{Repo: p.Repo, Number: p.Number} }
