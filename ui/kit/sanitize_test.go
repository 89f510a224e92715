package kit

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestCleanShowsWhatWasHidden(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"ordinary text", "feat: q4k kernels (#1792)", "feat: q4k kernels (#1792)"},
		{"wide text", "fix: 日本語 paths", "fix: 日本語 paths"},
		{"clipboard write, OSC 52", "\x1b]52;c;Y3Vy\x07", "␛]52;c;Y3Vy␇"},
		{"window title, OSC 0", "\x1b]0;x\x1b\\", "␛]0;x␛\\"},
		{"link, OSC 8", "\x1b]8;;http://x\x07", "␛]8;;http://x␇"},
		{"device control, DCS", "\x1bPq\x1b\\", "␛Pq␛\\"},
		{"clear screen", "\x1b[2J", "␛[2J"},
		{"colour outside a log", "\x1b[31mred\x1b[m", "␛[31mred␛[m"},
		{"C1 CSI as UTF-8", "\u009b2J", "<U+009B>2J"},
		{"C1 CSI as a byte", "\x9b2J", "<0x9B>2J"},
		{"terminal query", "\x1b[c", "␛[c"},
		{"bell, carriage return, newline, next line", "a\ab\rc\nd\u0085", "a␇b␍c␊d<U+0085>"},
		{"NUL, delete", "\x00\x7f", "␀␡"},
		{"bidi override", "abc\u202edcba", "abc<U+202E>dcba"},
		{"bidi isolates and marks", "\u2066\u2069\u200e\u200f\u061c", "<U+2066><U+2069><U+200E><U+200F><U+061C>"},
		{"zero width", "a\u200b\u200c\u200d\u2060\ufeffb", "a<U+200B><U+200C><U+200D><U+2060><U+FEFF>b"},
		{"line and paragraph separator", "\u2028\u2029", "<U+2028><U+2029>"},
		{"tag characters", "x\U000e0041\U000e007f", "x<U+E0041><U+E007F>"},
		{"invisible letters", "\u3164\u115f\u1160\uffa0\u034f", "<U+3164><U+115F><U+1160><U+FFA0><U+034F>"},
		{"private use and unassigned", "\ue000\U0001fbff\uffff", "<U+E000><U+1FBFF><U+FFFF>"},
		{"stray lead byte before an escape", "\xf0\x1b]52;c;x\x07", "<0xF0>␛]52;c;x␇"},
		{"three lead bytes before an escape", "\xe2\xe2\xf0\x1b[2J", "<0xE2><0xE2><0xF0>␛[2J"},
		{"escape coded too long", "\xc0\x9b\xe0\x80\x9b", "<0xC0><0x9B><0xE0><0x80><0x9B>"},
		{"surrogate", "\xed\xa0\x80", "<0xED><0xA0><0x80>"},
		{"emoji presentation goes", "⚠\ufe0f!", "⚠!"},
		{"a selector without a base stays visible", " \ufe0f", " <U+FE0F>"},
		{"other selectors stay visible", "x\ufe00\U000e0101", "x<U+FE00><U+E0101>"},
		{"skin tone goes", "👍🏽", "👍"},
		{"family of emoji", "👩\u200d👧", "👩<U+200D>👧"},
		{"blanks of all kinds", "a\u00a0b\u3000c\u2003d", "a b  c d"},
		{"four marks stay", "e\u0301\u0302\u0303\u0304!", "e\u0301\u0302\u0303\u0304!"},
		{"more marks are counted", "e\u0301\u0302\u0303\u0304\u0305\u0306!", "e\u0301\u0302\u0303\u0304<+2 marks>!"},
		{"marks without a base", "\u0301", "◌\u0301"},
		{"marks do not sit on a blank", "a \u0301", "a ◌\u0301"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := Clean(c.in); string(got) != c.want {
				t.Errorf("Clean(%q) = %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func TestCleanLogDropsColoursOnly(t *testing.T) {
	for in, want := range map[string]string{
		"\x1b[1;31merror\x1b[0m: x": "error: x",
		"\x1b[38:2::255:0:0mx":      "x",
		"\x1b[38;2;1;2;3m\x1b[mx":   "x",
		"\x1b[2Jx":                  "␛[2Jx",
		"\x1b\x1b[m[31mx":           "␛[31mx",
		"\x1b[":                     "␛[",
		"\x1b[31":                   "␛[31",
		"\x1b[?25lx":                "␛[?25lx",
		"\x1b[31;\x1b]52;c;x\am":    "␛[31;␛]52;c;x␇m",
		"\xf0\x1b[31mx":             "<0xF0>x",
		"a\tb":                      "a       b",
		"日\tb":                      "日      b",
		"\x1b[" + strings.Repeat("1;", 99) + "mx": "␛[" + strings.Repeat("1;", 99) + "mx",
	} {
		if got := CleanLog(in); string(got) != want {
			t.Errorf("CleanLog(%q) = %q, want %q", in, got, want)
		}
	}
	long := strings.Repeat("x", 20000)
	if got := CleanLog(long); string(got) != long {
		t.Errorf("a log line of %d cells was cut to %d", len(long), len(got))
	}
	if got := Width(CleanLog(strings.Repeat("x", MaxLogCells+1))); got != MaxLogCells {
		t.Errorf("a log line beyond the limit keeps %d cells, not %d", got, MaxLogCells)
	}
}

func TestCleanASCIIIsASCII(t *testing.T) {
	got := CleanASCII("é 日\x1b\u202e" + strings.Repeat("x", MaxCells))
	if want := "<U+00E9> <U+65E5><0x1B><U+202E>"; !strings.HasPrefix(string(got), want) || !strings.HasSuffix(string(got), "x~") {
		t.Errorf("got %q", got)
	}
	if !printableASCII(string(got)) {
		t.Errorf("not ASCII: %q", got)
	}
}

func TestCleanCutsLongText(t *testing.T) {
	for _, in := range []string{strings.Repeat("x", 1<<20), strings.Repeat("長", 4000), "x" + strings.Repeat("長", 4000), strings.Repeat("\x1b", 4000), "e" + strings.Repeat("\u0301", 32<<10) + strings.Repeat("y", 600)} {
		got := Clean(in)
		if w := Width(got); w > MaxCells || w < MaxCells-1 {
			t.Errorf("%.20q of %d bytes: %d cells", in, len(in), w)
		}
		if !strings.HasSuffix(string(got), "…") {
			t.Errorf("%.20q: the cut is not shown: %q", in, got[len(got)-20:])
		}
	}
	for _, end := range []string{"\u0301", "\u0301\u0301", "\x1b\x1b", "\u202e"} { // no room for the circle, the picture, the number
		in := strings.Repeat("é", MaxCells-1) + " " + end
		if got := Clean(in); Width(got) != MaxCells || !strings.HasSuffix(string(got), "é…") {
			t.Errorf("%q at the limit: %d cells, %q", end, Width(got), got[len(got)-12:])
		}
	}
	if got := Clean(strings.Repeat("é", MaxCells-4) + strings.Repeat("\u0301", 9) + "x"); Width(got) != MaxCells || !strings.HasSuffix(string(got), "<+5…") {
		t.Errorf("a count of marks at the limit: %q", got[len(got)-20:])
	}
	if exactly := strings.Repeat("é", MaxCells); Clean(exactly) != Safe(exactly) {
		t.Error("a text of just the limit was cut")
	}
}

func TestSafesCleansEach(t *testing.T) {
	if got := Safes([]string{"a", "\x1b", ""}); len(got) != 3 || got[0] != "a" || got[1] != "␛" || got[2] != "" {
		t.Errorf("%q", got)
	}
}

func TestJoin(t *testing.T) {
	for _, c := range []struct {
		in   []Safe
		want Safe
	}{{nil, ""}, {[]Safe{"a"}, "a"}, {[]Safe{"a", "", "b"}, "a ∙  ∙ b"}} {
		if got := Join(c.in, " ∙ "); got != c.want {
			t.Errorf("%q: %q, want %q", c.in, got, c.want)
		}
	}
}

func TestTainted(t *testing.T) {
	for in, want := range map[string]bool{
		"": false, "plain": false, "日本語 é": false, strings.Repeat("long ", 500): false, "👍🏽": false, "a\u00a0b": false,
		"\x1b[31m": true, "a\u200bb": true, "\xff": true, "a\nb": true, "\u202e": true, "e" + strings.Repeat("\u0301", 9): true,
		strings.Repeat("é", 900) + "\x1b": true,
	} {
		if got := Tainted(in); got != want {
			t.Errorf("Tainted(%.20q) = %v", in, got)
		}
	}
}

func TestCleanOfPlainTextDoesNotAllocate(t *testing.T) {
	in := "perf: fuse rope and attention (#1797)"
	if n := testing.AllocsPerRun(100, func() { Clean(in); CleanLog(in); CleanASCII(in); Tainted(in) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzClean(f *testing.F) {
	for _, s := range nasty {
		f.Add(s)
	}
	f.Add("\xf0\x1b]52;c;x\x07")
	f.Add(strings.Repeat("長\u0301", 600))
	f.Fuzz(func(t *testing.T, in string) {
		for name, c := range map[string]struct {
			clean func(string) Safe
			limit int
		}{"Clean": {Clean, MaxCells}, "CleanLog": {CleanLog, MaxLogCells}, "CleanASCII": {CleanASCII, MaxCells}} {
			got := c.clean(in)
			allowed(t, name, in, string(got))
			if again := c.clean(string(got)); again != got {
				t.Errorf("%s is not idempotent: %q gives %q gives %q", name, in, got, again)
			}
			if w := Width(got); w > c.limit {
				t.Errorf("%s(%q) is %d cells", name, in, w)
			}
		}
	})
}

// allowed fails when a cleaned text holds anything but printable runes, at most
// MaxMarks combining ones on a base that can be seen.
func allowed(t *testing.T, name, in, got string) {
	t.Helper()
	if !utf8.ValidString(got) {
		t.Fatalf("%s(%q) = %q is not UTF-8", name, in, got)
	}
	marks, base := 0, false
	for _, r := range got {
		switch {
		case !unicode.IsPrint(r), unicode.In(r, unicode.Cf, unicode.Cc, unicode.Co, unicode.Zl, unicode.Zp, unicode.Variation_Selector, unicode.Other_Default_Ignorable_Code_Point), unicode.Is(unicode.Zs, r) && r != ' ':
			t.Fatalf("%s(%q) = %q lets %U through", name, in, got, r)
		case runeWidth(r) == 0:
			marks++
			if marks > MaxMarks || !base {
				t.Fatalf("%s(%q) = %q: mark %d on a base %v", name, in, got, marks, base)
			}
		default:
			marks, base = 0, r != ' '
		}
	}
}
