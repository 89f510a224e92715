package list_test

import (
	"cmp"
	"testing"

	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/page/list"
)

func fruits() list.List[string, string] {
	l := list.New(kit.Schema[string, string]{
		Columns: []kit.Column[string]{{Key: "name", Title: "name", Width: kit.Flex(8, 1),
			Cell: func(r string, c *kit.Cell) { c.Text(themes.Text, kit.Clean(r)) }, Order: cmp.Compare[string]}},
		Key:      func(r string) string { return r },
		Haystack: func(dst []byte, r string) []byte { return append(dst, r...) },
	})
	return l.With(l.Resize(40, 10).Replace([]string{"pear", "apple", "plum", "fig"}))
}

func press(l list.List[string, string], kind ui.IntentKind, n int) list.List[string, string] {
	l, _ = l.Update(ui.Pressed{Intent: ui.Intent{Kind: kind, N: n}})
	return l
}

func typed(l list.List[string, string], names ...string) list.List[string, string] {
	for _, n := range names {
		k := ui.KeyPressed{Name: n}
		if len(n) == 1 {
			k.Text = n
		}
		l, _ = l.Update(k)
	}
	return l
}

func current(t *testing.T, l list.List[string, string]) string {
	t.Helper()
	r, ok := l.Current()
	if !ok {
		t.Fatal("no row is shown")
	}
	return r
}

func TestMovesAndGoesRound(t *testing.T) {
	l := press(fruits(), ui.IntentMove, 2)
	if got := current(t, l); got != "plum" {
		t.Errorf("two down is %s", got)
	}
	if got := current(t, press(press(l, ui.IntentLast, 0), ui.IntentMatch, 1)); got != "pear" {
		t.Errorf("the match after the last is %s", got)
	}
	if got := current(t, press(fruits(), ui.IntentMatch, -1)); got != "fig" {
		t.Errorf("the match before the first is %s", got)
	}
}

func TestFilter(t *testing.T) {
	l := press(fruits(), ui.IntentFilter, 0)
	if !l.Typing() {
		t.Fatal("keys do not go into the filter")
	}
	l = typed(l, "p", "l", "enter")
	if shown, all := l.Count(); shown != 2 || all != 4 || l.Typing() {
		t.Errorf("%d of %d are shown, typing %v", shown, all, l.Typing())
	}
	kept := l
	l = typed(press(l, ui.IntentFilter, 0), "x", "esc")
	if l.Query().String() != "pl" {
		t.Errorf("esc leaves the filter %q", l.Query().String())
	}
	if cleared := press(kept, ui.IntentBack, 0); !cleared.Query().Empty() {
		t.Error("going back does not take the filter away")
	}
}

func TestMarksAreABatch(t *testing.T) {
	l := press(fruits(), ui.IntentMark, 0)
	if got := current(t, l); got != "apple" {
		t.Errorf("after a mark the cursor is on %s", got)
	}
	l = press(l, ui.IntentMark, 0)
	if got := l.Chosen(); len(got) != 2 || got[0] != "pear" {
		t.Errorf("chosen %v", got)
	}
	if got := press(l, ui.IntentMarkAll, 0).Chosen(); len(got) != 1 {
		t.Errorf("after unmarking, the row under the cursor is chosen, not %v", got)
	}
	if got := press(fruits(), ui.IntentMarkAll, 0).Chosen(); len(got) != 4 {
		t.Errorf("all are %v", got)
	}
}

func TestAChangeLeavesTheOldListAsItWas(t *testing.T) {
	l := fruits()
	press(press(l, ui.IntentMark, 0), ui.IntentSort, 0)
	if got := current(t, l); got != "pear" || len(l.Chosen()) != 1 {
		t.Errorf("the old list changed: %s", got)
	}
}
