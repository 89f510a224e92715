package poll

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/probe"
)

var (
	repo    = fleet.Repo("paiml/aprender")
	errDown = &fleet.Failure{Cause: fleet.CauseUnreachable, Remedy: "look at the machine", Err: errors.New("no route to host")}
)

// plant makes a root with run dirs, on this machine.
func plant(t *testing.T, name fleet.HostName, rels ...string) fleet.Host {
	t.Helper()
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	root := base + "/mnt/targets"
	for _, r := range append(rels, ".") {
		if err := os.MkdirAll(filepath.Join(root, r), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	// Nobody in the test owns what it plants, so every dir has a wrong owner.
	return fleet.Host{Name: name, Transport: fleet.TransportLocal, Privilege: fleet.PrivilegeNone, Runners: []string{string(name) + "-*"},
		Roots: []fleet.Root{{Path: root, Owner: fleet.Owner{UID: 54321, GID: 54321}}}}
}

// sweepHere runs the real script on this machine.
func sweepHere(ctx context.Context, ask probe.Ask) ([]byte, error) {
	args, err := ask.Args()
	if err != nil {
		return nil, err
	}
	script, err := probe.Scripts.ReadFile(probe.SweepScript)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, "/bin/sh", append([]string{"-s", "--"}, args...)...)
	cmd.Stdin = bytes.NewReader(fmt.Appendf(nil, "sweep() {\n%s\n}\nsweep \"$@\" </dev/null\n", script))
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("sweep here: %w", err)
	}
	return out, nil
}

func answerOf(t *testing.T, h fleet.Host) []byte {
	t.Helper()
	out, err := sweepHere(t.Context(), probe.Ask{Roots: h.Roots})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// lab is a set of hosts. Without an answer of its own a host runs the script.
type lab struct {
	mu     sync.Mutex
	answer map[fleet.HostName]func() ([]byte, error)
	inside map[fleet.HostName]int
	now    int
	most   int
	tried  map[fleet.HostName][]time.Time
	asks   []probe.Ask
	t      *testing.T
}

func newLab(t *testing.T) *lab {
	return &lab{t: t, answer: make(map[fleet.HostName]func() ([]byte, error)), inside: make(map[fleet.HostName]int), tried: make(map[fleet.HostName][]time.Time)}
}

// says fixes a host's answer.
func (l *lab) says(h fleet.HostName, b []byte, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer[h] = func() ([]byte, error) { return b, err }
}

func (l *lab) Sweep(ctx context.Context, h fleet.Host, ask probe.Ask) ([]byte, time.Duration, error) {
	l.mu.Lock()
	l.now++
	l.inside[h.Name]++
	l.most = max(l.most, l.now)
	if l.inside[h.Name] > 1 {
		l.t.Errorf("two sweeps of %s at once", h.Name)
	}
	l.tried[h.Name] = append(l.tried[h.Name], time.Now())
	l.asks = append(l.asks, ask)
	answer := l.answer[h.Name]
	l.mu.Unlock()
	defer func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.now--
		l.inside[h.Name]--
	}()
	if answer != nil {
		b, err := answer()
		return b, time.Millisecond, err
	}
	b, err := sweepHere(ctx, ask)
	return b, time.Millisecond, err
}

func (l *lab) tries(h fleet.HostName) []time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]time.Time(nil), l.tried[h]...)
}

// forge is a GitHub: what it says, how often it was asked, how it fails.
type forge struct {
	mu      sync.Mutex
	runs    []fleet.WorkflowRun // the list
	older   map[fleet.RunID]fleet.WorkflowRun
	jobs    map[fleet.RunID][]fleet.Job
	pulls   []fleet.PullRequest
	closed  map[int]fleet.PullRequest
	runners []fleet.Runner
	waits   map[fleet.RunID][]string
	groups  map[string]fleet.ConcurrencyGroup
	noAPI   bool // for groups
	refs    []fleet.QueueRef
	refuse  map[string]error // by the beginning of the question
	part    bool             // lists are not whole
	err     error
	budget  fleet.Budget
	asked   map[string]int
	inside  int
	most    int
}

func newForge() *forge {
	return &forge{older: make(map[fleet.RunID]fleet.WorkflowRun), jobs: make(map[fleet.RunID][]fleet.Job), closed: make(map[int]fleet.PullRequest),
		waits: make(map[fleet.RunID][]string), groups: make(map[string]fleet.ConcurrencyGroup), refuse: make(map[string]error), asked: make(map[string]int)}
}

