package world

import (
	"fmt"
	"slices"

	"andon/fleet"
)

// Content stands for what a build left below a run dir: a debug folder with
// deps, build, incremental and .fingerprint. Keeping figures instead of entries is
// what lets a fleet of 50,000 run dirs fit in little memory.
type Content struct {
	Files      int64       // regular files
	Bytes      int64       // their apparent bytes together
	Owner      fleet.Owner // of files and folders
	Strangers  int64       // how many of the files in deps another owner has
	StrangerOf fleet.Owner
	Newest     int64 // newest write, Unix seconds
	Oldest     int64
}

// filesOf is how many files a build of so many bytes leaves. Real ones leave ten
// times as many; walking them would be charged to the console, which runs in the
// same process.
func filesOf(bytes int64) int64 { return 40 + bytes/(24<<20) }

// folder is one of the folders below debug and its part of the content in percent.
type folder struct {
	name         string
	files, bytes int64
}

// folders returns the folders, deps last: it takes what rounding leaves.
func folders() [4]folder {
	return [...]folder{{".fingerprint", 30, 1}, {"build", 8, 6}, {"incremental", 20, 25}, {"deps", 42, 68}}
}

// part is the files of one folder: n of them, all of size bytes but the last.
type part struct {
	name          string
	n, size, last int64
}

func (c *Content) parts() []part {
	out := make([]part, 0, 4)
	files, bytes := c.Files, c.Bytes
	all := folders()
	for i, f := range all {
		n, sum := c.Files*f.files/100, c.Bytes*f.bytes/100
		if i == len(all)-1 {
			n, sum = files, bytes
		}
		files, bytes = files-n, bytes-sum
		p := part{name: f.name, n: n}
		if n > 0 {
			p.size = sum / n
			p.last = sum - p.size*(n-1)
		}
		out = append(out, p)
	}
	return out
}

func (c *Content) usage() Usage {
	const dirs = 5
	u := Usage{Files: c.Files, Entries: c.Files + dirs, Newest: c.Newest, Bytes: dirs * 4096}
	for _, p := range c.parts() {
		if p.n > 0 {
			u.Bytes += (p.n-1)*onDisk(p.size) + onDisk(p.last)
		}
	}
	return u
}

func onDisk(size int64) int64 { return (size + 4095) / 4096 * 4096 }

// entries makes the nodes directly below the run dir. They live only as long as
// somebody looks at them, and what lies below them is made when it is listed.
func (c *Content) entries(top *Node) []*Node {
	debug := c.dir(top, "debug", 1)
	debug.fill = func(*Node) {
		for i, p := range c.parts() {
			d := c.dir(debug, p.name, 0)
			d.Ino = debug.Ino + 1 + uint64(i)
			d.fill = func(*Node) { c.files(d, p, top.Ino) }
			debug.link(d)
		}
	}
	return []*Node{debug}
}

func (c *Content) files(d *Node, p part, top uint64) {
	d.made = make([]*Node, 0, p.n)
	all := make([]Node, p.n)
	for i := range p.n {
		f := &all[i]
		*f = Node{Name: fmt.Sprintf("aprender-%06x%05x.%s", top&0xffffff, i, ext(p.name)), Kind: File, Mode: 0o644,
			Owner: c.Owner, Dev: d.Dev, Ino: d.Ino<<16 + uint64(i), Size: p.size, Born: c.Oldest, Parent: d}
		f.Changed = c.Oldest + (c.Newest-c.Oldest)*i/p.n
		if i == p.n-1 {
			f.Size = p.last
			if p.name == "deps" {
				f.Changed = c.Newest
			}
		}
		if p.name == "deps" && i < c.Strangers {
			f.Owner = c.StrangerOf
		}
		f.Touched = f.Changed
		d.made = append(d.made, f)
	}
}

func ext(dir string) string {
	switch dir {
	case "deps":
		return "rlib"
	case "incremental":
		return "o"
	}
	return "json"
}

func (c *Content) dir(parent *Node, name string, n uint64) *Node {
	return &Node{Name: name, Kind: Dir, Mode: 0o755, Owner: c.Owner, Dev: parent.Dev, Ino: parent.Ino<<20 + n,
		Changed: c.Oldest, Touched: c.Oldest, Born: c.Oldest, Parent: parent}
}

// link adds an entry without marking the dir changed.
func (n *Node) link(k *Node) {
	if n.kids == nil {
		n.kids = make(map[string]*Node)
	}
	n.kids[k.Name] = k
}

func (c *Content) chown(from []uint32, to fleet.Owner) int64 {
	const dirs = 5
	var changed int64
	if slices.Contains(from, c.StrangerOf.UID) && c.Strangers > 0 && c.StrangerOf != to {
		changed += c.Strangers
		c.StrangerOf = to
	}
	if slices.Contains(from, c.Owner.UID) && c.Owner != to {
		changed += c.Files - c.Strangers + dirs
		c.Owner = to
	}
	if c.StrangerOf == c.Owner {
		c.Strangers = 0
	}
	return changed
}
