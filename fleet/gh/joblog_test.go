package gh

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"andon/fleet"
)

func logLines(n int) []byte {
	var b bytes.Buffer
	for i := range n {
		fmt.Fprintf(&b, "2026-05-15T10:30:06.0000000Z line %06d\n", i)
	}
	return b.Bytes()
}

// withLog returns a client of a GitHub whose job log lies in a blob store.
func withLog(t *testing.T, blob http.HandlerFunc) (*Client, *server) {
	api, store := newServer(t), newServer(t)
	store.mux.HandleFunc("/blob", blob)
	api.on("GET "+logPath, 302, "", "Location", store.URL+"/blob?sig=secret")
	return newClient(t, api.URL, nil), store
}

func TestTailByRangeAndByReadingThrough(t *testing.T) {
	all := logLines(20000)
	for name, blob := range map[string]http.HandlerFunc{
		"range": func(w http.ResponseWriter, r *http.Request) {
			http.ServeContent(w, r, "log.txt", time.Time{}, bytes.NewReader(all))
		},
		"no range": func(w http.ResponseWriter, _ *http.Request) { w.Write(all) },
	} {
		c, store := withLog(t, blob)
		for _, max := range []int{1, 1000, 100_000, len(all), maxTail} {
			got, err := c.JobLogTail(ctx, repo, jobID, max)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if len(got.Text) > max || !bytes.HasSuffix(all, got.Text) || got.Cut != (max < len(all)) || got.Lost {
				t.Errorf("%s, %d: %d bytes, cut %v, lost %v", name, max, len(got.Text), got.Cut, got.Lost)
			}
			if max >= 1000 && !bytes.HasPrefix(got.Text, []byte("2026-")) {
				t.Errorf("%s, %d: begins in a line: %.20q", name, max, got.Text)
			}
		}
		if n := len(store.requests()); n != 5 {
			t.Errorf("%s: %d requests for 5 tails", name, n)
		}
	}
}

func TestEmptyLog(t *testing.T) {
	c, _ := withLog(t, func(w http.ResponseWriter, r *http.Request) {
		http.ServeContent(w, r, "log.txt", time.Time{}, bytes.NewReader(nil))
	})
	if got, err := c.JobLogTail(ctx, repo, jobID, 1000); err != nil || len(got.Text) != 0 || got.Cut {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestAnEndlessLogIsCutAndSaysSo(t *testing.T) {
	c, _ := withLog(t, func(w http.ResponseWriter, r *http.Request) {
		chunk := bytes.Repeat([]byte("xxxxxxx\n"), 1<<17)
		for range 100 {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	})
	got, err := c.JobLogTail(ctx, repo, jobID, 1<<20)
	if err != nil || !got.Lost || !got.Cut || len(got.Text) > 1<<20 || len(got.Text) < 1<<19 {
		t.Errorf("%d bytes, cut %v, lost %v, %v", len(got.Text), got.Cut, got.Lost, err)
	}
}

func TestLogsThatAreNotThere(t *testing.T) {
	missing := func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(404)
		fmt.Fprint(w, "\ufeff<?xml version=\"1.0\"?><Error><Code>BlobNotFound</Code></Error>")
	}
	c, _ := withLog(t, missing)
	_, err := c.JobLogTail(ctx, repo, jobID, 1000)
	failure(t, err, fleet.CauseOther)
	if !errors.Is(err, ErrNoLog) {
		t.Errorf("queued or running job: %v", err)
	}
	c, _ = withLog(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(403) })
	_, err = c.JobLogTail(ctx, repo, jobID, 1000)
	failure(t, err, fleet.CauseServer)

	s := newServer(t)
	s.on("GET "+logPath, 404, `{"message":"Not Found"}`)
	s.on("GET /repos/a/b/actions/jobs/2/logs", 410, `{"message":"Gone"}`)
	s.on("GET /repos/a/b/actions/jobs/3/logs", 302, "")
	s.on("GET /repos/a/b/actions/jobs/4/logs", 302, "", "Location", "ftp://x/y?sig=1")
	s.on("GET /repos/a/b/actions/jobs/5/logs", 301, "", "Location", "/repos/a/b/actions/jobs/5/logs")
	c = newClient(t, s.URL, nil)
	_, err = c.JobLogTail(ctx, repo, jobID, 1000)
	failure(t, err, fleet.CauseOther)
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("unknown job: %v", err)
	}
	_, err = c.JobLogTail(ctx, "a/b", 2, 1000)
	if failure(t, err, fleet.CauseOther); !errors.Is(err, ErrNoLog) {
		t.Errorf("expired log: %v", err)
	}
	for id := int64(3); id <= 5; id++ {
		_, err = c.JobLogTail(ctx, "a/b", id, 1000)
		failure(t, err, fleet.CauseProtocol)
	}
	if _, err = c.JobLogTail(ctx, repo, jobID, 0); err == nil {
		t.Error("a tail of no bytes")
	}
}

func TestLogOfARenamedRepository(t *testing.T) {
	s, blob := newServer(t), newServer(t)
	blob.on("/b", 200, "text\n")
	s.on("GET "+logPath, 301, "", "Location", "/repositories/1/actions/jobs/5/logs")
	s.on("GET /repositories/1/actions/jobs/5/logs", 302, "", "Location", blob.URL+"/b?sig=1")
	if got, err := newClient(t, s.URL, nil).JobLogTail(ctx, repo, jobID, 100); err != nil || string(got.Text) != "text\n" {
		t.Errorf("%q, %v", got.Text, err)
	}
}

func TestBlobStoreMayNotSendElsewhere(t *testing.T) {
	loops := 0
	c, _ := withLog(t, func(w http.ResponseWriter, r *http.Request) {
		loops++
		http.Redirect(w, r, "/blob?sig=again", http.StatusFound)
	})
	_, err := c.JobLogTail(ctx, repo, jobID, 100)
	failure(t, err, fleet.CauseProtocol)
	if loops > maxRedirects+1 {
		t.Errorf("%d redirects followed", loops)
	}
	c, _ = withLog(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://example.com/x?sig=again", http.StatusFound)
	})
	_, err = c.JobLogTail(ctx, repo, jobID, 100)
	failure(t, err, fleet.CauseProtocol)
}

func TestLogLimitsAndSlowBlobStore(t *testing.T) {
	s := newServer(t)
	s.on("GET "+logPath, 429, "{}", "Retry-After", "7")
	c := newClient(t, s.URL, nil)
	for range 2 {
		_, err := c.JobLogTail(ctx, repo, jobID, 100)
		failure(t, err, fleet.CauseRateLimit)
	}
	if len(s.requests()) != 1 {
		t.Errorf("%d requests while limited", len(s.requests()))
	}
	synctest.Test(t, func(t *testing.T) {
		slow := stalled([]byte(strings.Repeat("x", 9)))
		c := pipedClient(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/blob" {
				slow.ServeHTTP(w, r)
				return
			}
			http.Redirect(w, r, "/blob", http.StatusFound)
		}))
		began := time.Now()
		_, err := c.JobLogTail(ctx, repo, jobID, 100)
		failure(t, err, fleet.CauseTimeout)
		if took := time.Since(began); took != logDeadline {
			t.Errorf("took %v", took)
		}
	})
}
