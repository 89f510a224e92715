//go:build linux

package twin

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"golang.org/x/sys/unix"

	"andon/fleet"
	"andon/fleet/sim/world"
)

// Begun is the time of the oldest entry of a settled tree, in Unix seconds.
const Begun = 1779300000

// Settle sets whole-second times from Begun on in a real tree, deepest entries first,
// so that no dir moves again.
func Settle(t testing.TB, top string) {
	t.Helper()
	var all []string
	if err := filepath.WalkDir(top, func(p string, _ fs.DirEntry, err error) error {
		all = append(all, p)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	for i, p := range slices.Backward(all) {
		at := unix.NsecToTimespec((Begun + int64(i)) * 1e9)
		if err := unix.UtimesNanoAt(unix.AT_FDCWD, p, []unix.Timespec{at, at}, unix.AT_SYMLINK_NOFOLLOW); err != nil {
			t.Fatal(err)
		}
	}
}

// Mirror copies what statx says of a real tree into a host, under the same path and
// with the same inode numbers.
func Mirror(t testing.TB, h *world.Host, top string) {
	t.Helper()
	parent, _ := h.Mkdir(filepath.Dir(top), fleet.RootOwner, Begun)
	var add func(*world.Node, string)
	add = func(dir *world.Node, path string) {
		var x unix.Statx_t
		if err := unix.Statx(unix.AT_FDCWD, path, unix.AT_SYMLINK_NOFOLLOW, unix.STATX_BASIC_STATS|unix.STATX_BTIME, &x); err != nil {
			t.Fatal(err)
		}
		n := &world.Node{Name: filepath.Base(path), Mode: uint32(x.Mode) & 0o7777, Owner: fleet.Owner{UID: x.Uid, GID: x.Gid},
			Dev: unix.Mkdev(x.Dev_major, x.Dev_minor), Ino: x.Ino, Size: int64(x.Size)}
		switch x.Mode & unix.S_IFMT {
		case unix.S_IFDIR:
			n.Kind = world.Dir
		case unix.S_IFLNK:
			n.Kind = world.Link
			n.Target, _ = os.Readlink(path)
		default:
			n.Kind = world.File
		}
		dir.Put(n, Begun)
		if n.Kind == world.Dir {
			list, err := os.ReadDir(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range list {
				add(n, path+"/"+e.Name())
			}
		}
		n.Changed, n.Touched = x.Mtime.Sec, x.Ctime.Sec
		if x.Mask&unix.STATX_BTIME != 0 {
			n.Born = x.Btime.Sec
		}
	}
	add(parent, top)
}
