package kit

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"andon/themes"
)

// names are the hosts shown by a table, in their order.
func shownNames(t Table[hostRow, Safe]) string {
	var out []string
	for _, r := range t.Rows() {
		out = append(out, string(r.name))
	}
	return strings.Join(out, " ")
}

func currentName(t Table[hostRow, Safe]) Safe {
	r, _ := t.Current()
	return r.name
}

func hostsNamed(names ...Safe) []hostRow {
	rows := make([]hostRow, len(names))
	for i, n := range names {
		rows[i] = hostRow{name: n, used: int64(i), total: 100}
	}
	return rows
}

func TestCursorFollowsIdentity(t *testing.T) {
	table := NewTable(hostSchema()).Resize(80, 10).Replace(hostsNamed("a", "b", "c", "d")).Move(2)
	for _, step := range []struct {
		name string
		do   func(Table[hostRow, Safe]) Table[hostRow, Safe]
		want Safe
	}{
		{"rows come before it", func(t Table[hostRow, Safe]) Table[hostRow, Safe] { return t.Replace(hostsNamed("x", "y", "a", "c")) }, "c"},
		{"the order turns", func(t Table[hostRow, Safe]) Table[hostRow, Safe] { return t.Sort("host", true) }, "c"},
		{"the row goes: the one in its place", func(t Table[hostRow, Safe]) Table[hostRow, Safe] { return t.Replace(hostsNamed("a", "b", "d", "e")) }, "b"},
		{"a filter hides all: none", func(t Table[hostRow, Safe]) Table[hostRow, Safe] {
			t, _ = t.Replace(hostsNamed("a", "b", "c", "d")).Point("c").Filter("nothing")
			return t
		}, ""},
		{"the filter goes: it is back", func(t Table[hostRow, Safe]) Table[hostRow, Safe] { t, _ = t.Filter(""); return t }, "c"},
		{"a point at what is not there yet", func(t Table[hostRow, Safe]) Table[hostRow, Safe] {
			return t.Point("new").Replace(hostsNamed("a", "new"))
		}, "new"},
	} {
		table = step.do(table)
		if got := currentName(table); got != step.want {
			t.Errorf("%s: the cursor is on %q, want %q", step.name, got, step.want)
		}
	}
}

func TestMovesStopAtTheEndsAndKeepTheCursorVisible(t *testing.T) {
	var all []Safe
	for i := range 100 {
		all = append(all, "h"+PadLeft(Number(int64(i)), 3, ""))
	}
	table := NewTable(hostSchema()).Resize(60, 11).Replace(hostsNamed(all...))
	look := looks(t)[3].look
	for _, step := range []struct {
		name string
		next Table[hostRow, Safe]
		want int
	}{
		{"up at the top", table.Move(-1), 1},
		{"down", table.Move(1), 2},
		{"half a page", table.HalfPage(1), 6},
		{"half a page up", table.Last().HalfPage(-1), 95},
		{"last", table.Last(), 100},
		{"down at the end", table.Last().Move(7), 100},
		{"back to the first", table.Last().First(), 1},
		{"a smaller window", table.Move(8).Resize(60, 4), 9},
	} {
		if got := step.next.Position(); got != step.want {
			t.Errorf("%s: at %d, want %d", step.name, got, step.want)
		}
		if view := step.next.View(look); !strings.Contains(view, "\n>") {
			t.Errorf("%s: the cursor is out of sight:\n%s", step.name, view)
		}
	}
}

func TestEmptyTableHasNoCursor(t *testing.T) {
	table := NewTable(hostSchema()).Resize(40, 5).Move(3).Mark().MarkAll().Last()
	if _, ok := table.Current(); ok || table.Position() != 0 {
		t.Errorf("an empty table has a row at %d", table.Position())
	}
	if rows, hidden := table.Marked(); len(rows) != 0 || hidden != 0 {
		t.Errorf("an empty table has marks: %v, %d hidden", rows, hidden)
	}
}

