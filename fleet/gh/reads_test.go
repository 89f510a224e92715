package gh

import (
	"errors"
	"net/http"
	"testing"
	"time"

	"andon/fleet"
)

func TestRunsOfAForkWithBigIDs(t *testing.T) {
	s := newServer(t)
	s.on("GET "+runsPath, 200, listJSON("workflow_runs", 2,
		runJSON(int64(runID), nil),
		runJSON(42, map[string]any{"head_repository": nil, "conclusion": nil, "status": "queued", "head_branch": nil, "name": nil, "run_attempt": 1,
			"pull_requests": []any{
				map[string]any{"number": 1693, "base": map[string]any{"repo": map[string]any{"url": "https://api.github.com/repos/Paiml/aprender"}}},
				map[string]any{"number": 5, "base": map[string]any{"repo": map[string]any{"url": "https://api.github.com/repos/upstream/aprender"}}},
			}})))
	at := time.Date(2026, 5, 15, 12, 0, 0, 0, time.UTC)
	got, err := newClient(t, s.URL, func() time.Time { return at }).Runs(ctx, repo)
	if err != nil || !got.Whole || len(got.Items) != 2 {
		t.Fatalf("%+v, %v", got, err)
	}
	r := got.Items[0]
	if r.ID != runID || r.Attempt != 2 || r.HeadRepo != "someone/aprender" || r.PullRequests != nil ||
		r.Conclusion != fleet.ConclusionFailure || !r.StartedAt.Equal(time.Date(2026, 5, 15, 10, 30, 0, 0, time.UTC)) || !r.ReadAt.Equal(at) || r.Repo != repo {
		t.Errorf("run of a fork: %+v", r)
	}
	q := got.Items[1]
	if q.HeadRepo != "" || q.Conclusion != "" || !q.Status.Live() || len(q.PullRequests) != 1 || q.PullRequests[0] != 1693 {
		t.Errorf("queued run of a deleted fork: %+v", q)
	}
	r0 := s.requests()[0]
	if r0.URL.Query().Get("per_page") != "100" || r0.Header.Get("X-GitHub-Api-Version") != "2022-11-28" || r0.Header.Get("User-Agent") != "andon" {
		t.Errorf("request %s %v", r0.URL, r0.Header)
	}
}

func TestRunsPromiseTheNewestPageOnly(t *testing.T) {
	s := newServer(t)
	var items []any
	for i := range 100 {
		items = append(items, runJSON(int64(1000+i), nil))
	}
	s.on("GET "+runsPath, 200, listJSON("workflow_runs", 12345, items...), "Link", `<`+s.URL+runsPath+`?page=2>; rel="next"`)
	got, err := newClient(t, s.URL, nil).Runs(ctx, repo)
	if err != nil || !got.Whole || len(got.Items) != 100 || len(s.requests()) != 1 {
		t.Errorf("%d runs, whole %v (%s), %d requests, %v", len(got.Items), got.Whole, got.Why, len(s.requests()), err)
	}
}

func TestRunByID(t *testing.T) {
	s := newServer(t)
	s.on("GET "+runPath, 200, text(runJSON(int64(runID), nil)))
	s.on("GET "+runsPath+"/7", 200, text(runJSON(8, nil)))
	s.on("GET "+runsPath+"/9", 200, "{}")
	c := newClient(t, s.URL, nil)
	if r, err := c.Run(ctx, runKey); err != nil || r.Key() != runKey {
		t.Errorf("%+v, %v", r, err)
	}
	for _, id := range []fleet.RunID{7, 9} {
		_, err := c.Run(ctx, fleet.RunKey{Repo: repo, ID: id})
		failure(t, err, fleet.CauseProtocol)
	}
	if _, err := c.Run(ctx, fleet.RunKey{Repo: "a/../b", ID: 1}); err == nil {
		t.Error("a repository name with dots reached the server")
	}
}

func TestJobs(t *testing.T) {
	s := newServer(t)
	s.on("GET "+jobsPath, 200, listJSON("jobs", 3,
		jobJSON(jobID, map[string]any{"created_at": "2026-05-15T10:12:00Z"}),
		jobJSON(jobID+1, map[string]any{"status": "queued", "conclusion": nil, "completed_at": nil, "runner_id": 0, "runner_name": "intel-9", "steps": []any{}}),
		jobJSON(jobID+2, map[string]any{"status": "in_progress", "conclusion": nil, "completed_at": nil, "runner_name": "intel-4"})))
	c := newClient(t, s.URL, nil)
	got, err := c.Jobs(ctx, runKey, AllAttempts)
	if err != nil || !got.Whole || len(got.Items) != 3 {
		t.Fatalf("%+v, %v", got, err)
	}
	if f := s.requests()[0].URL.Query().Get("filter"); f != "all" {
		t.Errorf("filter=%s", f)
	}
	if step, ok := got.Items[0].FailedStep(); !ok || step.Name != "Set up job" || got.Items[0].ID != jobID {
		t.Errorf("failed step %+v of %+v", step, got.Items[0])
	}
	if wait, ok := got.Items[0].Waited(time.Now()); !ok || wait != 18*time.Minute+5*time.Second {
		t.Errorf("waited %s %v from %s", wait, ok, got.Items[0].CreatedAt)
	}
	if _, ok := got.Items[2].Waited(time.Now()); ok || !got.Items[2].CreatedAt.IsZero() {
		t.Errorf("a job without created_at waited since %s", got.Items[2].CreatedAt)
	}
	queued := got.Items[1]
	if _, ok := queued.Duration(); ok || queued.StartedAt.IsZero() || queued.Runner != "" {
		t.Errorf("queued job with started_at: %+v", queued)
	}
	if got.Items[2].Runner != "intel-4" {
		t.Errorf("running job: %+v", got.Items[2])
	}
}

