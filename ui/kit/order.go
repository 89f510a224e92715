package kit

import (
	"bytes"
	"slices"
	"unicode/utf8"
)

// haystack is the lower-case text of all rows in one piece, so that a filter
// over many rows is a search in memory and not a walk of pointers.
type haystack struct {
	text []byte
	ends []uint32 // where each row's text ends
}

func (h haystack) row(i int) []byte {
	start := uint32(0)
	if i > 0 {
		start = h.ends[i-1]
	}
	return h.text[start:h.ends[i]]
}

func buildHaystack[R any](rows []R, write func([]byte, R) []byte) haystack {
	h := haystack{ends: make([]uint32, len(rows))}
	for i, r := range rows {
		start := len(h.text)
		h.text = lowered(write(h.text, r), start)
		h.ends[i] = uint32(len(h.text))
	}
	return h
}

// lowered is text with everything from start on in lower case.
func lowered(text []byte, start int) []byte {
	for i := start; i < len(text); i++ {
		switch b := text[i]; {
		case b >= utf8.RuneSelf:
			return append(text[:i], bytes.ToLower(text[i:])...)
		case b >= 'A' && b <= 'Z':
			text[i] = b + 'a' - 'A'
		}
	}
	return text
}

// reordered builds the list of shown rows anew.
func (t Table[R, K]) reordered() Table[R, K] {
	if len(t.query.words) > 0 && t.hay.ends == nil && t.schema.Haystack != nil {
		t.hay = buildHaystack(t.rows, t.schema.Haystack)
	}
	shown := make([]int32, 0, len(t.rows))
	for i := range t.rows {
		if t.lets(i) {
			shown = append(shown, int32(i))
		}
	}
	if t.sorted > 0 {
		order, rows, turn := t.schema.Columns[t.sorted-1].Order, t.rows, 1
		if t.descending {
			turn = -1
		}
		slices.SortStableFunc(shown, func(a, b int32) int { return turn * order(rows[a], rows[b]) })
	}
	t.shown = shown
	return t.settled()
}

// lets says whether the query lets a row through.
func (t Table[R, K]) lets(i int) bool {
	for _, term := range t.query.terms {
		if t.schema.Match == nil || t.schema.Match(t.rows[i], term) == term.Not {
			return false
		}
	}
	for _, w := range t.query.words {
		if t.hay.ends == nil || !bytes.Contains(t.hay.row(i), w) {
			return false
		}
	}
	return true
}
