package kit

import "andon/themes"

// Align is the side a cell's content keeps to.
type Align uint8

// The two sides.
const (
	Left Align = iota
	Right
)

// Column is everything about one column of a table of R, in one value.
type Column[R any] struct {
	Key   string // stable name, for sorting and configuration
	Title Safe
	Width WidthPolicy
	// Drop says when the column goes on a narrow screen: 0 never, else the
	// highest number first.
	Drop  int
	Align Align
	// Cell writes one row's content. It must be pure.
	Cell func(r R, c *Cell)
	// Order compares two rows as cmp.Compare does; nil for a column that
	// cannot be sorted. It must be pure.
	Order func(a, b R) int
	// Quiet keeps changes of this column from being marked; for ages and
	// other values that change of themselves.
	Quiet bool
}

// WidthPolicy says how wide a column is: Fixed, Flex, SignColumn or SignWords.
type WidthPolicy struct {
	least  int
	weight int
	sign   bool
}

// Fixed is exactly n cells.
func Fixed(n int) WidthPolicy { return WidthPolicy{least: n} }

// Flex is at least n cells, and its weighed part of what is left over.
func Flex(n, weight int) WidthPolicy { return WidthPolicy{least: n, weight: max(weight, 1)} }

// SignColumn is as wide as a sign's glyph in the look at hand.
func SignColumn() WidthPolicy { return WidthPolicy{sign: true} }

// SignWords is as wide as a sign's glyph and a word of up to n cells: 4 takes
// "STOP", 9 takes "cancelled".
func SignWords(n int) WidthPolicy { return WidthPolicy{sign: true, least: n} }

func (p WidthPolicy) min(l Look) int {
	switch {
	case p.sign && p.least > 0:
		return l.SignWidth() + 1 + p.least
	case p.sign:
		return l.SignWidth()
	}
	return max(p.least, 1)
}

// maxColumns is the most columns one table draws.
const maxColumns = 32

// layout are the columns that fit, with their widths.
type layout struct {
	at    [maxColumns]uint8 // column number
	width [maxColumns]int
	sign  [maxColumns]bool // the column is a sign; one blank follows it always
	count int
	gap   int // blanks after any other column
}

// gutter is the cell left of all columns, for cursor and mark.
const gutter = 1

// arrange fits columns into w cells: two blanks between them where there is
// room, one where there is not; then whole columns go, highest Drop first, the
// rightmost of equals first; what is left over goes to the flexible ones.
func arrange[R any](columns []Column[R], look Look, w int) layout {
	var l layout
	l.gap = 2
	for i := range columns[:min(len(columns), maxColumns)] {
		l.at[l.count], l.width[l.count] = uint8(i), columns[i].Width.min(look)
		l.sign[l.count] = columns[i].Width == SignColumn()
		l.count++
	}
	for l.total() > w {
		if l.gap == 2 {
			l.gap = 1
			continue
		}
		worst, drop := -1, 0
		for i := range l.count {
			if d := columns[l.at[i]].Drop; d > 0 && d >= drop {
				worst, drop = i, d
			}
		}
		if worst < 0 {
			break
		}
		copy(l.at[worst:], l.at[worst+1:l.count])
		copy(l.width[worst:], l.width[worst+1:l.count])
		copy(l.sign[worst:], l.sign[worst+1:l.count])
		l.count--
	}
	if spare := w - l.total(); spare > 0 {
		spread(&l, columns, spare)
	} else {
		l.squeeze(-spare)
	}
	return l
}

func (l *layout) total() int {
	n := gutter
	for i, w := range l.width[:l.count] {
		n += l.before(i) + w
	}
	return n
}

// before is how many blanks stand before the i-th column.
func (l *layout) before(i int) int {
	switch {
	case i == 0:
		return 0
	case l.sign[i-1]:
		return 1
	}
	return l.gap
}

// spread gives spare cells to flexible columns by weight; the last takes the rest.
func spread[R any](l *layout, columns []Column[R], spare int) {
	weights := 0
	for i := range l.count {
		weights += columns[l.at[i]].Width.weight
	}
	for i := range l.count {
		weight := columns[l.at[i]].Width.weight
		if weight == 0 {
			continue
		}
		share := spare * weight / weights
		l.width[i] += share
		spare -= share
		weights -= weight
	}
}

// squeeze takes missing cells from the widest columns, then from the right.
func (l *layout) squeeze(missing int) {
	for ; missing > 0; missing-- {
		widest := 0
		for i := range l.count {
			if l.width[i] > l.width[widest] {
				widest = i
			}
		}
		if l.width[widest] <= 1 {
			break
		}
		l.width[widest]--
	}
	for missing > 0 && l.count > 0 {
		l.count--
		missing -= l.width[l.count] + l.before(l.count)
	}
}

// title writes a column's heading with the arrow of the sort.
func (p *pen) title(title Safe, width int, align Align, arrow Safe, cell *Cell) {
	cell.reset(width, false)
	cell.Text(themes.Dim, title)
	if arrow != "" {
		if cell.used+1 > width && width > 1 {
			cell.reset(width, false)
			cell.Text(themes.Dim, title[:cut(string(title), width-1)])
		}
		cell.Text(themes.Accent, arrow)
	}
	p.cell(cell, align)
}
