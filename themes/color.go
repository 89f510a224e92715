package themes

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"sync"
)

// Color is a colour of a theme: unset, the terminal's own, one of the
// terminal's 16 numbered colours, or red, green and blue.
type Color struct {
	kind    colorKind
	index   uint8
	r, g, b uint8
}

type colorKind uint8

const (
	unset colorKind = iota
	terminalOwn
	numbered
	rgb
)

// RGB is a colour given by its parts, 0 to 255 each.
func RGB(r, g, b uint8) Color { return Color{kind: rgb, r: r, g: g, b: b} }

// ParseColor reads a colour: "#rrggbb", "default" for the terminal's own, or
// "ansi:0" to "ansi:15" for the terminal's numbered colours.
func ParseColor(s string) (Color, error) {
	if s == "default" {
		return Color{kind: terminalOwn}, nil
	}
	if n, ok := strings.CutPrefix(s, "ansi:"); ok {
		i, err := strconv.ParseUint(n, 10, 8)
		if err != nil || i > 15 {
			return Color{}, fmt.Errorf("%q is not a terminal colour; write ansi:0 to ansi:15", s)
		}
		return Color{kind: numbered, index: uint8(i)}, nil
	}
	hex, ok := strings.CutPrefix(s, "#")
	if !ok || len(hex) != 6 {
		return Color{}, fmt.Errorf("%q is not a colour; write #rrggbb, a palette name, default, or ansi:0 to ansi:15", s)
	}
	v, err := strconv.ParseUint(hex, 16, 32)
	if err != nil {
		return Color{}, fmt.Errorf("%q is not a colour; six hexadecimal digits follow the #", s)
	}
	return RGB(uint8(v>>16), uint8(v>>8), uint8(v)), nil
}

// String is the colour as a theme file writes it.
func (c Color) String() string {
	switch c.kind {
	case terminalOwn:
		return "default"
	case numbered:
		return "ansi:" + strconv.Itoa(int(c.index))
	case rgb:
		return fmt.Sprintf("#%02x%02x%02x", c.r, c.g, c.b)
	}
	return ""
}

// params are the SGR parameters that select the colour as foreground, or as
// background, at a depth; empty where the colour says nothing there.
func (c Color) params(d Depth, background bool) string {
	base, extended := 30, "38"
	if background {
		base, extended = 40, "48"
	}
	if d < Colors16 {
		return ""
	}
	switch c.kind {
	case terminalOwn:
		return strconv.Itoa(base + 9)
	case numbered:
		return numberedParams(base, c.index)
	case rgb:
		switch d {
		case TrueColor:
			return fmt.Sprintf("%s;2;%d;%d;%d", extended, c.r, c.g, c.b)
		case Colors256:
			return extended + ";5;" + strconv.Itoa(c.nearest256())
		default:
			return numberedParams(base, c.nearest16())
		}
	}
	return ""
}

func numberedParams(base int, index uint8) string {
	if index < 8 {
		return strconv.Itoa(base + int(index))
	}
	return strconv.Itoa(base + 60 + int(index) - 8)
}

// cube are the six levels of the 6x6x6 colour cube of xterm's 256 colours.
var cube = [6]int{0, 95, 135, 175, 215, 255}

// nearest256 is the entry of xterm's fixed colours 16 to 255 with the smallest
// distance in CIE Lab. The first 16 are the user's own and are left out.
func (c Color) nearest256() int {
	best, bestDistance := 16, math.Inf(1)
	at := labOf(c)
	for i, entry := range xtermLabs() {
		if d := at.distance(entry); d < bestDistance {
			best, bestDistance = 16+i, d
		}
	}
	return best
}

// xtermLabs are xterm's colours 16 to 255 in Lab, reckoned when a theme first
// needs them and constant from then on.
var xtermLabs = sync.OnceValue(func() *[240]lab {
	var labs [240]lab
	for i := range labs {
		labs[i] = labOf(xterm(16 + i))
	}
	return &labs
})

// xterm is entry i, 16 to 255, of the 256 colour table.
func xterm(i int) Color {
	if i >= 232 {
		v := uint8(8 + 10*(i-232))
		return RGB(v, v, v)
	}
	i -= 16
	return RGB(uint8(cube[i/36]), uint8(cube[i/6%6]), uint8(cube[i%6]))
}

// nearest16 picks one of the 16 terminal colours by hue, not by distance: the
// user's "red" may be any red, but it is red, and a meaning must keep its hue.
func (c Color) nearest16() uint8 {
	at := labOf(c)
	if math.Hypot(at.a, at.b) < 14 {
		switch {
		case at.l < 20:
			return 0
		case at.l < 58:
			return 8
		case at.l < 85:
			return 7
		}
		return 15
	}
	index := hueIndex(c)
	if at.l > 60 {
		index += 8
	}
	return index
}

// hueIndex is the terminal colour 1 to 6 whose hue is nearest.
func hueIndex(c Color) uint8 {
	r, g, b := float64(c.r), float64(c.g), float64(c.b)
	high, low := max(r, g, b), min(r, g, b)
	span := high - low
	var hue float64
	switch high {
	case r:
		hue = math.Mod((g-b)/span+6, 6)
	case g:
		hue = (b-r)/span + 2
	default:
		hue = (r-g)/span + 4
	}
	switch { // degrees / 60; amber (about 40 degrees) is still yellow
	case hue < 0.5 || hue >= 5.5:
		return 1
	case hue < 1.3:
		return 3
	case hue < 2.9:
		return 2
	case hue < 3.4:
		return 6
	case hue < 4.4:
		return 4
	}
	return 5
}
