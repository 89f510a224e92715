//go:build linux

package onhost

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

// deepTree makes a chain of depth folders below dir, by descriptors.
func deepTree(t testing.TB, dir string, depth int) {
	fd, err := unix.Open(dir, unix.O_DIRECTORY|unix.O_RDONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	for range depth {
		if err := unix.Mkdirat(fd, "d", 0o755); err != nil {
			t.Fatal(err)
		}
		next, err := unix.Openat(fd, "d", unix.O_DIRECTORY|unix.O_RDONLY, 0)
		if err != nil {
			t.Fatal(err)
		}
		unix.Close(fd)
		fd = next
	}
	unix.Close(fd)
}

func TestDeepTreeWithFewDescriptors(t *testing.T) {
	const depth = 20000
	w := newWorld(t)
	must(t, unix.Mount("none", w.root.Path, "tmpfs", 0, "mode=0755")) // fast, and a root that is a mount
	t.Cleanup(func() { unix.Unmount(w.root.Path, unix.MNT_DETACH) })
	dir := w.runDir("1792", 11, 0)
	deepTree(t, dir, depth)
	few := "ANDON_ONHOST_NOFILE=64"

	res, err := w.serveIn(w.request(w.step(fleet.VerbChown, dir)), nil, few).answer(t)
	must(t, err)
	wants(t, res[0], fleet.OutcomeDone, "")
	if res[0].Changed != depth+11 {
		t.Errorf("%d changed, want %d", res[0].Changed, depth+11)
	}
	reap := w.step(fleet.VerbReap, dir)
	reap.Expect.MinIdle = 0
	res, err = w.serveIn(w.request(reap), nil, few).answer(t)
	must(t, err)
	wants(t, res[0], fleet.OutcomeDone, "")
	purge := fleet.Step{N: 1, Verb: fleet.VerbPurge, Root: w.root, Trash: res[0].Trash, Now: true}
	res, err = w.serveIn(w.request(purge), nil, few).answer(t)
	must(t, err)
	wants(t, res[0], fleet.OutcomeDone, "")
	if res[0].Changed != depth+9 {
		t.Errorf("%d deleted, want %d", res[0].Changed, depth+9)
	}
}

// pacer is an answer's reader that lets a walk go on one entry a millisecond,
// and acts at the first progress record.
type pacer struct {
	bytes.Buffer
	first func()
}

func (p *pacer) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(`"progress"`)) {
		if p.first != nil {
			p.first()
			p.first = nil
		}
		time.Sleep(time.Millisecond)
	}
	return p.Buffer.Write(b)
}

// paced serves a request with a clock that makes every entry report progress.
func (w *world) paced(req fleet.HostRequest, in io.Reader, first func()) []fleet.StepResult {
	w.t.Helper()
	e := w.env
	at := time.Now()
	e.Now = func() time.Time { at = at.Add(time.Second); return at }
	frame, err := req.Frame()
	must(w.t, err)
	out := &pacer{first: first}
	must(w.t, Serve(w.t.Context(), e, io.MultiReader(bytes.NewReader(frame), in), out))
	res, err := fleet.ParseAnswer(out.Bytes())
	must(w.t, err)
	return res
}

func TestStopFilePausesAPurgeThatCanBeCarriedOn(t *testing.T) {
	w := newWorld(t)
	dir := w.runDir("1792", 11, 1000)
	for i := range 600 {
		w.write(fmt.Sprintf("%s/debug/deps/f%d", dir, i), 1000)
	}
	w.age(dir, time.Hour)
	r := w.ask(w.step(fleet.VerbReap, dir))[0]
	wants(t, r, fleet.OutcomeDone, "")
	purge := fleet.Step{N: 1, Verb: fleet.VerbPurge, Root: w.root, Trash: r.Trash, Now: true}
	undo := fleet.Step{N: 1, Verb: fleet.VerbUndo, Root: w.root, Components: []string{"aprender-ci", "1792", "run-11"}, Trash: r.Trash}

	lifeline, hold := io.Pipe()
	defer hold.Close()
	r = w.paced(w.request(purge), lifeline, func() { must(t, os.WriteFile(w.env.Stop, nil, 0o600)) })[0]
	wants(t, r, fleet.OutcomeFailed, fleet.ReasonStopped)
	if r.Changed == 0 || r.Changed >= 600 {
		t.Errorf("%d deleted before it stopped", r.Changed)
	}
	first := r.Changed
	wants(t, w.ask(purge)[0], fleet.OutcomeRefused, fleet.ReasonStopped)
	must(t, os.Remove(w.env.Stop))
	wants(t, w.ask(undo)[0], fleet.OutcomeRefused, fleet.ReasonMissing)
	purge.Now = false // begun is begun: the window does not hold it up again
	r = w.ask(purge)[0]
	wants(t, r, fleet.OutcomeDone, "")
	if first+r.Changed != 609 {
		t.Errorf("%d and %d deleted, want 609 together", first, r.Changed)
	}
}

