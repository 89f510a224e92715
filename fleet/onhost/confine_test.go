//go:build linux

package onhost

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

func TestLinksInThePathAreRefused(t *testing.T) {
	w := newWorld(t)
	real := w.runDir("1693", 9, 0)
	w.mkdir(w.root.Path+"/aprender-ci/1792", 0)
	must(t, os.Symlink(filepath.Dir(real), w.root.Path+"/aprender-ci/1795"))
	must(t, os.Symlink(w.sentinel+"/run-9", w.root.Path+"/aprender-ci/1792/run-9"))
	must(t, os.Symlink(w.root.Path+"/aprender-ci", w.root.Path+"/other-ci"))
	before := fingerprint(t, real)
	for _, rel := range []string{"aprender-ci/1795/run-9", "aprender-ci/1792/run-9", "other-ci/1693/run-9"} {
		s := w.step(fleet.VerbChown, real) // the inode would even be right
		s.Components = strings.Split(rel, "/")
		wants(t, w.ask(s)[0], fleet.OutcomeRefused, fleet.ReasonLink)
		s.Verb = fleet.VerbReap
		wants(t, w.ask(s)[0], fleet.OutcomeRefused, fleet.ReasonLink)
	}
	if got := fingerprint(t, real); got != before {
		t.Error("a refused dir was changed")
	}
}

func TestRootBehindALinkIsRefused(t *testing.T) {
	w := newWorld(t)
	dir := w.runDir("1792", 11, 0)
	s := w.step(fleet.VerbChown, dir)
	alias := filepath.Dir(w.root.Path) + "/alias"
	must(t, os.Symlink(w.root.Path, alias))
	w.root.Path = alias
	s.Root = w.root
	wants(t, w.ask(s)[0], fleet.OutcomeRefused, fleet.ReasonLink)
}

func TestMountsAreRefused(t *testing.T) {
	bind := func(from, to string) func(*testing.T) {
		return func(t *testing.T) {
			must(t, unix.Mount(from, to, "", unix.MS_BIND, ""))
			t.Cleanup(func() { unix.Unmount(to, unix.MNT_DETACH) })
		}
	}
	for _, verb := range []fleet.Verb{fleet.VerbChown, fleet.VerbReap} {
		cases := []struct {
			name string
			lay  func(w *world, dir string) func(*testing.T)
		}{
			{"bind of the same filesystem below", func(w *world, dir string) func(*testing.T) { return bind(w.sentinel, dir+"/debug/deps") }},
			{"bound file below", func(w *world, dir string) func(*testing.T) { return bind(w.sentinel+"/deep/precious", dir+"/top") }},
			{"tmpfs below", func(w *world, dir string) func(*testing.T) {
				return func(t *testing.T) {
					must(t, unix.Mount("none", dir+"/debug", "tmpfs", 0, "size=1m"))
					t.Cleanup(func() { unix.Unmount(dir+"/debug", unix.MNT_DETACH) })
				}
			}},
			{"dir is a mount", func(w *world, dir string) func(*testing.T) { return bind(dir, dir) }},
			{"ancestor is a mount", func(w *world, dir string) func(*testing.T) { return bind(filepath.Dir(dir), filepath.Dir(dir)) }},
			{"also mounted elsewhere", func(w *world, dir string) func(*testing.T) {
				at := w.t.TempDir()
				return bind(dir+"/debug", at)
			}},
		}
		for i, c := range cases {
			t.Run(string(verb)+"/"+c.name, func(t *testing.T) {
				w := newWorld(t)
				dir := w.runDir("1792", 20+int64(i), 0)
				w.age(dir, time.Hour)
				s := w.step(verb, dir)
				before := fingerprint(t, dir)
				c.lay(w, dir)(t)
				wants(t, w.ask(s)[0], fleet.OutcomeRefused, fleet.ReasonMount)
				unix.Unmount(dir, unix.MNT_DETACH)
				unix.Unmount(dir+"/debug/deps", unix.MNT_DETACH)
				unix.Unmount(dir+"/debug", unix.MNT_DETACH)
				unix.Unmount(dir+"/top", unix.MNT_DETACH)
				if got := fingerprint(t, dir); got != before {
					t.Errorf("a refused dir was changed:\n%s\nwant\n%s", got, before)
				}
			})
		}
	}
}

