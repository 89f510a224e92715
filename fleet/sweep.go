package fleet

import (
	"encoding/json"
	"fmt"
	"time"
)

// RunnerService is a runner's systemd unit on a host.
type RunnerService struct {
	Unit   string `json:"unit"`           // actions.runner.<owner>.<name>.service
	Runner string `json:"runner"`         // agent name from the .runner file, or from the unit's name
	State  string `json:"state"`          // systemd ActiveState: active, inactive, failed…
	Dir    string `json:"dir"`            // WorkingDirectory
	Hook   string `json:"hook,omitempty"` // ACTIONS_RUNNER_HOOK_JOB_STARTED of its .env
}

// Cleaner is something on the host that deletes run dirs besides us.
type Cleaner struct {
	Name  string          `json:"name"`  // timer or hook
	Kind  string          `json:"kind"`  // timer | hook
	Wired bool            `json:"wired"` // enabled, or named by a runner's environment
	Last  Fact[time.Time] `json:"last"`  // last run
}

// Cache is a compiler cache on a host.
type Cache struct {
	Dir      string      `json:"dir"`
	Bytes    Fact[int64] `json:"bytes"`
	CapBytes Fact[int64] `json:"cap_bytes"`
}

// Sweep is what one whole, closed answer of a host said. A truncated answer
// never becomes a Sweep: the last good one stays and the source goes stale.
type Sweep struct {
	Host     HostName        `json:"host"`
	At       time.Time       `json:"at"` // console clock, when the answer was whole
	Took     time.Duration   `json:"took"`
	Facts    HostFacts       `json:"facts"`
	Disks    []Disk          `json:"disks"`
	Dirs     []RunDir        `json:"dirs"`
	Services []RunnerService `json:"services"`
	Cleaners []Cleaner       `json:"cleaners"`
	Caches   []Cache         `json:"caches"`
	Trash    []Trash         `json:"trash,omitempty"`
	// Unseen names what this login could not look at ("processes of other
	// users"), so that absence is never read as "none".
	Unseen []string `json:"unseen,omitempty"`
	// Unlisted are the roots of which nothing could be listed: not there, not
	// mounted, or not readable. Nothing below them may be called absent.
	Unlisted []string `json:"unlisted_roots,omitempty"`
	// Dropped counts records that could not be understood. They make the
	// sweep's host degraded, never silently smaller.
	Dropped int `json:"dropped,omitempty"`
}

// Skew returns host clock minus console clock, with half the sweep's duration
// as its uncertainty.
func (s Sweep) Skew() time.Duration { return s.Facts.Clock.Sub(s.At.Add(-s.Took / 2)) }

type runDirAlias RunDir

type runDirJSON struct {
	runDirAlias
	Root   string `json:"root"`
	Layout Layout `json:"layout"`
	Rel    string `json:"rel"`
}

// MarshalJSON writes the dir with its path, so that a recorded snapshot can be
// read back through the same gate.
func (d RunDir) MarshalJSON() ([]byte, error) {
	return json.Marshal(runDirJSON{runDirAlias: runDirAlias(d), Root: d.Path.root, Layout: d.Path.layout, Rel: d.Path.rel})
}

// UnmarshalJSON reads what MarshalJSON wrote and passes the path through the gate.
func (d *RunDir) UnmarshalJSON(b []byte) error {
	var j runDirJSON
	if err := json.Unmarshal(b, &j); err != nil {
		return fmt.Errorf("decode run dir: %w", err)
	}
	p, err := Root{Path: j.Root, Layout: j.Layout}.Parse(j.Rel)
	if err != nil {
		return fmt.Errorf("decode run dir: %w", err)
	}
	*d = RunDir(j.runDirAlias)
	d.Path = p
	return nil
}