func TestMarksFollowIdentityAndAreNotActedOnUnseen(t *testing.T) {
	table := NewTable(hostSchema()).Resize(80, 10).Replace(hostsNamed("ab", "b", "c", "d")).Mark().Move(2).Mark()
	marked := func(table Table[hostRow, Safe]) (names string, hidden int) {
		rows, hidden := table.Marked()
		for _, r := range rows {
			names += string(r.name) + " "
		}
		return names, hidden
	}
	for _, c := range []struct {
		name   string
		table  Table[hostRow, Safe]
		want   string
		hidden int
	}{
		{"as marked", table, "ab c ", 0},
		{"in the order shown", table.Sort("host", true), "c ab ", 0},
		{"marked again is unmarked", table.Mark(), "ab ", 0},
		{"rows that are gone lose their mark", table.Replace(hostsNamed("c", "z")).Replace(hostsNamed("ab", "c")), "c ", 0},
		{"all", table.MarkAll(), "ab b c d ", 0},
		{"none", table.Unmark(), "", 0},
	} {
		if got, hidden := marked(c.table); got != c.want || hidden != c.hidden {
			t.Errorf("%s: %q and %d hidden, want %q and %d", c.name, got, hidden, c.want, c.hidden)
		}
	}
	filtered, err := table.Filter("host:c")
	if err != nil {
		t.Fatal(err)
	}
	if got, hidden := marked(filtered); got != "c " || hidden != 1 {
		t.Errorf("filtered: %q and %d hidden, want only c and one hidden", got, hidden)
	}
	if got, _ := marked(table); got != "ab c " {
		t.Errorf("the first table changed with its copies: %q", got)
	}
}

func TestTableIsAValue(t *testing.T) {
	rows := hostsNamed("b", "a", "c")
	first := NewTable(hostSchema()).Resize(80, 6).Replace(rows).Mark()
	look := looks(t)[0].look
	before := first.View(look)
	second := first.Sort("host", false).Move(1).Mark().MarkAll().Replace(hostsNamed("q"))
	second, _ = second.Filter("is:red")
	if second.View(look) == before {
		t.Fatal("the second table shows the same")
	}
	if first.View(look) != before || !slices.EqualFunc(rows, hostsNamed("b", "a", "c"), func(a, b hostRow) bool { return a.name == b.name }) {
		t.Error("a table or its rows changed when its copy did")
	}
}

func TestSortIsStableAndGoesRound(t *testing.T) {
	rows := hostsNamed("b", "a", "c", "d")
	rows[0].used, rows[1].used, rows[2].used, rows[3].used = 5, 1, 5, 1
	table := NewTable(hostSchema()).Replace(rows)
	for _, want := range []struct {
		key        string
		descending bool
		names      string
	}{
		{"host", false, "a b c d"}, {"host", true, "d c b a"},
		{"used", false, "a d b c"}, {"used", true, "b c a d"},
		{"", false, "b a c d"}, {"host", false, "a b c d"},
	} {
		table = table.SortNext()
		if key, down := table.Sorted(); key != want.key || down != want.descending || shownNames(table) != want.names {
			t.Errorf("sorted by %q %v: %s, want by %q %v: %s", key, down, shownNames(table), want.key, want.descending, want.names)
		}
	}
	if key, _ := table.Sort("disk", true).Sorted(); key != "" {
		t.Errorf("a column without an order sorts: %q", key)
	}
}

