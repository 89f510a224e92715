package world

import (
	"fmt"
	"io/fs"
	"strings"
	"syscall"

	"andon/fleet"
)

// Disk is a filesystem of a host.
type Disk struct {
	Device   string // as df shows it
	FSType   string
	MountAt  string // absolute
	Dev      uint64
	Total    int64 // bytes
	Reserved int64 // bytes kept for root: not available, not used
	Rest     int64 // bytes used by what is not modelled
	Inodes   int64
	RestIno  int64
	FitAt    int64 // when Rest was last set to fit a figure; before it the disk is told to have been
	FitBy    int64 // fuller by so many bytes than it then was
}

// Used returns the bytes and inodes in use on a disk: the rest and every tree on it.
func (h *Host) Used(d *Disk) (bytes, inodes int64) {
	bytes, inodes = d.Rest, d.RestIno
	if n, err := h.Lookup(d.MountAt, true); err == nil {
		u := n.Usage()
		bytes, inodes = bytes+u.Bytes, inodes+u.Entries
	}
	return min(bytes, d.Total-d.Reserved), min(inodes, d.Inodes)
}

// Available returns the bytes a user other than root may still write.
func (h *Host) Available(d *Disk) int64 {
	used, _ := h.Used(d)
	return max(d.Total-d.Reserved-used, 0)
}

// DiskOf returns the filesystem a node lies on.
func (h *Host) DiskOf(n *Node) *Disk {
	for _, d := range h.Disks {
		if d.Dev == n.Dev {
			return d
		}
	}
	return h.Disks[0]
}

// Lookup finds the node of an absolute path. Links on the way are followed; the
// last one only if follow is set. Errors are *fs.PathError with a syscall.Errno.
func (h *Host) Lookup(path string, follow bool) (*Node, error) {
	return h.lookup(h.tree, path, follow)
}

const maxLinks = 40

func (h *Host) lookup(root *Node, path string, follow bool) (*Node, error) {
	fail := func(e syscall.Errno) (*Node, error) { return nil, &fs.PathError{Op: "lookup", Path: path, Err: e} }
	n, links := root, 0
	rest := strings.Split(path, "/")
	for len(rest) > 0 {
		c := rest[0]
		rest = rest[1:]
		switch c {
		case "", ".":
			if n.Kind != Dir {
				return fail(syscall.ENOTDIR)
			}
			continue
		case "..":
			if n.Parent != nil {
				n = n.Parent
			}
			continue
		}
		if n.Kind != Dir {
			return fail(syscall.ENOTDIR)
		}
		k, ok := n.Kid(c)
		if !ok {
			return fail(syscall.ENOENT)
		}
		if k.Kind != Link || len(rest) == 0 && !follow {
			n = k
			continue
		}
		if links++; links > maxLinks {
			return fail(syscall.ELOOP)
		}
		switch {
		case k.To != nil:
			n = k.To
		case k.Target == "":
			return fail(syscall.ENOENT)
		default:
			if strings.HasPrefix(k.Target, "/") {
				n = root
			}
			rest = append(strings.Split(k.Target, "/"), rest...)
		}
	}
	return n, nil
}

// Mkdir makes the dir of an absolute path and all missing ones above it, owned by
// owner, as dockerd does with the source of a bind mount. It returns the dir and
// whether it had to be made.
func (h *Host) Mkdir(path string, owner fleet.Owner, now int64) (*Node, bool) {
	n, made := h.tree, false
	for _, c := range strings.Split(path, "/") {
		if c == "" {
			continue
		}
		k, ok := n.Kid(c)
		if !ok {
			k = h.node(n, c, Dir, 0o755, owner, now)
			n.Put(k, now)
			made = true
		}
		n = k
	}
	return n, made
}

// WriteFile makes a small file with the given text, and the dirs above it.
func (h *Host) WriteFile(path, text string, mode uint32, owner fleet.Owner, now int64) *Node {
	i := strings.LastIndexByte(path, '/')
	dir, _ := h.Mkdir(path[:i], owner, now)
	f := h.node(dir, path[i+1:], File, mode, owner, now)
	f.Data, f.Size = []byte(text), int64(len(text))
	dir.Put(f, now)
	return f
}

func (h *Host) node(parent *Node, name string, kind Kind, mode uint32, owner fleet.Owner, now int64) *Node {
	h.inode++
	return &Node{Name: name, Kind: kind, Mode: mode, Owner: owner, Dev: parent.Dev, Ino: h.inode, Changed: now, Touched: now, Born: now}
}

// Rename moves a node to another dir or name on its filesystem; only its ctime moves.
func (h *Host) Rename(n, dir *Node, name string, now int64) error {
	if n.Dev != dir.Dev || n.Mount {
		return &fs.PathError{Op: "rename", Path: n.Path(), Err: syscall.EXDEV}
	}
	if _, taken := dir.Kid(name); taken {
		return &fs.PathError{Op: "rename", Path: dir.Path() + "/" + name, Err: syscall.EEXIST}
	}
	n.Parent.Remove(n.Name, now)
	n.Name, n.Touched = name, now
	dir.Put(n, now)
	return nil
}

// mount makes a filesystem visible at its mount point.
func (h *Host) mount(d *Disk, now int64) {
	h.Disks = append(h.Disks, d)
	n, _ := h.Mkdir(d.MountAt, fleet.RootOwner, now)
	n.Dev, n.Ino, n.Mount = d.Dev, 2, true
}

// DeviceNumber returns major:minor as mountinfo and stat split it.
func DeviceNumber(dev uint64) string { return fmt.Sprintf("%d:%d", dev>>8, dev&0xff) }
