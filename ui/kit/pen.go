package kit

import "andon/themes"

// Span is a piece of text with one meaning.
type Span struct {
	Role themes.Role
	Text Safe
}

// In is a span: text in a role.
func In(role themes.Role, text Safe) Span { return Span{role, text} }

// Line is a run of spans on one line.
type Line []Span

// Words is a line of ordinary text.
func Words(text Safe) Line { return Line{{themes.Text, text}} }

// Width is how many cells the line takes.
func (l Line) Width() int {
	n := 0
	for _, s := range l {
		n += Width(s.Text)
	}
	return n
}

// Then is the line with spans after it; the line itself stays as it was.
func (l Line) Then(spans ...Span) Line {
	return append(l[:len(l):len(l)], spans...)
}

// pen writes styled text into a buffer. It switches styles only when something
// that shows would look different, which halves the bytes of a frame.
type pen struct {
	buf      []byte
	look     Look
	selected bool
	current  themes.Style
}

// wear switches to a role's style for text that shows.
func (p *pen) wear(role themes.Role) {
	var want themes.Style
	if p.selected {
		want = p.look.styles.OnSelect(role)
	} else {
		want = p.look.styles.Style(role)
	}
	p.become(want)
}

func (p *pen) become(want themes.Style) {
	if want.Open == p.current.Open {
		return
	}
	if p.current.Open != "" {
		p.buf = append(p.buf, themes.Reset...)
	}
	p.buf = append(p.buf, want.Open...)
	p.current = want
}

// text writes text whose width the caller has measured.
func (p *pen) text(role themes.Role, s Safe) {
	if s != "" {
		p.wear(role)
		p.buf = append(p.buf, s...)
	}
}

// blank writes n blanks. They keep the style in force unless it would show.
func (p *pen) blank(n int) {
	if n <= 0 {
		return
	}
	if p.selected {
		if p.look.styles.OnSelect(themes.Text).Inked || p.current.Inked {
			p.wear(themes.Text)
		}
	} else if p.current.Inked {
		p.become(themes.Style{})
	}
	const spaces = "                                                                "
	for ; n > len(spaces); n -= len(spaces) {
		p.buf = append(p.buf, spaces...)
	}
	p.buf = append(p.buf, spaces[:n]...)
}

// repeat writes a one-cell glyph n times.
func (p *pen) repeat(role themes.Role, glyph Safe, n int) {
	if n <= 0 {
		return
	}
	p.wear(role)
	p.buf = appendRun(p.buf, glyph, n)
}

// line writes spans cut to width cells and says how many it took.
func (p *pen) line(l Line, width int) int {
	if width <= 0 {
		return 0
	}
	if total := l.Width(); total <= width {
		for _, s := range l {
			p.text(s.Role, s.Text)
		}
		return total
	}
	tail := p.look.set().ellipsis
	left := width - 1
	for _, s := range l {
		n := cut(string(s.Text), left)
		p.text(s.Role, s.Text[:n])
		left -= Width(s.Text[:n])
		if n < len(s.Text) {
			p.text(s.Role, tail)
			break
		}
	}
	p.blank(left)
	return width
}

// padded writes spans in exactly width cells.
func (p *pen) padded(l Line, width int) { p.blank(width - p.line(l, width)) }

// end closes the style in force; every line a block draws ends so.
func (p *pen) end() { p.become(themes.Style{}) }

// newline ends the line and begins the next.
func (p *pen) newline() {
	p.end()
	p.buf = append(p.buf, '\n')
}
