//go:build linux

package onhost

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

func (w *world) hostFile(text string) {
	w.t.Helper()
	must(w.t, os.WriteFile(w.env.HostFile, []byte(text), 0o644))
	must(w.t, os.Chmod(w.env.HostFile, 0o644))
}

func TestHostFileBinds(t *testing.T) {
	w := newWorld(t)
	w.env.NeedHostFile = true
	dir := w.runDir("1792", 11, 0)
	step := w.step(fleet.VerbChown, dir)
	entry := func(path, layout, owner string) string {
		return `{"roots":[{"path":"` + path + `","layout":"` + layout + `","owner":` + owner + `}]}`
	}
	fits := `{"uid":1000,"gid":1000}`
	for name, text := range map[string]string{
		"no roots":     `{"roots":[]}`,
		"other root":   entry(w.root.Path+"2", "", fits),
		"other owner":  entry(w.root.Path, "", `{"uid":1001,"gid":1000}`),
		"other layout": entry(w.root.Path, "{root}/{repo}/{ref}/run-{run_id}", fits),
	} {
		w.hostFile(text)
		if r := w.ask(step)[0]; r.Outcome != fleet.OutcomeRefused || r.Reason != fleet.ReasonPolicy {
			t.Errorf("%s: %+v", name, r)
		}
	}
	for name, text := range map[string]string{
		"no json": "roots:", "unknown key": `{"rootz":[]}`, "root too high": entry("/mnt", "", fits), "role": `{"operators":{"7":"god"}}`,
	} {
		w.hostFile(text)
		if _, err := w.try(w.request(step)); err == nil || !strings.Contains(err.Error(), "host file") {
			t.Errorf("%s: %v", name, err)
		}
	}
	w.hostFile(entry(w.root.Path, "", fits))
	for name, spoil := range map[string]func(){
		"writable by group": func() { must(t, os.Chmod(w.env.HostFile, 0o664)) },
		"of a user":         func() { must(t, os.Lchown(w.env.HostFile, 1000, 1000)) },
		"a link": func() {
			must(t, os.Rename(w.env.HostFile, w.env.HostFile+"2"))
			must(t, os.Symlink(w.env.HostFile+"2", w.env.HostFile))
		},
		"folder of a user":  func() { must(t, os.Lchown(filepath.Dir(w.env.HostFile), 1000, 0)) },
		"folder for others": func() { must(t, os.Chmod(filepath.Dir(w.env.HostFile), 0o777)) },
		"missing":           func() { must(t, os.Remove(w.env.HostFile)) },
	} {
		spoil()
		if _, err := w.try(w.request(step)); err == nil {
			t.Errorf("%s: accepted", name)
		}
		must(t, os.Lchown(filepath.Dir(w.env.HostFile), 0, 0))
		must(t, os.Chmod(filepath.Dir(w.env.HostFile), 0o755))
		must(t, os.RemoveAll(w.env.HostFile))
		w.hostFile(entry(w.root.Path, "", fits))
	}
	if got := owners(t, dir); got[1000] != 0 {
		t.Fatalf("something was changed: %v", got)
	}
	wants(t, w.ask(step)[0], fleet.OutcomeDone, "")
}

func TestRolesBindTheCaller(t *testing.T) {
	w := newWorld(t)
	w.hostFile(`{"roots":[{"path":"` + w.root.Path + `","owner":{"uid":1000,"gid":1000},"layout":""}],"operators":{"501":"fix","502":"view"}}`)
	dir := w.runDir("1792", 11, 1000)
	w.age(dir, time.Hour)
	for uid, ok := range map[string]bool{"502": false, "503": false, "501": true} {
		w.env.SudoUID = uid
		if got := w.ask(w.step(fleet.VerbChown, dir))[0].Outcome.OK(); got != ok {
			t.Errorf("uid %s may chown: %v", uid, got)
		}
	}
	w.env.SudoUID = "501"
	r := w.ask(w.step(fleet.VerbReap, dir))[0]
	wants(t, r, fleet.OutcomeDone, "")
	purge := fleet.Step{N: 1, Verb: fleet.VerbPurge, Root: w.root, Trash: r.Trash, Now: true}
	wants(t, w.ask(purge)[0], fleet.OutcomeRefused, fleet.ReasonPolicy)
}

