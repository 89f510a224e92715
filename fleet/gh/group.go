package gh

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"andon/fleet"
)

// ErrAbsent says that this GitHub has no concurrency group API: Enterprise
// Server up to 3.19 does not know its addresses.
var ErrAbsent = errors.New("this server has no concurrency group API")

// wireRunGroup is a concurrency group as a run lists it: by configuration, with
// the run's own members only. A group the run left, or has not reached, is
// listed with none.
type wireRunGroup struct {
	Name    string               `json:"group_name"`
	Members bounded[wireRunLock] `json:"group_members"`
}

// wireRunLock is a run, or a job of one, in a group. job_id is there where the
// lock is a job's, or a called workflow's.
type wireRunLock struct {
	Run    int64  `json:"run_id"`
	Job    int64  `json:"job_id"`
	Status string `json:"status"`
}

// wireGroup is a group by its own address: the whole queue, the holder first.
// It has no positions; the order is the queue, and the queue is not paged.
type wireGroup struct {
	Name    string                `json:"group_name"`
	Total   int                   `json:"total_count"`
	Members *bounded[wireRunLock] `json:"group_members"` // nil: missing, which is not "none"
}

// runGroup is a group of a run, and whether the run, or a job of it, waits in it.
type runGroup struct {
	name  string
	waits bool
}

func (w wireRunGroup) group() (runGroup, bool) {
	g := runGroup{name: w.Name}
	for _, m := range w.Members {
		g.waits = g.waits || m.Status != string(fleet.StatusInProgress)
	}
	return g, w.Name != ""
}

// WaitsIn names the concurrency groups in which a run, or a job of it, waits;
// foreign text. None is a true answer. Names that no address can hold ("." and
// "..") are left out. The endpoint is one of API version 2022-11-28, which
// go-github asks for. The error wraps ErrNotFound where GitHub knows no such
// run, and ErrAbsent where the server has no such API: one further request
// tells the two apart.
func (c *Client) WaitsIn(ctx context.Context, key fleet.RunKey) (List[string], error) {
	what := "read concurrency groups of run " + key.String()
	path, err := c.repoPath(what, key.Repo)
	if err != nil {
		return List[string]{}, err
	}
	l, err := read(ctx, c, query[wireRunGroup, runGroup]{
		what: what, path: fmt.Sprintf("%s/actions/runs/%d/concurrency_groups", path, key.ID), under: "concurrency_groups",
		name: func(g runGroup) string { return g.name },
		noun: func(w wireRunGroup) (runGroup, bool) { return w.group() },
	})
	if errors.Is(err, ErrNotFound) {
		if feature := c.HasGroups(ctx, key.Repo); feature != nil {
			return List[string]{}, feature
		}
	}
	if err != nil {
		return List[string]{}, err
	}
	out := List[string]{Whole: l.Whole, Why: l.Why}
	for _, g := range l.Items {
		if g.waits && g.name != "." && g.name != ".." {
			out.Items = append(out.Items, g.name)
		}
	}
	return out, nil
}

// HasGroups returns nil where the concurrency groups of a repository, which the
// token may see, can be read. The error wraps ErrAbsent where the server has no
// such API; a missing permission (Actions: read) is a failure of
// CausePermission.
func (c *Client) HasGroups(ctx context.Context, repo fleet.Repo) error {
	what := "read concurrency groups of " + string(repo)
	path, err := c.repoPath(what, repo)
	if err != nil {
		return err
	}
	r, err := c.call(ctx, http.MethodGet, path+"/actions/concurrency_groups?per_page=1", what)
	if errors.Is(err, ErrNotFound) {
		return &fleet.Failure{Cause: fleet.CauseOther, Err: fmt.Errorf("%s: %w", what, ErrAbsent),
			Remedy: "nothing to do: github.com has it, Enterprise Server up to 3.19 has not"}
	}
	if err != nil {
		return err
	}
	if _, err := decodePage[wireRunGroup](r.body, "concurrency_groups"); err != nil {
		c.cache.forget(r.url)
		return c.unreadable(what, r, err)
	}
	return nil
}

// Group reads who holds a concurrency group and who waits for it, in the order
// of its queue. The error wraps ErrNotFound where the group is idle. Its filters
// ahead_of_run and ahead_of_job are not used: GitHub answered 422 to them for
// jobs of called workflows that the whole queue lists.
func (c *Client) Group(ctx context.Context, repo fleet.Repo, name string) (fleet.ConcurrencyGroup, error) {
	what := fmt.Sprintf("read concurrency group %q of %s", plain(name, 80), repo)
	path, err := c.repoPath(what, repo)
	if err != nil {
		return fleet.ConcurrencyGroup{}, err
	}
	if name == "" || name == "." || name == ".." {
		return fleet.ConcurrencyGroup{}, c.fail(what, fmt.Errorf("%w: no address can hold that name", errNoAnswer))
	}
	at := c.now()
	w, err := one[wireGroup](ctx, c, path+"/actions/concurrency_groups/"+url.PathEscape(name), what)
	if err != nil {
		return fleet.ConcurrencyGroup{}, err
	}
	// Names are equal without regard to case; the answer's spelling is kept.
	if !strings.EqualFold(w.Name, name) || w.Members == nil {
		return fleet.ConcurrencyGroup{}, c.fail(what, fmt.Errorf("%w: it is not that group", errNoAnswer))
	}
	members, ok := w.members()
	if !ok || len(members) < w.Total {
		return fleet.ConcurrencyGroup{}, &fleet.Failure{Cause: fleet.CauseTruncated, Remedy: "wait for the next reading",
			Err: fmt.Errorf("%s: %d of %d members could be read", what, len(members), w.Total)}
	}
	return fleet.ConcurrencyGroup{Repo: repo, Name: w.Name, Members: members, ReadAt: at}, nil
}

// members reads the queue; false where one of it makes no sense: who waits
// behind whom is then not known. Position 0 is a holder's alone, also where
// nobody holds.
func (w wireGroup) members() ([]fleet.GroupMember, bool) {
	out := make([]fleet.GroupMember, 0, len(*w.Members))
	vacant := 1
	for i, m := range *w.Members {
		if m.Run <= 0 || m.Status == "" || m.Job < 0 {
			return out, false
		}
		x := fleet.GroupMember{Run: fleet.RunID(m.Run), Job: m.Job, Status: fleet.Status(m.Status), Position: i + vacant}
		if x.Status == fleet.StatusInProgress {
			x.Position, vacant = 0, 0
		}
		out = append(out, x)
	}
	return out, true
}
