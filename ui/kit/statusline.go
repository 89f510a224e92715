package kit

import (
	"time"

	"andon/themes"
)

// Lamps counts the subjects by the lamp they show.
type Lamps struct{ Stop, Warn, OK, Stale int }

// Worst is the sign of the whole line: stop before warn before stale before
// ok. With nothing counted it is unknown, never ok.
func (n Lamps) Worst() Sign {
	switch {
	case n.Stop > 0:
		return SignStop
	case n.Warn > 0:
		return SignWarn
	case n.Stale > 0:
		return SignStale
	case n.OK > 0:
		return SignOK
	}
	return SignUnknown
}

// Lamps draws the counts that are not zero: "■ 2 STOP  ▲ 3 WARN  ✓ 38 ok".
func (l Look) Lamps(n Lamps) Line { return l.lamps(n, "  ", true) }

// lamps draws the counts with blanks between them; without words, only the
// first and worst has its word: "■ 2 STOP ▲ 3".
func (l Look) lamps(n Lamps, between Safe, words bool) Line {
	var line Line
	for _, c := range [...]struct {
		sign  Sign
		count int
	}{{SignStop, n.Stop}, {SignWarn, n.Warn}, {SignStale, n.Stale}, {SignOK, n.OK}} {
		if c.count == 0 {
			continue
		}
		if len(line) > 0 {
			line = append(line, In(themes.Text, between))
		}
		text := l.Glyph(c.sign) + " " + Number(int64(c.count))
		if words || len(line) == 0 {
			text += " " + c.sign.Word()
		}
		line = append(line, In(c.sign.Role(), text))
	}
	if len(line) == 0 {
		line = Line{l.Sign(SignUnknown)}
	}
	return line
}

// StatusLine is the first line of every page, exactly w cells: the way here,
// the lamps, and what the page puts at the right. On the first two steps of the
// way the lamps stand beside it, with their words; further in, and where there
// is no room, they are short and at the right.
func (l Look) StatusLine(w int, way []Safe, lamps Lamps, right Line) string {
	left := Line{In(themes.Text, " ")}
	for i, step := range way {
		role := themes.Dim
		switch i {
		case 0:
			role = themes.Accent
		case len(way) - 1:
			role = themes.Title
		}
		if i > 0 {
			left = append(left, In(themes.Faint, " "+l.set().crumb+" "))
		}
		left = append(left, In(role, step))
	}
	beside := append(Line{In(themes.Text, "  ")}, l.Lamps(lamps)...)
	if len(way) <= 1 || (len(way) == 2 && left.Width()+beside.Width()+right.Width()+2 <= w) {
		left = append(left, beside...)
	} else {
		if lamps.Stop+lamps.Warn > 0 { // further in, only what asks for help
			lamps.OK = 0
		}
		lit := l.lamps(lamps, " ", false)
		if len(right) > 0 {
			lit = append(lit, l.Dot())
		}
		right = append(lit, right...)
	}
	return l.Line(w, left, right.Then(In(themes.Text, " ")))
}

// Source is one source of facts as the head of a page shows it.
type Source struct {
	Name   Safe
	Detail Safe          // such as "3/4"; may be empty
	Age    time.Duration // of its last good answer; negative when there was none
	Sign   Sign
}

// Sources draws each source with its age and sign: "github 4s ✓  ssh 3/4 2s ?".
func (l Look) Sources(sources []Source) Line {
	var line Line
	for i, s := range sources {
		if i > 0 {
			line = append(line, In(themes.Text, "  "))
		}
		line = append(line, In(themes.Dim, s.Name+" "))
		if s.Detail != "" {
			line = append(line, In(themes.Text, s.Detail+" "))
		}
		line = append(line, In(themes.Dim, Age(s.Age)+" "), In(s.Sign.Role(), l.Glyph(s.Sign)))
	}
	return line
}