func TestStepsOfAnotherRootAndNeeds(t *testing.T) {
	w := newWorld(t)
	dir := w.runDir("1792", 11, 0)
	other := w.step(fleet.VerbChown, dir)
	other.Root.Owner.UID = 0
	next := w.step(fleet.VerbChown, dir)
	next.N, next.Needs = 2, []int{1}
	res := w.ask(other, next)
	wants(t, res[0], fleet.OutcomeRefused, fleet.ReasonPath)
	wants(t, res[1], fleet.OutcomeSkipped, fleet.ReasonNeeds)
}

func TestHostLogNamesTheDeed(t *testing.T) {
	w := newWorld(t)
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_DGRAM, 0)
	must(t, err)
	defer unix.Close(fd)
	must(t, unix.Bind(fd, &unix.SockaddrUnix{Name: w.env.Syslog}))
	dir := w.runDir("1792", 11, 0)
	req := w.request(w.step(fleet.VerbChown, dir))
	req.Operator, req.Reason = "eve\x1b]52;c;x\a\u202e", "why\nnot"
	w.send(req)
	for _, state := range []State{StateIntent, StateDone} {
		buf := make([]byte, 4096)
		n, err := unix.Read(fd, buf)
		must(t, err)
		line := string(buf[:n])
		for _, want := range []string{string(state) + " chown", dir, testDigest, `eve\x1b]52`, `why\nnot`, "req1-1"} {
			if !strings.Contains(line, want) {
				t.Errorf("%q lacks %q", line, want)
			}
		}
		for _, c := range []byte(line) {
			if c < ' ' || c > '~' {
				t.Fatalf("byte %#x in %q", c, line)
			}
		}
	}
}

func TestAnswerIsASCII(t *testing.T) {
	var out bytes.Buffer
	a := answer{w: &out, now: time.Now}
	nasty := "\x9b31m\u202e\u009b\x7f\xff\U0001F4A9é\n"
	a.step(fleet.StepResult{N: 1, Outcome: fleet.OutcomeDone, Detail: nasty})
	a.end(nil)
	must(t, a.err)
	for _, c := range out.Bytes() {
		if c != '\n' && (c < ' ' || c > '~') {
			t.Fatalf("byte %#x in %q", c, out.String())
		}
	}
	res, err := fleet.ParseAnswer(out.Bytes())
	must(t, err)
	if want := strings.ToValidUTF8(nasty, "\ufffd"); res[0].Detail != want {
		t.Errorf("came back as %q, want %q", res[0].Detail, want)
	}
}

func TestTornJournalLineIsClosed(t *testing.T) {
	w := newWorld(t)
	dir := w.runDir("1792", 11, 0)
	wants(t, w.ask(w.step(fleet.VerbChown, dir))[0], fleet.OutcomeDone, "")
	file := filepath.Join(w.env.State, journalName)
	whole, err := os.ReadFile(file)
	must(t, err)
	lines := bytes.Count(whole, []byte{'\n'})
	for cut := len(whole) - 40; cut < len(whole); cut++ {
		must(t, os.WriteFile(file, whole[:cut], 0o600))
		wants(t, w.ask(w.step(fleet.VerbChown, dir))[0], fleet.OutcomeUnchanged, "")
		b, err := os.ReadFile(file)
		must(t, err)
		if !bytes.HasPrefix(b, append(bytes.Clone(whole[:cut]), '\n')) {
			t.Fatalf("cut at %d: the line torn before was not kept apart", cut)
		}
		if got := bytes.Count(b, []byte{'\n'}); got < lines+3 {
			t.Fatalf("cut at %d: %d lines", cut, got)
		}
	}
}

func TestRemoveStreamed(t *testing.T) {
	needRoot(t)
	lay := func(name string, mode os.FileMode) string {
		dir := filepath.Join(t.TempDir(), name)
		must(t, os.Mkdir(dir, mode))
		must(t, os.Chmod(dir, mode))
		must(t, os.WriteFile(dir+"/andon-host", []byte("x"), 0o700))
		return dir
	}
	dir := lay("andon.x1", 0o700)
	must(t, removeStreamed(dir+"/andon-host"))
	if exists(dir) {
		t.Error("the streamed folder stayed")
	}
	for _, dir := range []string{lay("libexec", 0o700), lay("andon.open", 0o755)} {
		must(t, removeStreamed(dir+"/andon-host"))
		if !exists(dir + "/andon-host") {
			t.Errorf("%s was removed", dir)
		}
	}
}

