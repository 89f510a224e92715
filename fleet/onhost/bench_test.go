//go:build linux

package onhost

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

// wideTree makes files below dir, 250 to a folder.
func wideTree(tb testing.TB, dir string, files int) {
	tb.Helper()
	for i := range files {
		sub := fmt.Sprintf("%s/d%d", dir, i/250)
		if i%250 == 0 {
			if err := os.MkdirAll(sub, 0o755); err != nil {
				tb.Fatal(err)
			}
		}
		fd, err := unix.Open(fmt.Sprintf("%s/f%d", sub, i), unix.O_CREAT|unix.O_WRONLY, 0o644)
		if err != nil {
			tb.Fatal(err)
		}
		unix.Close(fd)
	}
}

func openPlace(tb testing.TB, root fleet.Root, components ...string) *place {
	tb.Helper()
	p, err := openRoot(root)
	if err == nil {
		err = p.descend(components)
	}
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(p.close)
	return p
}

// BenchmarkChownTree is the whole of a chown (survey, change, count again)
// against `chown -hR` of the same tree in the same run, which does none of the
// checks. It prints the ratio.
func BenchmarkChownTree(b *testing.B) {
	if os.Geteuid() != 0 {
		b.Skip("needs root: it changes owners")
	}
	const files = 50000
	root := fleet.Root{Path: b.TempDir() + "/targets", Owner: fleet.Owner{UID: 1000, GID: 1000}}
	dir := root.Path + "/run-1"
	wideTree(b, dir, files)
	p := openPlace(b, root, "run-1")
	quiet := func(int64) {}
	var ours, theirs time.Duration
	for b.Loop() {
		b.StopTimer()
		start := time.Now()
		if out, err := exec.Command("chown", "-hR", "0:0", dir).CombinedOutput(); err != nil {
			b.Fatalf("%v: %s", err, out)
		}
		theirs += time.Since(start)
		b.StartTimer()
		start = time.Now()
		s, err := surveyTree(b.Context(), p.self().fd, root, []uint32{0}, quiet)
		if err != nil || s.foreign != files+files/250+1 {
			b.Fatalf("%d foreign, %v", s.foreign, err)
		}
		c := chowner{from: []uint32{0}, to: root.Owner, links: s.links}
		if err := c.apply(b.Context(), p, quiet); err != nil || c.changed < files {
			b.Fatalf("%d changed, %v", c.changed, err)
		}
		if s, err = surveyTree(b.Context(), p.self().fd, root, []uint32{0}, quiet); err != nil || s.foreign != 0 {
			b.Fatalf("%d left, %v", s.foreign, err)
		}
		ours += time.Since(start)
	}
	b.ReportMetric(float64(ours)/float64(theirs), "x-of-chown-hR")
	b.ReportMetric(float64(ours.Microseconds())/float64(b.N)/files, "µs/entry")
}

// BenchmarkWriters is one look at every process in sight, as before and after a
// capture.
func BenchmarkWriters(b *testing.B) {
	if os.Geteuid() != 0 {
		b.Skip("needs root: it reads other users' processes")
	}
	root := fleet.Root{Path: b.TempDir() + "/targets"}
	wideTree(b, root.Path+"/run-1", 250)
	p := openPlace(b, root, "run-1")
	e := System("bench", "")
	e.ClosedWorld = true
	for range 50 {
		cmd := exec.Command("sleep", "600")
		if err := cmd.Start(); err != nil {
			b.Fatal(err)
		}
		b.Cleanup(func() { cmd.Process.Kill(); cmd.Wait() })
	}
	for b.Loop() {
		if w, err := e.writersOf(b.Context(), p.self().fd, p.self().node); err != nil || len(w) > 0 {
			b.Fatalf("%v, %v", w, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Microseconds())/float64(b.N)/50, "µs/process")
}

// BenchmarkPurge empties a deep and a wide tree.
func BenchmarkPurge(b *testing.B) {
	if os.Geteuid() != 0 {
		b.Skip("needs root")
	}
	for _, shape := range []string{"wide-20000", "deep-20000"} {
		b.Run(shape, func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				dir := b.TempDir()
				if shape == "deep-20000" {
					deepTree(b, dir, 20000)
				} else {
					wideTree(b, dir, 20000)
				}
				fd, err := unix.Open(dir, asList, 0)
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				e := eraser{progress: func(int64) {}}
				if err := e.empty(b.Context(), fd); err != nil || e.deleted < 20000 {
					b.Fatalf("%d deleted, %v", e.deleted, err)
				}
				unix.Close(fd)
			}
		})
	}
}
