package remedy

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

var epoch = time.Date(2026, 5, 15, 3, 0, 0, 0, time.UTC)

func intent(request string, n int, says string) fleet.Record {
	return fleet.Record{At: epoch.Add(time.Duration(n) * time.Second), Kind: fleet.RecordIntent, Operator: "noah", Console: "test", Action: fleet.ActionChown,
		Digest: "d1", Request: request, Step: &fleet.Step{N: n, Verb: fleet.VerbChown, Host: "intel", Says: says, Bytes: fleet.Unknown[int64]("not measured yet")}}
}

func ended(request string, n int, o fleet.Outcome) fleet.Record {
	return fleet.Record{At: epoch.Add(time.Duration(n) * time.Second), Kind: fleet.RecordResult, Operator: "noah", Request: request, Result: &fleet.StepResult{N: n, Outcome: o}}
}

// filled returns a log of n records and its bytes.
func filled(t *testing.T, n int) (path string, b []byte) {
	t.Helper()
	path = filepath.Join(scratch(t), "state", "audit.jsonl")
	l := openLog(t, path)
	for i := range n {
		mustAppend(t, l, intent("r1", i+1, "chown intel:/mnt/targets/x-ci/1792/run-5"))
	}
	return path, readFile(t, path)
}

// scratch is a folder in memory where there is one: these tests sync thousands
// of times, and the disk's patience is not what they are about.
func scratch(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "andon")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func openLog(t *testing.T, path string) *Log {
	t.Helper()
	l, err := OpenLog(path)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func mustAppend(t *testing.T, l *Log, r fleet.Record) fleet.Record {
	t.Helper()
	r, err := l.Append(r)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func readFile(t *testing.T, path string) []byte {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func verified(t *testing.T, path string, records int64) Chain {
	t.Helper()
	c, err := VerifyLog(path)
	if err != nil || c.Broken != nil || c.Records != records {
		t.Fatalf("verify: %d records, broken %v, %v; want %d whole ones", c.Records, c.Broken, err, records)
	}
	return c
}

func TestLogKeepsModesAndChain(t *testing.T) {
	path, b := filled(t, 3)
	for p, want := range map[string]os.FileMode{path: 0o600, filepath.Dir(path): 0o700 | os.ModeDir} {
		if fi, err := os.Stat(p); err != nil || fi.Mode() != want {
			t.Errorf("%s: mode %v, %v; want %v", p, fi.Mode(), err, want)
		}
	}
	c := verified(t, path, 3)
	// A new console goes on where the last one stopped.
	r := mustAppend(t, openLog(t, path), ended("r1", 1, fleet.OutcomeDone))
	if r.Seq != 4 || r.Prev != c.Last {
		t.Errorf("record after reopening is %d after %q, want 4 after %q", r.Seq, r.Prev, c.Last)
	}
	if !bytes.HasPrefix(readFile(t, path), b) {
		t.Error("an append changed earlier bytes")
	}
}

// Names come from jobs: a bidi override or an OSC in one must not act when
// somebody looks at the log with cat.
func TestLogIsPrintableASCII(t *testing.T) {
	hostile := "a\x1b]52;c;Zm9v\a\u202e\u009b31m\x7f\u200b\u2028\xff\xf0\x1b é 🚧 <&> \\u0041 \n\r\x00"
	path := filepath.Join(scratch(t), "audit.jsonl")
	mustAppend(t, openLog(t, path), intent("r1", 1, hostile))
	b := readFile(t, path)
	for i, c := range b[:len(b)-1] {
		if c < 0x20 || c > 0x7e {
			t.Fatalf("byte %d is %#x", i, c)
		}
	}
	records, c, err := ReadLog(path)
	if err != nil || c.Broken != nil || len(records) != 1 {
		t.Fatalf("%d records, %v, %v", len(records), c.Broken, err)
	}
	if got, want := records[0].Step.Says, string([]rune(hostile)); got != want { // stray bytes become U+FFFD
		t.Errorf("read back %q, want %q", got, want)
	}
}

func FuzzLogRecord(f *testing.F) {
	f.Add("plain", "r1")
	f.Add("\xed\xa0\x80\xff\u2029\U0010ffff", "\"\\")
	f.Fuzz(func(t *testing.T, says, request string) {
		r, err := settle(intent(request, 1, says))
		if err != nil {
			t.Fatal(err)
		}
		if r, err = r.Seal(1, ""); err != nil {
			t.Fatal(err)
		}
		line, err := encode(r)
		if err != nil {
			t.Fatal(err)
		}
		back, err := decode(bytes.TrimSuffix(line, []byte{'\n'}))
		if err == nil {
			err = back.Check(1, "")
		}
		if err != nil {
			t.Fatalf("%q: %v", line, err)
		}
	})
}

func TestLogCutAtEveryByte(t *testing.T) {
	_, whole := filled(t, 2)
	dir := scratch(t)
	for n := range len(whole) + 1 {
		path := filepath.Join(dir, "audit.jsonl")
		if err := os.WriteFile(path, whole[:n], 0o600); err != nil {
			t.Fatal(err)
		}
		kept := bytes.LastIndexByte(whole[:n], '\n') + 1
		lines := int64(bytes.Count(whole[:n], []byte{'\n'}))
		if c, err := VerifyLog(path); err != nil || c.Broken != nil || c.Records != lines || c.Torn != n-kept {
			t.Fatalf("cut at %d: verify says %+v, %v", n, c, err)
		}
		l := openLog(t, path)
		if l.Cut() != int64(n-kept) {
			t.Fatalf("cut at %d: %d bytes reported, want %d", n, l.Cut(), n-kept)
		}
		if n%8 == 0 || n == kept { // an fsync each
			mustAppend(t, l, ended("r1", 1, fleet.OutcomeDone))
			lines++
		}
		verified(t, path, lines)
		if !bytes.HasPrefix(readFile(t, path), whole[:kept]) {
			t.Fatalf("cut at %d: a whole record was touched", n)
		}
	}
}

func TestLogShowsEveryFlippedBit(t *testing.T) {
	path, whole := filled(t, 2)
	for i := range whole {
		for _, bit := range []byte{0x01, 0x20} {
			b := bytes.Clone(whole)
			b[i] ^= bit
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			c, err := VerifyLog(path)
			if err != nil {
				t.Fatal(err)
			}
			line := int64(bytes.Count(whole[:i], []byte{'\n'})) + 1
			switch {
			case i == len(whole)-1: // the last end of line: a torn record
				if c.Records != 1 || c.Torn == 0 {
					t.Errorf("last newline flipped: %+v", c)
				}
			case c.Broken == nil || c.Seq != line:
				t.Fatalf("byte %d (%q) of record %d flipped by %#x: broken at %d: %v", i, whole[i], line, bit, c.Seq, c.Broken)
			}
		}
	}
}

func TestLogShowsDroppedAndMovedLines(t *testing.T) {
	path, whole := filled(t, 4)
	lines := bytes.SplitAfter(whole, []byte{'\n'})[:4]
	for name, tc := range map[string]struct {
		order []int
		seq   int64
	}{
		"first dropped":  {[]int{1, 2, 3}, 1},
		"third dropped":  {[]int{0, 1, 3}, 3},
		"two swapped":    {[]int{0, 2, 1, 3}, 2},
		"one repeated":   {[]int{0, 1, 1, 2, 3}, 3},
		"other log's":    {[]int{3}, 1},
		"nothing amiss":  {[]int{0, 1, 2, 3}, 0},
		"tail cut whole": {[]int{0, 1}, 0}, // shows nowhere but in the last hash and on the host
	} {
		var b []byte
		for _, i := range tc.order {
			b = append(b, lines[i]...)
		}
		if err := os.WriteFile(path, b, 0o600); err != nil {
			t.Fatal(err)
		}
		if c, err := VerifyLog(path); err != nil || c.Seq != tc.seq || (c.Broken == nil) != (tc.seq == 0) {
			t.Errorf("%s: broken at %d: %v, %v; want %d", name, c.Seq, c.Broken, err, tc.seq)
		}
	}
}

func TestLogRefusesToContinueABrokenRecord(t *testing.T) {
	path, whole := filled(t, 2)
	whole[len(whole)-10] ^= 1
	if err := os.WriteFile(path, whole, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := OpenLog(path)
	if !errors.Is(err, ErrLogBroken) || !strings.Contains(err.Error(), "mv "+path) {
		t.Errorf("open says %v, want ErrLogBroken and what to do", err)
	}
	if !bytes.Equal(readFile(t, path), whole) {
		t.Error("the evidence was changed")
	}
}

// The log of a running console is deleted, or moved by logrotate: acting goes
// on, and the gap shows.
func TestLogDeletedUnderTheConsole(t *testing.T) {
	path, _ := filled(t, 2)
	l := openLog(t, path)
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if r := mustAppend(t, l, ended("r1", 1, fleet.OutcomeDone)); r.Seq != 3 {
		t.Errorf("goes on at %d, want 3", r.Seq)
	}
	if c, err := VerifyLog(path); err != nil || c.Broken == nil || c.Seq != 1 {
		t.Errorf("verify says %+v, %v; want a break at 1", c, err)
	}
}

// Somebody cuts whole records off under a running console: the next record does
// not close the gap.
func TestLogShortenedUnderTheConsole(t *testing.T) {
	path, b := filled(t, 3)
	l := openLog(t, path)
	if err := os.Truncate(path, int64(bytes.IndexByte(b, '\n')+1)); err != nil {
		t.Fatal(err)
	}
	if r := mustAppend(t, l, ended("r1", 1, fleet.OutcomeDone)); r.Seq != 4 {
		t.Errorf("goes on at %d, want 4", r.Seq)
	}
	if c, err := VerifyLog(path); err != nil || c.Broken == nil || c.Seq != 2 {
		t.Errorf("verify says %+v, %v; want a break at 2", c, err)
	}
}

func TestLogBlockedThenFree(t *testing.T) {
	path, _ := filled(t, 1)
	l := openLog(t, path)
	if err := os.Rename(path, path+".away"); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	if _, err := l.Append(intent("r2", 1, "")); err == nil {
		t.Fatal("append to a folder succeeded")
	}
	if err := errors.Join(os.Remove(path), os.Rename(path+".away", path)); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, l, intent("r2", 1, ""))
	verified(t, path, 2)
}

// A full disk, by RLIMIT_FSIZE in a process of its own: the limit is the
// process's, and the kernel writes what still fits.
func TestLogOnAFullDisk(t *testing.T) {
	if os.Getenv("ANDON_TEST_FULL_DISK") != "" {
		fullDisk(t, os.Getenv("ANDON_TEST_FULL_DISK"))
		return
	}
	path := filepath.Join(scratch(t), "audit.jsonl")
	cmd := exec.Command(os.Args[0], "-test.run=^TestLogOnAFullDisk$", "-test.v")
	cmd.Env = append(os.Environ(), "ANDON_TEST_FULL_DISK="+path)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	verified(t, path, 4)
}

func fullDisk(t *testing.T, path string) {
	signal.Ignore(syscall.SIGXFSZ)
	l := openLog(t, path)
	mustAppend(t, l, intent("r1", 1, "fits"))
	mustAppend(t, l, intent("r1", 2, "fits"))
	before := readFile(t, path)
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	for _, room := range []int{0, 1, 100} {
		full := unix.Rlimit{Cur: uint64(len(before) + room), Max: was.Max}
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &full); err != nil {
			t.Fatal(err)
		}
		if _, err := l.Append(intent("r1", 3, "does not fit")); !errors.Is(err, syscall.EFBIG) && !strings.Contains(fmt.Sprint(err), "short write") {
			t.Errorf("room for %d bytes: append says %v", room, err)
		}
		if got := readFile(t, path); !bytes.Equal(got, before) {
			t.Errorf("room for %d bytes: %d bytes of half a record stayed", room, len(got)-len(before))
		}
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	mustAppend(t, l, intent("r1", 3, "fits again"))
	mustAppend(t, l, intent("r1", 4, "fits again"))
}

func TestLogOfTwoConsoles(t *testing.T) {
	path, _ := filled(t, 0)
	var wg sync.WaitGroup
	const each = 50
	for i := range 4 {
		l := openLog(t, path) // each has its own descriptor and lock
		wg.Go(func() {
			for n := range each {
				if _, err := l.Append(intent(fmt.Sprintf("r%d", i), n+1, "")); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	verified(t, path, 4*each)
}

func TestLogHeldByAnotherConsole(t *testing.T) {
	path, _ := filled(t, 1)
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) { // five seconds at once
		if _, err := OpenLog(path); !errors.Is(err, ErrLogBusy) {
			t.Errorf("open says %v, want ErrLogBusy", err)
		}
	})
}

func TestSince(t *testing.T) {
	path := filepath.Join(scratch(t), "audit.jsonl")
	l := openLog(t, path)
	pad := strings.Repeat("x", 300<<10) // more than one span
	for i := range 6 {
		mustAppend(t, l, intent("r1", i+1, pad))
	}
	for from, want := range map[int]int{0: 6, 1: 6, 2: 5, 6: 1, 7: 0} {
		got, err := l.Since(epoch.Add(time.Duration(from) * time.Second))
		if err != nil || len(got) != want {
			t.Errorf("since second %d: %d records, %v; want %d", from, len(got), err, want)
		}
		if len(got) > 0 && got[len(got)-1].Step.N != 6 {
			t.Errorf("since second %d: ends with %d", from, got[len(got)-1].Step.N)
		}
	}
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	if got, err := l.Since(epoch); err != nil || len(got) != 0 {
		t.Errorf("missing log: %d records, %v", len(got), err)
	}
}
