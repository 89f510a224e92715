package world

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"

	"andon/fleet"
)

// Scenario is a story a world can tell, and what an operator should see of it.
// A new one is one new file that calls register.
type Scenario struct {
	Name  string         // a word, for the command line
	Title string         // what happens, in one line
	Tells []fleet.RuleID // rules that must fire: what the scenario is about
	With  []fleet.RuleID // rules that may fire beside them: consequences, or another view of the same
	// Build fills an empty world, whose time is Prehistory before now, the moment
	// somebody begins to look.
	Build func(w *World, now int64)
}

// Incident is the scenario told where none is named.
const Incident = "incident"

// registered is filled while the package initialises and never after.
var registered []Scenario

func register(s Scenario) string {
	registered = append(registered, s)
	return s.Name
}

// Scenarios lists all scenarios: the incident first, the healthy fleet last.
func Scenarios() []Scenario {
	rank := func(s Scenario) int {
		switch s.Name {
		case Incident:
			return 0
		case Clean:
			return 2
		}
		return 1
	}
	return slices.SortedFunc(slices.Values(registered), func(a, b Scenario) int {
		return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a.Name, b.Name))
	})
}

// ErrNoScenario means that no scenario has the name asked for.
var ErrNoScenario = errors.New("no such scenario")

// ScenarioNamed returns the scenario of a name; the empty name is the incident's.
// An unknown name is an error that lists the known ones.
func ScenarioNamed(name string) (Scenario, error) {
	if name == "" {
		name = Incident
	}
	var names []string
	for _, s := range Scenarios() {
		if s.Name == name {
			return s, nil
		}
		names = append(names, s.Name)
	}
	return Scenario{}, fmt.Errorf("scenario %q: %w; there are %s", name, ErrNoScenario, strings.Join(names, ", "))
}
