package gh

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"andon/fleet"
)

const (
	groupsPath    = "/repos/paiml/aprender/actions/concurrency_groups"
	runGroupsPath = runPath + "/concurrency_groups"
)

// lock is a member of a group as GitHub writes it; job 0: the whole run.
func lock(run, job int64, status string) map[string]any {
	m := map[string]any{"run_id": run, "run_name": "ci", "run_url": nil, "run_html_url": nil, "status": status}
	if job != 0 {
		m["job_id"], m["job_name"] = job, "gate"
	}
	return m
}

func groupJSON(name string, locks ...any) string {
	if locks == nil {
		locks = []any{}
	}
	return text(map[string]any{"group_name": name, "group_url": "https://api.github.com/x", "total_count": len(locks), "group_members": locks})
}

// runGroup is a group as a run lists it.
func runGroupJSON(name string, locks ...any) map[string]any {
	if locks == nil {
		locks = []any{}
	}
	return map[string]any{"group_name": name, "group_url": "https://api.github.com/x", "group_members": locks}
}

func TestWaitsInNamesTheGroupsARunWaitsIn(t *testing.T) {
	s := newServer(t)
	own := func(status string) map[string]any {
		m := lock(int64(runID), 0, status)
		m["position"], m["position_url"] = 1, "https://api.github.com/x"
		return m
	}
	s.on("GET "+runGroupsPath, 200, listJSON("concurrency_groups", 6,
		runGroupJSON("ci-refs/pull/1693/merge", own("pending")),
		runGroupJSON("held", own("in_progress")),
		runGroupJSON("left"), // by configuration only
		runGroupJSON("..", own("pending")),
		runGroupJSON("deploy \x1b[2J ü%2F?#", own("in_progress"), lock(int64(runID), 7, "pending")),
		runGroupJSON(".", own("pending"))))
	got, err := newClient(t, s.URL, nil).WaitsIn(ctx, runKey)
	if want := []string{"ci-refs/pull/1693/merge", "deploy \x1b[2J ü%2F?#"}; err != nil || !got.Whole || !slices.Equal(got.Items, want) {
		t.Errorf("%+v, %v; want %q", got, err, want)
	}
	r := s.requests()[0]
	if r.URL.Query().Get("per_page") != "100" || r.Header.Get("X-GitHub-Api-Version") != "2022-11-28" || len(s.requests()) != 1 {
		t.Errorf("%d requests, the first %s %v", len(s.requests()), r.URL, r.Header)
	}
}

// Groups have cursors, not page numbers.
func TestWaitsInFollowsCursors(t *testing.T) {
	for name, tc := range map[string]struct {
		next func(after string) string
		want int
		why  string
		sent int
	}{
		"three pages":    {func(a string) string { return map[string]string{"": "b=", "b=": "c+/", "c+/": ""}[a] }, 3, "", 3},
		"cursor repeats": {func(string) string { return "b=" }, 2, "the pages loop", 2},
		"first again":    {func(a string) string { return map[string]string{"": "b=", "b=": "b="}[a] }, 2, "the pages loop", 2},
	} {
		s := newServer(t)
		s.mux.HandleFunc("GET "+runGroupsPath, func(w http.ResponseWriter, r *http.Request) {
			after := r.URL.Query().Get("after")
			if n := tc.next(after); n != "" {
				q := r.URL.Query()
				q.Set("after", n)
				w.Header().Set("Link", fmt.Sprintf(`<%s%s?%s>; rel="next"`, s.URL, runGroupsPath, q.Encode()))
			}
			fmt.Fprint(w, listJSON("concurrency_groups", tc.want, runGroupJSON("g"+after, lock(int64(runID), 0, "pending"))))
		})
		got, err := newClient(t, s.URL, nil).WaitsIn(ctx, runKey)
		if err != nil || len(got.Items) != tc.want || got.Why != tc.why || got.Whole != (tc.why == "") || len(s.requests()) != tc.sent {
			t.Errorf("%s: %q, whole %v (%s), %d requests, %v", name, got.Items, got.Whole, got.Why, len(s.requests()), err)
		}
	}
}

