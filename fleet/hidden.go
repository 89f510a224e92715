package fleet

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"
)

// HiddenIn lists what of a foreign text is there and is not seen, each once and in
// the order of its coming: control bytes, bidi controls, zero-width characters and
// bytes that are no UTF-8, as "U+202E" or "0xFF". It is nil for a text that holds
// none. A joiner inside an emoji and a variation selector count as seen: they
// belong to what they join.
func HiddenIn(s string) []string {
	if plainASCII(s) {
		return nil
	}
	var out []string
	prev := rune(0)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		name := ""
		switch {
		case r == utf8.RuneError && n == 1:
			name = fmt.Sprintf("0x%02X", s[i])
		case hidden(r) && !(r == 0x200d && prev >= 0x2190):
			name = fmt.Sprintf("U+%04X", r)
		}
		if name != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
		prev = r
		i += n
	}
	return out
}

// Seen returns a text as it looks: without what HiddenIn names.
func Seen(s string) string {
	if plainASCII(s) {
		return s
	}
	return strings.Map(func(r rune) rune {
		if hidden(r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
}

func plainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < ' ' || c > '~' {
			return false
		}
	}
	return true
}

// hidden reports whether a character is drawn as nothing, or changes how its
// neighbours are drawn: C0 and C1 controls, soft hyphen, zero-width and bidi
// controls (UAX #9), invisible operators, the byte order mark and tags.
func hidden(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r <= 0x9f:
		return true
	case r == 0xad, r == 0x34f, r == 0x61c, r == 0x115f, r == 0x1160, r == 0x17b4, r == 0x17b5, r == 0x180e, r == 0x3164, r == 0xfeff, r == 0xffa0:
		return true
	case r >= 0x200b && r <= 0x200f, r >= 0x2028 && r <= 0x202e, r >= 0x2060 && r <= 0x206f:
		return true
	}
	return r >= 0xe0000 && r <= 0xe007f
}
