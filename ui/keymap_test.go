package ui_test

import (
	"strings"
	"testing"

	"andon/fleet"
	"andon/ui"
	"andon/ui/uitest"
)

// TestLowerCaseLooks: only upper case keys, and those an action claims for
// itself, lead to a preview; no key has two meanings.
func TestLowerCaseLooks(t *testing.T) {
	seen := make(map[string]ui.Binding)
	for _, b := range ui.DefaultKeymap(uitest.Actions()) {
		for _, k := range b.Keys {
			if old, twice := seen[k]; twice {
				t.Errorf("%q means %q and %q", k, old.Does, b.Does)
			}
			seen[k] = b
		}
		if acts := b.Intent.Kind == ui.IntentAct; acts != b.Acts {
			t.Errorf("%v: acts is %v", b.Keys, b.Acts)
		}
		if b.Shown != "" && (b.Does == "" || b.Group == "") {
			t.Errorf("%v is not explained", b.Keys)
		}
	}
	for _, k := range strings.Fields("j k down up g G ctrl+d ctrl+u / n N ? enter esc q tab 1 2 3 4 5 o y Y r s a T C D R P f z") {
		if _, ok := seen[k]; !ok {
			t.Errorf("%q means nothing", k)
		}
	}
	if _, ok := seen[" "]; !ok {
		t.Error("space means nothing")
	}
}

// TestForOffersOnlyWhatAPageDoes: help and footer come from here.
func TestForOffersOnlyWhatAPageDoes(t *testing.T) {
	k := ui.DefaultKeymap(uitest.Actions())
	got := k.For(ui.Face{Intents: ui.Intents(ui.IntentAct, ui.IntentMove), Actions: []fleet.ActionID{fleet.ActionUndo}})
	for _, b := range got {
		if b.Intent.Kind == ui.IntentAct && b.Intent.Action != fleet.ActionUndo {
			t.Errorf("offers %s", b.Intent.Action)
		}
		if b.Intent.Kind == ui.IntentSort {
			t.Error("offers what the page does not understand")
		}
	}
	if k.KeyOf(fleet.ActionReap) != "D" || k.KeyOf("nothing") != "" {
		t.Error("an action's key is wrong")
	}
}

func TestClasses(t *testing.T) {
	for r, want := range map[ui.Rect]ui.Class{{W: 39, H: 50}: ui.OneLine, {W: 200, H: 9}: ui.OneLine, {W: 40, H: 10}: ui.OneList, {W: 79, H: 24}: ui.OneList,
		{W: 80, H: 19}: ui.OneList, {W: 80, H: 20}: ui.Normal, {W: 139, H: 60}: ui.Normal, {W: 140, H: 20}: ui.Wide} {
		if got := ui.ClassOf(r); got != want {
			t.Errorf("%v is of class %d, want %d", r, got, want)
		}
	}
}
