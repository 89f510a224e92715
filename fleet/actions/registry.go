// Package actions holds one file per action. An action only ever builds a
// fleet.Plan from a snapshot; preview, confirmation, guards on the host,
// execution and audit are the frame's. Three public rules hold for all: unknown
// means refuse, empty means do nothing, no audit no act.
package actions

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"andon/fleet"
)

// registered is filled while the package initialises and never after.
var registered []fleet.Action

func register(a fleet.Action) fleet.ActionID {
	registered = append(registered, a)
	return a.ID
}

// All returns every action, by id.
func All() []fleet.Action {
	out := slices.Clone(registered)
	slices.SortFunc(out, func(a, b fleet.Action) int { return cmp.Compare(a.ID, b.ID) })
	return out
}

// Find returns an action by id.
func Find(id fleet.ActionID) (fleet.Action, error) {
	names := make([]string, 0, len(registered))
	for _, a := range All() {
		if a.ID == id {
			return a, nil
		}
		names = append(names, string(a.ID))
	}
	return fleet.Action{}, fmt.Errorf("action %q: not known; there are %s", id, strings.Join(names, ", "))
}
