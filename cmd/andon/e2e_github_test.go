package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// githubE2E is an HTTP GitHub with the payload shapes of the real one. Its
// workflow runs build on a real disk: an attempt succeeds if the run dir then
// belongs to the wanted owner, as cargo's first write would decide.
type githubE2E struct {
	*httptest.Server
	repo, targets string
	began         time.Time

	mu     sync.Mutex
	runs   []*runE2E
	reruns map[int64]int
	down   int // status that every read answers with; 0: healthy
}

type runE2E struct {
	id      int64
	pr      int // 0: a push to main
	attempt int
	status  string
	concl   string
	merged  bool // of the pull request
	began   time.Time
}

func (r *runE2E) branch() string {
	if r.pr == 0 {
		return "main"
	}
	return fmt.Sprintf("feature-%d", r.pr)
}

func (r *runE2E) ref() string {
	if r.pr == 0 {
		return "main"
	}
	return strconv.Itoa(r.pr)
}

func (r *runE2E) sha() string { return fmt.Sprintf("%040x", r.id) }

const tokenE2E = "ghp_e2eCanaryTokenThatMustNeverBeSeen00"

func newGitHubE2E(t *testing.T, targets string) *githubE2E {
	g := &githubE2E{repo: "paiml/aprender", targets: targets, began: time.Now(), reruns: map[int64]int{}}
	g.Server = httptest.NewServer(http.HandlerFunc(g.serve))
	t.Cleanup(g.Close)
	return g
}

func (g *githubE2E) add(r *runE2E) *runE2E {
	g.mu.Lock()
	defer g.mu.Unlock()
	r.attempt, r.status = 1, "completed"
	if r.began.IsZero() {
		r.began = g.began.Add(-10 * time.Second)
	}
	g.runs = append(g.runs, r)
	return r
}

func (g *githubE2E) count(id int64) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.reruns[id]
}

func (g *githubE2E) breakWith(status int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.down = status
}

func (g *githubE2E) serve(w http.ResponseWriter, req *http.Request) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if strings.HasPrefix(req.URL.Path, "/blob/") {
		fmt.Fprintf(w, "\ufeff%s ##[group]Run cargo test\n%[1]s \x1b[36;1mcargo test\x1b[0m\n%[1]s ##[endgroup]\n%[1]s error: failed to create directory `/workspace/target/debug`\n%[1]s ##[error]Process completed with exit code 101.\n", "2026-05-18T03:12:07.1234567Z")
		return
	}
	if req.Header.Get("Authorization") != "Bearer "+tokenE2E {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprint(w, `{"message":"Bad credentials"}`)
		return
	}
	w.Header().Set("X-RateLimit-Limit", "5000")
	w.Header().Set("X-RateLimit-Remaining", "4900")
	w.Header().Set("X-RateLimit-Reset", strconv.FormatInt(time.Now().Add(time.Hour).Unix(), 10))
	if g.down != 0 {
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(g.down)
		fmt.Fprint(w, "<html><body>upstream \x1b]0;owned\x07 is gone</body></html>")
		return
	}
	g.build()
	g.route(w, req, strings.Split(strings.TrimPrefix(req.URL.Path, "/repos/"+g.repo+"/"), "/"))
}

// build lets live attempts end as the disk decides.
func (g *githubE2E) build() {
	for _, r := range g.runs {
		if r.status != "in_progress" {
			continue
		}
		r.status, r.concl = "completed", "failure"
		dir := filepath.Join(g.targets, "aprender-ci", r.ref(), fmt.Sprintf("run-%d", r.id))
		if st, err := os.Stat(dir); err == nil && st.Sys().(*syscall.Stat_t).Uid == 1000 {
			r.concl = "success"
		}
	}
}

