package gh

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"andon/fleet"
)

// rerunServer answers runs 1..9 as completed, and notes when it was asked to
// re-run one.
func rerunMux(attempt func() int, rerun http.HandlerFunc) *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+runsPath+"/{id}", func(w http.ResponseWriter, r *http.Request) {
		var id int64
		fmt.Sscan(r.PathValue("id"), &id)
		fmt.Fprint(w, text(runJSON(id, map[string]any{"run_attempt": attempt()})))
	})
	mux.HandleFunc("POST "+runsPath+"/{id}/rerun-failed-jobs", rerun)
	return mux
}

func first() int { return 1 }

func TestWritesGoOneAtATimeASecondApart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var at []time.Time
		busy := 0
		c := pipedClient(t, rerunMux(first, func(w http.ResponseWriter, _ *http.Request) {
			mu.Lock()
			at = append(at, time.Now())
			if busy++; busy > 1 {
				t.Error("two writes at once")
			}
			mu.Unlock()
			time.Sleep(300 * time.Millisecond)
			mu.Lock()
			busy--
			mu.Unlock()
			w.WriteHeader(http.StatusCreated)
		}))
		var wg sync.WaitGroup
		for id := range 5 {
			wg.Go(func() {
				if err := c.RerunFailed(ctx, fleet.RunKey{Repo: repo, ID: fleet.RunID(id + 1)}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if len(at) != 5 {
			t.Fatalf("%d writes", len(at))
		}
		for i := 1; i < len(at); i++ {
			if gap := at[i].Sub(at[i-1]); gap < time.Second {
				t.Errorf("write %d after %v", i, gap)
			}
		}
	})
}

func TestTheSameRerunIsSentOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		writes, attempt := 0, 1
		c := pipedClient(t, rerunMux(func() int { return attempt }, func(w http.ResponseWriter, _ *http.Request) {
			writes++
			time.Sleep(time.Second)
			w.WriteHeader(http.StatusCreated)
		}))
		var wg sync.WaitGroup
		results := make(chan error, 3)
		for range 3 {
			wg.Go(func() { results <- c.RerunFailed(ctx, runKey) })
		}
		wg.Wait()
		done, held := 0, 0
		for range 3 {
			switch err := <-results; {
			case err == nil:
				done++
			case errors.Is(err, ErrInFlight):
				held++
				failure(t, err, fleet.CauseOther)
			default:
				t.Error(err)
			}
		}
		if done != 1 || held != 2 || writes != 1 {
			t.Fatalf("%d done, %d held back, %d sent", done, held, writes)
		}
		if err := c.RerunFailed(ctx, runKey); !errors.Is(err, ErrInFlight) {
			t.Errorf("the same attempt again: %v", err)
		}
		attempt = 2
		if err := c.RerunFailed(ctx, runKey); err != nil {
			t.Errorf("the next attempt: %v", err)
		}
		attempt = 1
		time.Sleep(writeMemory)
		if err := c.RerunFailed(ctx, runKey); err != nil {
			t.Errorf("ten minutes later: %v", err)
		}
	})
}

func TestALiveRunIsNotRerun(t *testing.T) {
	for _, status := range []string{"queued", "in_progress", "waiting", "a new word"} {
		s := newServer(t)
		s.on("GET "+runPath, 200, text(runJSON(int64(runID), map[string]any{"status": status})))
		err := newClient(t, s.URL, nil).RerunFailed(ctx, runKey)
		failure(t, err, fleet.CauseOther)
		if !errors.Is(err, ErrLive) || len(s.requests()) != 1 {
			t.Errorf("%s: %v; %d requests", status, err, len(s.requests()))
		}
	}
}

func TestRefusedRerunsKeepGitHubsWords(t *testing.T) {
	for name, tc := range map[string]struct {
		status int
		says   string
		cause  fleet.Cause
		kind   error
	}{
		"running":         {403, "This workflow is already running", fleet.CauseOther, ErrRefused},
		"too old":         {403, "Unable to retry this workflow run because it was created over a month ago", fleet.CauseOther, ErrRefused},
		"brokenTransport": {403, "This workflow run cannot be retried", fleet.CauseOther, ErrRefused},
		"conflict":        {409, "Conflict", fleet.CauseOther, ErrRefused},
		"invalid":         {422, "Validation Failed", fleet.CauseOther, ErrRefused},
		"no right":        {403, "Resource not accessible by personal access token", fleet.CausePermission, nil},
		"no admin":        {403, "Must have admin rights to Repository.", fleet.CausePermission, nil},
		"not there":       {404, "Not Found", fleet.CauseOther, ErrNotFound},
	} {
		s := newServer(t)
		s.on("GET "+runPath, 200, text(runJSON(int64(runID), nil)))
		s.on("POST "+rerunPath, tc.status, text(map[string]any{"message": tc.says}), "X-Accepted-GitHub-Permissions", "actions=write")
		c := newClient(t, s.URL, nil)
		c.lane.last = time.Time{}
		err := c.RerunFailed(ctx, runKey)
		f := failure(t, err, tc.cause)
		if !strings.Contains(f.Error(), tc.says) || errors.Is(err, ErrAmbiguous) {
			t.Errorf("%s: %v", name, err)
		}
		if tc.kind != nil && !errors.Is(err, tc.kind) {
			t.Errorf("%s: %v is not %v", name, err, tc.kind)
		}
		if tc.cause == fleet.CausePermission && !strings.Contains(f.Remedy, "actions=write") {
			t.Errorf("%s: remedy %q", name, f.Remedy)
		}
		if len(c.lane.done) != 0 {
			t.Errorf("%s: a refused change blocks the next try", name)
		}
	}
}

