package world

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"

	"andon/fleet"
)

const t0 = 1779300000

// picture says how all runs and run dirs of a world stand.
func picture(w *World) string {
	var b strings.Builder
	for _, r := range w.Repos {
		for _, x := range r.Runs {
			fmt.Fprintln(&b, x.ID, x.Attempt, x.Status(), x.Conclusion(), x.Updated)
			for _, j := range x.Jobs {
				fmt.Fprintln(&b, j.ID, j.Name, j.Status, j.Conclusion, j.Started, j.Completed, len(j.Steps))
			}
		}
	}
	for _, h := range w.Hosts {
		fmt.Fprintln(&b, h.Name, len(h.Procs))
		for _, d := range h.Disks {
			used, inodes := h.Used(d)
			fmt.Fprintln(&b, d.MountAt, used, inodes)
		}
	}
	return b.String()
}

// TestTimeMayComeInAnySteps: what a world is at a time does not hang on when it was
// looked at before.
func TestTimeMayComeInAnySteps(t *testing.T) {
	for _, sc := range Scenarios() {
		t.Run(sc.Name, func(t *testing.T) {
			a, b := sc.World(3, t0, Scale{}), sc.World(3, t0, Scale{})
			for at := int64(t0 - Prehistory); at <= t0+3600; at += 7 {
				a.Advance(at)
			}
			a.Advance(t0 + 3600)
			b.Advance(t0 + 3600)
			b.Advance(t0) // backwards: nothing
			x, y := strings.Split(picture(a), "\n"), strings.Split(picture(b), "\n")
			for i := range max(len(x), len(y)) {
				if i >= len(x) || i >= len(y) || x[i] != y[i] {
					t.Fatalf("line %d of the picture differs:\n%s\n%s", i, x[min(i, len(x)-1)], y[min(i, len(y)-1)])
				}
			}
		})
	}
}

// TestScenariosAreNamedOnce, by words a command line takes, each with what happens
// and, where something is wrong, with what must fire.
func TestScenariosAreNamedOnce(t *testing.T) {
	seen := map[string]bool{}
	for _, sc := range Scenarios() {
		if seen[sc.Name] || strings.Trim(sc.Name, "abcdefghijklmnopqrstuvwxyz0123456789-") != "" || sc.Title == "" || len(sc.Title) > 140 {
			t.Errorf("scenario %q: %q", sc.Name, sc.Title)
		}
		if (len(sc.Tells) == 0) != (sc.Name == Clean) {
			t.Errorf("scenario %s tells %v", sc.Name, sc.Tells)
		}
		seen[sc.Name] = true
	}
	for _, want := range []string{"incident", "p0-1693", "ownership-1798", "timeouts-1704", "orphans", "wedged", "saturated", "disk-full", "clean"} {
		if !seen[want] {
			t.Errorf("no scenario %s", want)
		}
	}
	if _, err := ScenarioNamed("no-such"); !errors.Is(err, ErrNoScenario) {
		t.Errorf("an unknown name: %v", err)
	}
}

// TestBuildsWriteUpToTheSecond: an event that falls on the second somebody looks at
// does not keep builds from having written until then.
func TestBuildsWriteUpToTheSecond(t *testing.T) {
	for at := int64(t0 + 1); at < t0+10; at++ {
		a, b := New(3, t0, Scale{}), New(3, t0, Scale{})
		a.at(at, func() {})
		for _, w := range []*World{a, b} {
			w.Advance(t0 - 130)
			w.Advance(at)
		}
		if picture(a) != picture(b) {
			t.Errorf("an event at %d changed what builds wrote", at)
		}
	}
}

