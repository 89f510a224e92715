package gh

import (
	"context"
	"net/url"
	"strings"

	"andon/fleet"
)

type wireRunner struct {
	ID     int64              `json:"id"`
	Name   string             `json:"name"`
	OS     string             `json:"os"`
	Status string             `json:"status"`
	Busy   bool               `json:"busy"`
	Labels bounded[wireLabel] `json:"labels"`
}

type wireLabel struct {
	Name string `json:"name"`
}

func (w wireRunner) runner(scope string) (fleet.Runner, bool) {
	if w.ID <= 0 || w.Name == "" || w.Status == "" {
		return fleet.Runner{}, false
	}
	r := fleet.Runner{Scope: scope, ID: w.ID, Name: w.Name, OS: w.OS, Online: w.Status == "online", Busy: w.Busy}
	for _, l := range w.Labels {
		r.Labels = append(r.Labels, l.Name)
	}
	return r, true
}

// Runners returns the self-hosted runners of a scope: owner/name for a
// repository, else an organisation. It wants admin rights there; without them
// the failure's cause is CausePermission, and its remedy quotes what GitHub
// asks for.
func (c *Client) Runners(ctx context.Context, scope string) (List[fleet.Runner], error) {
	what := "read runners of " + plain(scope, 120)
	path, err := "orgs/"+url.PathEscape(scope), error(nil)
	if strings.Contains(scope, "/") {
		path, err = c.repoPath(what, fleet.Repo(scope))
	} else {
		_, err = c.repoPath(what, fleet.Repo(scope+"/x"))
	}
	if err != nil {
		return List[fleet.Runner]{}, err
	}
	out, err := read(ctx, c, query[wireRunner, fleet.Runner]{
		what: what, path: path + "/actions/runners", under: "runners",
		id:   func(r fleet.Runner) int64 { return r.ID },
		noun: func(w wireRunner) (fleet.Runner, bool) { return w.runner(scope) },
	})
	return out, hidden(err, "check that "+plain(scope, 120)+" exists; its runners want Administration: read (repository) or Self-hosted runners: read (organisation)")
}
