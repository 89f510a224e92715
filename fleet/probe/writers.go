package probe

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"andon/fleet"
)

// Bounds of what is kept of a host's processes.
const (
	maxLinks  = 32 << 10
	maxProcs  = 16 << 10
	maxMounts = 64 << 10
	// ticks is USER_HZ, the unit of starttime in /proc/PID/stat: 100 on every
	// architecture runners exist for.
	ticks = 100
)

// link is a process's use of a path below a root.
type link struct {
	pid    int
	via    fleet.WriterVia
	target string
}

func (p *parser) link(rest string) bool {
	f := strings.SplitN(rest, "\t", 3)
	if len(f) != 3 || len(p.links) >= maxLinks {
		return false
	}
	pid, ok := parsePID(f[0])
	via := viaOf(f[1])
	if !ok || via == "" || !strings.HasPrefix(f[2], "/") {
		return false
	}
	p.links = append(p.links, link{pid, via, f[2]})
	return true
}

// viaOf tells what a link in /proc/PID means; "" is none that counts.
func viaOf(name string) fleet.WriterVia {
	switch name {
	case "cwd", "root":
		return fleet.ViaCwd
	case "exe":
		return fleet.ViaExe
	case "fd":
		return fleet.ViaFD
	case "map":
		return fleet.ViaMap
	}
	return ""
}

func parsePID(s string) (int, bool) {
	n, ok := count(s)
	return int(n), ok && n > 0 && n < 1<<31
}

// process reads who a process is.
func (p *parser) process(rest string) bool {
	f := strings.SplitN(rest, "\t", 5)
	if len(f) != 5 || len(p.procs) >= maxProcs {
		return false
	}
	pid, ok := parsePID(f[0])
	uid, err := strconv.ParseUint(f[1], 10, 32)
	if !ok || err != nil {
		return false
	}
	w := fleet.Writer{PID: pid, UID: uint32(uid), Cgroup: clip(f[3]), Command: clip(strings.TrimRight(f[4], " "))}
	if t, ok := count(f[2]); ok && p.btime > 0 && t < 1<<50 {
		w.Started = time.Unix(p.btime+t/ticks, t%ticks*int64(time.Second/ticks)).UTC()
	}
	p.procs[pid] = w
	return true
}

// mount is one line of a mountinfo: the device, which folder of its filesystem
// is mounted (field 4), and where.
type mount struct {
	place
	readOnly bool
}

type place struct{ dev, root, point string }

// snapHost is where every snap finds the whole host, used or not.
const snapHost = "/var/lib/snapd/hostfs"

func (p *parser) mount(tag, rest string) bool {
	pid, ok := 0, true
	if tag == "N" {
		var num string
		num, rest, _ = strings.Cut(rest, "\t")
		pid, ok = parsePID(num)
	}
	f := strings.Split(rest, " ")
	if !ok || len(f) != 4 || len(p.own) >= maxMounts || len(p.spaces[pid]) >= maxMounts {
		return false
	}
	// The kernel marks a mount whose source was deleted.
	m := mount{place{f[0], strings.TrimSuffix(fleet.UnescapeMount(f[1]), "//deleted"), fleet.UnescapeMount(f[2])}, f[3] == "ro" || strings.HasPrefix(f[3], "ro,")}
	if tag == "O" {
		p.own = append(p.own, m)
	} else {
		p.spaces[pid] = append(p.spaces[pid], m)
	}
	return true
}

// under reports whether path is base or lies below it.
func under(path, base string) bool {
	if base == "/" {
		return strings.HasPrefix(path, "/")
	}
	return path == base || strings.HasPrefix(path, base) && path[len(base)] == '/'
}

// placeWriters gives each dir its live writers. Where anything could not be
// looked at all of them are unknown: a dir without a hit might still have one.
func (p *parser) placeWriters() {
	found := make(map[int][]fleet.Writer)
	for _, l := range p.links {
		p.placeLink(found, l)
	}
	lost := p.placeMounts(found)
	for _, w := range found {
		slices.SortFunc(w, func(a, b fleet.Writer) int { return a.PID - b.PID })
	}
	for key, n := range p.dirs {
		d := &p.out.Dirs[n]
		why := p.blind
		if strings.Contains(d.Path.String(), "\n") || strings.Contains(p.roots[key.root].real, "\n") {
			// /proc and ls print names line by line.
			why = append(why[:len(why):len(why)], "processes: a name with a newline cannot be searched for")
		}
		if lost[key.root] {
			why = append(why[:len(why):len(why)], "processes: the root's mount was not found")
		}
		if len(why) == 0 {
			w := found[n]
			if w == nil {
				w = []fleet.Writer{}
			}
			d.Writers = fleet.Known(w, p.at)
			continue
		}
		d.Writers = fleet.Unknown[[]fleet.Writer](p.whyUnknown(found[n], why))
	}
}

