package gh

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"andon/fleet"
)

// A server, or a proxy before it, may send back what it was sent.
func TestAnEchoOfTheTokenIsMasked(t *testing.T) {
	forms := []string{`{"message":%q,"errors":[{"message":%[1]q}]}`, "<html>%s", "%s", `[{"number":%q}]`, `{"total_count":1,"jobs":[{"id":%q}]}`}
	for _, status := range []int{200, 301, 302, 400, 401, 403, 404, 409, 422, 429, 500, 502} {
		for _, form := range forms {
			s := newServer(t)
			s.mux.HandleFunc("/", echo(status, form))
			for what, err := range everyCall(newClient(t, s.URL, nil)) {
				if err == nil {
					t.Errorf("%d %s: %s took it for an answer", status, form, what)
					continue
				}
				f := fleet.FailureOf(err)
				wantClean(t, fmt.Sprintf("%s %v %+v %#v %s", what, f, f.Err, f.Err, f.Remedy))
			}
		}
	}
}

// echo answers with the token in every place from which a text is made.
func echo(status int, form string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		auth := r.Header.Get("Authorization")
		for _, h := range []string{"X-GitHub-Request-Id", "X-Accepted-GitHub-Permissions", "X-Accepted-OAuth-Scopes", "X-GitHub-SSO", "Retry-After", "ETag"} {
			w.Header().Set(h, auth)
		}
		w.Header().Set("Location", "https://"+strings.TrimPrefix(auth, "Bearer ")+".example/?sig="+auth)
		w.WriteHeader(status)
		fmt.Fprintf(w, form, auth)
	}
}

// everyCall makes each read once, and names the errors.
func everyCall(c *Client) map[string]error {
	out := make(map[string]error)
	_, out["runs"] = c.Runs(ctx, repo)
	_, out["run"] = c.Run(ctx, runKey)
	_, out["jobs"] = c.Jobs(ctx, runKey, AllAttempts)
	_, out["pulls"] = c.Pulls(ctx, repo)
	_, out["pull"] = c.Pull(ctx, fleet.PRKey{Repo: repo, Number: 1})
	_, out["runners"] = c.Runners(ctx, "paiml")
	_, out["log"] = c.JobLogTail(ctx, repo, jobID, 10)
	out["rerun"] = c.RerunFailed(ctx, runKey)
	return out
}
