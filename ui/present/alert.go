package present

import (
	"cmp"
	"path"
	"slices"
	"strings"
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
)

// AlertRow is one alert on the board.
type AlertRow struct {
	Fingerprint string
	Sign        kit.Sign
	Word        kit.Safe
	Since       time.Time
	Age         time.Duration
	Title       kit.Safe
	Where       kit.Safe // its hosts
	What        kit.Safe // what it counts: dirs, pull requests, bytes
	Dir         kit.Safe // the name of its run dir where it is about one alone; its end tells
	Refs        kit.Safe // its pull requests by number
	Bytes       int64    // what its subjects hold; 0 where it says nothing of that
	Key, Fix    kit.Safe // the suggested action, else whose it is
	Quiet       bool     // acknowledged, muted, pending or resolved
	Loud        bool     // it says to stop the line
}

func alertRow(s Scene, a fleet.Alert, keys ui.Keymap) AlertRow {
	r := AlertRow{Fingerprint: a.Fingerprint(), Sign: AlertSign(a), Since: a.Since, Age: s.since(a.Since), Title: kit.Clean(a.Title), Bytes: a.Bytes, Loud: a.StopsTheLine()}
	r.Word = r.Sign.Word()
	n := countSubjects(a)
	r.Where, r.What, r.Refs = s.where(n), s.what(n), refs(n.prs)
	if len(n.dirs) == 1 && len(n.prs) <= 1 { // which one tells more than "1 dir, 1 PR"
		r.What, r.Refs, r.Dir = r.Refs, "", kit.Clean(path.Base(n.dirs[0].Path))
	}
	r.Fix = actorWord(a)
	for _, id := range a.Suggested {
		r.Key, r.Fix = kit.Clean(keys.KeyOf(id)), kit.Clean(string(id))
		break
	}
	switch {
	case a.State == fleet.AlertResolved:
		r.Word, r.Quiet, r.Key, r.Fix = "ok", true, "", "resolved"
	case a.State == fleet.AlertPending:
		r.Word, r.Quiet = "wait", true
	case a.MutedBy != "":
		r.Quiet, r.Key, r.Fix = true, "", "muted"
	}
	if a.AckedBy != "" && a.MutedBy == "" {
		r.Quiet, r.Loud, r.Key, r.Fix = true, false, "", "ack "+kit.Clean(a.AckedBy)
	}
	return r
}

// actorWord names in at most ten cells whose alert it is where no key cures it.
func actorWord(a fleet.Alert) kit.Safe {
	switch a.Actor {
	case "":
		return kit.Clean(string(fleet.ActorOperator))
	case fleet.ActorWorkflow:
		return "workflow"
	}
	return kit.Clean(string(a.Actor))
}

// At is the row with its age at a later time: ages in the list and in the pane
// beside it must not differ.
func (r AlertRow) At(now time.Time) AlertRow {
	if !r.Since.IsZero() {
		r.Age = max(now.Sub(r.Since), 0)
	}
	return r
}

// AlertSign is the glyph an alert is shown with.
func AlertSign(a fleet.Alert) kit.Sign {
	switch a.State {
	case fleet.AlertResolved:
		return kit.SignOK
	case fleet.AlertStale:
		return kit.SignStale
	case fleet.AlertPending:
		return kit.SignQueued
	}
	switch a.Severity {
	case fleet.SeverityStop:
		return kit.SignStop
	case fleet.SeverityWarn:
		return kit.SignWarn
	}
	return kit.SignInfo
}

// subjectCounts sorts an alert's subjects by kind.
type subjectCounts struct {
	hosts []fleet.HostName
	dirs  []fleet.DirID
	prs   []fleet.PRKey
	runs  []fleet.RunKey
	disks []fleet.Subject
}

func countSubjects(a fleet.Alert) subjectCounts {
	var n subjectCounts
	host := func(h fleet.HostName) {
		if h != "" && !slices.Contains(n.hosts, h) {
			n.hosts = append(n.hosts, h)
		}
	}
	for _, s := range a.Subjects {
		host(s.Host)
		switch s.Kind {
		case fleet.SubjectDir:
			n.dirs = append(n.dirs, fleet.DirID{Host: s.Host, Path: s.Path})
		case fleet.SubjectDisk:
			n.disks = append(n.disks, s)
		case fleet.SubjectPR:
			k, _ := s.PRKey()
			n.prs = append(n.prs, k)
		case fleet.SubjectRun:
			k, _ := s.RunKey()
			n.runs = append(n.runs, k)
		}
	}
	return n
}

func (s Scene) where(n subjectCounts) kit.Safe {
	switch {
	case len(n.hosts) == 1:
		return kit.Clean(string(n.hosts[0]))
	case len(n.hosts) > 1 && len(n.hosts) == len(s.Hosts):
		return "all hosts"
	case len(n.hosts) > 1:
		return plural(len(n.hosts), "host")
	}
	return ""
}

func (s Scene) what(n subjectCounts) kit.Safe {
	var parts []kit.Safe
	if len(n.dirs) > 0 {
		parts = append(parts, plural(len(n.dirs), "dir"))
	}
	switch {
	case len(n.prs) > 0:
		parts = append(parts, plural(len(n.prs), "PR"))
	case len(n.runs) > 0:
		parts = append(parts, plural(len(n.runs), "run"))
	}
	if len(parts) == 0 && len(n.disks) == 1 {
		return s.fullness(n.disks[0])
	}
	return kit.Join(parts, ", ")
}

