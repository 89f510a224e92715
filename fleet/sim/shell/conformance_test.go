//go:build linux

package shell

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"

	"andon/fleet"
	"andon/fleet/probe"
	"andon/fleet/sim/twin"
	"andon/fleet/sim/world"
)

const begun = twin.Begun

// forest makes a real tree of run dirs with whole-second times, and returns its
// root. Owners differ where the test is root.
func forest(t *testing.T) string {
	t.Helper()
	top := filepath.Join(t.TempDir(), "disk", "targets")
	files := map[string]int{
		"aprender-ci/1792/run-25919246467/debug/deps/a.rlib":                                                    3 << 20,
		"aprender-ci/1792/run-25919246467/debug/deps/b.d":                                                       100,
		"aprender-ci/1792/run-25919246467/debug/name with blank":                                                1,
		"aprender-ci/1792/run-25919246467-guards/debug/x":                                                       5000,
		"aprender-ci/1793-s2/run-25919246468/x":                                                                 1,
		"aprender-ci/main/run-25919246469/x":                                                                    1,
		"aprender-ci/gh-readonly-queue/main/pr-1798-0123456789abcdef0123456789abcdef01234567/run-25919246470/x": 1,
		"aprender-ci/debug/x":                                                                                   1,
		"aprender-ci/1690/debug/x":                                                                              1,
		"aprender-ci/run-25919246471/x":                                                                         1,
		"aprender-ci/scratch/run-old/x":                                                                         1,
		"aprender-ci/new\nline/run-25919246472/x":                                                               1,
		"aprender-ci/esc\x1b]0;x\x07/run-25919246473/x":                                                         1,
		"sovereign-ci-aprender/1719/x":                                                                          1,
		"cargo-ci/registry/1711/cache/x":                                                                        1,
		"runner-3/_work/aprender/aprender/target/x":                                                             1,
		"eph-1/_work/x": 1,
		"plain/file":    1,
	}
	for name, size := range files {
		p := filepath.Join(top, name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, bytes.Repeat([]byte("x"), size), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, d := range []string{"aprender-ci/1797/run-25919246474", "aprender-ci/empty", "proj-ci"} {
		if err := os.MkdirAll(filepath.Join(top, d), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("run-25919246467", filepath.Join(top, "aprender-ci/1792/run-25919246475")); err != nil {
		t.Fatal(err)
	}
	if os.Geteuid() == 0 {
		for i, p := range []string{"aprender-ci/1792", "aprender-ci/1792/run-25919246467", "aprender-ci/1792/run-25919246467/debug/deps"} {
			if err := os.Lchown(filepath.Join(top, p), 1000+i, 1000); err != nil {
				t.Fatal(err)
			}
		}
	} else {
		t.Log("owners are all alike: giving a file to another user needs root")
	}
	return top
}

// records keeps what a sweep says of the disk, in its order. The size in KiB
// stands beside, because filesystems differ in what a dir itself takes.
func records(out []byte) (list []string, kib map[string]int64) {
	kib = map[string]int64{}
	for _, r := range strings.Split(string(out), "\x00") {
		f := strings.Split(r, "\t")
		switch f[0] {
		case "Y":
			n, err := strconv.ParseInt(f[4], 10, 64)
			if err != nil {
				n = -1
			}
			kib[f[len(f)-1]] = n
			f[4] = "KIB"
			list = append(list, strings.Join(f, "\t"))
		case "S": // which three of the foreign entries find meets first is its own affair
			f[2] = "SAMPLE"
			list = append(list, strings.Join(f, "\t"))
		case "R", "P", "D", "A", "T", "K", "Z":
			list = append(list, r)
		}
	}
	return list, kib
}

// TestTheSweepSaysTheSameUnderARealShell runs the console's script under /bin/sh on
// a real tree, and here on a copy of what stat says of that tree.
func TestTheSweepSaysTheSameUnderARealShell(t *testing.T) {
	if err := exec.Command("stat", "-c", "%W", "/").Run(); err != nil {
		t.Skipf("no stat -c here, the script needs GNU or busybox tools: %v", err)
	}
	top := forest(t)
	twin.Settle(t, top)
	w := world.New(1, begun, world.Scale{})
	h, _ := w.Host("intel")
	twin.Mirror(t, h, top)
	body, err := os.ReadFile("../../probe/" + probe.SweepScript)
	if err != nil {
		t.Fatal(err)
	}
	ask := probe.Ask{Roots: []fleet.Root{{Path: top, Owner: fleet.Owner{UID: 1000, GID: 1000}}}}
	for _, rel := range []string{"aprender-ci/1792/run-25919246467", "aprender-ci/1797/run-25919246474", "aprender-ci/gone/run-1"} {
		ask.Deep = append(ask.Deep, probe.DeepAsk{Root: top, Rel: rel, UID: 1000})
	}
	args, err := ask.Args()
	if err != nil {
		t.Fatal(err)
	}
	real := exec.Command("/bin/sh", append([]string{"-s", "--"}, args...)...)
	real.Stdin = bytes.NewReader(body)
	want, err := real.Output()
	if err != nil {
		t.Fatal(err)
	}
	var got, errs bytes.Buffer
	var mu sync.Mutex
	var p Parser
	code := p.Run(t.Context(), Session{View: h.View(uint32(os.Geteuid()), begun), World: &mu, Clock: func() int64 { return begun },
		Stdout: &got, Stderr: &errs}, string(body), args)
	if code != 0 || errs.Len() > 0 {
		t.Fatalf("exit %d: %s", code, errs.String())
	}
	a, sizeA := records(want)
	b, sizeB := records(got.Bytes())
	if len(a) < 40 {
		t.Fatalf("only %d records under /bin/sh", len(a))
	}
	for i := range max(len(a), len(b)) {
		x, y := "nothing", "nothing"
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			t.Errorf("record %d\n  /bin/sh %q\n  here    %q", i, x, y)
		}
	}
	for dir, n := range sizeA {
		if d := n - sizeB[dir]; d > 64 || d < -64 {
			t.Errorf("%s: du says %d KiB, here %d", dir, n, sizeB[dir])
		}
	}
}