func TestTrashMustBeRootsOwn(t *testing.T) {
	lay := map[string]func(w *world, trash string){
		"link":        func(w *world, trash string) { must(t, os.Symlink(w.sentinel, trash)) },
		"of a user":   func(w *world, trash string) { must(t, os.Mkdir(trash, 0o700)); must(t, os.Lchown(trash, 1000, 1000)) },
		"open to all": func(w *world, trash string) { must(t, os.Mkdir(trash, 0o755)) },
		"other mount": func(w *world, trash string) {
			must(t, os.Mkdir(trash, 0o700))
			must(t, unix.Mount("none", trash, "tmpfs", 0, "mode=0700"))
		},
	}
	for name, f := range lay {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			dir := w.runDir("1792", 11, 1000)
			w.age(dir, time.Hour)
			trash := w.root.Path + "/" + fleet.TrashDir
			f(w, trash)
			defer unix.Unmount(trash, unix.MNT_DETACH)
			if r := w.ask(w.step(fleet.VerbReap, dir))[0]; r.Outcome != fleet.OutcomeRefused || !exists(dir) {
				t.Errorf("result %+v, dir there: %v", r, exists(dir))
			}
		})
	}
}

func TestWrongInodeIsRolledBack(t *testing.T) {
	w := newWorld(t)
	dir, live := w.runDir("1792", 11, 1000), w.runDir("1693", 9, 1000)
	w.age(dir, time.Hour)
	was := fingerprint(t, live)
	w.env.at = func(s State) {
		if s == StateChecked {
			must(t, unix.Renameat2(unix.AT_FDCWD, dir, unix.AT_FDCWD, live, unix.RENAME_EXCHANGE))
		}
	}
	r := w.ask(w.step(fleet.VerbReap, dir))[0]
	wants(t, r, fleet.OutcomeRefused, fleet.ReasonChanged)
	if got := fingerprint(t, dir); got != was {
		t.Errorf("the wrong dir was not put back under its name:\n%s\nwant\n%s", got, was)
	}
	if left, err := os.ReadDir(w.root.Path + "/" + fleet.TrashDir); err != nil || len(left) != 0 {
		t.Errorf("left in the trash: %v, %v", left, err)
	}
}

func TestRollBackOntoATakenNameKeepsBoth(t *testing.T) {
	w := newWorld(t)
	dir := w.runDir("1792", 11, 1000)
	w.age(dir, time.Hour)
	w.env.at = func(s State) {
		switch s {
		case StateChecked:
			must(t, os.Rename(dir, dir+"x"))
			must(t, os.Mkdir(dir, 0o755))
		case StateCaptured:
			must(t, os.Mkdir(dir, 0o755))
		}
	}
	r := w.ask(w.step(fleet.VerbReap, dir))[0]
	wants(t, r, fleet.OutcomeFailed, fleet.ReasonTaken)
	if !exists(dir) || !exists(dir+"x") || !strings.Contains(r.Detail, fleet.TrashDir+"/req1-1") {
		t.Errorf("detail %q does not say where it lies", r.Detail)
	}
}

func TestWhatCannotBeDeletedIsNamedAndTheRestGoes(t *testing.T) {
	w := newWorld(t)
	dir := w.runDir("1792", 11, 1000)
	f, err := os.Open(dir + "/debug/deps/a.o")
	must(t, err)
	defer f.Close()
	const immutable = 0x10 // FS_IMMUTABLE_FL
	if err := unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, immutable); err != nil {
		t.Skipf("this filesystem has no immutable files: %v", err)
	}
	defer unix.IoctlSetPointerInt(int(f.Fd()), unix.FS_IOC_SETFLAGS, 0)
	top, err := unix.Open(dir, asList, 0)
	must(t, err)
	defer unix.Close(top)
	e := eraser{progress: func(int64) {}}
	err = e.empty(t.Context(), top)
	var r *refusal
	if !errors.As(err, &r) || !r.failed || !strings.Contains(r.detail, "a.o") || e.deleted != 5 {
		t.Fatalf("%d deleted, %v", e.deleted, err)
	}
	if !exists(dir+"/debug/deps/a.o") || exists(dir+"/debug/deps/b.o") || exists(dir+"/top") {
		t.Error("the wrong entries are left")
	}
}