func TestReady(t *testing.T) {
	w := newWorld(t)
	var out bytes.Buffer
	must(t, Ready(w.env, []string{w.root.Path}, &out))
	for _, want := range []string{"ok kernel: linux ", "ok processes", "ok journal", "no trash yet"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q lacks %q", out.String(), want)
		}
	}
	must(t, os.Symlink(w.sentinel, w.root.Path+"/"+fleet.TrashDir))
	must(t, os.WriteFile(w.env.Stop, nil, 0o600))
	out.Reset()
	if err := Ready(w.env, []string{w.root.Path}, &out); err == nil || !strings.Contains(out.String(), "no root") || !strings.Contains(out.String(), "no kill switch") {
		t.Errorf("%v, %q", err, out.String())
	}
}

func FuzzReadRequest(f *testing.F) {
	w := fleet.HostRequest{Version: 1, ID: "a", Operator: "o", Digest: testDigest, Steps: []fleet.Step{{N: 1, Verb: fleet.VerbChown}}}
	frame, err := w.Frame()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(frame)
	f.Add(frame[:7])
	f.Add([]byte{0, 0, 0, 2, '{', '}'})
	f.Fuzz(func(t *testing.T, b []byte) {
		req, err := ReadRequest(bytes.NewReader(b))
		if err != nil {
			return
		}
		if req.Version != fleet.HostProtocol || !plainID(req.ID) || len(req.Steps) > maxSteps || len(b) > 4+fleet.MaxRequest && len(req.Steps) == 0 {
			t.Fatalf("accepted %+v", req)
		}
		again, err := req.Frame()
		if err != nil {
			return // grew beyond the bound by escaping
		}
		if _, err := ReadRequest(bytes.NewReader(again)); err != nil {
			t.Fatalf("not read back: %v", err)
		}
	})
}

func FuzzParseMountinfo(f *testing.F) {
	f.Add("36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw,errors=continue\n")
	f.Add("1 2 0:5 /a\\040b//deleted /p\\134q ro - tmpfs none rw\n")
	f.Add("x\n")
	f.Fuzz(func(t *testing.T, s string) {
		mounts, err := parseMountinfo(strings.NewReader(s))
		if err != nil {
			return
		}
		if want := strings.Count(strings.TrimSuffix(s, "\n"), "\n") + 1; s != "" && len(mounts) != want {
			t.Fatalf("%d mounts of %d lines", len(mounts), want)
		}
		for _, m := range mounts {
			at, ok := m.spotOf(m.point)
			if !ok || at != (spot{m.dev, m.root}) {
				t.Fatalf("%+v: its own point is at %+v", m, at)
			}
		}
	})
}

func TestParseMountinfo(t *testing.T) {
	got, err := parseMountinfo(strings.NewReader("36 35 98:0 /a\\040b//deleted /p\\134q ro,noatime shared:1 - ext4 /dev/x rw\n"))
	must(t, err)
	if want := (mount{id: 36, dev: "98:0", root: "/a b", point: `/p\q`, ro: true}); len(got) != 1 || got[0] != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	for _, bad := range []string{"36 35 98:0 / /mnt rw", "x 35 98:0 / / rw - ext4 a b", "36 35 98 / / rw x - ext4 a b", "36 35 98:0 / mnt rw x - ext4 a b"} {
		if _, err := parseMountinfo(strings.NewReader(bad)); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestSpots(t *testing.T) {
	d := spot{"8:1", "/t/run-1"}
	for _, in := range []string{"/t/run-1", "/t/run-1/x", "/t/run-1 (deleted)", "/t/run-1/x (deleted)"} {
		if !d.holds(spot{"8:1", in}) {
			t.Errorf("%s is not seen", in)
		}
	}
	for _, out := range []spot{{"8:2", "/t/run-1"}, {"8:1", "/t/run-11"}, {"8:1", "/t"}, {"8:1", "/"}} {
		if d.holds(out) {
			t.Errorf("%v is taken for one below", out)
		}
	}
	if s, ok := (mount{dev: "8:1", root: "/", point: "/mnt"}).spotOf("/mnt/t/run-1"); !ok || s != d {
		t.Errorf("%v", s)
	}
	if !(spot{"8:1", "/"}).holds(d) {
		t.Error("the whole filesystem does not hold it")
	}
}
