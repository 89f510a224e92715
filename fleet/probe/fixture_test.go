//go:build linux

package probe

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"andon/fleet"
)

// hostile are names that dirs and files on a build host may bear.
var hostile = []string{
	"new\nline", "tab\there", "esc\x1b]0;owned\x07", "\xff\xfe", "-rf", `quo'te"s`, strings.Repeat("n", 255),
	"$(id)", "`id`", " lead", "trail ", "...", ".hidden", "a -> b", "x (deleted)",
	"semi;colon&", "bidi\u202egnp", "c1\u009b31m", "run-", "run-x", "\n", "100%s%d", "~",
}

// patterns are names that mean something to a shell's globbing.
var patterns = []string{"*", "?", "[a]", `back\slash`, `\*`, "[!a]*"}

// tree is a folder of run dirs as they are found in the field, and what a sweep
// must say of it.
type tree struct {
	root  string
	host  fleet.Host
	forms map[string]fleet.Form // every dir that must be listed, by its path below the root
	links map[string]bool       // which of them are symbolic links
	want  fleet.Owner
}

func (tr *tree) mkdir(t testing.TB, rel string) string {
	t.Helper()
	p := tr.root + "/" + rel
	if err := os.MkdirAll(p, 0o755); err != nil {
		t.Fatal(err)
	}
	return p
}

func (tr *tree) write(t testing.TB, rel string, size int) string {
	t.Helper()
	tr.mkdir(t, filepath.Dir(rel))
	p := tr.root + "/" + rel
	if err := os.WriteFile(p, make([]byte, size), 0o644); err != nil {
		t.Fatal(err)
	}
	return p
}

func (tr *tree) link(t testing.TB, to, rel string) {
	t.Helper()
	tr.mkdir(t, filepath.Dir(rel))
	if err := os.Symlink(to, tr.root+"/"+rel); err != nil {
		t.Fatal(err)
	}
}

// plant builds the tree. Where the tests run as root, foreign owners are real.
func plant(t *testing.T) *tree {
	t.Helper()
	base, err := os.MkdirTemp("", "probe")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	if base, err = filepath.EvalSymlinks(base); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(base, 0o755); err != nil {
		t.Fatal(err)
	}
	tr := &tree{root: base + "/mnt/targets", forms: eleven(), links: map[string]bool{}, want: fleet.Owner{UID: uint32(os.Getuid()), GID: uint32(os.Getgid())}}
	for rel := range tr.forms {
		tr.mkdir(t, rel)
	}
	for _, name := range hostile {
		rel := "aprender-ci/" + name + "/run-577"
		tr.mkdir(t, rel)
		tr.forms[rel] = fleet.FormBranchRun
	}
	tr.others(t)
	tr.fill(t)
	tr.host = fleet.Host{Name: "intel", Roots: []fleet.Root{{Path: tr.root, Owner: tr.want}}}
	return tr
}

// eleven are the forms of the field, and shapes that are none.
func eleven() map[string]fleet.Form {
	return map[string]fleet.Form{
		"runner-3/_work/aprender/aprender/target":                       fleet.FormRunnerWork,
		"runner-3/_work/_temp/_github_home":                             fleet.FormRunnerWork,
		"runner-3/_work/_actions":                                       fleet.FormRunnerWork,
		"aprender-ci/1700/debug":                                        fleet.FormPRShared,
		"aprender-ci/1792/run-100":                                      fleet.FormRun,
		"aprender-ci/1792/run-100-guards":                               fleet.FormRunSuffix,
		"aprender-ci/1793-s2/run-101":                                   fleet.FormShard,
		"aprender-ci/main/run-102":                                      fleet.FormBranchRun,
		"aprender-ci/gh-readonly-queue/main/pr-1794-abcdef1/run-103":    fleet.FormQueueRun,
		"aprender-ci/gh-readonly-queue/main/pr-1794-abcdef1-s3/run-103": fleet.FormQueueRun,
		"aprender-ci/debug":                                             fleet.FormSharedOrphan,
		"aprender-ci/run-104":                                           fleet.FormEmptyRef,
		"sovereign-ci-trueno/55":                                        fleet.FormRefOnly,
		"cargo-ci/registry/1792":                                        fleet.FormRefOnly,
		"cargo-ci/registry/feature/x":                                   fleet.FormRefOnly,
		"cargo-ci/77/run-105":                                           fleet.FormRun,
		"eph-7/_work":                                                   fleet.FormEphemeral,
		"aprender-ci/feature/deep/one/run-106":                          fleet.FormBranchRun,
		"aprender-ci/a/run-107":                                         fleet.FormBranchRun,
		"aprender-ci/a/b/run-108":                                       fleet.FormBranchRun,
		"aprender-ci/gh-readonly-queue/x/run-9":                         fleet.FormUnrecognised,
		"aprender-ci/1801":                                              fleet.FormUnrecognised, // a pull request's empty folder
		"aprender-ci/1802/weird":                                        fleet.FormUnrecognised, // beside a run dir
		"aprender-ci/1802/run-109":                                      fleet.FormRun,
		"aprender-ci/strange":                                           fleet.FormUnrecognised, // no run anywhere below
		"scratch":                                                       fleet.FormUnrecognised,
		".cache":                                                        fleet.FormUnrecognised,
		"empty-ci":                                                      fleet.FormUnrecognised,
	}
}

