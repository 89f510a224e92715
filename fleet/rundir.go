package fleet

import "time"

// DirID names a run dir across sweeps.
type DirID struct {
	Host HostName
	Path string // absolute
}

// String returns host:path.
func (d DirID) String() string { return string(d.Host) + ":" + d.Path }

// Ancestor is a folder between a root and a run dir. dockerd creates missing
// ancestors as root too.
type Ancestor struct {
	Rel   string `json:"rel"`
	Owner Owner  `json:"owner"`
}

// Foreign counts entries below a run dir that the wanted owner does not own.
type Foreign struct {
	Count   int64    `json:"count"`
	Samples []string `json:"samples,omitempty"` // up to three relative paths; foreign text
}

// RunDir is one run dir as a sweep saw it.
type RunDir struct {
	Host       HostName        `json:"host"`
	Path       DirPath         `json:"-"`
	Dev        uint64          `json:"dev"`
	Inode      uint64          `json:"inode"`
	Owner      Owner           `json:"owner"`
	Mode       uint32          `json:"mode"` // permission bits
	ModTime    time.Time       `json:"mtime"`
	ChangeTime time.Time       `json:"ctime"`
	Birth      Fact[time.Time] `json:"birth"`
	Symlink    bool            `json:"symlink,omitempty"`
	Ancestors  []Ancestor      `json:"ancestors,omitempty"`
	// Deep pass: each figure carries its own time.
	Bytes   Fact[int64]     `json:"bytes"` // allocated, hard links counted once
	Files   Fact[int64]     `json:"files"`
	Foreign Fact[Foreign]   `json:"foreign"`
	Newest  Fact[time.Time] `json:"newest"` // newest write anywhere below; directories count
	// Writers is known only where every process could be looked at.
	Writers Fact[[]Writer] `json:"writers"`
}

// ID returns the dir's name across sweeps.
func (d RunDir) ID() DirID { return DirID{Host: d.Host, Path: d.Path.String()} }

// LiveWriters returns the number of live writers, and whether it is known.
func (d RunDir) LiveWriters() (int, bool) {
	w, ok := d.Writers.Get()
	return len(w), ok
}

// SameInode reports whether two readings are of the same directory, not of one
// that was deleted and made again under the same name.
func (d RunDir) SameInode(o RunDir) bool { return d.Dev == o.Dev && d.Inode == o.Inode }
