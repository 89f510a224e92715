package onhost

import (
	"context"
	"errors"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

// nestedDepth is how deep below a run dir another run's dir is looked for (a
// branch named 1693/run-25919246467 makes one).
const nestedDepth = 3

// checkExpect compares an open target with what the console showed. A request
// that does not say which inode it means is refused.
func checkExpect(n node, x fleet.Expect) error {
	switch {
	case x.Inode == 0 || x.Dev == 0:
		return refuse(fleet.ReasonUnknown, "the request does not say which inode it means: sweep the host again")
	case n.dev != x.Dev || n.ino != x.Inode:
		return refuse(fleet.ReasonChanged, "it is inode %d:%d now, %d:%d was shown: it was made again or swapped", n.dev, n.ino, x.Dev, x.Inode)
	case n.owner != x.Owner:
		return refuse(fleet.ReasonChanged, "owner is %s now, %s was shown", n.owner, x.Owner)
	case x.MTimeNS != 0 && n.mtimeNS != x.MTimeNS:
		return refuse(fleet.ReasonChanged, "written %s, after it was shown", time.Unix(0, n.mtimeNS).UTC().Format(time.RFC3339Nano))
	}
	return nil
}

// checkMounts refuses a target that is a mount point, holds one, or is mounted
// at a second place. Device numbers do not show a bind mount; mountinfo does.
func (e Env) checkMounts(fd int, n node) error {
	if n.isMount {
		return refuse(fleet.ReasonMount, "it is a mount point")
	}
	path, err := e.pathOf(fd)
	if err != nil {
		return refuse(fleet.ReasonUnknown, "%v", err)
	}
	own, err := e.ownMounts()
	if err != nil {
		return refuse(fleet.ReasonUnknown, "mounts cannot be read: %v", err)
	}
	here, err := e.spotOf(fd, n, own)
	if err != nil {
		return refuse(fleet.ReasonUnknown, "%v", err)
	}
	for _, m := range own {
		if _, ok := below(m.point, path); ok {
			return refuse(fleet.ReasonMount, "%s is a mount point", quoted(m.point))
		}
		if here.holds(spot{m.dev, m.root}) {
			return refuse(fleet.ReasonMount, "it, or a folder in it, is also mounted at %s", quoted(m.point))
		}
	}
	return nil
}

// checkWriters refuses a target in use, and one of which that is unknown.
func (e Env) checkWriters(ctx context.Context, fd int, n node) error {
	found, err := e.writersOf(ctx, fd, n)
	switch {
	case ctx.Err() != nil:
		return refuse(fleet.ReasonStopped, "%v", context.Cause(ctx))
	case err != nil:
		return refuse(fleet.ReasonUnknown, "live writers are unknown: %v", err)
	case len(found) > 0:
		w := found[0]
		r := &refusal{reason: fleet.ReasonWriters, writers: found}
		r.detail = "in use: " + describeWriter(w)
		return r
	}
	return nil
}

// survey is what one walk over a tree finds out before anything is changed.
type survey struct {
	newest  time.Time
	bytes   int64 // allocated, hard links counted once
	entries int64
	foreign int64 // of the From uids, special ones not counted
	special int64 // devices, FIFOs, sockets
	links   map[uint64]linkCount
}

// linkCount is how many names of an inode exist and how many lie in the tree.
type linkCount struct{ want, seen uint64 }

// surveyTree walks below an open folder. Whatever it cannot look at refuses the
// whole tree, and so does another run's dir near the top.
func surveyTree(ctx context.Context, top int, root fleet.Root, from []uint32, progress func(int64)) (survey, error) {
	s := survey{links: map[uint64]linkCount{}}
	prefix := root.Layout.RunPrefix()
	var st unix.Stat_t
	if err := unix.Fstat(top, &st); err != nil {
		return s, refuse(fleet.ReasonIO, "stat: %v", err)
	}
	s.add(st, from)
	w := walk{
		visit: func(e entry) error {
			if e.kind() == unix.S_IFDIR && e.depth <= nestedDepth && isRunName(e.name, prefix) {
				return refuse(fleet.ReasonNested, "another run's dir lies below it: %s", quoted(e.name))
			}
			s.add(e.st, from)
			progress(s.entries)
			return nil
		},
		fault: func(path string, err error) error { return refuseFault(path, err) },
	}
	return s, stopped(ctx, w.run(ctx, top))
}

func (s *survey) add(st unix.Stat_t, from []uint32) {
	s.entries++
	if t := time.Unix(st.Mtim.Unix()); t.After(s.newest) {
		s.newest = t
	}
	kind, foreign := st.Mode&unix.S_IFMT, hasUID(from, st.Uid)
	first := true
	if kind != unix.S_IFDIR && st.Nlink > 1 {
		l := s.links[st.Ino]
		first = l.seen == 0
		s.links[st.Ino] = linkCount{want: uint64(st.Nlink), seen: l.seen + 1}
	}
	if !first {
		return
	}
	s.bytes += st.Blocks * 512
	switch {
	case isSpecial(kind):
		s.special++
	case foreign:
		s.foreign++
	}
}

// outside returns an inode of the tree that has names elsewhere.
func (s *survey) outside() (ino uint64, l linkCount, found bool) {
	for ino, l := range s.links {
		if l.seen != l.want {
			return ino, l, true
		}
	}
	return 0, linkCount{}, false
}

// checkIdle refuses a tree that was written to lately, folders included. A time
// in the future counts as just now.
func (s *survey) checkIdle(now time.Time, least time.Duration) error {
	if idle := now.Sub(s.newest); least > 0 && idle < least {
		return refuse(fleet.ReasonBusy, "written %s ago, less than %s", max(idle, 0).Round(time.Second), least)
	}
	return nil
}

func isSpecial(kind uint32) bool {
	switch kind {
	case unix.S_IFDIR, unix.S_IFREG, unix.S_IFLNK:
		return false
	}
	return true
}

func hasUID(list []uint32, uid uint32) bool {
	for _, u := range list {
		if u == uid {
			return true
		}
	}
	return false
}

// isRunName recognises a run dir by the layout's literal and the digits after it.
func isRunName(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	digits, _, _ := strings.Cut(rest, "-")
	return ok && digits != "" && strings.Trim(digits, "0123456789") == ""
}

// refuseFault says what it means that an entry of a tree could not be looked at.
func refuseFault(path string, err error) error {
	switch {
	case errors.Is(err, unix.EXDEV):
		return refuse(fleet.ReasonMount, "%s is a mount point", path)
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.ENOTDIR):
		return refuse(fleet.ReasonLink, "%s was swapped for a link while it was looked at: tampering", path)
	case errors.Is(err, errMoved):
		return refuse(fleet.ReasonChanged, "%s: %v", path, err)
	}
	return refuse(fleet.ReasonUnknown, "%s cannot be looked at: %v", path, err)
}

// stopped turns a context's end into a refusal.
func stopped(ctx context.Context, err error) error {
	var r *refusal
	if err == nil || errors.As(err, &r) {
		return err
	}
	if ctx.Err() != nil {
		return refuse(fleet.ReasonStopped, "%v", context.Cause(ctx))
	}
	return refuse(fleet.ReasonIO, "%v", err)
}