// others adds what must not be listed, or only as what it is.
func (tr *tree) others(t *testing.T) {
	tr.mkdir(t, "aprender-ci/1792/run-100/run-7")      // below another run dir
	tr.mkdir(t, "aprender-ci/strange/a/b/c/debug/x")   // one entry, not its every corner
	tr.mkdir(t, "cargo-ci/registry/feature/x/cache")   // what makes it a registry
	tr.mkdir(t, "scratch/deep/run-3")                  // not of the layout
	tr.mkdir(t, "eph-7/_work/aprender/aprender")       // the pool's folder is one dir
	tr.mkdir(t, "runner-3/bin")                        // the runner itself
	tr.mkdir(t, "runner-3/_work/_actions/actions/now") // part of _actions
	tr.mkdir(t, ".andon-trash/req1-1/debug")
	tr.mkdir(t, ".andon-trash/req1-2.purging")
	origin := `{"rel":"aprender-ci/1792/run-99","at":"2026-11-01T10:00:00Z"}`
	if err := os.WriteFile(tr.root+"/.andon-trash/req1-1.json", []byte(origin), 0o600); err != nil {
		t.Fatal(err)
	}
	tr.write(t, "notes.txt", 3)
	tr.link(t, "notes.txt", "latest.txt") // leads to a plain file
	for rel, to := range map[string]string{"aprender-ci/1792/run-999": tr.root + "/scratch", "moved-ci": "/nonexistent", "aprender-ci/1803": "1792"} {
		tr.link(t, to, rel)
		tr.links[rel] = true
	}
	tr.forms["aprender-ci/1792/run-999"] = fleet.FormRun
	tr.forms["moved-ci"] = fleet.FormUnrecognised
	tr.forms["aprender-ci/1803"] = fleet.FormUnrecognised
}

// fill puts files into run dirs: hard links, links that lead out, hostile names,
// and, as root, entries of other owners.
func (tr *tree) fill(t *testing.T) {
	run := "aprender-ci/1792/run-100/"
	old := time.Now().Add(-48 * time.Hour)
	one := tr.write(t, run+"debug/deps/liba.rlib", 200_000)
	if err := os.Link(one, tr.root+"/"+run+"debug/liba.rlib"); err != nil {
		t.Fatal(err)
	}
	tr.write(t, run+"debug/deps/b.o", 5000)
	tr.link(t, "/etc", run+"out")
	for _, name := range hostile {
		tr.write(t, run+"names/"+name, 10)
	}
	tr.write(t, "aprender-ci/main/run-102/stamp", 1)
	if os.Geteuid() == 0 {
		for _, rel := range []string{run + "debug/deps/b.o", run + "names/new\nline", run + "out", run + "names/\xff\xfe"} {
			if err := os.Lchown(tr.root+"/"+rel, 4242, 4243); err != nil {
				t.Fatal(err)
			}
		}
		for _, rel := range []string{"aprender-ci/1793-s2", "aprender-ci/1793-s2/run-101", "aprender-ci/main/run-102"} {
			if err := os.Lchown(tr.root+"/"+rel, 1000, 1001); err != nil {
				t.Fatal(err)
			}
		}
	}
	// Only the deepest folder is fresh: a parent's time says nothing of it.
	for _, rel := range []string{"aprender-ci/main/run-102/stamp", "aprender-ci/main/run-102", run + "debug/deps/b.o", run} {
		if err := os.Chtimes(tr.root+"/"+rel, old, old); err != nil {
			t.Fatal(err)
		}
	}
}

// figures is what a deep look must find, counted without any tool.
type figures struct {
	bytes, files, foreign, newest int64
}

func oracle(t *testing.T, dir string, uid uint32) figures {
	t.Helper()
	var f figures
	seen := map[uint64]bool{}
	err := filepath.Walk(dir, func(_ string, fi os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		st := fi.Sys().(*syscall.Stat_t)
		f.newest = max(f.newest, fi.ModTime().Unix())
		if st.Uid != uid {
			f.foreign++
		}
		if !fi.IsDir() {
			f.files++
			if seen[st.Ino] {
				return nil
			}
			seen[st.Ino] = true
		}
		f.bytes += st.Blocks * 512
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return f
}
