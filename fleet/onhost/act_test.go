//go:build linux

package onhost

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

func decodeJournal(t *testing.T, line string) journalRecord {
	t.Helper()
	var r journalRecord
	must(t, json.Unmarshal([]byte(line), &r))
	return r
}

func TestChownGivesOnlyTheNamedUIDs(t *testing.T) {
	w := newWorld(t)
	dir := w.runDir("1792", 25919246467, 0)
	w.write(filepath.Join(dir, "debug/theirs"), 4242)
	must(t, os.Lchown(filepath.Join(dir, "debug"), 0, 0))
	w.mkdir(filepath.Join(dir, "debug/their-folder"), 4242)
	must(t, os.Symlink(filepath.Join(w.sentinel, "deep"), filepath.Join(dir, "debug/link")))
	must(t, os.Link(filepath.Join(dir, "top"), filepath.Join(dir, "debug/top2")))
	must(t, os.Chmod(filepath.Join(dir, "debug/build"), 0o2755|os.ModeSetuid|os.ModeSetgid))
	must(t, unix.Mkfifo(filepath.Join(dir, "fifo"), 0o600))
	must(t, unix.Mknod(filepath.Join(dir, "null"), unix.S_IFCHR|0o600, int(unix.Mkdev(1, 3))))

	r := w.ask(w.step(fleet.VerbChown, dir))[0]
	wants(t, r, fleet.OutcomeDone, "")
	// 2 ancestors, the dir, debug deps build x, 4 files, 1 link; the hard link counts once.
	if r.Before != 12 || r.Changed != 12 || r.After != 0 || r.Special != 2 {
		t.Errorf("counts %+v", r)
	}
	if got := owners(t, dir); got[0] != 2 || got[4242] != 2 || got[1000] != 11 {
		t.Errorf("owners %v: want 2 special of root, 2 of 4242, 11 of 1000", got)
	}
	for _, p := range []string{"aprender-ci", "aprender-ci/1792"} {
		if fi, _ := os.Lstat(filepath.Join(w.root.Path, p)); fi == nil || ownerOf(t, filepath.Join(w.root.Path, p)) != 1000 {
			t.Errorf("%s was not given", p)
		}
	}
	if fi, err := os.Stat(filepath.Join(dir, "debug/build")); err != nil || fi.Mode()&(os.ModeSetgid|os.ModeSetuid) != 0 {
		t.Errorf("setuid or setgid stayed on a folder: %v %v", fi.Mode(), err)
	}
	again := w.ask(w.step(fleet.VerbChown, dir))[0]
	wants(t, again, fleet.OutcomeUnchanged, "")
}

func ownerOf(t *testing.T, p string) uint32 {
	t.Helper()
	var st unix.Stat_t
	must(t, unix.Lstat(p, &st))
	return st.Uid
}

func TestChownRefusesHardLinksToTheOutside(t *testing.T) {
	w := newWorld(t)
	dir := w.runDir("1792", 11, 0)
	must(t, os.MkdirAll(w.root.Path+"/elsewhere", 0o755))
	must(t, os.Link(filepath.Join(dir, "top"), w.root.Path+"/elsewhere/top"))
	r := w.ask(w.step(fleet.VerbChown, dir))[0]
	wants(t, r, fleet.OutcomeRefused, fleet.ReasonHardLink)
	if got := owners(t, dir); got[1000] != 0 {
		t.Errorf("a refused tree was changed: %v", got)
	}
}

func TestReapUndoPurge(t *testing.T) {
	w := newWorld(t)
	dir := w.runDir("1792", 11, 1000)
	w.age(dir, time.Hour)
	was := fingerprint(t, dir)

	r := w.ask(w.step(fleet.VerbReap, dir))[0]
	wants(t, r, fleet.OutcomeDone, "")
	if exists(dir) || r.Trash == "" || r.Bytes == 0 || !r.Until.After(time.Now()) {
		t.Fatalf("after reap: %+v, dir there: %v", r, exists(dir))
	}
	item := filepath.Join(w.root.Path, fleet.TrashDir, r.Trash)
	if got := fingerprint(t, item); got != was {
		t.Errorf("the tree changed on its way into the trash")
	}
	undo := fleet.Step{N: 1, Verb: fleet.VerbUndo, Root: w.root, Components: []string{"aprender-ci", "1792", "run-11"}, Trash: r.Trash}
	purge := fleet.Step{N: 1, Verb: fleet.VerbPurge, Root: w.root, Trash: r.Trash}

	wants(t, w.ask(purge)[0], fleet.OutcomeRefused, fleet.ReasonTooEarly)
	must(t, os.MkdirAll(dir, 0o755))
	wants(t, w.ask(undo)[0], fleet.OutcomeRefused, fleet.ReasonTaken)
	must(t, os.Remove(dir))
	wants(t, w.ask(undo)[0], fleet.OutcomeDone, "")
	if got := fingerprint(t, dir); got != was {
		t.Errorf("undo brought back something else:\n%s\nwant\n%s", got, was)
	}

	r = w.ask(w.step(fleet.VerbReap, dir))[0]
	wants(t, r, fleet.OutcomeDone, "")
	purge.Trash, purge.Now = r.Trash, true
	leave := w.childUntil("cwd", filepath.Join(w.root.Path, fleet.TrashDir, r.Trash))
	wants(t, w.ask(purge)[0], fleet.OutcomeRefused, fleet.ReasonWriters)
	leave()
	r = w.ask(purge)[0]
	wants(t, r, fleet.OutcomeDone, "")
	if r.Changed != 9 {
		t.Errorf("%d entries deleted, want 9", r.Changed)
	}
	left, err := os.ReadDir(filepath.Join(w.root.Path, fleet.TrashDir))
	must(t, err)
	if len(left) != 0 {
		t.Errorf("the trash still holds %v", left)
	}
}

