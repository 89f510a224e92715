package kit

import (
	"strings"
	"testing"
)

// TestFooterShowsWholeHintsOrNone: at every width each hint of the footer is
// there as a whole or not at all, and those that stay are not touched.
func TestFooterShowsWholeHintsOrNone(t *testing.T) {
	look := looks(t)[3].look
	hints := []Hint{{Key: "f", Does: "first"}, {Key: "s", Does: "second"}, {Key: "t", Does: "third"}}
	always := []Hint{{Key: "?", Does: "help"}}
	for w := 10; w <= 40; w++ {
		got := look.Footer(w, hints, always)
		if !strings.HasSuffix(got, "? help ") {
			t.Errorf("%d: help is not at the end: %q", w, got)
		}
		rest := strings.Fields(strings.TrimSuffix(got, "? help "))
		for i, word := range rest {
			if want := strings.Fields("f first s second t third"); i >= len(want) || word != want[i] {
				t.Errorf("%d: %q is cut", w, got)
			}
		}
		if len(rest)%2 != 0 {
			t.Errorf("%d: a key without its meaning: %q", w, got)
		}
	}
}

func TestFirstValuesAreNoChanges(t *testing.T) {
	look := looks(t)[3].look
	rows := hostsNamed("a", "b")
	unread := hostsNamed("a", "b")
	unread[1].used = -1
	schema := hostSchema()
	schema.Unread = func(r hostRow) bool { return r.used < 0 }
	view := NewTable(schema).Resize(80, 3).Replace(unread).Replace(rows).View(look)
	if strings.Contains(view, "+") {
		t.Errorf("a row that was read for the first time is marked as changed:\n%s", view)
	}
	rows[0].used++
	if view := NewTable(schema).Resize(80, 3).Replace(unread).Replace(rows).View(look); strings.Count(view, "+") != 1 {
		t.Errorf("want the mark of the row that was read before:\n%s", view)
	}
}

func TestBelowCountsWhatIsOutOfSight(t *testing.T) {
	table := NewTable(hostSchema()).Replace(hostsNamed("a", "b", "c", "d", "e")).Resize(80, 3)
	for _, c := range []struct {
		move int
		want int
	}{{0, 3}, {1, 3}, {1, 2}, {9, 0}} {
		if table = table.Move(c.move); table.Below() != c.want {
			t.Errorf("at row %d: %d below, want %d", table.Position(), table.Below(), c.want)
		}
	}
	if n := table.Resize(80, 20).Below(); n != 0 {
		t.Errorf("%d below where all fit", n)
	}
}

func TestRenewChangesNothingButTheRows(t *testing.T) {
	look := looks(t)[3].look
	before := NewTable(hostSchema()).Resize(80, 4).Replace(hostsNamed("a", "b")).Move(1).Mark()
	after := before.Renew(func(r hostRow) hostRow { r.used = 77; return r })
	if r, _ := after.Current(); r.used != 77 || r.name != "b" {
		t.Errorf("under the cursor is %v", r)
	}
	if r, _ := before.Current(); r.used == 77 {
		t.Error("the table before it changed too")
	}
	if rows, _ := after.Marked(); len(rows) != 1 || strings.Contains(after.View(look), "+") {
		t.Errorf("marks are lost, or ages count as changes:\n%s", after.View(look))
	}
}

func TestLegendFitsAndNamesEverySignOfTheLists(t *testing.T) {
	for _, l := range looks(t) {
		for _, w := range []int{60, 79, 159} {
			var all strings.Builder
			for _, line := range l.look.Legend(w) {
				if line.Width() > w {
					t.Errorf("%s: %d cells in %d", l.name, line.Width(), w)
				}
				for _, s := range line {
					all.WriteString(string(s.Text))
				}
			}
			for _, sign := range []Sign{SignStop, SignWarn, SignInfo, SignOK, SignRun, SignQueued, SignStale} {
				if !strings.Contains(all.String(), string(l.look.Glyph(sign))) {
					t.Errorf("%s: %s is not explained", l.name, sign.Word())
				}
			}
		}
	}
}
