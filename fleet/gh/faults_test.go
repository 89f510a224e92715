package gh

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"andon/fleet"
)

func TestRefusedReadsHaveTheRightClass(t *testing.T) {
	for name, tc := range map[string]struct {
		status  int
		body    string
		headers []string
		want    fleet.Cause
		says    string
	}{
		"expired token":   {401, `{"message":"Bad credentials"}`, nil, fleet.CauseAuth, "gh auth login"},
		"no right":        {403, `{"message":"Resource not accessible by personal access token"}`, []string{"X-Accepted-GitHub-Permissions", "actions=read"}, fleet.CausePermission, "actions=read"},
		"no scope":        {403, `{"message":"Must have admin rights to Repository."}`, []string{"X-Accepted-OAuth-Scopes", "admin:org, repo"}, fleet.CausePermission, "admin:org"},
		"single sign-on":  {403, `{"message":"Resource protected by organization SAML enforcement."}`, []string{"X-GitHub-SSO", "required; url=https://github.com/orgs/paiml/sso?authorization_request=sig=abc"}, fleet.CausePermission, "single sign-on"},
		"primary limit":   {403, `{"message":"API rate limit exceeded for user ID 1."}`, []string{"X-RateLimit-Limit", "5000", "X-RateLimit-Remaining", "0", "X-RateLimit-Reset", "4000000000"}, fleet.CauseRateLimit, "share"},
		"secondary":       {403, secondary, nil, fleet.CauseRateLimit, "share"},
		"too many":        {429, `{}`, []string{"Retry-After", "5"}, fleet.CauseRateLimit, "share"},
		"no such":         {404, `{"message":"Not Found"}`, nil, fleet.CausePermission, "check that paiml/aprender exists"},
		"gone":            {410, `{"message":"Gone"}`, nil, fleet.CausePermission, "check that"},
		"conflict":        {409, `{"message":"Conflict"}`, nil, fleet.CauseOther, "message"},
		"unprocessable":   {422, `{"message":"Validation Failed","errors":[{"message":"no commits between"}]}`, nil, fleet.CauseOther, "message"},
		"server":          {500, `{"message":"Server Error"}`, nil, fleet.CauseServer, "githubstatus"},
		"escapes in text": {422, `{"message":"\u001b]0;x\u0007 \u202e ` + canary + ` https://x.y/?sig=1"}`, nil, fleet.CauseOther, "message"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			s.on("GET "+pullsPath, tc.status, tc.body, tc.headers...)
			_, err := newClient(t, s.URL, nil).Pulls(ctx, repo)
			f := failure(t, err, tc.want)
			if !strings.Contains(f.Remedy, tc.says) {
				t.Errorf("remedy %q does not say %q", f.Remedy, tc.says)
			}
			if want := tc.status == 404 || tc.status == 410; errors.Is(err, ErrNotFound) != want {
				t.Errorf("ErrNotFound: %v", err)
			}
			if tc.status == 422 && name == "unprocessable" && !strings.Contains(f.Error(), "no commits between") {
				t.Errorf("GitHub's detail is lost: %v", f)
			}
			if !strings.HasPrefix(f.Error(), "read open pull requests of paiml/aprender: ") {
				t.Errorf("text %q", f)
			}
		})
	}
}

func TestRunnersWithoutTheRightAreAPermissionMatter(t *testing.T) {
	for _, status := range []int{403, 404} {
		s := newServer(t)
		s.on("GET "+runnersPath, status, `{"message":"x"}`, "X-Accepted-GitHub-Permissions", "administration=read")
		_, err := newClient(t, s.URL, nil).Runners(ctx, string(repo))
		f := failure(t, err, fleet.CausePermission)
		if !strings.Contains(strings.ToLower(f.Remedy), "administration") {
			t.Errorf("status %d: %s", status, f.Remedy)
		}
	}
}

