package kit

import (
	"strconv"
	"time"
	"unicode/utf8"

	"andon/themes"
)

// Cell is where a column writes one row's content. It is reused from cell to
// cell, so a column must not keep it. What does not fit is cut with an ellipsis
// by the table; a column never pads.
type Cell struct {
	look  Look
	width int // cells the column has
	stale bool
	words [][]byte // lower case; where they occur in a text is shown
	used  int      // cells written so far
	count int      // spans in use
	spans [16]cellSpan
	text  []byte
}

type cellSpan struct {
	end  int // offset in text
	role themes.Role
}

func (c *Cell) reset(width int, stale bool) {
	c.width, c.stale = width, stale
	c.used, c.count, c.text = 0, 0, c.text[:0]
}

// Width is how many cells the column has; for content that fills it.
func (c *Cell) Width() int { return c.width }

// Left is how many of them are still free.
func (c *Cell) Left() int { return max(c.width-c.used, 0) }

// Stale says that the row's source no longer answers. The table dims it; a
// column may say less.
func (c *Cell) Stale() bool { return c.stale }

// Look is how the table is drawn.
func (c *Cell) Look() Look { return c.look }

// Text writes text in a role. What a word of the table's filter finds in it is
// shown as a match.
func (c *Cell) Text(role themes.Role, s Safe) {
	if c.used > c.width {
		return // already more than fits
	}
	c.used += Width(s)
	for len(c.words) > 0 && s != "" {
		from, to := found(s, c.words)
		if from < 0 {
			break
		}
		c.span(role, s[:from])
		c.span(themes.Match, s[from:to])
		s = s[to:]
	}
	c.span(role, s)
}

func (c *Cell) span(role themes.Role, s Safe) {
	if s != "" {
		c.text = append(c.text, s...)
		c.close(role)
	}
}

// found is where the first of any words stands in s, or -1. Case is ignored in
// ASCII only, as it is there that names and messages differ by it.
func found(s Safe, words [][]byte) (from, to int) {
	for i := range len(s) {
		for _, w := range words {
			if len(w) <= len(s)-i && sameFold(s[i:i+len(w)], w) {
				return i, i + len(w)
			}
		}
	}
	return -1, -1
}

func sameFold(s Safe, lower []byte) bool {
	for i, want := range lower {
		b := s[i]
		if b >= 'A' && b <= 'Z' {
			b += 'a' - 'A'
		}
		if b != want {
			return false
		}
	}
	return true
}

// Plain writes ordinary text.
func (c *Cell) Plain(s Safe) { c.Text(themes.Text, s) }

// Int writes a number without separators.
func (c *Cell) Int(role themes.Role, n int64) {
	c.ascii(role, strconv.AppendInt(c.text, n, 10))
}

// Count writes a number with separators: 18,402.
func (c *Cell) Count(role themes.Role, n int64) { c.ascii(role, appendCount(c.text, n)) }

// Bytes writes a size as Bytes does.
func (c *Cell) Bytes(role themes.Role, n int64) { c.ascii(role, appendBytes(c.text, n)) }

// Age writes a duration as Age does.
func (c *Cell) Age(role themes.Role, d time.Duration) { c.ascii(role, appendAge(c.text, d)) }

// Percent writes a share in whole percent.
func (c *Cell) Percent(role themes.Role, s Share) { c.ascii(role, appendPercent(c.text, s)) }

// Unknown writes the mark of a value that nobody knows.
func (c *Cell) Unknown() { c.Text(themes.Stale, "?") }

// Sign writes a sign's glyph; on a stale row the stale sign, whatever the last
// good state was. The word must stand in another column of the row.
func (c *Cell) Sign(s Sign) {
	if c.stale {
		s = SignStale
	}
	c.Text(s.Role(), c.look.Glyph(s))
}

// SignWord writes a sign's glyph and word: "■ STOP".
func (c *Cell) SignWord(s Sign) {
	c.Sign(s)
	if c.stale {
		s = SignStale
	}
	c.Text(s.Role(), " ")
	c.Text(s.Role(), s.Word())
}

// Bar fills the cells that are left with a meter.
func (c *Cell) Bar(s Share, m Limits) {
	g, w := c.look.set(), c.Left()
	if !s.known {
		c.repeat(themes.Stale, g.unknown, w)
		return
	}
	n := 0
	if w > 0 {
		n = filled(w, s)
	}
	c.repeat(m.Role(s), g.full, n)
	c.repeat(themes.Faint, g.track, w-n)
}

// Spark fills the cells that are left with a sparkline.
func (c *Cell) Spark(role themes.Role, samples []Sample, scale Scale) {
	w := c.Left()
	c.text = c.look.appendSpark(c.text, w, samples, scale)
	c.used += w
	c.close(role)
}

// Line writes prepared spans.
func (c *Cell) Line(l Line) {
	for _, s := range l {
		c.Text(s.Role, s.Text)
	}
}

func (c *Cell) repeat(role themes.Role, glyph Safe, n int) {
	if n <= 0 {
		return
	}
	c.text = appendRun(c.text, glyph, n)
	c.used += n
	c.close(role)
}

// ascii takes over text with an ASCII piece appended.
func (c *Cell) ascii(role themes.Role, text []byte) {
	c.used += len(text) - len(c.text)
	c.text = text
	c.close(role)
}

// close ends a span; past the last free one, texts join it.
func (c *Cell) close(role themes.Role) {
	switch {
	case c.count > 0 && c.spans[c.count-1].role == role:
	case c.count < len(c.spans):
		c.count++
		c.spans[c.count-1].role = role
	}
	c.spans[c.count-1].end = len(c.text)
}

// cell writes what a column wrote, in exactly the column's width.
func (p *pen) cell(c *Cell, align Align) {
	if c.used > c.width {
		p.cutCell(c)
		return
	}
	if align == Right {
		p.blank(c.width - c.used)
	}
	at := 0
	for _, s := range c.spans[:c.count] {
		p.piece(c, s.role, c.text[at:s.end])
		at = s.end
	}
	if align == Left {
		p.blank(c.width - c.used)
	}
}

// cutCell writes the head of a cell that has more than fits, and an ellipsis.
func (p *pen) cutCell(c *Cell) {
	if c.width <= 0 {
		return
	}
	left, at := c.width-1, 0
	for _, s := range c.spans[:c.count] {
		piece := c.text[at:s.end]
		n, used := head(piece, left)
		p.piece(c, s.role, piece[:n])
		left -= used
		if n < len(piece) {
			p.piece(c, s.role, []byte(p.look.set().ellipsis))
			break
		}
		at = s.end
	}
	p.blank(left)
}

// head is the length in bytes of the longest beginning of a text that fits in
// width cells, and the cells it takes.
func head(text []byte, width int) (n, used int) {
	for n < len(text) {
		r, size := rune(text[n]), 1
		if r >= utf8.RuneSelf {
			r, size = utf8.DecodeRune(text[n:])
		}
		w := runeWidth(r)
		if used+w > width {
			break
		}
		n, used = n+size, used+w
	}
	return n, used
}

// piece writes a part of a cell in a span's role, or the whole row's.
func (p *pen) piece(c *Cell, role themes.Role, text []byte) {
	if len(text) == 0 {
		return
	}
	if c.stale {
		role = themes.Stale
	}
	p.wear(role)
	p.buf = append(p.buf, text...)
}