// TestContentAddsUp: the figures a dir keeps are those of the entries it lists.
func TestContentAddsUp(t *testing.T) {
	h := newHost("x", t0)
	for _, c := range []Content{
		{}, {Files: 1, Bytes: 5}, {Files: 3, Bytes: 4096}, {Files: 997, Bytes: 3 << 30}, {Files: 2273, Bytes: 20<<30 + 17, Strangers: 137},
	} {
		c.Owner, c.StrangerOf, c.Oldest, c.Newest = fleet.Owner{UID: 1000, GID: 1000}, fleet.RootOwner, t0, t0+900
		n, _ := h.Mkdir(fmt.Sprintf("/srv/run-%d", c.Files), c.Owner, t0)
		n.Content = &c
		var listed Usage
		n.Walk(func(k *Node) {
			listed.Bytes += k.Blocks() * 512
			listed.Entries++
			if k.Kind == File {
				listed.Files++
			}
			listed.Newest = max(listed.Newest, k.Changed)
		})
		said := n.Usage()
		if c.Files == 0 {
			listed.Newest = said.Newest // nothing bears the newest write of no file
		}
		if said != listed {
			t.Errorf("%+v: %+v is said, %+v listed", c, said, listed)
		}
		foreign := func(o fleet.Owner) bool { return o.UID == 0 }
		before, strangers := n.Count(foreign), c.Strangers
		if changed := n.Chown([]uint32{0}, c.Owner, t0+1000); changed != before || before != strangers || n.Count(foreign) != 0 {
			t.Errorf("%d foreign entries, %d changed, %d left", before, changed, n.Count(foreign))
		}
	}
}

func TestLookup(t *testing.T) {
	h := newHost("x", t0)
	dir, _ := h.Mkdir("/srv/a/b", fleet.RootOwner, t0)
	h.WriteFile("/srv/a/file", "text", 0o644, fleet.RootOwner, t0)
	for name, target := range map[string]string{"abs": "/srv/a/b", "rel": "../a/b", "loop": "loop", "dangling": "nowhere"} {
		dir.Parent.Put(&Node{Name: name, Kind: Link, Target: target, Dev: dir.Dev}, t0)
	}
	for _, x := range []struct {
		path   string
		follow bool
		want   error
	}{
		{"/srv/a/b", false, nil}, {"/srv/a//b/.", false, nil}, {"/srv/a/abs", true, nil}, {"/srv/a/rel", true, nil}, {"/srv/a/b/../../a/b", true, nil},
		{"/srv/a/loop", true, syscall.ELOOP}, {"/srv/a/dangling", true, syscall.ENOENT}, {"/srv/a/file/x", true, syscall.ENOTDIR}, {"/srv/a/no", true, syscall.ENOENT},
	} {
		n, err := h.Lookup(x.path, x.follow)
		if !errors.Is(err, x.want) || x.want == nil && n != dir {
			t.Errorf("%s: %v, want %v", x.path, err, x.want)
		}
	}
	if n, err := h.Lookup("/srv/a/abs", false); err != nil || n.Kind != Link {
		t.Errorf("a link not followed: %v, %v", n, err)
	}
}

// TestOthersProcessesAreHidden from a login that is not root, and only from it.
func TestOthersProcessesAreHidden(t *testing.T) {
	w := New(1, t0, Scale{})
	w.Advance(t0)
	h, _ := w.Host("intel")
	var shell *Process
	for _, p := range h.Procs {
		if p.Binds != nil && p.UID == 0 {
			shell = p
		}
	}
	if shell == nil {
		t.Fatal("no container's root process on intel")
	}
	for uid, seen := range map[uint32]bool{0: true, 1000: false} {
		v := h.View(uid, t0)
		base := fmt.Sprintf("/proc/%d", shell.PID)
		fd, err := v.Lookup(base+"/fd", false)
		if err != nil || v.May(fd, 4) != seen {
			t.Errorf("uid %d may list the descriptors: %v, want %v", uid, err == nil && v.May(fd, 4), seen)
		}
		if _, err := v.Lookup(base+"/cwd", true); (err == nil) != seen {
			t.Errorf("uid %d follows cwd: %v", uid, err)
		}
		m, err := v.Lookup(base+"/mountinfo", false)
		if err != nil || v.May(m, 4) != seen {
			t.Errorf("uid %d may read mountinfo: want %v", uid, seen)
		}
		if seen && !strings.Contains(string(m.Data), " /targets/aprender-ci/") {
			t.Errorf("mountinfo names no dir of the host: %s", m.Data)
		}
	}
}

