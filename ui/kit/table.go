package kit

import (
	"maps"
	"slices"
)

// Schema declares a table: its columns and how its rows are told apart. It is
// written once and never changes; its functions must be pure.
type Schema[R any, K comparable] struct {
	Columns []Column[R]
	// Key is the row's identity: cursor, marks and changes follow it.
	Key func(R) K
	// Haystack appends the text that the words of a filter are looked for in;
	// nil makes the table unfilterable by words.
	Haystack func(dst []byte, r R) []byte
	// Terms are the keys a filter understands, and Match says whether a row
	// satisfies one term (its Not is applied by the table).
	Terms []TermKey
	Match func(r R, t Term) bool
	// Stale says that a row shows last good values; nil is never.
	Stale func(R) bool
	// Unread says that nothing is known of a row yet, so that its first values
	// are not marked as changes; nil is never.
	Unread func(R) bool
	// Bare leaves out the heading line.
	Bare bool
	// Empty is what stands in a table without rows.
	Empty Safe
}

// Table is a list of rows with cursor, marks, filter and sort. It is a value:
// every method that changes something returns the changed table and leaves the
// old one as it was, so it can live in a model and be kept for comparison.
type Table[R any, K comparable] struct {
	schema Schema[R, K]

	rows  []R         // as given; never written
	place map[K]int32 // identity to number in rows; never written
	shown []int32     // numbers in rows, filtered and sorted; never written
	hay   haystack

	lastRows  []R // the rows before these, for marking changes
	lastPlace map[K]int32

	query      Query
	sorted     int // column number + 1; 0 keeps the order given
	descending bool

	marks map[K]struct{} // copied before it is written

	wanted K // identity the cursor stands for
	placed bool
	cursor int // number in shown
	offset int // first visible number in shown

	width, height int
	away          bool // the keys go elsewhere: the cursor is not drawn
}

// NewTable is an empty table of a schema, in the order the rows will be given.
func NewTable[R any, K comparable](schema Schema[R, K]) Table[R, K] {
	return Table[R, K]{schema: schema}
}

// Resize gives the table its width and height in cells, heading included.
func (t Table[R, K]) Resize(width, height int) Table[R, K] {
	t.width, t.height = max(width, 0), max(height, 0)
	return t.settled()
}

// Focus says whether keys go to the table; without them it draws no cursor, so
// that one page with two tables has one. A new table has the focus.
func (t Table[R, K]) Focus(on bool) Table[R, K] {
	t.away = !on
	return t
}

// Replace gives the table new rows; rows must not be changed afterwards.
// Cursor and marks stay with their identities; marks of rows that are gone are
// dropped. Cells that differ from the rows before are marked as changed until
// the next Replace or Settle. Of rows with the same identity the last counts.
func (t Table[R, K]) Replace(rows []R) Table[R, K] {
	t.lastRows, t.lastPlace = t.rows, t.place
	t.rows = rows
	t.place = make(map[K]int32, len(rows))
	for i, r := range rows {
		t.place[t.schema.Key(r)] = int32(i)
	}
	t.hay = haystack{}
	for k := range t.marks {
		if _, still := t.place[k]; !still {
			kept := maps.Clone(t.marks)
			maps.DeleteFunc(kept, func(k K, _ struct{}) bool { _, ok := t.place[k]; return !ok })
			t.marks = kept
			break
		}
	}
	return t.reordered()
}

// Renew gives every row what f makes of it, for ages that go on while nothing
// new arrives. Identity, order and what a filter finds must stay as they are;
// nothing counts as changed.
func (t Table[R, K]) Renew(f func(R) R) Table[R, K] {
	rows := make([]R, len(t.rows))
	for i, r := range t.rows {
		rows[i] = f(r)
	}
	t.rows = rows
	return t
}

// Settle forgets what changed: no cell is marked as changed any more.
func (t Table[R, K]) Settle() Table[R, K] {
	t.lastRows, t.lastPlace = nil, nil
	return t
}

// Filter shows only the rows that satisfy a query as typed. A query that cannot
// be read leaves the table as it is and returns a *QueryError.
func (t Table[R, K]) Filter(text string) (Table[R, K], error) {
	q, err := ParseQuery(text, t.schema.Terms)
	if err != nil {
		return t, err
	}
	t.query = q
	return t.reordered(), nil
}

// Query is the filter in force.
func (t Table[R, K]) Query() Query { return t.query }

// Sort orders the rows by the column with a key. An unknown key, or that of a
// column without an order, restores the order the rows were given in.
func (t Table[R, K]) Sort(key string, descending bool) Table[R, K] {
	t.sorted, t.descending = 0, false
	for i, c := range t.schema.Columns {
		if c.Key == key && c.Order != nil {
			t.sorted, t.descending = i+1, descending
		}
	}
	return t.reordered()
}

