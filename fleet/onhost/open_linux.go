package onhost

import (
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

// confined is how everything below a root is opened.
const confined = unix.RESOLVE_BENEATH | unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_XDEV | unix.RESOLVE_NO_MAGICLINKS

// Flags of the three kinds of descriptor.
const (
	asPath   = unix.O_PATH | unix.O_NOFOLLOW | unix.O_CLOEXEC
	asFolder = asPath | unix.O_DIRECTORY
	asList   = unix.O_RDONLY | unix.O_DIRECTORY | unix.O_NOFOLLOW | unix.O_CLOEXEC | unix.O_NONBLOCK
)

// node is what statx says about an open descriptor.
type node struct {
	dev, ino uint64
	mount    uint64 // mount id
	owner    fleet.Owner
	mode     uint16
	nlink    uint32
	mtimeNS  int64
	isMount  bool // the root of a mount
}

// same reports whether two readings are of one inode.
func (n node) same(o node) bool { return n.dev == o.dev && n.ino == o.ino }

// statFD reads a descriptor, O_PATH ones too. A kernel that gives no mount id
// cannot tell a bind mount from a folder, and is refused.
func statFD(fd int) (node, error) {
	var x unix.Statx_t
	if err := unix.Statx(fd, "", unix.AT_EMPTY_PATH, unix.STATX_BASIC_STATS|unix.STATX_MNT_ID, &x); err != nil {
		return node{}, fmt.Errorf("statx: %w", err)
	}
	if x.Mask&unix.STATX_MNT_ID == 0 || x.Attributes_mask&unix.STATX_ATTR_MOUNT_ROOT == 0 {
		return node{}, errors.New("statx gives no mount id: linux 5.8 or newer is needed")
	}
	return node{
		dev: unix.Mkdev(x.Dev_major, x.Dev_minor), ino: x.Ino, mount: x.Mnt_id,
		owner: fleet.Owner{UID: x.Uid, GID: x.Gid}, mode: x.Mode, nlink: x.Nlink,
		mtimeNS: x.Mtime.Sec*1e9 + int64(x.Mtime.Nsec),
		isMount: x.Attributes&unix.STATX_ATTR_MOUNT_ROOT != 0,
	}, nil
}

// openBeneath opens one name in dir, confined. EAGAIN is the kernel's word for
// "something was renamed meanwhile": it is tried again a few times.
func openBeneath(dir int, name string, flags uint64) (int, error) {
	how := unix.OpenHow{Flags: flags, Resolve: confined}
	for try := 0; ; try++ {
		fd, err := unix.Openat2(dir, name, &how)
		if (err == unix.EAGAIN || err == unix.EINTR) && try < 64 {
			continue
		}
		return fd, err
	}
}

// openAbsolute opens a folder by an absolute path that may cross mounts but no
// symbolic link.
func openAbsolute(path string, flags uint64) (int, error) {
	how := unix.OpenHow{Flags: flags, Resolve: unix.RESOLVE_NO_SYMLINKS | unix.RESOLVE_NO_MAGICLINKS}
	return unix.Openat2(unix.AT_FDCWD, path, &how)
}

// opened is a folder that was opened on the way from a root to a target.
type opened struct {
	fd   int
	name string
	node node
}

// place is a target below a root: every folder from the root down to it, open.
type place struct {
	root   fleet.Root
	parsed fleet.DirPath // zero where only the root is meant
	path   string        // absolute, for people
	way    []opened
}

func (p *place) top() opened    { return p.way[0] }
func (p *place) self() opened   { return p.way[len(p.way)-1] }
func (p *place) parent() opened { return p.way[len(p.way)-2] }

// between returns the folders strictly between root and target.
func (p *place) between() []opened { return p.way[1 : len(p.way)-1] }

func (p *place) close() {
	for _, o := range p.way {
		unix.Close(o.fd)
	}
	p.way = nil
}

// openRoot opens a root and refuses one that is not a plain folder.
func openRoot(r fleet.Root) (*place, error) {
	if clean, err := fleet.CleanRoot(r.Path); err != nil || clean != r.Path {
		return nil, refuse(fleet.ReasonPath, "root %s is not a clean path of at least two levels", strconv.QuoteToASCII(r.Path))
	}
	p := &place{root: r, path: r.Path}
	return p, p.enter(r.Path, func() (int, error) { return openAbsolute(r.Path, asFolder) })
}

// descend opens components below what is open, one by one. What it opened on
// the way stays open in p also when it fails.
func (p *place) descend(components []string) error {
	for _, c := range components {
		p.path += "/" + c
		dir := p.self().fd
		if err := p.enter(c, func() (int, error) { return openBeneath(dir, c, asFolder) }); err != nil {
			return err
		}
	}
	return nil
}

func (p *place) enter(name string, open func() (int, error)) error {
	fd, err := open()
	if err != nil {
		return refuseOpen(p.path, err)
	}
	n, err := statFD(fd)
	if err != nil {
		unix.Close(fd)
		return refuse(fleet.ReasonUnknown, "%s: %v", quoted(p.path), err)
	}
	p.way = append(p.way, opened{fd, name, n})
	return nil
}

// refuseOpen says what a failed confined open means.
func refuseOpen(path string, err error) error {
	switch {
	case errors.Is(err, unix.ENOENT):
		return refuse(fleet.ReasonMissing, "%s is not there", quoted(path))
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.ENOTDIR):
		return refuse(fleet.ReasonLink, "%s is a symbolic link or no folder: tampering, or the tree was moved", quoted(path))
	case errors.Is(err, unix.EXDEV):
		return refuse(fleet.ReasonMount, "%s is a mount point", quoted(path))
	case errors.Is(err, unix.ENOSYS), errors.Is(err, unix.EINVAL):
		return refuse(fleet.ReasonUnknown, "%s: openat2: %v: linux 5.8 or newer is needed", quoted(path), err)
	case errors.Is(err, unix.EAGAIN):
		return refuse(fleet.ReasonChanged, "%s: something above it is being renamed all the time", quoted(path))
	}
	return refuse(fleet.ReasonIO, "open %s: %v", quoted(path), err)
}

// pathOf returns where an open folder is now, as this process sees it.
func (e Env) pathOf(fd int) (string, error) {
	p, err := os.Readlink(e.Proc + "/self/fd/" + strconv.Itoa(fd))
	if err != nil {
		return "", fmt.Errorf("locate open folder: %w", err)
	}
	if !strings.HasPrefix(p, "/") {
		return "", fmt.Errorf("locate open folder: kernel says %q", p)
	}
	return p, nil
}
