package remedy

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"andon/fleet"
)

const (
	planLife = 10 * time.Minute // a plan older than this was made from another world
	maxAhead = time.Minute      // a plan from further in the future was made by another clock
)

// Errors that refuse a whole plan; fleet.ErrStale is another.
var (
	ErrReadOnly = errors.New("read-only: nothing is changed; start without --readonly, or drop read_only from the config, to act")
	ErrTooMany  = errors.New("plan acts on more dirs than the hard cap")
)

// NothingSelected is what an empty plan says.
const NothingSelected = "nothing selected: the plan has no steps"

// Config is what an Executor goes by.
type Config struct {
	Hosts    []fleet.Host
	Repos    []fleet.Repo // whose runs may be rerun
	Policy   fleet.Policy
	Operator string // who acts, for both audit trails
	Console  string // version of this console
	Now      func() time.Time
}

// Executor carries plans out. It may be used concurrently: a host gets one
// request at a time, GitHub one write at a time.
type Executor struct {
	cfg     Config
	doer    Doer
	github  GitHub // nil without a token
	refresh Refresher
	audit   Audit
	gates   map[fleet.HostName]chan struct{}

	writing   sync.Mutex // held over one write to GitHub and its checks
	lastWrite time.Time
	asked     map[rerunKey]bool
}

type rerunKey struct {
	run     fleet.RunKey
	attempt int
}

// New returns an Executor. github may be nil: then every step that rests on a
// run or pull request is refused.
func New(cfg Config, d Doer, github GitHub, r Refresher, a Audit) *Executor {
	if cfg.Now == nil {
		cfg.Now = time.Now
	}
	e := &Executor{cfg: cfg, doer: d, github: github, refresh: r, audit: a,
		gates: make(map[fleet.HostName]chan struct{}, len(cfg.Hosts)), asked: make(map[rerunKey]bool)}
	for _, h := range cfg.Hosts {
		e.gates[h.Name] = make(chan struct{}, 1)
	}
	return e
}

// Apply carries out the plan whose digest the operator confirmed. Steps go in
// the order of their needs; among hosts one goes first and the others follow
// together. A step that is refused or fails does not stop the others, except
// those that need it.
//
// An error with an empty Result refuses the whole plan: nothing was done. An
// error beside a Result means that what was done could not all be recorded. An
// empty plan does nothing and says NothingSelected.
//
// Cancelling ctx stops between requests: a request under way is given a few
// seconds to end, what was not begun is recorded as skipped.
func (e *Executor) Apply(ctx context.Context, p fleet.Plan, digest string, progress func(Event)) (fleet.Result, error) {
	if err := e.admit(p, digest); err != nil {
		return fleet.Result{}, err
	}
	c := newCourse(e, p, digest, progress)
	if p.Empty() {
		c.say(NothingSelected)
		return c.result(), nil
	}
	for {
		wave := c.ready()
		if len(wave) == 0 {
			break
		}
		if ctx.Err() != nil {
			c.stop(wave, "stopped by the operator before it began")
			continue
		}
		c.onHosts(ctx, wave)
		c.onGitHub(ctx, wave)
		c.verify(ctx, wave)
	}
	return c.result(), errors.Join(c.trouble...)
}

// admit refuses a plan that may not be carried out at all.
func (e *Executor) admit(p fleet.Plan, digest string) error {
	if e.cfg.Policy.ReadOnly {
		return ErrReadOnly
	}
	if got := p.Digest(); digest == "" || got != digest {
		return fmt.Errorf("apply %s: %w: its digest is %.12s, confirmed was %.12s: make the plan again", p.Action, fleet.ErrStale, got, digest)
	}
	if err := p.Validate(); err != nil {
		return fmt.Errorf("apply %s: %w", p.Action, err)
	}
	switch age := e.cfg.Now().Sub(p.MadeAt); {
	case age > planLife:
		return fmt.Errorf("apply %s: %w: it is %s old, more than %s: make it again", p.Action, fleet.ErrStale, age.Round(time.Second), planLife)
	case age < -maxAhead:
		return fmt.Errorf("apply %s: %w: it was made %s in the future: check this machine's clock", p.Action, fleet.ErrStale, -age.Round(time.Second))
	}
	dirs := 0
	for _, s := range p.Steps {
		if s.Verb.OnHost() {
			dirs++
		}
		if err := e.knows(s); err != nil {
			return fmt.Errorf("apply %s: step %d: %w", p.Action, s.N, err)
		}
	}
	if limit := e.cfg.Policy.MaxDirs; limit > 0 && dirs > limit {
		return fmt.Errorf("apply %s: %w: %d, at most %d: plan fewer at once", p.Action, ErrTooMany, dirs, limit)
	}
	return nil
}

// knows refuses repositories, roots, owners and times that the config does not
// have: a plan file is as foreign as any other input.
func (e *Executor) knows(s fleet.Step) error {
	if s.Verb == fleet.VerbRerun {
		if !slices.Contains(e.cfg.Repos, s.Run.Repo) {
			return fmt.Errorf("repository %s is not configured", s.Run.Repo)
		}
		return nil
	}
	if least := e.cfg.Policy.MinIdle; s.Verb == fleet.VerbReap && s.Expect.MinIdle < least {
		return fmt.Errorf("reap of what is idle for %s, the policy wants %s", s.Expect.MinIdle, least)
	}
	h, ok := e.host(s.Host)
	if !ok {
		return fmt.Errorf("host %q is not configured", s.Host)
	}
	if r, ok := h.Root(s.Root.Path); !ok || r.Owner != s.Root.Owner || r.Layout.String() != s.Root.Layout.String() {
		return fmt.Errorf("root %q of %s is not as configured", s.Root.Path, s.Host)
	}
	return nil
}

func (e *Executor) host(n fleet.HostName) (fleet.Host, bool) {
	i := slices.IndexFunc(e.cfg.Hosts, func(h fleet.Host) bool { return h.Name == n })
	if i < 0 {
		return fleet.Host{}, false
	}
	return e.cfg.Hosts[i], true
}

// newRequest names a deed in both audit trails: 130 random bits.
func newRequest() string { return rand.Text() }
