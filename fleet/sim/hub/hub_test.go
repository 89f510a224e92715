package hub

import (
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/sim/world"
)

const t0 = 1779300000

func serve(t *testing.T) (*Server, *world.World) {
	t.Helper()
	w := world.New(1, t0, world.Scale{PRs: 130})
	w.Advance(t0)
	now := func() time.Time { return time.Unix(t0, 0) }
	s, err := Serve(t.Context(), Backend{World: w, Lock: &sync.Mutex{}, Now: now, Advance: func() { w.Advance(t0) }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s, w
}

// ask sends one request; redirects are not followed.
func (s *Server) ask(t *testing.T, method, path string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, s.URL()+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(path, "_blob") {
		req.Header.Set("Authorization", "Bearer "+s.Token())
	}
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	c := &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer c.CloseIdleConnections()
	resp, err := c.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp, string(b)
}

func left(t *testing.T, r *http.Response) int {
	t.Helper()
	n, err := strconv.Atoi(r.Header.Get("X-RateLimit-Remaining"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// TestPages follows the Link headers through a list of 100 and some.
func TestPages(t *testing.T) {
	s, _ := serve(t)
	path, seen := "repos/paiml/fleet-load/pulls?per_page=500&state=open", map[int]bool{}
	for pages := 1; ; pages++ {
		r, body := s.ask(t, "GET", path)
		var list []struct {
			Number int `json:"number"`
		}
		if err := json.Unmarshal([]byte(body), &list); err != nil || len(list) > 100 {
			t.Fatalf("page %d: %d items, %v", pages, len(list), err)
		}
		for _, p := range list {
			seen[p.Number] = true
		}
		next, _, more := strings.Cut(r.Header.Get("Link"), `>; rel="next"`)
		if !more {
			if pages != 2 {
				t.Errorf("%d pages", pages)
			}
			break
		}
		path = strings.TrimPrefix(next[strings.LastIndex(next, "<")+1:], s.URL())
	}
	if len(seen) != 118 {
		t.Errorf("%d pull requests over all pages, want the 130 without the story's 12", len(seen))
	}
}

// TestNotModifiedIsFree: an answer the client has costs nothing of the limit.
func TestNotModifiedIsFree(t *testing.T) {
	s, _ := serve(t)
	first, _ := s.ask(t, "GET", "repos/paiml/aprender/actions/runs?per_page=100")
	again, body := s.ask(t, "GET", "repos/paiml/aprender/actions/runs?per_page=100", "If-None-Match", first.Header.Get("ETag"))
	if again.StatusCode != http.StatusNotModified || body != "" || left(t, again) != left(t, first) {
		t.Errorf("%s with %d bytes, %d left after %d", again.Status, len(body), left(t, again), left(t, first))
	}
	other, _ := s.ask(t, "GET", "repos/paiml/aprender/actions/runs?per_page=100", "If-None-Match", `W/"old"`)
	if other.StatusCode != http.StatusOK || left(t, other) != left(t, first)-1 {
		t.Errorf("%s, %d left", other.Status, left(t, other))
	}
}

// TestLogsLieInAnotherPlace: behind a redirect, in ranges, without the token, and
// not before the job has ended.
func TestLogsLieInAnotherPlace(t *testing.T) {
	s, w := serve(t)
	r := w.Repos[0]
	var done, live *world.Job
	for _, x := range r.Runs {
		for _, j := range x.Jobs {
			switch {
			case j.Status == fleet.StatusInProgress:
				live = j
			case j.Runner != nil && j.Ending == world.EndDenied:
				done = j
			}
		}
	}
	if done == nil || live == nil {
		t.Fatal("the story has no such jobs")
	}
	at := func(j *world.Job) string {
		resp, _ := s.ask(t, "GET", "repos/paiml/aprender/actions/jobs/"+strconv.FormatInt(j.ID, 10)+"/logs")
		if resp.StatusCode != http.StatusFound {
			t.Fatalf("log of job %d: %s", j.ID, resp.Status)
		}
		return strings.TrimPrefix(resp.Header.Get("Location"), s.URL())
	}
	if resp, body := s.ask(t, "GET", at(done), "Range", "bytes=-60"); resp.StatusCode != http.StatusPartialContent || len(body) != 60 {
		t.Errorf("the last bytes: %s, %q", resp.Status, body)
	}
	if resp, body := s.ask(t, "GET", at(done)); resp.StatusCode != http.StatusOK || !strings.Contains(body, "Permission denied (os error 13)") {
		t.Errorf("the log: %s, %q", resp.Status, body)
	}
	if resp, _ := s.ask(t, "GET", at(done), "Authorization", "Bearer "+s.Token()); resp.StatusCode != http.StatusBadRequest {
		t.Errorf("with the token: %s", resp.Status)
	}
	if resp, body := s.ask(t, "GET", at(live)); resp.StatusCode != http.StatusNotFound || !strings.Contains(body, "BlobNotFound") {
		t.Errorf("a live job's log: %s, %q", resp.Status, body)
	}
}

// TestChanges are counted where they are accepted, and refused in GitHub's words.
func TestChanges(t *testing.T) {
	s, w := serve(t)
	var red, live *world.Run
	for _, x := range w.Repos[0].Runs {
		switch {
		case x.Status().Live():
			live = x
		case x.Conclusion() == fleet.ConclusionFailure:
			red = x
		}
	}
	on := func(x *world.Run, what string) string {
		return "repos/paiml/aprender/actions/runs/" + strconv.FormatInt(x.ID, 10) + "/" + what
	}
	for _, c := range []struct {
		path string
		want int
		says string
	}{
		{on(live, "rerun-failed-jobs"), 403, "already running"},
		{on(red, "cancel"), 409, "Cannot cancel a workflow run that is completed."},
		{on(red, "rerun-failed-jobs"), 201, "{}"},
		{on(red, "rerun-failed-jobs"), 403, "already running"},
		{on(live, "cancel"), 202, "{}"},
		{"repos/paiml/aprender/actions/runs/1/cancel", 404, "Not Found"},
		{"repos/paiml/nothing/actions/runs/1/cancel", 404, "Not Found"},
	} {
		if resp, body := s.ask(t, "POST", c.path); resp.StatusCode != c.want || !strings.Contains(body, c.says) {
			t.Errorf("POST %s: %s, %s; want %d", c.path, resp.Status, body, c.want)
		}
	}
	if s.Reruns() != 1 || red.Attempt != 2 || live.Conclusion() != fleet.ConclusionCancelled {
		t.Errorf("%d reruns, attempt %d, %s", s.Reruns(), red.Attempt, live.Conclusion())
	}
}

// TestShapes checks what a client must not trip over.
func TestShapes(t *testing.T) {
	s, _ := serve(t)
	_, body := s.ask(t, "GET", "repos/paiml/aprender/actions/runs?per_page=100")
	var runs struct {
		Total int `json:"total_count"`
		Runs  []struct {
			ID    int64   `json:"id"`
			Concl *string `json:"conclusion"`
			State string  `json:"status"`
			Head  struct {
				Name string `json:"full_name"`
			} `json:"head_repository"`
			PRs []any `json:"pull_requests"`
		} `json:"workflow_runs"`
	}
	if err := json.Unmarshal([]byte(body), &runs); err != nil {
		t.Fatal(err)
	}
	forks := 0
	for _, r := range runs.Runs {
		if r.ID < 1<<32 || (r.Concl == nil) != (r.State != "completed") || r.PRs == nil {
			t.Errorf("run %+v", r)
		}
		if r.Head.Name != "paiml/aprender" {
			forks++
			if len(r.PRs) != 0 {
				t.Errorf("a fork's run lists pull requests: %+v", r)
			}
		}
	}
	if forks == 0 || runs.Total < len(runs.Runs) {
		t.Errorf("%d runs of forks, %d in all, %d on the page", forks, runs.Total, len(runs.Runs))
	}
	_, body = s.ask(t, "GET", "orgs/paiml/actions/runners")
	if !strings.Contains(body, `"name":"intel-clean-room-14","os":"Linux","status":"offline"`) {
		t.Errorf("runners: %s", body)
	}
	if resp, _ := s.ask(t, "GET", "rate_limit"); resp.StatusCode != 200 {
		t.Error(resp.Status)
	}
}
