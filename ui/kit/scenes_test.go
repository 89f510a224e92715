package kit

import (
	"cmp"
	"strings"
	"time"

	"andon/themes"
)

type hostRow struct {
	name        Safe
	sign        Sign
	used, total int64
	trend       []Sample
	full        Safe
	busy        Safe
	stale       bool
}

func hostSchema() Schema[hostRow, Safe] {
	share := func(r hostRow) Share { return ShareOf(r.used, r.total) }
	return Schema[hostRow, Safe]{
		Columns: []Column[hostRow]{
			{Key: "sign", Width: SignColumn(), Cell: func(r hostRow, c *Cell) { c.Sign(r.sign) }},
			{Key: "host", Title: "host", Width: Flex(9, 1), Cell: func(r hostRow, c *Cell) { c.Plain(r.name) },
				Order: func(a, b hostRow) int { return cmp.Compare(a.name, b.name) }},
			{Key: "disk", Title: "disk", Width: Flex(18, 4), Drop: 1, Cell: func(r hostRow, c *Cell) { c.Bar(share(r), DiskLimits()) }},
			{Key: "used", Title: "used", Width: Fixed(5), Align: Right, Cell: func(r hostRow, c *Cell) { c.Percent(DiskLimits().Role(share(r)), share(r)) },
				Order: func(a, b hostRow) int { return cmp.Compare(a.used, b.used) }},
			{Key: "free", Title: "free", Width: Fixed(8), Align: Right, Cell: func(r hostRow, c *Cell) {
				if r.total == 0 {
					c.Unknown()
					return
				}
				c.Bytes(themes.Text, r.total-r.used)
			}},
			{Key: "trend", Title: "24 h", Width: Fixed(8), Drop: 3, Cell: func(r hostRow, c *Cell) { c.Spark(themes.Info, r.trend, Scale{0, 1}) }},
			{Key: "full", Title: "full in", Width: Fixed(10), Cell: func(r hostRow, c *Cell) { c.Plain(r.full) }},
			{Key: "busy", Title: "busy", Width: Fixed(4), Align: Right, Drop: 2, Cell: func(r hostRow, c *Cell) { c.Text(themes.Dim, r.busy) }},
		},
		Key:      func(r hostRow) Safe { return r.name },
		Haystack: func(dst []byte, r hostRow) []byte { return append(append(append(dst, r.name...), ' '), r.full...) },
		Terms: []TermKey{
			{Key: "is", Values: []string{"red", "amber", "green", "stale"}},
			{Key: "host"}, {Key: "free", Kind: TermSize},
		},
		Match: func(r hostRow, t Term) bool {
			switch t.Key {
			case "host":
				return strings.Contains(string(r.name), t.Text)
			case "free":
				return t.Holds(r.total - r.used)
			}
			return t.Text == map[Sign]string{SignStop: "red", SignWarn: "amber", SignOK: "green", SignStale: "stale"}[r.sign]
		},
		Stale: func(r hostRow) bool { return r.stale },
		Empty: "no host is configured; andon init writes a first list",
	}
}

func ramp(values ...float64) []Sample {
	out := make([]Sample, len(values))
	for i, v := range values {
		if v >= 0 {
			out[i] = Measured(v)
		}
	}
	return out
}

func hostRows() []hostRow {
	const gib = 1 << 30
	return []hostRow{
		{"anvil", SignStop, 983 * gib, 1024 * gib, ramp(.1, .2, .3, .4, .6, .7, .9, .96), "1h50", "3/4", false},
		{"bellows", SignWarn, 834 * gib, 1024 * gib, ramp(.5, .5, .6, .6, .6, .7, .8, .8), "19h", "4/4", false},
		{"crucible", SignOK, 491 * gib, 1024 * gib, ramp(.4, .4, .4, -1, -1, .4, .4, .4), "steady", "4/4", false},
		{"dynamo", SignOK, 532 * gib, 1024 * gib, ramp(.5, .5, .5, .5), "seen 3m", "4/4", true},
		{"日本語ホスト", SignIdle, 0, 0, nil, "unknown", "?", false},
	}
}

func hostTable(w, h int) Table[hostRow, Safe] {
	before := hostRows()
	before[1].used -= 20 << 30
	return NewTable(hostSchema()).Resize(w, h).Replace(before).Replace(hostRows()).Sort("used", true).Point("crucible").Mark().First()
}

