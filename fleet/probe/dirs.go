package probe

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"andon/fleet"
)

// stat is the nine fields of stat(1) the script asks for. Their order is that of
// the variable fields in sweep.sh.
type stat struct {
	dev, ino uint64
	owner    fleet.Owner
	mode     uint32 // raw: type and permission bits
	mtime    time.Time
	ctime    time.Time
	birth    int64 // 0: unknown
}

const (
	modeType = 0o170000
	modeLink = 0o120000
	modeDir  = 0o040000
	modePerm = 0o7777
)

// parseStat reads the fields and returns what follows them.
func parseStat(s string) (st stat, rest string, ok bool) {
	var f [9]string
	for i := range f {
		if f[i], s, ok = strings.Cut(s, "\t"); !ok {
			return st, "", false
		}
	}
	dev, err1 := strconv.ParseUint(f[0], 10, 64)
	ino, err2 := strconv.ParseUint(f[1], 10, 64)
	uid, err3 := strconv.ParseUint(f[2], 10, 32)
	gid, err4 := strconv.ParseUint(f[3], 10, 32)
	mode, err5 := strconv.ParseUint(f[4], 16, 32)
	mtime, ok1 := seconds(f[5])
	ctime, ok2 := seconds(f[7])
	if err1 != nil || err2 != nil || err3 != nil || err4 != nil || err5 != nil || !ok1 || !ok2 {
		return st, "", false
	}
	st = stat{dev: dev, ino: ino, owner: fleet.Owner{UID: uint32(uid), GID: uint32(gid)}, mode: uint32(mode),
		mtime: time.Unix(mtime, fraction(f[6])).UTC(), ctime: time.Unix(ctime, 0).UTC()}
	// busybox prints W, GNU 0 or - where the filesystem keeps no birth.
	if b, ok := seconds(f[8]); ok {
		st.birth = b
	}
	return st, s, true
}

// seconds reads a time in seconds; before 1970 and beyond the year 9999 is refused.
func seconds(s string) (int64, bool) {
	n, ok := count(s)
	return n, ok && n < 253402300800
}

// fraction reads the nanoseconds of "2026-11-23 15:22:37.087174240 +0000".
func fraction(s string) int64 {
	_, s, _ = strings.Cut(s, ".")
	s, _, _ = strings.Cut(s, " ")
	if len(s) != 9 {
		return 0
	}
	n, _ := count(s)
	return n
}

// rel passes a "./name" of root i through the gate.
func (p *parser) rel(i int, name string) (fleet.DirPath, bool) {
	name, ok := strings.CutPrefix(name, "./")
	if !ok {
		return fleet.DirPath{}, false
	}
	path, err := p.roots[i].Parse(name)
	return path, err == nil
}

func (p *parser) root(i int, rest string) bool {
	st, path, ok := parseStat(rest)
	if !ok || path != p.host.Roots[i].Path || p.roots[i].named {
		return false
	}
	p.roots[i] = rootSeen{Root: p.host.Roots[i], named: true, real: path, dev: st.dev}
	return true
}

func (p *parser) dir(i int, rest string) bool {
	st, name, ok := parseStat(rest)
	if !ok || len(p.out.Dirs) >= MaxMaxDirs*len(p.roots) {
		return false
	}
	path, ok := p.rel(i, name)
	link := st.mode&modeType == modeLink
	if !ok || !link && st.mode&modeType != modeDir {
		return false
	}
	key := dirKey{i, path.Rel()}
	if _, twice := p.dirs[key]; twice {
		return false
	}
	d := fleet.RunDir{
		Host: p.host.Name, Path: path, Dev: st.dev, Inode: st.ino, Owner: st.owner, Mode: st.mode & modePerm,
		ModTime: st.mtime, ChangeTime: st.ctime, Symlink: link,
		Birth:   fleet.Unknown[time.Time]("the filesystem or its stat tells no birth"),
		Bytes:   fleet.Unknown[int64](notMeasured),
		Files:   fleet.Unknown[int64](notMeasured),
		Foreign: fleet.Unknown[fleet.Foreign](notMeasured),
		Newest:  fleet.Unknown[time.Time](notMeasured),
	}
	if st.birth > 0 {
		d.Birth = fleet.Known(time.Unix(st.birth, 0).UTC(), p.at)
	}
	p.dirs[key] = len(p.out.Dirs)
	p.out.Dirs = append(p.out.Dirs, d)
	return true
}

func (p *parser) ancestor(i int, rest string) bool {
	st, name, ok := parseStat(rest)
	if !ok || len(p.owners) >= 4*MaxMaxDirs*len(p.roots) {
		return false
	}
	path, ok := p.rel(i, name)
	if ok {
		p.owners[dirKey{i, path.Rel()}] = st.owner
	}
	return ok
}

