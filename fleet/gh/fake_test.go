package gh

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"andon/fleet"
)

// canary is the token of all tests: it must never appear in any text.
const canary = "ghp_CANARYcanaryCANARYcanary0123456789"

const (
	repo  = fleet.Repo("paiml/aprender")
	runID = fleet.RunID(25919246467) // over 2^32, as GitHub's are
	jobID = int64(76182310558)
)

var (
	ctx    = context.Background()
	runKey = fleet.RunKey{Repo: repo, ID: runID}
)

// server is a real HTTP server on loopback that stands for GitHub.
type server struct {
	*httptest.Server
	mux *http.ServeMux

	mu   sync.Mutex
	seen []*http.Request
}

func newServer(t testing.TB) *server {
	t.Helper()
	s := &server{mux: http.NewServeMux()}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.seen = append(s.seen, r.Clone(context.Background()))
		s.mu.Unlock()
		s.mux.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) requests() []*http.Request {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]*http.Request(nil), s.seen...)
}

// on answers a path with a body of JSON.
func (s *server) on(path string, status int, body string, headers ...string) {
	s.mux.HandleFunc(path, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json; charset=utf-8")
		w.Header().Set("X-GitHub-Request-Id", "C0DE:1234")
		for i := 0; i < len(headers); i += 2 {
			w.Header().Set(headers[i], headers[i+1])
		}
		w.WriteHeader(status)
		fmt.Fprint(w, body)
	})
}