func TestNoJobsIsATrueAnswer(t *testing.T) {
	s := newServer(t)
	s.on("GET "+jobsPath, 200, listJSON("jobs", 0))
	if got, err := newClient(t, s.URL, nil).Jobs(ctx, runKey, LatestAttempt); err != nil || !got.Whole || len(got.Items) != 0 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestJobOfAnotherRunIsDropped(t *testing.T) {
	s := newServer(t)
	s.on("GET "+jobsPath, 200, listJSON("jobs", 2, jobJSON(1, nil), jobJSON(2, map[string]any{"run_id": 3})))
	if got, err := newClient(t, s.URL, nil).Jobs(ctx, runKey, LatestAttempt); err != nil || got.Whole || len(got.Items) != 1 {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestPullIsMergedClosedOrOpen(t *testing.T) {
	closed := map[string]any{"state": "closed", "closed_at": "2026-05-15T11:00:00Z", "merged": false}
	merged := map[string]any{"state": "closed", "closed_at": "2026-05-15T11:00:00Z", "merged": true, "merged_at": "2026-05-15T11:00:00Z"}
	for name, tc := range map[string]struct {
		change map[string]any
		want   fleet.PRState
		closed bool
	}{
		"open": {nil, fleet.PROpen, false}, "closed": {closed, fleet.PRClosed, true}, "merged": {merged, fleet.PRMerged, true},
	} {
		s := newServer(t)
		s.on("GET "+pullsPath+"/1693", 200, text(pullJSON(1693, tc.change)))
		p, err := newClient(t, s.URL, nil).Pull(ctx, fleet.PRKey{Repo: repo, Number: 1693})
		if err != nil || p.State != tc.want || p.ClosedAt.IsZero() == tc.closed || !p.Alone || p.ReadAt.IsZero() || p.HeadRepo != "someone/aprender" {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func TestPullWhoseStateMakesNoSenseIsNotClosed(t *testing.T) {
	for name, change := range map[string]map[string]any{
		"no state": {"state": nil}, "new word": {"state": "archived"}, "open but closed": {"closed_at": "2026-05-15T11:00:00Z"},
		"closed without a time": {"state": "closed"}, "another number": {"number": 4},
	} {
		s := newServer(t)
		s.on("GET "+pullsPath+"/1693", 200, text(pullJSON(1693, change)))
		_, err := newClient(t, s.URL, nil).Pull(ctx, fleet.PRKey{Repo: repo, Number: 1693})
		if !errors.Is(err, errNoAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRunnersOfARepositoryAndAnOrganisation(t *testing.T) {
	s := newServer(t)
	item := map[string]any{"id": 9, "name": "intel-3", "os": "linux", "status": "online", "busy": true, "labels": []any{map[string]any{"id": 1, "name": "clean-room", "type": "custom"}}}
	s.on("GET "+runnersPath, 200, listJSON("runners", 1, item))
	s.on("GET /orgs/paiml/actions/runners", 200, listJSON("runners", 1, item))
	c := newClient(t, s.URL, nil)
	for _, scope := range []string{"paiml/aprender", "paiml"} {
		got, err := c.Runners(ctx, scope)
		if err != nil || !got.Whole || len(got.Items) != 1 {
			t.Fatalf("%s: %+v, %v", scope, got, err)
		}
		if r := got.Items[0]; r.Scope != scope || !r.Online || !r.Busy || len(r.Labels) != 1 || r.Labels[0] != "clean-room" {
			t.Errorf("%s: %+v", scope, r)
		}
	}
	if _, err := c.Runners(ctx, "../user"); err == nil {
		t.Error("a scope with dots was asked for")
	}
}

func TestSharedReadsAreSafe(t *testing.T) {
	s := newServer(t)
	s.mux.HandleFunc("GET "+pullsPath, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `W/"1"`)
		w.Header().Set("X-RateLimit-Limit", "5000")
		w.Header().Set("X-RateLimit-Remaining", "4000")
		w.Header().Set("X-RateLimit-Reset", "4000000000")
		if r.Header.Get("If-None-Match") == `W/"1"` {
			w.WriteHeader(304)
			return
		}
		w.Write([]byte(text([]any{pullJSON(1, nil)})))
	})
	c := newClient(t, s.URL, nil)
	done := make(chan error)
	for range 8 {
		go func() {
			for range 20 {
				if got, err := c.Pulls(ctx, repo); err != nil || !got.Whole || len(got.Items) != 1 {
					done <- errors.Join(err, errors.New(got.Why+" bad list"))
					return
				}
				c.Budget()
			}
			done <- nil
		}()
	}
	for range 8 {
		if err := <-done; err != nil {
			t.Error(err)
		}
	}
}
