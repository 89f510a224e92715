package board

import "testing"

// TestArrange: whatever the height and the counts, the parts add up to the
// height, none is negative, and what stands still is always there.
func TestArrange(t *testing.T) {
	for h := range 120 {
		for _, n := range []counts{{}, {1, 1, 1, 1, 1}, {3, 4, 11, 16, 4}, {1000, 200, 500, 4000, 900}} {
			s := arrange(h, n)
			if sum := s.hosts + s.alerts + s.prs + s.runners + s.why + s.deeds; sum != h {
				t.Fatalf("%+v in %d lines is %+v, %d lines", n, h, s, sum)
			}
			w := arrangeWide(h, n)
			if sum := w.hosts + w.alerts + w.prs + w.runners + w.deeds; h >= 18 && sum != h {
				t.Fatalf("wide: %+v in %d lines is %+v, %d lines", n, h, w, sum)
			}
			if min(s.hosts, s.prs, s.runners, s.why, s.deeds) < 0 || (h > 2 && s.alerts < 3) {
				t.Fatalf("%+v in %d lines is %+v", n, h, s)
			}
		}
	}
}

// TestEightyByTwentyFour: the small screen is first class: hosts, alerts, the
// why and what was done are all on it.
func TestEightyByTwentyFour(t *testing.T) {
	s := arrange(21, counts{hosts: 2, alerts: 4, prs: 11, deeds: 5})
	if s.hosts < 4 || s.alerts < 5 || s.why < 8 || s.deeds < 2 {
		t.Errorf("80x24 is cut up as %+v", s)
	}
}
