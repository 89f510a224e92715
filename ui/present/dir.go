package present

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui/kit"
)

// DirRow is one run dir.
type DirRow struct {
	ID      fleet.DirID
	Sign    kit.Sign
	Host    kit.Safe
	Rel     kit.Safe // path below its root
	PR      int      // 0 where none was joined
	State   fleet.PRState
	Run     fleet.RunID
	Form    fleet.Form
	Owner   kit.Safe
	Foreign bool
	Bytes   int64         // -1 unknown
	Writers int           // -1 unknown
	Age     time.Duration // since the newest write below; negative unknown
	Why     kit.Safe
	Orphan  bool
	Stale   bool
}

// DirsBuilt is the message that carries the rows of snapshot Gen; they are
// built off the loop, because there may be tens of thousands.
type DirsBuilt struct {
	Gen  int
	Rows []DirRow
}

// DirRows are all run dirs: those an alert names first, then by host and path.
func DirRows(s Scene) []DirRow {
	rows := make([]DirRow, len(s.Dirs))
	hosts := make(map[fleet.HostName]bool, len(s.Hosts))
	for _, h := range s.Hosts {
		hosts[h.Name] = s.hostStale(h.Name)
	}
	for i, d := range s.Dirs {
		rows[i] = s.dirRow(d, hosts[d.Host])
	}
	slices.SortStableFunc(rows, func(a, b DirRow) int { return cmp.Compare(loudness(a.Sign), loudness(b.Sign)) })
	return rows
}

// loudness puts stops before warnings before all the rest.
func loudness(s kit.Sign) int {
	switch s {
	case kit.SignStop:
		return 0
	case kit.SignWarn:
		return 1
	}
	return 2
}

// DirRowsOf are the rows of some dirs, in the order given.
func DirRowsOf(s Scene, dirs []fleet.Dir) []DirRow {
	rows := make([]DirRow, len(dirs))
	for i, d := range dirs {
		rows[i] = s.dirRow(d, s.hostStale(d.Host))
	}
	return rows
}

func (s Scene) dirRow(d fleet.Dir, stale bool) DirRow {
	place := d.Path.Place()
	r := DirRow{ID: d.ID(), Host: kit.Clean(string(d.Host)), Rel: kit.Clean(d.Path.Rel()), PR: place.PR, Run: place.RunID,
		Form: place.Form, Owner: OwnerText(d), Foreign: d.Owner.UID != d.Want.UID, Bytes: d.Bytes.Or(-1), Writers: -1, Age: -1, Stale: stale}
	if d.HasPR() {
		r.PR = d.PR.Number
		p, _ := s.PROf(d.PR)
		r.State = p.State
	}
	if n, ok := d.LiveWriters(); ok {
		r.Writers = n
	}
	if t, ok := d.Newest.Get(); ok {
		r.Age = s.since(t)
	}
	r.Sign, r.Why = s.dirState(d)
	_, r.Orphan = s.Orphan(d)
	if n, lit := s.lit[fleet.OfDir(r.ID)]; lit && n.Severity == fleet.SeverityStop && r.Sign != kit.SignWarn && len(n.Rules) > 0 {
		r.Why = kit.Clean(string(n.Rules[0])) // the state of its run does not say why it is red
	}
	r.Sign = s.lamp(fleet.OfDir(r.ID), r.Sign)
	return r
}

// dirState is a dir's sign where no alert names it, and the first thing to know.
func (s Scene) dirState(d fleet.Dir) (kit.Sign, kit.Safe) {
	if p, orphan := s.Orphan(d); orphan {
		return kit.SignInfo, kit.Clean(string(p.State)) + " " + kit.Age(s.since(p.ClosedAt)) + " ago"
	}
	if d.Path.Place().Form == fleet.FormUnrecognised {
		return kit.SignUnknown, "not of a known layout"
	}
	if v := s.Ownership(d); v.State != fleet.OwnerFits {
		return kit.SignWarn, kit.Clean(v.State.String())
	}
	if d.Symlink {
		return kit.SignWarn, "a symbolic link"
	}
	if d.Conflict != "" {
		return kit.SignWarn, "join keys disagree"
	}
	run, ok := s.RunOf(d.Run)
	if !ok {
		if d.Path.Place().Form.HasRun() {
			return kit.SignUnknown, "its run is not known"
		}
		return kit.SignIdle, kit.Clean(strings.ReplaceAll(d.Path.Place().Form.String(), "_", " "))
	}
	sign := RunSign(run.Status, run.Conclusion)
	n, known := d.LiveWriters()
	switch {
	case !run.Status.Live() && known && n > 0:
		return kit.SignWarn, "run " + sign.Word() + ", still written"
	case run.Status.Live():
		return sign, "run in progress"
	}
	return sign, "run " + sign.Word()
}

