package onhost

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

// maxWriters bounds how many writers one answer names.
const maxWriters = 32

// census is one look at every process, for one target.
//
// Where a descriptor points cannot be told from its link alone: in a container
// the link shows the container's path, and a bind mount shows the bind's. An
// inode set of the tree would cost a walk and would miss deleted files. So each
// descriptor is brought to its spot: statx gives its mount id, mountinfo gives
// that mount's filesystem, its root inside it and its mount point, and the
// link's path below the mount point, put behind the root, is the place in the
// filesystem, which is the same in every namespace. One statx a descriptor is
// all that is paid for the many that lie on other filesystems. Deleted entries
// keep their path, so they are found too.
//
// A descriptor on the target's filesystem whose mount nobody lists (lazily
// unmounted, or of a namespace whose processes have all gone) cannot be placed
// so. Only for those the tree is walked and inodes are compared; one whose file
// was deleted makes the answer unknown.
type census struct {
	env    Env
	target spot
	stDev  uint64 // device as statx of the target gives it
	mounts map[uint64][]mount
	views  map[string]bool
	own    string  // this process's view
	ownFS  []mount // its mounts, in mounting order
	found  []fleet.Writer
	seen   map[int]bool
	doubts []doubt
}

// doubt is an inode of the target's filesystem whose place is not known.
type doubt struct {
	task task
	via  fleet.WriterVia
	ino  uint64
	path string // as the kernel tells it
	gone bool   // no name is left
}

// writersOf returns the live users of an open folder. An error means that not
// everything could be looked at: unknown, never none.
func (e Env) writersOf(ctx context.Context, fd int, n node) ([]fleet.Writer, error) {
	if err := e.allSeen(); err != nil {
		return nil, err
	}
	own, err := e.viewOf(task{pid: os.Getpid(), dir: e.Proc + "/self"})
	if err != nil {
		return nil, err
	}
	c := census{env: e, stDev: n.dev, own: own.view, mounts: map[uint64][]mount{},
		views: map[string]bool{}, seen: map[int]bool{}}
	if err := c.locate(fd, n); err != nil {
		return nil, err
	}
	tasks, err := e.processes()
	if err != nil {
		return nil, err
	}
	for _, t := range tasks {
		if err := c.addView(t); err != nil {
			return nil, err
		}
	}
	for _, t := range tasks {
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if err := c.look(t); err != nil && !e.vouched(t.pid) {
			return nil, err
		}
	}
	if err := c.settle(ctx, fd, n.ino); err != nil {
		return nil, err
	}
	slices.SortFunc(c.found, func(a, b fleet.Writer) int { return a.PID - b.PID })
	return c.found, nil
}

// locate finds the target's spot by this process's own mounts.
func (c *census) locate(fd int, n node) error {
	own, err := c.env.ownMounts()
	if err != nil {
		return err
	}
	c.ownFS = own
	for _, m := range own {
		c.mounts[m.id] = append(c.mounts[m.id], m)
	}
	c.views[c.own] = true
	c.target, err = c.env.spotOf(fd, n, own)
	return err
}

// addView reads the mounts a task sees, once per namespace and root, and finds
// containers that mount the target.
func (c *census) addView(t task) error {
	if c.views[t.view] {
		return nil
	}
	list, err := readMounts(t.dir + "/mountinfo")
	if err != nil {
		return c.env.unlessGone(t.dir, "mountinfo", err)
	}
	c.views[t.view] = true
	ns, _, _ := strings.Cut(t.view, " ")
	ownNS, _, _ := strings.Cut(c.own, " ")
	inherits := false
	for _, m := range list {
		inherits = inherits || (m.point == "/" && c.sameHere(m))
	}
	for _, m := range list {
		if ns != ownNS && c.mountsTarget(m, inherits) {
			c.add(t, fleet.ViaMount)
		}
		rest, _ := below(m.point, "/")
		if rest == "/" {
			rest = ""
		}
		m.point = joined(t.chroot, rest) // as this process sees it, like the links
		c.mounts[m.id] = append(c.mounts[m.id], m)
	}
	return nil
}

// mountsTarget reports whether a mount of another namespace gives access to the
// target on purpose: the target itself, something below it, or an ancestor. An
// ancestor does not count as the namespace's own root filesystem, where a
// namespace copied from this one shows it at the same path as this one does (a
// sandboxed service), or where it is read-only (monitoring mounts all of / so).
func (c *census) mountsTarget(m mount, inherits bool) bool {
	s := spot{m.dev, m.root}
	if c.target.holds(s) {
		return true
	}
	ancestor := s.holds(c.target)
	return ancestor && m.point != "/" && !m.ro && !(inherits && c.sameHere(m))
}