// swap exchanges two names as fast as it can until stopped.
func swap(t *testing.T, a, b string) (stop func() int64) {
	t.Helper()
	var n atomic.Int64
	var end atomic.Bool
	done := make(chan struct{})
	go func() {
		defer close(done)
		for !end.Load() {
			if unix.Renameat2(unix.AT_FDCWD, a, unix.AT_FDCWD, b, unix.RENAME_EXCHANGE) == nil {
				n.Add(1)
			}
		}
	}()
	return func() int64 { end.Store(true); <-done; return n.Load() }
}

// TestSwapRace lets an attacker exchange a folder of each level with a link to
// the outside while chown and reap run; newWorld checks the outside afterwards.
func TestSwapRace(t *testing.T) {
	const each = 400 * time.Millisecond
	for level, part := range []string{"aprender-ci", "aprender-ci/1792", "aprender-ci/1792/run-11", "aprender-ci/1792/run-11/debug"} {
		t.Run(fmt.Sprintf("level %d", level+1), func(t *testing.T) {
			w := newWorld(t)
			dir := w.runDir("1792", 11, 0)
			w.age(dir, time.Hour)
			chown, reap := w.step(fleet.VerbChown, dir), w.step(fleet.VerbReap, dir)
			reap.Expect.MinIdle, reap.Expect.MTimeNS = 0, 0
			victim := filepath.Join(w.root.Path, part)
			decoy := filepath.Dir(w.root.Path) + "/decoy"
			must(t, os.Symlink(w.sentinel, decoy))
			stop := swap(t, victim, decoy)
			var acts, done int
			for end := time.Now().Add(each); time.Now().Before(end); acts++ {
				step := chown
				if acts%2 == 1 {
					step = reap
				}
				r := w.ask(step)[0]
				if r.Outcome == fleet.OutcomeDone {
					done++
				}
				if r.Outcome == fleet.OutcomeDone && step.Verb == fleet.VerbReap {
					w.undoAnyway(r.Trash)
				} else if step.Verb == fleet.VerbChown {
					os.Lchown(dir, 0, 0)
					chown.Expect.Owner, reap.Expect.Owner = fleet.Owner{}, fleet.Owner{}
				}
			}
			raw := w.rawRace(each / 2)
			swaps := stop()
			t.Logf("%d requests (%d done) and %d bare chowns against %d swaps: nothing outside changed", acts, done, raw, swaps)
			if swaps == 0 || acts < 2 {
				t.Error("no race took place")
			}
		})
	}
}

// rawRace opens and chowns without journal and checks, as often as it can.
func (w *world) rawRace(long time.Duration) (attempts int) {
	w.t.Helper()
	step := fleet.Step{Components: []string{"aprender-ci", "1792", "run-11"}}
	for end := time.Now().Add(long); time.Now().Before(end); attempts++ {
		p, err := openRoot(w.root)
		must(w.t, err)
		if p.descend(step.Components) == nil {
			// Whatever is under the name now, each way round.
			c := chowner{from: []uint32{0, 1000}, to: fleet.Owner{UID: uint32(1000 * (attempts % 2))}}
			c.apply(w.t.Context(), p, func(int64) {})
		}
		p.close()
	}
	return attempts
}

// undoAnyway puts a reaped dir back while its path is being swapped.
func (w *world) undoAnyway(trash string) {
	w.t.Helper()
	undo := fleet.Step{N: 1, Verb: fleet.VerbUndo, Root: w.root, Components: []string{"aprender-ci", "1792", "run-11"}, Trash: trash}
	for try := 0; try < 10000; try++ {
		if r := w.ask(undo)[0]; r.Outcome == fleet.OutcomeDone {
			return
		}
	}
	w.t.Fatalf("%s was never put back", trash)
}
