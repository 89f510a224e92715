package kit

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Safe is text that may be drawn: printable runes only, at most MaxMarks
// combining marks on each, of known width. Constants in the source are Safe by
// themselves; everything that came from a host, a job, GitHub or a file becomes
// Safe through Clean, CleanLog or CleanASCII. A conversion Safe(x) of anything
// else is a hole in the terminal.
type Safe string

// MaxCells is the most that Clean keeps of one text, in cells.
const MaxCells = 512

// MaxLogCells is the most that CleanLog keeps of one line, in cells.
const MaxLogCells = 64 << 10

// MaxMarks is the most combining marks that stay on one base rune.
const MaxMarks = 4

// Clean makes foreign text safe to draw on one line. What a terminal could obey
// or an eye could miss is replaced by a visible mark: control bytes by their
// picture (␛), others by their number (<U+202E>, <0xF0> for a byte that is not
// UTF-8). Blanks of any kind become spaces; the emoji presentation selector and
// skin tones, about whose width terminals disagree, go without a mark. The rest
// beyond MaxCells is cut with an ellipsis. Clean is idempotent, and does not
// allocate for printable ASCII of ordinary length.
func Clean(s string) Safe { return cleanWith(s, rules{cells: MaxCells}) }

// CleanLog is Clean for a line of a log: it also drops well-formed colour
// sequences, which every build tool writes, expands tabs to 8 columns, and keeps
// MaxLogCells.
func CleanLog(s string) Safe { return cleanWith(s, rules{cells: MaxLogCells, log: true}) }

// CleanASCII is Clean for places where only ASCII may go (stderr, the audit
// log, an ASCII screen): every other rune is written as its number.
func CleanASCII(s string) Safe { return cleanWith(s, rules{cells: MaxCells, ascii: true}) }

// Tainted says that Clean would put at least one mark into s: it hides
// something from the eye or speaks to the terminal.
func Tainted(s string) bool {
	if printableASCII(s) {
		return false
	}
	c := cleaner{rules: rules{cells: len(s), probe: true}}
	c.run(s)
	return c.marked
}

// Safes cleans every text of a list.
func Safes(texts []string) []Safe {
	out := make([]Safe, len(texts))
	for i, s := range texts {
		out[i] = Clean(s)
	}
	return out
}

// Join joins safe texts with sep between them; safe texts stay safe together.
func Join(texts []Safe, sep Safe) Safe {
	var b strings.Builder
	for i, s := range texts {
		if i > 0 {
			b.WriteString(string(sep))
		}
		b.WriteString(string(s))
	}
	return Safe(b.String())
}

func cleanWith(s string, r rules) Safe {
	if len(s) <= r.cells && printableASCII(s) {
		return Safe(s)
	}
	c := cleaner{rules: r}
	c.out.Grow(min(len(s)+16, 4*r.cells))
	c.run(s)
	return Safe(c.out.String())
}

func printableASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i]-0x20 > 0x7e-0x20 {
			return false
		}
	}
	return true
}

type rules struct {
	cells int  // the most to keep
	log   bool // drop colours, expand tabs
	ascii bool // nothing beyond ASCII
	probe bool // stop at the first mark
}

// cleaner reads runes with the decoder of the standard library, which takes
// one byte at a time out of what is not UTF-8. So a stray lead byte before an
// ESC cannot carry it past, as it does in parsers that trust the lead byte's
// length.
type cleaner struct {
	rules
	out    strings.Builder
	width  int  // cells written
	keep   int  // bytes of out that leave a cell for the ellipsis
	full   bool // the ellipsis is written
	marked bool // something was replaced by a mark
	marks  int  // combining marks on the base that was written last
	lost   int  // marks left out on that base
	based  bool // there is a base for a combining mark
}

func (c *cleaner) run(s string) {
	for len(s) > 0 && !c.full {
		r, size := utf8.DecodeRuneInString(s)
		if c.log && r == 0x1b {
			if n := colorSequence(s); n > 0 {
				s = s[n:]
				continue
			}
		}
		switch {
		case r == utf8.RuneError && size == 1:
			c.mark("<0x" + hex(rune(s[0]), 2) + ">")
		case r < utf8.RuneSelf:
			c.ascii1(byte(r))
		default:
			c.wide(r)
		}
		s = s[size:]
	}
	c.settle()
}

