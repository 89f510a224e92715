//go:build linux

package probe

import (
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"andon/fleet"
)

// realShells are the ways without the interpreter, whose globbing does not undo
// its own quoting of names with pattern characters.
func realShells(t *testing.T) []way {
	var out []way
	for _, w := range ways(t) {
		if w.name != "interpreter" {
			out = append(out, w)
		}
	}
	return out
}

// few are ways enough where not the shell but the condition is tested.
func few(t *testing.T) []way {
	return slices.DeleteFunc(ways(t), func(w way) bool { return w.name == "bash" || w.name == "ash" || w.name == "busybox tools" })
}

func TestNamesThatArePatterns(t *testing.T) {
	tr := plant(t)
	tr.root += "/more"
	tr.host.Roots[0].Path = tr.root
	want := map[string]bool{}
	for _, name := range patterns {
		for _, rel := range []string{"x-ci/" + name + "/run-1", "x-ci/" + name + "/deep/run-2", name} {
			tr.mkdir(t, rel)
			want[rel] = true
		}
	}
	for _, w := range realShells(t) {
		t.Run(w.name, func(t *testing.T) {
			s := sweepBy(t, w, tr, Ask{Roots: tr.host.Roots})
			if len(s.Dirs) != len(want) {
				t.Errorf("%d dirs, want %d", len(s.Dirs), len(want))
			}
			for _, d := range s.Dirs {
				if !want[d.Path.Rel()] {
					t.Errorf("%q is listed", d.Path.Rel())
				}
			}
		})
	}
}