func TestRunThatIsGoneAndServerWithoutGroups(t *testing.T) {
	gone := newServer(t)
	gone.on("GET "+groupsPath, 200, listJSON("concurrency_groups", 0))
	_, err := newClient(t, gone.URL, nil).WaitsIn(ctx, runKey)
	if failure(t, err, fleet.CauseOther); !errors.Is(err, ErrNotFound) || errors.Is(err, ErrAbsent) {
		t.Errorf("a run GitHub does not know: %v", err)
	}
	old := newServer(t) // Enterprise Server 3.19: it answers 404 to every such address
	c := newClient(t, old.URL, nil)
	_, err = c.WaitsIn(ctx, runKey)
	if f := failure(t, err, fleet.CauseOther); !errors.Is(err, ErrAbsent) || errors.Is(err, ErrNotFound) || !strings.Contains(f.Error(), "no concurrency group API") {
		t.Errorf("a server without the API: %v", err)
	}
	if n := len(old.requests()); n != 2 || old.requests()[1].URL.Query().Get("per_page") != "1" {
		t.Errorf("%d requests to find out", n)
	}
	if err := c.HasGroups(ctx, repo); !errors.Is(err, ErrAbsent) {
		t.Errorf("%v", err)
	}
	if err := newClient(t, gone.URL, nil).HasGroups(ctx, repo); err != nil {
		t.Errorf("a server with the API: %v", err)
	}
}

func TestGroupsThatMayNotBeRead(t *testing.T) {
	s := newServer(t)
	for _, p := range []string{runGroupsPath, groupsPath, groupsPath + "/ci"} {
		s.on("GET "+p, 403, `{"message":"Resource not accessible by personal access token"}`, "X-Accepted-GitHub-Permissions", "actions=read")
	}
	c := newClient(t, s.URL, nil)
	_, one := c.WaitsIn(ctx, runKey)
	_, two := c.Group(ctx, repo, "ci")
	for _, err := range []error{one, two, c.HasGroups(ctx, repo)} {
		if f := failure(t, err, fleet.CausePermission); !strings.Contains(f.Error(), "Resource not accessible") || !strings.Contains(f.Remedy, "actions=read") {
			t.Errorf("%v; %s", f, f.Remedy)
		}
	}
}

func TestGroupIsItsQueue(t *testing.T) {
	s := newServer(t)
	s.on("GET "+groupsPath+"/ci", 200, groupJSON("CI", lock(5, 51, "in_progress"), lock(6, 0, "pending"), lock(7, 71, "pending")))
	s.on("GET "+groupsPath+"/vacant", 200, groupJSON("vacant", lock(6, 0, "pending"), lock(7, 0, "pending")))
	s.on("GET "+groupsPath+"/empty", 200, groupJSON("empty"))
	c := newClient(t, s.URL, nil)
	g, err := c.Group(ctx, repo, "ci")
	want := []fleet.GroupMember{{Run: 5, Job: 51, Status: fleet.StatusInProgress}, {Run: 6, Status: fleet.StatusPending, Position: 1}, {Run: 7, Job: 71, Status: fleet.StatusPending, Position: 2}}
	if err != nil || g.Name != "CI" || g.Repo != repo || g.ReadAt.IsZero() || !slices.Equal(g.Members, want) {
		t.Errorf("%+v, %v", g, err)
	}
	if g, err := c.Group(ctx, repo, "vacant"); err != nil || g.Members[0].Position != 1 || g.Members[1].Position != 2 {
		t.Errorf("a queue nobody holds: %+v, %v", g, err)
	}
	if g, err := c.Group(ctx, repo, "empty"); err != nil || len(g.Members) != 0 {
		t.Errorf("%+v, %v", g, err)
	}
	_, err = c.Group(ctx, repo, "idle")
	if failure(t, err, fleet.CauseOther); !errors.Is(err, ErrNotFound) {
		t.Errorf("an idle group: %v", err)
	}
}