func TestExpectIsCheckedWhereItActs(t *testing.T) {
	w := newWorld(t)
	cases := []struct {
		name   string
		change func(dir string, s *fleet.Step)
		why    fleet.Reason
	}{
		{"mtime", func(dir string, s *fleet.Step) { w.age(dir, 2*time.Hour) }, fleet.ReasonChanged},
		{"owner", func(dir string, s *fleet.Step) { must(t, os.Lchown(dir, 7, 7)) }, fleet.ReasonChanged},
		{"group", func(dir string, s *fleet.Step) { must(t, os.Lchown(dir, 1000, 7)) }, fleet.ReasonChanged},
		{"made again", func(dir string, s *fleet.Step) {
			must(t, os.Rename(dir, dir+"-kept"))
			must(t, os.Mkdir(dir, 0o755))
		}, fleet.ReasonChanged},
		{"made again alike", func(dir string, s *fleet.Step) {
			must(t, os.Rename(dir, dir+"-kept"))
			w.mkdir(dir, 1000)
			at := time.Unix(0, s.Expect.MTimeNS)
			must(t, os.Chtimes(dir, at, at))
		}, fleet.ReasonChanged},
		{"no inode", func(dir string, s *fleet.Step) { s.Expect.Inode = 0 }, fleet.ReasonUnknown},
		{"no device", func(dir string, s *fleet.Step) { s.Expect.Dev = 0 }, fleet.ReasonUnknown},
		{"gone", func(dir string, s *fleet.Step) { must(t, os.RemoveAll(dir)) }, fleet.ReasonMissing},
		{"written below", func(dir string, s *fleet.Step) {
			now := time.Now()
			must(t, os.Chtimes(dir+"/debug/deps", now, now))
		}, fleet.ReasonBusy},
		{"written in the future", func(dir string, s *fleet.Step) {
			at := time.Now().Add(time.Hour)
			must(t, os.Chtimes(dir+"/debug/deps/a.o", at, at))
		}, fleet.ReasonBusy},
		{"nested run", func(dir string, s *fleet.Step) {
			must(t, os.MkdirAll(dir+"/debug/x/run-77", 0o755))
			w.age(dir, time.Hour)
			*s = w.step(fleet.VerbReap, dir)
		}, fleet.ReasonNested},
		{"not a run", func(dir string, s *fleet.Step) { s.Components = s.Components[:2] }, fleet.ReasonPath},
		{"shared by a pull request", func(dir string, s *fleet.Step) {
			shared := w.root.Path + "/aprender-ci/1792/debug"
			w.mkdir(shared, 1000)
			w.age(shared, time.Hour)
			*s = w.step(fleet.VerbReap, shared)
		}, fleet.ReasonPath},
		{"the root", func(dir string, s *fleet.Step) { s.Components = nil }, fleet.ReasonPath},
		{"dots", func(dir string, s *fleet.Step) { s.Components[1] = ".." }, fleet.ReasonPath},
		{"slash", func(dir string, s *fleet.Step) { s.Components = []string{"aprender-ci/1792", s.Components[2]} }, fleet.ReasonPath},
		{"shell name", func(dir string, s *fleet.Step) { s.Components[1] = "$(id)" }, fleet.ReasonPath},
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			dir := w.runDir("1792", 100+int64(i), 1000)
			w.age(dir, time.Hour)
			s := w.step(fleet.VerbReap, dir)
			c.change(dir, &s)
			here := exists(dir)
			wants(t, w.ask(s)[0], fleet.OutcomeRefused, c.why)
			if exists(dir) != here {
				t.Error("a refused dir was moved")
			}
		})
	}
}

func TestEveryEffectHasAnEarlierIntent(t *testing.T) {
	w := newWorld(t)
	dir, other := w.runDir("1792", 11, 1000), w.runDir("1793", 12, 0)
	w.age(dir, time.Hour)
	var seen []State
	w.env.at = func(st State) {
		seen = append(seen, st)
		b, err := os.ReadFile(filepath.Join(w.env.State, journalName))
		must(t, err)
		if len(b) == 0 || b[len(b)-1] != '\n' {
			t.Errorf("state %s is acted on before it is in the journal", st)
		}
		if moved := !exists(dir); moved != slices.Contains([]State{StateCaptured, StateVerified}, st) && len(seen) <= 5 {
			t.Errorf("at %s the dir is moved: %v", st, moved)
		}
	}
	r := w.ask(w.step(fleet.VerbReap, dir))[0]
	wants(t, r, fleet.OutcomeDone, "")
	wants(t, w.ask(w.step(fleet.VerbChown, other))[0], fleet.OutcomeDone, "")
	got := w.journalStates()
	if want := []State{StateIntent, StateLocked, StateChecked, StateCaptured, StateVerified, StateDone}; !slices.Equal(got["req1-1"], want) {
		t.Errorf("reap went through %v, want %v", got["req1-1"], want)
	}
	if want := []State{StateIntent, StateLocked, StateChecked, StateDone}; !slices.Equal(got["req2-1"], want) {
		t.Errorf("chown went through %v, want %v", got["req2-1"], want)
	}
}
