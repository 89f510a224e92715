package kit

import (
	"strings"

	"andon/themes"
)

// Stack puts drawn blocks one below the other and makes exactly h lines of
// exactly w cells of them: missing lines are blank, surplus ones go, lines of
// another width are cut or filled. A frame that leaves a page is a Stack.
func (l Look) Stack(w, h int, blocks ...string) string {
	if h <= 0 {
		return ""
	}
	out := make([]byte, 0, h*(2*max(w, 0)+64))
	lines := 0
	for _, b := range blocks {
		for line := range strings.SplitSeq(b, "\n") {
			if lines == h {
				return string(out)
			}
			if lines > 0 {
				out = append(out, '\n')
			}
			out = appendExact(out, line, w)
			lines++
		}
	}
	for ; lines < h; lines++ {
		if lines > 0 {
			out = append(out, '\n')
		}
		out = appendExact(out, "", w)
	}
	return string(out)
}

// appendExact appends a drawn line in exactly w cells.
func appendExact(out []byte, line string, w int) []byte {
	got := DrawnWidth(line)
	if got > w {
		return appendHead(out, line, w)
	}
	out = append(out, line...)
	return append(out, blanks(w-got)...)
}

// appendHead appends the first w cells of a drawn line and a reset.
func appendHead(out []byte, line string, w int) []byte {
	styled := false
	for {
		esc := strings.IndexByte(line, 0x1b)
		text := line
		if esc >= 0 {
			text = line[:esc]
		}
		n := cut(text, w)
		out = append(out, text[:n]...)
		w -= Width(Safe(text[:n]))
		end := strings.IndexByte(line[len(text):], 'm')
		if n < len(text) || end < 0 {
			break
		}
		sgr := line[len(text) : len(text)+end+1]
		styled = sgr != themes.Reset
		out = append(out, sgr...)
		line = line[len(text)+end+1:]
	}
	if styled {
		out = append(out, themes.Reset...)
	}
	return append(out, blanks(w)...)
}

// Beside puts two drawn blocks side by side with a vertical line between them:
// left in leftWidth cells, the line and a blank, right in what is left of w.
// The result is exactly w by h.
func (l Look) Beside(w, h, leftWidth int, left, right string) string {
	const between = 2
	leftWidth = min(max(leftWidth, 0), max(w-between, 0))
	rightWidth := max(w-leftWidth-between, 0)
	a := strings.Split(left, "\n")
	b := strings.Split(right, "\n")
	p := pen{buf: make([]byte, 0, max(h, 0)*(2*max(w, 0)+64)), look: l}
	for i := range max(h, 0) {
		if i > 0 {
			p.newline()
		}
		p.buf = appendExact(p.buf, lineAt(a, i), leftWidth)
		p.text(themes.Rule, l.set().vertical)
		p.become(themes.Style{})
		p.buf = append(p.buf, ' ')
		p.buf = appendExact(p.buf, lineAt(b, i), rightWidth)
	}
	return l.Stack(w, h, string(p.buf))
}

func lineAt(lines []string, i int) string {
	if i < len(lines) {
		return lines[i]
	}
	return ""
}

// Center puts a drawn block in the middle of w by h blank cells.
func (l Look) Center(w, h int, block string) string {
	lines := strings.Split(block, "\n")
	width := 0
	for _, line := range lines {
		width = max(width, DrawnWidth(line))
	}
	indent := string(blanks((w - width) / 2))
	rows := make([]string, 0, max(h, 0))
	for range max((h-len(lines))/2, 0) {
		rows = append(rows, "")
	}
	for _, line := range lines {
		rows = append(rows, indent+line)
	}
	return l.Stack(w, h, rows...)
}