func TestWhatGitHubRefuses(t *testing.T) {
	w := New(1, t0, Scale{})
	w.Advance(t0)
	for _, r := range w.Repos {
		for _, x := range r.Runs {
			switch {
			case x.Status().Live():
				if err := w.RerunFailed(x); !errors.Is(err, ErrRunning) {
					t.Errorf("rerun of live run %d: %v", x.ID, err)
				}
			case x.Conclusion() == fleet.ConclusionSuccess:
				if err := w.RerunFailed(x); !errors.Is(err, ErrNothing) {
					t.Errorf("rerun of green run %d: %v", x.ID, err)
				}
			default:
				if err := w.Cancel(x, 0); !errors.Is(err, ErrCompleted) {
					t.Errorf("cancel of ended run %d: %v", x.ID, err)
				}
			}
		}
	}
}

// TestWhatComesAfter: until the fix is merged a push meets the same wall, then
// dockerd's dirs are given to the build user before cargo starts.
func TestWhatComesAfter(t *testing.T) {
	w := New(1, t0, Scale{})
	newest := func(n int) *Run {
		var out *Run
		for _, x := range w.Repos[0].Runs {
			if x.Ref == fmt.Sprint(n) && (out == nil || x.Created > out.Created) {
				out = x
			}
		}
		return out
	}
	w.Advance(t0)
	old := newest(1796).ID
	w.Advance(t0 + 15*60)
	again := newest(1796)
	if again.ID == old || again.Conclusion() != fleet.ConclusionFailure || again.Jobs[0].Ending != EndDenied {
		t.Errorf("the push before the fix: %+v", again)
	}
	w.Advance(t0 + 90*60)
	healed := newest(1793)
	if healed.Created < t0 || healed.Conclusion() != fleet.ConclusionSuccess {
		t.Errorf("the push after the fix: created %d, %s", healed.Created-t0, healed.Conclusion())
	}
	o, err := w.OwnerOf("intel", "/mnt/nvme-raid0/targets/"+healed.DirRel(""))
	if err != nil || o.UID != 1000 {
		t.Errorf("its dir is of %v, %v", o, err)
	}
	h, _ := w.Host("intel")
	for _, p := range h.Procs {
		if p.Job < 0 {
			t.Errorf("pid %d outlives its cancelled job by more than an hour", p.PID)
		}
	}
}

// TestLogsAreShapedLikeGitHubs.
func TestLogsAreShapedLikeGitHubs(t *testing.T) {
	w := New(1, t0, Scale{})
	w.Advance(t0)
	seen := map[Ending]bool{}
	for _, x := range w.Repos[0].Runs {
		for _, j := range x.Jobs {
			if j.Status.Live() || j.Runner == nil {
				continue
			}
			log := j.Log()
			lines := strings.Split(log, "\n")
			if !strings.HasPrefix(log, "\ufeff20") || !strings.Contains(log, "Runner name: '"+j.Runner.Name+"'") ||
				lines[0][3+len("2006-01-02T15:04:05.0000000Z")] != ' ' {
				t.Fatalf("job %d: %q", j.ID, lines[0])
			}
			echo := strings.Index(log, "\x1b[36;1m# if cargo says 'failed to create directory'")
			fails := strings.Contains(log, "Z error: failed to create directory")
			if fails != (j.Ending == EndDenied || j.Ending == EndVanished) || fails && echo < 0 {
				t.Errorf("job %d (%s, ending %d): echo at %d, fails %v", j.ID, j.Name, j.Ending, echo, fails)
			}
			seen[j.Ending] = true
		}
	}
	for _, e := range []Ending{EndWell, EndDenied, EndVanished, EndLimit, EndSuperseded} {
		if !seen[e] {
			t.Errorf("no job with ending %d", e)
		}
	}
}

func TestScale(t *testing.T) {
	w := New(1, t0, Scale{Hosts: 30, PRs: 60, Dirs: 20})
	w.Advance(t0)
	open, ids := 0, map[int64]bool{}
	for _, r := range w.Repos {
		for _, p := range r.PRs {
			if p.State == fleet.PROpen {
				open++
			}
		}
		for _, x := range r.Runs {
			if ids[x.ID] || x.ID < 1<<32 {
				t.Errorf("run id %d is used twice, or small", x.ID)
			}
			ids[x.ID] = true
		}
	}
	if len(w.Hosts) != 30 || open != 60 {
		t.Errorf("%d hosts, %d open pull requests", len(w.Hosts), open)
	}
}
