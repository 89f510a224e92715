package day

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

// Kind is one way in which things go wrong, and what must come of it. A new one is
// one entry of a list in a file kinds_*.go.
type Kind struct {
	Name string
	Rule fleet.RuleID // that must fire
	On   ground       // what it needs for itself
	Part string       // of a host, where it is not its rule's alone
	// After is how long it must have gone on before it can be told from what is
	// usual: the rule's own thresholds, its For aside.
	After time.Duration
	Hold  time.Duration  // how long the rule may hold on when it is mended
	Rest  time.Duration  // how long its ground is left to itself after it
	More  time.Duration  // how much longer than needed it goes on
	With  []fleet.RuleID // rules that may fire for the same things
	Share int            // how many of these there are, in relation to others; 0 is 1
	Stage func(*stage)
}

// ground is what an incident needs, so that no other hides it.
type ground uint8

// The grounds.
const (
	onPart    ground = iota // a part of a host that bears with other parts' incidents, not with its own rule's
	onHost                  // a host
	onDir                   // a host, and GitHub's word on its repository
	onRun                   // the same, and no other incident of its rule in the repository
	onRare                  // the same on the rare runners, with GitHub's list of runners
	onRunner                // a host, and the list of runners
	onPool                  // the same, and no other incident of its rule in the fleet
	onLine                  // GitHub's silence on a repository: nothing else may rest on it
	onRunners               // GitHub's silence on runners
	onAll                   // no other incident of its rule
)

// claim is a thing an incident needs, alone or beside others that bear company.
type claim struct {
	name   string
	shared bool
}

// claims lists what an incident needs.
func (s *stage) claims() []claim {
	rule := string(s.Kind.Rule)
	host, line := claim{name: string(s.host.conf.Name)}, claim{string(s.cell.repo), true}
	own, list := claim{name: rule + " in " + line.name}, claim{"runners", true}
	if s.Blinded && s.Kind.On == onRun {
		line.shared = false // nothing else may rest on it
	}
	switch s.Kind.On {
	case onPart:
		part := s.Kind.Part
		if part == "" {
			part = rule
		}
		return []claim{{host.name, !s.Blinded}, {name: part + " of " + host.name}}
	case onHost:
		return []claim{host}
	case onDir:
		return []claim{host, line}
	case onRun:
		if s.Blinded {
			return []claim{host, line, own, {pace, true}}
		}
		return []claim{host, line, own}
	case onRare:
		return []claim{host, line, own, list}
	case onRunner:
		return []claim{host, list}
	case onPool:
		return []claim{host, list, {name: rule}}
	case onLine:
		return []claim{{name: line.name}}
	case onRunners:
		return []claim{{name: list.name}}
	}
	if s.Kind.Rule == "rate-budget" { // a console that nears its limit slows down, and is stale later
		return []claim{{name: rule}, {name: pace}}
	}
	return []claim{{name: rule}}
}

// pace is the claim of those that go by how often GitHub is asked.
const pace = "pace"

// Incident is something that goes wrong and is mended.
type Incident struct {
	N        int
	Kind     Kind
	From, To time.Time // To: mended
	By       time.Time // the alert must be there
	Until    time.Time // the alert must be gone
	Where    string
	Line     string          // its repository, where it is about runs
	About    []fleet.Subject // the alert names at least one of them
	Blinded  bool            // a source it rests on is silent in its middle
	Dark     span            // then
}

// String tells an incident in one line.
func (i *Incident) String() string {
	return fmt.Sprintf("incident %d: %s (%s) on %s, from %s to %s", i.N, i.Kind.Name, i.Kind.Rule, i.Where, i.From.Format(time.TimeOnly), i.To.Format(time.TimeOnly))
}

// Poll is the time between two looks at the fleet.
const Poll = 30 * time.Second

// stage is where an incident is put into the day.
type stage struct {
	*Day
	*Incident
	cell *cell
	host *host
}

func (s *stage) about(list ...fleet.Subject) { s.About = append(s.About, list...) }

// while is from the incident's begin to its end.
func (s *stage) while() span { return span{s.From, s.To} }

// kinds lists all kinds whose rule is among those that run.
func kinds(rules []fleet.Rule) []Kind {
	have := make(map[fleet.RuleID]bool, len(rules))
	for _, r := range rules {
		have[r.ID] = true
	}
	all := slices.Concat(hostKinds(), dirKinds(), runKinds(), runnerKinds(), sourceKinds())
	all = slices.DeleteFunc(all, func(k Kind) bool { return !have[k.Rule] })
	slices.SortStableFunc(all, func(a, b Kind) int { return cmp.Compare(a.Name, b.Name) })
	return all
}
