// Package hub is a GitHub over HTTP for a simulated fleet: the REST calls a console
// needs, with what real ones have and fakes forget: pages with Link headers, ETags
// and 304, rate headers, a token check, ids beyond 2^32, queued jobs with a start
// time, empty pull_requests for forks, logs behind a redirect to a blob store that
// wants no token.
package hub

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"andon/fleet/sim/world"
)

// Backend is the world a server shows.
type Backend struct {
	World   *world.World
	Lock    sync.Locker // held around the world
	Now     func() time.Time
	Advance func() // brings the world to the present; called with Lock held
}

// Server is a running GitHub.
type Server struct {
	back  Backend
	token string
	addr  string
	http  *http.Server
	done  chan error

	fault    atomic.Pointer[Fault]
	partly   [parts]atomic.Pointer[Fault]
	reruns   atomic.Int64
	requests atomic.Int64
	fresh    atomic.Int64
	mu       sync.Mutex
	used     int       // of the rate limit
	reset    time.Time // when it begins anew
}

// Serve starts a server on a free port of 127.0.0.1. It ends with ctx or Close.
func Serve(ctx context.Context, b Backend) (*Server, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serve GitHub: %w", err)
	}
	var random [20]byte
	if _, err := rand.Read(random[:]); err != nil {
		return nil, fmt.Errorf("serve GitHub: %w", err)
	}
	s := &Server{back: b, token: "demo_" + hex.EncodeToString(random[:]), addr: l.Addr().String(), done: make(chan error, 1)}
	s.http = &http.Server{Handler: s.routes(), ReadHeaderTimeout: 10 * time.Second, BaseContext: func(net.Listener) context.Context { return ctx }}
	context.AfterFunc(ctx, func() { s.http.Close() })
	go func() { s.done <- s.http.Serve(l) }()
	return s, nil
}

// Close ends the server and every connection.
func (s *Server) Close() error {
	err := s.http.Close()
	if serveErr := <-s.done; !errors.Is(serveErr, http.ErrServerClosed) {
		err = errors.Join(err, serveErr)
	}
	return err
}

// URL is the API's base address, with a trailing slash.
func (s *Server) URL() string { return "http://" + s.addr + "/" }

// Token is the only token the server takes.
func (s *Server) Token() string { return s.token }

// Reruns returns how many rerun requests were accepted.
func (s *Server) Reruns() int64 { return s.reruns.Load() }

// Requests returns how many API requests came, and how many of them were answered
// with a body and not with 304.
func (s *Server) Requests() (all, fresh int64) { return s.requests.Load(), s.fresh.Load() }

func (s *Server) routes() http.Handler {
	api := http.NewServeMux()
	api.HandleFunc("GET /user", s.user)
	api.HandleFunc("GET /rate_limit", s.rateLimit)
	api.HandleFunc("GET /repos/{owner}/{repo}", s.repository)
	api.HandleFunc("GET /repos/{owner}/{repo}/pulls", s.pulls)
	api.HandleFunc("GET /repos/{owner}/{repo}/pulls/{number}", s.pull)
	api.HandleFunc("GET /repos/{owner}/{repo}/actions/runs", s.runs)
	api.HandleFunc("GET /repos/{owner}/{repo}/actions/runs/{id}", s.run)
	api.HandleFunc("GET /repos/{owner}/{repo}/actions/runs/{id}/jobs", s.jobs)
	api.HandleFunc("GET /repos/{owner}/{repo}/actions/runs/{id}/concurrency_groups", s.part(Groups, s.runGroups))
	api.HandleFunc("GET /repos/{owner}/{repo}/actions/concurrency_groups", s.part(Groups, s.groups))
	api.HandleFunc("GET /repos/{owner}/{repo}/actions/concurrency_groups/{name}", s.part(Groups, s.group))
	api.HandleFunc("GET /repos/{owner}/{repo}/git/matching-refs/{ref...}", s.part(QueueRefs, s.refs))
	api.HandleFunc("GET /repos/{owner}/{repo}/actions/jobs/{id}", s.job)
	api.HandleFunc("GET /repos/{owner}/{repo}/actions/jobs/{id}/logs", s.logs)
	api.HandleFunc("GET /repos/{owner}/{repo}/check-runs/{id}/annotations", s.annotations)
	api.HandleFunc("GET /repos/{owner}/{repo}/actions/runners", s.runners)
	api.HandleFunc("GET /orgs/{org}/actions/runners", s.runners)
	api.HandleFunc("POST /repos/{owner}/{repo}/actions/runs/{id}/rerun-failed-jobs", s.rerun)
	api.HandleFunc("POST /repos/{owner}/{repo}/actions/runs/{id}/cancel", s.cancel)
	api.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { refuse(w, http.StatusNotFound, "Not Found") })

	root := http.NewServeMux()
	root.HandleFunc("GET /_blob/{id}", s.blob)
	root.Handle("/", s.guard(api))
	return whole(root)
}

// Limits as github.com has them.
const (
	rateLimit  = 5000
	rateWindow = time.Hour
)

// guard checks the token, counts against the limit and breaks what is to be broken.
func (s *Server) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.requests.Add(1)
		h := w.Header()
		h.Set("Date", s.back.Now().UTC().Format(http.TimeFormat))
		h.Set("X-GitHub-Request-Id", fmt.Sprintf("D3M0:%06X:%X", s.requests.Load(), s.back.Now().Unix()))
		h.Set("X-GitHub-Media-Type", "github.v3; format=json")
		if f := s.fault.Load(); f != nil && s.broken(w, *f, "actions=read") {
			return
		}
		_, given, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if given != s.token {
			refuse(w, http.StatusUnauthorized, "Bad credentials")
			return
		}
		s.spend(h, 0)
		next.ServeHTTP(w, r)
	})
}

// spend counts n requests against the primary limit and writes its headers.
func (s *Server) spend(h http.Header, n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.back.Now()
	if now.After(s.reset) {
		s.used, s.reset = 0, now.Truncate(time.Second).Add(rateWindow)
	}
	s.used = min(s.used+n, rateLimit)
	h.Set("X-RateLimit-Limit", fmt.Sprint(rateLimit))
	h.Set("X-RateLimit-Remaining", fmt.Sprint(rateLimit-s.used))
	h.Set("X-RateLimit-Used", fmt.Sprint(s.used))
	h.Set("X-RateLimit-Reset", fmt.Sprint(s.reset.Unix()))
	h.Set("X-RateLimit-Resource", "core")
}
