package world

import (
	"cmp"
	"slices"

	"andon/fleet"
)

// Kind is what a directory entry is.
type Kind uint8

// The kinds.
const (
	Dir Kind = iota
	File
	Link
	Socket
	CharDevice
)

// Node is an entry of a filesystem. Entries below a run dir are mostly not kept
// as nodes but as one Content, and made up, always alike, when they are listed.
type Node struct {
	Name    string
	Kind    Kind
	Mode    uint32 // permission bits, with setuid, setgid and sticky
	Owner   fleet.Owner
	Dev     uint64
	Ino     uint64
	Changed int64 // mtime, Unix seconds
	Touched int64 // ctime
	Born    int64
	Size    int64    // apparent bytes of a file
	Data    []byte   // what reading it gives, where that matters
	Target  string   // of a link, as readlink shows it
	To      *Node    // what a link of /proc leads to, where its text does not say
	Content *Content // of a run dir
	Mount   bool     // something is mounted here
	Parent  *Node
	kids    map[string]*Node
	made    []*Node     // entries made up on first sight, by name
	fill    func(*Node) // makes them
}

// Blocks returns the allocated 512-byte blocks, as st_blocks counts them.
func (n *Node) Blocks() int64 {
	switch n.Kind {
	case Dir:
		return 8
	case File:
		return (n.Size + 4095) / 4096 * 8
	}
	return 0
}

// Links returns st_nlink: two and the subdirectories for a dir, else one.
func (n *Node) Links() int {
	if n.Kind != Dir {
		return 1
	}
	links := 2
	for _, k := range n.Kids() {
		if k.Kind == Dir {
			links++
		}
	}
	return links
}

// Kids lists the entries of a dir by name, those of its Content included.
func (n *Node) Kids() []*Node {
	n.open()
	if len(n.kids) == 0 && n.Content == nil {
		return slices.Clone(n.made)
	}
	out := append(make([]*Node, 0, len(n.kids)+len(n.made)+1), n.made...)
	for _, k := range n.kids {
		out = append(out, k)
	}
	if n.Content != nil {
		out = append(out, n.Content.entries(n)...)
	}
	slices.SortFunc(out, func(a, b *Node) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// Kid returns the entry of the given name.
func (n *Node) Kid(name string) (*Node, bool) {
	n.open()
	if k, ok := n.kids[name]; ok {
		return k, true
	}
	if i, ok := slices.BinarySearchFunc(n.made, name, func(k *Node, name string) int { return cmp.Compare(k.Name, name) }); ok {
		return n.made[i], true
	}
	if n.Content == nil {
		return nil, false
	}
	for _, k := range n.Content.entries(n) {
		if k.Name == name {
			return k, true
		}
	}
	return nil, false
}

func (n *Node) open() {
	if n.fill != nil {
		fill := n.fill
		n.fill = nil
		fill(n)
	}
}

// Put adds an entry, replacing one of the same name, and marks the dir changed.
func (n *Node) Put(k *Node, now int64) {
	if n.kids == nil {
		n.kids = make(map[string]*Node)
	}
	k.Parent = n
	n.kids[k.Name] = k
	n.Changed, n.Touched = now, now
}

// Remove takes an entry out of a dir and marks the dir changed.
func (n *Node) Remove(name string, now int64) {
	if k, ok := n.kids[name]; ok {
		k.Parent = nil
		delete(n.kids, name)
		n.Changed, n.Touched = now, now
	}
}

// Path returns the absolute path.
func (n *Node) Path() string {
	if n.Parent == nil {
		return "/"
	}
	if p := n.Parent.Path(); p != "/" {
		return p + "/" + n.Name
	}
	return "/" + n.Name
}

// Usage is what lies in a tree.
type Usage struct {
	Bytes   int64 // allocated, as du counts them, the top itself included
	Files   int64 // regular files
	Entries int64 // everything, the top included
	Newest  int64 // newest write anywhere, dirs included
}

// Usage adds up a tree on one filesystem.
func (n *Node) Usage() Usage {
	u := Usage{Bytes: n.Blocks() * 512, Entries: 1, Newest: n.Changed}
	if n.Kind == File {
		u.Files = 1
	}
	for _, k := range n.kids {
		if k.Dev == n.Dev {
			u = u.plus(k.Usage())
		}
	}
	if n.Content != nil {
		u = u.plus(n.Content.usage())
	}
	return u
}

func (u Usage) plus(o Usage) Usage {
	return Usage{u.Bytes + o.Bytes, u.Files + o.Files, u.Entries + o.Entries, max(u.Newest, o.Newest)}
}

// Count returns how many entries of a tree, its top included, keep(owner) holds for.
func (n *Node) Count(keep func(fleet.Owner) bool) int64 {
	var c int64
	n.Walk(func(k *Node) {
		if keep(k.Owner) {
			c++
		}
	})
	return c
}

// Walk calls visit for a tree's nodes, parents first, on one filesystem.
func (n *Node) Walk(visit func(*Node)) {
	visit(n)
	if n.Kind != Dir {
		return
	}
	for _, k := range n.Kids() {
		if k.Dev == n.Dev {
			k.Walk(visit)
		}
	}
}

// Chown gives every entry of a tree whose uid is in from to the owner, and
// returns how many changed. Only those entries' ctime moves.
func (n *Node) Chown(from []uint32, to fleet.Owner, now int64) int64 {
	var c int64
	if slices.Contains(from, n.Owner.UID) && n.Owner != to {
		n.Owner, n.Touched = to, now
		c++
	}
	for _, k := range n.kids {
		if k.Dev == n.Dev {
			c += k.Chown(from, to, now)
		}
	}
	if n.Content != nil {
		c += n.Content.chown(from, to)
	}
	return c
}
