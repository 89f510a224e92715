package present

import (
	"cmp"
	"strings"

	"andon/fleet"
	"andon/themes"
	"andon/ui/kit"
)

// PRColumns are the columns of a list of pull requests; that of the repository
// only where there are several.
func PRColumns() []kit.Column[PRRow] {
	return []kit.Column[PRRow]{
		{Key: "sign", Width: kit.SignColumn(), Cell: func(r PRRow, c *kit.Cell) { c.Sign(r.Sign) },
			Order: func(a, b PRRow) int { return worst(a.Sign, b.Sign) }},
		{Key: "pr", Title: "pr", Width: kit.Fixed(6), Cell: func(r PRRow, c *kit.Cell) { c.Plain(r.Number) },
			Order: func(a, b PRRow) int { return cmp.Compare(a.PR.Number, b.PR.Number) }},
		{Key: "repo", Title: "repo", Width: kit.Fixed(10), Drop: 20, Cell: func(r PRRow, c *kit.Cell) { c.Text(themes.Dim, r.Repo) },
			Order: func(a, b PRRow) int { return cmp.Compare(a.Repo, b.Repo) }},
		{Key: "ci", Width: kit.SignColumn(), Drop: 1, Cell: func(r PRRow, c *kit.Cell) { c.Sign(r.CI) },
			Order: func(a, b PRRow) int { return worst(a.CI, b.CI) }},
		{Key: "title", Title: "title", Width: kit.Flex(20, 6), Cell: titleCell,
			Order: func(a, b PRRow) int { return cmp.Compare(a.Title, b.Title) }},
		{Key: "by", Title: "by", Width: kit.Fixed(9), Drop: 12, Cell: func(r PRRow, c *kit.Cell) { c.Text(themes.Dim, r.Author) },
			Order: func(a, b PRRow) int { return cmp.Compare(a.Author, b.Author) }},
		{Key: "hosts", Title: "host", Width: kit.Fixed(8), Drop: 6, Cell: func(r PRRow, c *kit.Cell) { c.Text(themes.Dim, r.Hosts) },
			Order: func(a, b PRRow) int { return cmp.Compare(a.Hosts, b.Hosts) }},
		{Key: "dirs", Title: "dirs", Width: kit.Fixed(4), Align: kit.Right, Drop: 9, Cell: func(r PRRow, c *kit.Cell) { c.Int(themes.Text, int64(r.Dirs)) },
			Order: func(a, b PRRow) int { return cmp.Compare(a.Dirs, b.Dirs) }},
		{Key: "bytes", Title: "bytes", Width: kit.Fixed(9), Align: kit.Right, Drop: 3, Cell: prBytesCell,
			Order: func(a, b PRRow) int { return cmp.Compare(a.Bytes, b.Bytes) }},
		{Key: "owner", Title: "owner", Width: kit.Fixed(10), Drop: 4, Cell: func(r PRRow, c *kit.Cell) { ownerCell(c, r.Owner, r.Foreign) },
			Order: func(a, b PRRow) int { return cmp.Compare(a.Owner, b.Owner) }},
		{Key: "writers", Title: "wr", Width: kit.Fixed(3), Align: kit.Right, Drop: 10, Cell: func(r PRRow, c *kit.Cell) { writersCell(c, r.Writers) },
			Order: func(a, b PRRow) int { return cmp.Compare(a.Writers, b.Writers) }},
		{Key: "age", Title: "age", Width: kit.Fixed(4), Align: kit.Right, Drop: 8, Quiet: true, Cell: func(r PRRow, c *kit.Cell) { c.Age(themes.Dim, r.Age) },
			Order: func(a, b PRRow) int { return cmp.Compare(a.Age, b.Age) }},
		{Key: "why", Title: "why", Width: kit.Flex(14, 1), Cell: func(r PRRow, c *kit.Cell) { c.Text(themes.Dim, r.Why) },
			Order: func(a, b PRRow) int { return cmp.Compare(a.Why, b.Why) }},
	}
}

func titleCell(r PRRow, c *kit.Cell) {
	role := themes.Text
	if r.State != fleet.PROpen {
		role = themes.Dim
	}
	c.Text(role, r.Title)
}

func prBytesCell(r PRRow, c *kit.Cell) {
	switch {
	case r.Dirs == 0:
		c.Text(themes.Faint, "-")
	case r.Unsized == r.Dirs:
		c.Unknown()
	default:
		if r.Unsized > 0 {
			c.Text(themes.Dim, ">")
		}
		c.Bytes(themes.Text, r.Bytes)
	}
}

// ownerCell writes an owner; a foreign one stands out by a mark too.
func ownerCell(c *kit.Cell, owner kit.Safe, foreign bool) {
	if foreign {
		c.Text(themes.Crit, owner)
		c.Text(themes.Crit, "!")
		return
	}
	c.Text(themes.Dim, owner)
}

func writersCell(c *kit.Cell, n int) {
	switch {
	case n < 0:
		c.Unknown()
	case n == 0:
		c.Text(themes.Faint, "0")
	default:
		c.Int(themes.Run, int64(n))
	}
}

// OwnerText is a dir's owner as the list shows it: root by its name, which
// uid 0 has everywhere, any other by numbers.
func OwnerText(d fleet.Dir) kit.Safe {
	if d.Owner.UID == 0 {
		return "root:" + kit.Number(int64(d.Owner.GID))
	}
	return kit.Clean(d.Owner.String())
}

// PRSchema is the table of pull requests.
func PRSchema() kit.Schema[PRRow, fleet.PRKey] {
	return kit.Schema[PRRow, fleet.PRKey]{
		Columns: PRColumns(),
		Key:     func(r PRRow) fleet.PRKey { return r.PR },
		Haystack: func(dst []byte, r PRRow) []byte {
			for _, t := range [...]kit.Safe{r.Number, r.Repo, r.Title, r.Author, r.Hosts, r.Owner, r.Why} {
				dst = append(append(dst, t...), ' ')
			}
			return dst
		},
		Terms: []kit.TermKey{{Key: "is", Values: []string{"red", "amber", "ok", "live", "stale", "open", "merged", "closed", "blocked"}},
			{Key: "host"}, {Key: "by"}, {Key: "pr", Kind: kit.TermNumber}, {Key: "size", Kind: kit.TermSize}, {Key: "age", Kind: kit.TermAge}, {Key: "owner"}},
		Match: matchPR,
		Stale: func(r PRRow) bool { return r.Stale },
		Empty: "no pull request is known",
	}
}

func matchPR(r PRRow, t kit.Term) bool {
	has := func(s kit.Safe) bool { return strings.Contains(strings.ToLower(string(s)), t.Text) }
	switch t.Key {
	case "is":
		switch t.Text {
		case "open", "merged", "closed":
			return string(r.State) == t.Text
		case "blocked":
			return r.Sign == kit.SignStop || r.Sign == kit.SignWarn
		}
		return isSign(r.Sign, r.Stale, t.Text) || isSign(r.CI, r.Stale, t.Text) && t.Text != "ok"
	case "host":
		return has(r.Hosts)
	case "by":
		return has(r.Author)
	case "owner":
		return has(r.Owner)
	case "pr":
		return t.Holds(int64(r.PR.Number))
	case "size":
		return t.Holds(r.Bytes)
	}
	return r.Age >= 0 && t.Holds(int64(r.Age))
}
