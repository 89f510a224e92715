//go:build linux

package onhost

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

const testDigest = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// world is a root with run dirs on a real filesystem, and what lies beside it.
type world struct {
	t        *testing.T
	env      Env
	root     fleet.Root
	sentinel string // a tree outside the root that nothing may change
	before   string
	ids      int
}

func needRoot(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("needs root: andon-host acts on other users' files")
	}
}

func newWorld(t *testing.T) *world {
	t.Helper()
	needRoot(t)
	base := t.TempDir()
	w := &world{t: t, root: fleet.Root{Path: filepath.Join(base, "targets"), Owner: fleet.Owner{UID: 1000, GID: 1000}}}
	w.sentinel = filepath.Join(base, "outside")
	w.env = System("test", "")
	w.env.State = filepath.Join(base, "state")
	w.env.Stop = filepath.Join(base, "STOP")
	w.env.HostFile = filepath.Join(base, "host.json")
	w.env.Syslog = filepath.Join(base, "no-log")
	w.env.ClosedWorld = true // a container of its own may run these tests
	w.mkdir(w.root.Path, 0)
	w.write(filepath.Join(w.sentinel, "deep/precious"), 0)
	w.write(filepath.Join(w.sentinel, "run-9/other"), 0)
	w.write(filepath.Join(w.sentinel, "1792/run-11/debug/x"), 0) // fits a path whose head is swapped
	w.write(filepath.Join(w.sentinel, "run-11/debug/x"), 0)
	w.before = fingerprint(t, w.sentinel)
	t.Cleanup(func() {
		if got := fingerprint(t, w.sentinel); got != w.before {
			t.Errorf("the tree outside the root was changed:\n%s\nwant\n%s", got, w.before)
		}
		os.Chmod(base, 0o700)
	})
	return w
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w *world) mkdir(path string, uid int) {
	w.t.Helper()
	must(w.t, os.MkdirAll(path, 0o755))
	must(w.t, os.Lchown(path, uid, uid))
}

func (w *world) write(path string, uid int) {
	w.t.Helper()
	w.mkdir(filepath.Dir(path), uid)
	must(w.t, os.WriteFile(path, []byte("content of "+filepath.Base(path)), 0o644))
	must(w.t, os.Lchown(path, uid, uid))
}

// runDir makes targets/aprender-ci/<ref>/run-<id> with a few files, all of uid.
func (w *world) runDir(ref string, id int64, uid int) string {
	w.t.Helper()
	dir := fmt.Sprintf("%s/aprender-ci/%s/run-%d", w.root.Path, ref, id)
	w.mkdir(dir, uid)
	for _, f := range []string{"debug/deps/a.o", "debug/deps/b.o", "debug/build/x/out", "top"} {
		w.write(filepath.Join(dir, f), uid)
	}
	must(w.t, filepath.WalkDir(dir, func(p string, _ fs.DirEntry, err error) error {
		must(w.t, err)
		return os.Lchown(p, uid, uid)
	}))
	return dir
}

// age sets all times below dir back.
func (w *world) age(dir string, by time.Duration) {
	w.t.Helper()
	at := unix.NsecToTimespec(time.Now().Add(-by).UnixNano())
	must(w.t, filepath.WalkDir(dir, func(p string, _ fs.DirEntry, err error) error {
		must(w.t, err)
		return unix.UtimesNanoAt(unix.AT_FDCWD, p, []unix.Timespec{at, at}, unix.AT_SYMLINK_NOFOLLOW)
	}))
}

// step describes what dir is now.
func (w *world) step(v fleet.Verb, dir string) fleet.Step {
	w.t.Helper()
	rel, err := filepath.Rel(w.root.Path, dir)
	must(w.t, err)
	s := fleet.Step{N: 1, Verb: v, Host: "intel", Root: w.root, Components: strings.Split(rel, "/")}
	var st unix.Stat_t
	must(w.t, unix.Lstat(dir, &st))
	s.Expect = fleet.Expect{Dev: st.Dev, Inode: st.Ino, Owner: fleet.Owner{UID: st.Uid, GID: st.Gid}}
	if v == fleet.VerbChown {
		s.From = []uint32{0}
	} else {
		s.Expect.MTimeNS = st.Mtim.Nano()
		s.Expect.MinIdle, s.Expect.NoWriters = 30*time.Minute, true
	}
	return s
}

func (w *world) request(steps ...fleet.Step) fleet.HostRequest {
	w.ids++
	return fleet.HostRequest{
		Version: fleet.HostProtocol, ID: fmt.Sprintf("req%d", w.ids), Operator: "alice@laptop", Console: "test",
		Digest: testDigest, Reason: "orphan of #1792", Root: w.root, UndoFor: 15 * time.Minute, Steps: steps,
	}
}

// ask serves one request in this process and returns its results.
func (w *world) ask(steps ...fleet.Step) []fleet.StepResult {
	w.t.Helper()
	return w.send(w.request(steps...))
}

func (w *world) send(req fleet.HostRequest) []fleet.StepResult {
	w.t.Helper()
	res, err := w.try(req)
	must(w.t, err)
	if len(res) != len(req.Steps) {
		w.t.Fatalf("%d results for %d steps", len(res), len(req.Steps))
	}
	return res
}

func (w *world) try(req fleet.HostRequest) ([]fleet.StepResult, error) {
	w.t.Helper()
	frame, err := req.Frame()
	must(w.t, err)
	lifeline, hold := io.Pipe()
	defer hold.Close()
	var out bytes.Buffer
	if err := Serve(w.t.Context(), w.env, io.MultiReader(bytes.NewReader(frame), lifeline), &out); err != nil {
		return nil, err
	}
	return fleet.ParseAnswer(out.Bytes())
}

// wants checks one result.
func wants(t *testing.T, r fleet.StepResult, o fleet.Outcome, why fleet.Reason) {
	t.Helper()
	if r.Outcome != o || r.Reason != why {
		t.Fatalf("result %s/%s (%s), want %s/%s", r.Outcome, r.Reason, r.Detail, o, why)
	}
}

// fingerprint lists a tree with content, owner, mode and links.
func fingerprint(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	must(t, filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		var st unix.Stat_t
		if err := unix.Lstat(p, &st); err != nil {
			return err
		}
		sum := ""
		if e.Type().IsRegular() {
			c, err := os.ReadFile(p)
			if err != nil {
				return err
			}
			h := sha256.Sum256(c)
			sum = hex.EncodeToString(h[:8])
		}
		fmt.Fprintf(&b, "%s %o %d:%d %d %s\n", strings.TrimPrefix(p, dir), st.Mode, st.Uid, st.Gid, st.Ino, sum)
		return nil
	}))
	return b.String()
}

// owners counts entries by uid.
func owners(t *testing.T, dir string) map[uint32]int {
	t.Helper()
	n := map[uint32]int{}
	must(t, filepath.WalkDir(dir, func(p string, _ fs.DirEntry, err error) error {
		must(t, err)
		var st unix.Stat_t
		must(t, unix.Lstat(p, &st))
		n[st.Uid]++
		return nil
	}))
	return n
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// journalStates returns the states of each step in the journal, in order.
func (w *world) journalStates() map[string][]State {
	w.t.Helper()
	b, err := os.ReadFile(filepath.Join(w.env.State, journalName))
	must(w.t, err)
	out := map[string][]State{}
	for line := range strings.Lines(string(b)) {
		r := decodeJournal(w.t, line)
		out[r.key()] = append(out[r.key()], r.State)
	}
	return out
}

func background() context.Context { return context.Background() }
