package fleet

import (
	"fmt"
	"unicode/utf16"
	"unicode/utf8"
)

// ASCIIJSON rewrites JSON in printable ASCII and newlines, so that it may be
// shown with any tool on any terminal: encoding/json leaves DEL, C1 controls,
// bidi overrides and zero-width characters as they are.
func ASCIIJSON(b []byte) []byte {
	out := make([]byte, 0, len(b)+len(b)/8+1)
	for len(b) > 0 {
		c, n := utf8.DecodeRune(b)
		switch {
		case c == '\n' || c >= ' ' && c <= '~':
			out = append(out, byte(c))
		case c <= 0xffff: // utf8.RuneError for a stray byte, too
			out = fmt.Appendf(out, `\u%04x`, c)
		default:
			hi, lo := utf16.EncodeRune(c)
			out = fmt.Appendf(out, `\u%04x\u%04x`, hi, lo)
		}
		b = b[n:]
	}
	return out
}
