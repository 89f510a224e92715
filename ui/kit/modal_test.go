package kit

import (
	"strings"
	"testing"
)

func press(m Modal, keys ...string) (Modal, string) {
	pressed := ""
	for _, k := range keys {
		m, pressed = m.Key(k)
	}
	return m, pressed
}

func TestTypedConfirmationHoldsTheButton(t *testing.T) {
	for _, c := range []struct {
		name string
		keys []string
		want string
	}{
		{"enter with an empty field", []string{"enter"}, ""},
		{"the wrong number", []string{"2", "enter"}, ""},
		{"more than the number", []string{"2", "3", "3", "enter"}, ""},
		{"the number", []string{"2", "3", "enter"}, "delete"},
		{"the number, mended", []string{"2", "4", "backspace", "3", "enter"}, "delete"},
		{"the number, then the button", []string{"2", "3", "tab", "tab", "enter"}, "delete"},
		{"the button without the number", []string{"tab", "tab", "enter"}, ""},
		{"tab to cancel", []string{"tab", "enter"}, "cancel"},
		{"escape from the field", []string{"2", "3", "esc"}, "cancel"},
		{"once round and back", []string{"tab", "tab", "tab", "shift+tab", "shift+tab", "enter"}, "cancel"},
	} {
		if _, got := press(reapModal().FocusField(), c.keys...); got != c.want {
			t.Errorf("%s: pressed %q, want %q", c.name, got, c.want)
		}
	}
}

func TestAPasteNeverPresses(t *testing.T) {
	m := reapModal().FocusField().Insert("23\n")
	if m.Typed() != "23" {
		t.Errorf("the field holds %q", m.Typed())
	}
	if got := cancelModal().Insert("y").Insert("\ny\n"); got.Focused() != "yes" || got.Typed() != "" {
		t.Errorf("a paste outside a field did something: %q %q", got.Focused(), got.Typed())
	}
}

func TestButtonKeysAndFocus(t *testing.T) {
	for _, c := range []struct {
		name string
		keys []string
		want string
	}{
		{"its key", []string{"y"}, "yes"},
		{"escape", []string{"esc"}, "no"},
		{"a key of a button that is off", []string{"F"}, ""},
		{"enter on the one in focus", []string{"enter"}, "yes"},
		{"left, enter", []string{"left", "enter"}, "no"},
		{"right onto the one that is off, enter", []string{"right", "enter"}, ""},
		{"all the way round", []string{"right", "right", "l", "enter"}, "yes"},
		{"a key of nothing", []string{"x"}, ""},
	} {
		if _, got := press(cancelModal(), c.keys...); got != c.want {
			t.Errorf("%s: pressed %q, want %q", c.name, got, c.want)
		}
	}
	if (Modal{}).Focused() != "" {
		t.Error("a dialog without buttons has one in focus")
	}
	if m, got := press(Modal{}, "tab", "enter", "x"); got != "" || m.Focused() != "" {
		t.Errorf("a dialog without buttons pressed %q", got)
	}
}

func TestBlockedSaysWhy(t *testing.T) {
	m := reapModal()
	if got := m.Blocked(m.Buttons[1]); got != "type 23 first" {
		t.Errorf("%q", got)
	}
	if got := cancelModal().Blocked(cancelModal().Buttons[2]); got != "read-only" {
		t.Errorf("%q", got)
	}
}

func TestLongBodyScrollsAndKeepsTheButtons(t *testing.T) {
	look := looks(t)[3].look
	m := cancelModal()
	for i := range 40 {
		m.Body = append(m.Body, Words("line "+Number(int64(i))))
	}
	top := m.View(look, 60, 12)
	down, _ := press(m, "pgdown", "down")
	end, _ := press(m, strings.Split(strings.Repeat("pgdown ", 20)+"up", " ")...)
	for name, c := range map[string]struct{ view, want, not string }{
		"top":  {top, "up down 37 below", "line 20"},
		"down": {down.View(look, 60, 12), "9 above, 28 below", "from anvil"},
		"end":  {end.View(look, 60, 12), "line 39", "line 20"},
	} {
		if !strings.Contains(c.view, c.want) || strings.Contains(c.view, c.not) || !strings.Contains(c.view, "Cancel the run") {
			t.Errorf("%s: want %q and the buttons, not %q:\n%s", name, c.want, c.not, c.view)
		}
	}
	if got := m.Height(look, 60); got != 48 {
		t.Errorf("all of it takes %d lines", got)
	}
}

func TestAWrongPhraseIsSaidToBeWrong(t *testing.T) {
	look := looks(t)[3].look
	m := Modal{Field: &Field{Ask: "Type 23:", Want: "23"}, Buttons: []Button{{ID: "go", Label: "Go", Typed: true}}}
	for typed, wrong := range map[string]bool{"2": false, "23": false, "3": true, "234": true} {
		view := m.Insert(typed).View(look, 60, 12)
		if strings.Contains(view, "not what is asked for") != wrong {
			t.Errorf("%q typed for 23:\n%s", typed, view)
		}
	}
}