// sameHere reports whether this process finds at the mount's point just what the
// mount shows there.
func (c *census) sameHere(m mount) bool {
	var top mount
	for _, o := range c.ownFS {
		if _, ok := below(m.point, o.point); ok && len(o.point) >= len(top.point) {
			top = o
		}
	}
	s, ok := top.spotOf(m.point)
	return ok && s == spot{m.dev, m.root}
}

func (c *census) add(t task, via fleet.WriterVia) {
	if c.seen[t.pid] || len(c.found) >= maxWriters {
		return
	}
	c.seen[t.pid] = true
	c.found = append(c.found, c.env.describe(fleet.Writer{PID: t.pid, Via: via}))
}

// look goes through all one task holds.
func (c *census) look(t task) error {
	links := []struct {
		name string
		via  fleet.WriterVia
	}{{"cwd", fleet.ViaCwd}, {"root", fleet.ViaCwd}, {"exe", fleet.ViaExe}}
	for _, l := range links {
		if err := c.handle(t, t.dir+"/"+l.name, l.via); err != nil {
			return err
		}
	}
	fds, err := os.ReadDir(t.dir + "/fd")
	if err != nil {
		return c.env.unlessGone(t.dir, "open files", err)
	}
	for _, f := range fds {
		if err := c.handle(t, t.dir+"/fd/"+f.Name(), fleet.ViaFD); err != nil {
			return err
		}
	}
	return c.mappings(t)
}

// handle judges one link to an open file or folder.
func (c *census) handle(t task, link string, via fleet.WriterVia) error {
	var x unix.Statx_t
	id, dev := uint64(0), c.stDev // until proven otherwise it is the target's
	err := unix.Statx(unix.AT_FDCWD, link, unix.AT_STATX_DONT_SYNC|unix.AT_NO_AUTOMOUNT, unix.STATX_MNT_ID|unix.STATX_INO|unix.STATX_NLINK, &x)
	switch {
	case err == nil:
		id, dev = x.Mnt_id, unix.Mkdev(x.Dev_major, x.Dev_minor)
	case errors.Is(err, unix.ENOENT), errors.Is(err, unix.ESRCH):
		return nil // closed meanwhile, or no such link (exe of a task without memory)
	default: // a FUSE filesystem may hide its files from root, but not its mount
		if id, err = c.env.mountOf(link); err != nil {
			return c.env.unlessGone(t.dir, link, err)
		}
	}
	views, known := c.mounts[id]
	if known && views[0].dev != c.target.dev || !known && dev != c.stDev {
		return nil
	}
	p, err := os.Readlink(link)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, unix.ESRCH) {
		return nil
	}
	if err != nil {
		return c.env.unlessGone(t.dir, link, err)
	}
	placed := false
	for _, m := range views {
		if s, ok := m.spotOf(p); ok {
			placed = true
			if c.target.holds(s) {
				c.add(t, via)
				return nil
			}
		}
	}
	if !placed {
		c.doubts = append(c.doubts, doubt{task: t, via: via, ino: x.Ino, path: p, gone: x.Nlink == 0})
	}
	return nil
}

// settle decides the doubts by one walk over the target. A file without a name
// can have been the target's.
func (c *census) settle(ctx context.Context, fd int, top uint64) error {
	if len(c.doubts) == 0 {
		return nil
	}
	elsewhere := map[uint64]bool{}
	for _, d := range c.doubts {
		elsewhere[d.ino] = true
	}
	delete(elsewhere, top)
	w := walk{
		visit: func(e entry) error {
			delete(elsewhere, e.st.Ino)
			return nil
		},
		fault: func(path string, err error) error { return fmt.Errorf("look at %s: %w", path, err) },
	}
	if err := w.run(ctx, fd); err != nil {
		return err
	}
	for _, d := range c.doubts {
		switch {
		case !elsewhere[d.ino]:
			c.add(d.task, d.via)
		case d.gone && !c.env.vouched(d.task.pid):
			return fmt.Errorf("process %d holds the deleted file %s of the dir's filesystem, and its mount is listed nowhere", d.task.pid, quoted(d.path))
		}
	}
	return nil
}
