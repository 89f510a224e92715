package kit

import (
	"strings"

	"andon/themes"
)

// maxModal is the widest a dialog gets: longer lines are hard to read.
const maxModal = 100

// View draws the dialog in the middle of exactly w by h cells. A body that does
// not fit scrolls, with a line that says how much is out of sight; field and
// buttons always stay.
func (m Modal) View(look Look, w, h int) string {
	w, h = max(w, 0), max(h, 0)
	width := min(w, maxModal)
	inner := max(width-4, 0)
	foot := m.foot(look, inner)
	room := max(h-2-len(foot), 1)
	lines := make([]string, 0, h)
	lines = append(lines, look.edge(width, m.Title, nil, true))
	for _, l := range append(m.window(look, room), foot...) {
		lines = append(lines, look.boxed(width, l))
	}
	lines = append(lines, look.edge(width, nil, Line{In(themes.Dim, m.Foot)}, false))
	return look.Center(w, h, strings.Join(lines, "\n"))
}

// Height is how many lines the dialog takes at a width when all of it fits.
func (m Modal) Height(look Look, w int) int {
	return 2 + len(m.Body) + len(m.foot(look, max(min(w, maxModal)-4, 0)))
}

// window are the body lines to show in room lines.
func (m Modal) window(look Look, room int) []boxLine {
	body := make([]boxLine, 0, room)
	if len(m.Body) <= room {
		for _, l := range m.Body {
			body = append(body, boxLine{line: l})
		}
		return body
	}
	shown := max(room-1, 0)
	from := min(m.scroll, len(m.Body)-shown)
	for _, l := range m.Body[from : from+shown] {
		body = append(body, boxLine{line: l})
	}
	return append(body, boxLine{line: Line{In(themes.Key, look.scrollKeys()), In(themes.Dim, " "+outOfSight(from, len(m.Body)-from-shown))}})
}

// outOfSight counts the lines above and below a window.
func outOfSight(above, below int) Safe {
	var parts []Safe
	if above > 0 {
		parts = append(parts, Number(int64(above))+" above")
	}
	if below > 0 {
		parts = append(parts, Number(int64(below))+" below")
	}
	return Join(parts, ", ")
}

// boxLine is one line inside a dialog, with the span that has the focus.
type boxLine struct {
	line  Line
	focus int // number of a span + 1; 0 is none
}

// foot are the lines below the body: field and buttons.
func (m Modal) foot(look Look, inner int) []boxLine {
	var lines []boxLine
	if m.Field != nil {
		ask := Line{In(themes.Text, m.Field.Ask+"  ")}
		room := max(inner-ask.Width(), 1)
		if m.onField() {
			ask = ask.Then(m.input.View(look, room)...)
		} else {
			ask = ask.Then(In(themes.Text, Truncate(Clean(m.input.Value()), room, look.Ellipsis())))
		}
		if typed := m.input.Value(); !strings.HasPrefix(m.Field.Want, typed) {
			ask = ask.Then(In(themes.Crit, "  "+look.Glyph(SignFail)+" not what is asked for"))
		}
		lines = append(lines, boxLine{}, boxLine{line: ask})
	}
	if len(m.Buttons) == 0 {
		return lines
	}
	lines = append(lines, boxLine{})
	if m.buttonsWidth(look) <= inner {
		return append(lines, m.buttonRow(look, inner))
	}
	for i := range m.Buttons {
		lines = append(lines, m.oneButton(look, i))
	}
	return lines
}

const buttonGap = 4

func (m Modal) buttonsWidth(look Look) int {
	n := buttonGap * (len(m.Buttons) - 1)
	for i := range m.Buttons {
		n += Width(m.button(look, i).Text)
	}
	return n
}

// buttonRow sets all buttons on one line, in its middle.
func (m Modal) buttonRow(look Look, inner int) boxLine {
	var b boxLine
	b.line = Line{In(themes.Text, blanks((inner-m.buttonsWidth(look))/2))}
	for i := range m.Buttons {
		if i > 0 {
			b.line = append(b.line, In(themes.Text, blanks(buttonGap)))
		}
		b.line = append(b.line, m.button(look, i))
		if m.focus == i+m.fields() {
			b.focus = len(b.line)
		}
	}
	return b
}

func (m Modal) oneButton(look Look, i int) boxLine {
	b := boxLine{line: Line{m.button(look, i)}}
	if m.focus == i+m.fields() {
		b.focus = 1
	}
	return b
}

// button is "[ label  key ]"; a pointer stands in the one that has the focus,
// so that it is seen without colour.
func (m Modal) button(look Look, i int) Span {
	b := m.Buttons[i]
	key := b.Shown
	if key == "" {
		key = CleanASCII(b.Key)
	}
	role, open := themes.Key, Safe("[ ")
	switch {
	case m.Blocked(b) != "":
		role = themes.Idle
	case b.Acts:
		role = themes.Warn
	}
	if m.focus == i+m.fields() {
		open = "[" + look.set().crumb
	}
	text := open + b.Label + "  " + key
	if b.Off != "" {
		text += " (" + b.Off + ")"
	}
	return Span{role, text + " ]"}
}

// boxed draws one line between the sides of a box w cells wide.
func (l Look) boxed(w int, b boxLine) string {
	p := pen{buf: make([]byte, 0, 2*w+96), look: l}
	if w < 4 {
		p.blank(w)
		return string(p.buf)
	}
	side := l.set().vertical
	p.text(themes.Rule, side)
	p.blank(1)
	if b.focus == 0 || b.line.Width() > w-4 {
		p.padded(b.line, w-4)
	} else {
		p.line(b.line[:b.focus-1], w)
		p.selected = true
		p.line(b.line[b.focus-1:b.focus], w)
		p.end()
		p.selected = false
		p.line(b.line[b.focus:], w)
		p.blank(w - 4 - b.line.Width())
	}
	p.blank(1)
	p.text(themes.Rule, side)
	p.end()
	return string(p.buf)
}

// edge draws the upper or lower border of a box, with a text near its left or
// its right end.
func (l Look) edge(w int, left, right Line, top bool) string {
	g := l.set()
	from, to := g.bottomLeft, g.bottomRight
	if top {
		from, to = g.topLeft, g.topRight
	}
	p := pen{buf: make([]byte, 0, 3*w+96), look: l}
	if w < 4 {
		p.blank(w)
		return string(p.buf)
	}
	room := w - 2
	p.text(themes.Rule, from)
	if n := left.Width(); n > 0 && room > 4 {
		p.repeat(themes.Rule, g.bar, 1)
		p.blank(1)
		room -= 3 + p.line(left, min(n, room-4))
		p.blank(1)
	}
	if n := right.Width(); n > 0 && room > 4 {
		n = min(n, room-4)
		p.repeat(themes.Rule, g.bar, room-n-3)
		p.blank(1)
		p.line(right, n)
		p.blank(1)
		p.repeat(themes.Rule, g.bar, 1)
	} else {
		p.repeat(themes.Rule, g.bar, room)
	}
	p.text(themes.Rule, to)
	p.end()
	return string(p.buf)
}
