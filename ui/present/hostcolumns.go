package present

import (
	"cmp"
	"strings"

	"andon/fleet"
	"andon/themes"
	"andon/ui/kit"
)

// HostColumns are the columns of a list of hosts.
func HostColumns() []kit.Column[HostRow] {
	return []kit.Column[HostRow]{
		{Key: "sign", Width: kit.SignColumn(), Cell: func(r HostRow, c *kit.Cell) { c.Sign(r.Sign) },
			Order: func(a, b HostRow) int { return worst(a.Sign, b.Sign) }},
		{Key: "host", Title: "host", Width: kit.Flex(9, 1), Cell: func(r HostRow, c *kit.Cell) { c.Plain(r.Name) },
			Order: func(a, b HostRow) int { return cmp.Compare(a.Name, b.Name) }},
		{Key: "disk", Title: "disk", Width: kit.Flex(10, 2), Drop: 5, Cell: func(r HostRow, c *kit.Cell) { c.Bar(r.Used, kit.DiskLimits()) }},
		{Key: "used", Title: "used", Width: kit.Fixed(5), Align: kit.Right, Cell: func(r HostRow, c *kit.Cell) {
			c.Percent(kit.DiskLimits().Role(r.Used), r.Used)
		}, Order: func(a, b HostRow) int { return compareShare(a.Used, b.Used) }},
		{Key: "free", Title: "free", Width: kit.Fixed(8), Align: kit.Right, Cell: func(r HostRow, c *kit.Cell) { c.Bytes(themes.Text, r.Free) },
			Order: func(a, b HostRow) int { return cmp.Compare(a.Free, b.Free) }},
		{Key: "trend", Title: "trend", Width: kit.Fixed(8), Drop: 7, Cell: func(r HostRow, c *kit.Cell) {
			c.Spark(themes.Info, r.Trend, r.Scale)
		}},
		{Key: "inodes", Title: "inod", Width: kit.Fixed(5), Align: kit.Right, Drop: 20, Cell: func(r HostRow, c *kit.Cell) {
			c.Percent(themes.Dim, r.Inodes)
		}, Order: func(a, b HostRow) int { return compareShare(a.Inodes, b.Inodes) }},
		{Key: "busy", Title: "busy", Width: kit.Fixed(5), Align: kit.Right, Drop: 4, Cell: busyCell,
			Order: func(a, b HostRow) int { return cmp.Compare(a.Busy, b.Busy) }},
		{Key: "dirs", Title: "dirs", Width: kit.Fixed(6), Align: kit.Right, Drop: 12, Cell: func(r HostRow, c *kit.Cell) { known(c, themes.Text, r.Dirs) },
			Order: func(a, b HostRow) int { return cmp.Compare(a.Dirs, b.Dirs) }},
		{Key: "orphans", Title: "orphans", Width: kit.Fixed(9), Align: kit.Right, Drop: 11, Cell: orphanCell,
			Order: func(a, b HostRow) int { return cmp.Compare(a.Orphan, b.Orphan) }},
		{Key: "writers", Title: "wr", Width: kit.Fixed(3), Align: kit.Right, Drop: 13, Cell: func(r HostRow, c *kit.Cell) { known(c, themes.Dim, r.Writers) },
			Order: func(a, b HostRow) int { return cmp.Compare(a.Writers, b.Writers) }},
		{Key: "seen", Title: "seen", Width: kit.Fixed(4), Align: kit.Right, Drop: 14, Quiet: true, Cell: func(r HostRow, c *kit.Cell) { c.Age(themes.Dim, r.Age) },
			Order: func(a, b HostRow) int { return cmp.Compare(a.Age, b.Age) }},
		{Key: "why", Title: "why", Width: kit.Flex(20, 3), Cell: hostWhyCell},
	}
}

// hostWhyCell names as many rules as have room, and counts the others: a name
// cut in two tells nobody how many there are.
func hostWhyCell(r HostRow, c *kit.Cell) {
	text := r.Why
	for n := len(r.Rules) - 1; n > 0 && !r.Stale && kit.Width(text) > c.Width(); n-- {
		text = kit.Join(r.Rules[:n], ", ") + " +" + kit.Number(int64(len(r.Rules)-n))
	}
	c.Text(themes.Dim, text)
}

func busyCell(r HostRow, c *kit.Cell) {
	if r.Busy < 0 {
		c.Unknown()
		return
	}
	role := themes.Text
	if r.Busy == r.Runners {
		role = themes.Run
	}
	c.Int(role, int64(r.Busy))
	c.Text(themes.Dim, "/")
	c.Int(themes.Dim, int64(r.Runners))
}

func orphanCell(r HostRow, c *kit.Cell) {
	switch {
	case r.Dirs < 0:
		c.Unknown()
	case r.Orphans > 0 && r.Unsized == r.Orphans:
		c.Unknown()
	case r.Orphans > 0:
		if r.Unsized > 0 {
			c.Text(themes.Dim, ">")
		}
		c.Bytes(themes.Warn, r.Orphan)
	default:
		c.Text(themes.Faint, "-")
	}
}

// known writes a count, or "?" for one below zero.
func known(c *kit.Cell, role themes.Role, n int) {
	if n < 0 {
		c.Unknown()
		return
	}
	c.Int(role, int64(n))
}

func compareShare(a, b kit.Share) int {
	x, okx := a.Known()
	y, oky := b.Known()
	if !okx {
		x = -1
	}
	if !oky {
		y = -1
	}
	return cmp.Compare(x, y)
}

// HostSchema is the table of hosts.
func HostSchema() kit.Schema[HostRow, fleet.HostName] {
	return kit.Schema[HostRow, fleet.HostName]{
		Columns:  HostColumns(),
		Key:      func(r HostRow) fleet.HostName { return r.Host },
		Haystack: func(dst []byte, r HostRow) []byte { return append(append(append(dst, r.Name...), ' '), r.Why...) },
		Terms: []kit.TermKey{{Key: "is", Values: []string{"red", "amber", "ok", "stale"}},
			{Key: "free", Kind: kit.TermSize}, {Key: "host"}},
		Match: func(r HostRow, t kit.Term) bool {
			switch t.Key {
			case "is":
				return isSign(r.Sign, r.Stale, t.Text)
			case "free":
				return r.Free >= 0 && t.Holds(r.Free)
			}
			return strings.Contains(strings.ToLower(string(r.Host)), t.Text)
		},
		Stale:  func(r HostRow) bool { return r.Stale },
		Unread: func(r HostRow) bool { return r.Age < 0 },
		Empty:  "no host is configured; andon help config prints a first list",
	}
}

// isSign answers the filter is:red and its like.
func isSign(s kit.Sign, stale bool, word string) bool {
	switch word {
	case "red":
		return s == kit.SignStop || s == kit.SignFail
	case "amber":
		return s == kit.SignWarn || s == kit.SignCancelled
	case "ok":
		return s == kit.SignOK && !stale
	case "stale":
		return stale || s == kit.SignStale
	case "live":
		return s == kit.SignRun || s == kit.SignQueued
	}
	return false
}
