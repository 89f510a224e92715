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
	Name     string              `json:"name"`               // timer or hook
	Kind     string              `json:"kind"`               // timer | hook
	Wired    bool                `json:"wired"`              // enabled and active, or named by a runner's environment
	Last     Fact[time.Time]     `json:"last"`               // last run
	Schedule string              `json:"schedule,omitempty"` // of a timer: its OnCalendar, as systemd writes it; "" where not told
	Said     Fact[[]JournalLine] `json:"said,omitzero"`      // newest lines of its journal, oldest first
}

// JournalLine is one line of a host's journal.
type JournalLine struct {
	At   time.Time `json:"at"`   // host clock
	Text string    `json:"text"` // without host and program; foreign text
}

// Cache is a compiler cache on a host, as the jobs that used it told. A server
// lives in a job's container and ends with it, so the host itself can tell nothing:
// sccache --show-stats there answers zeros (mozilla/sccache).
type Cache struct {
	Dir      string          `json:"dir"` // as the server names it: in a container, the container's path
	Bytes    Fact[int64]     `json:"bytes"`
	CapBytes Fact[int64]     `json:"cap_bytes"`
	StatsAt  Fact[time.Time] `json:"stats_at,omitzero"` // when the newest statistics were written, host clock
	Stats    []CacheStats    `json:"stats,omitempty"`   // newest first
}

// CacheStats is what one job's server told when it was asked.
type CacheStats struct {
	At       Fact[time.Time] `json:"at"`
	CapBytes Fact[int64]     `json:"cap_bytes"`
	Requests Fact[int64]     `json:"requests"` // compile requests
	Hits     Fact[int64]     `json:"hits"`
	Misses   Fact[int64]     `json:"misses"`
}

// Totals adds up the statistics that tell hits and misses. Each sum is unknown
// where none of them does.
func (c Cache) Totals() (requests, hits, misses Fact[int64]) {
	for _, s := range c.Stats {
		h, ok1 := s.Hits.Get()
		m, ok2 := s.Misses.Get()
		r, ok3 := s.Requests.Get()
		if ok1 && ok2 && ok3 {
			at := c.Bytes.At()
			requests, hits, misses = Known(requests.Or(0)+r, at), Known(hits.Or(0)+h, at), Known(misses.Or(0)+m, at)
		}
	}
	return requests, hits, misses
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
