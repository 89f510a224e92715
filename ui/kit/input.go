package kit

import (
	"slices"
	"strings"
	"unicode"

	"andon/themes"
)

// MaxInput is the most runes an Input takes; a paste beyond it is cut.
const MaxInput = 512

// Input is one line of text being typed. It is a value; the zero Input is empty.
type Input struct {
	text []rune // never written in place
	at   int    // the caret stands before this rune
}

// NewInput is an input holding text, with the caret at its end.
func NewInput(text string) Input { return Input{}.Insert(text) }

// Value is the text as typed.
func (in Input) Value() string { return string(in.text) }

// Insert puts text at the caret, as typing or a paste does. Runes that are not
// printable are left out.
func (in Input) Insert(text string) Input {
	var add []rune
	for _, r := range text {
		if len(in.text)+len(add) == MaxInput {
			break
		}
		if visible(r) && r != unicode.ReplacementChar {
			add = append(add, r)
		}
	}
	return Input{slices.Concat(in.text[:in.at], add, in.text[in.at:]), in.at + len(add)}
}

// Key applies an editing key by its name (left, right, home, end, backspace,
// delete, ctrl+a, ctrl+e, ctrl+u, ctrl+k, ctrl+w). It reports false for a key
// that does not edit.
func (in Input) Key(name string) (Input, bool) {
	switch name {
	case "left", "ctrl+b":
		in.at = max(in.at-1, 0)
	case "right", "ctrl+f":
		in.at = min(in.at+1, len(in.text))
	case "home", "ctrl+a":
		in.at = 0
	case "end", "ctrl+e":
		in.at = len(in.text)
	case "backspace", "ctrl+h":
		return in.without(max(in.at-1, 0), in.at), true
	case "delete":
		return in.without(in.at, min(in.at+1, len(in.text))), true
	case "ctrl+u":
		return in.without(0, in.at), true
	case "ctrl+k":
		return in.without(in.at, len(in.text)), true
	case "ctrl+w":
		head := strings.TrimRight(string(in.text[:in.at]), " ")
		from := len([]rune(head[:strings.LastIndexByte(head, ' ')+1]))
		return in.without(from, in.at), true
	default:
		return in, false
	}
	return in, true
}

func (in Input) without(from, to int) Input {
	return Input{slices.Concat(in.text[:from], in.text[to:]), from}
}

// View is the input with its caret in at most w cells; a long text scrolls so
// that the caret is seen.
func (in Input) View(look Look, w int) Line {
	if w <= 0 {
		return nil
	}
	g := look.set()
	before, after := Clean(string(in.text[:in.at])), Clean(string(in.text[in.at:]))
	if room := w - 1; Width(before) > room {
		before = tail(before, room-1)
		if room > 0 {
			before = g.ellipsis + before
		}
	}
	after = Truncate(after, w-1-Width(before), g.ellipsis)
	return Line{{themes.Text, before}, {themes.Accent, g.caret}, {themes.Text, after}}
}

// tail is the end of a text in at most w cells.
func tail(s Safe, w int) Safe {
	over := Width(s) - w
	if over <= 0 {
		return s
	}
	for i, r := range s {
		if over <= 0 && runeWidth(r) > 0 {
			return s[i:]
		}
		over -= runeWidth(r)
	}
	return ""
}

// FilterLine is the line a filter is typed on, exactly w cells: the input after
// its prompt, and at the right the remark, or what is wrong with the text.
func (l Look) FilterLine(w int, prompt Safe, in Input, remark Safe, fault error) string {
	right := Line{In(themes.Dim, remark+" ")}
	if fault != nil {
		right = Line{In(themes.Warn, l.Glyph(SignWarn)+" "+Clean(fault.Error())+" ")}
	}
	room := max(w-right.Width()-3, w/3-2, 0)
	left := Line{In(themes.Key, " "+prompt)}.Then(in.View(l, room)...)
	return l.Line(w, left, right)
}
