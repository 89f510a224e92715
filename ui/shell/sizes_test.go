package shell_test

import (
	"testing"

	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/uitest"
)

// TestEverySizeIsExact draws every page and the dialog at sizes from nothing to
// huge: the frame is exactly as large as the terminal, and nothing panics.
func TestEverySizeIsExact(t *testing.T) {
	widths := []int{0, 1, 2, 3, 7, 20, 39, 40, 79, 80, 99, 100, 139, 140, 160, 200, 500}
	heights := []int{0, 1, 2, 3, 4, 5, 9, 10, 19, 20, 24, 45, 200}
	pages := [][]string{{"1"}, {"enter"}, {"2"}, {"2", "enter"}, {"3"}, {"3", "enter"}, {"4"}, {"5"}, {"?"}, {"f"}, {"D"}, {"2", "/", "i"}}
	for _, dress := range []uitest.Dressed{{}, {Theme: "mono", Depth: themes.NoEscapes, ASCII: true}} {
		for _, keys := range pages {
			p := uitest.Play(t, ui.Rect{W: 100, H: 30}, dress)
			s := fleet.Join(hostile(p.Now))
			p.Arrive(s, uitest.Alerts(s)).Keys(keys...)
			for _, w := range widths {
				for _, h := range heights {
					p.Resize(ui.Rect{W: w, H: h}).Frame()
					if t.Failed() {
						t.Fatalf("at %dx%d after %v", w, h, keys)
					}
				}
			}
		}
	}
}

// TestEveryThemeIsExact draws the board in every shipped theme and depth.
func TestEveryThemeIsExact(t *testing.T) {
	for _, slug := range themes.Shipped() {
		for _, depth := range []themes.Depth{themes.NoEscapes, themes.Mono, themes.Colors16, themes.Colors256, themes.TrueColor} {
			uitest.Play(t, ui.Rect{W: 160, H: 45}, uitest.Dressed{Theme: slug, Depth: depth}).Incident().Keys("j", "tab", "T", "f")
		}
	}
}

// TestMonoSaysEverythingColourDoes: without colour, the words on screen are the same.
func TestMonoSaysEverythingColourDoes(t *testing.T) {
	colour := uitest.Play(t, ui.Rect{W: 100, H: 30}, uitest.Dressed{}).Incident()
	mono := uitest.Play(t, ui.Rect{W: 100, H: 30}, uitest.Dressed{Theme: "mono", Depth: themes.Mono}).Incident()
	if colour.Text() != mono.Text() {
		t.Errorf("the mono screen says something else:\n%s", mono.Text())
	}
}

// TestASCIIKeepsToASCII: with ASCII wanted, only foreign text goes beyond it.
func TestASCIIKeepsToASCII(t *testing.T) {
	for _, keys := range [][]string{{"j"}, {"3", "enter"}, {"5"}, {"?"}, {"f"}, {"D"}, {"4", "j"}} {
		p := uitest.Play(t, ui.Rect{W: 160, H: 45}, uitest.Dressed{Theme: "mono", Depth: themes.NoEscapes, ASCII: true})
		r := uitest.IncidentAt(p.Now)
		for i := range r.PullRequests {
			r.PullRequests[i].Title = "plain"
		}
		s := fleet.Join(r)
		p.Arrive(s, uitest.Alerts(s)).Keys(keys...)
		for _, c := range p.Text() {
			if c > 0x7e {
				t.Errorf("after %v the frame holds %q:\n%s", keys, c, p.Text())
				break
			}
		}
	}
}
