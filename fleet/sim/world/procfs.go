package world

import (
	"fmt"
	"strconv"
	"strings"

	"andon/fleet"
)

// View is a host as one login sees it at one time: its tree with a /proc made for
// the occasion.
type View struct {
	Host *Host
	UID  uint32
	Now  int64
	proc *Node
}

// ticks is the kernel's USER_HZ, in which /proc counts.
const ticks = 100

// View returns what uid sees of a host now.
func (h *Host) View(uid uint32, now int64) *View {
	v := &View{Host: h, UID: uid, Now: now}
	v.proc = v.dir("proc", fleet.RootOwner)
	v.proc.Parent = h.tree
	up := float64(now - h.Booted)
	v.text(v.proc, "uptime", fmt.Sprintf("%.2f %.2f\n", up, up*float64(h.CPUs)*0.4))
	v.text(v.proc, "loadavg", fmt.Sprintf("%.2f %.2f %.2f 3/%d %d\n", h.Load, h.Load*0.9, h.Load*0.8, 400+len(h.Procs), h.pid))
	v.text(v.proc, "stat", fmt.Sprintf("cpu  1 2 3 4 5 6 7 0 0 0\nbtime %d\n", h.Booted+h.Skew))
	var cpus strings.Builder
	for i := range h.CPUs {
		fmt.Fprintf(&cpus, "processor\t: %d\n\n", i)
	}
	v.text(v.proc, "cpuinfo", cpus.String())
	v.text(v.proc, "mounts", v.mounts())
	for _, p := range h.Procs {
		v.process(p)
	}
	self := v.process(&Process{PID: h.pid + 1, PPID: 1, UID: uid, Args: []string{"/bin/sh"}, Started: now, Exe: "/usr/bin/dash", Cwd: "/home/" + h.User, CwdAt: h.tree, Cgroup: "/user.slice"})
	v.proc.link(&Node{Name: "self", Kind: Link, Mode: 0o777, Dev: v.proc.Dev, Ino: 1, Target: strconv.Itoa(h.pid + 1), To: self})
	return v
}

// ShellPID is the pid of the login's own shell.
func (v *View) ShellPID() int { return v.Host.pid + 1 }

// Lookup finds a node as [Host.Lookup] does, /proc included.
func (v *View) Lookup(path string, follow bool) (*Node, error) {
	if v.Host.OS != "Linux" {
		return v.Host.Lookup(path, follow)
	}
	clean := "/" + strings.TrimLeft(path, "/")
	if rest, ok := strings.CutPrefix(clean, "/proc"); ok && (rest == "" || rest[0] == '/') {
		return v.Host.lookup(v.proc, rest, follow)
	}
	return v.Host.Lookup(path, follow)
}

// May reports whether the login may do what the bits say (4 read, 2 write, 1
// search or execute) with a node.
func (v *View) May(n *Node, bits uint32) bool {
	mode := n.Mode
	switch {
	case v.UID == 0:
		return true
	case n.Owner.UID == v.UID:
		mode >>= 6
	case n.Owner.GID == v.UID:
		mode >>= 3
	}
	return mode&bits == bits
}

func (v *View) dir(name string, o fleet.Owner) *Node {
	return &Node{Name: name, Kind: Dir, Mode: 0o555, Owner: o, Dev: 0x17, Ino: uint64(v.Now), Changed: v.Now, Touched: v.Now, Born: v.Now}
}

func (v *View) text(dir *Node, name, text string) {
	dir.link(&Node{Name: name, Kind: File, Mode: 0o444, Owner: dir.Owner, Dev: dir.Dev, Ino: dir.Ino + 1, Changed: v.Now, Touched: v.Now, Data: []byte(text), Parent: dir})
}

func (v *View) linkTo(dir *Node, name, text string, to *Node) {
	dir.link(&Node{Name: name, Kind: Link, Mode: 0o777, Owner: dir.Owner, Dev: dir.Dev, Ino: dir.Ino + 2, Changed: v.Now, Touched: v.Now, Target: text, To: to, Parent: dir})
}