// fullness says how full a filesystem is, by bytes or inodes as is worse; where
// it was not read, it names it.
func (s Scene) fullness(of fleet.Subject) kit.Safe {
	sw, _ := s.SweepOf(of.Host)
	for _, d := range sw.Disks {
		if d.Root != of.Path || d.TotalBytes <= 0 {
			continue
		}
		if p, ok := d.InodesPercent(); ok && p > d.UsedPercent() {
			return kit.Number(int64(p)) + " % of inodes"
		}
		return kit.Number(int64(d.UsedPercent())) + " % used"
	}
	return kit.Clean(of.Path)
}

// refs lists pull requests by number: "#1791 #1792 #1793 +4".
func refs(prs []fleet.PRKey) kit.Safe {
	var out kit.Safe
	for i, p := range prs {
		if i == 3 && len(prs) > 4 {
			return out + " +" + kit.Number(int64(len(prs)-i))
		}
		if i > 0 {
			out += " "
		}
		out += prNumber(p.Number)
	}
	return out
}

// AlertColumns are the columns of the board.
func AlertColumns() []kit.Column[AlertRow] {
	role := func(r AlertRow, loud themes.Role) themes.Role {
		switch {
		case r.Quiet:
			return themes.Dim
		case r.Loud:
			return themes.Crit
		}
		return loud
	}
	return []kit.Column[AlertRow]{
		{Key: "sign", Width: kit.SignColumn(), Cell: func(r AlertRow, c *kit.Cell) { c.Text(role(r, r.Sign.Role()), c.Look().Glyph(r.Sign)) },
			Order: func(a, b AlertRow) int { return worst(a.Sign, b.Sign) }},
		{Key: "word", Width: kit.Fixed(5), Drop: 1, Cell: func(r AlertRow, c *kit.Cell) { c.Text(role(r, r.Sign.Role()), r.Word) }},
		{Key: "age", Title: "age", Width: kit.Fixed(4), Align: kit.Right, Quiet: true, Cell: func(r AlertRow, c *kit.Cell) { c.Age(themes.Dim, r.Age) },
			Order: func(a, b AlertRow) int { return cmp.Compare(a.Age, b.Age) }},
		{Key: "title", Title: "what stands still", Width: kit.Flex(26, 6), Cell: func(r AlertRow, c *kit.Cell) { c.Text(role(r, themes.Text), r.Title) },
			Order: func(a, b AlertRow) int { return cmp.Compare(a.Title, b.Title) }},
		{Key: "where", Title: "where", Width: kit.Flex(8, 1), Drop: 2, Cell: func(r AlertRow, c *kit.Cell) { c.Text(role(r, themes.Text), r.Where) },
			Order: func(a, b AlertRow) int { return cmp.Compare(a.Where, b.Where) }},
		{Key: "what", Title: "holds", Width: kit.Flex(14, 2), Drop: 3, Cell: whatCell,
			Order: func(a, b AlertRow) int { return cmp.Compare(a.What, b.What) }},
		{Key: "bytes", Title: "bytes", Width: kit.Fixed(8), Align: kit.Right, Drop: 8, Cell: alertBytesCell,
			Order: func(a, b AlertRow) int { return cmp.Compare(a.Bytes, b.Bytes) }},
		{Key: "refs", Title: "pull requests", Width: kit.Flex(18, 1), Drop: 7, Cell: func(r AlertRow, c *kit.Cell) { c.Text(themes.Info, r.Refs) }},
		{Key: "fix", Title: "fix", Width: kit.Fixed(10), Cell: fixCell},
	}
}

func whatCell(r AlertRow, c *kit.Cell) {
	c.Text(themes.Dim, r.What)
	if r.Dir == "" {
		return
	}
	if r.What != "" {
		c.Plain(" ")
	}
	c.Text(themes.Dim, tailOf(r.Dir, c.Left(), c.Look()))
}

func alertBytesCell(r AlertRow, c *kit.Cell) {
	if r.Bytes > 0 {
		c.Bytes(themes.Dim, r.Bytes)
	}
}

func fixCell(r AlertRow, c *kit.Cell) {
	if r.Key != "" {
		c.Text(themes.Warn, r.Key)
		c.Plain(" ")
	}
	c.Text(themes.Dim, r.Fix)
}

// AlertSchema is the table of alerts.
func AlertSchema() kit.Schema[AlertRow, string] {
	return kit.Schema[AlertRow, string]{
		Columns: AlertColumns(),
		Key:     func(r AlertRow) string { return r.Fingerprint },
		Haystack: func(dst []byte, r AlertRow) []byte {
			for _, t := range [...]kit.Safe{r.Word, r.Title, r.Where, r.What, r.Dir, r.Refs, r.Fix} {
				dst = append(append(dst, t...), ' ')
			}
			return dst
		},
		Terms: []kit.TermKey{{Key: "is", Values: []string{"red", "amber", "stale", "ok"}}, {Key: "host"}},
		Match: func(r AlertRow, t kit.Term) bool {
			if t.Key == "is" {
				return isSign(r.Sign, false, t.Text)
			}
			return strings.Contains(strings.ToLower(string(r.Where)), t.Text)
		},
		Bare:  true,
		Empty: "nothing stands still",
	}
}
