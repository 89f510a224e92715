package themes

import "fmt"

// MinContrast is the least WCAG contrast of words that carry state (level AA
// for small text).
const MinContrast = 4.5

// MinDistance is the least CIE76 distance of stop, warn and ok for a person
// without green cones; under it small text is hard to tell apart.
const MinDistance = 20.0

// Fault is one way in which a theme is hard to read.
type Fault struct {
	What  string  // the pair of colours, by role
	Value float64 // measured
	Least float64 // wanted
}

// String is the fault as one line.
func (f Fault) String() string {
	return fmt.Sprintf("%s: %.1f, wanted at least %.1f", f.What, f.Value, f.Least)
}

// legible are the roles whose words must be readable; faint and rule are
// decoration and say nothing a word beside them does not.
var legible = [...]Role{Text, Dim, Accent, Title, Mark, Match, Key, Crit, Warn, OK, Run, Idle, Stale, Info, BarLow, BarMid, BarHigh, DiffAdd, DiffDel}

// Lint measures a theme against its own palette's "bg" and "fg" (base00 and
// base05 in base16 palettes): those stand for the terminal's colours wherever a
// role says default. A theme without a background colour, such as mono, leaves
// all colours to the terminal and has nothing to measure.
func Lint(t Theme) []Fault {
	bg, ok := t.named("bg", "base00")
	if !ok {
		return nil
	}
	fg, ok := t.named("fg", "base05")
	if !ok {
		return []Fault{{What: "the palette has a background but no fg", Least: MinContrast}}
	}
	grounds := []struct {
		name  string
		color Color
	}{{"the background", bg}}
	if sel := t.looks[Select]; sel.Bg.kind == rgb {
		grounds = append(grounds, struct {
			name  string
			color Color
		}{"the selection", sel.Bg})
	}
	var faults []Fault
	for _, r := range legible {
		for _, g := range grounds {
			f := Fault{What: fmt.Sprintf("contrast of %s on %s", r, g.name), Least: MinContrast}
			if f.Value = Contrast(t.shown(r, fg), g.color); f.Value < f.Least {
				faults = append(faults, f)
			}
		}
	}
	return append(faults, t.confusable(fg)...)
}

// confusable are the pairs of lamps that a colour-blind eye takes for one.
func (t Theme) confusable(fg Color) []Fault {
	var faults []Fault
	for _, p := range [...][2]Role{{Crit, Warn}, {Crit, OK}, {Warn, OK}} {
		f := Fault{What: fmt.Sprintf("deuteranopia distance of %s and %s", p[0], p[1]), Least: MinDistance}
		if f.Value = DeuteranopiaDistance(t.shown(p[0], fg), t.shown(p[1], fg)); f.Value < f.Least {
			faults = append(faults, f)
		}
	}
	return faults
}

func (t Theme) named(names ...string) (Color, bool) {
	for _, n := range names {
		if c, ok := t.palette[n]; ok && c.kind == rgb {
			return c, true
		}
	}
	return Color{}, false
}

// shown is the colour a role's words have, fg where the terminal decides.
func (t Theme) shown(r Role, fg Color) Color {
	if c := t.looks[r].Fg; c.kind == rgb {
		return c
	}
	return fg
}