// process makes the folder of a process. What the kernel hides from a login that
// is neither root nor the process's owner is there with a mode that says no.
func (v *View) process(p *Process) *Node {
	o := fleet.Owner{UID: p.UID, GID: p.UID}
	d := v.dir(strconv.Itoa(p.PID), o)
	d.Ino = uint64(p.PID) << 16
	d.Changed, d.Touched, d.Born = p.Started, p.Started, p.Started
	d.Parent = v.proc
	v.proc.link(d)
	v.text(d, "cmdline", strings.Join(p.Args, "\x00")+"\x00")
	v.text(d, "comm", p.Comm()+"\n")
	v.text(d, "stat", fmt.Sprintf("%d (%s) S %d %d %d 0 -1 4194560 1 1 0 0 10 5 0 0 20 0 1 0 %d 1000000 500 18446744073709551615 0 0 0 0 0 0 0 0 0 0 0 0 17 1 0 0 0 0 0\n",
		p.PID, p.Comm(), p.PPID, p.PID, p.PID, max(p.Started-v.Host.Booted, 0)*ticks))
	v.text(d, "status", fmt.Sprintf("Name:\t%s\nState:\tS (sleeping)\nTgid:\t%d\nPid:\t%d\nPPid:\t%d\nUid:\t%d\t%d\t%d\t%d\nGid:\t%d\t%d\t%d\t%d\n",
		p.Comm(), p.PID, p.PID, p.PPID, p.UID, p.UID, p.UID, p.UID, p.UID, p.UID, p.UID, p.UID))
	v.text(d, "cgroup", "0::"+p.Cgroup+"\n")
	v.text(d, "mountinfo", v.mountinfo(p))
	ns := v.dir("ns", o)
	ns.Ino, ns.Parent = d.Ino+32, d
	d.link(ns)
	if v.UID != 0 && v.UID != p.UID {
		ns.link(&Node{Name: "mnt", Kind: Link, Owner: o, Dev: d.Dev, Ino: d.Ino + 33, Parent: ns})
		fd := v.dir("fd", o)
		fd.Mode, fd.Parent = 0, d
		d.link(fd)
		for _, name := range []string{"cwd", "exe", "root"} {
			d.link(&Node{Name: name, Kind: Link, Owner: o, Dev: d.Dev, Ino: d.Ino + 3, Changed: v.Now, Touched: v.Now, Parent: d})
		}
		v.text(d, "maps", "")
		d.kids["maps"].Mode = 0
		d.kids["mountinfo"].Mode = 0
		return d
	}
	v.openFiles(d, p)
	return d
}

func (v *View) openFiles(d *Node, p *Process) {
	v.linkTo(d, "cwd", p.Cwd, p.CwdAt)
	v.linkTo(d, "exe", p.Exe, nil)
	v.linkTo(d, "root", "/", v.Host.tree)
	v.linkTo(d.kids["ns"], "mnt", fmt.Sprintf("mnt:[%d]", namespace(p)), &Node{Kind: File, Dev: 4, Ino: namespace(p)})
	fd := v.dir("fd", d.Owner)
	fd.Ino, fd.Parent, fd.Mode = d.Ino+16, d, 0o500
	v.linkTo(fd, "0", "/dev/null", nil)
	v.linkTo(fd, "1", "pipe:["+strconv.Itoa(p.PID*31)+"]", nil)
	v.linkTo(fd, "2", "pipe:["+strconv.Itoa(p.PID*31)+"]", nil)
	for i, f := range p.Files {
		v.linkTo(fd, strconv.Itoa(3+i), f.Path, f.At)
	}
	d.link(fd)
	var maps strings.Builder
	fmt.Fprintf(&maps, "55d0c0000000-55d0c0100000 r-xp 00000000 08:01 4711 %s\n", p.Exe)
	for _, m := range p.Maps {
		fmt.Fprintf(&maps, "7f00a0000000-7f00a0400000 r--s 00000000 %02x:%02x %d %s\n", m.At.Dev>>8, m.At.Dev&0xff, m.At.Ino, m.Path)
	}
	v.text(d, "maps", maps.String())
}

// namespace is the inode of the process's mount namespace; all processes of one
// job's container share one.
func namespace(p *Process) uint64 {
	if p.Binds == nil {
		return 4026531841
	}
	return 4026532000 + uint64(max(p.Job, -p.Job))%100_000_000
}

func (v *View) mounts() string {
	var b strings.Builder
	for _, d := range v.Host.Disks {
		fmt.Fprintf(&b, "%s %s %s rw,relatime 0 0\n", d.Device, d.MountAt, d.FSType)
	}
	return b.String()
}

// mountinfo writes proc_pid_mountinfo(5): field 4 is the mount's root inside its
// filesystem, the only place where a container's bind mount names the host's dir.
func (v *View) mountinfo(p *Process) string {
	var b strings.Builder
	if p.Binds == nil {
		for i, d := range v.Host.Disks {
			fmt.Fprintf(&b, "%d 1 %s / %s rw,relatime shared:%d - %s %s rw\n", 20+i, DeviceNumber(d.Dev), d.MountAt, i+1, d.FSType, d.Device)
		}
		fmt.Fprintf(&b, "90 20 0:23 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw\n")
		return b.String()
	}
	fmt.Fprintf(&b, "%d %d 0:%d / / rw,relatime - overlay overlay rw\n", 700+p.PID, 600, 40+p.PID%200)
	for i, m := range p.Binds {
		d := v.Host.DiskOf(m.Source)
		rel := strings.TrimPrefix(m.Source.Path(), strings.TrimSuffix(d.MountAt, "/"))
		if rel == "" {
			rel = "/"
		}
		fmt.Fprintf(&b, "%d %d %s %s %s rw,relatime - %s %s rw\n", 701+p.PID+i, 700+p.PID, DeviceNumber(d.Dev), octal(rel), octal(m.At), d.FSType, d.Device)
	}
	return b.String()
}

// octal writes a path as mountinfo does: blanks, newlines and backslashes as octal.
func octal(s string) string {
	return strings.NewReplacer(" ", `\040`, "\t", `\011`, "\n", `\012`, `\`, `\134`).Replace(s)
}
