// Package rules holds one file per rule: a pure check of a fleet.Snapshot with
// its five whys. Adding a rule is one new file that calls register.
package rules

import (
	"cmp"
	"slices"

	"andon/fleet"
)

// registered is filled while the package initialises and never after.
var registered []fleet.Rule

func register(r fleet.Rule) fleet.RuleID {
	registered = append(registered, r)
	return r.ID
}

// All returns every rule, by id.
func All() []fleet.Rule {
	out := slices.Clone(registered)
	slices.SortFunc(out, func(a, b fleet.Rule) int { return cmp.Compare(a.ID, b.ID) })
	return out
}
