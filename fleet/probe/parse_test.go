//go:build linux

package probe

import (
	"bytes"
	"errors"
	"fmt"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"andon/fleet"
)

var testHost = fleet.Host{Name: "intel", Roots: []fleet.Root{
	{Path: "/mnt/raid/targets", Owner: fleet.Owner{UID: 1000, GID: 1000}},
	{Path: "/srv/mirror/targets", Owner: fleet.Owner{UID: 1001, GID: 1001}},
}}

// answer closes records into a whole answer.
func answer(recs ...string) []byte {
	recs = append([]string{"andon-sweep\t1"}, recs...)
	recs = append(recs, fmt.Sprintf("E\t%d\t1795447550", len(recs)))
	return []byte(strings.Join(recs, "\x00") + "\x00")
}

// statOf is the nine fields of a plain folder of root's.
func statOf(ino int) string {
	return "65024\t" + strconv.Itoa(ino) + "\t0\t0\t41ed\t1795447543\t2026-11-23 15:25:43.071168966 +0000\t1795447543\t0"
}

func rootRecord() string { return "R\t0\t" + statOf(2) + "\t/mnt/raid/targets" }

func mustParse(t testing.TB, recs ...string) fleet.Sweep {
	t.Helper()
	s, err := Parse(testHost, answer(recs...), time.Unix(1795447551, 0), 2*time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestCutAnywhere cuts a real answer at every byte: never a smaller sweep.
func TestCutAnywhere(t *testing.T) {
	tr := plant(t)
	args, err := Ask{Roots: tr.host.Roots, Deep: deepAsks(tr)}.Args()
	if err != nil {
		t.Fatal(err)
	}
	out := ways(t)[0].run(t, args)
	if _, err := Parse(tr.host, out, time.Now(), 0); err != nil {
		t.Fatal(err)
	}
	for i := range out {
		if s, err := Parse(tr.host, out[:i], time.Now(), 0); !errors.Is(err, ErrTruncated) {
			t.Fatalf("cut at %d of %d: %d dirs, %v", i, len(out), len(s.Dirs), err)
		}
	}
	lost := bytes.Replace(out, []byte("D\t0\t"), []byte{}, 1)
	gone := bytes.SplitN(out, []byte{0}, 3)
	for name, b := range map[string][]byte{
		"a record less":      append(append(gone[0], 0), gone[2]...),
		"bytes after it":     append(bytes.Clone(out), 'x', 0),
		"two answers":        append(bytes.Clone(out), out...),
		"a record twice":     append(append(bytes.Clone(gone[0]), 0), out...),
		"more than allowed":  append(bytes.Repeat([]byte{'x'}, 1), bytes.Repeat([]byte{0}, MaxAnswer)...),
		"cut record is seen": lost,
	} {
		s, err := Parse(tr.host, b, time.Now(), 0)
		if err == nil && s.Dropped == 0 {
			t.Errorf("%s: read as a good answer", name)
		}
	}
}

func TestForeignAnswers(t *testing.T) {
	for name, tc := range map[string]struct {
		out  string
		want error
	}{
		"nothing":         {"", ErrTruncated},
		"a login banner":  {"Welcome to Ubuntu\n", ErrVersion},
		"another version": {"andon-sweep\t2\x00E\t1\t5\x00", ErrVersion},
		"html":            {"<html>", ErrVersion},
		"unfit host":      {string(answer("H\tunfit\tstat without -c")), ErrUnfit},
	} {
		if _, err := Parse(testHost, []byte(tc.out), time.Now(), 0); !errors.Is(err, tc.want) {
			t.Errorf("%s: %v, want %v", name, err, tc.want)
		}
	}
}

// TestHostileRecords gives records that a host could print to reach beyond its
// roots or to break the reader. Each is dropped and counted, the rest is kept.
func TestHostileRecords(t *testing.T) {
	st := statOf(7)
	good := "D\t0\t" + st + "\t./aprender-ci/1792/run-1"
	for _, bad := range []string{
		"", "D", "D\t", "Q\tx", "nonsense", "D\t0\t" + st, "D\t0\t" + st + "\t",
		"D\t0\t" + st + "\t/etc", "D\t0\t" + st + "\t./../etc", "D\t0\t" + st + "\t./a/../../etc", "D\t0\t" + st + "\t.//etc",
		"D\t0\t" + st + "\t./.", "D\t0\t" + st + "\t./", "D\t0\t" + st + "\t./" + strings.Repeat("n", 256),
		"D\t0\t" + st + "\t./" + strings.Repeat("a/", 40) + "a",
		"D\t1\t" + st + "\t./aprender-ci/1792/run-1", // a root of which no R record came
		"D\t2\t" + st + "\t./aprender-ci/1792/run-1", "D\t-1\t" + st + "\t./x", "D\t99999999999999999999\t" + st + "\t./x",
		"R\t1\t" + st + "\t/etc", "R\t0\t" + st + "\t/mnt/raid/targets",
		good, // twice
		"D\t0\t" + strings.Replace(st, "41ed", "81a4", 1) + "\t./aprender-ci/1792/run-2",
		"D\t0\t" + strings.Replace(st, "65024", "-1", 1) + "\t./aprender-ci/1792/run-2",
		"D\t0\t" + strings.Replace(st, "1795447543", "999999999999999", 1) + "\t./aprender-ci/1792/run-2",
		"Y\t0\t65024\t7\t99999999999999999999\t1\t1\t1\t./aprender-ci/1792/run-1",
		"Y\t0\t65024\t7\t1\t1\t1\t1\t./aprender-ci/1792/run-9", "S\t0\tx\t./aprender-ci/1792/run-1",
		"L\t0\tfd\t/mnt/raid/targets/x", "L\t5\tsocket\t/x", "L\t5\tfd\trelative", "G\t1\t2\t3", "G\t-1\t0\t0\t\tx",
		"B\t0\tno numbers here", "O\tone two", "U\tname alone", "H\tload1\tNaN", "H\tuid\t-5", "H\twhat\tever",
		"T\t0\t" + st + "\t./.andon-trash/../x", "Q\t0\tname\t{}",
	} {
		s := mustParse(t, rootRecord(), good, bad)
		if s.Dropped != 1 || len(s.Dirs) != 1 {
			t.Errorf("%q: %d dropped, %d dirs, want 1 and 1", bad, s.Dropped, len(s.Dirs))
		}
	}
}

func TestWritersNeedAClearView(t *testing.T) {
	dir := "D\t0\t" + statOf(7) + "\t./aprender-ci/1792/run-1"
	own := "O\t8:1 / / rw"
	for name, tc := range map[string]struct {
		recs  []string
		known bool
		n     int
	}{
		"nobody":                {[]string{own}, true, 0},
		"a link not understood": {[]string{own, "L\t44\tfd\tworld"}, false, 0},
		"a mount likewise":      {[]string{own, "N\t44\t8:1 /x"}, false, 0},
		"not the mount's":       {nil, false, 0},
		"some hidden":           {[]string{own, "X\tprocesses: 1 cannot be looked at"}, false, 0},
		"hidden and one found":  {[]string{own, "X\tprocesses of other users", "L\t44\tfd\t/mnt/raid/targets/aprender-ci/1792/run-1/x"}, false, 0},
		"other things hidden":   {[]string{own, "X\trunner services: no systemctl"}, true, 0},
		"file deleted":          {[]string{own, "L\t44\tfd\t/mnt/raid/targets/aprender-ci/1792/run-1/x (deleted)"}, true, 1},
		"dir deleted":           {[]string{own, "L\t44\tcwd\t/mnt/raid/targets/aprender-ci/1792/run-1 (deleted)"}, true, 1},
		"a name that begins so": {[]string{own, "L\t44\tcwd\t/mnt/raid/targets/aprender-ci/1792/run-12"}, true, 0},
		"two links":             {[]string{own, "L\t44\tcwd\t/mnt/raid/targets/aprender-ci/1792/run-1", "L\t44\tfd\t/mnt/raid/targets/aprender-ci/1792/run-1/x"}, true, 1},
		"container, the dir":    {[]string{own, "N\t9\t8:1 /mnt/raid/targets/aprender-ci/1792/run-1 /workspace/target rw"}, true, 1},
		"container, part of it": {[]string{own, "N\t9\t8:1 /mnt/raid/targets/aprender-ci/1792/run-1/debug /d rw"}, true, 1},
		"container, the ref":    {[]string{own, "N\t9\t8:1 /mnt/raid/targets/aprender-ci/1792 /d rw"}, true, 1},
		"container, the root":   {[]string{own, "N\t9\t8:1 /mnt/raid/targets /d rw"}, true, 1},
		"container, above":      {[]string{own, "N\t9\t8:1 /mnt /d rw"}, true, 1},
		"monitor of all":        {[]string{own, "N\t9\t8:1 / /rootfs ro,relatime"}, true, 0},
		"snap":                  {[]string{own, "N\t9\t8:1 / /var/lib/snapd/hostfs rw"}, true, 0},
		"another device":        {[]string{own, "N\t9\t8:2 /mnt/raid/targets /d rw"}, true, 0},
		"another run":           {[]string{own, "N\t9\t8:1 /mnt/raid/targets/aprender-ci/1792/run-12 /d rw"}, true, 0},
		"copied namespace":      {[]string{own, "N\t9\t8:1 / / rw"}, true, 0},
		"copied, and one more":  {[]string{own, "N\t9\t8:1 / / rw", "N\t9\t8:1 /mnt/raid/targets/aprender-ci/1792/run-1 /d rw"}, true, 1},
		"own file system":       {[]string{own, "O\t9:1 / /mnt/raid rw", "N\t9\t9:1 /targets/aprender-ci/1792/run-1 /d rw"}, true, 1},
		"own, bound":            {[]string{own, "O\t9:1 /vol/targets /mnt/raid/targets rw", "N\t9\t9:1 /vol/targets/aprender-ci/1792/run-1 /d rw"}, true, 1},
		"own, bound, above":     {[]string{own, "O\t9:1 /vol/targets /mnt/raid/targets rw", "N\t9\t9:1 /vol /d rw"}, true, 1},
		"source deleted":        {[]string{own, `N` + "\t9\t" + `8:1 /mnt/raid/targets/aprender-ci/1792/run-1//deleted /d rw`}, true, 1},
	} {
		s := mustParse(t, append([]string{rootRecord(), "P\t0\t/mnt/raid/targets", dir}, tc.recs...)...)
		n, known := s.Dirs[0].LiveWriters()
		if n != tc.n || known != tc.known {
			t.Errorf("%s: %d writers, known %v (%s); want %d, %v", name, n, known, s.Dirs[0].Writers.Why(), tc.n, tc.known)
		}
	}
}

func TestDisks(t *testing.T) {
	s := mustParse(t, rootRecord(), "B\t0\t/dev/mapper/a b  1000 900 100  90% /mnt/my disk", "I\t0\t/dev/x 0 0 0 - /mnt")
	d := s.Disks[0]
	if d.Device != "/dev/mapper/a b" || d.MountPoint != "/mnt/my disk" || d.TotalBytes != 1000<<10 || d.FreeBytes != 100<<10 || d.TotalInodes.IsKnown() {
		t.Errorf("%+v", d)
	}
	s = mustParse(t, rootRecord(), "B\t0\t/dev/md0 1000 900 100 90% /mnt", "I\t0\t/dev/md0 500 20 480 4% /mnt")
	if p, ok := s.Disks[0].InodesPercent(); !ok || p != 4 {
		t.Errorf("inodes %d%%, known %v", p, ok)
	}
}

func TestClockIsThatOfTheMiddle(t *testing.T) {
	// Started at …530, ended at …550, answer whole at …551 on the console after 20 s.
	s, err := Parse(testHost, answer("H\tclock\t1795447530"), time.Unix(1795447551, 0), 20*time.Second)
	if err != nil || s.Skew() != -time.Second {
		t.Errorf("skew %s, %v", s.Skew(), err)
	}
}

func TestShellcheck(t *testing.T) {
	bin, err := exec.LookPath("shellcheck")
	if err != nil {
		t.Skipf("shellcheck is not installed: %v", err)
	}
	if out, err := exec.Command(bin, "-s", "sh", SweepScript).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

func FuzzParse(f *testing.F) {
	st := statOf(7)
	f.Add("D\t0\t" + st + "\t./aprender-ci/1792/run-1\x00A\t0\t" + st + "\t./aprender-ci")
	f.Add("D\t0\t" + st + "\t./a\x00L\t5\tfd\t/mnt/raid/targets/a/b\x00O\t8:1 / / rw\x00N\t9\t8:1 /mnt /d rw\x00G\t5\t0\t1\tcg\tcmd")
	f.Add("Y\t0\t65024\t7\t1\t1\t1\t1\t./a\x00S\t0\tx\t./a\x00Z\t0\twhy\t./a\x00K\t0\t1\t1\t1\x00T\t0\t" + st + "\t./.andon-trash/x")
	f.Add("U\tx.timer\ta\tb\t@5\t/d\x00M\tx.timer\t{ OnCalendar=daily ; }\x00W\tx.timer\t1795440002.25 h a[1]: b\x00C\t5\t{\"stats\":{}}\x00V\tu\th\x00J\tu\t{\"agentName\":\"x\"}\x00C\t{}\x00H\tuptime\t5\x00B\t0\ta 1 1 1 1% /\x00I\t0\ta 1 1 1 1% /")
	f.Fuzz(func(t *testing.T, body string) {
		if _, err := Parse(testHost, []byte(body), time.Unix(1, 0), 0); err == nil {
			t.Fatal("an answer without frame was read")
		}
		recs := append([]string{rootRecord()}, strings.Split(body, "\x00")...)
		s, err := Parse(testHost, answer(recs...), time.Unix(1795447551, 0), time.Second)
		if err != nil {
			if errors.Is(err, ErrUnfit) {
				return
			}
			t.Fatal(err)
		}
		if len(s.Dirs)+s.Dropped > len(recs) {
			t.Fatalf("%d dirs and %d dropped of %d records", len(s.Dirs), s.Dropped, len(recs))
		}
		for _, d := range s.Dirs {
			root, ok := testHost.Root(d.Path.Root())
			if !ok {
				t.Fatalf("root %q is not configured", d.Path.Root())
			}
			again, err := root.Parse(d.Path.Rel())
			if err != nil || again != d.Path || d.Path.Rel() == "" {
				t.Fatalf("path %q does not pass the gate: %v", d.Path, err)
			}
			if b, ok := d.Bytes.Get(); ok && b < 0 {
				t.Fatalf("%d bytes", b)
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	recs := []string{rootRecord(), "P\t0\t/mnt/raid/targets", "O\t8:1 / / rw", "B\t0\t/dev/md0 1000 900 100 90% /mnt"}
	for i := range 2000 {
		ref := "./aprender-ci/" + strconv.Itoa(1000+i/3)
		if i%3 == 0 {
			recs = append(recs, "A\t0\t"+statOf(i)+"\t"+ref)
		}
		recs = append(recs, "D\t0\t"+statOf(100+i)+"\t"+ref+"/run-"+strconv.Itoa(29000000000+i))
	}
	for i := range 400 {
		pid := strconv.Itoa(1000 + i)
		recs = append(recs, "L\t"+pid+"\tfd\t/mnt/raid/targets/aprender-ci/"+pid+"/run-29000000000/debug/deps/libx.rlib",
			"G\t"+pid+"\t1000\t5000\tdocker-abc.scope\trustc --crate-name x")
	}
	out := answer(recs...)
	b.SetBytes(int64(len(out)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Parse(testHost, out, time.Unix(1795447551, 0), time.Second); err != nil {
			b.Fatal(err)
		}
	}
}
