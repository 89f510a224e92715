package rules

import (
	"strings"
	"time"

	"andon/fleet"
)

const (
	stayed      = 6 * time.Hour    // listed for so long, a runner is no ephemeral one
	churnNames  = 3                // names that came and went within hours make their stem an ephemeral pool's
	registering = 10 * time.Minute // a runner new in the list may not take jobs yet
)

// seenRunners is what earlier lists of one scope held.
type seenRunners struct {
	byName map[string]fleet.RunnerSeen
	first  time.Time      // oldest list remembered
	churn  map[string]int // by stem: names that are gone after less than a few hours
}

// rememberRunners sorts the history by scope.
func rememberRunners(s *fleet.Snapshot) map[string]*seenRunners {
	type key struct{ scope, name string }
	listed := make(map[key]bool, len(s.Runners))
	for i := range s.Runners {
		listed[key{s.Runners[i].Scope, s.Runners[i].Name}] = true
	}
	out := make(map[string]*seenRunners)
	for _, r := range s.History.Runners {
		h := out[r.Scope]
		if h == nil {
			h = &seenRunners{byName: make(map[string]fleet.RunnerSeen), first: r.First, churn: make(map[string]int)}
			out[r.Scope] = h
		}
		h.byName[r.Name] = r
		if r.First.Before(h.first) {
			h.first = r.First
		}
		if !listed[key{r.Scope, r.Name}] && r.Last.Sub(r.First) < stayed {
			h.churn[stem(r.Name)]++
		}
	}
	return out
}

// away returns since when lists say that a runner is not online; zero where no
// earlier list did.
func (h *seenRunners) away(name string) time.Time {
	if h == nil {
		return time.Time{}
	}
	return h.byName[name].Away
}

// ephemeral reports whether names like this one come and go within hours: such a
// runner is gone by design.
func (h *seenRunners) ephemeral(name string) bool {
	return h != nil && h.churn[stem(name)] >= churnNames
}

// fresh reports whether a runner joined a list that was already being read: it may
// still be registering. Where nothing older is remembered nobody can tell.
func (h *seenRunners) fresh(name string, now time.Time) bool {
	if h == nil {
		return false
	}
	r, ok := h.byName[name]
	return !ok || r.First.After(h.first) && now.Sub(r.First) < registering
}

// stem is a runner's name without what tells it from its neighbours: the last part
// that holds a digit, as in "eph-7f3a9c" and "intel-clean-room-16".
func stem(name string) string {
	i := strings.LastIndexAny(name, "-_.")
	if i < 0 {
		return strings.TrimRight(name, "0123456789")
	}
	if strings.ContainsAny(name[i:], "0123456789") {
		return name[:i]
	}
	return name
}

// serviceOf returns a runner's service on its host, where the host's last sweep
// names it.
func serviceOf(s *fleet.Snapshot, h fleet.HostName, runner string) (fleet.RunnerService, bool) {
	sw, ok := s.SweepOf(h)
	if !ok {
		return fleet.RunnerService{}, false
	}
	for _, svc := range sw.Services {
		if svc.Runner == runner {
			return svc, true
		}
	}
	return fleet.RunnerService{}, false
}
