package kit

import "andon/themes"

// View draws the table: the heading, the rows that are visible and blank lines
// below them, exactly as wide and high as Resize said, without a final newline.
// Only visible rows are visited.
func (t Table[R, K]) View(look Look) string {
	return string(t.AppendView(make([]byte, 0, t.height*(2*t.width+128)), look))
}

// AppendView is View into a buffer of the caller's.
func (t Table[R, K]) AppendView(dst []byte, look Look) []byte {
	if t.height == 0 {
		return dst
	}
	p := pen{buf: dst, look: look}
	cell := Cell{look: look, text: make([]byte, 0, 4*t.width+64)} // headings do not match
	l := arrange(t.schema.Columns, look, t.width)
	lines := 0
	if !t.schema.Bare {
		t.heading(&p, &l, &cell)
		lines++
	}
	cell.words = t.query.words
	for i := t.offset; i < len(t.shown) && lines < t.height; i++ {
		if lines > 0 {
			p.newline()
		}
		t.row(&p, &l, &cell, i)
		lines++
	}
	if len(t.shown) == 0 && lines < t.height {
		if lines > 0 {
			p.newline()
		}
		p.padded(t.nothing(), t.width)
		lines++
	}
	for ; lines < t.height; lines++ {
		if lines > 0 {
			p.newline()
		}
		p.blank(t.width)
	}
	p.end()
	return p.buf
}

// Count is how many rows are shown, and how many there are.
func (t Table[R, K]) Count() (shown, all int) { return len(t.shown), len(t.rows) }

// Below is how many of the rows shown stand below the visible ones.
func (t Table[R, K]) Below() int { return max(len(t.shown)-t.offset-t.visible(), 0) }

// Position is the number of the row under the cursor among those shown, from 1;
// 0 when no row is shown.
func (t Table[R, K]) Position() int {
	if len(t.shown) == 0 {
		return 0
	}
	return t.cursor + 1
}

// Rows are the rows shown, in their order.
func (t Table[R, K]) Rows() []R {
	out := make([]R, len(t.shown))
	for i, n := range t.shown {
		out[i] = t.rows[n]
	}
	return out
}

// Remark says what the table shows, for the right end of its section line:
// "7 of 2,311 ∙ by age ▾ ∙ / is:red ∙ 3 marked, 1 hidden".
func (t Table[R, K]) Remark(look Look) Safe {
	shown, all := t.Count()
	text := Count(int64(all))
	if shown != all {
		text = Count(int64(shown)) + " of " + text
	}
	dot := look.Dot().Text
	if key, down := t.Sorted(); key != "" {
		arrow := look.set().ascending
		if down {
			arrow = look.set().descending
		}
		text += dot + "by " + CleanASCII(key) + " " + arrow
	}
	if !t.query.Empty() {
		text += dot + "/ " + Clean(t.query.text)
	}
	if rows, hidden := t.Marked(); len(rows)+hidden > 0 {
		text += dot + Count(int64(len(rows)+hidden)) + " marked"
		if hidden > 0 {
			text += ", " + Count(int64(hidden)) + " hidden"
		}
	}
	return text
}

// nothing is the line that says why no row is shown.
func (t Table[R, K]) nothing() Line {
	text := t.schema.Empty
	if len(t.rows) > 0 {
		text = "none of " + Count(int64(len(t.rows))) + " matches the filter"
	}
	return Line{{themes.Dim, "  " + text}}
}

func (t Table[R, K]) heading(p *pen, l *layout, cell *Cell) {
	left := t.width - gutter
	p.blank(min(gutter, t.width))
	for i := range l.count {
		p.blank(l.before(i))
		left -= l.before(i)
		c := &t.schema.Columns[l.at[i]]
		var arrow Safe
		if int(l.at[i])+1 == t.sorted {
			arrow = p.look.set().ascending
			if t.descending {
				arrow = p.look.set().descending
			}
		}
		p.title(c.Title, l.width[i], c.Align, arrow, cell)
		left -= l.width[i]
	}
	p.blank(left)
}

// row draws the i-th shown row.
func (t Table[R, K]) row(p *pen, l *layout, cell *Cell, i int) {
	r := t.rows[t.shown[i]]
	stale := t.schema.Stale != nil && t.schema.Stale(r)
	before, tracked := t.before(r)
	p.selected = i == t.cursor && !t.away
	left := t.width - gutter
	if t.width >= gutter {
		t.gutter(p, r)
	}
	for n := range l.count {
		c := &t.schema.Columns[l.at[n]]
		if gap := l.before(n); gap > 0 {
			if tracked && !c.Quiet && c.Order != nil && c.Order(before, r) != 0 {
				p.blank(gap - 1)
				p.text(themes.Info, p.look.set().changed)
			} else {
				p.blank(gap)
			}
			left -= gap
		}
		cell.reset(l.width[n], stale)
		c.Cell(r, cell)
		p.cell(cell, c.Align)
		left -= l.width[n]
	}
	p.blank(left)
	p.end()
	p.selected = false
}

// gutter draws the cell that shows cursor and mark.
func (t Table[R, K]) gutter(p *pen, r R) {
	g := p.look.set()
	marked := false
	if len(t.marks) > 0 {
		_, marked = t.marks[t.schema.Key(r)]
	}
	switch {
	case marked && p.selected:
		p.text(themes.Mark, g.cursorMark)
	case marked:
		p.text(themes.Mark, g.mark)
	case p.selected:
		p.text(themes.Accent, g.cursor)
	default:
		p.blank(1)
	}
}

// before is the row of the same identity in the rows before these.
func (t Table[R, K]) before(r R) (old R, ok bool) {
	if len(t.lastPlace) == 0 {
		return old, false
	}
	i, ok := t.lastPlace[t.schema.Key(r)]
	if !ok || (t.schema.Unread != nil && t.schema.Unread(t.lastRows[i])) {
		return old, false
	}
	return t.lastRows[i], true
}
