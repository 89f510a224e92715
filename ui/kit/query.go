package kit

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// TermKind says how the value of a filter term is read.
type TermKind uint8

// The kinds of value.
const (
	TermText   TermKind = iota // any text, compared in lower case
	TermSize                   // 10GiB, 3.5M, 512; in bytes
	TermAge                    // 2h, 30m, 3d; in nanoseconds
	TermNumber                 // a whole number
)

// TermKey declares one key that a filter understands: host:intel, size:>10GiB.
type TermKey struct {
	Key    string
	Kind   TermKind
	Values []string // the only values allowed, for a TermText; empty is any
}

// Compare is how a term's number is compared.
type Compare uint8

// The comparisons: "key:5", "key:>5", "key:>=5", "key:<5", "key:<=5".
const (
	Equal Compare = iota
	Above
	AtLeast
	Below
	AtMost
)

// Term is one key:value of a filter.
type Term struct {
	Key    string
	Not    bool // written -key:value
	Text   string
	How    Compare
	Number int64 // bytes, nanoseconds or the number, by the key's kind
}

// Holds says whether a number satisfies the term; Not is left to the table.
func (t Term) Holds(n int64) bool {
	switch t.How {
	case Above:
		return n > t.Number
	case AtLeast:
		return n >= t.Number
	case Below:
		return n < t.Number
	case AtMost:
		return n <= t.Number
	}
	return n == t.Number
}

// Query is a parsed filter: every word must occur in the row, every term hold.
type Query struct {
	text  string
	words [][]byte // lower case; never written
	terms []Term
}

// Empty says that the query lets every row through.
func (q Query) Empty() bool { return len(q.words)+len(q.terms) == 0 }

// String is the query as it was typed.
func (q Query) String() string { return q.text }

// Words are the plain words of the query in lower case.
func (q Query) Words() []string {
	out := make([]string, len(q.words))
	for i, w := range q.words {
		out[i] = string(w)
	}
	return out
}

// QueryError is a term that cannot be read, with its place in the typed text.
type QueryError struct {
	Column int // in cells from 0
	What   string
	Mend   string
}

// Error has the form "column N: what; how to mend", counted from 1.
func (e *QueryError) Error() string {
	return fmt.Sprintf("column %d: %s; %s", e.Column+1, e.What, e.Mend)
}

// ParseQuery reads a filter. Blanks separate words and terms; "in quotes" is
// taken as it stands. A word with a colon must begin with a known key, so that
// a slip of the key is an error and not an empty table.
func ParseQuery(text string, keys []TermKey) (Query, error) {
	q := Query{text: text}
	for at := 0; at < len(text); {
		switch {
		case text[at] == ' ':
			at++
		case text[at] == '"':
			phrase, rest, closed := strings.Cut(text[at+1:], `"`)
			if !closed {
				return q, q.fault(at, "the quote is not closed", `end it with "`)
			}
			if phrase != "" {
				q.words = append(q.words, []byte(strings.ToLower(phrase)))
			}
			at = len(text) - len(rest)
		default:
			token, _, _ := strings.Cut(text[at:], " ")
			if err := q.add(token, at, keys); err != nil {
				return q, err
			}
			at += len(token)
		}
	}
	return q, nil
}

func (q *Query) fault(at int, what, mend string) error {
	return &QueryError{Column: Width(Clean(q.text[:at])), What: what, Mend: mend}
}

// add reads one blank-free token.
func (q *Query) add(token string, at int, keys []TermKey) error {
	key, value, isTerm := strings.Cut(token, ":")
	if !isTerm || len(keys) == 0 {
		q.words = append(q.words, []byte(strings.ToLower(token)))
		return nil
	}
	t := Term{Key: key}
	if strings.HasPrefix(key, "-") {
		t.Not, t.Key = true, key[1:]
	}
	i := slices.IndexFunc(keys, func(k TermKey) bool { return k.Key == t.Key })
	if i < 0 {
		return q.fault(at, fmt.Sprintf("no key %q here", string(Clean(t.Key))), `use one of `+names(keys)+`, or put the text in "quotes"`)
	}
	at += len(key) + 1
	if err := t.read(value, keys[i]); err != nil {
		return q.fault(at, err.Error(), mendOf(keys[i]))
	}
	q.terms = append(q.terms, t)
	return nil
}

func names(keys []TermKey) string {
	list := make([]string, len(keys))
	for i, k := range keys {
		list[i] = k.Key + ":"
	}
	return strings.Join(list, " ")
}

func mendOf(k TermKey) string {
	switch {
	case len(k.Values) > 0:
		return "use " + strings.Join(k.Values, ", ")
	case k.Kind == TermSize:
		return "write a size such as " + k.Key + ":>10GiB"
	case k.Kind == TermAge:
		return "write an age such as " + k.Key + ":>2h"
	case k.Kind == TermNumber:
		return "write a whole number"
	}
	return "write a value after the colon"
}

// read fills the term from the text after its colon.
func (t *Term) read(value string, key TermKey) error {
	if key.Kind == TermText {
		t.Text = strings.ToLower(value)
		if t.Text == "" || (len(key.Values) > 0 && !slices.Contains(key.Values, t.Text)) {
			return fmt.Errorf("%q is no value of %s", string(Clean(value)), key.Key)
		}
		return nil
	}
	for _, c := range [...]struct {
		sign string
		how  Compare
	}{{">=", AtLeast}, {"<=", AtMost}, {">", Above}, {"<", Below}, {"=", Equal}} {
		if rest, ok := strings.CutPrefix(value, c.sign); ok {
			value, t.How = rest, c.how
			break
		}
	}
	var ok bool
	switch key.Kind {
	case TermSize:
		t.Number, ok = parseSize(value)
	case TermAge:
		t.Number, ok = parseAge(value)
	case TermNumber:
		n, err := strconv.ParseInt(strings.TrimPrefix(value, "#"), 10, 64)
		t.Number, ok = n, err == nil
	}
	if !ok {
		return fmt.Errorf("%q is not a value of %s", string(Clean(value)), key.Key)
	}
	return nil
}

// scaled reads a decimal number and its unit, and multiplies them.
func scaled(value string, units map[string]int64) (int64, bool) {
	end := 0
	for end < len(value) && (value[end] == '.' || (value[end] >= '0' && value[end] <= '9')) {
		end++
	}
	n, err := strconv.ParseFloat(value[:end], 64)
	unit, known := units[strings.ToLower(value[end:])]
	if err != nil || !known || n*float64(unit) >= 1<<63 {
		return 0, false
	}
	return int64(n * float64(unit)), true
}

// parseSize reads bytes. K, KB and KiB are all 1024: that is what df -h and du
// -h mean by them.
func parseSize(value string) (int64, bool) {
	units := map[string]int64{"": 1, "b": 1}
	for i, letter := range "kmgtpe" {
		n := int64(1) << (10 * (i + 1))
		units[string(letter)], units[string(letter)+"b"], units[string(letter)+"ib"] = n, n, n
	}
	return scaled(value, units)
}

func parseAge(value string) (int64, bool) {
	return scaled(value, map[string]int64{
		"s": int64(time.Second), "m": int64(time.Minute), "h": int64(time.Hour),
		"d": int64(24 * time.Hour), "w": int64(7 * 24 * time.Hour),
	})
}