// Names are foreign: whatever they hold, one address is asked, and it is theirs.
func TestGroupNamesWithOddBytes(t *testing.T) {
	s := newServer(t)
	s.mux.HandleFunc("GET "+groupsPath+"/{name}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, groupJSON(r.PathValue("name"), lock(1, 0, "in_progress")))
	})
	c := newClient(t, s.URL, nil)
	for _, name := range []string{"ci-refs/pull/1693/merge", "a/../../b", "per%2Fcent", "q?a=b&c", "#frag", " blank ", "new\nline", "\x1b]0;x\a", "\u202egnp", "日本", "a:b", "%", "…", ";", "+"} {
		if g, err := c.Group(ctx, repo, name); err != nil || g.Name != name || len(g.Members) != 1 {
			t.Errorf("%q: %+v, %v", name, g, err)
		}
	}
	sent := len(s.requests())
	for _, name := range []string{"", ".", ".."} {
		_, err := c.Group(ctx, repo, name)
		failure(t, err, fleet.CauseProtocol)
	}
	if n := len(s.requests()); n != sent {
		t.Errorf("%d requests for names that are no address", n-sent)
	}
}

func TestGroupThatIsNotWholeIsNoQueue(t *testing.T) {
	for name, tc := range map[string]struct {
		body  string
		cause fleet.Cause
	}{
		"empty":               {"", fleet.CauseProtocol},
		"null":                {"null", fleet.CauseProtocol},
		"another object":      {`{"ok":true}`, fleet.CauseProtocol},
		"another group":       {groupJSON("other", lock(1, 0, "in_progress")), fleet.CauseProtocol},
		"no members":          {`{"group_name":"ci","total_count":0}`, fleet.CauseProtocol},
		"members are null":    {`{"group_name":"ci","total_count":0,"group_members":null}`, fleet.CauseProtocol},
		"member without run":  {groupJSON("ci", lock(1, 0, "in_progress"), lock(0, 0, "pending")), fleet.CauseTruncated},
		"member no status":    {groupJSON("ci", lock(1, 0, "")), fleet.CauseTruncated},
		"member of odd type":  {`{"group_name":"ci","total_count":1,"group_members":[7]}`, fleet.CauseProtocol},
		"fewer than promised": {`{"group_name":"ci","total_count":9,"group_members":[{"run_id":1,"status":"in_progress"}]}`, fleet.CauseTruncated},
		"a page":              {"<html>busy</html>", fleet.CauseServer},
	} {
		s := newServer(t)
		s.on("GET "+groupsPath+"/ci", 200, tc.body)
		g, err := newClient(t, s.URL, nil).Group(ctx, repo, "ci")
		if f := failure(t, err, tc.cause); f == nil || g.Members != nil {
			t.Errorf("%s: %+v", name, g)
		}
	}
	for name, body := range map[string]string{"empty": "", "null list": `{"total_count":0,"concurrency_groups":null}`, "bare list": "[]"} {
		s := newServer(t)
		s.on("GET "+runGroupsPath, 200, body)
		s.on("GET "+groupsPath, 200, body)
		c := newClient(t, s.URL, nil)
		_, err := c.WaitsIn(ctx, runKey)
		failure(t, err, fleet.CauseProtocol)
		if err := c.HasGroups(ctx, repo); !errors.Is(err, errNoAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := newServer(t)
	s.on("GET "+runGroupsPath, 200, listJSON("concurrency_groups", 3, runGroupJSON("a", lock(1, 0, "pending"))))
	if got, err := newClient(t, s.URL, nil).WaitsIn(ctx, runKey); err != nil || got.Whole || got.Why != "1 of 3 items came" {
		t.Errorf("%+v, %v", got, err)
	}
}
