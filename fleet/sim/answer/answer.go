// Package answer writes what a host's sweep script would answer: the records that
// package probe reads, made from a fleet.Sweep instead of a host. Reading back what
// Encode wrote gives the sweep again, so a simulation that keeps hosts as values
// still goes through the console's own parser.
package answer

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"andon/fleet"
)

// writer collects records.
type writer struct {
	out []byte
	n   int
}

// rec adds a record; its fields are parted by tabs.
func (w *writer) rec(fields ...string) {
	for i, f := range fields {
		if i > 0 {
			w.out = append(w.out, '\t')
		}
		w.out = append(w.out, f...)
	}
	w.out = append(w.out, 0)
	w.n++
}

// Encode returns the whole answer of a host that is as the sweep says. The measured
// figures of a dir are written where they are known. Times of processes are exact to
// a hundredth of a second, all others to a second but for a dir's mtime; sizes of
// disks and dirs to a KiB. What a login that cannot see all processes saw of some is
// left out.
func Encode(h fleet.Host, s fleet.Sweep) []byte {
	w := &writer{out: make([]byte, 0, 4096+512*len(s.Dirs))}
	w.rec("andon-sweep", "1")
	w.facts(s.Facts)
	for i, r := range h.Roots {
		w.root(i, r, s)
	}
	for _, u := range s.Unseen {
		w.rec("X", u)
	}
	w.processes(h, s)
	w.services(s)
	w.caches(s.Caches)
	for i, r := range h.Roots {
		for k := range s.Dirs {
			if d := &s.Dirs[k]; d.Path.Root() == r.Path {
				w.measured(i, d)
			}
		}
	}
	end := s.Facts.Clock.Add(time.Second / 2).Unix() // the parser takes the middle of first and last
	w.out = append(w.out, fmt.Sprintf("E\t%d\t%d\x00", w.n, end)...)
	return w.out
}

func (w *writer) facts(f fleet.HostFacts) {
	w.rec("H", "uname_s", f.OS)
	w.rec("H", "uname_n", f.Hostname)
	w.rec("H", "uname_r", f.Kernel)
	w.rec("H", "uname_m", f.Arch)
	w.rec("H", "uid", strconv.FormatUint(uint64(f.UID), 10))
	w.rec("H", "clock", strconv.FormatInt(f.Clock.Unix(), 10))
	w.rec("H", "btime", strconv.Itoa(btime))
	if v, ok := f.Uptime.Get(); ok {
		w.rec("H", "uptime", strconv.FormatFloat(v.Seconds(), 'f', 2, 64))
	}
	if v, ok := f.Load1.Get(); ok {
		w.rec("H", "load1", strconv.FormatFloat(v, 'f', 2, 64))
	}
	if v, ok := f.CPUs.Get(); ok {
		w.rec("H", "cpus", strconv.Itoa(v))
	}
	if v, ok := f.Helper.Get(); ok {
		w.rec("H", "helper", v)
	}
}

// btime is the second from which processes' starts are counted here; it says nothing
// of the uptime.
const btime = 1

// root writes a root's listing, unless nothing of it could be listed.
func (w *writer) root(i int, r fleet.Root, s fleet.Sweep) {
	for _, u := range s.Unlisted {
		if u == r.Path {
			return
		}
	}
	n := strconv.Itoa(i)
	w.rec("R", n, "1\t2\t0\t0\t41ed\t1\t-\t1\t0", r.Path)
	w.rec("P", n, r.Path)
	for _, d := range s.Disks {
		if d.Root != r.Path {
			continue
		}
		w.rec("B", n, dfLine(d.Device, d.TotalBytes>>10, d.FreeBytes>>10, d.MountPoint))
		w.rec("I", n, dfLine(d.Device, d.TotalInodes.Or(0), d.FreeInodes.Or(0), d.MountPoint))
	}
	above := make(map[string]bool)
	for k := range s.Dirs {
		d := &s.Dirs[k]
		if d.Path.Root() != r.Path {
			continue
		}
		w.rec("D", n, statFields(d), "./"+d.Path.Rel())
		for _, a := range d.Ancestors {
			if !above[a.Rel] {
				above[a.Rel] = true
				w.rec("A", n, fmt.Sprintf("1\t2\t%d\t%d\t41ed\t1\t-\t1\t0", a.Owner.UID, a.Owner.GID), "./"+a.Rel)
			}
		}
	}
	for _, t := range s.Trash {
		if t.Root == r.Path {
			w.trash(n, t)
		}
	}
	w.rec("K", n, "0", "0", "0")
}

func (w *writer) trash(n string, t fleet.Trash) {
	w.rec("T", n, fmt.Sprintf("1\t2\t0\t0\t41c0\t1\t-\t%d\t0", t.Since.Unix()), "./"+fleet.TrashDir+"/"+t.Name)
	if t.Rel == "" {
		return
	}
	b, err := json.Marshal(map[string]any{"rel": t.Rel, "at": t.Since})
	if err != nil { // cannot happen: the map is plain data
		return
	}
	w.rec("Q", n, t.Name, string(b))
}

func dfLine(dev string, total, free int64, point string) string {
	if total <= 0 {
		return fmt.Sprintf("%s 0 0 0 - %s", dev, point)
	}
	return fmt.Sprintf("%s %d %d %d %d%% %s", dev, total, total-free, free, (total-free)*100/total, point)
}

func statFields(d *fleet.RunDir) string {
	kind := uint32(0o040000)
	if d.Symlink {
		kind = 0o120000
	}
	born := int64(0)
	if b, ok := d.Birth.Get(); ok {
		born = b.Unix()
	}
	return fmt.Sprintf("%d\t%d\t%d\t%d\t%x\t%d\t%s\t%d\t%d", d.Dev, d.Inode, d.Owner.UID, d.Owner.GID, kind|d.Mode,
		d.ModTime.Unix(), d.ModTime.UTC().Format("2006-01-02 15:04:05.000000000 -0700"), d.ChangeTime.Unix(), born)
}

// measured writes a dir's deep figures, and that it was asked for in vain where the
// reason says so.
func (w *writer) measured(i int, d *fleet.RunDir) {
	n, name := strconv.Itoa(i), "./"+d.Path.Rel()
	bytes, ok := d.Bytes.Get()
	if !ok {
		if why, asked := strings.CutPrefix(d.Bytes.Why(), "not measured: "); asked {
			w.rec("Z", n, why, name)
		}
		return
	}
	f := d.Foreign.Or(fleet.Foreign{})
	w.rec("Y", n, fmt.Sprintf("%d\t%d\t%d\t%d\t%d\t%d", d.Dev, d.Inode, bytes>>10, d.Files.Or(0), f.Count, d.Newest.Or(time.Unix(0, 0)).Unix()), name)
	for _, s := range f.Samples {
		w.rec("S", n, s, name)
	}
}
