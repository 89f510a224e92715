package gh

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"andon/fleet"
)

// paged answers a list of pull requests page by page; next names the page each
// page points to, 0 for none.
func paged(s *server, pages map[int][]int, next func(page int) int) {
	s.mux.HandleFunc("GET "+pullsPath, func(w http.ResponseWriter, r *http.Request) {
		page := 1
		if p := r.URL.Query().Get("page"); p != "" {
			page, _ = strconv.Atoi(p)
		}
		if n := next(page); n != 0 {
			w.Header().Set("Link", fmt.Sprintf(`<%s%s?per_page=100&page=%d>; rel="next", <%s%s?page=99>; rel="last"`, s.URL, pullsPath, n, s.URL, pullsPath))
		}
		items := []any{}
		for _, n := range pages[page] {
			items = append(items, pullJSON(n, nil))
		}
		fmt.Fprint(w, text(items))
	})
}

func TestPages(t *testing.T) {
	upTo := func(last int) func(int) int {
		return func(p int) int {
			if p < last {
				return p + 1
			}
			return 0
		}
	}
	for name, tc := range map[string]struct {
		pages map[int][]int
		next  func(int) int
		want  int // items
		why   string
		asked int
	}{
		"three":         {map[int][]int{1: {1, 2}, 2: {3, 4}, 3: {5}}, upTo(3), 5, "", 3},
		"shifted":       {map[int][]int{1: {5, 4, 3}, 2: {3, 2, 1}}, upTo(2), 5, "", 2},
		"link to self":  {map[int][]int{1: {1}}, func(int) int { return 1 }, 1, "the pages loop", 1},
		"link back":     {map[int][]int{1: {1}, 2: {2}, 3: {3}}, func(p int) int { return []int{0, 2, 3, 1}[p] }, 3, "the pages loop", 3},
		"repeats":       {map[int][]int{1: {1}, 2: {1}, 3: {1}}, func(p int) int { return p + 1 }, 1, "a page repeats", 2},
		"page vanishes": {map[int][]int{1: {1, 2}}, func(p int) int { return p + 1 }, 2, "a page repeats", 2},
	} {
		t.Run(name, func(t *testing.T) {
			s := newServer(t)
			paged(s, tc.pages, tc.next)
			got, err := newClient(t, s.URL, nil).Pulls(ctx, repo)
			if err != nil || len(got.Items) != tc.want || got.Why != tc.why || got.Whole != (tc.why == "") || len(s.requests()) != tc.asked {
				t.Errorf("%d items, whole %v (%s), %d requests, %v", len(got.Items), got.Whole, got.Why, len(s.requests()), err)
			}
			seen := map[int]bool{}
			for _, p := range got.Items {
				if seen[p.Number] {
					t.Errorf("pull request %d twice", p.Number)
				}
				seen[p.Number] = true
			}
		})
	}
}

func TestPagesWithoutEndStopAtTheCap(t *testing.T) {
	s := newServer(t)
	pages := map[int][]int{}
	for i := range 200 {
		pages[i+1] = []int{i + 1}
	}
	paged(s, pages, func(p int) int { return p + 1 })
	got, err := newClient(t, s.URL, nil).Pulls(ctx, repo)
	if err != nil || got.Whole || len(got.Items) != maxPages || len(s.requests()) != maxPages || got.Why != "cut at 100 pages" {
		t.Errorf("%d items, whole %v (%s), %d requests, %v", len(got.Items), got.Whole, got.Why, len(s.requests()), err)
	}
}

func TestALaterPageThatFailsFailsTheList(t *testing.T) {
	s := newServer(t)
	s.mux.HandleFunc("GET "+pullsPath, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") == "2" {
			w.WriteHeader(500)
			return
		}
		w.Header().Set("Link", `<`+s.URL+pullsPath+`?page=2>; rel="next"`)
		fmt.Fprint(w, text([]any{pullJSON(1, nil)}))
	})
	got, err := newClient(t, s.URL, nil).Pulls(ctx, repo)
	failure(t, err, fleet.CauseServer)
	if got.Whole || got.Items != nil {
		t.Errorf("%+v", got)
	}
}

func TestALinkToAnotherHostIsNotFollowed(t *testing.T) {
	away, s := newServer(t), newServer(t)
	away.on("/", 200, "[]")
	s.mux.HandleFunc("GET "+pullsPath, func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("page") != "2" {
			w.Header().Set("Link", `<`+away.URL+`/x?page=2>; rel="next"`)
			fmt.Fprint(w, text([]any{pullJSON(1, nil)}))
			return
		}
		fmt.Fprint(w, text([]any{pullJSON(2, nil)}))
	})
	got, err := newClient(t, s.URL, nil).Pulls(ctx, repo)
	if err != nil || len(got.Items) != 2 || len(away.requests()) != 0 {
		t.Errorf("%+v, %v; %d requests to the other host", got, err, len(away.requests()))
	}
}

// 81 of 433: a page shorter than total_count is a hole, not the truth.
func TestTotalCountAgainstWhatCame(t *testing.T) {
	s := newServer(t)
	var items []any
	for i := range 81 {
		items = append(items, jobJSON(int64(i+1), nil))
	}
	s.on("GET "+jobsPath, 200, listJSON("jobs", 433, items...))
	got, err := newClient(t, s.URL, nil).Jobs(ctx, runKey, LatestAttempt)
	if err != nil || got.Whole || got.Why != "81 of 433 items came" {
		t.Errorf("whole %v, %q, %v", got.Whole, got.Why, err)
	}
	part, err := got.Complete()
	failure(t, err, fleet.CauseTruncated)
	if part != nil {
		t.Errorf("%d items of an incomplete list", len(part))
	}
	got.Whole = true
	if all, err := got.Complete(); err != nil || len(all) != 81 {
		t.Errorf("%d items, %v", len(all), err)
	}
}

func TestSingleSignOnHidesPartOfAList(t *testing.T) {
	s := newServer(t)
	s.on("GET "+pullsPath, 200, "[]", "X-GitHub-SSO", "partial-results; organizations=21955855")
	got, err := newClient(t, s.URL, nil).Pulls(ctx, repo)
	if err != nil || got.Whole || !strings.Contains(got.Why, "single sign-on") {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestRunsWithAStatus(t *testing.T) {
	s := newServer(t)
	s.on("GET "+runsPath, 200, listJSON("workflow_runs", 1, runJSON(1, map[string]any{"status": "queued"})))
	got, err := newClient(t, s.URL, nil).RunsWith(ctx, repo, fleet.StatusQueued)
	if err != nil || !got.Whole || s.requests()[0].URL.Query().Get("status") != "queued" {
		t.Errorf("%+v, %v", got, err)
	}
}
