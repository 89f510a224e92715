package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"andon/fleet/config"
)

// patience is the most that a test waits for something that does happen.
const patience = 60 * time.Second

// streaming is a verb that runs and whose standard output is read line by line.
type streaming struct {
	t     *testing.T
	lines chan string
	read  *os.File
	stop  context.CancelFunc
	code  chan int
	errs  string // file of standard error
}

// startStream runs a command line until the test ends it. open is the session's
// opener; nil is the real one.
func startStream(t *testing.T, env map[string]string, open opener, args ...string) *streaming {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	e, err := os.Create(filepath.Join(t.TempDir(), "err"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(t.Context())
	s := &streaming{t: t, lines: make(chan string, 10000), read: r, stop: stop, code: make(chan int, 1), errs: e.Name()}
	in := invocation{stdio: stdio{os.Stdin, w, e, func(k string) string { return env[k] }}, args: args, open: open}
	if open == nil {
		in.open = openReal
	}
	go func() {
		code := dispatch(ctx, in)
		w.Close()
		e.Close()
		s.code <- code
	}()
	go func() {
		for sc := bufio.NewScanner(r); sc.Scan(); {
			s.lines <- sc.Text()
		}
		close(s.lines)
	}()
	t.Cleanup(func() { stop(); r.Close() })
	return s
}

// until returns the lines up to the first that ok accepts.
func (s *streaming) until(what string, ok func(string) bool) []string {
	s.t.Helper()
	var seen []string
	end := time.After(patience)
	for {
		select {
		case l, more := <-s.lines:
			if !more {
				s.t.Fatalf("the stream ended without %s:\n%s", what, strings.Join(seen, "\n"))
			}
			if seen = append(seen, l); ok(l) {
				return seen
			}
		case <-end:
			s.t.Fatalf("waited in vain for %s:\n%s", what, strings.Join(seen, "\n"))
		}
	}
}

// end stops the verb and returns its exit code and what was left to read.
func (s *streaming) end() (int, []string) {
	s.t.Helper()
	s.stop()
	return s.ended()
}

func (s *streaming) ended() (int, []string) {
	s.t.Helper()
	select {
	case code := <-s.code:
		var rest []string
		for l := range s.lines {
			rest = append(rest, l)
		}
		return code, rest
	case <-time.After(patience):
		s.t.Fatal("the verb does not end")
		return 0, nil
	}
}

func decoded(t *testing.T, line string) map[string]any {
	t.Helper()
	for _, c := range []byte(line) {
		if c < ' ' || c > '~' {
			t.Fatalf("byte %#x in %q", c, line)
		}
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(line), &m); err != nil {
		t.Fatalf("%q: %v", line, err)
	}
	return m
}

// TestWatchStreamsTheDemo: first what is watched, then each alert once, and an end
// on request with code 0.
func TestWatchStreamsTheDemo(t *testing.T) {
	s := startStream(t, nil, nil, "demo", "--headless", "--", "watch", "--json", "--heartbeat", "1s")
	seen := s.until("a stop of run-dir-owner", func(l string) bool {
		return strings.Contains(l, `"kind":"raised"`) && strings.Contains(l, `"fingerprint":"run-dir-owner/intel/born"`)
	})
	seen = append(seen, s.until("a heartbeat", func(l string) bool { return strings.Contains(l, `"kind":"heartbeat"`) })...)
	code, rest := s.end()
	if code != exitOK {
		t.Errorf("exit %d", code)
	}
	raised := map[string]int{}
	for i, l := range append(seen, rest...) {
		m := decoded(t, l)
		kind := m["kind"].(string)
		if (i == 0) != (kind == "hello") {
			t.Errorf("line %d is %s", i, kind)
		}
		if _, err := time.Parse(time.RFC3339Nano, m["at"].(string)); err != nil {
			t.Errorf("line %d: %v", i, err)
		}
		switch kind {
		case "hello":
			if m["version"] == "" || len(m["repos"].([]any)) != 2 || len(m["watched_hosts"].([]any)) != 4 || m["rules"].(float64) < 9 {
				t.Errorf("hello %v", m)
			}
			continue
		case "heartbeat":
			if m["lamp"] != "red" || m["lit"].(float64) < 1 || m["sources"].(float64) < 5 || m["sources_not_fresh"] == nil {
				t.Errorf("heartbeat %v", m)
			}
			continue
		case "raised":
			raised[m["fingerprint"].(string)]++
		}
		for _, field := range []string{"fingerprint", "rule", "title", "severity", "state", "summary", "hosts", "pull_requests", "subjects", "evidence", "first_seen", "age_seconds", "times", "suggested"} {
			if _, ok := m[field]; !ok {
				t.Errorf("line %d of kind %s lacks %s", i, kind, field)
			}
		}
		if m["fingerprint"] == "run-dir-owner/intel/born" && (m["severity"] != "stop" || len(m["hosts"].([]any)) != 1 || len(m["pull_requests"].([]any)) != 5 || m["evidence"].(float64) < 1) {
			t.Errorf("%v", m)
		}
	}
	for fp, n := range raised {
		if n != 1 {
			t.Errorf("%s was raised %d times", fp, n)
		}
	}
}

func TestWatchEndsByItself(t *testing.T) {
	code, out, errs := called(t, nil, "demo", "--headless", "--", "watch", "--for", "10ms")
	if code != exitOK || !strings.Contains(out, "watching 4 hosts and 2 repos") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
}

// TestWatchOfAReaderThatLeft: the end of a pipe ends the watch, with code 0, even
// while nothing changes.
func TestWatchOfAReaderThatLeft(t *testing.T) {
	s := startStream(t, nil, nil, "demo", "--headless", "--", "watch")
	s.until("the first line", func(l string) bool { return strings.Contains(l, "watching") })
	s.read.Close()
	select {
	case code := <-s.code:
		if code != exitOK {
			t.Errorf("exit %d", code)
		}
	case <-time.After(patience):
		t.Fatal("it goes on for nobody")
	}
}

// TestWatchOfAReaderThatSleeps: a full pipe does not keep the watch from ending.
func TestWatchOfAReaderThatSleeps(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	if err := w.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	for err == nil { // until it is full
		_, err = w.Write(make([]byte, 4096))
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Fatal(err)
	}
	must := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	must(w.SetWriteDeadline(time.Time{}))
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	done := make(chan int, 1)
	go func() {
		done <- run(ctx, strings.Fields("demo --headless -- watch"), stdio{os.Stdin, w, os.Stderr, func(string) string { return "" }})
	}()
	select {
	case code := <-done:
		if code != exitOK {
			t.Errorf("exit %d", code)
		}
	case <-time.After(patience):
		t.Fatal("it waits for a reader that does not read")
	}
}

func TestWatchUsage(t *testing.T) {
	for args, want := range map[string]string{"--interval 1s": "use at least 5s", "--for -1s": "must not be negative", "--heartbeat 10ms": "at least 1s", "now": "unexpected", "--frob": "andon help watch"} {
		code, _, errs := called(t, nil, append([]string{"demo", "--headless", "--", "watch"}, strings.Fields(args)...)...)
		if code != exitUsage || !strings.Contains(errs, want) {
			t.Errorf("watch %s: exit %d\n%s", args, code, errs)
		}
	}
}

// TestWatchWithoutToken still watches the hosts, and says so in its exit code.
func TestWatchWithoutToken(t *testing.T) {
	targets := filepath.Join(t.TempDir(), "targets")
	if err := os.MkdirAll(targets, 0o755); err != nil {
		t.Fatal(err)
	}
	env, _ := writeConfig(t, "repos: [a/b]\nhosts:\n  - name: here\n    transport: local\n    privilege: none\n    roots: [{path: "+targets+", owner: \"1000:1000\"}]\n")
	t.Setenv("PATH", "/usr/sbin:/usr/bin:/sbin:/bin")
	s := startStream(t, env, nil, "watch", "--json")
	s.until("an alert of the runs nobody reads", func(l string) bool {
		return strings.Contains(l, `"raised"`) && strings.Contains(l, "source-stale/runs:a/b")
	})
	code, _ := s.end()
	b, err := os.ReadFile(s.errs)
	if err != nil || code != exitNeedsAuth || !strings.Contains(string(b), "GH_TOKEN") {
		t.Errorf("exit %d, %q %v", code, b, err)
	}
}

func TestIntervalOfTheFlag(t *testing.T) {
	was := config.Intervals{Hosts: time.Minute, Runs: time.Minute, Pulls: time.Minute, Runners: time.Hour}
	if got := (common{}).paced(was); got != was {
		t.Errorf("without the flag %+v", got)
	}
	if got := (common{interval: 7 * time.Second}).paced(was); got != (config.Intervals{Hosts: 7 * time.Second, Runs: 7 * time.Second, Pulls: 7 * time.Second, Runners: 7 * time.Second}) {
		t.Errorf("%+v", got)
	}
}
