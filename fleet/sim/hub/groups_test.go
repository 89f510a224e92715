package hub

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"andon/fleet/sim/world"
)

type groupsAnswer struct {
	Total  int `json:"total_count"`
	Groups []struct {
		Name     string `json:"group_name"`
		URL      string `json:"group_url"`
		Acquired string `json:"last_acquired_at"`
		Members  []struct {
			Run      int64  `json:"run_id"`
			Status   string `json:"status"`
			Position *int   `json:"position"`
		} `json:"group_members"`
	} `json:"concurrency_groups"`
}

func read[T any](t *testing.T, body string) T {
	t.Helper()
	var v T
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return v
}

// TestGroups: a queue by the group's name, the groups of the repository by cursor,
// and those of a run with its own members only.
func TestGroups(t *testing.T) {
	s, w := serve(t)
	r := w.Repos[0]
	var live, ended *world.Run
	for _, x := range r.Runs {
		switch {
		case x.Status().Live() && live == nil:
			live = x
		case !x.Status().Live():
			ended = x
		}
	}
	second := &world.Run{Repo: r, ID: 1 << 40, Ref: live.Ref, Started: live.Started + 5, Created: live.Started + 5, Group: strings.ToUpper(live.GroupName())}
	r.Runs = append(r.Runs, second)
	live.Group = "ci-refs/pull/" + live.Ref + "/merge ?%"
	second.Group = strings.ToUpper(live.Group)
	base := "repos/paiml/aprender/actions/"

	resp, body := s.ask(t, "GET", base+"concurrency_groups/"+url.PathEscape(live.Group))
	type one struct {
		Name    string `json:"group_name"`
		Total   int    `json:"total_count"`
		Members []struct {
			Run    int64  `json:"run_id"`
			Status string `json:"status"`
		} `json:"group_members"`
	}
	if g := read[one](t, body); resp.StatusCode != 200 || g.Name != live.Group || g.Total != 2 || len(g.Members) != 2 ||
		g.Members[0].Run != live.ID || g.Members[0].Status != "in_progress" || g.Members[1].Run != second.ID || g.Members[1].Status != "pending" || strings.Contains(body, `"position"`) {
		t.Errorf("%s %s", resp.Status, body)
	}
	if resp, _ := s.ask(t, "GET", base+"concurrency_groups/idle"); resp.StatusCode != http.StatusNotFound {
		t.Errorf("an idle group: %s", resp.Status)
	}
	for _, tc := range []struct {
		run     *world.Run
		members string
	}{{live, "[0]"}, {second, "[1]"}, {ended, "[]"}} {
		_, body := s.ask(t, "GET", base+"runs/"+strconv.FormatInt(tc.run.ID, 10)+"/concurrency_groups")
		a := read[groupsAnswer](t, body)
		at := []int{}
		for _, m := range a.Groups[0].Members {
			if m.Run != tc.run.ID || m.Position == nil {
				t.Fatalf("run %d lists %s", tc.run.ID, body)
			}
			at = append(at, *m.Position)
		}
		if a.Total != 1 || fmt.Sprint(at) != tc.members || a.Groups[0].Members == nil {
			t.Errorf("run %d at %v, want %s: %s", tc.run.ID, at, tc.members, body)
		}
	}

	path, seen, pages := base+"concurrency_groups?per_page=2", map[string]bool{}, 0
	for path != "" {
		resp, body := s.ask(t, "GET", path)
		a := read[groupsAnswer](t, body)
		for _, g := range a.Groups {
			if seen[g.Name] || g.Acquired == "" || g.Members != nil {
				t.Errorf("%+v", g)
			}
			seen[g.Name] = true
		}
		if pages++; a.Total != len(r.Groups()) || len(a.Groups) > 2 {
			t.Fatalf("page %d: %s", pages, body)
		}
		next, _, more := strings.Cut(resp.Header.Get("Link"), `>; rel="next"`)
		if path = ""; more {
			path = strings.TrimPrefix(next[1:], s.URL())
		}
	}
	if len(seen) != len(r.Groups()) || len(seen) < 4 || pages != (len(seen)+1)/2 {
		t.Errorf("%d groups over %d pages, want %d", len(seen), pages, len(r.Groups()))
	}
}

func TestQueueRefs(t *testing.T) {
	s, w := serve(t)
	r := w.Repos[0]
	r.QueueRefs = append(r.QueueRefs, world.QueueRef{Name: "gh-readonly-queue/1.x/pr-5-beef", SHA: "beef"})
	type ref struct {
		Ref    string
		Object struct{ SHA string }
	}
	for asked, want := range map[string]int{"heads/gh-readonly-queue/": 2, "heads/gh-readonly-queue/1.x/": 1, "heads/gh-readonly-queue/none/": 0} {
		resp, body := s.ask(t, "GET", "repos/paiml/aprender/git/matching-refs/"+asked)
		refs := read[[]ref](t, body)
		if resp.StatusCode != 200 || len(refs) != want || strings.TrimSpace(body) == "null" {
			t.Errorf("%s: %s %s", asked, resp.Status, body)
		}
		for _, x := range refs {
			if !strings.HasPrefix(x.Ref, "refs/"+asked) || x.Object.SHA == "" {
				t.Errorf("%s: %+v", asked, x)
			}
		}
	}
}

// TestPartsBreakAlone: an older Enterprise Server, and a token that may not.
func TestPartsBreakAlone(t *testing.T) {
	s, w := serve(t)
	run := strconv.FormatInt(w.Repos[0].Runs[0].ID, 10)
	groups := []string{"actions/concurrency_groups", "actions/concurrency_groups/ci-1", "actions/runs/" + run + "/concurrency_groups"}
	refs := "git/matching-refs/heads/gh-readonly-queue/"
	status := func(path string) int {
		resp, _ := s.ask(t, "GET", "repos/paiml/aprender/"+path)
		return resp.StatusCode
	}
	s.BreakPart(Groups, Unknown)
	for _, p := range groups {
		if n := status(p); n != 404 {
			t.Errorf("%s: %d", p, n)
		}
	}
	if status(refs) != 200 || status("actions/runs/"+run) != 200 {
		t.Error("another part broke with it")
	}
	s.BreakPart(Groups, Healthy)
	s.BreakPart(QueueRefs, Forbidden)
	resp, _ := s.ask(t, "GET", "repos/paiml/aprender/"+refs)
	if resp.StatusCode != 403 || resp.Header.Get("X-Accepted-GitHub-Permissions") != "contents=read" || status(groups[0]) != 200 {
		t.Errorf("%s %v", resp.Status, resp.Header)
	}
}

// TestJobsSayWhenTheyWereQueued as GitHub does, beside a start time that means
// nothing while they wait.
func TestJobsSayWhenTheyWereQueued(t *testing.T) {
	s, w := serve(t)
	x := w.Repos[0].Runs[len(w.Repos[0].Runs)-1]
	_, body := s.ask(t, "GET", "repos/paiml/aprender/actions/runs/"+strconv.FormatInt(x.ID, 10)+"/jobs")
	a := read[struct {
		Jobs []struct {
			Created string `json:"created_at"`
		}
	}](t, body)
	if len(a.Jobs) == 0 || a.Jobs[0].Created != at(x.Jobs[0].Created).Format("2006-01-02T15:04:05Z") {
		t.Errorf("%s", body)
	}
}
