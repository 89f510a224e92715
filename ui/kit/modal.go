package kit

import "slices"

// Button is one way out of a dialog.
type Button struct {
	ID    string // what Key reports
	Key   string // the key that presses it at once, by name: "y", "esc"
	Shown Safe   // the key as shown; empty shows Key
	Label Safe
	Acts  bool // it changes something: shown in the colour of a warning
	// Off is why it cannot be pressed; empty when it can.
	Off Safe
	// Typed wants the dialog's field filled in as asked before it can be pressed.
	Typed bool
}

// Field asks for a text to be typed before a dialog goes on.
type Field struct {
	Ask  Safe   // "Type the number of directories to go on:"
	Want string // plain ASCII from the plan or the configuration, never remote text
}

// Modal is a dialog: what is at stake, an optional field, and buttons. It is a
// value; Key and Insert return the changed dialog.
type Modal struct {
	Title   Line
	Foot    Safe // small print in the lower border
	Body    []Line
	Field   *Field // nil asks for nothing; never written
	Buttons []Button

	input  Input
	focus  int // number of a stop: the field where there is one, then the buttons
	scroll int // first body line shown
}

// Typed is what stands in the field.
func (m Modal) Typed() string { return m.input.Value() }

// Focus puts the focus on the button with an id.
func (m Modal) Focus(id string) Modal {
	if i := slices.IndexFunc(m.Buttons, func(b Button) bool { return b.ID == id }); i >= 0 {
		m.focus = i + m.fields()
	}
	return m
}

// FocusField puts the focus on the field, where the dialog has one.
func (m Modal) FocusField() Modal {
	m.focus = 0
	return m
}

// Focused is the id of the button that has the focus; empty for the field.
func (m Modal) Focused() string {
	if m.onField() || len(m.Buttons) == 0 {
		return ""
	}
	return m.Buttons[m.focus-m.fields()].ID
}

// Insert puts a paste into the field when it has the focus. A paste never
// presses a button.
func (m Modal) Insert(text string) Modal {
	if m.onField() {
		m.input = m.input.Insert(text)
	}
	return m
}

// Key applies a key by its name and reports the id of the button it pressed, or
// nothing. Tab and the arrows move the focus, enter presses the button that has
// it; in the field enter presses the button that waits for the field. A letter
// goes into the field while that has the focus.
func (m Modal) Key(name string) (Modal, string) {
	switch name {
	case "tab":
		return m.step(1), ""
	case "shift+tab":
		return m.step(-1), ""
	case "enter":
		return m, m.enter()
	case "up", "pgup", "down", "pgdown":
		return m.scrolled(name), ""
	}
	if m.onField() {
		if in, edited := m.input.Key(name); edited {
			m.input = in
			return m, ""
		}
		if len([]rune(name)) == 1 {
			m.input = m.input.Insert(name)
			return m, ""
		}
	}
	switch name {
	case "right", "l":
		if !m.claims(name) {
			return m.step(1), ""
		}
	case "left", "h":
		if !m.claims(name) {
			return m.step(-1), ""
		}
	}
	for _, b := range m.Buttons {
		if b.Key == name && m.Blocked(b) == "" {
			return m, b.ID
		}
	}
	return m, ""
}

// Blocked is why a button cannot be pressed now; empty when it can.
func (m Modal) Blocked(b Button) Safe {
	switch {
	case b.Off != "":
		return b.Off
	case b.Typed && m.Field != nil && m.input.Value() != m.Field.Want:
		return "type " + CleanASCII(m.Field.Want) + " first"
	}
	return ""
}

func (m Modal) claims(key string) bool {
	return slices.ContainsFunc(m.Buttons, func(b Button) bool { return b.Key == key })
}

func (m Modal) fields() int {
	if m.Field != nil {
		return 1
	}
	return 0
}

func (m Modal) onField() bool { return m.Field != nil && m.focus == 0 }

func (m Modal) step(n int) Modal {
	if stops := m.fields() + len(m.Buttons); stops > 0 {
		m.focus = (m.focus + n + stops) % stops
	}
	return m
}

// enter is the id of the button that enter presses, or nothing.
func (m Modal) enter() string {
	for i, b := range m.Buttons {
		here := i+m.fields() == m.focus
		if m.onField() {
			here = b.Typed
		}
		if here && m.Blocked(b) == "" {
			return b.ID
		}
	}
	return ""
}

func (m Modal) scrolled(key string) Modal {
	by := map[string]int{"up": -1, "down": 1, "pgup": -8, "pgdown": 8}[key]
	m.scroll = min(max(m.scroll+by, 0), max(len(m.Body)-1, 0))
	return m
}
