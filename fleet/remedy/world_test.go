package remedy

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"andon/fleet"
)

var (
	wanted = fleet.Owner{UID: 1000, GID: 1000}
	root   = fleet.Root{Path: "/mnt/targets", Owner: wanted}
	repo   = fleet.Repo("paiml/aprender")
)

// world is a small fleet that really changes: hosts with dirs, and a GitHub with
// runs. It implements Doer, GitHub and Refresher; hooks come before the deed.
type world struct {
	t     *testing.T
	mu    sync.Mutex
	hosts []fleet.Host
	dirs  map[fleet.DirID]*fleet.RunDir
	trash map[fleet.HostName][]fleet.Trash

	reaped map[string]*fleet.RunDir // by name in the trash
	runs   map[fleet.RunKey]*fleet.WorkflowRun
	jobs   map[fleet.RunKey][]fleet.Job
	pulls  map[fleet.PRKey]*fleet.PullRequest
	log    *Log

	posts []fleet.RunKey // reruns GitHub received
	calls []string       // in order

	act    func(h fleet.HostName, r fleet.HostRequest, whole []byte) ([]byte, error) // may bend an answer
	before func(h fleet.HostName, r fleet.HostRequest)
	post   func(k fleet.RunKey, do func()) error // may lose an answer
	down   map[fleet.HostName]bool               // cannot be swept
}

func newWorld(t *testing.T, hosts ...fleet.HostName) *world {
	w := &world{t: t, dirs: make(map[fleet.DirID]*fleet.RunDir), runs: make(map[fleet.RunKey]*fleet.WorkflowRun),
		jobs: make(map[fleet.RunKey][]fleet.Job), pulls: make(map[fleet.PRKey]*fleet.PullRequest),
		trash: make(map[fleet.HostName][]fleet.Trash), down: make(map[fleet.HostName]bool),
		reaped: make(map[string]*fleet.RunDir)}
	for _, h := range hosts {
		w.hosts = append(w.hosts, fleet.Host{Name: h, Transport: fleet.TransportLocal, Roots: []fleet.Root{root}, Privilege: fleet.PrivilegeSudo})
	}
	w.log = openLog(t, filepath.Join(scratch(t), "audit.jsonl"))
	return w
}

// dir adds a run dir owned by root and its run, red and completed at attempt 1.
func (w *world) dir(h fleet.HostName, pr int, id fleet.RunID) *fleet.RunDir {
	p, err := root.Parse(fmt.Sprintf("aprender-ci/%d/run-%d", pr, id))
	if err != nil {
		w.t.Fatal(err)
	}
	d := &fleet.RunDir{Host: h, Path: p, Dev: 1, Inode: uint64(id), Mode: 0o755, Bytes: fleet.Known(int64(1<<30), time.Now())}
	w.dirs[d.ID()] = d
	k := fleet.RunKey{Repo: repo, ID: id}
	w.runs[k] = &fleet.WorkflowRun{Repo: repo, ID: id, Attempt: 1, Status: fleet.StatusCompleted, Conclusion: fleet.ConclusionFailure}
	w.pulls[fleet.PRKey{Repo: repo, Number: pr}] = &fleet.PullRequest{Repo: repo, Number: pr, State: fleet.PRClosed}
	return d
}

func (w *world) executor(change ...func(*Config)) *Executor {
	cfg := Config{Hosts: w.hosts, Repos: []fleet.Repo{repo}, Policy: fleet.DefaultPolicy(), Operator: "noah", Console: "test"}
	for _, f := range change {
		f(&cfg)
	}
	return New(cfg, w, w, w, w.log)
}

func (w *world) call(format string, a ...any) {
	w.calls = append(w.calls, fmt.Sprintf(format, a...))
}

