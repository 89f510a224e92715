package kit

import (
	"errors"
	"testing"
	"time"
)

func testTerms() []TermKey {
	return []TermKey{
		{Key: "host"}, {Key: "is", Values: []string{"red", "green"}},
		{Key: "size", Kind: TermSize}, {Key: "age", Kind: TermAge}, {Key: "run", Kind: TermNumber},
	}
}

func TestParseQueryReadsNumbers(t *testing.T) {
	for text, want := range map[string]Term{
		"size:>10GiB": {Key: "size", How: Above, Number: 10 << 30},
		"size:>=1.5k": {Key: "size", How: AtLeast, Number: 1536},
		"size:<3MB":   {Key: "size", How: Below, Number: 3 << 20},
		"size:512":    {Key: "size", Number: 512},
		"age:<=2h":    {Key: "age", How: AtMost, Number: int64(2 * time.Hour)},
		"age:>3d":     {Key: "age", How: Above, Number: int64(72 * time.Hour)},
		"run:=123":    {Key: "run", Number: 123},
		"run:#1797":   {Key: "run", Number: 1797},
		"-host:Intel": {Key: "host", Not: true, Text: "intel"},
		"is:RED":      {Key: "is", Text: "red"},
	} {
		q, err := ParseQuery(text, testTerms())
		if err != nil || len(q.terms) != 1 || q.terms[0] != want {
			t.Errorf("%s: %+v, %v; want %+v", text, q.terms, err, want)
		}
	}
}

func TestParseQueryNamesTheColumnOfAFault(t *testing.T) {
	for text, want := range map[string]string{
		"hst:intel":         `column 1: no key "hst" here; use one of host: is: size: age: run:, or put the text in "quotes"`,
		"os error is:pink":  `column 13: "pink" is no value of is; use red, green`,
		"日本 size:big":       `column 11: "big" is not a value of size; write a size such as size:>10GiB`,
		"size:>":            `column 6: "" is not a value of size; write a size such as size:>10GiB`,
		"size:1e999":        `column 6: "1e999" is not a value of size; write a size such as size:>10GiB`,
		"size:99999999999E": `column 6: "99999999999E" is not a value of size; write a size such as size:>10GiB`,
		"age:5":             `column 5: "5" is not a value of age; write an age such as age:>2h`,
		"run:1.5":           `column 5: "1.5" is not a value of run; write a whole number`,
		"host:":             `column 6: "" is no value of host; write a value after the colon`,
		`a "open`:           `column 3: the quote is not closed; end it with "`,
		"\x1b:x":            `column 1: no key "␛" here; use one of host: is: size: age: run:, or put the text in "quotes"`,
	} {
		_, err := ParseQuery(text, testTerms())
		var fault *QueryError
		if !errors.As(err, &fault) {
			t.Errorf("%s: no fault, but %v", text, err)
		} else if err.Error() != want {
			t.Errorf("%s:\n got %s\nwant %s", text, err, want)
		}
	}
}

func TestParseQueryKeepsWords(t *testing.T) {
	q, err := ParseQuery(`OS  error "feat: Q4K" host:a`, testTerms())
	if err != nil {
		t.Fatal(err)
	}
	if got := q.Words(); len(got) != 3 || got[0] != "os" || got[1] != "error" || got[2] != "feat: q4k" {
		t.Errorf("words are %q", got)
	}
	if q, err := ParseQuery("feat: x", nil); err != nil || len(q.Words()) != 2 {
		t.Errorf("without keys a colon is a word's: %q, %v", q.Words(), err)
	}
}

func TestTermHolds(t *testing.T) {
	for how, want := range map[Compare][3]bool{ // for 4, 5, 6 against 5
		Equal: {false, true, false}, Above: {false, false, true}, AtLeast: {false, true, true},
		Below: {true, false, false}, AtMost: {true, true, false},
	} {
		term := Term{How: how, Number: 5}
		if got := [3]bool{term.Holds(4), term.Holds(5), term.Holds(6)}; got != want {
			t.Errorf("comparison %d: %v, want %v", how, got, want)
		}
	}
}

func FuzzParseQuery(f *testing.F) {
	f.Add(`os "error x" host:a -size:>1.5GiB age:<2h`)
	f.Add("日本 size:\xff:")
	f.Fuzz(func(t *testing.T, text string) {
		q, err := ParseQuery(text, testTerms())
		var fault *QueryError
		if err != nil && (!errors.As(err, &fault) || fault.Column < 0 || fault.Mend == "" || Tainted(err.Error())) {
			t.Errorf("%q: %q", text, err)
		}
		if err == nil && q.String() != text {
			t.Errorf("%q became %q", text, q)
		}
	})
}
