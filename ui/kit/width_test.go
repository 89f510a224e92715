package kit

import (
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/rivo/uniseg"
)

// TestRuneWidthsAreUnicodes compares the width of every rune that Clean lets
// through with an independent table of Unicode's.
func TestRuneWidthsAreUnicodes(t *testing.T) {
	differ := 0
	for r := rune(0x20); r < 0x40000; r++ {
		if !visible(r) || disputed(r) {
			continue
		}
		want := uniseg.StringWidth(string(r))
		if runeWidth(r) == 0 { // a mark is measured upon a base
			want = uniseg.StringWidth("a"+string(r)) - 1
		}
		if got := runeWidth(r); got != want {
			differ++
			if differ < 20 {
				t.Errorf("%U %c: %d cells, uniseg says %d", r, r, got, want)
			}
		}
	}
	if differ > 0 {
		t.Errorf("%d runes differ", differ)
	}
}

// disputed are runes that uniseg measures otherwise than by East_Asian_Width,
// which terminals follow: regional indicators (one cell each, two make a flag of
// two), Indic vowel signs (one, as wcwidth has it), joining Hangul (none), wide
// symbols that also have a text presentation, lone skin tones, the two- and
// three-em dashes, and halfwidth voicing marks.
func disputed(r rune) bool {
	return (r >= 0x1f1e6 && r <= 0x1f1ff) || unicode.Is(unicode.Mc, r) || jamo(r) ||
		slices.Contains([]rune{0x2e3a, 0x2e3b, 0x3030, 0x303d, 0x3297, 0x3299, 0xff9e, 0xff9f, 0x1f202, 0x1f237}, r) ||
		(r >= 0x1f260 && r <= 0x1f265) || (r >= 0x1f3fb && r <= 0x1f3ff)
}

func TestTruncateAndPad(t *testing.T) {
	for _, c := range []struct {
		in        Safe
		w         int
		cut, r, l Safe
	}{
		{"anvil", 5, "anvil", "anvil", "anvil"},
		{"anvil", 7, "anvil", "anvil  ", "  anvil"},
		{"anvil", 4, "anv…", "anv…", "anv…"},
		{"anvil", 1, "…", "…", "…"},
		{"anvil", 0, "", "", ""},
		{"anvil", -3, "", "", ""},
		{"日本語", 6, "日本語", "日本語", "日本語"},
		{"日本語", 5, "日本…", "日本…", "日本…"},
		{"日本語", 4, "日…", "日… ", " 日…"},
		{"é\u0301x", 1, "…", "…", "…"},
		{"xe\u0301\u0301yz", 3, "xe\u0301\u0301…", "xe\u0301\u0301…", "xe\u0301\u0301…"},
	} {
		for name, got := range map[string][2]Safe{"cut": {Truncate(c.in, c.w, "…"), c.cut}, "right": {PadRight(c.in, c.w, "…"), c.r}, "left": {PadLeft(c.in, c.w, "…"), c.l}} {
			if got[0] != got[1] {
				t.Errorf("%s of %q to %d: %q, want %q", name, c.in, c.w, got[0], got[1])
			}
		}
	}
}

func TestWrap(t *testing.T) {
	for _, c := range []struct {
		in   Safe
		w    int
		want []Safe
	}{
		{"cargo cannot create target/debug", 12, []Safe{"cargo cannot", "create", "target/debug"}},
		{"a/very/long/path and more", 8, []Safe{"a/very/l", "ong/path", "and more"}},
		{"日本語 日本", 5, []Safe{"日本", "語", "日本"}},
		{"日a", 1, []Safe{"a"}},
		{"  ", 5, nil},
		{"x", 0, nil},
	} {
		if got := Wrap(c.in, c.w); !slices.Equal(got, c.want) {
			t.Errorf("%q to %d: %q, want %q", c.in, c.w, got, c.want)
		}
	}
}

func TestDrawnWidthSkipsStyles(t *testing.T) {
	for _, l := range looks(t) {
		line := l.look.Line(40, Line{l.look.Sign(SignStop), In(0, " 日本")}, Line{l.look.Sign(SignOK)})
		if got := DrawnWidth(line); got != 40 {
			t.Errorf("%s: %d: %q", l.name, got, line)
		}
	}
	if got := DrawnWidth("ab\x1b[1"); got != 2 {
		t.Errorf("an unfinished style counts: %d", got)
	}
}

func TestStackCutsStyledLines(t *testing.T) {
	look := looks(t)[0].look
	got := look.Stack(6, 2, look.Line(20, Line{look.Sign(SignStop), In(0, " and more")}, nil))
	first, second, _ := strings.Cut(got, "\n")
	if DrawnWidth(first) != 6 || !strings.HasSuffix(first, "\x1b[0m") || !strings.Contains(first, "■ STOP") || second != "      " {
		t.Errorf("%q", got)
	}
}
