//go:build linux

package hosthelper

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/onhost"
	"andon/fleet/sim/twin"
	"andon/fleet/sim/world"
)

// pair is one tree twice: on disk before the real andon-host, and in a world
// before the simulated one.
type pair struct {
	t    *testing.T
	root fleet.Root
	real onhost.Env
	sim  Host
	ids  int
}

func newPair(t *testing.T, make func(root string)) *pair {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: the real andon-host acts on other users' files")
	}
	base := t.TempDir()
	p := &pair{t: t, root: fleet.Root{Path: filepath.Join(base, "disk", "targets"), Owner: fleet.Owner{UID: 1000, GID: 1000}}}
	mkdir(t, p.root.Path, 1000)
	make(p.root.Path)
	twin.Settle(t, p.root.Path)
	now := time.Now()
	w := world.New(1, now.Unix(), world.Scale{})
	h, _ := w.Host("intel")
	twin.Mirror(t, h, p.root.Path)
	h.Roots = []fleet.Root{p.root}
	p.sim = Host{Host: h, Lock: &sync.Mutex{}, Now: time.Now, Advance: func() {}}
	p.real = onhost.System("test", "")
	p.real.State, p.real.Stop = filepath.Join(base, "state"), filepath.Join(base, "STOP")
	p.real.HostFile, p.real.Syslog = filepath.Join(base, "host.json"), filepath.Join(base, "no-log")
	p.real.ClosedWorld = true // a container of its own may run these tests
	return p
}

func mkdir(t *testing.T, path string, uid int) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Lchown(path, uid, uid); err != nil {
		t.Fatal(err)
	}
}

