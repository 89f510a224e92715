package fleet

import (
	"fmt"
	"path"
	"strings"
	"time"
)

// Skew limits: beyond skewStop ages on a host mean nothing.
const skewStop = time.Minute

// ReapVerdict says whether a dir may be reaped, and if not, every reason why
// not. An empty Refusals is the only yes.
type ReapVerdict struct {
	Refusals []string
	// Until is when waiting alone would turn the verdict; zero where it would not.
	Until time.Time
}

// OK reports whether the dir may be reaped.
func (v ReapVerdict) OK() bool { return len(v.Refusals) == 0 }

type reapCheck struct {
	v     ReapVerdict
	fatal bool
}

func (c *reapCheck) refuse(format string, a ...any) {
	c.v.Refusals = append(c.v.Refusals, fmt.Sprintf(format, a...))
	c.fatal = true
}

func (c *reapCheck) wait(until time.Time, format string, a ...any) {
	c.v.Refusals = append(c.v.Refusals, fmt.Sprintf(format, a...))
	if until.After(c.v.Until) {
		c.v.Until = until
	}
}

// Reapable applies the reap predicate: all must hold, and
// unknown in any of them is a refusal that says which. The host checks its part
// again when it acts. named means the operator asked for this very dir.
func (s *Snapshot) Reapable(d Dir, named bool) ReapVerdict {
	var c reapCheck
	s.reapPath(&c, d, named)
	s.reapRun(&c, d)
	s.reapHost(&c, d)
	s.reapJoin(&c, d)
	if c.fatal {
		c.v.Until = time.Time{}
	}
	return c.v
}

func (s *Snapshot) reapPath(c *reapCheck, d Dir, named bool) {
	pl := d.Path.Place()
	switch err := d.Path.Actionable(); {
	case err != nil:
		c.refuse("%s", strings.TrimPrefix(err.Error(), ErrNotActionable.Error()+": "))
	case !pl.Form.HasRun():
		c.refuse("form %s belongs to no single run", pl.Form)
	}
	if d.Symlink {
		c.refuse("it is a symbolic link")
	}
	if !named && s.Policy.protected(pl.Ref) {
		c.refuse("ref %s is protected: name the dir itself", pl.Ref)
	}
}

// protected reports whether a ref may only be reaped when named.
func (p Policy) protected(ref string) bool {
	first, _, _ := strings.Cut(ref, "/")
	for _, pat := range p.Protected {
		if ok, err := path.Match(pat, ref); err == nil && ok {
			return true
		}
		if stem, ok := strings.CutSuffix(pat, "/*"); ok && stem == first {
			return true
		}
	}
	return false
}

func (s *Snapshot) reapRun(c *reapCheck, d Dir) {
	if !d.HasRun() {
		c.refuse("its run was not resolved by the API")
		return
	}
	repo := string(d.Run.Repo)
	for _, k := range []SourceKind{SourceRuns, SourceJobs, SourcePulls} {
		if src := s.SourceOf(SourceID{k, repo}); !src.Fresh(s.At) {
			c.refuse("GitHub's answer about %s of %s is %s", k, repo, stateWord(src, s.At))
		}
	}
	run, _ := s.RunOf(d.Run)
	if run.Status.Live() {
		c.refuse("its run %d is %s", run.ID, run.Status)
	}
	if live := s.LiveJobs(d.Run); len(live) > 0 {
		c.refuse("%s of its run live", Plural(len(live), "job"))
	}
}

func stateWord(src Source, now time.Time) string {
	if src.State == SourceOK && src.Stale(now) {
		return "stale"
	}
	return string(src.State)
}

func (s *Snapshot) reapHost(c *reapCheck, d Dir) {
	if src := s.SourceOf(HostSource(d.Host)); !src.Fresh(s.At) {
		c.refuse("host %s is %s", d.Host, stateWord(src, s.At))
		return
	}
	sw, _ := s.SweepOf(d.Host)
	skew := sw.Skew()
	if skew.Abs() > skewStop {
		c.refuse("clock of %s is off by %s: ages mean nothing", d.Host, skew.Round(time.Second))
	}
	switch n, known := d.LiveWriters(); {
	case !known:
		c.refuse("live writers are unknown: %s", d.Writers.Why())
	case n > 0:
		w, _ := d.Writers.Get()
		c.refuse("%s, pid %d first", Plural(n, "live writer"), w[0].PID)
	}
	newest, known := d.Newest.Get()
	if !known {
		c.refuse("newest write is unknown: %s", d.Newest.Why())
	} else if idle := sw.Facts.Clock.Sub(newest); idle < s.Policy.MinIdle {
		c.wait(sw.At.Add(s.Policy.MinIdle-idle), "written %s ago, less than %s", max(idle, 0).Round(time.Second), s.Policy.MinIdle)
	}
	sm := d.Sample
	if seen := sm.Last.Sub(sm.Since); seen < s.Policy.SampleGap {
		c.wait(sm.Since.Add(s.Policy.SampleGap), "seen like this for %s, two equal looks %s apart are needed", seen.Round(time.Second), s.Policy.SampleGap)
	}
}

func (s *Snapshot) reapJoin(c *reapCheck, d Dir) {
	if d.Conflict != "" {
		c.refuse("join keys disagree: %s", d.Conflict)
		return
	}
	if d.Path.Place().PR == 0 { // a branch's dir: the run's id and host are its keys
		if !d.Keys.Has(KeyRunID) || !d.Keys.Has(KeyHost) {
			c.refuse("only one join key (%s) ties it to its run", d.Keys)
		}
		return
	}
	if !d.HasPR() {
		c.refuse("its pull request was not read")
		return
	}
	p, _ := s.PROf(d.PR)
	if n := d.Keys.PRKeys(); n < 2 && (p.State == PROpen || !p.Alone) {
		c.refuse("only one join key (%s) ties it to #%d, which is %s", d.Keys, p.Number, p.State)
	}
}

// Orphan reports whether a dir belongs to a pull request that ended at least
// Policy.ClosedFor ago: what "reap all orphans" means. It does not say that the
// dir may be reaped.
func (s *Snapshot) Orphan(d Dir) (PullRequest, bool) {
	p, ok := s.PROf(d.PR)
	if !ok || !d.HasPR() || p.State == PROpen || p.ClosedAt.IsZero() {
		return p, false
	}
	return p, s.At.Sub(p.ClosedAt) >= s.Policy.ClosedFor
}
