package signature

import "strings"

// maxText bounds a verdict's text, in bytes.
const maxText = 200

// Normalise makes texts of one cause equal: words with digits in them (ids,
// hashes, run numbers, temp names) become "#", except numbers of up to three
// digits that stand alone ("os error 13").
func Normalise(s string) string {
	s = strings.TrimSpace(s)
	var b strings.Builder
	for i := 0; i < len(s) && b.Len() < maxText; {
		j := i
		digit, pure := false, true
		for j < len(s) && wordByte(s[j]) {
			isDigit := s[j] >= '0' && s[j] <= '9'
			digit, pure = digit || isDigit, pure && isDigit
			j++
		}
		switch {
		case j == i:
			b.WriteByte(s[i])
			j++
		case digit && !(pure && j-i <= 3 && standsAlone(s, i, j)):
			b.WriteByte('#')
		default:
			b.WriteString(s[i:j])
		}
		i = j
	}
	return b.String()
}

func wordByte(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// standsAlone reports whether a number is a word of its own and no part of a path.
func standsAlone(s string, i, j int) bool {
	before := i == 0 || s[i-1] == ' ' || s[i-1] == '('
	after := j == len(s) || s[j] == ' ' || s[j] == ')' || s[j] == '.' || s[j] == ',' || s[j] == ':'
	return before && after
}
