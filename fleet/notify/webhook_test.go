package notify

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"andon/fleet"
	"andon/ui/kit"
)

// post is one request that a test server saw.
type post struct {
	auth, kind, body string
}

// hookServer answers with the given handler and keeps what it was sent.
type hookServer struct {
	*httptest.Server
	mu    sync.Mutex
	posts []post
}

func newHookServer(t *testing.T, answer func(n int, w http.ResponseWriter, r *http.Request)) *hookServer {
	s := &hookServer{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return // the client gave up
		}
		s.mu.Lock()
		s.posts = append(s.posts, post{r.Header.Get("Authorization"), r.Header.Get("Content-Type"), string(b)})
		n := len(s.posts)
		s.mu.Unlock()
		answer(n, w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *hookServer) seen() []post {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]post(nil), s.posts...)
}

func clean(s string) string { return string(kit.Clean(s)) }

var letters = Letterhead{Version: "1.2", Web: "https://github.com", Clean: clean, Rules: []fleet.Rule{{ID: "owner", Title: "run dirs with the wrong owner",
	Doc: fleet.RuleDoc{Whys: []string{"It fails.", "It is root's."}, Cure: "Chown it.", Cost: "seconds"}}}}

func hookTo(t *testing.T, address, token string) *Hook {
	t.Helper()
	h, err := NewHook("alertmanager test", address, token, letters.Alertmanager)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.Close)
	return h
}

func someNotice() Notice {
	return Notice{Group: "g", Rule: "owner", Hosts: []fleet.HostName{"intel"}, Reason: ReasonRaised, At: t0,
		Items: []Item{{Alert: firing("owner", "a", fleet.SeverityStop, "intel"), Standing: true, New: true}}}
}

// secret stands for the token and for the path of the address.
const secret = "s3cretCanary"

func TestHookAnswers(t *testing.T) {
	status := func(code int, header, body string) func(int, http.ResponseWriter, *http.Request) {
		return func(_ int, w http.ResponseWriter, _ *http.Request) {
			if header != "" {
				w.Header().Set("Retry-After", header)
			}
			w.WriteHeader(code)
			_, _ = io.WriteString(w, body)
		}
	}
	for _, tc := range []struct {
		name   string
		answer func(int, http.ResponseWriter, *http.Request)
		want   string
		again  bool
		after  time.Duration
	}{
		{"200", status(200, "", "ok"), "", false, 0},
		{"204", status(204, "", ""), "", false, 0},
		{"400", status(400, "", "invalid_payload\x1b[2J\u202e"), "HTTP 400: invalid_payload [2J", false, 0},
		{"401", status(401, "", ""), "HTTP 401", false, 0},
		{"404", status(404, "", "no_service"), "HTTP 404: no_service", false, 0},
		{"429", status(429, "7", "slow down"), "HTTP 429: slow down", true, 7 * time.Second},
		{"429 for ever", status(429, "99999999", ""), "HTTP 429", true, 24 * time.Hour},
		{"500", status(500, "", ""), "HTTP 500", true, 0},
		{"503 with a date in the past", status(503, "Mon, 02 Jan 2006 15:04:05 GMT", ""), "HTTP 503", true, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newHookServer(t, tc.answer)
			err := hookTo(t, s.URL+"/"+secret, secret).Send(t.Context(), someNotice())
			if tc.want == "" {
				if err != nil {
					t.Fatal(err)
				}
			} else {
				var no *Refusal
				if !errors.As(err, &no) || err.Error() != tc.want || no.Again != tc.again || no.After != tc.after || no.Remedy == "" {
					t.Errorf("got %+v", err)
				}
			}
			p := s.seen()
			if len(p) != 1 || p[0].auth != "Bearer "+secret || p[0].kind != "application/json" || !json.Valid([]byte(p[0].body)) || strings.Contains(p[0].body, secret) {
				t.Errorf("it was sent %+v", p)
			}
		})
	}
}

// TestHookFollowsNoRedirect: neither the notice nor the token goes elsewhere.
func TestHookFollowsNoRedirect(t *testing.T) {
	other := newHookServer(t, func(_ int, w http.ResponseWriter, _ *http.Request) { w.WriteHeader(200) })
	for _, code := range []int{301, 302, 307, 308} {
		s := newHookServer(t, func(_ int, w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, other.URL+"/"+secret, code) })
		err := hookTo(t, s.URL, secret).Send(t.Context(), someNotice())
		var no *Refusal
		if !errors.As(err, &no) || no.Again || !strings.Contains(err.Error(), "redirect") || strings.Contains(err.Error(), secret) {
			t.Errorf("%d: %v", code, err)
		}
	}
	if p := other.seen(); len(p) != 0 {
		t.Errorf("followed: %+v", p)
	}
}

// TestHookThatHangs: the deadline ends it, and what is said names no address.
func TestHookThatHangs(t *testing.T) {
	release := make(chan struct{})
	s := newHookServer(t, func(_ int, _ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	})
	defer close(release)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	err := hookTo(t, s.URL+"/"+secret, secret).Send(ctx, someNotice())
	var no *Refusal
	if !errors.As(err, &no) || !no.Again || !strings.Contains(err.Error(), "no answer") || strings.Contains(err.Error(), secret) {
		t.Errorf("%v", err)
	}
}

// TestHookOfNobody: a port where nobody listens, and an answer cut off.
func TestHookOfNobody(t *testing.T) {
	s := newHookServer(t, func(_ int, w http.ResponseWriter, _ *http.Request) {
		c, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			c.Close()
		}
	})
	address := s.URL + "/" + secret
	for _, state := range []string{"cut off", "nobody"} {
		err := hookTo(t, address, secret).Send(t.Context(), someNotice())
		var no *Refusal
		if !errors.As(err, &no) || !no.Again || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", state, err)
		}
		s.Close()
	}
}

func TestHookAddresses(t *testing.T) {
	for address, ok := range map[string]bool{"https://am.example/x": true, "http://127.0.0.1:1/x": true, "http://[::1]:1/": true, "http://localhost/": true,
		"http://am.example/" + secret: false, "ftp://am.example/" + secret: false, secret: false, "https:///" + secret: false, "http://127.0.0.1.evil.example/" + secret: false} {
		h, err := NewHook("x", address, "", letters.Alertmanager)
		if (err == nil) != ok || err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%s: %v", address, err)
		}
		if h != nil {
			h.Close()
		}
	}
	if _, err := NewHook("x", "https://am.example/", "a\nb", letters.Alertmanager); err == nil {
		t.Error("a token with an end of line passed")
	}
}
