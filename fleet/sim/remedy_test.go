package sim

import (
	"bytes"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/actions"
	"andon/fleet/gh"
	"andon/fleet/probe"
	"andon/fleet/rules"
	"andon/fleet/sim/world"
	"andon/sshexec"
)

// lifeline gives a request and stays open until it is closed, as the console does.
type lifeline struct {
	io.Reader
	open chan struct{}
}

func newLifeline(frame []byte) *lifeline {
	return &lifeline{Reader: bytes.NewReader(frame), open: make(chan struct{})}
}

func (l *lifeline) Read(b []byte) (int, error) {
	if n, err := l.Reader.Read(b); n > 0 || !errors.Is(err, io.EOF) {
		return n, err
	}
	<-l.open
	return 0, io.EOF
}

func (l *lifeline) Close() error {
	close(l.open)
	return nil
}

// ask sends a plan's host steps of one host and root to andon-host.
func (c *console) ask(t *testing.T, h fleet.Host, steps []fleet.Step, undo time.Duration) []fleet.StepResult {
	t.Helper()
	req := fleet.HostRequest{Version: fleet.HostProtocol, ID: "t1", Operator: "you", Console: "test", Digest: strings.Repeat("ab", 32),
		Root: h.Roots[0], UndoFor: undo, Steps: steps}
	frame, err := req.Frame()
	if err != nil {
		t.Fatal(err)
	}
	res, err := c.pool.Host(h.SSH).Program(t.Context(), sshexec.ProgramCall{Program: sshexec.Constant(probe.ServeLine),
		Become: sshexec.BecomeRoot, Stdin: newLifeline(frame)})
	if err != nil {
		t.Fatalf("andon-host on %s: %v\n%s", h.Name, err, res.Stderr)
	}
	out, err := fleet.ParseAnswer(res.Stdout)
	if err != nil {
		t.Fatalf("answer: %v\n%s", err, res.Stdout)
	}
	return out
}

func find(t *testing.T, s *fleet.Snapshot, id fleet.RuleID, word string) fleet.Alert {
	t.Helper()
	var b fleet.Board
	for _, a := range b.Fold(s, rules.All()).Alerts {
		if a.Rule == id && strings.Contains(a.Summary, word) {
			return a
		}
	}
	t.Fatalf("no alert %s with %q", id, word)
	return fleet.Alert{}
}

func planOf(t *testing.T, s *fleet.Snapshot, id fleet.ActionID, in fleet.PlanInput) fleet.Plan {
	t.Helper()
	a, err := actions.Find(id)
	if err != nil {
		t.Fatal(err)
	}
	in.Snapshot = s
	p, err := a.Plan(in)
	if err != nil {
		t.Fatal(err)
	}
	if p.Empty() {
		t.Fatalf("empty plan of %s; kept %+v", id, p.Kept)
	}
	return p
}

// TestChownThenRerunTurnsTheRunsGreen is the main story: what the console's plan
// does to the world is seen by the next sweep and the next reading of GitHub.
func TestChownThenRerunTurnsTheRunsGreen(t *testing.T) {
	t.Parallel()
	clock := newClock()
	f := start(t, Options{Now: clock.Now})
	c := newConsole(t, f)
	s := c.look(t, false)
	alert := find(t, s, "run-dir-owner", "since birth")
	p := planOf(t, s, fleet.ActionChown, fleet.PlanInput{Targets: alert.Subjects, Alert: &alert})
	h := f.Hosts()[0]
	for _, r := range c.ask(t, h, p.Steps, 0) {
		if r.Outcome != fleet.OutcomeDone || r.After != 0 || r.Changed == 0 {
			t.Errorf("chown %s: %+v", p.Steps[r.N-1].Path(), r)
		}
	}
	for _, st := range p.Steps {
		if o, err := f.OwnerOf(h.Name, st.Path()); err != nil || o != h.Roots[0].Owner {
			t.Errorf("%s is of %v, %v", st.Path(), o, err)
		}
	}
	s = c.look(t, false)
	for _, d := range s.Dirs {
		if d.Path.Place().PR == 1792 && s.Ownership(d).State != fleet.OwnerFits {
			t.Errorf("the next sweep still says %v of %s", s.Ownership(d), d.ID())
		}
	}
	run := runOf(t, s, 1792)
	if err := c.github.RerunFailed(t.Context(), run.Key()); err != nil {
		t.Fatal(err)
	}
	if f.Reruns() != 1 {
		t.Fatalf("%d reruns were counted", f.Reruns())
	}
	after := c.wait(t, clock, run.Key())
	if after.Attempt != 2 || after.Conclusion != fleet.ConclusionSuccess {
		t.Errorf("after chown and rerun: attempt %d, %s", after.Attempt, after.Conclusion)
	}
}

