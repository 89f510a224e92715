package kit

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"andon/themes"
)

// nasty are texts that have broken terminal programs: wide runes, combining
// marks without end, emoji sequences, escapes, direction overrides, bad UTF-8.
var nasty = []string{
	"", "plain", "日本語のタイトル", "e\u0301\u0301\u0301\u0301\u0301\u0301 zalgo", "\u0301 alone", "👩‍👩‍👧‍👦 family", "🇩🇪 flag", "👍🏽",
	"⚠️ sign", "\x1b]52;c;Y3VybA==\x07", "\xf0\x1b]0;x\x07", "\u202eevil", "a\u200bb", "tab\there", "ﷺ", "각", "ก็็็็", "नमस्ते", "\u3000wide blank",
	strings.Repeat("長", 300), strings.Repeat("x", 3000), "\U000e0041tag", "\u2028line", "\x9b31m", "\u0085nel",
}

// foreign is a text of up to n pieces, cleaned.
func foreign(r *rand.Rand, n int) Safe {
	var b strings.Builder
	for range r.IntN(n + 1) {
		b.WriteString(nasty[r.IntN(len(nasty))])
	}
	return Clean(b.String())
}

// TestEveryBlockIsExact draws every block with foreign text at random widths
// and asks that each line is as wide as it was told, and each block as high.
func TestEveryBlockIsExact(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	text := func() Safe { return foreign(r, 3) }
	line := func() Line {
		var l Line
		for range r.IntN(4) {
			l = append(l, In(themes.Role(r.IntN(len(themes.Roles()))), text()))
		}
		return l
	}
	for n := range 60 {
		w, h := r.IntN(130), 1+r.IntN(12)
		for _, l := range looks(t) {
			look := l.look
			blocks := map[string]string{
				"line":     look.Line(w, line(), line()),
				"rule":     look.Rule(w, line(), line()),
				"status":   look.StatusLine(w, []Safe{"ANDON", text(), text()}, Lamps{Stop: n}, line()),
				"footer":   look.Footer(w, []Hint{{Key: "a", Does: text()}, {Key: "b", Does: text()}}, []Hint{{Key: "?", Does: "help"}}),
				"filter":   look.FilterLine(w, "/", NewInput(string(text())), text(), nil),
				"progress": look.Progress(w, text(), Progress{Done: int64(n), Total: 300, Elapsed: time.Second}),
				"bar":      look.Line(w, look.Bar(w, Fraction(r.Float64()), DiskLimits()), nil),
			}
			frames := map[string]string{
				"help":   look.Help(w, h, []HintGroup{{text(), []Hint{{Key: text(), Does: text()}, {Key: "k", Does: text()}}}, {"B", []Hint{{Key: "x", Does: text()}}}}),
				"modal":  Modal{Title: line(), Foot: text(), Body: []Line{line(), line(), line()}, Field: &Field{Ask: text(), Want: "3"}, Buttons: []Button{{ID: "a", Key: "a", Label: text()}, {ID: "b", Key: "b", Label: text(), Off: text()}}}.Insert(string(text())).View(look, w, h),
				"table":  foreignTable(r, w, h).View(look),
				"stack":  look.Stack(w, h, look.Line(50, line(), line()), look.Line(90, line(), nil)),
				"beside": look.Beside(w, h, r.IntN(100), look.Line(40, line(), nil), look.Line(60, line(), nil)),
				"center": look.Center(w, h, look.Line(30, line(), nil)),
			}
			for name, got := range blocks {
				exactFrame(t, fmt.Sprintf("%s %s, %d cells", l.name, name, w), got, w, 1)
			}
			for name, got := range frames {
				exactFrame(t, fmt.Sprintf("%s %s, %d by %d", l.name, name, w, h), got, w, h)
			}
		}
		if t.Failed() {
			return
		}
	}
}

func foreignTable(r *rand.Rand, w, h int) Table[hostRow, Safe] {
	rows := make([]hostRow, r.IntN(12))
	for i := range rows {
		rows[i] = hostRow{name: foreign(r, 2) + Number(int64(i)), sign: Sign(r.IntN(int(signCount))), used: r.Int64N(900), total: r.Int64N(1000),
			full: foreign(r, 2), busy: foreign(r, 1), stale: r.IntN(3) == 0, trend: ramp(1, 2, -1)}
	}
	return NewTable(hostSchema()).Resize(w, h).Replace(rows).Move(r.IntN(12)).Mark().Move(-1).Sort("host", r.IntN(2) == 0)
}

func exactFrame(t *testing.T, what, frame string, w, h int) {
	t.Helper()
	lines := strings.Split(frame, "\n")
	if len(lines) != h {
		t.Errorf("%s: %d lines", what, len(lines))
	}
	for i, line := range lines {
		if got := DrawnWidth(line); got != w {
			t.Errorf("%s: line %d is %d cells: %q", what, i+1, got, line)
		}
		if rest := strings.ReplaceAll(line, themes.Reset, ""); strings.Count(rest, "\x1b[") != strings.Count(line, themes.Reset) {
			t.Errorf("%s: line %d opens and closes styles unevenly: %q", what, i+1, line)
		}
	}
}

// TestNoSizePanics draws every block at sizes a terminal or a layout may come
// to while it is being resized.
func TestNoSizePanics(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	for _, w := range []int{-100, -1, 0, 1, 2, 3, 4, 5} {
		for _, h := range []int{-100, -1, 0, 1, 2, 3} {
			for _, l := range looks(t) {
				look, line := l.look, Words("日本 words")
				_ = look.Line(w, line, line) + look.Rule(w, line, line) + look.Section(w, "T", "r") + look.Blank(w) +
					look.Footer(w, []Hint{{Key: "a", Does: "b"}}, nil) + look.FilterLine(w, "/", NewInput("日本"), "r", nil) +
					look.Progress(w, "label", Progress{}) + look.StatusLine(w, nil, Lamps{}, nil)
				_, _, _ = look.Bar(w, Fraction(.5), DiskLimits()), look.Meter(w, Share{}, themes.Info), look.Spark(w, ramp(1), Scale{}, themes.Info)
				for name, frame := range map[string]string{
					"modal":  reapModal().View(look, w, h),
					"help":   look.Help(w, h, hintGroups()),
					"table":  foreignTable(r, w, h).View(look),
					"stack":  look.Stack(w, h, "some", "lines"),
					"beside": look.Beside(w, h, w/2, "left", "right"),
					"center": look.Center(w, h, "日本\nwords"),
				} {
					if h >= 1 {
						exactFrame(t, fmt.Sprintf("%s %s, %d by %d", l.name, name, w, h), frame, max(w, 0), h)
					} else if frame != "" {
						t.Errorf("%s of %d lines drew %q", name, h, frame)
					}
				}
			}
		}
	}
}
