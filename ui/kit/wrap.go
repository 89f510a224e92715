package kit

import (
	"strings"
	"unicode/utf8"
)

// Wrap breaks a text into lines of at most w cells at its blanks; a word longer
// than a line is broken where the line ends. The lines are not padded.
func Wrap(s Safe, w int) []Safe {
	if w <= 0 {
		return nil
	}
	var lines []Safe
	line, used := "", 0
	for _, word := range strings.Fields(string(s)) {
		for {
			n := Width(Safe(word))
			if used > 0 && used+1+n <= w {
				line, used = line+" "+word, used+1+n
				break
			}
			if used > 0 {
				lines, line, used = append(lines, Safe(line)), "", 0
			}
			if n <= w {
				line, used = word, n
				break
			}
			head := cut(word, w)
			if head == 0 { // a wide rune in one cell: leave it out
				_, size := utf8.DecodeRuneInString(word)
				word = word[size:]
				continue
			}
			lines, word = append(lines, Safe(word[:head])), word[head:]
			if word == "" {
				break
			}
		}
	}
	if used > 0 {
		lines = append(lines, Safe(line))
	}
	return lines
}