func TestFilter(t *testing.T) {
	table := NewTable(hostSchema()).Resize(80, 8).Replace(hostRows())
	for query, want := range map[string]string{
		"":                      "anvil bellows crucible dynamo 日本語ホスト",
		"ANVIL":                 "anvil",
		"日本":                    "日本語ホスト",
		"e l":                   "bellows crucible",
		`"1h50"`:                "anvil",
		`"1h5 0"`:               "",
		"is:red":                "anvil",
		"-is:red host:l":        "bellows crucible",
		"free:>100GiB":          "bellows crucible dynamo",
		"free:<=41GiB -host:日":  "anvil",
		"free:>100GiB is:amber": "bellows",
	} {
		got, err := table.Filter(query)
		if err != nil {
			t.Errorf("%s: %v", query, err)
			continue
		}
		if shownNames(got) != want {
			t.Errorf("%s: %q, want %q", query, shownNames(got), want)
		}
		if shown, all := got.Count(); all != 5 || shown != len(strings.Fields(want)) {
			t.Errorf("%s: %d of %d shown", query, shown, all)
		}
	}
	kept, _ := table.Filter("is:red")
	after, err := kept.Filter("is:pink")
	var fault *QueryError
	if !errors.As(err, &fault) || shownNames(after) != "anvil" || after.Query().String() != "is:red" {
		t.Errorf("a bad filter: %v, shows %q by %q", err, shownNames(after), after.Query())
	}
	if again, _ := kept.Replace(hostRows()[1:]).Filter("is:red"); shownNames(again) != "" {
		t.Errorf("the filter is not applied to new rows: %q", shownNames(again))
	}
}

func TestOnlyVisibleRowsAreVisited(t *testing.T) {
	visited := 0
	schema := Schema[int, int]{
		Columns: []Column[int]{{Key: "n", Width: Fixed(6), Cell: func(r int, c *Cell) { visited++; c.Int(themes.Text, int64(r)) }}},
		Key:     func(r int) int { return r },
	}
	rows := make([]int, 100_000)
	for i := range rows {
		rows[i] = i
	}
	NewTable(schema).Resize(20, 11).Replace(rows).Move(50_000).View(Look{})
	if visited != 10 {
		t.Errorf("%d cells were drawn for 10 visible rows", visited)
	}
}

func TestChangedCellsAreMarkedUntilSettled(t *testing.T) {
	look := looks(t)[3].look
	rows := hostsNamed("a", "b")
	changed := slices.Clone(rows)
	changed[1].used = 77
	table := NewTable(hostSchema()).Resize(80, 3).Replace(rows).Replace(changed)
	lines := strings.Split(table.View(look), "\n")
	if strings.Contains(lines[1], "+") || strings.Count(lines[2], "+") != 1 {
		t.Errorf("want one mark, in the second row:\n%s", strings.Join(lines, "\n"))
	}
	for name, quiet := range map[string]string{"settled": table.Settle().View(look), "the same rows again": table.Replace(changed).View(look)} {
		if strings.Contains(quiet, "+") {
			t.Errorf("%s: still marked\n%s", name, quiet)
		}
	}
}

func TestColumnsDropInTheStatedOrder(t *testing.T) {
	table := NewTable(hostSchema()).Replace(hostRows())
	look := looks(t)[3].look
	var gone []string
	have := map[string]bool{"24 h": true, "busy": true, "disk": true, "host": true, "used": true, "free": true, "full in": true}
	for w := 120; w >= 40; w-- {
		head, _, _ := strings.Cut(table.Resize(w, 3).View(look), "\n")
		for title := range have {
			if !strings.Contains(head, title) {
				gone = append(gone, title)
				delete(have, title)
			}
		}
	}
	if want := []string{"24 h", "busy", "disk"}; !slices.Equal(gone, want) {
		t.Errorf("columns went in the order %q, want %q", gone, want)
	}
}

func TestOnlyTheTableWithTheFocusShowsACursor(t *testing.T) {
	for _, l := range looks(t) {
		table := hostTable(80, 8).First()
		cursor := string(l.look.set().cursor)
		if !strings.Contains(table.View(l.look), cursor) {
			t.Errorf("%s: no cursor", l.name)
		}
		view := table.Focus(false).View(l.look)
		if strings.Contains(view, cursor) || !strings.Contains(view, string(l.look.set().mark)) {
			t.Errorf("%s: away it shows a cursor, or not its mark:\n%s", l.name, view)
		}
		if table.Focus(false).Focus(true).View(l.look) != table.View(l.look) {
			t.Errorf("%s: the focus leaves a trace", l.name)
		}
	}
}