func newClient(t testing.TB, base string, now func() time.Time) *Client {
	t.Helper()
	tok, err := NewToken(canary)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{BaseURL: base, Token: tok, Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

const (
	runsPath    = "/repos/paiml/aprender/actions/runs"
	runPath     = "/repos/paiml/aprender/actions/runs/25919246467"
	jobsPath    = runPath + "/jobs"
	rerunPath   = runPath + "/rerun-failed-jobs"
	pullsPath   = "/repos/paiml/aprender/pulls"
	runnersPath = "/repos/paiml/aprender/actions/runners"
	logPath     = "/repos/paiml/aprender/actions/jobs/76182310558/logs"
)

// fatRepo is a repository as GitHub embeds it in runs and pull requests: mostly
// addresses nobody reads.
func fatRepo(name string) map[string]any {
	m := map[string]any{"id": 1234567890, "full_name": name, "private": false, "owner": map[string]any{"login": "paiml", "id": 12},
		"custom_properties": map[string]any{"team": "ml"}}
	for _, k := range strings.Fields("forks keys collaborators teams hooks issue_events events assignees branches tags blobs git_tags git_refs trees statuses languages stargazers contributors subscribers subscription commits git_commits comments issue_comment contents compare merges archive downloads issues pulls milestones notifications labels releases deployments") {
		m[k+"_url"] = "https://api.github.com/repos/" + name + "/" + k + "{/sha}"
	}
	return m
}

func runJSON(id int64, change map[string]any) map[string]any {
	m := map[string]any{
		"id": id, "name": "ci", "node_id": "WFR_kwLO", "head_branch": "feat/x", "head_sha": strings.Repeat("ab", 20), "path": ".github/workflows/ci.yml",
		"run_number": 7, "event": "pull_request", "status": "completed", "conclusion": "failure", "run_attempt": 2, "workflow_id": 5,
		"html_url":   fmt.Sprintf("https://github.com/paiml/aprender/actions/runs/%d", id),
		"created_at": "2026-05-15T10:00:00Z", "updated_at": "2026-05-15T11:00:00Z", "run_started_at": "2026-05-15T10:30:00Z",
		"pull_requests": []any{}, "repository": fatRepo("paiml/aprender"), "head_repository": fatRepo("someone/aprender"),
	}
	for k, v := range change {
		m[k] = v
	}
	return m
}

func jobJSON(id int64, change map[string]any) map[string]any {
	m := map[string]any{
		"id": id, "run_id": int64(runID), "run_attempt": 2, "name": "workspace-test", "status": "completed", "conclusion": "failure",
		"started_at": "2026-05-15T10:30:05Z", "completed_at": "2026-05-15T10:45:00Z", "labels": []any{"self-hosted", "clean-room"},
		"runner_id": 9, "runner_name": "intel-3", "html_url": "https://github.com/j",
		"steps": []any{map[string]any{"name": "Set up job", "status": "completed", "conclusion": "failure", "number": 1,
			"started_at": "2026-05-15T10:30:06Z", "completed_at": "2026-05-15T10:30:08Z"}},
	}
	for k, v := range change {
		m[k] = v
	}
	return m
}

func pullJSON(number int, change map[string]any) map[string]any {
	m := map[string]any{
		"number": number, "id": 3000000000 + number, "state": "open", "title": "Fix", "draft": true, "user": map[string]any{"login": "someone"},
		"head":       map[string]any{"ref": "feat/x", "sha": strings.Repeat("ab", 20), "repo": fatRepo("someone/aprender")},
		"base":       map[string]any{"ref": "main", "repo": fatRepo("paiml/aprender")},
		"updated_at": "2026-05-15T11:00:00Z", "closed_at": nil, "merged_at": nil,
	}
	for k, v := range change {
		m[k] = v
	}
	return m
}

func text(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(b)
}

func listJSON(under string, total int, items ...any) string {
	if items == nil {
		items = []any{}
	}
	return text(map[string]any{"total_count": total, under: items})
}

// failure asserts that an error is a *fleet.Failure of a cause, with a next step
// and a text fit to be shown.
func failure(t *testing.T, err error, want fleet.Cause) *fleet.Failure {
	t.Helper()
	var f *fleet.Failure
	if !errors.As(err, &f) {
		t.Fatalf("error %v (%T) is no *fleet.Failure", err, err)
	}
	if f.Cause != want {
		t.Errorf("cause %q (%v), want %q", f.Cause, f, want)
	}
	if f.Remedy == "" {
		t.Errorf("%v: no remedy", f)
	}
	wantClean(t, fmt.Sprintf("%v %s %+v %#v", f, f.Remedy, f.Err, f.Err))
	if f.Cause == want && len([]rune(f.Error())) > 500 {
		t.Errorf("error text of %d characters", len([]rune(f.Error())))
	}
	return f
}

// wantClean asserts that a text holds no token, no query and no control byte.
func wantClean(t *testing.T, s string) {
	t.Helper()
	if strings.Contains(s, canary) || strings.Contains(s, canary[4:]) {
		t.Errorf("token in %q", s)
	}
	if strings.Contains(s, "sig=") || strings.Contains(s, "per_page=") {
		t.Errorf("query in %q", s)
	}
	for _, r := range s {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\u202e' {
			t.Errorf("control character %U in %q", r, s)
			return
		}
	}
}

// piped serves a handler over in-memory connections, so that real HTTP runs in a
// synctest bubble. The returned transport dials it for any address.
func piped(t *testing.T, h http.Handler) *http.Transport {
	t.Helper()
	l := &pipeListener{conns: make(chan net.Conn), done: make(chan struct{})}
	srv := &http.Server{Handler: h}
	go srv.Serve(l)
	tr := &http.Transport{DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		here, there := net.Pipe()
		select {
		case l.conns <- there:
			return here, nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}}
	t.Cleanup(func() {
		tr.CloseIdleConnections()
		srv.Close()
	})
	return tr
}

type pipeListener struct {
	conns chan net.Conn
	done  chan struct{}
	once  sync.Once
}

func (l *pipeListener) Accept() (net.Conn, error) {
	select {
	case c := <-l.conns:
		return c, nil
	case <-l.done:
		return nil, net.ErrClosed
	}
}

func (l *pipeListener) Close() error {
	l.once.Do(func() { close(l.done) })
	return nil
}

func (l *pipeListener) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// pipedClient is a client of a piped server, with the bubble's clock.
func pipedClient(t *testing.T, h http.Handler) *Client {
	t.Helper()
	tok, err := NewToken(canary)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(Options{BaseURL: "http://127.0.0.1/", Token: tok, Transport: piped(t, h)})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// newTLSServer is a server whose certificate nobody trusts.
func newTLSServer(t *testing.T) string {
	s := httptest.NewUnstartedServer(http.NotFoundHandler())
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	return s.URL
}
