package shell_test

import (
	"testing"
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/page/dirs"
	"andon/ui/present"
	"andon/ui/uitest"
)

// dirsPage is the page of all run dirs with rows of a large fleet.
func dirsPage(tb testing.TB, rows int, rect ui.Rect) (ui.Page, ui.Env) {
	tb.Helper()
	s := fleet.Join(uitest.Many(rows/50, rows))
	e := ui.Env{Snapshot: s, Gen: 1, Now: uitest.Now(), Rect: rect, Class: ui.ClassOf(rect), Actions: uitest.Actions()}
	e.Keys = ui.DefaultKeymap(e.Actions)
	e.Styles = styles(tb)
	page, _ := dirs.New().Update(e, ui.Shown{})
	page, _ = page.Update(e, present.DirsBuilt{Gen: 1, Rows: present.DirRows(present.SceneOf(e))})
	for range 20 {
		page, _ = page.Update(e, ui.Pressed{Intent: ui.Intent{Kind: ui.IntentScroll, N: 1}})
	}
	return page, e
}

func styles(tb testing.TB) themes.Styles {
	tb.Helper()
	theme, err := themes.Load(nil, "andon-dark")
	if err != nil {
		tb.Fatal(err)
	}
	return theme.Styles(themes.TrueColor)
}

// BenchmarkDirsView is one frame of the page at 200x50 with 10,000 rows.
// Budget: 0.1 ms and 5 allocations.
func BenchmarkDirsView(b *testing.B) {
	page, e := dirsPage(b, 10_000, ui.Rect{W: 200, H: 50})
	b.ReportAllocs()
	for b.Loop() {
		if page.View(e) == "" {
			b.Fatal("nothing was drawn")
		}
	}
}

// BenchmarkDirsMove is a moved cursor at 10,000 rows: Update and View.
func BenchmarkDirsMove(b *testing.B) {
	page, e := dirsPage(b, 10_000, ui.Rect{W: 200, H: 50})
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		page, _ = page.Update(e, ui.Pressed{Intent: ui.Intent{Kind: ui.IntentMove, N: 1 - 2*(i&1)}})
		page.View(e)
	}
}

// BenchmarkDirsFilter is a keystroke in the filter at 10,000 rows.
func BenchmarkDirsFilter(b *testing.B) {
	page, e := dirsPage(b, 10_000, ui.Rect{W: 200, H: 50})
	page, _ = page.Update(e, ui.Pressed{Intent: ui.Intent{Kind: ui.IntentFilter}})
	for i := 0; b.Loop(); i++ {
		key := ui.KeyPressed{Name: "7", Text: "7"}
		if i&1 == 1 {
			key = ui.KeyPressed{Name: "backspace"}
		}
		page, _ = page.Update(e, key)
		page.View(e)
	}
}

// BenchmarkDirRows builds the rows of 50,000 dirs, which happens off the loop.
func BenchmarkDirRows(b *testing.B) {
	s := fleet.Join(uitest.Many(1000, 50_000))
	e := ui.Env{Snapshot: s, Gen: 1, Now: uitest.Now()}
	b.ReportAllocs()
	for b.Loop() {
		present.DirRows(present.SceneOf(e))
	}
}

// BenchmarkArrive50k is what the loop does with the rows of 50,000 dirs.
func BenchmarkArrive50k(b *testing.B) {
	page, e := dirsPage(b, 50_000, ui.Rect{W: 200, H: 50})
	rows := present.DirRows(present.SceneOf(e))
	for i := 2; b.Loop(); i++ {
		page, _ = page.Update(e, present.DirsBuilt{Gen: i, Rows: rows})
	}
}

// BenchmarkBoardFrame is the whole screen at 160x45 on the incident.
func BenchmarkBoardFrame(b *testing.B) {
	p := uitest.Play(b, ui.Rect{W: 160, H: 45}, uitest.Dressed{}).Incident()
	b.ReportAllocs()
	for b.Loop() {
		p.Model.View()
	}
}

// TestDirsViewAllocates holds the page to its budget of allocations, which,
// unlike its time, is the same on every machine.
func TestDirsViewAllocates(t *testing.T) {
	page, e := dirsPage(t, 10_000, ui.Rect{W: 200, H: 50})
	if got := testing.AllocsPerRun(20, func() { page.View(e) }); got > 5 {
		t.Errorf("View allocates %.0f times, more than 5", got)
	}
}

// TestDirsViewVisitsOnlyWhatShows: a frame of fifty times as many rows costs
// about the same. The bound is a ratio, so that it holds on any machine.
func TestDirsViewVisitsOnlyWhatShows(t *testing.T) {
	cost := func(rows int) time.Duration {
		page, e := dirsPage(t, rows, ui.Rect{W: 200, H: 50})
		best := time.Hour
		for range 30 {
			begun := time.Now()
			page.View(e)
			best = min(best, time.Since(begun))
		}
		return best
	}
	if few, many := cost(1_000), cost(50_000); many > 8*few {
		t.Errorf("a frame of 50,000 rows takes %v, one of 1,000 takes %v", many, few)
	}
}

func TestDirsPageIsExactAtEverySize(t *testing.T) {
	page, e := dirsPage(t, 1_000, ui.Rect{W: 200, H: 50})
	for _, r := range []ui.Rect{{W: 1, H: 1}, {W: 80, H: 21}, {W: 80, H: 17}, {W: 80, H: 18}, {W: 300, H: 2}} {
		e.Rect, e.Class = r, ui.ClassOf(r)
		page, _ = page.Update(e, ui.Resized{Rect: r})
		uitest.Exact(t, page.View(e), r)
	}
}

// BenchmarkBoardArrive is a new picture of 1,000 hosts and 50,000 dirs on the
// board, and the frame after it.
func BenchmarkBoardArrive(b *testing.B) {
	p := uitest.Play(b, ui.Rect{W: 160, H: 45}, uitest.Dressed{})
	s := fleet.Join(uitest.Many(1000, 50_000))
	board := uitest.Alerts(s)
	for b.Loop() {
		p.Model, _ = p.Model.Update(ui.Arrived{Snapshot: s, Board: board})
		p.Model.View()
	}
}