func TestLostAnswersAreAmbiguousAndNotResent(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"connection cut": func(w http.ResponseWriter, _ *http.Request) {
			conn, _, _ := w.(http.Hijacker).Hijack()
			conn.(*net.TCPConn).SetLinger(0)
			conn.Close()
		},
		"body cut": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "10")
			w.WriteHeader(http.StatusCreated)
		},
		"gateway": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"proxy page": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprint(w, "<html>login</html>")
		},
	} {
		s := newServer(t)
		s.on("GET "+runPath, 200, text(runJSON(int64(runID), nil)))
		s.mux.HandleFunc("POST "+rerunPath, answer)
		c := newClient(t, s.URL, nil)
		err := c.RerunFailed(ctx, runKey)
		if !errors.Is(err, ErrAmbiguous) {
			t.Errorf("%s: %v", name, err)
		}
		if f := fleet.FailureOf(err); !strings.Contains(f.Remedy, "read the run again") {
			t.Errorf("%s: remedy %q", name, f.Remedy)
		}
		wantClean(t, err.Error())
		if err := c.RerunFailed(ctx, runKey); !errors.Is(err, ErrInFlight) {
			t.Errorf("%s: it was sent again: %v", name, err)
		}
		posts := 0
		for _, r := range s.requests() {
			if r.Method == http.MethodPost {
				posts++
			}
		}
		if posts != 1 {
			t.Errorf("%s: %d writes sent", name, posts)
		}
	}
}

func TestASilentServerIsAmbiguousAfterTheDeadline(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pipedClient(t, rerunMux(first, stalled(nil).ServeHTTP))
		began := time.Now()
		err := c.RerunFailed(ctx, runKey)
		failure(t, err, fleet.CauseTimeout)
		if !errors.Is(err, ErrAmbiguous) || time.Since(began) != callDeadline {
			t.Errorf("after %v: %v", time.Since(began), err)
		}
	})
}

// What never left this machine is not ambiguous: it may be tried again.
func TestAnUnsentChangeIsNotAmbiguous(t *testing.T) {
	s := newServer(t)
	c := newClient(t, s.URL, nil)
	s.Close()
	m := mutation{run: runKey, attempt: 1, action: "rerun_failed"}
	for range 2 {
		err := c.mutate(ctx, m, strings.TrimPrefix(rerunPath, "/"), "re-run")
		failure(t, err, fleet.CauseUnreachable)
		if errors.Is(err, ErrAmbiguous) {
			t.Errorf("%v", err)
		}
	}
}

// A transport that does not report its connections leaves open what was sent.
func TestAnUntracedTransportIsTakenForSent(t *testing.T) {
	tok, _ := NewToken(canary)
	c, err := New(Options{BaseURL: "http://127.0.0.1:1/", Token: tok, Transport: brokenTransport{}})
	if err != nil {
		t.Fatal(err)
	}
	if err := c.mutate(ctx, mutation{run: runKey}, "x", "re-run"); !errors.Is(err, ErrAmbiguous) {
		t.Errorf("%v", err)
	}
}

type brokenTransport struct{}

func (brokenTransport) RoundTrip(*http.Request) (*http.Response, error) {
	return nil, errors.New("lost " + canary + " at https://x.y/?sig=1")
}

func TestWaitingForATurnEndsWithTheCaller(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := pipedClient(t, rerunMux(first, func(w http.ResponseWriter, _ *http.Request) {
			time.Sleep(10 * time.Second)
			w.WriteHeader(http.StatusCreated)
		}))
		go c.RerunFailed(ctx, runKey)
		time.Sleep(time.Second)
		short, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		err := c.RerunFailed(short, fleet.RunKey{Repo: repo, ID: 2})
		failure(t, err, fleet.CauseTimeout)
		if errors.Is(err, ErrAmbiguous) {
			t.Error("a change that waited for its turn was called ambiguous")
		}
		time.Sleep(20 * time.Second)
		if err := c.RerunFailed(ctx, fleet.RunKey{Repo: repo, ID: 2}); err != nil {
			t.Errorf("the lane stayed shut: %v", err)
		}
	})
}

func TestErrorsOfAForeignTransportAreCleaned(t *testing.T) {
	tok, _ := NewToken(canary)
	c, err := New(Options{BaseURL: "http://127.0.0.1:1/", Token: tok, Transport: brokenTransport{}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = c.Pulls(ctx, repo)
	failure(t, err, fleet.CauseUnreachable)
	var out bytes.Buffer
	fmt.Fprintf(&out, "%v %+v %#v %s", c, c, c, err)
	if strings.Contains(out.String(), canary) {
		t.Error("printing a client shows its token")
	}
}
