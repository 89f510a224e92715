package gh

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"andon/fleet"
)

// The tests of this file pin the ten behaviours of go-github v62 that hurt a
// poller. Each fails if the library's own behaviour shines through.

func rateHeaders(h http.Header, left int, reset time.Time) {
	h.Set("X-RateLimit-Limit", "5000")
	h.Set("X-RateLimit-Remaining", strconv.Itoa(left))
	h.Set("X-RateLimit-Reset", strconv.FormatInt(reset.Unix(), 10))
	h.Set("X-RateLimit-Resource", "core")
}

// Trap 1: a 304 is an error to go-github.
func TestTrapNotModifiedIsTheStoredAnswerAndFree(t *testing.T) {
	s := newServer(t)
	left := 5000
	s.mux.HandleFunc("GET "+pullsPath, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `W/"abc"`)
		w.Header().Set("Cache-Control", "private, max-age=60, s-maxage=60")
		if r.Header.Get("If-None-Match") == `W/"abc"` {
			rateHeaders(w.Header(), left, time.Now().Add(time.Hour))
			w.WriteHeader(http.StatusNotModified)
			return
		}
		left--
		rateHeaders(w.Header(), left, time.Now().Add(time.Hour))
		w.Write([]byte(text([]any{pullJSON(1693, nil)})))
	})
	c := newClient(t, s.URL, nil)
	for i := range 5 {
		got, err := c.Pulls(ctx, repo)
		if err != nil || !got.Whole || len(got.Items) != 1 || got.Items[0].Number != 1693 {
			t.Fatalf("read %d: %+v, %v", i, got, err)
		}
	}
	if n := len(s.requests()); n != 5 {
		t.Errorf("%d requests for 5 reads: max-age was believed", n)
	}
	if b := c.Budget(); b.Remaining != 4999 || b.PerHour != 0 {
		t.Errorf("five reads, four of them 304: %+v", b)
	}
}

// Trap 2: go-github goes on sending after a 429.
func TestTrapTooManyRequestsHoldsEverythingBack(t *testing.T) {
	for _, status := range []int{http.StatusTooManyRequests, http.StatusForbidden} {
		synctest.Test(t, func(t *testing.T) {
			var sent atomic.Int32
			c := pipedClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				if sent.Add(1) == 1 {
					w.Header().Set("Retry-After", "90")
					w.WriteHeader(status)
					w.Write([]byte(`{"message":"slow down"}`))
					return
				}
				w.Write([]byte("[]"))
			}))
			for range 3 {
				_, err := c.Pulls(ctx, repo)
				failure(t, err, fleet.CauseRateLimit)
			}
			if sent.Load() != 1 {
				t.Errorf("status %d: %d requests while limited", status, sent.Load())
			}
			if p := c.Budget().Paused; !p.Equal(time.Now().Add(90 * time.Second)) {
				t.Errorf("status %d: paused until %v at %v", status, p, time.Now())
			}
			time.Sleep(90 * time.Second)
			if _, err := c.Pulls(ctx, repo); err != nil {
				t.Errorf("status %d: after the pause: %v", status, err)
			}
		})
	}
}

const secondary = `{"message":"You have exceeded a secondary rate limit.","documentation_url":"https://docs.github.com/rest/overview/rate-limits-for-the-rest-api#about-secondary-rate-limits"}`

// Trap 3: without Retry-After go-github waits for the primary reset, up to an hour.
func TestTrapSecondaryLimitWaitsAMinuteThenDoubles(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var good atomic.Bool
		c := pipedClient(t, http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			rateHeaders(w.Header(), 4000, time.Now().Add(55*time.Minute))
			if good.Load() {
				w.Write([]byte("[]"))
				return
			}
			w.WriteHeader(http.StatusForbidden)
			w.Write([]byte(secondary))
		}))
		wait := func() time.Duration {
			_, err := c.Pulls(ctx, repo)
			failure(t, err, fleet.CauseRateLimit)
			return time.Until(c.Budget().Paused)
		}
		for _, want := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute} {
			if got := wait(); got != want {
				t.Fatalf("pause of %v, want %v", got, want)
			}
			time.Sleep(want)
		}
		good.Store(true)
		if _, err := c.Pulls(ctx, repo); err != nil {
			t.Fatal(err)
		}
		good.Store(false)
		if got := wait(); got != time.Minute {
			t.Errorf("pause after a success %v, want a minute", got)
		}
	})
}