func (w *world) Act(ctx context.Context, h fleet.Host, r fleet.HostRequest, progress func(fleet.HostRecord)) ([]byte, error) {
	if w.before != nil {
		w.before(h.Name, r)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.call("act %s %d", h.Name, len(r.Steps))
	recs := []fleet.HostRecord{{Kind: fleet.RecordHello, Version: fleet.HostProtocol, ID: r.ID}}
	for _, s := range r.Steps {
		res := w.carryOut(h.Name, s)
		recs = append(recs, fleet.HostRecord{Kind: fleet.RecordProgress, N: s.N, Done: 7}, fleet.HostRecord{Kind: fleet.RecordStep, Step: &res})
	}
	recs = append(recs, fleet.HostRecord{Kind: fleet.RecordEnd, Steps: len(r.Steps)})
	var out []byte
	for _, rec := range recs {
		progress(rec)
		b, err := json.Marshal(rec)
		if err != nil {
			w.t.Error(err)
		}
		out = append(append(out, b...), '\n')
	}
	if w.act != nil {
		return w.act(h.Name, r, out)
	}
	return out, nil
}

// carryOut does what andon-host would, checks included.
func (w *world) carryOut(h fleet.HostName, s fleet.Step) fleet.StepResult {
	no := func(why fleet.Reason) fleet.StepResult {
		return fleet.StepResult{N: s.N, Outcome: fleet.OutcomeRefused, Reason: why}
	}
	d, ok := w.dirs[fleet.DirID{Host: h, Path: s.Path()}]
	switch {
	case s.Verb == fleet.VerbUndo:
		w.dirs[fleet.DirID{Host: h, Path: s.Path()}] = w.reaped[s.Trash]
		delete(w.reaped, s.Trash)
		w.trash[h] = slices.DeleteFunc(w.trash[h], func(t fleet.Trash) bool { return t.Name == s.Trash })
		return fleet.StepResult{N: s.N, Outcome: fleet.OutcomeDone}
	case s.Verb == fleet.VerbPurge:
		w.trash[h] = slices.DeleteFunc(w.trash[h], func(t fleet.Trash) bool { return t.Name == s.Trash })
		return fleet.StepResult{N: s.N, Outcome: fleet.OutcomeDone}
	case !ok:
		return no(fleet.ReasonMissing)
	case d.Inode != s.Expect.Inode || d.Owner != s.Expect.Owner:
		return no(fleet.ReasonChanged)
	}
	if ws, known := d.Writers.Get(); s.Expect.NoWriters && (!known || len(ws) > 0) {
		r := no(fleet.ReasonWriters)
		r.Writers = ws
		return r
	}
	if s.Verb == fleet.VerbReap {
		delete(w.dirs, d.ID())
		name := fmt.Sprintf("t%d", len(w.calls))
		w.reaped[name] = d
		w.trash[h] = append(w.trash[h], fleet.Trash{Root: s.Root.Path, Name: name})
		return fleet.StepResult{N: s.N, Outcome: fleet.OutcomeDone, Trash: name, Until: time.Now().Add(15 * time.Minute)}
	}
	d.Owner = s.Root.Owner
	return fleet.StepResult{N: s.N, Outcome: fleet.OutcomeDone, Changed: 1}
}

func (w *world) Run(_ context.Context, k fleet.RunKey) (fleet.WorkflowRun, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	r, ok := w.runs[k]
	if !ok {
		return fleet.WorkflowRun{}, errors.New("status 404")
	}
	return *r, nil
}

func (w *world) Jobs(_ context.Context, k fleet.RunKey) ([]fleet.Job, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.jobs[k], nil
}

func (w *world) Pull(_ context.Context, k fleet.PRKey) (fleet.PullRequest, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	p, ok := w.pulls[k]
	if !ok {
		return fleet.PullRequest{}, errors.New("status 404")
	}
	return *p, nil
}

func (w *world) RerunFailed(_ context.Context, k fleet.RunKey) error {
	do := func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.call("rerun %d", k.ID)
		w.posts = append(w.posts, k)
		w.runs[k].Attempt++
		w.runs[k].Status = fleet.StatusQueued
	}
	if w.post != nil {
		return w.post(k, do)
	}
	do()
	return nil
}

func (w *world) Refresh(_ context.Context, hosts ...fleet.HostName) (*fleet.Snapshot, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.call("sweep %v", hosts)
	now := time.Now().Round(0)
	r := fleet.Reads{At: now, Policy: fleet.DefaultPolicy(), Hosts: w.hosts, Repos: []fleet.Repo{repo}}
	for _, h := range hosts {
		src := fleet.Source{ID: fleet.HostSource(h), State: fleet.SourceOK, ReadAt: now, Interval: time.Minute}
		if w.down[h] {
			src.State, src.Err = fleet.SourceFailing, "no route to host"
		}
		sw := fleet.Sweep{Host: h, At: now, Trash: w.trash[h]}
		for _, d := range w.dirs {
			if d.Host == h {
				sw.Dirs = append(sw.Dirs, *d)
			}
		}
		r.Sources, r.Sweeps = append(r.Sources, src), append(r.Sweeps, sw)
	}
	return fleet.Join(r), nil
}

// Plans.

func chown(d *fleet.RunDir) fleet.Step {
	return fleet.Step{Verb: fleet.VerbChown, Host: d.Host, Root: root, Components: d.Path.Components(), From: []uint32{0}, Subject: fleet.OfDir(d.ID()),
		Expect: fleet.Expect{Dev: d.Dev, Inode: d.Inode, Owner: d.Owner}}
}

func reap(d *fleet.RunDir) fleet.Step {
	pl := d.Path.Place()
	return fleet.Step{Verb: fleet.VerbReap, Host: d.Host, Root: root, Components: d.Path.Components(), Subject: fleet.OfDir(d.ID()),
		Expect: fleet.Expect{Dev: d.Dev, Inode: d.Inode, Owner: d.Owner, NoWriters: true, MinIdle: fleet.DefaultPolicy().MinIdle, Run: fleet.RunKey{Repo: repo, ID: pl.RunID}, RunAttempt: 1,
			RunStatus: fleet.StatusCompleted, PR: fleet.PRKey{Repo: repo, Number: pl.PR}, PRState: fleet.PRClosed}}
}

func rerun(id fleet.RunID, needs ...int) fleet.Step {
	k := fleet.RunKey{Repo: repo, ID: id}
	return fleet.Step{Verb: fleet.VerbRerun, Run: k, Needs: needs, Subject: fleet.OfRun(k), Expect: fleet.Expect{Run: k, RunAttempt: 1, RunStatus: fleet.StatusCompleted}}
}

func plan(steps ...fleet.Step) fleet.Plan {
	for i := range steps {
		steps[i].N = i + 1
	}
	return fleet.Plan{Action: fleet.ActionFix, Title: "fix", MadeAt: time.Now().Round(0), Steps: steps}
}

func apply(t *testing.T, e *Executor, p fleet.Plan) fleet.Result {
	t.Helper()
	r, err := e.Apply(t.Context(), p, p.Digest(), nil)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func outcomes(r fleet.Result) string {
	s := ""
	for _, x := range r.Steps {
		s += string(x.Outcome)
		if x.Reason != "" {
			s += "(" + string(x.Reason) + ")"
		}
		s += " "
	}
	return s
}

func expect(t *testing.T, r fleet.Result, want string) {
	t.Helper()
	if got := outcomes(r); got != want+" " {
		t.Fatalf("outcomes: %s\nwant:     %s\n%+v", got, want, r)
	}
}
