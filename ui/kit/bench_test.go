package kit

import (
	"cmp"
	"fmt"
	"testing"
	"time"

	"andon/themes"
)

// dirRow is a run directory as the widest list of the console shows it.
type dirRow struct {
	id                          int
	sign                        Sign
	pr                          int64
	title, by, host, owner, why Safe
	dirs, bytes                 int64
	share                       Share
	age                         time.Duration
}

// dirSchema has 11 columns, the width of the widest list of the console.
func dirSchema() Schema[*dirRow, int] {
	return Schema[*dirRow, int]{
		Columns: []Column[*dirRow]{
			{Key: "sign", Width: SignColumn(), Cell: func(r *dirRow, c *Cell) { c.Sign(r.sign) }},
			{Key: "pr", Title: "pr", Width: Fixed(6), Cell: func(r *dirRow, c *Cell) { c.Text(themes.Accent, "#"); c.Int(themes.Accent, r.pr) },
				Order: func(a, b *dirRow) int { return cmp.Compare(a.pr, b.pr) }},
			{Key: "title", Title: "title", Width: Flex(20, 3), Cell: func(r *dirRow, c *Cell) { c.Plain(r.title) }},
			{Key: "by", Title: "by", Width: Fixed(8), Cell: func(r *dirRow, c *Cell) { c.Text(themes.Dim, r.by) }},
			{Key: "host", Title: "host", Width: Flex(10, 1), Cell: func(r *dirRow, c *Cell) { c.Plain(r.host) }},
			{Key: "dirs", Title: "dirs", Width: Fixed(4), Align: Right, Cell: func(r *dirRow, c *Cell) { c.Int(themes.Text, r.dirs) }},
			{Key: "bytes", Title: "bytes", Width: Fixed(9), Align: Right, Cell: func(r *dirRow, c *Cell) { c.Bytes(themes.Text, r.bytes) },
				Order: func(a, b *dirRow) int { return cmp.Compare(a.bytes, b.bytes) }},
			{Key: "share", Title: "share", Width: Fixed(16), Cell: func(r *dirRow, c *Cell) { c.Bar(r.share, DiskLimits()) }},
			{Key: "owner", Title: "owner", Width: Fixed(6), Cell: func(r *dirRow, c *Cell) { c.Plain(r.owner) }},
			{Key: "age", Title: "age", Width: Fixed(4), Align: Right, Quiet: true, Cell: func(r *dirRow, c *Cell) { c.Age(themes.Dim, r.age) }},
			{Key: "why", Title: "why", Width: Flex(20, 2), Cell: func(r *dirRow, c *Cell) { c.Text(r.sign.Role(), r.why) }},
		},
		Key: func(r *dirRow) int { return r.id },
		Haystack: func(dst []byte, r *dirRow) []byte {
			dst = append(append(dst, r.title...), ' ')
			dst = append(append(dst, r.host...), ' ')
			return append(append(dst, r.by...), r.why...)
		},
		Terms: []TermKey{{Key: "host"}, {Key: "size", Kind: TermSize}},
		Match: func(r *dirRow, t Term) bool {
			if t.Key == "size" {
				return t.Holds(r.bytes)
			}
			return string(r.host) == t.Text
		},
	}
}

func dirRows(n int) []*dirRow {
	titles := []Safe{"feat: q4k kernels for avx512", "fix: clamp softmax overflow", "docs: runbook for on-call", "fix: 日本語 paths in key", "chore(deps): tokio 1.45"}
	rows := make([]*dirRow, n)
	for i := range rows {
		rows[i] = &dirRow{
			id: i, sign: Sign(1 + i%6), pr: int64(1000 + i%900), title: titles[i%len(titles)], by: "mei",
			host: "anvil-" + Number(int64(i%64)), owner: "ci", why: "root-owned since birth", dirs: int64(i % 7),
			bytes: int64(i) << 22, share: Fraction(float64(i%100) / 100), age: time.Duration(i) * time.Second,
		}
	}
	return rows
}

func dirTable(rows int) Table[*dirRow, int] {
	return NewTable(dirSchema()).Resize(200, 50).Replace(dirRows(rows)).Move(rows / 2)
}

// BenchmarkView is the cost of a frame: 200 by 50 cells, 11 columns. The budget
// is 0.1 ms and 5 allocations at 10,000 rows.
func BenchmarkView(b *testing.B) {
	for _, n := range []int{100, 10_000} {
		for _, l := range looks(b)[:1] {
			t := dirTable(n)
			b.Run(fmt.Sprintf("%d rows, %s", n, l.name), func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					t.View(l.look)
				}
			})
			b.Run(fmt.Sprintf("%d rows, all changed, %s", n, l.name), func(b *testing.B) {
				t := t.Replace(dirRows(n))
				b.ReportAllocs()
				for b.Loop() {
					t.View(l.look)
				}
			})
		}
	}
}

// BenchmarkFilter is the cost of one key press in the filter over 10,000 rows.
func BenchmarkFilter(b *testing.B) {
	t, _ := dirTable(10_000).Filter("q")
	for _, text := range []string{"q4k", "size:>10GiB", "q4k host:anvil-7"} {
		b.Run(text, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := t.Filter(text); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// BenchmarkSort is the cost of sorting 10,000 rows.
func BenchmarkSort(b *testing.B) {
	t := dirTable(10_000)
	for b.Loop() {
		t.Sort("pr", true)
	}
}

// BenchmarkReplace is the cost of a new snapshot of 10,000 rows.
func BenchmarkReplace(b *testing.B) {
	t, rows := dirTable(10_000), dirRows(10_000)
	b.ReportAllocs()
	for b.Loop() {
		t.Replace(rows)
	}
}

// TestViewAllocatesLittle holds the allocations of a frame at 10,000 rows to
// the budget of five, also with every cell compared to the rows before.
func TestViewAllocatesLittle(t *testing.T) {
	table := dirTable(10_000)
	for name, table := range map[string]Table[*dirRow, int]{"steady": table, "after new rows": table.Replace(dirRows(10_000))} {
		for _, l := range looks(t) {
			if n := testing.AllocsPerRun(20, func() { table.View(l.look) }); n > 5 {
				t.Errorf("%s, %s: %v allocations a frame, budget 5", name, l.name, n)
			}
		}
	}
}
