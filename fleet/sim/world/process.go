package world

import (
	"slices"
	"strings"
)

// Process is a live process of a host.
type Process struct {
	PID, PPID int
	UID       uint32
	Args      []string
	Started   int64
	Exe       string
	Cwd       string // what readlink shows: inside a container, the container's path
	CwdAt     *Node  // where it leads on the host; nil where the host has no such dir
	Files     []OpenFile
	Maps      []OpenFile
	Binds     []Bind // mounts of its own namespace; nil: it lives in the host's
	Cgroup    string // absolute path of the cgroup
	Job       int64  // the job it works for, 0 if none
}

// OpenFile is a descriptor or mapping: what its link shows and where it leads.
type OpenFile struct {
	Path string
	At   *Node
}

// Bind is a dir of the host mounted inside a container.
type Bind struct {
	Source *Node
	At     string // the container's path
}

// Comm returns the short name of the process, as /proc/PID/comm shows it.
func (p *Process) Comm() string {
	if len(p.Args) == 0 {
		return "kthread"
	}
	c := p.Args[0][strings.LastIndexByte(p.Args[0], '/')+1:]
	return c[:min(len(c), 15)]
}

// Uses reports how the process uses a tree: by its cwd, a descriptor, a mapping,
// or a mount of it, of something below it or of something above it. The words are
// those of fleet.WriterVia; "" means not at all.
func (p *Process) Uses(top *Node) string {
	within := func(n *Node) bool { return n != nil && (n == top || below(n, top)) }
	switch {
	case within(p.CwdAt):
		return "cwd"
	case slices.ContainsFunc(p.Files, func(f OpenFile) bool { return within(f.At) }):
		return "fd"
	case slices.ContainsFunc(p.Maps, func(f OpenFile) bool { return within(f.At) }):
		return "map"
	case slices.ContainsFunc(p.Binds, func(b Bind) bool { return within(b.Source) || below(top, b.Source) }):
		return "mount"
	}
	return ""
}

func below(n, top *Node) bool {
	for n = n.Parent; n != nil; n = n.Parent {
		if n == top || n.Dev == top.Dev && n.Ino == top.Ino {
			return true
		}
	}
	return false
}

// spawn adds a process and returns it; pids go up and are never used again.
func (h *Host) spawn(p Process, now int64) *Process {
	h.pid += 7
	p.PID, p.Started = h.pid, now
	h.Procs = append(h.Procs, &p)
	return h.Procs[len(h.Procs)-1]
}

// endJob ends the processes that work for a job.
func (h *Host) endJob(job int64) {
	h.Procs = slices.DeleteFunc(h.Procs, func(p *Process) bool { return p.Job == job && job != 0 })
}
