//go:build linux

package probe

import (
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"andon/fleet"
)

func deepAsks(tr *tree) []DeepAsk {
	return []DeepAsk{
		{tr.root, "aprender-ci/1792/run-100", tr.want.UID},
		{tr.root, "aprender-ci/main/run-102", tr.want.UID},
		{tr.root, "aprender-ci/new\nline/run-577", tr.want.UID},
		{tr.root, "aprender-ci/-rf/run-577", tr.want.UID},
		{tr.root, "aprender-ci/1801", tr.want.UID},
	}
}

// TestEveryShellSeesTheSame sweeps one tree with each shell and set of tools.
func TestEveryShellSeesTheSame(t *testing.T) {
	if os.Geteuid() == 0 && !within(t) {
		return
	}
	tr := plant(t)
	holds := hold(t, tr)
	var first string
	for _, w := range ways(t) {
		t.Run(w.name, func(t *testing.T) {
			s := sweepBy(t, w, tr, Ask{Roots: tr.host.Roots, Deep: deepAsks(tr)})
			checkListing(t, tr, s)
			checkFigures(t, tr, s)
			checkHost(t, tr, s)
			checkWriters(t, s, holds)
			got := settled(t, s)
			if first == "" {
				first = got
			} else if got != first {
				t.Errorf("differs from the first way: %s", difference(got, first))
			}
		})
	}
}

// settled writes a sweep without what differs from one moment, or one set of
// tools, to the next.
func settled(t *testing.T, s fleet.Sweep) string {
	t.Helper()
	s.Took, s.Facts.Uptime, s.Facts.Load1, s.Facts.Clock = 0, fleet.Fact[time.Duration]{}, fleet.Fact[float64]{}, time.Time{}
	s.Unseen = slices.DeleteFunc(slices.Clone(s.Unseen), func(u string) bool { return strings.HasPrefix(u, "runner services") })
	s.Dirs = slices.Clone(s.Dirs)
	for i := range s.Dirs {
		s.Dirs[i].Birth = fleet.Fact[time.Time]{}
	}
	for i := range s.Disks {
		s.Disks[i].FreeBytes, s.Disks[i].FreeInodes = 0, fleet.Fact[int64]{}
	}
	b, err := json.MarshalIndent(s, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	at, err := json.Marshal(s.At)
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(b), string(at), "now")
}

// difference names the first line in which two texts differ.
func difference(got, want string) string {
	a, b := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return fmt.Sprintf("line %d: %s, want %s", i+1, a[i], b[i])
		}
	}
	return fmt.Sprintf("%d lines, want %d", len(a), len(b))
}

func checkListing(t *testing.T, tr *tree, s fleet.Sweep) {
	t.Helper()
	left := make(map[string]bool)
	for rel := range tr.forms {
		left[rel] = true
	}
	for _, d := range s.Dirs {
		rel := d.Path.Rel()
		form, ok := tr.forms[rel]
		if !ok {
			t.Errorf("%q is listed but is no run dir", rel)
			continue
		}
		delete(left, rel)
		if got := d.Path.Place().Form; got != form && form != fleet.FormBranchRun {
			t.Errorf("%q: form %s, want %s", rel, got, form)
		}
		if d.Symlink != tr.links[rel] {
			t.Errorf("%q: symlink %v", rel, d.Symlink)
		}
		var st syscall.Stat_t
		if err := syscall.Lstat(tr.root+"/"+rel, &st); err != nil {
			t.Fatal(err)
		}
		if d.Dev != st.Dev || d.Inode != st.Ino || d.Owner != (fleet.Owner{UID: st.Uid, GID: st.Gid}) || d.Mode != st.Mode&0o7777 ||
			d.ModTime.UnixNano() != st.Mtim.Nano() || d.ChangeTime.Unix() != st.Ctim.Sec {
			t.Errorf("%q: %+v, want %+v", rel, d, st)
		}
		checkAncestors(t, tr, d)
	}
	for rel := range left {
		t.Errorf("%q is not listed", rel)
	}
	if len(s.Disks) != 1 || s.Disks[0].TotalBytes <= 0 || s.Disks[0].MountPoint == "" {
		t.Errorf("disks: %+v", s.Disks)
	}
}

func checkAncestors(t *testing.T, tr *tree, d fleet.RunDir) {
	t.Helper()
	comps := d.Path.Components()
	if len(d.Ancestors) != len(comps)-1 {
		t.Errorf("%q: %d ancestors, want %d", d.Path.Rel(), len(d.Ancestors), len(comps)-1)
		return
	}
	for i, a := range d.Ancestors {
		var st syscall.Stat_t
		rel := strings.Join(comps[:i+1], "/")
		if err := syscall.Lstat(tr.root+"/"+rel, &st); err != nil {
			t.Fatal(err)
		}
		if a.Rel != rel || a.Owner != (fleet.Owner{UID: st.Uid, GID: st.Gid}) {
			t.Errorf("%q: ancestor %+v, want %q %d:%d", d.Path.Rel(), a, rel, st.Uid, st.Gid)
		}
	}
}

func checkFigures(t *testing.T, tr *tree, s fleet.Sweep) {
	t.Helper()
	for _, a := range deepAsks(tr) {
		d := find(t, s, a.Rel)
		want := oracle(t, tr.root+"/"+a.Rel, a.UID)
		b, ok1 := d.Bytes.Get()
		n, ok2 := d.Files.Get()
		f, ok3 := d.Foreign.Get()
		at, ok4 := d.Newest.Get()
		if !ok1 || !ok2 || !ok3 || !ok4 {
			t.Errorf("%q was not measured: %s", a.Rel, d.Bytes.Why())
			continue
		}
		if got := (figures{b, n, f.Count, at.Unix()}); got != want {
			t.Errorf("%q: %+v, want %+v", a.Rel, got, want)
		}
		if len(f.Samples) != int(min(f.Count, 3)) {
			t.Errorf("%q: %d foreign, samples %q", a.Rel, f.Count, f.Samples)
		}
		for _, p := range f.Samples {
			if strings.HasPrefix(p, "/") || strings.HasPrefix(p, "./") {
				t.Errorf("%q: sample %q is not relative to the dir", a.Rel, p)
			}
		}
	}
	if d := find(t, s, "aprender-ci/a/run-107"); d.Bytes.IsKnown() || d.Newest.IsKnown() {
		t.Error("a dir that was not measured has figures")
	}
}

func checkHost(t *testing.T, tr *tree, s fleet.Sweep) {
	t.Helper()
	f := s.Facts
	if f.OS != "Linux" || f.Hostname == "" || f.Kernel == "" || f.Arch == "" || f.UID != uint32(os.Geteuid()) ||
		!f.Uptime.IsKnown() || !f.Load1.IsKnown() || !f.CPUs.IsKnown() {
		t.Errorf("facts: %+v", f)
	}
	at := time.Date(2026, 11, 1, 10, 0, 0, 0, time.UTC)
	if len(s.Trash) != 2 || s.Trash[0] != (fleet.Trash{Root: tr.root, Name: "req1-1", Rel: "aprender-ci/1792/run-99", Since: at}) ||
		s.Trash[1].Name != "req1-2" || s.Trash[1].Rel != "" || s.Trash[1].Since.IsZero() {
		t.Errorf("trash: %+v", s.Trash)
	}
	if skew := s.Skew(); skew.Abs() > 2*time.Minute {
		t.Errorf("clock is off by %s", skew)
	}
}
