package poll

import (
	"time"

	"andon/fleet"
)

// Intervals are the wanted pauses between two readings of one source. Those of
// GitHub are stretched by the governor.
type Intervals struct {
	Host       time.Duration // sweep of a host
	Hot        time.Duration // runs of a repository that has a live run
	Cold       time.Duration // runs of any other repository
	Pulls      time.Duration
	Runners    time.Duration
	Background time.Duration // jobs of a live run whose entry did not change; runs that dirs name
	OnScreen   time.Duration // jobs of a run on screen
	Groups     time.Duration // concurrency groups of waiting runs
	Queue      time.Duration // branches of a merge queue that has a live run
}

// DefaultIntervals returns the defaults: with ETags and a governor they keep a
// small fleet below about 600 charged requests an hour.
func DefaultIntervals() Intervals {
	return Intervals{Host: 15 * time.Second, Hot: 15 * time.Second, Cold: 2 * time.Minute, Pulls: time.Minute,
		Runners: 30 * time.Second, Background: 3 * time.Minute, OnScreen: 10 * time.Second,
		Groups: 30 * time.Second, Queue: 30 * time.Second}
}

// orDefault fills what is not set.
func (i Intervals) orDefault() Intervals {
	d := DefaultIntervals()
	for _, f := range []struct {
		have *time.Duration
		want time.Duration
	}{{&i.Host, d.Host}, {&i.Hot, d.Hot}, {&i.Cold, d.Cold}, {&i.Pulls, d.Pulls}, {&i.Runners, d.Runners},
		{&i.Background, d.Background}, {&i.OnScreen, d.OnScreen},
		{&i.Groups, d.Groups}, {&i.Queue, d.Queue}} {
		if *f.have <= 0 {
			*f.have = f.want
		}
	}
	return i
}

// leastPause is how short speed makes the pauses between readings.
const leastPause = 2 * time.Second

// faster shortens the intervals by a speed.
func (i Intervals) faster(speed float64) Intervals {
	if speed <= 1 {
		return i
	}
	for _, f := range []*time.Duration{&i.Host, &i.Hot, &i.Cold, &i.Pulls, &i.Runners, &i.Background, &i.OnScreen, &i.Groups, &i.Queue} {
		*f = max(time.Duration(float64(*f)/speed), min(*f, leastPause))
	}
	return i
}

// Config is what a Collector goes by.
type Config struct {
	Hosts     []fleet.Host
	Repos     []fleet.Repo
	Scopes    []string // of runners: repositories and organisations
	Policy    fleet.Policy
	Intervals Intervals // zero fields get their default
	Now       func() time.Time
	// Speed is how many seconds Now goes on in one of the machine's: 1 but for a
	// simulated fleet whose time is made to fly. Pauses between readings are shortened
	// by it, to two seconds of the machine's at the least; what a snapshot tells of
	// them is in the time of Now. 0 is 1.
	Speed float64
	// Stored is what a recorder kept of an earlier console: shown, marked as not
	// asked yet, until each source has answered. Its samples count.
	Stored fleet.Reads
	// Receivers says how the console's notices fare; nil where there are none. It
	// must not block.
	Receivers func() []fleet.Receiver
}

// Bounds of one round, so that no source keeps the others waiting and no list
// of old dirs empties the token's limit.
const (
	maxSweeps   = 16 // hosts at once
	maxRequests = 4  // at GitHub at once

	sweepLimit   = 60 * time.Second // one sweep, deep figures included
	requestLimit = 20 * time.Second // one request to GitHub
	roundLimit   = 2 * time.Minute  // all requests of one source
)

// effort is how much one round may ask beside the lists.
type effort struct {
	runs, jobs, pulls int
	groups            int           // waiting runs, and groups, of one repository
	deep              int           // dirs measured on one host
	within            time.Duration // for all of them together
	suspects          bool          // measure only dirs whose owner is or was wrong
}

// steady is the effort of one round among many for one of so many repositories:
// a few fill their picture in the first round, many share what a round may cost.
func steady(repos int) effort {
	n := max(repos, 1)
	return effort{runs: max(60/n, 10), jobs: max(120/n, 20), pulls: max(60/n, 20), groups: 10, deep: 16, within: 5 * time.Second}
}

// thorough is the effort of a single look.
func thorough() effort {
	return effort{runs: 100, jobs: 200, pulls: 100, groups: 40, deep: 64, within: 20 * time.Second}
}

// proving is the effort of a look that verifies a deed.
func proving() effort {
	return effort{runs: 20, jobs: 40, pulls: 20, groups: 10, deep: 40, within: 10 * time.Second, suspects: true}
}
