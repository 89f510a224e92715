package main

import (
	"fmt"
	"io"
	"strings"

	"andon/ui/kit"
)

// The columns of a sheet: labels at the left, texts beside them.
const (
	sheetWidth = 80
	sheetLabel = 11
)

// sheet is plain text in labelled parts, wrapped for a terminal of 80 columns.
// All text that goes in is cleaned.
type sheet struct{ b strings.Builder }

// part writes a label and texts beside it, each from a line of its own; nothing
// where all texts are empty.
func (s *sheet) part(label string, texts ...string) {
	for _, t := range texts {
		if t != "" {
			s.hang(label, 0, t)
			label = ""
		}
	}
}

// hang writes one text, wrapped, so many columns into the texts; what stands
// before it on the first line is the label.
func (s *sheet) hang(label string, in int, text string) {
	for _, line := range wrapPlain(text, sheetWidth-sheetLabel-in) {
		fmt.Fprintf(&s.b, "%-*s%s\n", sheetLabel+in, label, line)
		label = ""
	}
}

// whole writes a line to be pasted: it is not wrapped.
func (s *sheet) whole(label, text string) {
	fmt.Fprintf(&s.b, "%-*s%s\n", sheetLabel, label, plain(text))
}

// place writes where something is, so many columns into the texts: a path to be
// pasted is not broken.
func (s *sheet) place(in int, text string) {
	if text = plain(text); strings.ContainsRune(text, ' ') {
		s.hang("", in, text)
		return
	}
	fmt.Fprintf(&s.b, "%*s%s\n", sheetLabel+in, "", text)
}

// fact writes a text with a word before it and an age at the right edge.
func (s *sheet) fact(label string, in int, word, text, age string) {
	const ageWidth = 6
	word = plain(word)
	head := fmt.Sprintf("%-*s%-9s", sheetLabel+in, label, word)
	indent := sheetLabel + in + 9
	if n := int(kit.Width(kit.Safe(word))); n >= 9 { // a word of its own line
		fmt.Fprintf(&s.b, "%-*s%s\n", sheetLabel+in, label, word)
		head = strings.Repeat(" ", indent)
	}
	for i, line := range wrapPlain(text, sheetWidth-indent-ageWidth) {
		if i == 0 && age != "" {
			line += strings.Repeat(" ", max(sheetWidth-indent-kit.Width(kit.Safe(line))-len(age), 1)) + age
		}
		fmt.Fprintf(&s.b, "%s%s\n", head, line)
		head = strings.Repeat(" ", indent)
	}
}

// gap writes a blank line, but never two.
func (s *sheet) gap() {
	if !strings.HasSuffix(s.b.String(), "\n\n") {
		s.b.WriteByte('\n')
	}
}

func (s *sheet) writeTo(w io.Writer) error {
	_, err := io.WriteString(w, strings.TrimRight(s.b.String(), "\n")+"\n")
	return err
}

// wrapPlain breaks a text, cleaned, into lines of at most so many columns.
func wrapPlain(text string, columns int) []string {
	var out []string
	for _, line := range kit.Wrap(kit.Safe(plain(text)), max(columns, 1)) {
		out = append(out, string(line))
	}
	return out
}
