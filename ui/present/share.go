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

// ShareRow is what one pull request, branch or other part holds of a host's
// disk.
type ShareRow struct {
	Name    kit.Safe
	PR      fleet.PRKey // zero where it is none
	Sign    kit.Sign
	Dirs    []fleet.DirID
	Bytes   int64
	Unsized int
	Of      kit.Share // of the filesystem
	State   kit.Safe
	Writers int // -1 unknown
	Foreign bool
	Owner   kit.Safe
	Age     time.Duration
	Stale   bool
}

// ShareRows say where a host's bytes are, biggest first.
func ShareRows(s Scene, host fleet.HostName) []ShareRow {
	total := int64(0)
	if sw, ok := s.SweepOf(host); ok {
		seen := make(map[string]bool)
		for _, d := range sw.Disks {
			if !seen[d.Device] {
				total += d.TotalBytes
			}
			seen[d.Device] = true
		}
	}
	place := make(map[string]int)
	var rows []ShareRow
	stale := s.hostStale(host)
	for _, d := range s.Dirs {
		if d.Host != host {
			continue
		}
		name := shareName(d)
		i, ok := place[name]
		if !ok {
			i = len(rows)
			place[name] = i
			rows = append(rows, s.newShare(d, name, stale))
		}
		rows[i].add(s, d)
	}
	for i := range rows {
		rows[i].Of = kit.ShareOf(rows[i].Bytes, total)
	}
	slices.SortStableFunc(rows, func(a, b ShareRow) int { return cmp.Compare(b.Bytes, a.Bytes) })
	return rows
}

func shareName(d fleet.Dir) string {
	pl := d.Path.Place()
	switch {
	case pl.PR > 0:
		return pl.Repo + " #" + string(kit.Number(int64(pl.PR)))
	case pl.Form == fleet.FormUnrecognised:
		return "unrecognised"
	case pl.Form == fleet.FormEmptyRef:
		return pl.Repo + " (no ref)"
	case pl.Ref != "":
		return pl.Repo + " " + pl.Ref
	case pl.Repo != "":
		return pl.Repo + " " + strings.ReplaceAll(pl.Form.String(), "_", " ")
	}
	return strings.ReplaceAll(pl.Form.String(), "_", " ")
}

func (s Scene) newShare(d fleet.Dir, name string, stale bool) ShareRow {
	r := ShareRow{Name: kit.Clean(name), Age: -1, Stale: stale, Sign: kit.SignIdle, Owner: OwnerText(d)}
	if !d.HasPR() {
		r.State = "live branch"
		switch {
		case d.Path.Place().Form == fleet.FormUnrecognised:
			r.State, r.Sign = "shown, never acted on", kit.SignUnknown
		case d.Path.Place().PR > 0:
			r.State, r.Sign = "pull request not read", kit.SignUnknown
		case !d.Path.Place().Form.HasRun():
			r.State = "belongs to no single run"
		}
		return r
	}
	p, _ := s.PROf(d.PR)
	r.PR = d.PR
	r.State = kit.Clean(string(p.State))
	r.Sign = kit.SignOK
	if p.State != fleet.PROpen {
		r.State += " " + kit.Age(s.since(p.ClosedAt)) + " ago"
		r.Sign = kit.SignInfo
	}
	return r
}

func (r *ShareRow) add(s Scene, d fleet.Dir) {
	r.Dirs = append(r.Dirs, d.ID())
	if b, ok := d.Bytes.Get(); ok {
		r.Bytes += b
	} else {
		r.Unsized++
	}
	if n, ok := d.LiveWriters(); !ok {
		r.Writers = -1
	} else if r.Writers >= 0 {
		r.Writers += n
	}
	if t, ok := d.Newest.Get(); ok {
		if age := s.since(t); r.Age < 0 || age < r.Age {
			r.Age = age
		}
	}
	if OwnerText(d) != r.Owner {
		r.Owner = "mixed"
	}
	r.Foreign = r.Foreign || d.Owner.UID != d.Want.UID
	if lit := s.lamp(fleet.OfDir(d.ID()), r.Sign); worst(lit, r.Sign) < 0 {
		r.Sign = lit
	}
}

// ShareSchema is the table of a host's bytes.
func ShareSchema() kit.Schema[ShareRow, kit.Safe] {
	return kit.Schema[ShareRow, kit.Safe]{
		Columns: []kit.Column[ShareRow]{
			{Key: "sign", Width: kit.SignColumn(), Cell: func(r ShareRow, c *kit.Cell) { c.Sign(r.Sign) },
				Order: func(a, b ShareRow) int { return worst(a.Sign, b.Sign) }},
			{Key: "name", Title: "of", Width: kit.Flex(16, 2), Cell: func(r ShareRow, c *kit.Cell) { c.Plain(r.Name) },
				Order: func(a, b ShareRow) int { return cmp.Compare(a.Name, b.Name) }},
			{Key: "dirs", Title: "dirs", Width: kit.Fixed(4), Align: kit.Right, Drop: 4, Cell: func(r ShareRow, c *kit.Cell) { c.Int(themes.Text, int64(len(r.Dirs))) },
				Order: func(a, b ShareRow) int { return cmp.Compare(len(a.Dirs), len(b.Dirs)) }},
			{Key: "bytes", Title: "bytes", Width: kit.Fixed(9), Align: kit.Right, Cell: func(r ShareRow, c *kit.Cell) {
				prBytesCell(PRRow{Dirs: len(r.Dirs), Unsized: r.Unsized, Bytes: r.Bytes}, c)
			}, Order: func(a, b ShareRow) int { return cmp.Compare(a.Bytes, b.Bytes) }},
			{Key: "share", Title: "of the disk", Width: kit.Flex(12, 1), Drop: 3, Cell: func(r ShareRow, c *kit.Cell) {
				c.Line(c.Look().Meter(c.Width(), r.Of, themes.BarLow))
			}},
			{Key: "owner", Title: "owner", Width: kit.Fixed(10), Drop: 5, Cell: func(r ShareRow, c *kit.Cell) { ownerCell(c, r.Owner, r.Foreign) },
				Order: func(a, b ShareRow) int { return cmp.Compare(a.Owner, b.Owner) }},
			{Key: "writers", Title: "wr", Width: kit.Fixed(3), Align: kit.Right, Drop: 2, Cell: func(r ShareRow, c *kit.Cell) { writersCell(c, r.Writers) },
				Order: func(a, b ShareRow) int { return cmp.Compare(a.Writers, b.Writers) }},
			{Key: "age", Title: "write", Width: kit.Fixed(5), Align: kit.Right, Drop: 1, Quiet: true, Cell: func(r ShareRow, c *kit.Cell) { c.Age(themes.Dim, r.Age) },
				Order: func(a, b ShareRow) int { return cmp.Compare(a.Age, b.Age) }},
			{Key: "state", Title: "state", Width: kit.Flex(14, 1), Cell: func(r ShareRow, c *kit.Cell) { c.Text(themes.Dim, r.State) },
				Order: func(a, b ShareRow) int { return cmp.Compare(a.State, b.State) }},
		},
		Key:      func(r ShareRow) kit.Safe { return r.Name },
		Haystack: func(dst []byte, r ShareRow) []byte { return append(append(append(dst, r.Name...), ' '), r.State...) },
		Stale:    func(r ShareRow) bool { return r.Stale },
		Empty:    "no run dir lies on this host",
	}
}
