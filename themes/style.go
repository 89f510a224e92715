package themes

import "strings"

// Depth is how much a terminal can show.
type Depth uint8

// The depths, from least to most.
const (
	NoEscapes Depth = iota // not even bold: TERM=dumb, a pipe, a log
	Mono                   // bold, reverse, underline; no colour (NO_COLOR)
	Colors16
	Colors256
	TrueColor
	depthCount
)

// String names the depth for doctor output and tests.
func (d Depth) String() string {
	return [...]string{"no escapes", "mono", "16 colours", "256 colours", "true colour"}[min(d, depthCount-1)]
}

// Reset ends what any Open began.
const Reset = "\x1b[0m"

// Paint is how a role looks: two colours and attributes, before it is compiled.
type Paint struct {
	Fg, Bg                                Color
	Bold, Dim, Italic, Underline, Reverse bool
}

// Style is a compiled look.
type Style struct {
	// Open is the escape string that begins the look; empty when there is
	// nothing to begin, and then no Reset is due.
	Open string
	// Inked tells that blanks written in this style show something, because it
	// has a background, is underlined or reversed.
	Inked bool
}

// Styles are the compiled styles of one theme at one depth. It is a small
// value over an immutable table and may be copied and shared freely. The zero
// Styles draws without any escape.
type Styles struct{ table *styleTable }

type styleTable struct {
	depth    Depth
	normal   [roleCount]Style
	selected [roleCount]Style
}

// Style is how a role looks on the screen's background.
func (s Styles) Style(r Role) Style {
	if s.table == nil || r >= roleCount {
		return Style{}
	}
	return s.table.normal[r]
}

// OnSelect is how a role looks on the row under the cursor: its own
// foreground upon the background of Select.
func (s Styles) OnSelect(r Role) Style {
	if s.table == nil || r >= roleCount {
		return Style{}
	}
	return s.table.selected[r]
}

// Depth is the depth the styles were compiled for.
func (s Styles) Depth() Depth {
	if s.table == nil {
		return NoEscapes
	}
	return s.table.depth
}

func compile(looks *[roleCount]Paint, d Depth) *styleTable {
	t := &styleTable{depth: d}
	selection := looks[Select]
	if d == Colors16 && selection.Bg.kind == rgb {
		// The nearest of 16 colours may be the terminal's own background.
		selection = Paint{Reverse: true, Bold: selection.Bold}
	}
	for r := range roleCount {
		t.normal[r] = looks[r].compile(d)
		t.selected[r] = looks[r].onSelect(selection).compile(d)
	}
	return t
}

// onSelect lays the look over the select look: the background and attributes
// of the selection, the foreground of the role unless it has none of its own.
func (l Paint) onSelect(sel Paint) Paint {
	over := l
	if sel.Bg.kind != unset {
		over.Bg = sel.Bg
	}
	if plain := l.Fg.kind == unset || l.Fg.kind == terminalOwn; plain && sel.Fg.kind != unset {
		over.Fg = sel.Fg
	}
	over.Bold = l.Bold || sel.Bold
	over.Underline = l.Underline || sel.Underline
	over.Reverse = l.Reverse != sel.Reverse
	return over
}

func (l Paint) compile(d Depth) Style {
	if d == NoEscapes {
		return Style{}
	}
	var params []string
	for _, a := range []struct {
		on  bool
		sgr string
	}{{l.Bold, "1"}, {l.Dim, "2"}, {l.Italic, "3"}, {l.Underline, "4"}, {l.Reverse, "7"}} {
		if a.on {
			params = append(params, a.sgr)
		}
	}
	if l.Fg.kind != terminalOwn { // every style starts from a reset
		params = appendParam(params, l.Fg.params(d, false))
	}
	if l.Bg.kind != terminalOwn {
		params = appendParam(params, l.Bg.params(d, true))
	}
	if len(params) == 0 {
		return Style{}
	}
	background := d >= Colors16 && l.Bg.kind != unset && l.Bg.kind != terminalOwn
	return Style{
		Open:  "\x1b[" + strings.Join(params, ";") + "m",
		Inked: background || l.Underline || l.Reverse,
	}
}

func appendParam(params []string, p string) []string {
	if p == "" {
		return params
	}
	return append(params, p)
}
