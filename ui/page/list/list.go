// Package list is the part that every page with a table shares: moving,
// filtering, sorting and marking, by intents.
package list

import (
	"andon/ui"
	"andon/ui/kit"
)

// List is a table with the line its filter is typed on. It is a value.
type List[R any, K comparable] struct {
	kit.Table[R, K]
	input  kit.Input
	typing bool
	moved  bool   // the operator has put the cursor somewhere
	before string // the filter in force when typing began
	fault  error  // what is wrong with the text
}

// New is an empty list of a schema.
func New[R any, K comparable](schema kit.Schema[R, K]) List[R, K] {
	return List[R, K]{Table: kit.NewTable(schema)}
}

// With is the list with another state of its table.
func (l List[R, K]) With(t kit.Table[R, K]) List[R, K] {
	l.Table = t
	return l
}

// Fill gives the list new rows. The cursor stays with its row, except that until
// the operator has moved it, it stays on the first: the worst, wherever rows
// come to stand.
func (l List[R, K]) Fill(rows []R) List[R, K] {
	t := l.Replace(rows)
	if !l.moved {
		t = t.First()
	}
	return l.With(t)
}

// Typing reports whether keys go into the filter.
func (l List[R, K]) Typing() bool { return l.typing }

// Update applies what a list understands and reports whether it did.
func (l List[R, K]) Update(msg ui.Msg) (List[R, K], bool) {
	switch msg := msg.(type) {
	case ui.Pressed:
		return l.press(msg.Intent)
	case ui.KeyPressed:
		if l.typing {
			return l.typed(msg), true
		}
	}
	return l, false
}

func (l List[R, K]) press(in ui.Intent) (List[R, K], bool) {
	switch in.Kind {
	case ui.IntentMove, ui.IntentScroll, ui.IntentFirst, ui.IntentLast, ui.IntentMark, ui.IntentMatch:
		l.moved = true
	}
	switch in.Kind {
	case ui.IntentMove:
		return l.With(l.Move(in.N)), true
	case ui.IntentScroll:
		return l.With(l.HalfPage(in.N)), true
	case ui.IntentFirst:
		return l.With(l.First()), true
	case ui.IntentLast:
		return l.With(l.Last()), true
	case ui.IntentSort:
		return l.With(l.SortNext()), true
	case ui.IntentMark:
		return l.With(l.Mark().Move(1)), true
	case ui.IntentMarkAll:
		if rows, _ := l.Marked(); len(rows) > 0 {
			return l.With(l.Unmark()), true
		}
		return l.With(l.MarkAll()), true
	case ui.IntentMatch:
		return l.With(l.around(in.N)), true
	case ui.IntentBack:
		return l.Clear()
	case ui.IntentFilter:
		l.before = l.Query().String()
		l.typing, l.input, l.fault = true, kit.NewInput(l.before), nil
		return l, true
	}
	return l, false
}

// around moves and begins anew at the other end.
func (l List[R, K]) around(n int) kit.Table[R, K] {
	shown, _ := l.Count()
	switch at := l.Position() + n; {
	case at < 1:
		return l.Last()
	case at > shown:
		return l.First()
	}
	return l.Move(n)
}

// typed edits the filter: enter keeps it, esc restores the one before.
func (l List[R, K]) typed(k ui.KeyPressed) List[R, K] {
	switch {
	case k.Paste:
		return l.refilter(l.input.Insert(k.Text))
	case k.Name == "enter":
		l.typing = l.fault != nil
		return l
	case k.Name == "esc":
		l = l.refilter(kit.NewInput(l.before))
		l.typing = false
		return l
	case k.Name == "up" || k.Name == "down":
		l.typing = l.fault != nil
		n := 1
		if k.Name == "up" {
			n = -1
		}
		return l.With(l.Move(n))
	}
	if in, edited := l.input.Key(k.Name); edited {
		return l.refilter(in)
	}
	if k.Text != "" {
		return l.refilter(l.input.Insert(k.Text))
	}
	return l
}

func (l List[R, K]) refilter(in kit.Input) List[R, K] {
	l.input = in
	t, err := l.Filter(in.Value())
	l.Table, l.fault = t, err
	return l
}

// Clear takes the filter away; it reports whether there was one.
func (l List[R, K]) Clear() (List[R, K], bool) {
	if l.Query().Empty() {
		return l, false
	}
	return l.refilter(kit.Input{}), true
}

// Apply sets a filter from outside; one that cannot be read is left.
func (l List[R, K]) Apply(text string) List[R, K] { return l.refilter(kit.NewInput(text)) }

// Prompt is the line the filter is typed on; empty while nothing is typed.
func (l List[R, K]) Prompt(look kit.Look, w int) string {
	if !l.typing {
		return ""
	}
	shown, all := l.Count()
	return look.FilterLine(w, "/", l.input, kit.Count(int64(shown))+" of "+kit.Count(int64(all))+"  ↵ keep  esc undo", l.fault)
}

// Chosen are the marked rows, or else the one under the cursor.
func (l List[R, K]) Chosen() []R {
	if rows, _ := l.Marked(); len(rows) > 0 {
		return rows
	}
	if r, ok := l.Current(); ok {
		return []R{r}
	}
	return nil
}
