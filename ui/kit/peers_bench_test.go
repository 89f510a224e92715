package kit

import (
	"testing"

	"github.com/charmbracelet/bubbles/table"
	"github.com/charmbracelet/lipgloss"
	lgtable "github.com/charmbracelet/lipgloss/table"
)

// peerCells are the same rows as the kit's table shows, as plain strings: the
// peers get their cells for nothing, the kit formats them in every frame.
func peerCells(rows []*dirRow) [][]string {
	out := make([][]string, len(rows))
	for i, r := range rows {
		out[i] = []string{
			"■", "#" + string(Number(r.pr)), string(r.title), string(r.by), string(r.host), string(Number(r.dirs)),
			string(Bytes(r.bytes)), string(Percent(r.share)), string(r.owner), string(Age(r.age)), string(r.why),
		}
	}
	return out
}

var peerWidths = []int{1, 6, 40, 8, 16, 4, 9, 16, 6, 4, 40}

func bubblesTable(rows []*dirRow) table.Model {
	columns := make([]table.Column, len(peerWidths))
	for i, w := range peerWidths {
		columns[i] = table.Column{Title: "column", Width: w}
	}
	var cells []table.Row
	for _, c := range peerCells(rows) {
		cells = append(cells, c)
	}
	m := table.New(table.WithColumns(columns), table.WithRows(cells), table.WithHeight(50), table.WithFocused(true))
	m.SetCursor(len(rows) / 2)
	return m
}

// BenchmarkViewAgainstPeers draws the same 10,000 rows at 200 by 50 with the
// kit, with bubbles/table (its frame alone; a cursor key and the frame after it)
// and with lipgloss/table, and reports how many times as long as the kit each
// takes. Run it with -tags peers.
//
// Measured on two shared cores with bubbles v1.0.0 and lipgloss v1.1.0, in
// times-kit, allocations in brackets: kit 1 (4); bubbles/table frame 2.7 to 3.6
// (206), key and frame 34 to 59 (16,594); lipgloss/table 1,280 to 2,170
// (720,385). The kit formats numbers, bars and styles in that time; the peers
// are given ready plain strings.
func BenchmarkViewAgainstPeers(b *testing.B) {
	rows := dirRows(10_000)
	look := looks(b)[0].look
	kit := dirTable(10_000)
	bubbles := bubblesTable(rows)
	cells := peerCells(rows)
	down := func() string { kit = kit.Move(1); return kit.View(look) }
	var frame, move float64 // ns of the kit
	run := func(name string, base *float64, draw func() string) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if draw() == "" {
					b.Fatal("nothing was drawn")
				}
			}
			each := float64(b.Elapsed().Nanoseconds()) / float64(b.N)
			if *base == 0 {
				*base = each
			}
			b.ReportMetric(each / *base, "times-kit")
		})
	}
	run("kit, frame", &frame, func() string { return kit.View(look) })
	run("bubbles-table, frame", &frame, func() string { return bubbles.View() })
	run("lipgloss-table, frame", &frame, func() string {
		style := lipgloss.NewStyle().Padding(0, 1)
		return lgtable.New().Rows(cells...).Width(200).Height(50).StyleFunc(func(int, int) lipgloss.Style { return style }).Render()
	})
	run("kit, key and frame", &move, down)
	run("bubbles-table, key and frame", &move, func() string { bubbles.MoveDown(1); return bubbles.View() })
}
