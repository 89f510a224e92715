package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/config"
	"andon/fleet/poll"
	"andon/fleet/sim"
)

// kept is a simulated fleet whose consoles share one state folder.
type kept struct {
	t      *testing.T
	f      *sim.Fleet
	state  string
	notify config.Notify
}

func newKept(t *testing.T) *kept {
	t.Helper()
	f, err := sim.Start(context.Background(), sim.Options{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = f.Close() })
	return &kept{t: t, f: f, state: t.TempDir()}
}

// open makes another console's session.
func (k *kept) open(_ context.Context, _ invocation, c common) (*session, error) {
	p, err := demoParts(k.f, k.state, c)
	if err != nil {
		return nil, err
	}
	p.cfg.Notify, p.demo = k.notify, false
	return wire(p)
}

// TestARestartTellsNothingTwice: what stood is said to stand, what was mended
// while nobody watched is said to be over, and acknowledgements stay.
func TestARestartTellsNothingTwice(t *testing.T) {
	k := newKept(t)
	settled := func(l string) bool {
		return strings.Contains(l, `"heartbeat"`) && strings.Contains(l, `"sources_not_fresh":1`)
	}
	first := startStream(t, nil, k.open, "watch", "--json", "--heartbeat", "1s")
	seen := first.until("all alerts", settled)
	_, rest := first.end()
	if n := strings.Count(strings.Join(append(seen, rest...), "\n"), `"raised"`); n < 8 {
		t.Fatalf("only %d alerts", n)
	}
	code, _, errs := calledIn(t, k.open, "apply", "chown", "--alert", "run-dir-owner/intel/born", "--yes")
	if code != exitOK {
		t.Fatalf("chown: exit %d\n%s", code, errs)
	}
	second := startStream(t, nil, k.open, "watch", "--json", "--heartbeat", "1s")
	lines := second.until("a settled second watch", settled)
	_, rest = second.end()
	standing := 0
	for _, l := range append(lines, rest...) {
		m := decoded(t, l)
		switch m["kind"] {
		case "standing":
			standing++
		case "raised":
			if strings.HasPrefix(m["fingerprint"].(string), "run-dir-owner/intel") || strings.HasPrefix(m["fingerprint"].(string), "disk-pressure") {
				t.Errorf("raised again: %s", l)
			}
		case "stale":
			if !strings.Contains(l, "mac-mini") {
				t.Errorf("called stale before it was asked: %s", l)
			}
		}
	}
	if standing < 4 {
		t.Errorf("%d alerts said to stand", standing)
	}
	past, err := poll.NewJournal(k.state).Load()
	if err != nil {
		t.Fatal(err)
	}
	begun, over := 0, 0
	for _, c := range past.Changes {
		if c.Fingerprint() == "run-dir-owner/intel/born" {
			switch c.Kind {
			case fleet.ChangeRaised:
				begun++
			case fleet.ChangeResolved:
				over++
			}
		}
	}
	if begun != 1 || over != 1 {
		t.Errorf("the journal says %d times begun, %d times over", begun, over)
	}
}

