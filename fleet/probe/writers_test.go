//go:build linux

package probe

import (
	"bufio"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"andon/fleet"
)

// TestMain lets the test binary stand in for a process that maps a file and
// keeps no descriptor of it.
func TestMain(m *testing.M) {
	if path := os.Getenv("PROBE_MAP"); path != "" {
		if err := holdMap(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}

func holdMap(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	b, err := syscall.Mmap(int(f.Fd()), 0, 1, syscall.PROT_READ, syscall.MAP_SHARED)
	if err != nil {
		return err
	}
	f.Close()
	fmt.Println("ready", b[0])
	_, _ = os.Stdin.Read(make([]byte, 1)) // until the test lets go
	return nil
}

// holder is a process that uses one run dir in one way.
type holder struct {
	rels []string
	via  fleet.WriterVia
	pid  int
}

// hold starts a process for each way to use a run dir. They end with the test.
func hold(t *testing.T, tr *tree) []holder {
	t.Helper()
	dir := func(rel string) string { return tr.root + "/" + rel }
	if os.Geteuid() != 0 {
		return nil
	}
	sleep := "echo ready; exec sleep 600"
	start := func(via fleet.WriterVia, env string, rels []string, argv ...string) holder {
		return holder{rels, via, holdBy(t, env, argv...)}
	}
	tr.write(t, "aprender-ci/a/run-107/mapped", 4096)
	bin, err := exec.LookPath("sleep")
	if err != nil {
		t.Fatal(err)
	}
	program := tr.mkdir(t, "aprender-ci/feature/deep/one/run-106/release") + "/built"
	if out, err := exec.Command("cp", bin, program).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	bind := func(from string) []string {
		return []string{"unshare", "-m", "--propagation", "private", "sh", "-c", `mount --bind "$1" /mnt && ` + sleep, "sh", from}
	}
	tr.mkdir(t, "cargo-ci/77/run-105/out/deps")
	return []holder{
		start(fleet.ViaCwd, "", []string{"aprender-ci/1792/run-100"}, "sh", "-c", `cd "$1" && `+sleep, "sh", dir("aprender-ci/1792/run-100/debug/deps")),
		start(fleet.ViaFD, "", []string{"aprender-ci/1793-s2/run-101"}, "sh", "-c", `exec 9>"$1"; `+sleep, "sh", dir("aprender-ci/1793-s2/run-101/log")),
		start(fleet.ViaFD, "", []string{"aprender-ci/ lead/run-577"}, "sh", "-c", `exec 9>"$1"; `+sleep, "sh", dir("aprender-ci/ lead/run-577/two  blanks -> x")),
		start(fleet.ViaExe, "", []string{"aprender-ci/feature/deep/one/run-106"}, "sh", "-c", `echo ready; exec "$1" 600`, "sh", program),
		start(fleet.ViaMap, dir("aprender-ci/a/run-107/mapped"), []string{"aprender-ci/a/run-107"}, os.Args[0]),
		start(fleet.ViaMount, "", []string{"aprender-ci/main/run-102"}, bind(dir("aprender-ci/main/run-102"))...),
		start(fleet.ViaMount, "", []string{"cargo-ci/77/run-105"}, bind(dir("cargo-ci/77/run-105/out"))...),
		start(fleet.ViaMount, "", []string{"aprender-ci/1802/run-109", "aprender-ci/1802/weird"}, bind(dir("aprender-ci/1802"))...),
	}
}

// holdBy starts one process and waits until it says that it is in place. What
// it becomes by exec keeps the process id.
func holdBy(t *testing.T, env string, argv ...string) int {
	t.Helper()
	c := exec.Command(argv[0], argv[1:]...)
	c.Env = append(os.Environ(), "PROBE_MAP="+env)
	c.Stderr = os.Stderr
	in, err := c.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := c.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { in.Close(); c.Process.Kill(); c.Wait() })
	if line, err := bufio.NewReader(out).ReadString('\n'); err != nil {
		t.Fatalf("%v: %q %v", argv, line, err)
	}
	return c.Process.Pid
}

func checkWriters(t *testing.T, s fleet.Sweep, holds []holder) {
	t.Helper()
	if os.Geteuid() != 0 {
		for _, d := range s.Dirs {
			if _, known := d.LiveWriters(); known {
				t.Fatalf("%q: writers known without root", d.Path.Rel())
			}
		}
		return
	}
	used := make(map[string]bool)
	for _, h := range holds {
		for _, rel := range h.rels {
			used[rel] = true
			d := find(t, s, rel)
			w, known := d.Writers.Get()
			if !known || len(w) != 1 {
				t.Errorf("%q: writers %+v %s, want pid %d by %s", rel, w, d.Writers.Why(), h.pid, h.via)
				continue
			}
			if w[0].PID != h.pid || w[0].Via != h.via || w[0].UID != 0 || w[0].Command == "" {
				t.Errorf("%q: writer %+v, want pid %d by %s", rel, w[0], h.pid, h.via)
			}
			if age := time.Since(w[0].Started); age < -3*time.Second || age > 10*time.Minute {
				t.Errorf("%q: writer started %s ago", rel, age)
			}
		}
	}
	for _, d := range s.Dirs {
		if n, known := d.LiveWriters(); strings.Contains(d.Path.Rel(), "\n") {
			if known {
				t.Errorf("%q: %d writers, though it cannot be searched for", d.Path.Rel(), n)
			}
		} else if !known || n > 0 && !used[d.Path.Rel()] {
			t.Errorf("%q: %d writers, known %v: %s", d.Path.Rel(), n, known, d.Writers.Why())
		}
	}
}