// scenes are what the golden files show, by file name.
func scenes() map[string]func(Look, int) string {
	stack := func(l Look, w int, lines ...string) string { return strings.Join(lines, "\n") }
	return map[string]func(Look, int) string{
		"hosts table with cursor, mark, change and stale row": func(l Look, w int) string { return hostTable(w, 8).View(l) },
		"hosts table without a match": func(l Look, w int) string {
			t, _ := hostTable(w, 4).Filter("is:red bellows")
			return t.View(l)
		},
		"hosts table without rows": func(l Look, w int) string { return NewTable(hostSchema()).Resize(w, 3).View(l) },
		"status lines": func(l Look, w int) string {
			clock := Line{In(themes.Dim, "acme/engine +2"), l.Dot(), In(themes.Text, "read-write"), l.Dot(), In(themes.Text, "14:07:32")}
			return stack(l, w,
				l.StatusLine(w, []Safe{"ANDON"}, Lamps{Stop: 2, Warn: 3, OK: 38}, clock),
				l.StatusLine(w, []Safe{"ANDON", "PRs", "#1797 perf: fuse rope and attention"}, Lamps{Stop: 2, Warn: 3, OK: 38}, clock[4:]),
				l.StatusLine(w, []Safe{"ANDON"}, Lamps{}, clock[4:]),
				l.Line(w, Words(" ").Then(l.Sources([]Source{{"github", "", 4 * time.Second, SignOK}, {"ssh", "3/4", 2 * time.Second, SignStale}, {"api", "", -1, SignUnknown}})...), Line{In(themes.Dim, "live every 15s ")}))
		},
		"sections":                             func(l Look, w int) string { return sections(l, w) },
		"meters":                               func(l Look, w int) string { return meters(l, w) },
		"footer and filter lines":              func(l Look, w int) string { return footers(l, w) },
		"help page":                            func(l Look, w int) string { return l.Help(w, 16, hintGroups()) },
		"reap preview with typed confirmation": func(l Look, w int) string { return reapModal().FocusField().Insert("2").View(l, w, 21) },
		"cancel question with a button that is off": func(l Look, w int) string { return cancelModal().View(l, w, 9) },
		"progress of long actions":                  func(l Look, w int) string { return progressLines(l, w) },
		"a whole board of 24 lines":                 board,
		"two panes": func(l Look, w int) string {
			left, right := w*6/10, w-w*6/10-2
			return l.Beside(w, 6, left, l.Section(left, "HOSTS", "4")+"\n"+hostTable(left, 5).View(l),
				l.Section(right, "SELECTED", "")+"\n"+l.Line(right, Line{l.Sign(SignStop), In(themes.Dim, " since 14:03:18")}, nil))
		},
	}
}

func sections(l Look, w int) string {
	return strings.Join([]string{
		l.Section(w, "HOSTS", "pool 15/16 busy ∙ 9 queued ∙ wait p50 6m"),
		l.Section(w, "LINE STOPS AND WARNINGS", ""),
		l.Section(w, "", ""),
		l.Rule(w, Line{In(themes.Title, "STEPS"), In(themes.Text, "  "), l.Sign(SignOK), In(themes.Text, "  "), l.Sign(SignFail), In(themes.Text, "  "), l.Sign(SignCancelled)}, nil),
		l.Section(w, "A TITLE THAT IS VERY LONG AND LEAVES LITTLE ROOM FOR THE REMARK AT ITS RIGHT", "so this is cut"),
	}, "\n")
}

func meters(l Look, w int) string {
	var lines []string
	row := func(name Safe, meter Line) {
		lines = append(lines, l.Line(w, Line{In(themes.Text, PadRight(" "+name, 14, ""))}.Then(meter...), nil))
	}
	for _, used := range []int64{0, 1, 500, 800, 950, 999, 1000, -1} {
		s := ShareOf(used, 1000)
		row("bar "+Percent(s), l.Bar(w/2, s, DiskLimits()))
	}
	row("meter", l.Meter(w/2, Fraction(0.333), themes.Info))
	row("meter, none", l.Meter(w/2, Fraction(0), themes.Info))
	row("spark", l.Spark(w/2, ramp(0, 1, 2, 3, 4, -1, -1, 7, 6, 5), Scale{}, themes.Info))
	row("spark, flat", l.Spark(w/2, ramp(3, 3, 3), Scale{}, themes.Info))
	row("spark, none", l.Spark(w/2, nil, Scale{}, themes.Info))
	return strings.Join(lines, "\n")
}

