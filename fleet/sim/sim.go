package sim

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"

	"andon/fleet"
	"andon/fleet/sim/hub"
	"andon/fleet/sim/shell"
	"andon/fleet/sim/world"
)

// Options say what happens in the fleet, how large it is and how its time passes.
// The zero value is the incident in real time.
type Options struct {
	Scenario string           // a name of Scenarios; "" is the incident
	Hosts    int              // hosts in all, beyond the scenario's own generated ones
	PRs      int              // open pull requests in all, beyond the scenario's generated ones
	Dirs     int              // run dirs on each generated host
	Seed     int64            // equal seeds give equal worlds
	Speed    float64          // seconds of the world for each second; 0 is 1
	Now      func() time.Time // the clock outside; nil is time.Now
}

// Fleet is a running simulated fleet. Its methods may be called from many
// goroutines.
type Fleet struct {
	mu      sync.Mutex // held around the world
	world   *world.World
	began   time.Time
	speed   float64
	outside func() time.Time

	hosts   []*host
	github  *hub.Server
	signer  ssh.Signer // the client's
	parser  shell.Parser
	samples []fleet.Sample
	history fleet.History
	ctx     context.Context // ends with the fleet; servers that are reopened run under it
	stop    context.CancelFunc
	servers sync.WaitGroup
	tally   tally
}

// Limits of Options.
const (
	maxHosts = 5000
	maxPRs   = 5000
	maxDirs  = 5000
)

// Start builds the world and starts its servers. They end with ctx or Close. The
// world has a history of four hours before this moment, so that what was seen
// minutes ago (see Samples) is part of it.
func Start(ctx context.Context, o Options) (*Fleet, error) {
	switch {
	case o.Hosts < 0 || o.Hosts > maxHosts || o.PRs < 0 || o.PRs > maxPRs || o.Dirs < 0 || o.Dirs > maxDirs:
		return nil, fmt.Errorf("start fleet: at most %d hosts, %d pull requests and %d dirs a host", maxHosts, maxPRs, maxDirs)
	case o.Speed < 0:
		return nil, errors.New("start fleet: speed is negative: time does not run backwards")
	}
	if o.Speed == 0 {
		o.Speed = 1
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	story, err := world.ScenarioNamed(o.Scenario)
	if err != nil {
		return nil, fmt.Errorf("start fleet: %w", err)
	}
	began := o.Now()
	ctx, stop := context.WithCancel(ctx)
	f := &Fleet{world: story.World(o.Seed, began.Unix(), world.Scale{Hosts: o.Hosts, PRs: o.PRs, Dirs: o.Dirs}),
		began: began, speed: o.Speed, outside: o.Now, ctx: ctx, stop: stop}
	f.history.Disks = watchDisks(f.world, began.Unix(), began.Add(-sampleAge).Unix(), func() { f.samples = takeSamples(f.world, f.configs()) })
	f.history.Runners = seenRunners(f.world)
	if err := f.serve(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("start fleet: %w", err), f.Close())
	}
	return f, nil
}

// Scenarios lists what a fleet can tell.
func Scenarios() []world.Scenario { return world.Scenarios() }

func (f *Fleet) serve(ctx context.Context) error {
	var err error
	if f.signer, err = newSigner(); err != nil {
		return err
	}
	for _, h := range f.world.Hosts {
		s, err := f.listen(ctx, h)
		if err != nil {
			return fmt.Errorf("host %s: %w", h.Name, err)
		}
		f.hosts = append(f.hosts, s)
	}
	f.github, err = hub.Serve(ctx, hub.Backend{World: f.world, Lock: &f.mu, Now: f.Now, Advance: f.advance})
	return err
}

// Close ends all servers and connections and waits until nothing of the fleet runs
// any more.
func (f *Fleet) Close() error {
	f.stop()
	var errs []error
	for _, h := range f.hosts {
		errs = append(errs, h.close())
	}
	if f.github != nil {
		errs = append(errs, f.github.Close())
	}
	f.servers.Wait()
	return errors.Join(errs...)
}

// Now is the world's time. A console that watches a fleet with a speed other than 1
// must take it as its clock, or the hosts' clocks will seem wrong.
func (f *Fleet) Now() time.Time {
	return f.began.Add(time.Duration(float64(f.outside().Sub(f.began)) * f.speed))
}

// Speed is how many seconds of the world go by in one outside.
func (f *Fleet) Speed() float64 { return f.speed }

// advance brings the world to the present; the caller holds mu.
func (f *Fleet) advance() { f.world.Advance(f.Now().Unix()) }

// Hosts returns the fleet's hosts as a config would name them. The SSH alias is
// the name.
func (f *Fleet) Hosts() []fleet.Host { return slices.Clone(f.configs()) }

// Repos returns the fleet's repositories.
func (f *Fleet) Repos() []fleet.Repo {
	f.mu.Lock()
	defer f.mu.Unlock()
	var out []fleet.Repo
	for _, r := range f.world.Repos {
		out = append(out, r.Name)
	}
	return out
}

// RunnerScopes returns the organisations whose runners the fleet uses.
func (f *Fleet) RunnerScopes() []string { return []string{"paiml"} }

// GitHubURL is the base address of the simulated GitHub's API, with a trailing slash.
func (f *Fleet) GitHubURL() string { return f.github.URL() }

// Token is the one token the simulated GitHub takes.
func (f *Fleet) Token() string { return f.github.Token() }

// GitHub is the simulated GitHub, for counting and breaking it.
func (f *Fleet) GitHub() *hub.Server { return f.github }

// configs returns the hosts as configured.
func (f *Fleet) configs() []fleet.Host {
	out := make([]fleet.Host, 0, len(f.world.Hosts))
	for _, h := range f.world.Hosts {
		c := fleet.Host{Name: fleet.HostName(h.Name), SSH: h.Name, Transport: fleet.TransportSSH, Runners: slices.Clone(h.Patterns), Roots: slices.Clone(h.Roots), Privilege: fleet.PrivilegeSudo}
		if !h.Sudo {
			c.Privilege = fleet.PrivilegeNone
		}
		out = append(out, c)
	}
	return out
}

// OwnerOf returns the owner of an absolute path on a host, for a test that checks
// what a remediation did.
func (f *Fleet) OwnerOf(h fleet.HostName, path string) (fleet.Owner, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.advance()
	return f.world.OwnerOf(string(h), path)
}

// Use calls do with the world brought to the present, and nothing else running in it.
func (f *Fleet) Use(do func(*world.World)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.advance()
	do(f.world)
}