// placeAncestors gives each dir the folders between it and its root, outermost
// first.
func (p *parser) placeAncestors() {
	for key, n := range p.dirs {
		d := &p.out.Dirs[n]
		for at := 0; ; {
			j := strings.IndexByte(key.rel[at:], '/')
			if j < 0 {
				break
			}
			at += j
			if o, ok := p.owners[dirKey{key.root, key.rel[:at]}]; ok {
				d.Ancestors = append(d.Ancestors, fleet.Ancestor{Rel: key.rel[:at], Owner: o})
			}
			at++
		}
	}
}

// trash reads an entry of the trash folder.
func (p *parser) trash(i int, rest string) bool {
	st, name, ok := parseStat(rest)
	name, in := strings.CutPrefix(name, "./"+fleet.TrashDir+"/")
	if !ok || !in || name == "" || len(name) > 255 || strings.Contains(name, "/") || len(p.out.Trash) >= MaxMaxDirs {
		return false
	}
	name = strings.TrimSuffix(name, purging)
	p.out.Trash = append(p.out.Trash, fleet.Trash{Root: p.roots[i].Path, Name: name, Since: st.ctime})
	return true
}

// purging ends the name of a dir in the trash whose purge has begun.
const purging = ".purging"

// origin reads what andon-host wrote beside a dir in the trash. It follows the
// dir's own record.
func (p *parser) origin(i int, rest string) bool {
	name, text, ok := strings.Cut(rest, "\t")
	if !ok || len(p.out.Trash) == 0 {
		return false
	}
	t := &p.out.Trash[len(p.out.Trash)-1]
	var o struct {
		Rel string    `json:"rel"`
		At  time.Time `json:"at"`
	}
	if t.Name != name || t.Root != p.roots[i].Path || json.Unmarshal([]byte(text), &o) != nil {
		return false
	}
	path, err := p.roots[i].Parse(o.Rel)
	if err != nil {
		return false
	}
	t.Rel = path.Rel()
	if !o.At.IsZero() {
		t.Since = o.At
	}
	return true
}

// left reads what the listing of a root left out.
func (p *parser) left(i int, rest string) bool {
	f := strings.Split(rest, "\t")
	if len(f) != 3 {
		return false
	}
	hidden, ok1 := count(f[0])
	cut, ok2 := count(f[1])
	unread, ok3 := count(f[2])
	if !ok1 || !ok2 || !ok3 {
		return false
	}
	at := "root " + p.roots[i].Path + ": "
	if hidden > 0 {
		p.out.Unseen = append(p.out.Unseen, at+strconv.FormatInt(hidden, 10)+" dirs not shown: more than one sweep lists")
	}
	if cut > 0 {
		p.out.Unseen = append(p.out.Unseen, at+"too many folders: an unknown number of dirs not shown")
	}
	if unread > 0 {
		p.out.Unseen = append(p.out.Unseen, at+strconv.FormatInt(unread, 10)+" folders not readable by this login (sudo -n would show them)")
	}
	return true
}

// bytes reads a line of df -Pk.
func (p *parser) bytes(i int, line string) bool {
	dev, total, free, point, ok := dfLine(line)
	if !ok || total > math.MaxInt64>>10 || free > math.MaxInt64>>10 || p.disk(i) != nil {
		return false
	}
	p.out.Disks = append(p.out.Disks, fleet.Disk{
		Root: p.roots[i].Path, Device: clip(dev), MountPoint: clip(point), TotalBytes: total << 10, FreeBytes: free << 10,
		TotalInodes: fleet.Unknown[int64]("df told no inodes"), FreeInodes: fleet.Unknown[int64]("df told no inodes"),
	})
	return true
}

// inodes reads a line of df -Pi. Filesystems without fixed inodes answer 0 or -.
func (p *parser) inodes(i int, line string) bool {
	_, total, free, _, ok := dfLine(line)
	d := p.disk(i)
	if d == nil {
		return false
	}
	if !ok || total == 0 {
		why := "the filesystem has no fixed number of inodes"
		d.TotalInodes, d.FreeInodes = fleet.Unknown[int64](why), fleet.Unknown[int64](why)
		return true
	}
	d.TotalInodes, d.FreeInodes = fleet.Known(total, p.at), fleet.Known(free, p.at)
	return true
}

func (p *parser) disk(i int) *fleet.Disk {
	n := slices.IndexFunc(p.out.Disks, func(d fleet.Disk) bool { return d.Root == p.roots[i].Path })
	if n < 0 {
		return nil
	}
	return &p.out.Disks[n]
}

// dfLine reads "device total used free percent% mount point"; device and mount
// point may hold blanks, so the percent sign is what the rest is found by.
func dfLine(s string) (dev string, total, free int64, point string, ok bool) {
	f := strings.Fields(s)
	for i := 4; i < len(f)-1; i++ {
		pct, cut := strings.CutSuffix(f[i], "%")
		if _, isNum := count(pct); !cut || !isNum && pct != "-" {
			if f[i] != "-" {
				continue
			}
		}
		t, ok1 := count(f[i-3])
		a, ok2 := count(f[i-1])
		if ok1 && ok2 {
			return strings.Join(f[:i-3], " "), t, a, strings.Join(f[i+1:], " "), true
		}
	}
	return "", 0, 0, "", false
}