// TestWithoutRoot sweeps as nobody: what cannot be seen is unknown, never none.
func TestWithoutRoot(t *testing.T) {
	needRoot(t, "it takes root to become another user")
	tr := plant(t)
	closedDir := tr.mkdir(t, "aprender-ci/1792/run-100/debug/private")
	for _, p := range []string{closedDir, tr.mkdir(t, "aprender-ci/1900"), tr.root + "/.andon-trash"} {
		if err := os.Chmod(p, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	tr.forms["aprender-ci/1900"] = fleet.FormUnrecognised
	nobody := &syscall.Credential{Uid: 65534, Gid: 65534}
	for name, argv := range shells(t) {
		if name == "sh" {
			continue // one of the others by another name
		}
		t.Run(name, func(t *testing.T) {
			w := way{name, true, func(t *testing.T, args []string) []byte { return command(t, nobody, argv, args) }}
			s := sweepBy(t, w, tr, Ask{Roots: tr.host.Roots, Deep: deepAsks(tr)})
			checkListing(t, tr, s)
			if s.Facts.UID != 65534 {
				t.Errorf("uid %d", s.Facts.UID)
			}
			for _, d := range s.Dirs {
				if n, known := d.LiveWriters(); known || !strings.Contains(d.Writers.Why(), "sudo -n") {
					t.Fatalf("%q: %d writers known %v: %s", d.Path.Rel(), n, known, d.Writers.Why())
				}
			}
			for _, want := range []string{"processes of other users", "trash of root", "1 folders not readable"} {
				if !strings.Contains(strings.Join(s.Unseen, "\n"), want) {
					t.Errorf("unseen %q lacks %q", s.Unseen, want)
				}
			}
			if d := find(t, s, "aprender-ci/1792/run-100"); d.Bytes.IsKnown() || d.Foreign.IsKnown() {
				t.Error("a dir that cannot be read in whole has figures")
			}
			if d := find(t, s, "aprender-ci/main/run-102"); !d.Bytes.IsKnown() {
				t.Errorf("a readable dir was not measured: %s", d.Bytes.Why())
			}
		})
	}
}

func TestFloodIsCounted(t *testing.T) {
	tr := plant(t)
	for i := range 300 {
		tr.mkdir(t, "flood-ci/9/run-"+strconv.Itoa(i+1))
	}
	for _, w := range few(t) {
		t.Run(w.name, func(t *testing.T) {
			s := sweepBy(t, w, tr, Ask{Roots: tr.host.Roots, MaxDirs: 50})
			if len(s.Dirs) != 50 {
				t.Errorf("%d dirs, want 50", len(s.Dirs))
			}
			want := fmt.Sprintf("%d dirs not shown", len(tr.forms)+300-50)
			if !strings.Contains(strings.Join(s.Unseen, "\n"), want) {
				t.Errorf("unseen %q lacks %q", s.Unseen, want)
			}
		})
	}
}

func TestRootsThatAreNotThere(t *testing.T) {
	tr := plant(t)
	gone := fleet.Root{Path: tr.root + "/no/such", Owner: tr.want}
	file := fleet.Root{Path: tr.root + "/notes.txt", Owner: tr.want}
	tr.host.Roots = append([]fleet.Root{gone, file}, tr.host.Roots...)
	for _, w := range few(t) {
		t.Run(w.name, func(t *testing.T) {
			s := sweepBy(t, w, tr, Ask{Roots: tr.host.Roots, Deep: deepAsks(tr)})
			checkListing(t, tr, s)
			checkFigures(t, tr, s)
			if got := strings.Count(strings.Join(s.Unseen, "\n"), "no such folder"); got != 2 {
				t.Errorf("unseen %q", s.Unseen)
			}
		})
	}
}

func TestNoTimeLeft(t *testing.T) {
	tr := plant(t)
	args, err := Ask{Roots: tr.host.Roots, Deep: deepAsks(tr)}.Args()
	if err != nil {
		t.Fatal(err)
	}
	args[2] = "0"
	for _, w := range few(t) {
		s, err := Parse(tr.host, w.run(t, args), time.Now(), time.Second)
		if err != nil {
			t.Fatal(err)
		}
		checkListing(t, tr, s)
		if d := find(t, s, "aprender-ci/1792/run-100"); d.Bytes.IsKnown() || !strings.Contains(d.Bytes.Why(), "out of time") {
			t.Errorf("%s: bytes known %v: %s", w.name, d.Bytes.IsKnown(), d.Bytes.Why())
		}
	}
}

// TestMeasuringIsCutShort lets the time run out in the middle of a walk: part of
// a sum must not pass for the sum.
func TestMeasuringIsCutShort(t *testing.T) {
	needRoot(t, "a slow find is mounted over the system's")
	dir := applets(t, lookup(t, "busybox"), "find")
	slow := "#!/bin/busybox sh\n[ \"$1\" = / ] && exit 1\n/bin/busybox find \"$@\"\nexec /bin/busybox sleep 30\n"
	if err := os.WriteFile(dir+"/find", []byte(slow), 0o755); err != nil {
		t.Fatal(err)
	}
	tr := plant(t)
	s := sweepBy(t, over(dir, ""), tr, Ask{Roots: tr.host.Roots, Deep: deepAsks(tr)[:1], DeepBudget: time.Second})
	if d := find(t, s, "aprender-ci/1792/run-100"); d.Bytes.IsKnown() || !strings.Contains(d.Bytes.Why(), "out of time") {
		t.Errorf("bytes known %v: %s", d.Bytes.IsKnown(), d.Bytes.Why())
	}
}

func lookup(t *testing.T, name string) string {
	t.Helper()
	p, err := exec.LookPath(name)
	if err != nil {
		t.Skipf("%s is needed: %v", name, err)
	}
	return p
}

// TestServices answers for systemd with what systemd 252 printed on a host with
// two runners.
func TestServices(t *testing.T) {
	needRoot(t, "a systemctl is mounted over the system's")
	dir := applets(t, lookup(t, "busybox"), "")
	tr := plant(t)
	wd := tr.mkdir(t, "runner-3")
	shown := "#!/bin/busybox sh\ncase \"$*\" in *.timer*) cat <<'E'\n" +
		"Id=disk-guard.timer\nActiveState=active\nUnitFileState=enabled\nLastTriggerUSec=@1795440000\nUnit=guard.service\n" +
		"TimersCalendar={ OnCalendar=*-*-* 04:00:00 ; next_elapse=Tue 2026-11-24 04:00:00 UTC }\n\n" +
		"Id=reaper.timer\nActiveState=inactive\nUnitFileState=disabled\nLastTriggerUSec=\n\n" +
		"Id=systemd-tmpfiles-clean.timer\nActiveState=active\nUnitFileState=static\nLastTriggerUSec=@1795440001\n" +
		"E\n;; *) cat <<'E'\n" +
		"WorkingDirectory=" + wd + "\nEnvironment=TOKEN=secret\nId=actions.runner.paiml.clean-3.service\nActiveState=active\n\n" +
		"WorkingDirectory=/nonexistent\nEnvironment=A=b ACTIONS_RUNNER_HOOK_JOB_STARTED=/opt/hooks/guard.sh TOKEN=secret\n" +
		"Id=actions.runner.paiml.clean-4.service\nActiveState=failed\nE\n;; esac\n"
	journal := "#!/bin/busybox sh\ncase \"$*\" in *-u\\ guard.service) cat <<'E'\n" +
		"1795440002.250000 intel guard.sh[99]: deleted /mnt/targets/aprender-ci/1690/run-5\n1795440003.5 intel systemd[1]: Finished.\n" +
		"E\n;; *) ;; esac\n"
	for file, text := range map[string]string{
		dir + "/systemctl":  shown,
		dir + "/journalctl": journal,
		wd + "/.runner":     "\ufeff{\n  \"agentId\": 7,\n  \"agentName\": \"intel-clean-room-3\"\n}\n",
		wd + "/.env":        "TOKEN=secret\nACTIONS_RUNNER_HOOK_JOB_STARTED=/opt/hooks/start.sh\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	args, err := Ask{Roots: tr.host.Roots}.Args()
	if err != nil {
		t.Fatal(err)
	}
	out := over(dir, "").run(t, args)
	if strings.Contains(string(out), "secret") {
		t.Error("a runner's secret left the host")
	}
	s, err := Parse(tr.host, out, time.Now(), time.Second)
	if err != nil || s.Dropped != 0 {
		t.Fatalf("%v, %d dropped", err, s.Dropped)
	}
	want := []fleet.RunnerService{
		{Unit: "actions.runner.paiml.clean-3.service", Runner: "intel-clean-room-3", State: "active", Dir: wd, Hook: "/opt/hooks/start.sh"},
		{Unit: "actions.runner.paiml.clean-4.service", Runner: "clean-4", State: "failed", Dir: "/nonexistent", Hook: "/opt/hooks/guard.sh"},
	}
	if len(s.Services) != 2 || s.Services[0] != want[0] || s.Services[1] != want[1] {
		t.Errorf("services %+v", s.Services)
	}
	wired := map[string]bool{}
	for _, c := range s.Cleaners {
		wired[c.Kind+" "+c.Name] = c.Wired
	}
	if len(s.Cleaners) != 4 || !wired["timer disk-guard.timer"] || wired["timer reaper.timer"] || !wired["hook start.sh"] || !wired["hook guard.sh"] {
		t.Errorf("cleaners %+v", s.Cleaners)
	}
	checkCleaners(t, s.Cleaners)
}

func checkCleaners(t *testing.T, list []fleet.Cleaner) {
	t.Helper()
	for _, c := range list {
		said, known := c.Said.Get()
		at, ran := c.Last.Get()
		switch c.Name {
		case "disk-guard.timer":
			if !ran || at.Unix() != 1795440000 || c.Schedule != "*-*-* 04:00:00" {
				t.Errorf("last run %v %v, schedule %q", at, ran, c.Schedule)
			}
			if !known || len(said) != 2 || said[0].Text != "deleted /mnt/targets/aprender-ci/1690/run-5" || said[0].At.UnixMilli() != 1795440002250 {
				t.Errorf("journal %+v, known %v", said, known)
			}
		case "reaper.timer":
			if !known || len(said) != 0 {
				t.Errorf("a service that said nothing: %+v, known %v: %s", said, known, c.Said.Why())
			}
		}
	}
}
