package ui

import (
	"slices"

	"andon/fleet"
)

// Binding is one row of the keymap: the keys, what they mean, and how help says
// it. Help and footer are made from bindings alone, so they cannot differ from
// what the keys do.
type Binding struct {
	Keys   []string // as KeyPressed.Name
	Intent Intent
	Shown  string // how the key is printed; empty leaves it to the binding before it
	Does   string
	Short  string // for the footer; empty keeps it out of there
	Group  string // heading on the help page
	Acts   bool   // upper case acts: it opens a preview
}

// Keymap is a list of bindings. It is read-only once made.
type Keymap []Binding

// The groups of the help page.
const (
	GroupMove = "MOVE"
	GroupLook = "LOOK"
	GroupAct  = "ACT (always a preview first)"
	GroupGo   = "GO"
)

// DefaultKeymap is the keymap (lower case looks, upper case acts) with the keys of the
// given actions.
func DefaultKeymap(actions []fleet.Action) Keymap {
	one := func(kind IntentKind, n int) Intent { return Intent{Kind: kind, N: n} }
	k := Keymap{
		{Keys: []string{"enter"}, Intent: one(IntentOpen, 0), Shown: "↵", Does: "open", Short: "open", Group: GroupLook},
	}
	k = append(k, actionBindings(actions)...)
	k = append(k,
		Binding{Keys: []string{"a"}, Intent: one(IntentAck, 0), Shown: "a", Does: "acknowledge, or no longer", Short: "ack", Group: GroupLook},
		Binding{Keys: []string{"/"}, Intent: one(IntentFilter, 0), Shown: "/", Does: "filter: words, key:value", Short: "filter", Group: GroupLook},
		Binding{Keys: []string{"n"}, Intent: one(IntentMatch, 1), Shown: "n N", Does: "next, previous match", Group: GroupLook},
		Binding{Keys: []string{"N"}, Intent: one(IntentMatch, -1), Group: GroupLook},
		Binding{Keys: []string{" "}, Intent: one(IntentMark, 0), Shown: "space", Does: "mark for a batch", Short: "mark", Group: GroupLook},
		Binding{Keys: []string{"*"}, Intent: one(IntentMarkAll, 0), Shown: "*", Does: "mark all shown, or none", Group: GroupLook},
		Binding{Keys: []string{"s"}, Intent: one(IntentSort, 0), Shown: "s", Does: "sort by the next column", Short: "sort", Group: GroupLook},
		Binding{Keys: []string{"m"}, Intent: one(IntentFold, 0), Shown: "m", Does: "show all alerts, or fold", Short: "folded", Group: GroupLook},
		Binding{Keys: []string{"o"}, Intent: one(IntentBrowse, 0), Shown: "o", Does: "open in the browser", Short: "browser", Group: GroupLook},
		Binding{Keys: []string{"y"}, Intent: one(IntentCopy, 0), Shown: "y Y", Does: "copy the name, its URL", Group: GroupLook},
		Binding{Keys: []string{"Y"}, Intent: one(IntentCopyURL, 0), Group: GroupLook},
		Binding{Keys: []string{"r"}, Intent: one(IntentRefresh, 0), Shown: "r", Does: "look again now", Short: "refresh", Group: GroupLook},
		Binding{Keys: []string{"T"}, Intent: one(IntentTheme, 0), Shown: "T", Does: "next theme", Group: GroupLook},
		Binding{Keys: []string{"j", "down"}, Intent: one(IntentMove, 1), Shown: "j k ↓ ↑", Does: "down, up", Group: GroupMove},
		Binding{Keys: []string{"k", "up"}, Intent: one(IntentMove, -1), Group: GroupMove},
		Binding{Keys: []string{"g", "home"}, Intent: one(IntentFirst, 0), Shown: "g G", Does: "first, last", Group: GroupMove},
		Binding{Keys: []string{"G", "end"}, Intent: one(IntentLast, 0), Group: GroupMove},
		Binding{Keys: []string{"ctrl+d", "pgdown"}, Intent: one(IntentScroll, 1), Shown: "ctrl-d u", Does: "half a page down, up", Group: GroupMove},
		Binding{Keys: []string{"ctrl+u", "pgup"}, Intent: one(IntentScroll, -1), Group: GroupMove},
		Binding{Keys: []string{"tab", "shift+tab"}, Intent: one(IntentPane, 0), Shown: "tab", Does: "next pane", Short: "pane", Group: GroupMove},
	)
	return append(k, goBindings()...)
}

// actionOrder is the order of the actions' keys in help and footer; others follow.
func actionOrder() []fleet.ActionID {
	return []fleet.ActionID{fleet.ActionFix, fleet.ActionChown, fleet.ActionReap, fleet.ActionRerun, fleet.ActionUndo, fleet.ActionPurge}
}

func actionBindings(actions []fleet.Action) Keymap {
	order := actionOrder()
	rank := func(a fleet.Action) int {
		if i := slices.Index(order, a.ID); i >= 0 {
			return i
		}
		return len(order)
	}
	actions = slices.Clone(actions)
	slices.SortStableFunc(actions, func(a, b fleet.Action) int { return rank(a) - rank(b) })
	var k Keymap
	for _, a := range actions {
		if a.Key == "" {
			continue
		}
		k = append(k, Binding{Keys: []string{a.Key}, Intent: Intent{Kind: IntentAct, Action: a.ID},
			Shown: a.Key, Does: a.Title, Short: string(a.ID), Group: GroupAct, Acts: true})
	}
	return k
}

func goBindings() Keymap {
	k := Keymap{
		{Keys: []string{"?"}, Intent: Intent{Kind: IntentHelp}, Shown: "?", Does: "this help", Group: GroupGo},
		{Keys: []string{"esc"}, Intent: Intent{Kind: IntentBack}, Shown: "esc", Does: "back, one level", Group: GroupGo},
		{Keys: []string{"q"}, Intent: Intent{Kind: IntentQuit}, Shown: "q", Does: "back, then quit", Group: GroupGo},
	}
	for i, name := range Tabs() {
		n := string(rune('1' + i))
		k = append(k, Binding{Keys: []string{n}, Intent: Intent{Kind: IntentTab, N: i}, Shown: n, Does: name, Group: GroupGo})
	}
	return k
}

// Find returns the intent of a key.
func (k Keymap) Find(name string) (Binding, bool) {
	for _, b := range k {
		if slices.Contains(b.Keys, name) {
			return b, true
		}
	}
	return Binding{}, false
}

// For returns the bindings a page understands, and those of the frame.
func (k Keymap) For(f Face) Keymap {
	set := f.Intents | Intents(IntentHelp, IntentBack, IntentQuit, IntentTab, IntentTheme, IntentRefresh)
	var out Keymap
	for _, b := range k {
		if set.Has(b.Intent.Kind) && (b.Intent.Kind != IntentAct || slices.Contains(f.Actions, b.Intent.Action)) {
			out = append(out, b)
		}
	}
	return out
}

// KeyOf returns the key of an action; empty where it has none.
func (k Keymap) KeyOf(a fleet.ActionID) string {
	for _, b := range k {
		if b.Intent.Kind == IntentAct && b.Intent.Action == a {
			return b.Shown
		}
	}
	return ""
}