func (f *forge) enter(format string, a ...any) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	q := fmt.Sprintf(format, a...)
	f.asked[q]++
	for begin, err := range f.refuse {
		if strings.HasPrefix(q, begin) {
			return err
		}
	}
	return f.err
}

func (f *forge) count(format string, a ...any) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked[fmt.Sprintf(format, a...)]
}

// set changes what GitHub says.
func (f *forge) set(change func(*forge)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	change(f)
}

func (f *forge) Runs(context.Context, fleet.Repo) ([]fleet.WorkflowRun, bool, error) {
	if err := f.enter("runs"); err != nil {
		return nil, false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]fleet.WorkflowRun(nil), f.runs...), !f.part, nil
}

func (f *forge) Run(_ context.Context, k fleet.RunKey) (fleet.WorkflowRun, error) {
	if err := f.enter("run %d", k.ID); err != nil {
		return fleet.WorkflowRun{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	r, ok := f.older[k.ID]
	if !ok {
		return r, fmt.Errorf("%w: 404", ErrGone)
	}
	r.ReadAt = time.Now()
	return r, nil
}

func (f *forge) Jobs(_ context.Context, k fleet.RunKey) ([]fleet.Job, error) {
	f.mu.Lock()
	f.inside++
	f.most = max(f.most, f.inside)
	f.mu.Unlock()
	time.Sleep(time.Millisecond) // lets requests overlap; nothing waits for it
	defer f.set(func(f *forge) { f.inside-- })
	if err := f.enter("jobs %d", k.ID); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.jobs[k.ID], nil
}

func (f *forge) Pulls(context.Context, fleet.Repo) ([]fleet.PullRequest, bool, error) {
	if err := f.enter("pulls"); err != nil {
		return nil, false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]fleet.PullRequest(nil), f.pulls...), !f.part, nil
}

func (f *forge) Pull(_ context.Context, k fleet.PRKey) (fleet.PullRequest, error) {
	if err := f.enter("pull %d", k.Number); err != nil {
		return fleet.PullRequest{}, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	p, ok := f.closed[k.Number]
	if !ok {
		return p, fmt.Errorf("%w: 404", ErrGone)
	}
	p.ReadAt = time.Now()
	return p, nil
}

func (f *forge) Runners(context.Context, string) ([]fleet.Runner, bool, error) {
	if err := f.enter("runners"); err != nil {
		return nil, false, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.runners, !f.part, nil
}

func (f *forge) Budget() fleet.Budget {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.budget
}

func run(id fleet.RunID, s fleet.Status, c fleet.Conclusion) fleet.WorkflowRun {
	return fleet.WorkflowRun{Repo: repo, ID: id, Attempt: 1, Status: s, Conclusion: c, UpdatedAt: time.Now().UTC(), CreatedAt: time.Now().UTC()}
}

func pull(n int, s fleet.PRState) fleet.PullRequest {
	p := fleet.PullRequest{Repo: repo, Number: n, State: s, HeadRepo: repo, HeadRef: fmt.Sprintf("b%d", n)}
	if s != fleet.PROpen {
		p.ClosedAt = time.Now().Add(-2 * time.Hour)
	}
	return p
}

func collector(l *lab, f *forge, change func(*Config), hosts ...fleet.Host) *Collector {
	cfg := Config{Hosts: hosts, Repos: []fleet.Repo{repo}, Scopes: []string{string(repo)}, Policy: fleet.DefaultPolicy()}
	if change != nil {
		change(&cfg)
	}
	if f == nil {
		return New(cfg, l, GitHub{})
	}
	return New(cfg, l, GitHub{Runs: f, Pulls: f, Runners: f, Groups: f, Queues: f, Budget: f})
}

func source(t *testing.T, s *fleet.Snapshot, id fleet.SourceID, state fleet.SourceState, cause fleet.Cause) fleet.Source {
	t.Helper()
	src := s.SourceOf(id)
	if src.State != state || src.Cause != cause {
		t.Errorf("source %s is %s (%s: %s), want %s (%s)", id, src.State, src.Cause, src.Err, state, cause)
	}
	return src
}