// SortNext moves the sort on: each sortable column up, then down, then the next
// column, and after the last the order the rows were given in.
func (t Table[R, K]) SortNext() Table[R, K] {
	if t.sorted > 0 && !t.descending {
		return t.Sort(t.schema.Columns[t.sorted-1].Key, true)
	}
	for _, c := range t.schema.Columns[t.sorted:] {
		if c.Order != nil {
			return t.Sort(c.Key, false)
		}
	}
	return t.Sort("", false)
}

// Sorted is the key of the column in whose order the rows stand, or empty.
func (t Table[R, K]) Sorted() (key string, descending bool) {
	if t.sorted == 0 {
		return "", false
	}
	return t.schema.Columns[t.sorted-1].Key, t.descending
}

// Move moves the cursor by n rows, up when negative, and stops at the ends.
func (t Table[R, K]) Move(n int) Table[R, K] { return t.moveTo(t.cursor + n) }

// HalfPage moves the cursor by n halves of the visible rows.
func (t Table[R, K]) HalfPage(n int) Table[R, K] {
	return t.moveTo(t.cursor + n*max(t.visible()/2, 1))
}

// First moves the cursor to the first row.
func (t Table[R, K]) First() Table[R, K] { return t.moveTo(0) }

// Last moves the cursor to the last row.
func (t Table[R, K]) Last() Table[R, K] { return t.moveTo(len(t.shown) - 1) }

// Point moves the cursor to the row with an identity, at once or as soon as
// such a row is shown.
func (t Table[R, K]) Point(k K) Table[R, K] {
	t.wanted, t.placed = k, true
	return t.settled()
}

func (t Table[R, K]) moveTo(n int) Table[R, K] {
	if len(t.shown) == 0 {
		return t
	}
	n = min(max(n, 0), len(t.shown)-1)
	return t.Point(t.schema.Key(t.rows[t.shown[n]]))
}

// Current is the row under the cursor; false when no row is shown.
func (t Table[R, K]) Current() (row R, ok bool) {
	if t.cursor < 0 || t.cursor >= len(t.shown) {
		return row, false
	}
	return t.rows[t.shown[t.cursor]], true
}

// Mark sets or takes away the mark of the row under the cursor.
func (t Table[R, K]) Mark() Table[R, K] {
	r, ok := t.Current()
	if !ok {
		return t
	}
	k := t.schema.Key(r)
	marks := maps.Clone(t.marks)
	if _, marked := marks[k]; marked {
		delete(marks, k)
	} else {
		if marks == nil {
			marks = map[K]struct{}{}
		}
		marks[k] = struct{}{}
	}
	t.marks = marks
	return t
}

// MarkAll marks every row that is shown.
func (t Table[R, K]) MarkAll() Table[R, K] {
	marks := maps.Clone(t.marks)
	if marks == nil {
		marks = make(map[K]struct{}, len(t.shown))
	}
	for _, i := range t.shown {
		marks[t.schema.Key(t.rows[i])] = struct{}{}
	}
	t.marks = marks
	return t
}

// Unmark takes all marks away.
func (t Table[R, K]) Unmark() Table[R, K] {
	t.marks = nil
	return t
}

// Marked are the marked rows that are shown, in their order. A marked row that
// the filter hides is not among them, for nobody should act on what he does not
// see; hidden counts those.
func (t Table[R, K]) Marked() (rows []R, hidden int) {
	if len(t.marks) == 0 {
		return nil, 0
	}
	for _, i := range t.shown {
		if _, ok := t.marks[t.schema.Key(t.rows[i])]; ok {
			rows = append(rows, t.rows[i])
		}
	}
	return rows, len(t.marks) - len(rows)
}

// visible is how many rows fit below the heading.
func (t Table[R, K]) visible() int {
	if t.schema.Bare {
		return t.height
	}
	return max(t.height-1, 0)
}

// settled puts the cursor on the wanted row where it is shown, else keeps its
// place, and scrolls no further than needed to show it.
func (t Table[R, K]) settled() Table[R, K] {
	if t.placed {
		if at, exists := t.place[t.wanted]; exists {
			if n := t.find(at); n >= 0 {
				t.cursor = n
			}
		}
	}
	t.cursor = max(min(t.cursor, len(t.shown)-1), 0)
	if !t.placed && len(t.shown) > 0 {
		t.wanted, t.placed = t.schema.Key(t.rows[t.shown[t.cursor]]), true
	}
	rows := t.visible()
	t.offset = min(t.offset, max(len(t.shown)-rows, 0))
	t.offset = max(min(t.offset, t.cursor), t.cursor-rows+1, 0)
	return t
}

// find is the place among the shown rows of the row with number at, or -1.
func (t Table[R, K]) find(at int32) int {
	if t.cursor < len(t.shown) && t.shown[t.cursor] == at {
		return t.cursor
	}
	return slices.Index(t.shown, at)
}
