package kit

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// Width is how many cells a text takes. Runes of ambiguous width count as one
// cell, as all terminals but those set for East Asian fonts draw them.
func Width(s Safe) int {
	n := 0
	for i := 0; i < len(s); i++ {
		if s[i] >= utf8.RuneSelf {
			return n + wideWidth(string(s[i:]))
		}
		n++
	}
	return n
}

func wideWidth(s string) int {
	n := 0
	for _, r := range s {
		n += runeWidth(r)
	}
	return n
}

// wideRunes are the ranges that take two cells: East_Asian_Width W and F of
// Unicode 15 (EastAsianWidth.txt), with unassigned code points in between taken
// along, since Clean lets none of them through.
var wideRunes = [...][2]rune{
	{0x1100, 0x115f}, {0x231a, 0x231b}, {0x2329, 0x232a}, {0x23e9, 0x23ec}, {0x23f0, 0x23f0},
	{0x23f3, 0x23f3}, {0x25fd, 0x25fe}, {0x2614, 0x2615}, {0x2648, 0x2653}, {0x267f, 0x267f},
	{0x2693, 0x2693}, {0x26a1, 0x26a1}, {0x26aa, 0x26ab}, {0x26bd, 0x26be}, {0x26c4, 0x26c5},
	{0x26ce, 0x26ce}, {0x26d4, 0x26d4}, {0x26ea, 0x26ea}, {0x26f2, 0x26f3}, {0x26f5, 0x26f5},
	{0x26fa, 0x26fa}, {0x26fd, 0x26fd}, {0x2705, 0x2705}, {0x270a, 0x270b}, {0x2728, 0x2728},
	{0x274c, 0x274c}, {0x274e, 0x274e}, {0x2753, 0x2755}, {0x2757, 0x2757}, {0x2795, 0x2797},
	{0x27b0, 0x27b0}, {0x27bf, 0x27bf}, {0x2b1b, 0x2b1c}, {0x2b50, 0x2b50}, {0x2b55, 0x2b55},
	{0x2e80, 0x303e}, {0x3041, 0x3096}, {0x309b, 0x3247}, {0x3250, 0x4dbf}, {0x4e00, 0xa4c6},
	{0xa960, 0xa97c}, {0xac00, 0xd7a3}, {0xf900, 0xfaff}, {0xfe10, 0xfe19}, {0xfe30, 0xfe6b},
	{0xff01, 0xff60}, {0xffe0, 0xffe6}, {0x16fe0, 0x1b2fb}, {0x1f004, 0x1f004}, {0x1f0cf, 0x1f0cf},
	{0x1f18e, 0x1f18e}, {0x1f191, 0x1f19a}, {0x1f200, 0x1f320}, {0x1f32d, 0x1f335}, {0x1f337, 0x1f37c},
	{0x1f37e, 0x1f393}, {0x1f3a0, 0x1f3ca}, {0x1f3cf, 0x1f3d3}, {0x1f3e0, 0x1f3f0}, {0x1f3f4, 0x1f3f4},
	{0x1f3f8, 0x1f43e}, {0x1f440, 0x1f440}, {0x1f442, 0x1f4fc}, {0x1f4ff, 0x1f53d}, {0x1f54b, 0x1f54e},
	{0x1f550, 0x1f567}, {0x1f57a, 0x1f57a}, {0x1f595, 0x1f596}, {0x1f5a4, 0x1f5a4}, {0x1f5fb, 0x1f64f},
	{0x1f680, 0x1f6c5}, {0x1f6cc, 0x1f6cc}, {0x1f6d0, 0x1f6d2}, {0x1f6d5, 0x1f6df}, {0x1f6eb, 0x1f6ec},
	{0x1f6f4, 0x1f6fc}, {0x1f7e0, 0x1f7f0}, {0x1f90c, 0x1f93a}, {0x1f93c, 0x1f945}, {0x1f947, 0x1f9ff},
	{0x1fa70, 0x1faf8}, {0x20000, 0x3fffd},
}

// runeWidth is how many cells a printable rune takes: 0 for a combining mark,
// 2 for a wide one, else 1.
func runeWidth(r rune) int {
	switch {
	case r < 0x300:
		return 1
	case r >= 0x2500 && r <= 0x25fc: // lines, blocks and shapes: most of a screen
		return 1
	case unicode.In(r, unicode.Mn, unicode.Me), jamo(r):
		return 0
	}
	low, high := 0, len(wideRunes)
	for low < high {
		mid := (low + high) / 2
		switch {
		case r < wideRunes[mid][0]:
			high = mid
		case r > wideRunes[mid][1]:
			low = mid + 1
		default:
			return 2
		}
	}
	return 1
}

// jamo tells the vowels and finals that join the Hangul syllable before them.
func jamo(r rune) bool { return (r >= 0x1160 && r <= 0x11ff) || (r >= 0xd7b0 && r <= 0xd7ff) }

// Truncate cuts a text to at most width cells and ends a cut one with tail.
func Truncate(s Safe, width int, tail Safe) Safe {
	if width <= 0 {
		return ""
	}
	if len(s) <= width || Width(s) <= width {
		return s
	}
	if tailWidth := Width(tail); tailWidth <= width {
		return s[:cut(string(s), width-tailWidth)] + tail
	}
	return s[:cut(string(s), width)]
}

// cut is the length in bytes of the longest head of s that fits in width cells,
// with the combining marks that belong to it.
func cut(s string, width int) int {
	for i, r := range s {
		w := runeWidth(r)
		if w > width {
			return i
		}
		width -= w
	}
	return len(s)
}

// PadRight makes a text exactly width cells: blanks after it, or cut with tail.
func PadRight(s Safe, width int, tail Safe) Safe {
	s = Truncate(s, width, tail)
	return s + blanks(width-Width(s))
}

// PadLeft makes a text exactly width cells: blanks before it, or cut with tail.
func PadLeft(s Safe, width int, tail Safe) Safe {
	s = Truncate(s, width, tail)
	return blanks(width-Width(s)) + s
}

func blanks(n int) Safe {
	if n <= 0 {
		return ""
	}
	return Safe(strings.Repeat(" ", n))
}

// DrawnWidth is how many cells a line that blocks drew takes: its escape
// strings, which are all SGR, take none.
func DrawnWidth(line string) int {
	n := 0
	for len(line) > 0 {
		esc := strings.IndexByte(line, 0x1b)
		if esc < 0 {
			return n + Width(Safe(line))
		}
		n += Width(Safe(line[:esc]))
		end := strings.IndexByte(line[esc:], 'm')
		if end < 0 {
			return n
		}
		line = line[esc+end+1:]
	}
	return n
}