func TestUnreadableBodies(t *testing.T) {
	full := text([]any{pullJSON(1, nil)})
	for name, tc := range map[string]struct {
		body string
		want fleet.Cause
	}{
		"cut":    {full[:len(full)/2], fleet.CauseProtocol},
		"number": {"7", fleet.CauseProtocol}, "string": {`"x"`, fleet.CauseProtocol}, "trailing": {full + "x", fleet.CauseProtocol},
		"all bad": {`[{"number":"x"},{"number":[]}]`, fleet.CauseProtocol}, "all null": {`[null,{}]`, fleet.CauseProtocol},
	} {
		s := newServer(t)
		s.on("GET "+pullsPath, 200, tc.body)
		_, err := newClient(t, s.URL, nil).Pulls(ctx, repo)
		t.Run(name, func(t *testing.T) { failure(t, err, tc.want) })
	}
}

func TestItemsOfWrongTypesAreDroppedAndCounted(t *testing.T) {
	s := newServer(t)
	body := strings.Replace(listJSON("workflow_runs", 4, runJSON(1, nil), runJSON(2, map[string]any{"id": "HUGE"}),
		runJSON(3, map[string]any{"id": nil, "status": nil, "created_at": nil, "head_repository": nil, "pull_requests": nil}),
		runJSON(4, map[string]any{"created_at": "yesterday"})), `"HUGE"`, "10000000000000000000", 1)
	s.on("GET "+runsPath, 200, body)
	got, err := newClient(t, s.URL, nil).Runs(ctx, repo)
	if err != nil || got.Whole || len(got.Items) != 1 || got.Items[0].ID != 1 || !strings.Contains(got.Why, "3 items") {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestABadBodyIsNotServedAgainFromTheCache(t *testing.T) {
	s := newServer(t)
	calls := 0
	s.mux.HandleFunc("GET "+pullsPath, func(w http.ResponseWriter, r *http.Request) {
		calls++
		w.Header().Set("ETag", `"one"`)
		switch {
		case calls == 1:
			fmt.Fprint(w, `[{"number":`)
		case r.Header.Get("If-None-Match") != "":
			w.WriteHeader(http.StatusNotModified)
		default:
			fmt.Fprint(w, "[]")
		}
	})
	c := newClient(t, s.URL, nil)
	_, err := c.Pulls(ctx, repo)
	failure(t, err, fleet.CauseProtocol)
	if _, err := c.Pulls(ctx, repo); err != nil {
		t.Errorf("the cut body came back: %v", err)
	}
}

func TestSlowServerMeetsTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pipedClient(t, stalled([]byte(`[{"number":1}]`)))
		began := time.Now()
		_, err := c.Pulls(ctx, repo)
		failure(t, err, fleet.CauseTimeout)
		if took := time.Since(began); took != callDeadline {
			t.Errorf("took %v, want %v", took, callDeadline)
		}
	})
}

func TestGzipBombStopsAtTheCap(t *testing.T) {
	var one, packed bytes.Buffer
	z := gzip.NewWriter(&one)
	z.Write(make([]byte, 1<<20))
	z.Close()
	for range 512 { // a gzip stream may be many in a row
		packed.Write(one.Bytes())
	}
	s := newServer(t)
	s.mux.HandleFunc("GET "+pullsPath, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(packed.Bytes())
	})
	c := newClient(t, s.URL, nil)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := c.Pulls(ctx, repo)
	runtime.ReadMemStats(&after)
	failure(t, err, fleet.CauseTruncated)
	t.Logf("%d bytes for 512 MiB; %d MiB allocated in all", packed.Len(), (after.TotalAlloc-before.TotalAlloc)>>20)
	if got := after.TotalAlloc - before.TotalAlloc; got > 128<<20 {
		t.Errorf("%d MiB were allocated", got>>20)
	}
}

