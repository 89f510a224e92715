package kit

import "andon/themes"

// Line draws one line of exactly w cells: left from the left edge, right up to
// the right edge. Where both do not fit, left is cut first, down to a third of
// the line, then right is.
func (l Look) Line(w int, left, right Line) string {
	p := pen{buf: make([]byte, 0, 2*max(w, 0)+128), look: l}
	p.split(w, left, right)
	p.end()
	return string(p.buf)
}

func (p *pen) split(w int, left, right Line) {
	if w <= 0 {
		return
	}
	lw, rw := left.Width(), right.Width()
	if rw == 0 {
		p.padded(left, w)
		return
	}
	if lw+1+rw > w {
		lw = min(lw, max(w-rw-1, w/3))
		rw = max(w-lw-1, 0)
	}
	used := p.line(left, lw)
	p.blank(w - used - min(rw, right.Width()))
	p.line(right, rw)
}

// Blank is an empty line of w cells.
func (l Look) Blank(w int) string { return l.Line(w, nil, nil) }

// Rule draws the line that opens a section, exactly w cells:
//
//	── HOSTS ──────────────────────── pool 15/16 busy ──
//
// Both title and right may be empty.
func (l Look) Rule(w int, title, right Line) string {
	p := pen{buf: make([]byte, 0, 4*max(w, 0)+128), look: l}
	p.rule(w, title, right)
	p.end()
	return string(p.buf)
}

// Section is a rule with a plain title and a plain remark at the right.
func (l Look) Section(w int, title, remark Safe) string {
	var right Line
	if remark != "" {
		right = Line{{themes.Dim, remark}}
	}
	return l.Rule(w, Line{{themes.Title, title}}, right)
}

func (p *pen) rule(w int, title, right Line) {
	dash := p.look.set().rule
	const edge, around = 2, 2 // dashes at an end, blanks around a text
	left := w
	if tw := title.Width(); tw > 0 && w > edge+around {
		p.repeat(themes.Rule, dash, edge)
		p.blank(1)
		left -= edge + around + p.line(title, min(tw, w-edge-around))
		p.blank(1)
	}
	rw := right.Width()
	if room := left - edge - around - 1; rw == 0 || room < min(rw, 8) {
		p.repeat(themes.Rule, dash, left)
		return
	} else if rw > room {
		rw = room
	}
	p.repeat(themes.Rule, dash, left-rw-edge-around)
	p.blank(1)
	p.line(right, rw)
	p.blank(1)
	p.repeat(themes.Rule, dash, edge)
}