func write(t *testing.T, path string, uid int) {
	t.Helper()
	mkdir(t, filepath.Dir(path), uid)
	if err := os.WriteFile(path, []byte("x"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Lchown(path, uid, uid); err != nil {
		t.Fatal(err)
	}
}

// step describes what a dir is now.
func (p *pair) step(v fleet.Verb, rel string) fleet.Step {
	p.t.Helper()
	s := fleet.Step{N: 1, Verb: v, Host: "intel", Root: p.root, Components: strings.Split(rel, "/")}
	n, err := p.sim.Host.Lookup(p.root.Path+"/"+rel, false)
	if err == nil {
		s.Expect = fleet.Expect{Dev: n.Dev, Inode: n.Ino, Owner: n.Owner, MTimeNS: n.Changed * int64(time.Second)}
	}
	return s
}

// both sends one request to both and compares how its steps ended.
func (p *pair) both(what string, undo time.Duration, steps ...fleet.Step) []fleet.StepResult {
	p.t.Helper()
	p.ids++
	req := fleet.HostRequest{Version: fleet.HostProtocol, ID: "r" + strings.Repeat("i", p.ids), Operator: "you", Console: "test",
		Digest: strings.Repeat("ab", 32), Root: p.root, UndoFor: undo, Steps: steps}
	frame, err := req.Frame()
	if err != nil {
		p.t.Fatal(err)
	}
	want, errReal := p.answer(frame, func(in io.Reader, out io.Writer) error { return onhost.Serve(context.Background(), p.real, in, out) })
	got, errSim := p.answer(frame, func(in io.Reader, out io.Writer) error { return p.sim.serve(context.Background(), 0, in, out) })
	if (errReal == nil) != (errSim == nil) {
		p.t.Fatalf("%s: really %v, here %v", what, errReal, errSim)
	}
	if len(want) != len(got) {
		p.t.Fatalf("%s: really %+v, here %+v", what, want, got)
	}
	for i := range want {
		a, b := want[i], got[i]
		if a.N != b.N || a.Outcome != b.Outcome || a.Reason != b.Reason || a.Trash != b.Trash || a.Before != b.Before || a.Changed != b.Changed ||
			a.After != b.After || len(a.Writers) != len(b.Writers) || a.Until.IsZero() != b.Until.IsZero() {
			p.t.Errorf("%s, step %d:\n  really %+v\n  here   %+v", what, a.N, a, b)
		}
	}
	return want
}

func (p *pair) answer(frame []byte, serve func(io.Reader, io.Writer) error) ([]fleet.StepResult, error) {
	p.t.Helper()
	in, lifeline := io.Pipe()
	go func() { // ends when the test closes the lifeline
		if _, err := io.Copy(lifeline, bytes.NewReader(frame)); err != nil {
			return
		}
	}()
	var out bytes.Buffer
	err := serve(in, &out)
	lifeline.Close()
	if err != nil {
		return nil, err
	}
	return fleet.ParseAnswer(out.Bytes())
}

const run = "aprender-ci/1792/run-25919246467"

func tree(t *testing.T) func(string) {
	return func(root string) {
		write(t, root+"/"+run+"/debug/deps/a.o", 0)
		write(t, root+"/"+run+"/debug/deps/b.o", 1000)
		mkdir(t, root+"/"+run, 0)
		mkdir(t, root+"/aprender-ci/1792", 0)
		write(t, root+"/aprender-ci/1793/run-25919246468/debug/x", 1000)
		write(t, root+"/aprender-ci/1794/run-25919246469/a/run-7/x", 0)
		write(t, root+"/aprender-ci/debug/x", 1000)
		write(t, root+"/sovereign-ci-aprender/1719/x", 0)
		write(t, root+"/plain/x", 0)
		if err := os.Symlink("1793", root+"/aprender-ci/1795"); err != nil {
			t.Fatal(err)
		}
	}
}

// TestChownEndsAlike runs the chown cases against both.
func TestChownEndsAlike(t *testing.T) {
	p := newPair(t, tree(t))
	with := func(s fleet.Step, edit func(*fleet.Step)) fleet.Step { edit(&s); return s }
	st := p.step(fleet.VerbChown, run)
	p.both("no steps", 0)
	p.both("inode differs", 0, with(st, func(s *fleet.Step) { s.Expect.Inode++ }))
	p.both("no inode", 0, with(st, func(s *fleet.Step) { s.Expect.Inode = 0 }))
	p.both("owner differs", 0, with(st, func(s *fleet.Step) { s.Expect.Owner.UID = 5 }))
	p.both("mtime differs", 0, with(st, func(s *fleet.Step) { s.Expect.MTimeNS++ }))
	p.both("from the wanted owner", 0, with(st, func(s *fleet.Step) { s.From = []uint32{1000} }))
	p.both("another root", 0, with(st, func(s *fleet.Step) { s.Root.Path += "x" }))
	p.both("missing", 0, p.step(fleet.VerbChown, "aprender-ci/1792/run-25919246499"))
	p.both("through a link", 0, with(st, func(s *fleet.Step) { s.Components = strings.Split("aprender-ci/1795/run-25919246468", "/") }))
	p.both("unrecognised", 0, p.step(fleet.VerbChown, "plain"))
	p.both("dot-dot", 0, with(st, func(s *fleet.Step) { s.Components = []string{"aprender-ci", "..", "x"} }))
	p.both("nested run", 0, p.step(fleet.VerbChown, "aprender-ci/1794/run-25919246469"))
	p.both("rerun is not the host's", 0, with(st, func(s *fleet.Step) { s.Verb = fleet.VerbRerun }))
	two := p.step(fleet.VerbChown, "aprender-ci/1793/run-25919246468")
	p.both("needs a refused step", 0, with(st, func(s *fleet.Step) { s.Expect.Inode++ }), with(two, func(s *fleet.Step) { s.N, s.Needs = 2, []int{1} }))
	done := p.both("works, the folder above too", 0, st)
	if done[0].Outcome != fleet.OutcomeDone || done[0].Changed != 5 {
		t.Errorf("chown: %+v", done[0])
	}
	p.both("owner moved on", 0, st)
	p.both("nothing to do", 0, p.step(fleet.VerbChown, "aprender-ci/1793/run-25919246468"))
}

// TestReapEndsAlike runs the reap, undo and purge cases against both.
func TestReapEndsAlike(t *testing.T) {
	p := newPair(t, tree(t))
	st := p.step(fleet.VerbReap, run)
	other := p.step(fleet.VerbReap, "aprender-ci/1793/run-25919246468")
	busy := st
	busy.Expect.MinIdle = 100 * 365 * 24 * time.Hour
	p.both("written lately", 0, busy)
	p.both("no single run", 0, p.step(fleet.VerbReap, "aprender-ci/debug"))
	p.both("ref without run", 0, p.step(fleet.VerbReap, "sovereign-ci-aprender/1719"))
	p.both("nested run", 0, p.step(fleet.VerbReap, "aprender-ci/1794/run-25919246469"))
	first := p.both("works", time.Hour, st)[0]
	if first.Outcome != fleet.OutcomeDone {
		t.Fatalf("reap: %+v", first)
	}
	p.both("twice", time.Hour, st)
	purge := fleet.Step{N: 1, Verb: fleet.VerbPurge, Host: "intel", Root: p.root, Trash: first.Trash}
	p.both("purge too early", 0, purge)
	undo := fleet.Step{N: 1, Verb: fleet.VerbUndo, Host: "intel", Root: p.root, Components: st.Components, Trash: first.Trash}
	elsewhere := undo
	elsewhere.Components = other.Components
	p.both("undo to another place", 0, elsewhere)
	bad := purge
	bad.Trash = "../x-1"
	p.both("bad trash name", 0, bad)
	bad.Trash = "nobody-1"
	p.both("no such trash", 0, bad)
	p.both("undo", 0, undo)
	p.both("undo twice", 0, undo)
	again := p.both("reap again", time.Hour, p.step(fleet.VerbReap, run))[0]
	p.remake()
	undo.Trash = again.Trash
	p.both("undo onto a new dir", 0, undo)
	purge.Trash, purge.Now = again.Trash, true
	gone := p.both("purge now", 0, purge)[0]
	if gone.Outcome != fleet.OutcomeDone || gone.Changed == 0 {
		t.Errorf("purge: %+v", gone)
	}
	p.both("purge twice", 0, purge)
	over := p.both("window of nothing", 0, other)[0]
	purge.Trash, purge.Now = over.Trash, false
	p.both("purge after the window", 0, purge)
}

// remake makes the reaped dir anew on both sides, as a rerun does.
func (p *pair) remake() {
	p.t.Helper()
	mkdir(p.t, p.root.Path+"/"+run, 0)
	p.sim.Host.Mkdir(p.root.Path+"/"+run, fleet.RootOwner, time.Now().Unix())
}

// TestWritersStopBoth has a process in the dir on both sides.
func TestWritersStopBoth(t *testing.T) {
	p := newPair(t, tree(t))
	cmd := exec.Command("sleep", "60")
	cmd.Dir = p.root.Path + "/" + run
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		cmd.Wait() // killed: its status says nothing
	}()
	n, err := p.sim.Host.Lookup(cmd.Dir, false)
	if err != nil {
		t.Fatal(err)
	}
	p.sim.Host.Procs = append(p.sim.Host.Procs, &world.Process{PID: cmd.Process.Pid, Args: []string{"sleep", "60"}, Cwd: cmd.Dir, CwdAt: n})
	r := p.both("in use", 0, p.step(fleet.VerbReap, run))[0]
	if r.Reason != fleet.ReasonWriters || len(r.Writers) != 1 || r.Writers[0].PID != cmd.Process.Pid {
		t.Errorf("reap of a dir in use: %+v", r)
	}
	careful := p.step(fleet.VerbChown, run)
	careful.Expect.NoWriters = true
	p.both("chown that wants none", 0, careful)
	p.both("chown all the same", 0, p.step(fleet.VerbChown, run))
}

// TestTheKillSwitchStopsBoth.
func TestTheKillSwitchStopsBoth(t *testing.T) {
	p := newPair(t, tree(t))
	if err := os.WriteFile(p.real.Stop, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p.sim.Host.WriteFile(stopFile, "", 0o600, fleet.RootOwner, twin.Begun)
	r := p.both("stopped", 0, p.step(fleet.VerbChown, run))[0]
	if r.Reason != fleet.ReasonStopped {
		t.Errorf("with the kill switch: %+v", r)
	}
}

// TestBadRequestsEndAlike: what no console would send is refused whole.
func TestBadRequestsEndAlike(t *testing.T) {
	p := newPair(t, tree(t))
	for _, frame := range [][]byte{
		nil, {0, 0, 0, 0}, {0, 0, 0, 9, '{'}, append([]byte{0, 0, 0, 2}, "{}"...),
		append([]byte{0, 0, 0, 13}, `{"version":9}`...),
	} {
		for what, serve := range map[string]func(io.Reader, io.Writer) error{
			"real":      func(in io.Reader, out io.Writer) error { return onhost.Serve(context.Background(), p.real, in, out) },
			"simulated": func(in io.Reader, out io.Writer) error { return p.sim.serve(context.Background(), 0, in, out) },
		} {
			var out bytes.Buffer
			if err := serve(bytes.NewReader(frame), &out); err == nil {
				t.Errorf("%s took the frame %q", what, frame)
			}
			if _, err := fleet.ParseAnswer(out.Bytes()); err == nil {
				t.Errorf("%s answered %q to the frame %q", what, out.String(), frame)
			}
		}
	}
}
