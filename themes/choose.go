package themes

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Wish is what the operator asked for, from flags and configuration.
type Wish struct {
	Mode  string // auto, dark, light, or the slug of a theme; empty is auto
	Color string // auto, always or never (--color); empty is auto
}

// Choice is the answer to a Wish in an environment.
type Choice struct {
	Slug  string // the theme to load
	Depth Depth  // the depth to draw at
	Why   string // what decided, for `doctor`
}

// Choose picks theme and depth from the wish and the environment alone. It
// never asks the terminal: one that does not answer costs seconds, and inside tmux the answer is not the terminal's.
//
// NO_COLOR (not empty), CLICOLOR=0 and TERM=dumb take colour away; the wish
// "always" takes precedence over the first two. COLORFGBG decides dark or light
// where it is set.
func Choose(w Wish, env map[string]string) (Choice, error) {
	switch w.Color {
	case "", "auto", "always", "never":
	default:
		return Choice{}, fmt.Errorf("choose colour %q: unknown; use auto, always or never", w.Color)
	}
	depth, why := colorDepth(w.Color, env)
	if depth <= Mono {
		return Choice{Slug: "mono", Depth: depth, Why: why}, nil
	}
	c := Choice{Depth: depth}
	switch w.Mode {
	case "", "auto":
		c.Slug, c.Why = "andon-dark", "nothing says that the background is light"
		if light, known := lightBackground(env["COLORFGBG"]); known {
			c.Why = "COLORFGBG=" + env["COLORFGBG"]
			if light {
				c.Slug = "andon-light"
			}
		}
	case "dark", "light":
		c.Slug, c.Why = "andon-"+w.Mode, "theme mode "+w.Mode
	default:
		c.Slug, c.Why = w.Mode, "theme named "+w.Mode
	}
	return c, nil
}

func colorDepth(wish string, env map[string]string) (Depth, string) {
	term := env["TERM"]
	switch {
	case term == "dumb" || term == "":
		return NoEscapes, fmt.Sprintf("TERM=%q", term)
	case wish == "never":
		return Mono, "colour never was asked for"
	case wish != "always" && env["NO_COLOR"] != "":
		return Mono, "NO_COLOR is set"
	case wish != "always" && env["CLICOLOR"] == "0":
		return Mono, "CLICOLOR=0"
	}
	direct := []string{"xterm-kitty", "alacritty", "wezterm", "foot", "xterm-ghostty"}
	switch colorterm := env["COLORTERM"]; {
	case colorterm == "truecolor" || colorterm == "24bit",
		strings.HasSuffix(term, "-direct"), slices.Contains(direct, term):
		return TrueColor, "COLORTERM or TERM"
	case strings.Contains(term, "256color"):
		return Colors256, "TERM=" + term
	}
	return Colors16, "TERM=" + term
}

// lightBackground reads COLORFGBG, "fg;bg" or "fg;other;bg" in the terminal's
// numbered colours. 7 and 9 to 15 are light, as vim has it.
func lightBackground(value string) (light, known bool) {
	i := strings.LastIndexByte(value, ';')
	if i < 0 {
		return false, false
	}
	bg, err := strconv.Atoi(value[i+1:])
	if err != nil || bg < 0 || bg > 15 {
		return false, false
	}
	return bg == 7 || bg > 8, true
}
