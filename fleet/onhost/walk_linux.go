package onhost

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"
)

// window is how many levels of a walk keep their descriptor. A walk that comes
// back to a level above it goes through ".." and proves by device and inode
// that it is where it was, so depth costs memory only.
const window = 16

// entry is one entry of a walk, below the top.
type entry struct {
	dir   int    // descriptor of the folder that holds it
	fd    int    // its own descriptor where it is a folder, else -1
	name  string // in dir
	depth int    // 1: directly below the top
	st    unix.Stat_t
}

func (e entry) kind() uint32 { return e.st.Mode & unix.S_IFMT }

// walk visits every entry below a folder once, folders before what they hold,
// without following a link or crossing a mount.
type walk struct {
	visit func(entry) error
	// fault is told what could not be looked at; nil from it goes on with the rest.
	fault func(path string, err error) error
	// leave, if set, is called when all below the folder name of parent was visited.
	leave func(parent int, name string)
	blind bool // entry.st is not needed

	buf   []byte
	stack []level
}

type level struct {
	fd       int // -1: closed, outside the window
	dev, ino uint64
	name     string
	folders  []string // not yet entered
}

var errMoved = errors.New("a folder was moved elsewhere during the walk")

// run walks below top, which stays the caller's. It ends at the first error of
// visit or fault, and with the context's cause when that is done.
func (w *walk) run(ctx context.Context, top int) error {
	w.buf = make([]byte, 64<<10)
	defer w.closeAll()
	fd, err := unix.Openat(top, ".", asList, 0)
	if err != nil {
		return w.fault("", err)
	}
	if err := w.push(ctx, fd, ""); err != nil {
		return err
	}
	for len(w.stack) > 0 {
		cur := &w.stack[len(w.stack)-1]
		if len(cur.folders) == 0 {
			if err := w.pop(); err != nil {
				return err
			}
			continue
		}
		name := cur.folders[len(cur.folders)-1]
		cur.folders = cur.folders[:len(cur.folders)-1]
		if err := w.enter(ctx, cur.fd, name); err != nil {
			return err
		}
	}
	return nil
}

// enter opens the folder name of dir, visits it and lists it.
func (w *walk) enter(ctx context.Context, dir int, name string) error {
	fd, err := openBeneath(dir, name, asList)
	if errors.Is(err, unix.ENOENT) {
		return nil
	}
	if err != nil {
		return w.fault(w.path(name), err)
	}
	e := entry{dir: dir, fd: fd, name: name, depth: len(w.stack)}
	if err := unix.Fstat(fd, &e.st); err != nil {
		unix.Close(fd)
		return w.fault(w.path(name), err)
	}
	if err := w.visit(e); err != nil {
		unix.Close(fd)
		return err
	}
	return w.push(ctx, fd, name)
}

// push lists a folder: files are visited, folders kept for later.
func (w *walk) push(ctx context.Context, fd int, name string) error {
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		unix.Close(fd)
		return w.fault(w.path(name), err)
	}
	w.stack = append(w.stack, level{fd: fd, dev: st.Dev, ino: st.Ino, name: name})
	depth := len(w.stack)
	if out := depth - 1 - window; out >= 0 {
		unix.Close(w.stack[out].fd)
		w.stack[out].fd = -1
	}
	return listFolder(fd, w.buf, func(name string, kind byte) error {
		if err := ctx.Err(); err != nil {
			return context.Cause(ctx)
		}
		e := entry{dir: fd, fd: -1, name: name, depth: depth}
		if kind == unix.DT_UNKNOWN || (kind != unix.DT_DIR && !w.blind) {
			err := unix.Fstatat(fd, name, &e.st, unix.AT_SYMLINK_NOFOLLOW|unix.AT_NO_AUTOMOUNT)
			if errors.Is(err, unix.ENOENT) {
				return nil
			}
			if err != nil {
				return w.fault(w.path(name), err)
			}
		}
		if kind == unix.DT_DIR || e.kind() == unix.S_IFDIR {
			top := &w.stack[depth-1]
			top.folders = append(top.folders, name)
			return nil
		}
		return w.visit(e)
	}, func(err error) error { return w.fault(w.path(""), err) })
}

// pop leaves the lowest level and finds the one above it again where that had
// been closed.
func (w *walk) pop() error {
	low := w.stack[len(w.stack)-1]
	if len(w.stack) > 1 {
		up := &w.stack[len(w.stack)-2]
		if up.fd < 0 {
			fd, err := reopenParent(low.fd, up.dev, up.ino)
			if err != nil {
				// Nothing above can be reached any more: the walk is over in any case.
				return errors.Join(w.fault(w.path(""), err), errMoved)
			}
			up.fd = fd
		}
		if w.leave != nil {
			w.leave(up.fd, low.name)
		}
	}
	unix.Close(low.fd)
	w.stack = w.stack[:len(w.stack)-1]
	return nil
}

func reopenParent(child int, dev, ino uint64) (int, error) {
	how := unix.OpenHow{Flags: asList, Resolve: unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_XDEV | unix.RESOLVE_NO_MAGICLINKS}
	fd, err := unix.Openat2(child, "..", &how)
	if err != nil {
		return -1, err
	}
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil || st.Dev != dev || st.Ino != ino {
		unix.Close(fd)
		return -1, errMoved
	}
	return fd, nil
}

func (w *walk) closeAll() {
	for _, l := range w.stack {
		if l.fd >= 0 {
			unix.Close(l.fd)
		}
	}
	w.stack = nil
}

// path names an entry of the lowest level, for people; long ones lose their middle.
func (w *walk) path(name string) string {
	const keep = 6
	var parts []string
	for i, l := range w.stack {
		if i == 0 || (i > keep && i < len(w.stack)-keep) {
			continue
		}
		parts = append(parts, l.name)
	}
	if name != "" {
		parts = append(parts, name)
	}
	return quoted(strings.Join(parts, "/"))
}

// listFolder calls each for every entry but "." and "..". A kind of DT_UNKNOWN
// means that the filesystem does not say. An error of the listing itself goes to
// broken.
func listFolder(fd int, buf []byte, each func(name string, kind byte) error, broken func(error) error) error {
	for {
		n, err := unix.ReadDirent(fd, buf)
		switch {
		case errors.Is(err, unix.EINTR):
			continue
		case errors.Is(err, unix.ENOENT): // deleted meanwhile
			return nil
		case err != nil:
			return broken(err)
		case n == 0:
			return nil
		}
		for rest := buf[:n]; len(rest) > 0; {
			name, kind, size, err := dirent(rest)
			if err != nil {
				return broken(err)
			}
			rest = rest[size:]
			if name == "." || name == ".." {
				continue
			}
			if err := each(name, kind); err != nil {
				return err
			}
		}
	}
}

// dirent reads one linux_dirent64: inode, offset, length, type, name.
func dirent(b []byte) (name string, kind byte, size int, err error) {
	const header = 19
	if len(b) < header {
		return "", 0, 0, fmt.Errorf("folder listing of %d bytes", len(b))
	}
	size = int(binary.NativeEndian.Uint16(b[16:]))
	if size < header || size > len(b) {
		return "", 0, 0, fmt.Errorf("folder entry of %d bytes in %d", size, len(b))
	}
	name = string(b[header:size])
	if i := strings.IndexByte(name, 0); i >= 0 {
		name = name[:i]
	}
	return name, b[18], size, nil
}
