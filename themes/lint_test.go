package themes

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

func TestShippedThemesAreLegible(t *testing.T) {
	for _, slug := range Shipped() {
		theme, err := Load(nil, slug)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range Lint(theme) {
			t.Errorf("%s: %s", slug, f)
		}
		if _, err := Load(nil, theme.Pair); err != nil {
			t.Errorf("%s: its pair: %v", slug, err)
		}
	}
}

func hexed(s string) Color {
	c, err := ParseColor(s)
	if err != nil {
		panic(err)
	}
	return c
}

// TestMeasuresAgreeWithPublishedFigures checks the formulas against values that
// were computed elsewhere.
func TestMeasuresAgreeWithPublishedFigures(t *testing.T) {
	for _, c := range []struct {
		name           string
		got, want, off float64
	}{
		{"WCAG: black on white", Contrast(hexed("#000000"), hexed("#ffffff")), 21, 0.01},
		{"WCAG: #777777 on white, just too little", Contrast(hexed("#777777"), hexed("#ffffff")), 4.48, 0.005},
		{"WCAG: either order", Contrast(hexed("#ffffff"), hexed("#777777")), 4.48, 0.005},
		{"no distance", DeuteranopiaDistance(hexed("#ff7a6e"), hexed("#ff7a6e")), 0, 0.001},
		{"tokyo-night warn and ok", DeuteranopiaDistance(hexed("#e0af68"), hexed("#9ece6a")), 2, 1},
		{"the first andon-dark, crit and ok", DeuteranopiaDistance(hexed("#ff6b5e"), hexed("#4cc9b0")), 43, 1},
		{"the first andon-dark, warn and ok", DeuteranopiaDistance(hexed("#f2c14e"), hexed("#4cc9b0")), 64, 1},
		{"Lab of white", labOf(hexed("#ffffff")).distance(lab{100, 0, 0}), 0, 0.02},
		{"Lab of red", labOf(hexed("#ff0000")).distance(lab{53.24, 80.09, 67.20}), 0, 0.05},
	} {
		if math.Abs(c.got-c.want) > c.off {
			t.Errorf("%s: %.3f, want %.3f", c.name, c.got, c.want)
		}
	}
}

func TestLintFindsWhatIsHardToRead(t *testing.T) {
	bad := head + `
palette: {bg: "#000000", fg: "#ffffff", grey: "#555555", sel: "#888888"}
roles: {dim: grey, crit: "#cc4444", warn: "#e0af68", ok: "#9ece6a", select: {bg: sel}}
`
	theme, err := Parse("bad.yaml", []byte(bad))
	if err != nil {
		t.Fatal(err)
	}
	all := fmt.Sprint(Lint(theme))
	for _, want := range []string{"contrast of dim on the background: 2.8, wanted at least 4.5", "contrast of text on the selection: 3.5", "contrast of crit on the selection", "deuteranopia distance of warn and ok: "} {
		if !strings.Contains(all, want) {
			t.Errorf("no %q in %s", want, all)
		}
	}
	if strings.Contains(all, "contrast of ok on the background") {
		t.Errorf("a legible colour is blamed: %s", all)
	}
	half, err := Parse("half.yaml", []byte(head+`palette: {bg: "#000000"}`))
	if err != nil {
		t.Fatal(err)
	}
	if faults := Lint(half); len(faults) != 1 {
		t.Errorf("a palette with half its ground: %v", faults)
	}
}

// TestShippedThemesStayLegibleIn256Colors lints each theme as a terminal with
// 256 colours shows it, for rounding a colour may cost its contrast. The cube has
// no red, amber and green that are legible on white and 20 apart for eyes without
// green cones, so 15 must do there; glyph and word stand beside the colour.
func TestShippedThemesStayLegibleIn256Colors(t *testing.T) {
	for _, slug := range Shipped() {
		theme, err := Load(nil, slug)
		if err != nil {
			t.Fatal(err)
		}
		for r := range theme.looks {
			for _, c := range []*Color{&theme.looks[r].Fg, &theme.looks[r].Bg} {
				if c.kind == rgb {
					*c = xterm(c.nearest256())
				}
			}
		}
		for _, f := range Lint(theme) {
			if f.Least != MinDistance || f.Value < 15 {
				t.Errorf("%s: %s", slug, f)
			}
		}
	}
}