// TestRerunWithoutChownFailsTheSameWay and so does one of a dir that something
// keeps deleting: chown does not cure that.
func TestRerunWithoutChownFailsTheSameWay(t *testing.T) {
	t.Parallel()
	clock := newClock()
	f := start(t, Options{Now: clock.Now})
	c := newConsole(t, f)
	s := c.look(t, false)
	for _, pr := range []int{1794, 1795} {
		run := runOf(t, s, pr)
		if pr == 1795 {
			alert := find(t, s, "run-dir-owner", "recreated")
			id, ok := alert.Subjects[0].DirID()
			if !ok {
				t.Fatalf("no dir in %+v", alert.Subjects)
			}
			f.Use(func(w *world.World) {
				h, _ := w.Host("intel")
				n, err := h.Lookup(id.Path, false)
				if err != nil {
					t.Fatal(err)
				}
				n.Chown([]uint32{0}, h.Roots[0].Owner, w.Now())
			})
		}
		if err := c.github.RerunFailed(t.Context(), run.Key()); err != nil {
			t.Fatal(err)
		}
		after := c.wait(t, clock, run.Key())
		if after.Attempt != 2 || after.Conclusion != fleet.ConclusionFailure {
			t.Errorf("#%d: attempt %d, %s", pr, after.Attempt, after.Conclusion)
		}
		jobs, err := c.github.Jobs(t.Context(), run.Key(), gh.AllAttempts)
		if err != nil {
			t.Fatal(err)
		}
		texts := map[int]string{}
		for _, j := range jobs.Items {
			if j.Name == "workspace-test" {
				tail, err := c.github.JobLogTail(t.Context(), run.Repo, j.ID, 1<<20)
				if err != nil {
					t.Fatal(err)
				}
				i := strings.Index(string(tail.Text), "error: failed to create directory")
				if i < 0 {
					t.Fatalf("#%d attempt %d: %s", pr, j.Attempt, tail.Text)
				}
				texts[j.Attempt] = string(tail.Text)[i : i+60]
			}
		}
		if texts[1] == "" || texts[1] != texts[2] {
			t.Errorf("#%d: attempts fail with %v", pr, texts)
		}
	}
}

// TestReapUndoPurge goes the whole way of an orphan, and meets a live writer.
func TestReapUndoPurge(t *testing.T) {
	t.Parallel()
	f := start(t, Options{})
	c := newConsole(t, f)
	s := c.look(t, true)
	h := f.Hosts()[0]
	alert := find(t, s, "orphan-dirs", "intel")
	p := planOf(t, s, fleet.ActionReap, fleet.PlanInput{Targets: alert.Subjects, Alert: &alert})
	if sum, unmeasured := p.Bytes(); sum < 300*gib || unmeasured != 0 {
		t.Errorf("the orphans hold %d GiB, %d unmeasured", sum/gib, unmeasured)
	}
	before, _ := s.Disk(h.Name, h.Roots[0].Path)
	done := c.ask(t, h, p.Steps, 15*time.Minute)
	for _, r := range done {
		if r.Outcome != fleet.OutcomeDone {
			t.Fatalf("reap %s: %+v", p.Steps[r.N-1].Path(), r)
		}
	}
	back := fleet.Step{N: 1, Verb: fleet.VerbUndo, Host: h.Name, Root: h.Roots[0], Components: p.Steps[0].Components, Trash: done[0].Trash}
	early := fleet.Step{N: 2, Verb: fleet.VerbPurge, Host: h.Name, Root: h.Roots[0], Trash: done[1].Trash}
	gone := fleet.Step{N: 3, Verb: fleet.VerbPurge, Host: h.Name, Root: h.Roots[0], Trash: done[2].Trash, Now: true}
	got := c.ask(t, h, []fleet.Step{back, early, gone}, 0)
	if got[0].Outcome != fleet.OutcomeDone || got[1].Reason != fleet.ReasonTooEarly || got[2].Outcome != fleet.OutcomeDone || got[2].Changed < 300 {
		t.Errorf("undo, early purge, purge now: %+v", got)
	}
	s = c.look(t, false)
	if _, here := s.DirOf(fleet.DirID{Host: h.Name, Path: p.Steps[0].Path()}); !here {
		t.Error("the dir that was put back is not in the next sweep")
	}
	after, _ := s.Disk(h.Name, h.Roots[0].Path)
	if freed := after.FreeBytes - before.FreeBytes; freed < p.Steps[2].Bytes.Or(0)-gib {
		t.Errorf("the purge of %d bytes freed %d", p.Steps[2].Bytes.Or(0), freed)
	}
	for _, d := range s.Dirs {
		if d.Path.Place().PR == 1733 && len(d.Writers.Or(nil)) > 0 {
			st := fleet.Step{N: 1, Verb: fleet.VerbReap, Host: h.Name, Root: h.Roots[0], Components: d.Path.Components(),
				Expect: fleet.Expect{Dev: d.Dev, Inode: d.Inode, Owner: d.Owner, NoWriters: true}}
			r := c.ask(t, h, []fleet.Step{st}, 0)[0]
			if r.Reason != fleet.ReasonWriters || len(r.Writers) != 1 || r.Writers[0].PID != d.Writers.Or(nil)[0].PID {
				t.Errorf("reap of a dir in use: %+v", r)
			}
			return
		}
	}
	t.Error("no dir of #1733 has a writer")
}
