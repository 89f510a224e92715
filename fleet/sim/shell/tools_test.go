//go:build linux

package shell

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"

	"andon/fleet/sim/twin"
	"andon/fleet/sim/world"
)

// pair is a simulated host that holds a copy of a real tree.
type pair struct {
	host *world.Host
	top  string
}

func newPair(t *testing.T) pair {
	t.Helper()
	top := forest(t)
	twin.Settle(t, top)
	h, _ := world.New(1, begun, world.Scale{}).Host("intel")
	twin.Mirror(t, h, top)
	return pair{h, top}
}

// both runs a script under /bin/sh in the real tree and here in its copy.
func (w pair) both(t *testing.T, script string) (real, here string, code int) {
	t.Helper()
	cmd := exec.Command("/bin/sh", "-c", script)
	cmd.Dir = w.top
	cmd.Env = append(os.Environ(), "LC_ALL=C", "TZ=UTC0")
	out, err := cmd.Output()
	if cmd.ProcessState == nil {
		t.Fatal(err)
	}
	var got, errs bytes.Buffer
	var mu sync.Mutex
	var p Parser
	code = p.Run(t.Context(), Session{View: w.host.View(uint32(os.Geteuid()), begun), World: &mu, Clock: func() int64 { return begun },
		Stdout: &got, Stderr: &errs}, "cd '"+w.top+"'\n"+script, nil)
	if want := cmd.ProcessState.ExitCode(); code != want {
		t.Errorf("%s\n  exit %d under /bin/sh, %d here: %s", script, want, code, errs.String())
	}
	return string(out), got.String(), code
}

// TestToolsSayWhatTheRealOnesSay compares each tool with the machine's own, for the
// options the console's scripts use.
func TestToolsSayWhatTheRealOnesSay(t *testing.T) {
	w := newPair(t)
	run := "aprender-ci/1792/run-25919246467"
	w.fill(t, "plain/file")
	for _, script := range []string{
		`stat -c '%d %i %u %g %f %Y %y %Z %W %n' . ` + run + ` ` + run + `-guards aprender-ci/1792/run-25919246475`,
		`stat -c '%h %f' ` + run + `/debug/deps/b.d`,
		`stat -L -c '%i %f %n' aprender-ci/1792/run-25919246475`,
		`stat -c '%i' nowhere ` + run + ` 2>/dev/null`,
		`find . -xdev -print0 | tr -cd '\000' | wc -c`,
		`find . -xdev ! -type d -print0 | tr -cd '\000' | wc -c`,
		`find ` + run + ` -xdev ! -user 1000 -print0 | tr -cd '\000' | wc -c`,
		`find . -xdev -exec stat -c %Y {} + | sort -rn`,
		`find . -xdev -type d -exec stat -c %i {} + | sort -rn | head -n 5`,
		`find nowhere -xdev -print0 2>/dev/null`,
		`ls -t ` + run + `/debug`,
		`ls -t nowhere 2>/dev/null`,
		`printf 'a b c d e f\nx y\nalone\n' | cut -d ' ' -f 3-5`,
		`printf 'a b c d e f g\nx y\n' | cut -d ' ' -f 1,6-`,
		`printf 'one\ntwo\nthree\n' | head -n 2`,
		`printf 'one\ntwo' | head -n 9`,
		`printf 'one\ntwo' | head -c 5`,
		`printf '3 a\n10 b\nx\n-2\n10 a\n' | sort -rn`,
		`printf 'a\tb\n\000c' | tr '\t\n\000' '??\n'`,
		`printf 'a   b  c\n' | tr -s ' '`,
		`printf 'a\000b\000' | tr '\000\011\012' '   '`,
		`printf 'x=1\nHOOK=/a\nAHOOK=/b\n' | grep -h -e '^HOOK='`,
		`printf 'a -> /x/y\n/proc/1/fd:\nb -> /z\n' | grep -F -e '-> /x/' -e /fd:`,
		`printf 'a\n' | grep -F -e b`,
		`grep -F -e x /dev/null plain/file`,
		`grep -h -F -e x /dev/null plain/file`,
		`grep -l -F -e x /dev/null plain/file nowhere 2>/dev/null; :`,
		`cut -d ' ' -f 1 plain/file`,
		`head -c 3 plain/file | wc -c`,
		`nice -n 19 stat -c %i .; nice -n 19 find plain -xdev -print0 | tr -cd '\000' | wc -c`,
		`pwd -P`,
		`command -v stat >/dev/null && echo there; command -v no-such-tool || echo missing`,
		`no-such-tool 2>/dev/null; echo $?`,
		`for p in ./* ./.[!.]* ./..?*; do [ -d "$p" ] && [ ! -L "$p" ] && echo "$p"; done; :`,
		`[ -r ` + run + ` ] && [ -x ` + run + ` ] && [ -e plain/file ] && [ ! -x plain/file ] && echo modes`,
	} {
		real, here, _ := w.both(t, script)
		if real != here {
			t.Errorf("%s\n  /bin/sh %q\n  here    %q", script, real, here)
		}
	}
}

// fill gives a copied file the text it really has.
func (w pair) fill(t *testing.T, rel string) {
	t.Helper()
	n, err := w.host.Lookup(w.top+"/"+rel, true)
	if err == nil {
		n.Data, err = os.ReadFile(w.top + "/" + rel)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestSizesHaveTheUnitsOfTheRealTools: df counts in KiB and inodes, du in KiB of
// allocated blocks, whatever the machine's own figures are.
func TestSizesHaveTheUnitsOfTheRealTools(t *testing.T) {
	w := newPair(t)
	d := w.host.Disks[len(w.host.Disks)-1]
	used, inodes := w.host.Used(d)
	for _, x := range []struct{ option, total, used string }{
		{"-Pk", fmt.Sprint(d.Total >> 10), fmt.Sprint(used >> 10)},
		{"-Pi", fmt.Sprint(d.Inodes), fmt.Sprint(inodes)},
	} {
		real, _, _ := w.both(t, "df "+x.option+" . | head -n 1 | tr -s ' '")
		_, here, _ := w.both(t, "df "+x.option+" "+d.MountAt+" 2>/dev/null; :")
		title, line, _ := strings.Cut(strings.TrimSpace(here), "\n")
		if title != strings.TrimSpace(real) {
			t.Errorf("df %s has the title %q, really %q", x.option, title, real)
		}
		f := strings.Fields(line)
		if len(f) != 6 || f[1] != x.total || f[2] != x.used || f[5] != d.MountAt {
			t.Errorf("df %s: %q, want %s in all, %s in use", x.option, line, x.total, x.used)
		}
	}
	real, here, _ := w.both(t, "du -skx aprender-ci/1792/run-25919246467 | cut -d '	' -f 1")
	a, errA := strconv.Atoi(strings.TrimSpace(real))
	b, errB := strconv.Atoi(strings.TrimSpace(here))
	if errA != nil || errB != nil || a-b > 64 || b-a > 64 {
		t.Errorf("du says %q, here %q", real, here)
	}
}