// DirColumns are the columns of a list of run dirs.
func DirColumns() []kit.Column[DirRow] {
	return []kit.Column[DirRow]{
		{Key: "sign", Width: kit.SignColumn(), Cell: func(r DirRow, c *kit.Cell) { c.Sign(r.Sign) },
			Order: func(a, b DirRow) int { return worst(a.Sign, b.Sign) }},
		{Key: "host", Title: "host", Width: kit.Fixed(9), Drop: 6, Cell: func(r DirRow, c *kit.Cell) { c.Text(themes.Dim, r.Host) },
			Order: func(a, b DirRow) int { return cmp.Compare(a.Host, b.Host) }},
		{Key: "pr", Title: "pr", Width: kit.Fixed(6), Drop: 7, Cell: dirPRCell,
			Order: func(a, b DirRow) int { return cmp.Compare(a.PR, b.PR) }},
		{Key: "dir", Title: "dir", Width: kit.Flex(21, 2), Cell: func(r DirRow, c *kit.Cell) { c.Plain(tailOf(r.Rel, c.Width(), c.Look())) },
			Order: func(a, b DirRow) int { return cmp.Compare(a.Rel, b.Rel) }},
		{Key: "form", Title: "form", Width: kit.Fixed(12), Drop: 20, Cell: func(r DirRow, c *kit.Cell) { c.Text(themes.Dim, kit.Clean(r.Form.String())) },
			Order: func(a, b DirRow) int { return cmp.Compare(a.Form, b.Form) }},
		{Key: "owner", Title: "owner", Width: kit.Fixed(10), Drop: 3, Cell: func(r DirRow, c *kit.Cell) { ownerCell(c, r.Owner, r.Foreign) },
			Order: func(a, b DirRow) int { return cmp.Compare(a.Owner, b.Owner) }},
		{Key: "bytes", Title: "bytes", Width: kit.Fixed(8), Align: kit.Right, Drop: 2, Cell: func(r DirRow, c *kit.Cell) { sizeCell(c, r.Bytes) },
			Order: func(a, b DirRow) int { return cmp.Compare(a.Bytes, b.Bytes) }},
		{Key: "writers", Title: "wr", Width: kit.Fixed(3), Align: kit.Right, Drop: 4, Cell: func(r DirRow, c *kit.Cell) { writersCell(c, r.Writers) },
			Order: func(a, b DirRow) int { return cmp.Compare(a.Writers, b.Writers) }},
		{Key: "age", Title: "age", Width: kit.Fixed(4), Align: kit.Right, Drop: 5, Quiet: true, Cell: func(r DirRow, c *kit.Cell) { c.Age(themes.Dim, r.Age) },
			Order: func(a, b DirRow) int { return cmp.Compare(a.Age, b.Age) }},
		{Key: "why", Title: "why", Width: kit.Flex(17, 2), Cell: func(r DirRow, c *kit.Cell) { c.Text(themes.Dim, r.Why) },
			Order: func(a, b DirRow) int { return cmp.Compare(a.Why, b.Why) }},
	}
}

func dirPRCell(r DirRow, c *kit.Cell) {
	if r.PR == 0 {
		c.Text(themes.Faint, "-")
		return
	}
	c.Plain("#")
	c.Int(themes.Text, int64(r.PR))
}

func sizeCell(c *kit.Cell, n int64) {
	if n < 0 {
		c.Unknown()
		return
	}
	c.Bytes(themes.Text, n)
}

// tailOf cuts the head off a path: its end tells dirs apart.
func tailOf(s kit.Safe, w int, l kit.Look) kit.Safe {
	if len(s) <= w {
		return s
	}
	over := kit.Width(s) - w
	if over <= 0 || w < 2 {
		return s
	}
	for i := range s {
		if kit.Width(s[i:]) < w {
			return l.Ellipsis() + s[i:]
		}
	}
	return s
}

// DirSchema is the table of run dirs.
func DirSchema() kit.Schema[DirRow, fleet.DirID] {
	return kit.Schema[DirRow, fleet.DirID]{
		Columns: DirColumns(),
		Key:     func(r DirRow) fleet.DirID { return r.ID },
		Haystack: func(dst []byte, r DirRow) []byte {
			if r.PR > 0 {
				dst = append(append(append(dst, '#'), kit.Number(int64(r.PR))...), ' ')
			}
			for _, t := range [...]kit.Safe{r.Host, r.Rel, r.Owner, r.Why} {
				dst = append(append(dst, t...), ' ')
			}
			return dst
		},
		Terms: []kit.TermKey{{Key: "host"}, {Key: "is", Values: []string{"red", "amber", "ok", "live", "stale", "orphan", "foreign", "open", "merged", "closed"}},
			{Key: "size", Kind: kit.TermSize}, {Key: "age", Kind: kit.TermAge}, {Key: "owner"}, {Key: "pr", Kind: kit.TermNumber},
			{Key: "run", Kind: kit.TermNumber}, {Key: "writers", Kind: kit.TermNumber}, {Key: "form"}},
		Match: matchDir,
		Stale: func(r DirRow) bool { return r.Stale },
		Empty: "no run dir is known",
	}
}

// matchDir answers one term. What is unknown satisfies no comparison.
func matchDir(r DirRow, t kit.Term) bool {
	has := func(s kit.Safe) bool { return strings.Contains(strings.ToLower(string(s)), t.Text) }
	switch t.Key {
	case "host":
		return has(r.Host)
	case "owner":
		return has(r.Owner)
	case "form":
		return strings.Contains(r.Form.String(), t.Text)
	case "size":
		return r.Bytes >= 0 && t.Holds(r.Bytes)
	case "age":
		return r.Age >= 0 && t.Holds(int64(r.Age))
	case "pr":
		return t.Holds(int64(r.PR))
	case "run":
		return t.Holds(int64(r.Run))
	case "writers":
		return r.Writers >= 0 && t.Holds(int64(r.Writers))
	}
	switch t.Text {
	case "orphan":
		return r.Orphan
	case "foreign":
		return r.Foreign
	case "open", "merged", "closed":
		return string(r.State) == t.Text
	}
	return isSign(r.Sign, r.Stale, t.Text)
}
