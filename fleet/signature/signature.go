// Package signature reads the log of a failed job: which line broke it, made
// comparable so that the same failure in other branches is recognised. It is
// pure and holds no regular expression over whole logs.
//
// Facts it rests on (actions/runner): a line is a 7-decimal UTC timestamp, a
// blank and text; a byte order mark stands at the head and may stand mid-stream;
// after "##[group]Run …" the script, shell and env are echoed, so a workflow
// whose comments hold an error text would match itself; "Process completed with
// exit code N." is boilerplate and says nothing.
package signature

import (
	"bytes"
	"strings"
)

// maxText bounds a signature's text, in bytes.
const maxText = 200

// errorWords start the lines that say what broke; the runner's own marker first.
var errorWords = [...]string{"##[error]", "error:", "error[", "fatal:", "Error:", "ERROR:", "rm: cannot remove", "E: "}

// FirstError returns the earliest line that says what broke, made comparable by
// Normalise, and the line's number from 1. The earliest wins: one full disk once
// made a fake test failure of everything after it.
func FirstError(log []byte) (text string, line int, ok bool) {
	echo := false
	marker, markerLine := "", 0
	for n := 1; len(log) > 0; n++ {
		raw, rest, _ := bytes.Cut(log, []byte{'\n'})
		log = rest
		s := clean(raw)
		switch {
		case strings.HasPrefix(s, "##[group]Run "):
			echo = true
			continue
		case strings.HasPrefix(s, "##[endgroup]"), strings.HasPrefix(s, "##[group]"):
			echo = false
			continue
		case echo:
			continue
		}
		word, found := startsWithError(s)
		if !found || boilerplate(s) {
			continue
		}
		if word == "##[error]" { // the runner repeats what came before it
			if marker == "" {
				marker, markerLine = Normalise(strings.TrimPrefix(s, word)), n
			}
			continue
		}
		return Normalise(s), n, true
	}
	return marker, markerLine, marker != ""
}

func startsWithError(s string) (string, bool) {
	t := strings.TrimLeft(s, " \t")
	for _, w := range errorWords {
		if strings.HasPrefix(t, w) {
			return w, true
		}
	}
	return "", false
}

func boilerplate(s string) bool {
	return strings.HasPrefix(s, "##[error]Process completed with exit code") || s == "##[error]The operation was canceled."
}

// stampLen is the length of "2026-11-23T08:00:00.1234567Z ".
const stampLen = 29

// clean strips byte order marks, the timestamp, colours and line ends.
func clean(raw []byte) string {
	raw = bytes.TrimPrefix(bytes.TrimRight(raw, "\r"), []byte("\ufeff"))
	if len(raw) >= stampLen-1 && raw[4] == '-' && raw[10] == 'T' && raw[27] == 'Z' {
		raw = raw[min(stampLen, len(raw)):]
	}
	raw = bytes.TrimPrefix(raw, []byte("\ufeff"))
	if bytes.IndexByte(raw, 0x1b) < 0 {
		return string(raw)
	}
	return stripColour(raw)
}

// stripColour drops well-formed colour sequences (ESC [ digits ; m).
func stripColour(raw []byte) string {
	out := make([]byte, 0, len(raw))
	for i := 0; i < len(raw); i++ {
		if raw[i] == 0x1b && i+1 < len(raw) && raw[i+1] == '[' {
			j := i + 2
			for j < len(raw) && (raw[j] == ';' || raw[j] >= '0' && raw[j] <= '9') {
				j++
			}
			if j < len(raw) && raw[j] == 'm' {
				i = j
				continue
			}
		}
		out = append(out, raw[i])
	}
	return string(out)
}

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
