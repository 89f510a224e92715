package kit

import (
	"strings"
	"time"

	"andon/themes"
)

type alertRow struct {
	sign            Sign
	age             time.Duration
	what, host      Safe
	scope, key, fix Safe
}

func alertSchema() Schema[alertRow, Safe] {
	return Schema[alertRow, Safe]{
		Columns: []Column[alertRow]{
			{Key: "severity", Width: SignWords(4), Cell: func(r alertRow, c *Cell) { c.SignWord(r.sign) }},
			{Key: "age", Width: Fixed(4), Align: Right, Cell: func(r alertRow, c *Cell) { c.Age(themes.Dim, r.age) }},
			{Key: "what", Width: Flex(20, 2), Cell: func(r alertRow, c *Cell) { c.Plain(r.what) }},
			{Key: "host", Width: Flex(8, 1), Cell: func(r alertRow, c *Cell) { c.Plain(r.host) }},
			{Key: "scope", Width: Flex(18, 2), Cell: func(r alertRow, c *Cell) { c.Text(themes.Dim, r.scope) }},
			{Key: "fix", Width: Fixed(8), Cell: func(r alertRow, c *Cell) { c.Text(themes.Warn, r.key); c.Text(themes.Dim, r.fix) }},
		},
		Key:  func(r alertRow) Safe { return r.what },
		Bare: true,
	}
}

func alertRows() []alertRow {
	return []alertRow{
		{SignStop, 4 * time.Minute, "root-owned run dirs", "anvil", "6 dirs, 6 PRs red", "C", " chown"},
		{SignStop, 11 * time.Minute, "disk pressure", "anvil", "23 orphans, 339 GiB", "D", " reap"},
		{SignWarn, 22 * time.Minute, "same failure, 7 PRs", "all", `"os error 2"`, "R", " rerun"},
		{SignWarn, 31 * time.Minute, "two runs, one dir", "bellows", "#1801 run 87+91", "X", " cancel"},
		{SignWarn, 2 * time.Hour, "timeout hit exactly", "4 runs", "55:00.0, not a fail", "", ""},
	}
}

// board is a whole page out of blocks, 24 lines high.
func board(l Look, w int) string {
	clock := Line{In(themes.Dim, "acme/engine +2"), l.Dot(), In(themes.Text, "read-write"), l.Dot(), In(themes.Text, "14:07:32")}
	sources := Words(" ").Then(l.Sources([]Source{{"github", "", 4 * time.Second, SignOK}, {"ssh", "3/4", 2 * time.Second, SignStale}})...)
	sources = sources.Then(In(themes.Dim, "  api "), In(themes.Text, "4312/5000 "))
	sources = sources.Then(l.Bar(8, ShareOf(4312, 5000), Limits{Mid: 2, High: 2})...).Then(In(themes.Dim, " resets 41m"))
	hosts := NewTable(hostSchema()).Resize(w, 5).Replace(hostRows()[:4]).Focus(false)
	alerts := NewTable(alertSchema()).Resize(w, 5).Replace(alertRows())
	why := Safe("docker made run-<id> as uid 0, so cargo (uid 1000) cannot create target/debug. #1792 #1793 #1796 #1797 #1799 #1803 block 6 of 11 open PRs")
	lines := []string{
		l.StatusLine(w, []Safe{"ANDON"}, Lamps{Stop: 2, Warn: 3, OK: 38}, clock),
		l.Line(w, sources, Line{In(themes.Dim, "live every 15s ")}),
		l.Section(w, "HOSTS", "pool 15/16 busy, 9 queued, wait p50 6m"),
		hosts.View(l),
		l.Section(w, "LINE STOPS AND WARNINGS", "5, worst first"),
		alerts.View(l),
		l.Section(w, "WHY", "alert A-0412, first seen 14:03:18, not acknowledged"),
	}
	for _, text := range Wrap(why, w-2) {
		lines = append(lines, l.Line(w, Words(" "+text), nil))
	}
	lines = append(lines,
		l.Line(w, Line{In(themes.Dim, " suggested  "), In(themes.Warn, "C"), In(themes.Text, " chown -R 1000:1000 on 6 dirs (3.1 GiB), then "), In(themes.Warn, "R"), In(themes.Text, " rerun 6 jobs")}, nil),
		l.Blank(w),
		l.Section(w, "RECENT ACTIONS", ""),
		l.Line(w, Line{In(themes.Dim, " 13:58  "), In(themes.Text, "you   reap   bellows  4 dirs, 61 GiB freed"), In(themes.Dim, "   done in 38s   audit #118")}, nil))
	foot := l.Footer(w, []Hint{{Key: l.Enter(), Does: "open"}, {Key: "f", Does: "fix"}, {Key: "a", Does: "ack"}, {Key: "/", Does: "filter"}, {Key: ":", Does: "command"}, {Key: "l", Does: "log"}}, []Hint{{Key: "UPPER CASE", Does: "acts", Acts: true}, {Key: "?", Does: "help"}})
	return l.Stack(w, 23, strings.Join(lines, "\n")) + "\n" + foot
}
