//go:build linux

package onhost

import (
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

func TestWritersAreFound(t *testing.T) {
	cases := []struct {
		role string
		via  fleet.WriterVia // "" : not a writer
		why  fleet.Reason
	}{
		{"cwd", fleet.ViaCwd, fleet.ReasonWriters},
		{"fd", fleet.ViaFD, fleet.ReasonWriters},
		{"deleted", fleet.ViaFD, fleet.ReasonWriters},
		{"map", fleet.ViaMap, fleet.ReasonWriters},
		{"thread", fleet.ViaCwd, fleet.ReasonWriters},
		{"mount", fleet.ViaMount, fleet.ReasonWriters},
		{"mount-below", fleet.ViaMount, fleet.ReasonWriters},
		{"mount-ancestor", fleet.ViaMount, fleet.ReasonWriters},
		{"mount-fd", fleet.ViaFD, fleet.ReasonWriters},
		{"mount-ro-ancestor", "", ""},
		{"mount-copy", "", ""},
	}
	for _, c := range cases {
		t.Run(c.role, func(t *testing.T) {
			w := newWorld(t)
			dir := w.runDir("1792", 11, 1000)
			p := w.child(c.role, dir)
			w.age(dir, time.Hour)
			r := w.ask(w.step(fleet.VerbReap, dir))[0]
			if c.why == "" {
				wants(t, r, fleet.OutcomeDone, "")
				return
			}
			wants(t, r, fleet.OutcomeRefused, c.why)
			if !exists(dir) {
				t.Fatal("a refused dir was moved")
			}
			if c.via == "" {
				return
			}
			if len(r.Writers) != 1 || r.Writers[0].PID != p.Pid || r.Writers[0].Via != c.via {
				t.Fatalf("writers %+v, want pid %d by %s", r.Writers, p.Pid, c.via)
			}
			if wr := r.Writers[0]; !strings.Contains(wr.Command, c.role) || time.Since(wr.Started).Abs() > time.Minute {
				t.Errorf("described as %+v", wr)
			}
		})
	}
}

func TestWriterThatComesAfterTheCheckIsRolledBack(t *testing.T) {
	w := newWorld(t)
	dir := w.runDir("1792", 11, 1000)
	w.age(dir, time.Hour)
	was := fingerprint(t, dir)
	w.env.at = func(s State) {
		if s == StateChecked {
			w.child("cwd", dir)
		}
	}
	r := w.ask(w.step(fleet.VerbReap, dir))[0]
	wants(t, r, fleet.OutcomeRefused, fleet.ReasonWriters)
	if got := fingerprint(t, dir); got != was {
		t.Errorf("not put back as it was:\n%s\nwant\n%s", got, was)
	}
	if st := w.journalStates()["req1-1"]; st[len(st)-1] != StateRolledBack {
		t.Errorf("journal ends with %v", st)
	}
}

func TestWhatCannotBeLookedAtIsUnknown(t *testing.T) {
	t.Run("no proc filesystem", func(t *testing.T) {
		w := newWorld(t)
		dir := w.runDir("1792", 11, 1000)
		w.age(dir, time.Hour)
		w.env.Proc = t.TempDir()
		wants(t, w.ask(w.step(fleet.VerbReap, dir))[0], fleet.OutcomeRefused, fleet.ReasonUnknown)
	})
	t.Run("processes of another user namespace", func(t *testing.T) {
		w := newWorld(t)
		dir := w.runDir("1792", 11, 1000)
		w.age(dir, time.Hour)
		all := []syscall.SysProcIDMap{{ContainerID: 0, HostID: 0, Size: 1<<31 - 1}}
		s := w.serveIn(w.request(w.step(fleet.VerbReap, dir)), &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER, UidMappings: all, GidMappings: all})
		res, err := s.answer(t)
		must(t, err)
		wants(t, res[0], fleet.OutcomeRefused, fleet.ReasonUnknown)
		if !exists(dir) {
			t.Error("a refused dir was moved")
		}
		// The only one it cannot look at is this process, which is root's.
		comm, err := os.ReadFile("/proc/self/comm")
		must(t, err)
		w.hostFile(`{"roots":[{"path":"` + w.root.Path + `","owner":{"uid":1000,"gid":1000},"layout":""}],"unseen":["` + strings.TrimSpace(string(comm)) + `"]}`)
		s = w.serveIn(w.request(w.step(fleet.VerbReap, dir)), &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWUSER, UidMappings: all, GidMappings: all})
		res, err = s.answer(t)
		must(t, err)
		wants(t, res[0], fleet.OutcomeDone, "")
	})
}

func TestPIDNamespaceIsNoWholeView(t *testing.T) {
	w := newWorld(t)
	dir := w.runDir("1792", 11, 1000)
	w.age(dir, time.Hour)
	w.env.ClosedWorld = false
	r := w.ask(w.step(fleet.VerbReap, dir))[0]
	wants(t, r, fleet.OutcomeRefused, fleet.ReasonUnknown)
	if !strings.Contains(r.Detail, "pid namespace") {
		t.Errorf("detail %q does not say why", r.Detail)
	}
}

func TestParseTaskStatReadsAroundTheName(t *testing.T) {
	st, err := parseTaskStat("42 (a) b (c)) S 1 42 42 0 -1 4194560 1 2 3 4 5 6 7 8 20 0 3 0 99887 0 0\n")
	if err != nil || st.comm != "a) b (c)" || st.state != 'S' || st.threads != 3 || st.start != 99887 || st.flags != 4194560 {
		t.Fatalf("%+v, %v", st, err)
	}
	for _, bad := range []string{"", "42", "42 (x", "42 (x) S", ")(", "42 (x) S 1 1 1 1 1 z 1 1 1 1 1 1 1 1 1 1 1 1 1 1"} {
		if _, err := parseTaskStat(bad); err == nil {
			t.Errorf("%q was read", bad)
		}
	}
}

func TestParseMapping(t *testing.T) {
	dev, ino, p, ok := parseMapping("7f00-7f01 r--s 00000000 fe:00 1234                       /mnt/a b\\012c (deleted)\n")
	if !ok || ino != 1234 || dev != "254:0" || p != "/mnt/a b\nc (deleted)" {
		t.Fatalf("%q %q %v", dev, p, ok)
	}
	for _, anon := range []string{"7f00-7f01 rw-p 00000000 00:00 0 \n", "7f00-7f01 rw-p 00000000 00:00 0    [heap]\n", "x\n"} {
		if _, _, _, ok := parseMapping(anon); ok {
			t.Errorf("%q taken for a file", anon)
		}
	}
}