func TestClosedStdinStopsBetweenTwoEntries(t *testing.T) {
	w := newWorld(t)
	dir := w.runDir("1792", 11, 0)
	for i := range 300 {
		w.write(fmt.Sprintf("%s/debug/deps/f%d", dir, i), 0)
	}
	next := w.step(fleet.VerbChown, w.runDir("1793", 12, 0))
	next.N = 2
	lifeline, hold := io.Pipe()
	w.env.at = func(s State) {
		if s == StateChecked {
			hold.Close()
		}
	}
	res := w.paced(w.request(w.step(fleet.VerbChown, dir), next), lifeline, nil)
	wants(t, res[0], fleet.OutcomeFailed, fleet.ReasonStopped)
	if res[0].Changed >= res[0].Before {
		t.Errorf("changed %d of %d", res[0].Changed, res[0].Before)
	}
	wants(t, res[1], fleet.OutcomeRefused, fleet.ReasonStopped)
}

func TestUnusableRequestsAreAnsweredAndDoNothing(t *testing.T) {
	w := newWorld(t)
	dir := w.runDir("1792", 11, 0)
	good, err := w.request(w.step(fleet.VerbChown, dir)).Frame()
	must(t, err)
	edit := func(change func(*fleet.HostRequest)) []byte {
		r := w.request(w.step(fleet.VerbChown, dir))
		change(&r)
		b, err := r.Frame()
		must(t, err)
		return b
	}
	raw := func(body string) []byte {
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
	}
	cases := map[string][]byte{
		"empty": {}, "half a length": good[:2], "cut off": good[:len(good)-1],
		"zero length": {0, 0, 0, 0}, "oversized": {0xff, 0xff, 0xff, 0xff}, "no json": raw("hello"),
		"unknown field": raw(`{"dry_run":true,` + string(good[5:])),
		"two values":    raw(string(good[4:]) + "{}"),
		"other version": edit(func(r *fleet.HostRequest) { r.Version = 2 }),
		"id":            edit(func(r *fleet.HostRequest) { r.ID = "../../x" }),
		"no operator":   edit(func(r *fleet.HostRequest) { r.Operator = "" }),
		"digest":        edit(func(r *fleet.HostRequest) { r.Digest = "x" }),
		"window":        edit(func(r *fleet.HostRequest) { r.UndoFor = -1 }),
		"step twice":    edit(func(r *fleet.HostRequest) { r.Steps = append(r.Steps, r.Steps[0]) }),
		"too many": edit(func(r *fleet.HostRequest) {
			for n := 2; n <= maxSteps+1; n++ {
				s := r.Steps[0]
				s.N = n
				r.Steps = append(r.Steps, s)
			}
		}),
	}
	for name, frame := range cases {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := Serve(t.Context(), w.env, bytes.NewReader(frame), &out); err == nil {
				t.Error("accepted")
			}
			if _, err := fleet.ParseAnswer(out.Bytes()); err == nil || errors.Is(err, fleet.ErrAnswerTruncated) {
				t.Errorf("the console reads %v of %q", err, out.String())
			}
			if got := owners(t, dir); got[1000] != 0 {
				t.Error("something was changed")
			}
		})
	}
}

func TestEmptyRequestDoesNothing(t *testing.T) {
	w := newWorld(t)
	w.send(w.request())
	if exists(w.env.State) || exists(w.root.Path+"/"+fleet.TrashDir) {
		t.Error("an empty request left something behind")
	}
}

func TestWithoutJournalNothingIsDone(t *testing.T) {
	spoil := map[string]func(w *world){
		"folder of a user": func(w *world) { w.mkdir(w.env.State, 1000) },
		"folder for all":   func(w *world) { must(t, os.Mkdir(w.env.State, 0o777)); must(t, os.Chmod(w.env.State, 0o777)) },
		"journal a link":   func(w *world) { w.mkdir(w.env.State, 0); must(t, os.Symlink("/dev/null", w.env.State+"/"+journalName)) },
		"disk full": func(w *world) {
			w.mkdir(w.env.State, 0)
			must(t, unix.Mount("none", w.env.State, "tmpfs", 0, "size=8k,mode=0700"))
			must(t, os.Mkdir(w.env.State+"/"+locksName, 0o700))
			must(t, os.WriteFile(w.env.State+"/fill", make([]byte, 8192), 0o600))
		},
	}
	for name, f := range spoil {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			dir := w.runDir("1792", 11, 0)
			f(w)
			defer unix.Unmount(w.env.State, unix.MNT_DETACH)
			wants(t, w.ask(w.step(fleet.VerbChown, dir))[0], fleet.OutcomeRefused, fleet.ReasonUnwritten)
			if got := owners(t, dir); got[1000] != 0 {
				t.Error("acted without a journal")
			}
		})
	}
}