func (g *githubE2E) route(w http.ResponseWriter, req *http.Request, p []string) {
	switch {
	case len(p) == 1 && p[0] == "pulls":
		g.json(w, g.pulls())
	case len(p) == 2 && p[0] == "pulls":
		for _, r := range g.runs {
			if r.ref() == p[1] {
				g.json(w, g.pull(r))
				return
			}
		}
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"message":"Not Found"}`)
	case len(p) == 2 && p[1] == "runners":
		g.json(w, map[string]any{"total_count": 1, "runners": []any{map[string]any{"id": 1, "name": "e2e-runner-1", "os": "Linux", "status": "online", "busy": false, "labels": []any{map[string]any{"name": "self-hosted"}}}}})
	case len(p) == 2 && p[1] == "runs":
		list := make([]any, 0, len(g.runs))
		for _, r := range g.runs {
			list = append(list, g.run(r))
		}
		g.json(w, map[string]any{"total_count": len(list), "workflow_runs": list})
	case len(p) == 4 && p[1] == "jobs" && p[3] == "logs":
		http.Redirect(w, req, g.URL+"/blob/"+p[2]+"?sig=secret", http.StatusFound)
	case len(p) >= 3 && p[1] == "runs":
		g.oneRun(w, req, p)
	default:
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, `{"message":"Not Found"}`)
	}
}

func (g *githubE2E) oneRun(w http.ResponseWriter, req *http.Request, p []string) {
	for _, r := range g.runs {
		if strconv.FormatInt(r.id, 10) != p[2] {
			continue
		}
		switch {
		case len(p) == 3:
			g.json(w, g.run(r))
		case p[3] == "jobs":
			jobs := []any{g.job(r)}
			g.json(w, map[string]any{"total_count": len(jobs), "jobs": jobs})
		case p[3] == "rerun-failed-jobs" && req.Method == http.MethodPost:
			g.reruns[r.id]++
			r.attempt++
			r.status, r.concl, r.began = "in_progress", "", time.Now()
			w.WriteHeader(http.StatusCreated)
			fmt.Fprint(w, "{}")
		}
		return
	}
	w.WriteHeader(http.StatusNotFound)
	fmt.Fprint(w, `{"message":"Not Found"}`)
}

func (g *githubE2E) json(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err)
	}
}

func (g *githubE2E) pulls() []any {
	list := []any{}
	for _, r := range g.runs {
		if r.pr > 0 && !r.merged {
			list = append(list, g.pull(r))
		}
	}
	return list
}

func (g *githubE2E) pull(r *runE2E) map[string]any {
	p := map[string]any{
		"id": r.id * 7, "number": r.pr, "state": "open", "title": fmt.Sprintf("feat: change %d \u202egnp.exe\u001b]0;owned\u0007", r.pr), "draft": false,
		"user": map[string]any{"login": "mei"}, "created_at": g.began.Add(-48 * time.Hour), "updated_at": g.began.Add(-time.Hour), "closed_at": nil, "merged_at": nil,
		"head": map[string]any{"ref": r.branch(), "sha": r.sha(), "repo": map[string]any{"full_name": g.repo}},
		"base": map[string]any{"ref": "main", "repo": map[string]any{"full_name": g.repo}},
	}
	if r.merged {
		p["state"], p["merged"], p["closed_at"], p["merged_at"] = "closed", true, g.began.Add(-24*time.Hour), g.began.Add(-24*time.Hour)
	}
	return p
}

func (g *githubE2E) run(r *runE2E) map[string]any {
	prs := []any{}
	event := "push"
	if r.pr > 0 {
		event = "pull_request"
		prs = append(prs, map[string]any{"number": r.pr})
	}
	m := map[string]any{
		"id": r.id, "name": "ci", "event": event, "status": r.status, "conclusion": nil, "run_attempt": r.attempt, "head_branch": r.branch(), "head_sha": r.sha(),
		"head_repository": map[string]any{"full_name": g.repo}, "repository": map[string]any{"full_name": g.repo}, "pull_requests": prs,
		"created_at": g.began.Add(-10 * time.Second), "run_started_at": r.began, "updated_at": time.Now(), "html_url": "https://github.com/" + g.repo + "/actions/runs/" + strconv.FormatInt(r.id, 10),
	}
	if r.concl != "" {
		m["conclusion"] = r.concl
	}
	return m
}

func (g *githubE2E) job(r *runE2E) map[string]any {
	step := map[string]any{"name": "cargo test", "number": 2, "status": r.status, "conclusion": nil, "started_at": r.began.Add(time.Second), "completed_at": nil}
	j := map[string]any{
		"id": r.id*1000 + int64(r.attempt), "run_id": r.id, "run_attempt": r.attempt, "name": "workspace-test", "status": r.status, "conclusion": nil,
		"started_at": r.began, "completed_at": nil, "runner_id": 1, "runner_name": "e2e-runner-1", "labels": []string{"self-hosted", "X64"}, "steps": []any{step},
	}
	if r.concl != "" {
		for _, x := range []map[string]any{j, step} {
			x["conclusion"], x["completed_at"] = r.concl, r.began.Add(8*time.Second)
		}
	}
	return j
}