func TestRedirects(t *testing.T) {
	away, s := newServer(t), newServer(t)
	away.on("/", 200, "[]")
	s.on("GET /repos/a/away/pulls", 301, "{}", "Location", away.URL+"/x?sig=1")
	s.on("GET /repos/a/tls/pulls", 301, "{}", "Location", "https://127.0.0.1:1/x")
	s.on("GET /repos/a/loop/pulls", 301, "{}", "Location", "/repos/a/loop/pulls")
	s.on("GET /repos/a/renamed/pulls", 301, "{}", "Location", "/repositories/1/pulls")
	s.on("GET /repositories/1/pulls", 200, "[]")
	s.on("GET "+runPath, 200, text(runJSON(int64(runID), nil)))
	s.on("POST "+rerunPath, 307, "{}", "Location", "/elsewhere")
	s.on("POST /elsewhere", 201, "{}")
	c := newClient(t, s.URL, nil)
	for _, r := range []fleet.Repo{"a/away", "a/tls", "a/loop"} {
		_, err := c.Pulls(ctx, r)
		failure(t, err, fleet.CauseProtocol)
	}
	if got, err := c.Pulls(ctx, "a/renamed"); err != nil || !got.Whole {
		t.Errorf("a renamed repository: %v", err)
	}
	err := c.RerunFailed(ctx, runKey)
	failure(t, err, fleet.CauseProtocol)
	if errors.Is(err, ErrAmbiguous) {
		t.Error("a refused redirect was called ambiguous")
	}
	if n := len(away.requests()); n != 0 {
		t.Errorf("%d requests reached the other host", n)
	}
	loops := 0
	for _, r := range s.requests() {
		switch r.URL.Path {
		case "/elsewhere":
			t.Error("a change was sent on to another address")
		case "/repos/a/loop/pulls":
			loops++
		}
	}
	if loops != 1+maxRedirects {
		t.Errorf("a loop was asked %d times", loops)
	}
}

func TestUnreachable(t *testing.T) {
	s := newServer(t)
	s.Close()
	_, err := newClient(t, s.URL, nil).Pulls(ctx, repo)
	failure(t, err, fleet.CauseUnreachable)
}

func TestForeignCertificateIsNamed(t *testing.T) {
	s := newServer(t)
	s.Close()
	tlsServer := newTLSServer(t)
	_, err := newClient(t, tlsServer, nil).Pulls(ctx, repo)
	if f := failure(t, err, fleet.CauseUnreachable); !strings.Contains(f.Remedy, "certificate") {
		t.Errorf("remedy %q", f.Remedy)
	}
}

func TestConnectionCutInTheBody(t *testing.T) {
	s := newServer(t)
	s.mux.HandleFunc("GET "+pullsPath, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		io.WriteString(w, "[")
	})
	_, err := newClient(t, s.URL, nil).Pulls(ctx, repo)
	failure(t, err, fleet.CauseUnreachable)
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v", err)
	}
}

// A body under the cap may still be a bomb: 16 MiB of "{}," are gigabytes of
// structs.
func TestListsOfTooManyItemsAreRefused(t *testing.T) {
	many := "[" + strings.Repeat("{},", 300_000) + "{}]"
	step := `{"total_count":1,"jobs":[` + strings.Replace(text(jobJSON(1, map[string]any{"steps": "MANY"})), `"MANY"`, many, 1) + `]}`
	s := newServer(t)
	s.on("GET "+pullsPath, 200, many)
	s.on("GET "+jobsPath, 200, step)
	c := newClient(t, s.URL, nil)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := c.Pulls(ctx, repo)
	failure(t, err, fleet.CauseProtocol)
	_, err = c.Jobs(ctx, runKey, LatestAttempt)
	failure(t, err, fleet.CauseProtocol)
	runtime.ReadMemStats(&after)
	t.Logf("%d MiB allocated for 2 x %d KiB, server's share included", (after.TotalAlloc-before.TotalAlloc)>>20, len(many)>>10)
	if got := after.TotalAlloc - before.TotalAlloc; got > 60<<20 {
		t.Errorf("%d MiB were allocated", got>>20)
	}
}

func TestAMissingRunIsNotFoundAndNoMatterOfPermission(t *testing.T) {
	s := newServer(t)
	s.on("/", 404, `{"message":"Not Found"}`)
	c := newClient(t, s.URL, nil)
	_, err1 := c.Run(ctx, runKey)
	_, err2 := c.Pull(ctx, fleet.PRKey{Repo: repo, Number: 1})
	_, err3 := c.Jobs(ctx, runKey, LatestAttempt)
	for _, err := range []error{err1, err2, err3} {
		if failure(t, err, fleet.CauseOther); !errors.Is(err, ErrNotFound) {
			t.Errorf("%v", err)
		}
	}
}