func hintGroups() []HintGroup {
	return []HintGroup{
		{"LOOK", []Hint{{Key: "j k", Does: "move"}, {Key: "g G", Does: "first, last"}, {Key: "ctrl-d ctrl-u", Does: "half a page"}, {Key: "/", Does: "filter"}, {Key: "n N", Does: "next, previous match", Off: true}, {Key: "↵", Does: "open"}, {Key: "s", Does: "sort by the next column"}}},
		{"ACT", []Hint{{Key: "C", Does: "chown run dirs", Acts: true}, {Key: "D", Does: "reap run dirs", Acts: true}, {Key: "R", Does: "rerun failed jobs", Acts: true}, {Key: "f", Does: "the suggested fix"}}},
		{"GO", []Hint{{Key: "1-6", Does: "pages"}, {Key: "esc", Does: "back"}, {Key: "q", Does: "quit"}}},
		{"NEVER", []Hint{{Key: "x", Does: "all of this group is off", Off: true}}},
	}
}

func footers(l Look, w int) string {
	help := []Hint{{Key: "?", Does: "help"}}
	var all []Hint
	for _, g := range hintGroups() {
		all = append(all, g.Hints...)
	}
	_, fault := ParseQuery("os hst:anvil", hostSchema().Terms)
	return strings.Join([]string{
		l.Footer(w, all, help),
		l.Footer(w, nil, help),
		l.FilterLine(w, "/", NewInput("os error"), "match 2 of 3", nil),
		l.FilterLine(w, "/", NewInput("os hst:anvil"), "", fault),
		l.FilterLine(w, "/", NewInput(strings.Repeat("a long text ", 20)).Insert("日本"), "end", nil),
	}, "\n")
}

func reapModal() Modal {
	words := func(s Safe) Line { return Words(s) }
	return Modal{
		Title: Line{In(themes.Title, "REAP"), In(themes.Dim, " ∙ preview ∙ nothing has been changed yet")},
		Foot:  "re-checked 1s ago; re-checked again before each delete",
		Body: []Line{
			words("Delete 23 orphan run directories on anvil, frees 339.4 GiB of 1 TiB"), nil,
			words("  #1711    9 dirs   198.4 GiB   merged 3d ago    owner ci     0 writers").Then(In(themes.OK, "  ✓")),
			words("  #1698   14 dirs   141.0 GiB   closed 6d ago    owner ci     0 writers").Then(In(themes.OK, "  ✓")), nil,
			{In(themes.Dim, "Kept   "), In(themes.Text, "#1790, 1 dir, 12.0 GiB: pull request open, 4 live writers")},
			{In(themes.Dim, "Guard  "), In(themes.Text, "inside /mnt/nvme/targets/engine-ci ✓   no symlinks ✓   same device ✓")},
			{In(themes.Dim, "Undo   "), In(themes.Text, "z, for 15 minutes")},
		},
		Field: &Field{Ask: "Type the number of directories to go on:", Want: "23"},
		Buttons: []Button{
			{ID: "cancel", Key: "esc", Label: "Cancel"},
			{ID: "delete", Key: "enter", Shown: "enter", Label: "Delete 23 directories", Acts: true, Typed: true},
		},
	}
}

func cancelModal() Modal {
	return Modal{
		Title: Line{In(themes.Title, "CANCEL RUN")},
		Body:  []Line{Words("Cancel run 25919246467 of #1801?"), {In(themes.Dim, "It has been running for 31m on bellows-1.")}},
		Buttons: []Button{
			{ID: "no", Key: "esc", Label: "No"},
			{ID: "yes", Key: "y", Label: "Cancel the run", Acts: true},
			{ID: "force", Key: "F", Label: "Force", Off: "read-only"},
		},
	}.Focus("yes")
}

func progressLines(l Look, w int) string {
	return strings.Join([]string{
		l.Progress(w, "reap on anvil", Progress{Done: 12, Total: 23, Elapsed: 41 * time.Second}),
		l.Progress(w, "purge", Progress{Done: 3 << 30, Total: 40 << 30, Bytes: true, Elapsed: 10 * time.Second, Paused: true}),
		l.Progress(w, "chown", Progress{Done: 23, Total: 23, Elapsed: 2 * time.Second}),
		l.Progress(w, "not counted yet", Progress{Done: 7, Elapsed: time.Second}),
		l.Progress(w, "the name of this action is so long that a bar has hardly any room beside it at all", Progress{Done: 1, Total: 2000000, Elapsed: time.Second}),
	}, "\n")
}