// Trap 4: one limited write stops every read of a go-github client.
func TestTrapLimitedWriteDoesNotSilenceReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		mux := http.NewServeMux()
		mux.HandleFunc("GET "+runPath, func(w http.ResponseWriter, _ *http.Request) { w.Write([]byte(text(runJSON(int64(runID), nil)))) })
		writes := 0
		mux.HandleFunc("POST "+rerunPath, func(w http.ResponseWriter, _ *http.Request) {
			writes++
			w.Header().Set("Retry-After", "120")
			w.WriteHeader(http.StatusForbidden)
			w.Write([]byte(secondary))
		})
		c := pipedClient(t, mux)
		began := time.Now()
		for range 2 {
			err := c.RerunFailed(ctx, runKey)
			failure(t, err, fleet.CauseRateLimit)
			if errors.Is(err, ErrAmbiguous) {
				t.Error("a limited write was called ambiguous")
			}
		}
		if writes != 1 {
			t.Errorf("%d writes while limited", writes)
		}
		if _, err := c.Run(ctx, runKey); err != nil {
			t.Errorf("a read after a limited write: %v", err)
		}
		if !c.Budget().Paused.IsZero() || !c.WritesPaused().Equal(began.Add(120*time.Second)) {
			t.Errorf("reads paused until %v, writes until %v", c.Budget().Paused, c.WritesPaused())
		}
	})
}

// Trap 5: 202 is an error to go-github.
func TestTrapAcceptedIsSuccess(t *testing.T) {
	s := newServer(t)
	s.on("GET "+runPath, 200, text(runJSON(int64(runID), nil)))
	s.on("POST "+rerunPath, 202, "{}")
	if err := newClient(t, s.URL, nil).RerunFailed(ctx, runKey); err != nil {
		t.Error(err)
	}
}

// Trap 6: one repository with a multi-select custom property fails a whole page
// (go-github#3229); and an item of a wrong type costs itself only.
func TestTrapOneBadItemDoesNotEmptyThePage(t *testing.T) {
	s := newServer(t)
	odd := fatRepo("paiml/aprender")
	odd["custom_properties"] = map[string]any{"teams": []any{"a", "b"}}
	s.on("GET "+runsPath, 200, listJSON("workflow_runs", 2, runJSON(1, map[string]any{"repository": odd, "head_repository": odd}), runJSON(2, nil)))
	s.on("GET "+pullsPath, 200, text([]any{pullJSON(1, nil), pullJSON(2, map[string]any{"title": []any{1}}), pullJSON(3, nil)}))
	c := newClient(t, s.URL, nil)
	if got, err := c.Runs(ctx, repo); err != nil || !got.Whole || len(got.Items) != 2 {
		t.Errorf("multi-select property: %+v, %v", got, err)
	}
	got, err := c.Pulls(ctx, repo)
	if err != nil || got.Whole || len(got.Items) != 2 || got.Why != "1 items could not be read" {
		t.Errorf("a title of a wrong type: %+v, %v", got, err)
	}
}

// Trap 7: an empty 200 is zero items to go-github; every dir would be an orphan.
func TestTrapEmptyAnswerIsNotZeroItems(t *testing.T) {
	for name, body := range map[string]string{"empty": "", "blank": " \n", "null": "null", "another object": `{"ok":true}`, "null list": `{"total_count":0,"workflow_runs":null}`} {
		s := newServer(t)
		s.on("GET "+pullsPath, 200, body)
		s.on("GET "+runsPath, 200, body)
		c := newClient(t, s.URL, nil)
		_, err := c.Pulls(ctx, repo)
		failure(t, err, fleet.CauseProtocol)
		_, err = c.Runs(ctx, repo)
		failure(t, err, fleet.CauseProtocol)
		if !errors.Is(err, errNoAnswer) {
			t.Errorf("%s: %v", name, err)
		}
	}
	s := newServer(t)
	s.on("GET "+pullsPath, 200, "[]")
	if got, err := newClient(t, s.URL, nil).Pulls(ctx, repo); err != nil || !got.Whole {
		t.Errorf("an empty list is a true answer: %+v, %v", got, err)
	}
}