func TestKilledAtEachStateIsFinishedByTheNextRequest(t *testing.T) {
	for _, at := range []State{StateIntent, StateLocked, StateChecked, StateCaptured, StateVerified} {
		t.Run(string(at), func(t *testing.T) {
			w := newWorld(t)
			dir := w.runDir("1792", 11, 1000)
			w.age(dir, time.Hour)
			was := fingerprint(t, dir)
			s := w.serveIn(w.request(w.step(fleet.VerbReap, dir)), nil, dieEnv+"="+string(at))
			if _, err := s.answer(t); !errors.Is(err, fleet.ErrAnswerTruncated) {
				t.Fatalf("answer of a killed process: %v", err)
			}
			s.Process.Wait()
			// Any later request for the root finds the rest.
			wants(t, w.ask(w.step(fleet.VerbChown, w.runDir("1793", 12, 0)))[0], fleet.OutcomeDone, "")
			st := w.journalStates()["req1-1"]
			last := st[len(st)-1]
			item := w.root.Path + "/" + fleet.TrashDir + "/req1-1"
			if at == StateVerified {
				if last != StateDone || !exists(item) || exists(dir) {
					t.Fatalf("states %v, in the trash %v, in place %v", st, exists(item), exists(dir))
				}
				return
			}
			if !last.Terminal() || exists(item) || exists(item+originSuffix) || fingerprint(t, dir) != was {
				t.Fatalf("states %v, left in the trash %v", st, exists(item))
			}
			wants(t, w.ask(w.step(fleet.VerbReap, dir))[0], fleet.OutcomeDone, "")
		})
	}
}

// A second andon-host can read the journal while a reap is under way and get its
// lock after the reap has ended: what it read is then out of date.
func TestRecoveryLeavesAloneWhatEndedMeanwhile(t *testing.T) {
	w := newWorld(t)
	dir := w.runDir("1792", 11, 1000)
	w.age(dir, time.Hour)
	var old journalRecord
	w.env.at = func(st State) {
		if st == StateCaptured {
			j, err := openJournal(w.env.State)
			must(t, err)
			defer j.close()
			open, err := j.unfinished()
			must(t, err)
			if len(open) != 1 || open[0].State != StateCaptured {
				t.Fatalf("unfinished: %+v", open)
			}
			old = open[0]
		}
	}
	req := w.request(w.step(fleet.VerbReap, dir))
	wants(t, w.send(req)[0], fleet.OutcomeDone, "")
	j, err := openJournal(w.env.State)
	must(t, err)
	defer j.close()
	s := session{env: w.env, req: req, journal: j}
	must(t, s.recoverOne(old))
	if exists(dir) || !exists(w.root.Path+"/"+fleet.TrashDir+"/req1-1") {
		t.Error("a reap that had ended was put back")
	}
}

func TestTwoProcessesOneActs(t *testing.T) {
	w := newWorld(t)
	for i := range 20 {
		dir := w.runDir("1792", 30+int64(i), 1000)
		w.age(dir, time.Hour)
		a := w.serveIn(w.request(w.step(fleet.VerbReap, dir)), nil)
		b := w.serveIn(w.request(w.step(fleet.VerbReap, dir)), nil)
		var done int
		for _, s := range []server{a, b} {
			res, err := s.answer(t)
			must(t, err)
			switch r := res[0]; {
			case r.Outcome == fleet.OutcomeDone:
				done++
			case r.Outcome != fleet.OutcomeRefused || !slices.Contains([]fleet.Reason{fleet.ReasonLocked, fleet.ReasonMissing}, r.Reason):
				t.Errorf("the other one: %+v", r)
			}
		}
		if done != 1 {
			t.Fatalf("round %d: %d acted", i, done)
		}
	}
}

func TestLockNamesItsHolder(t *testing.T) {
	w := newWorld(t)
	dir := w.runDir("1792", 11, 0)
	w.env.at = func(s State) {
		if s != StateChecked {
			return
		}
		res, err := w.serveIn(w.request(w.step(fleet.VerbChown, dir)), nil).answer(t)
		must(t, err)
		wants(t, res[0], fleet.OutcomeRefused, fleet.ReasonLocked)
		if !strings.Contains(res[0].Detail, "alice@laptop") {
			t.Errorf("detail %q", res[0].Detail)
		}
	}
	wants(t, w.ask(w.step(fleet.VerbChown, dir))[0], fleet.OutcomeDone, "")
	if left, err := os.ReadDir(filepath.Join(w.env.State, locksName)); err != nil || len(left) != 0 {
		t.Errorf("locks left: %v, %v", left, err)
	}
}