// ascii1 writes one ASCII byte, or the picture of a control byte.
func (c *cleaner) ascii1(b byte) {
	switch {
	case b >= 0x20 && b < 0x7f:
		c.base(rune(b), 1)
	case c.log && b == '\t':
		for n := 8 - c.width%8; n > 0; n-- {
			c.base(' ', 1)
		}
	case c.rules.ascii:
		c.mark("<0x" + hex(rune(b), 2) + ">")
	case b == 0x7f:
		c.mark("␡")
	default:
		c.mark(string(rune(0x2400) + rune(b)))
	}
}

// wide writes one rune beyond ASCII.
func (c *cleaner) wide(r rune) {
	switch {
	case unicode.Is(unicode.Zs, r):
		for range max(runeWidth(r), 1) {
			c.base(' ', 1)
		}
	case c.based && foldedAway(r):
	case !visible(r) || c.rules.ascii:
		c.mark("<U+" + hex(r, 4) + ">")
	case runeWidth(r) == 0:
		c.combine(r)
	default:
		c.base(r, runeWidth(r))
	}
}

// visible says that a rune shows itself: printable, and not one of those that
// are letters by class but empty to the eye.
func visible(r rune) bool {
	return unicode.IsPrint(r) &&
		!unicode.In(r, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// foldedAway tells the runes after a base that only choose how an emoji looks:
// U+FE0E and U+FE0F, and the five skin tones.
func foldedAway(r rune) bool {
	return r == 0xfe0e || r == 0xfe0f || (r >= 0x1f3fb && r <= 0x1f3ff)
}

// base writes a rune that takes cells.
func (c *cleaner) base(r rune, width int) {
	c.settle()
	if c.fits(width) {
		c.out.WriteRune(r)
		c.based, c.marks = r != ' ', 0
	}
}

// combine writes a mark onto the last base. Without a base it would sit on
// whatever happens to stand left of the text, so it gets a dotted circle.
func (c *cleaner) combine(r rune) {
	if !c.based {
		c.base('◌', 1)
		if c.full {
			return
		}
	}
	if c.marks >= MaxMarks {
		c.lost++
		return
	}
	c.marks++
	c.out.WriteRune(r)
}

// settle accounts for marks that were left out.
func (c *cleaner) settle() {
	if c.lost > 0 {
		n := c.lost
		c.lost = 0
		c.mark("<+" + strconv.Itoa(n) + " marks>")
	}
}

// mark writes the visible stand-in of something that must not be drawn.
func (c *cleaner) mark(text string) {
	c.settle()
	c.marked = true
	if c.probe {
		c.full = true
		return
	}
	for _, r := range text {
		if !c.fits(1) {
			return
		}
		c.out.WriteRune(r)
	}
	c.based, c.marks = true, 0
}

// fits makes room for width cells. When they do not fit it cuts what is there
// to leave one cell, writes the ellipsis, and nothing is written after that.
func (c *cleaner) fits(width int) bool {
	if c.full {
		return false
	}
	if c.width < c.cells {
		c.keep = c.out.Len()
	}
	if c.width+width > c.cells {
		kept := c.out.String()[:c.keep]
		c.out.Reset()
		c.out.WriteString(kept)
		c.out.WriteString(c.ellipsis())
		c.full = true
		return false
	}
	c.width += width
	return true
}

func (c *cleaner) ellipsis() string {
	if c.rules.ascii {
		return "~"
	}
	return "…"
}

// colorSequence is the length of the SGR sequence s begins with, or 0: ESC [,
// digits, semicolons and colons, m.
func colorSequence(s string) int {
	if len(s) < 3 || s[1] != '[' {
		return 0
	}
	for i := 2; i < len(s) && i < 64; i++ {
		switch b := s[i]; {
		case b == 'm':
			return i + 1
		case (b < '0' || b > '9') && b != ';' && b != ':':
			return 0
		}
	}
	return 0
}

func hex(r rune, digits int) string {
	h := strings.ToUpper(strconv.FormatInt(int64(r), 16))
	if n := digits - len(h); n > 0 {
		return strings.Repeat("0", n) + h
	}
	return h
}
