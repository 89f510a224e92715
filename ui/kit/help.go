package kit

import "andon/themes"

// Hint is one key and what it does, made from a key binding, so that help and
// footer cannot say anything else than what the keys do.
type Hint struct {
	Key  Safe // as shown: "↵", "C", "ctrl-d"
	Does Safe
	Acts bool // it changes something: shown in the colour of a warning
	Off  bool // disabled now: it is not shown
}

// HintGroup is a titled group of hints on the help page.
type HintGroup struct {
	Title Safe
	Hints []Hint
}

func (h Hint) line() Line {
	role := themes.Key
	if h.Acts {
		role = themes.Warn
	}
	return Line{{role, h.Key}, {themes.Dim, " " + h.Does}}
}

// Footer draws hints on the last line of a page, exactly w cells. Those of
// always stand at the right and stay; of the others as many as fit, in order.
func (l Look) Footer(w int, hints, always []Hint) string {
	right := row(always, w)
	left := row(hints, w-right.Width()-3) // a blank at each end and one between
	return l.Line(w, append(Line{In(themes.Text, " ")}, left...), right.Then(In(themes.Text, " ")))
}

// row joins the hints that fit into w cells, two blanks apart.
func row(hints []Hint, w int) Line {
	var line Line
	left := w
	for _, h := range hints {
		if h.Off {
			continue
		}
		one := h.line()
		if len(line) > 0 {
			one = append(Line{In(themes.Text, "  ")}, one...)
		}
		if left -= one.Width(); left < 0 {
			break
		}
		line = append(line, one...)
	}
	return line
}

const (
	helpColumn = 36 // least width of a column of the help page
	helpKey    = 16 // most cells that keys take there
)

// Help draws all hints by group in as many columns as fit, exactly w by h. Each
// column is as wide as its texts; what is over stands between them.
func (l Look) Help(w, h int, groups []HintGroup) string {
	w, h = max(w, 0), max(h, 0)
	columns := l.helpColumns(w, groups)
	need, high := 0, 0
	widths := make([]int, len(columns))
	for i, c := range columns {
		high = max(high, len(c))
		for _, one := range c {
			widths[i] = max(widths[i], one.Width()+2)
		}
		need += widths[i]
	}
	if need > w && len(columns) > 1 { // even shares, and what is too long is cut
		for i := range widths {
			widths[i] = w / len(columns)
		}
		need = w
	}
	rows := make([]Line, high)
	from := 0
	for i, c := range columns {
		for at, one := range c {
			rows[at] = append(fill(rows[at], from), l.fit(one, min(widths[i], w-from)-1)...)
		}
		from += widths[i] + max(w-need, 0)/len(columns)
	}
	lines := make([]string, 0, h)
	for _, r := range rows {
		lines = append(lines, l.Line(w, r, nil))
	}
	return l.Stack(w, h, lines...)
}

// helpColumns lays the groups, each kept whole, into as many columns as a width
// has room for.
func (l Look) helpColumns(w int, groups []HintGroup) [][]Line {
	blocks, total := l.helpBlocks(groups)
	columns := max(min(w/helpColumn, len(blocks)), 1)
	high := (total + columns - 1) / columns
	for columns > 1 && !flows(blocks, columns, high) {
		high++
	}
	out := make([][]Line, 1, columns)
	for _, b := range blocks {
		if at := len(out[len(out)-1]); at > 0 && at+len(b)-1 > high && len(out) < columns {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], b...)
	}
	return out
}

// Legend says what the signs of the lists mean, in lines of at most w cells.
func (l Look) Legend(w int) []Line {
	var out []Line
	line := Words(" ")
	add := func(mark Span, says Safe) {
		one := Line{mark, In(themes.Dim, " "+says)}
		if len(line) > 1 && line.Width()+2+one.Width() > w {
			out, line = append(out, line), Words(" ")
		}
		if len(line) > 1 {
			line = append(line, In(themes.Text, "  "))
		}
		line = append(line, one...)
	}
	for _, s := range [...]struct {
		sign Sign
		says Safe
	}{{SignStop, "line stop"}, {SignWarn, "warning"}, {SignInfo, "to know"}, {SignOK, "ok"}, {SignRun, "running"}, {SignQueued, "queued"},
		{SignIdle, "idle"}, {SignFail, "failed"}, {SignCancelled, "cancelled"}, {SignStale, "not known now, or last known"}} {
		add(In(s.sign.Role(), l.Glyph(s.sign)), s.says)
	}
	add(In(themes.Info, l.set().changed), "just changed")
	add(In(themes.Mark, l.set().mark), "marked")
	return append(out, line)
}

// helpBlocks are the lines of each group that has something to show, with a
// blank line after it, and how many lines there are in all.
func (l Look) helpBlocks(groups []HintGroup) (blocks [][]Line, total int) {
	keys := 0
	for _, g := range groups {
		for _, hint := range g.Hints {
			if !hint.Off {
				keys = max(keys, min(Width(hint.Key), helpKey))
			}
		}
	}
	for _, g := range groups {
		block := []Line{{In(themes.Title, " "+g.Title)}}
		for _, hint := range g.Hints {
			if !hint.Off {
				one := hint.line()
				one[0].Text = "   " + PadRight(hint.Key, keys, l.set().ellipsis) + " "
				block = append(block, one)
			}
		}
		if len(block) > 1 {
			block = append(block, nil)
			blocks, total = append(blocks, block), total+len(block)
		}
	}
	return blocks, total
}

// flows says whether the blocks, kept whole, fit into columns of a height.
func flows(blocks [][]Line, columns, high int) bool {
	at, column := 0, 0
	for _, b := range blocks {
		if at > 0 && at+len(b)-1 > high {
			at, column = 0, column+1
		}
		at += len(b)
	}
	return column < columns
}

// fill is a line filled with blanks up to w cells.
func fill(line Line, w int) Line {
	if n := w - line.Width(); n > 0 {
		return line.Then(In(themes.Text, blanks(n)))
	}
	return line
}

// fit is a line cut to w cells.
func (l Look) fit(line Line, w int) Line {
	out := make(Line, len(line))
	for i, s := range line {
		out[i] = Span{s.Role, Truncate(s.Text, w, l.set().ellipsis)}
		w -= Width(out[i].Text)
	}
	return out
}