// calledIn runs a verb on sessions of an opener.
func calledIn(t *testing.T, open opener, args ...string) (code int, out, errs string) {
	t.Helper()
	dir := t.TempDir()
	files := map[string]*os.File{}
	for _, name := range []string{"in", "out", "err"} {
		f, err := os.Create(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		defer f.Close()
		files[name] = f
	}
	code = dispatch(t.Context(), invocation{stdio: stdio{files["in"], files["out"], files["err"], func(string) string { return "" }}, args: args, open: open})
	read := func(name string) string {
		b, err := os.ReadFile(files[name].Name())
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return code, read("out"), read("err")
}

// hook is an HTTP receiver on loopback.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	bodies []string
	status int
	came   chan struct{}
}

func newHook(t *testing.T) *hook {
	h := &hook{status: http.StatusOK, came: make(chan struct{}, 1000)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		b, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		h.mu.Lock()
		h.bodies = append(h.bodies, r.Header.Get("Authorization")+" "+string(b))
		status := h.status
		h.mu.Unlock()
		w.WriteHeader(status)
		h.came <- struct{}{}
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) answer(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status = status
}

// until waits until a body holds a text.
func (h *hook) until(t *testing.T, want string) {
	t.Helper()
	end := time.After(patience)
	for {
		h.mu.Lock()
		found := slices.ContainsFunc(h.bodies, func(b string) bool { return strings.Contains(b, want) })
		h.mu.Unlock()
		if found {
			return
		}
		select {
		case <-h.came:
		case <-end:
			t.Fatalf("waited in vain for a notice with %s", want)
		}
	}
}

func (h *hook) took() []string {
	h.mu.Lock()
	defer h.mu.Unlock()
	out := h.bodies
	h.bodies = nil
	return out
}

// TestWatchSendsNotices: to both shapes, with the token of a file, and not again
// after a restart, until something changes.
func TestWatchSendsNotices(t *testing.T) {
	k := newKept(t)
	am, slack := newHook(t), newHook(t)
	token := filepath.Join(t.TempDir(), "token")
	if err := os.WriteFile(token, []byte("s3cret\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	k.notify = config.Notify{MinSeverity: fleet.SeverityStop, GroupWait: 500 * time.Millisecond, Webhooks: []config.Webhook{
		{URL: am.URL + "/hook", Format: config.FormatAlertmanager, TokenFile: token}, {URLEnv: "SLACK", Format: config.FormatSlack}}}
	env := map[string]string{"SLACK": slack.URL}
	first := startStream(t, env, k.open, "watch")
	am.until(t, `"key":"intel/born"`)
	slack.until(t, "12 run dirs on intel")
	first.end()
	for _, b := range am.took() {
		var m struct {
			Version, Status string
			Alerts          []struct{ Labels map[string]string }
		}
		auth, body, _ := strings.Cut(b, "{")
		if err := json.Unmarshal([]byte("{"+body), &m); err != nil || m.Version != "4" || m.Status != "firing" || auth != "Bearer s3cret " || len(m.Alerts) == 0 {
			t.Errorf("%v %s", err, b)
		}
		for _, a := range m.Alerts {
			if a.Labels["severity"] != "stop" {
				t.Errorf("too light: %v", a.Labels)
			}
		}
	}
	for _, b := range slack.took() {
		if strings.Contains(b, "s3cret") || !strings.Contains(b, `"blocks"`) {
			t.Errorf("%s", b)
		}
	}
	second := startStream(t, env, k.open, "watch", "--json", "--heartbeat", "1s")
	beats := 0
	second.until("some seconds of a second watch", func(l string) bool {
		if strings.Contains(l, `"heartbeat"`) {
			beats++
		}
		return beats == 5
	})
	second.end()
	if again := append(am.took(), slack.took()...); len(again) != 0 {
		t.Errorf("told again after a restart: %v", again)
	}
	if code, _, errs := calledIn(t, k.open, "apply", "chown", "--alert", "run-dir-owner/intel/born", "--yes"); code != exitOK {
		t.Fatalf("chown: exit %d\n%s", code, errs)
	}
	third := startStream(t, env, k.open, "watch")
	am.until(t, `"status":"resolved"`)
	slack.until(t, "RESOLVED run dirs with the wrong owner")
	third.end()
}

// TestDeadWebhookIsAnAlert: it is on the board, with the reason and without the
// address, and the watch goes on.
func TestDeadWebhookIsAnAlert(t *testing.T) {
	k := newKept(t)
	am := newHook(t)
	am.answer(http.StatusForbidden)
	k.notify = config.Notify{MinSeverity: fleet.SeverityStop, Webhooks: []config.Webhook{{URL: am.URL + "/s3cret", Format: config.FormatAlertmanager}, {URLEnv: "UNSET", Format: config.FormatSlack}}}
	s := startStream(t, nil, k.open, "watch", "--json")
	var seen []string
	for _, want := range []string{"notice-undelivered/alertmanager 127.0.0.1", "notice-undelivered/slack webhook 2"} {
		found := slices.ContainsFunc(seen, func(l string) bool { return strings.Contains(l, want) })
		if !found {
			seen = append(seen, s.until(want, func(l string) bool { return strings.Contains(l, want) })...)
		}
	}
	code, rest := s.end()
	all := strings.Join(append(seen, rest...), "\n")
	b, err := os.ReadFile(s.errs)
	if err != nil || code != exitOK || strings.Contains(all+string(b), "s3cret") || !strings.Contains(string(b), "environment variable UNSET is not set") {
		t.Errorf("exit %d %v\n%s\n%s", code, err, b, all)
	}
}

// TestDoctorLooksAtWebhooks: an address or a token that cannot be had is found
// before an alert needs it.
func TestDoctorLooksAtWebhooks(t *testing.T) {
	k := newKept(t)
	k.notify = config.Notify{Webhooks: []config.Webhook{{URL: "https://am.example/s3cret", Format: config.FormatAlertmanager}, {URLEnv: "UNSET", Format: config.FormatSlack}}}
	code, out, _ := calledIn(t, k.open, "doctor")
	if code != exitError || !strings.Contains(out, "ok    notices alertmanager am.example") || !strings.Contains(out, "FAIL  notices slack webhook 2") || strings.Contains(out, "s3cret") {
		t.Errorf("exit %d\n%s", code, out)
	}
}