func (p *parser) whyUnknown(seen []fleet.Writer, why []string) string {
	s := "not seen: " + strings.Join(why, "; ")
	if p.out.Facts.UID != 0 {
		s += " (sudo -n would show them)"
	}
	if len(seen) > 0 {
		s = fmt.Sprintf("at least pid %d uses it by %s; %s", seen[0].PID, seen[0].Via, s)
	}
	return s
}

// placeLink finds the dir a path lies in: the deepest listed one.
func (p *parser) placeLink(found map[int][]fleet.Writer, l link) {
	target := strings.TrimSuffix(l.target, " (deleted)")
	for i := range p.roots {
		rel, ok := strings.CutPrefix(target, p.roots[i].real+"/")
		if !p.roots[i].named || !ok {
			continue
		}
		for {
			if n, ok := p.dirs[dirKey{i, rel}]; ok {
				p.addWriter(found, n, l.pid, l.via)
				break
			}
			j := strings.LastIndexByte(rel, '/')
			if j < 0 {
				break
			}
			rel = rel[:j]
		}
	}
}

func (p *parser) addWriter(found map[int][]fleet.Writer, n, pid int, via fleet.WriterVia) {
	for _, w := range found[n] {
		if w.PID == pid {
			return
		}
	}
	w, ok := p.procs[pid]
	if !ok {
		w = fleet.Writer{PID: pid}
	}
	w.Via = via
	found[n] = append(found[n], w)
}

// placeMounts finds the dirs that other mount namespaces have mounted: the dir
// itself, one below it or one above. It returns the roots whose own mount could
// not be found, where nothing can be said.
func (p *parser) placeMounts(found map[int][]fleet.Writer) (lost map[int]bool) {
	lost = make(map[int]bool)
	ours := make(map[place]bool, len(p.own))
	for _, m := range p.own {
		ours[m.place] = true
	}
	for i := range p.roots {
		r := &p.roots[i]
		if !r.named {
			continue
		}
		own, ok := mountOf(p.own, r.real)
		if !ok {
			lost[i] = true
			continue
		}
		for pid, space := range p.spaces {
			p.placeSpace(found, i, own, pid, space, ours)
		}
	}
	return lost
}

// placeSpace looks at one namespace. One whose / is ours was copied from ours
// (systemd gives services such): what stands in both tables is no use of a dir.
func (p *parser) placeSpace(found map[int][]fleet.Writer, root int, own mount, pid int, space []mount, ours map[place]bool) {
	copied := false
	for _, m := range space {
		copied = copied || m.point == "/" && ours[m.place]
	}
	for _, m := range space {
		if m.dev != own.dev || copied && ours[m.place] {
			continue
		}
		p.placeMount(found, root, own, pid, m)
	}
}

// placeMount gives one mount to the dirs it shows: those below it, and the one
// it lies in. One of the root itself or of a folder above it shows all of them;
// monitors mount that much to read, so there only a writable one counts, and a
// namespace's own / does not.
func (p *parser) placeMount(found map[int][]fleet.Writer, root int, own mount, pid int, m mount) {
	real := p.roots[root].real
	at, below := translate(own, m.root)
	if all := under(own.root, m.root) || below && under(real, at); all {
		if m.readOnly || m.point == "/" || m.point == snapHost {
			return
		}
		at = real
	} else if !below || !under(at, real) {
		return
	}
	for key, n := range p.dirs {
		if key.root == root && (under(real+"/"+key.rel, at) || under(at, real+"/"+key.rel)) {
			p.addWriter(found, n, pid, fleet.ViaMount)
		}
	}
}

// mountOf returns the mount a path lies on. The last of those on one point is
// the one that shows.
func mountOf(all []mount, path string) (best mount, ok bool) {
	for _, m := range all {
		if under(path, m.point) && (!ok || len(m.point) >= len(best.point)) {
			best, ok = m, true
		}
	}
	return best, ok
}

// translate turns a folder of the filesystem into the path it has below our mount.
func translate(own mount, inFS string) (string, bool) {
	if !under(inFS, own.root) {
		return "", false
	}
	rest := strings.TrimPrefix(strings.TrimPrefix(inFS, own.root), "/")
	return strings.TrimSuffix(own.point, "/") + "/" + rest, true
}
