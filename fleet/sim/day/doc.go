// Package day is a day of a fleet as data: forty hosts whose builds come and go for
// 24 hours, and incidents of every kind a rule knows, each with the moment it
// begins, the moment it is mended, and the alert it must raise. Everything in it is
// planned from a seed before the day begins; what a host or GitHub says at a time is
// then only a question of the time. It has no goroutine and no clock of its own.
//
// The console's own collector reads it through the ports package poll declares (see
// Ears), rules and board run over what it read, and a Judge compares the alerts with
// what was planned: none missed, none twice, none without a cause, none that stays.
package day

import (
	"fmt"
	"math/rand/v2"
	"time"

	"andon/fleet"
)

// Shape of the fleet.
const (
	cells       = 10 // repositories, each with its own hosts
	hostsOf     = 4  // of a cell
	runnersOf   = 3  // of a host
	gib         = 1 << 30
	org         = "acme"
	root        = "/srv/targets"
	buildUser   = 1000
	diskTotal   = 2000 * gib
	diskResting = 900 * gib // used beside the run dirs
)

// Day is a planned day.
type Day struct {
	Begin     time.Time
	Long      time.Duration
	Incidents []*Incident // by the time they begin
	cells     []*cell
	budget    []edit[fleet.Budget]
	receivers []edit[fleet.Receiver]
	runnersNo []outage // times at which GitHub does not list runners
	rng       *rand.Rand
	ids       int64
	given     map[int64]bool // numbers of runs and jobs
}

// cell is a repository and the hosts that build it.
type cell struct {
	n     int
	repo  fleet.Repo
	hosts []*host
	pulls []*pull
	runs  []*run
	refs  []ref
	nos   map[fleet.SourceKind][]outage
	prNo  int
}

// host is a runner host.
type host struct {
	cell    *cell
	conf    fleet.Host
	runners []*runner
	dirs    []*dir
	edits   []edit[fleet.Sweep]
	down    []outage
	inode   uint64
	pid     int
}

// runner is a runner of a host and when it is taken.
type runner struct {
	host   *host
	id     int64
	name   string
	labels []string
	works  []span // when it has a job
	booked []span // when no ordinary job may be given to it
	edits  []edit[fleet.Runner]
	gone   []span // not listed
}

// span is a time from which something is so, and at which it is not any more; a
// zero end is never.
type span struct{ from, to time.Time }

func (s span) at(t time.Time) bool {
	return !t.Before(s.from) && (s.to.IsZero() || t.Before(s.to))
}

func (s span) meets(o span) bool {
	return (s.to.IsZero() || o.from.Before(s.to)) && (o.to.IsZero() || s.from.Before(o.to))
}

// edit changes what is told for a while.
type edit[T any] struct {
	span
	do func(*T, time.Time)
}

func apply[T any](list []edit[T], v *T, t time.Time) {
	for i := range list {
		if list[i].at(t) {
			list[i].do(v, t)
		}
	}
}

// outage is a time without an answer.
type outage struct {
	span
	why *fleet.Failure
}

func failing(list []outage, t time.Time) error {
	for i := range list {
		if list[i].at(t) {
			return list[i].why
		}
	}
	return nil
}

// New plans a day with so many incidents that begins at a time. Equal arguments
// give equal days.
func New(seed int64, begin time.Time, long time.Duration, incidents int, rules []fleet.Rule) (*Day, error) {
	d := &Day{Begin: begin, Long: long, given: make(map[int64]bool), rng: rand.New(rand.NewPCG(uint64(seed), 1693))}
	for n := range cells {
		d.cells = append(d.cells, d.newCell(n))
	}
	if err := d.plan(incidents, rules); err != nil {
		return nil, fmt.Errorf("plan day of seed %d: %w", seed, err)
	}
	for _, c := range d.cells {
		d.traffic(c)
		c.settle()
	}
	return d, nil
}

func (d *Day) newCell(n int) *cell {
	c := &cell{n: n, repo: fleet.Repo(fmt.Sprintf("%s/part-%02d", org, n)), nos: make(map[fleet.SourceKind][]outage), prNo: 100}
	for i := range hostsOf {
		name := fmt.Sprintf("p%02d-h%d", n, i+1)
		h := &host{cell: c, inode: 1000, pid: 2000 + 50*i, conf: fleet.Host{Name: fleet.HostName(name), SSH: name, Transport: fleet.TransportSSH,
			Runners: []string{name + "-*"}, Privilege: fleet.PrivilegeSudo,
			Roots: []fleet.Root{{Path: root, Owner: fleet.Owner{UID: buildUser, GID: buildUser}}}}}
		for k := range runnersOf {
			d.ids++
			labels := c.labels()
			if i == hostsOf-1 {
				labels = c.rare()
			}
			h.runners = append(h.runners, &runner{host: h, id: 100 + d.ids, name: fmt.Sprintf("%s-%d", name, k+1), labels: labels})
		}
		c.hosts = append(c.hosts, h)
	}
	return c
}

// labels are what most jobs of a cell ask for; the cell's last host carries others,
// which ordinary builds never want.
func (c *cell) labels() []string {
	return []string{"self-hosted", "Linux", "X64", fmt.Sprintf("pool-%02d", c.n)}
}

func (c *cell) rare() []string {
	return []string{"self-hosted", "Linux", "X64", fmt.Sprintf("big-%02d", c.n)}
}

// Hosts returns the fleet's hosts as a config has them.
func (d *Day) Hosts() []fleet.Host {
	var out []fleet.Host
	for _, c := range d.cells {
		for _, h := range c.hosts {
			out = append(out, h.conf)
		}
	}
	return out
}

// Repos returns the fleet's repositories.
func (d *Day) Repos() []fleet.Repo {
	var out []fleet.Repo
	for _, c := range d.cells {
		out = append(out, c.repo)
	}
	return out
}

// Scopes returns whose runners the fleet uses.
func (d *Day) Scopes() []string { return []string{org} }