// Trap 8: go-github's log calls follow a 301 to any host with the token, and
// have no deadline.
func TestTrapLogCallDoesNotCarryTheTokenAway(t *testing.T) {
	away, s := newServer(t), newServer(t)
	away.on("/", 200, "log text\n")
	s.mux.HandleFunc("GET "+logPath, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, away.URL+"/x?sig=secret", http.StatusMovedPermanently)
	})
	if _, err := newClient(t, s.URL, nil).JobLogTail(ctx, repo, jobID, 1000); err != nil {
		t.Error(err)
	}
	for _, r := range away.requests() {
		if v := r.Header.Values("Authorization"); v != nil {
			t.Errorf("Authorization sent to another host: %d values", len(v))
		}
	}
	synctest.Test(t, func(t *testing.T) {
		c := pipedClient(t, stalled(nil))
		began := time.Now()
		_, err := c.JobLogTail(ctx, repo, jobID, 1000)
		failure(t, err, fleet.CauseTimeout)
		if took := time.Since(began); took != callDeadline {
			t.Errorf("a silent server held the log call for %v", took)
		}
	})
}

// Trap 9: a token set in the transport goes to every host.
func TestTrapBlobStoreIsAskedWithoutTheToken(t *testing.T) {
	s, blob := newServer(t), newServer(t)
	blob.on("/blob", 200, "2026-05-15T10:30:06.0000000Z hello\n")
	s.on("GET "+logPath, 302, "", "Location", blob.URL+"/blob?sig=secret")
	got, err := newClient(t, s.URL, nil).JobLogTail(ctx, repo, jobID, 1000)
	if err != nil || !strings.Contains(string(got.Text), "hello") {
		t.Fatalf("%q, %v", got.Text, err)
	}
	if h := s.requests()[0].Header.Get("Authorization"); h != "Bearer "+canary {
		t.Error("the API was asked without the token")
	}
	r := blob.requests()[0]
	for name, values := range r.Header {
		if strings.Contains(strings.Join(values, " "), canary) {
			t.Errorf("token in header %s at the blob store", name)
		}
	}
	if r.Header.Get("Range") != "bytes=-1000" || r.URL.Query().Get("sig") != "secret" {
		t.Errorf("asked %s with Range %q", r.URL, r.Header.Get("Range"))
	}
}

// Trap 10: a page of HTML gives an empty or an unreadable error.
func TestTrapHTMLIsAReadableServerFailure(t *testing.T) {
	page := "<html><head><title>Unicorn!</title></head>\x1b]0;x\a" + strings.Repeat("<p>long</p>", 500)
	for _, status := range []int{200, 502, 504, 403} {
		s := newServer(t)
		s.on("GET "+pullsPath, status, page, "Content-Type", "text/html", "ETag", `"h"`)
		c := newClient(t, s.URL, nil)
		for range 2 {
			_, err := c.Pulls(ctx, repo)
			f := failure(t, err, fleet.CauseServer)
			var said *StatusError
			if !errors.As(err, &said) || said.Status != status || said.RequestID != "C0DE:1234" || len([]rune(said.Message)) > 200 || !strings.Contains(f.Error(), "Unicorn!") {
				t.Errorf("status %d: %v", status, f)
			}
		}
	}
}

// stalled answers headers, then a byte every 20 s.
func stalled(body []byte) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		for _, b := range body {
			w.Write([]byte{b})
			w.(http.Flusher).Flush()
			select {
			case <-time.After(20 * time.Second):
			case <-r.Context().Done():
				return
			}
		}
		<-r.Context().Done()
	})
}
