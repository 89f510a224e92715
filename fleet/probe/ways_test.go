//go:build linux

package probe

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"

	"andon/fleet"
)

// way is one shell with one set of tools.
type way struct {
	name  string
	birth bool // its stat tells a file's birth where the filesystem keeps it
	run   func(t *testing.T, args []string) []byte
}

// wrapped is the script as it is run on a host: the body of one function, in a
// subshell.
func wrapped(t testing.TB) string {
	t.Helper()
	b, err := Scripts.ReadFile(SweepScript)
	if err != nil {
		t.Fatal(err)
	}
	return "main() { (\n" + string(b) + "\n) }\nmain \"$@\"\n"
}

func command(t *testing.T, cred *syscall.Credential, argv []string, args []string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	argv = append(append(append([]string{}, argv...), "-c", wrapped(t), "sh"), args...)
	c := exec.CommandContext(ctx, argv[0], argv[1:]...)
	var out, errs bytes.Buffer
	c.Dir, c.Stdout, c.Stderr = "/", &out, &errs
	c.Env = []string{"PATH=.:/nonexistent", "HOME=/", "LANG=C.UTF-8", "CDPATH=/tmp", "IFS=x"}
	if cred != nil {
		c.SysProcAttr = &syscall.SysProcAttr{Credential: cred}
	}
	if err := c.Run(); err != nil {
		t.Fatalf("%v: %v: %s", argv[0], err, errs.Bytes())
	}
	if errs.Len() > 0 {
		t.Errorf("%v complained: %s", argv[0], errs.Bytes())
	}
	return out.Bytes()
}

// ways are all the shells and tools this machine can stand in for.
func ways(t *testing.T) []way {
	var out []way
	for _, name := range []string{"dash", "bash", "ash"} {
		if argv, ok := shells(t)[name]; ok {
			out = append(out, way{name, true, func(t *testing.T, args []string) []byte { return command(t, nil, argv, args) }})
		}
	}
	out = append(out, way{"interpreter", true, interpreted})
	bb, err := exec.LookPath("busybox")
	if err != nil || os.Geteuid() != 0 {
		t.Logf("busybox tools are not tested: they are mounted over the system's, which needs root and busybox")
		return out
	}
	for name, without := range map[string]string{"busybox tools": "", "busybox tools without awk": "awk"} {
		out = append(out, over(applets(t, bb, without), name))
	}
	return out
}

// over runs the script with the tools of dir mounted over the system's.
func over(dir, name string) way {
	mount := `PATH=/usr/sbin:/usr/bin:/sbin:/bin
for d in /usr/bin /usr/sbin /bin /sbin; do [ -L $d ] || mount --bind ` + dir + ` $d; done; shift; exec /bin/sh "$@"`
	argv := []string{"/usr/bin/unshare", "-m", "--propagation", "private", "/bin/sh", "-c", mount, "sh", "x"}
	return way{name, false, func(t *testing.T, args []string) []byte { return command(t, nil, argv, args) }}
}

// applets makes a folder that holds busybox under the names of the tools.
func applets(t *testing.T, busybox, without string) string {
	t.Helper()
	dir := t.TempDir()
	b, err := os.ReadFile(busybox)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(dir+"/busybox", b, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range strings.Fields(toolSet) {
		if name == without {
			continue
		}
		if err := os.Symlink("busybox", filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// toolSet is all the script may run, as its head says, and what the tests need
// around it.
const toolSet = "stat df date uname id cut grep head tr wc find du sort ls awk nproc nice ionice timeout true sh mount cat"

// interpreted runs the script in the shell interpreter that the demo uses, with
// this machine's tools.
func interpreted(t *testing.T, args []string) []byte {
	t.Helper()
	if _, err := syntax.NewParser(syntax.Variant(syntax.LangPOSIX)).Parse(strings.NewReader(wrapped(t)), SweepScript); err != nil {
		t.Errorf("not POSIX: %v", err)
	}
	f, err := syntax.NewParser().Parse(strings.NewReader(wrapped(t)), SweepScript)
	if err != nil {
		t.Fatal(err)
	}
	// Files, since the processes of a pipeline write at the same time.
	out, errs := scratch(t), scratch(t)
	r, err := interp.New(interp.StdIO(nil, out, errs), interp.Params(append([]string{"--"}, args...)...), interp.Dir("/"),
		interp.Env(expand.ListEnviron("PATH=/nonexistent", "HOME=/")))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := r.Run(ctx, f); err != nil {
		t.Fatalf("%v: %s", err, contents(t, errs))
	}
	if b := contents(t, errs); len(b) > 0 {
		t.Errorf("complained: %s", b)
	}
	return contents(t, out)
}

func scratch(t *testing.T) *os.File {
	t.Helper()
	f, err := os.CreateTemp(t.TempDir(), "out")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func contents(t *testing.T, f *os.File) []byte {
	t.Helper()
	b, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// within runs the rest of a test in a PID namespace of its own, where root can
// look at every process, and reports whether this is that run.
func within(t *testing.T) bool {
	t.Helper()
	const mark = "PROBE_WITHIN"
	if os.Getenv(mark) == t.Name() {
		return true
	}
	needRoot(t, "a PID namespace is needed in which every process can be looked at")
	c := exec.Command("unshare", "-m", "-p", "-f", "--mount-proc", os.Args[0], "-test.run=^"+t.Name()+"$", "-test.v")
	c.Env = append(os.Environ(), mark+"="+t.Name())
	out, err := c.CombinedOutput()
	switch {
	case strings.Contains(string(out), "unshare:"):
		t.Skipf("no PID namespace here: %s", out)
	case err != nil:
		t.Errorf("%v\n%s", err, out)
	default:
		t.Logf("%s", out)
	}
	return false
}

func sweepBy(t *testing.T, w way, tr *tree, a Ask) fleet.Sweep {
	t.Helper()
	args, err := a.Args()
	if err != nil {
		t.Fatal(err)
	}
	s, err := Parse(tr.host, closedWorld(w.run(t, args)), time.Now(), time.Second)
	if err != nil {
		t.Fatal(err)
	}
	if s.Dropped != 0 {
		t.Errorf("%d records were not understood", s.Dropped)
	}
	return s
}

// closedWorld makes the answer of a test's PID namespace that of a machine's
// only one: nothing outside it uses the test's tree.
func closedWorld(answer []byte) []byte {
	recs := strings.Split(strings.TrimSuffix(string(answer), "\x00"), "\x00")
	all := len(recs)
	recs = slices.DeleteFunc(recs, func(r string) bool { return r == "X\tprocesses outside this PID namespace" })
	last := strings.Split(recs[len(recs)-1], "\t")
	if last[1] != strconv.Itoa(all-1) {
		return answer
	}
	last[1] = strconv.Itoa(len(recs) - 1)
	recs[len(recs)-1] = strings.Join(last, "\t")
	return []byte(strings.Join(recs, "\x00") + "\x00")
}

func find(t *testing.T, s fleet.Sweep, rel string) fleet.RunDir {
	t.Helper()
	for _, d := range s.Dirs {
		if d.Path.Rel() == rel {
			return d
		}
	}
	t.Fatalf("%q is not listed", rel)
	return fleet.RunDir{}
}
