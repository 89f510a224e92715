package fleet

import "time"

// Policy holds the figures rules and actions go by. They come from the config;
// DefaultPolicy is what an operator gets without one.
type Policy struct {
	ReadOnly      bool          `json:"read_only"`
	MinIdle       time.Duration `json:"min_idle"`       // nothing below a dir written for so long before it may be reaped
	SampleGap     time.Duration `json:"sample_gap"`     // two equal samples this far apart before it may be reaped
	ClosedFor     time.Duration `json:"closed_for"`     // a pull request closed for less is not an orphan's yet
	UndoFor       time.Duration `json:"undo_for"`       // a reaped dir can be put back for so long
	Protected     []string      `json:"protected"`      // refs never reaped unless named, as path.Match
	DiskWarn      int           `json:"disk_warn"`      // percent used, bytes or inodes
	DiskStop      int           `json:"disk_stop"`      // percent used, bytes or inodes
	Branches      int           `json:"branches"`       // distinct branches that make failures a cluster
	ClusterWindow time.Duration `json:"cluster_window"` // how far back failures are compared
	TypedDirs     int           `json:"typed_dirs"`     // batches above any of these want the count typed
	TypedHosts    int           `json:"typed_hosts"`
	TypedBytes    int64         `json:"typed_bytes"`
	MaxDirs       int           `json:"max_dirs"` // hard cap of one plan
}

// DefaultPolicy returns the defaults, as the README lists them.
func DefaultPolicy() Policy {
	return Policy{
		MinIdle: 30 * time.Minute, SampleGap: 2 * time.Minute, ClosedFor: time.Hour, UndoFor: 15 * time.Minute,
		Protected: []string{"main", "master", "release", "release-*", "gh-readonly-queue/*"},
		DiskWarn:  85, DiskStop: 95,
		Branches: 3, ClusterWindow: 6 * time.Hour,
		TypedDirs: 20, TypedHosts: 3, TypedBytes: 200 << 30, MaxDirs: 200,
	}
}
