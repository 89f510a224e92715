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
			{Key: "owner", Title: "owner", Width: kit.Fixed(9), Drop: 5, Cell: func(r ShareRow, c *kit.Cell) { ownerCell(c, r.Owner, r.Foreign) },
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

// RunnerRow is one runner of a host with the job it works on.
type RunnerRow struct {
	Name    kit.Safe
	Sign    kit.Sign
	Word    kit.Safe
	Job     kit.Safe
	PR      kit.Safe
	Elapsed time.Duration // of the job; negative where there is none
	Usual   time.Duration // the longest such job ended well in; 0 unknown
	Service kit.Safe
}

// RunnerRows are the runners of a host, or of all hosts where it is empty:
// those in trouble first, then busy ones.
func RunnerRows(s Scene, host fleet.HostName) []RunnerRow {
	jobs := make(map[string]fleet.Job)
	for _, j := range s.Jobs {
		if j.Status == fleet.StatusInProgress {
			jobs[j.Runner] = j
		}
	}
	usual := s.usualDurations()
	services := make(map[string]fleet.RunnerService)
	var installed []fleet.RunnerService
	for _, sw := range s.Sweeps {
		if host == "" || sw.Host == host {
			installed = append(installed, sw.Services...)
		}
	}
	for _, svc := range installed {
		services[svc.Runner] = svc
	}
	var rows []RunnerRow
	add := func(name string, registered *fleet.Runner) {
		r := RunnerRow{Name: kit.Clean(name), Elapsed: -1, Sign: kit.SignUnknown, Word: "not registered, as far as is known"}
		switch {
		case registered == nil:
		case !registered.Online:
			r.Sign, r.Word = kit.SignWarn, "offline"
		case registered.Busy:
			r.Sign, r.Word = kit.SignRun, "busy"
		default:
			r.Sign, r.Word = kit.SignIdle, "idle"
		}
		if svc, ok := services[name]; ok {
			r.Service = kit.Clean(svc.State)
			if svc.State != "active" {
				r.Sign = kit.SignWarn
			}
			delete(services, name)
		}
		if j, ok := jobs[name]; ok {
			r.Sign, r.Job, r.Elapsed, r.Usual = kit.SignRun, kit.Clean(j.Name), s.since(j.StartedAt), usual[j.Name]
			if pr, _, ok := s.PROfRun(j.RunKey()); ok {
				r.PR = prNumber(pr.Number)
			} else if run, ok := s.RunOf(j.RunKey()); ok {
				r.PR = kit.Clean(run.Branch)
			}
		}
		rows = append(rows, r)
	}
	for i, r := range s.Runners {
		if h, ok := s.HostOfRunner(r.Name); (ok && h == host) || host == "" {
			add(r.Name, &s.Runners[i])
		}
	}
	for _, svc := range installed {
		if _, left := services[svc.Runner]; left {
			add(svc.Runner, nil)
		}
	}
	slices.SortStableFunc(rows, func(a, b RunnerRow) int {
		return cmp.Or(worst(a.Sign, b.Sign), cmp.Compare(len(a.Name), len(b.Name)), cmp.Compare(a.Name, b.Name))
	})
	return rows
}

// usualDurations are the longest durations in which jobs ended well, by name.
// GitHub does not tell a job's limit, so this is what progress is measured by.
func (s Scene) usualDurations() map[string]time.Duration {
	out := make(map[string]time.Duration)
	for _, j := range s.Jobs {
		if d, ok := j.Duration(); ok && j.Conclusion == fleet.ConclusionSuccess {
			out[j.Name] = max(out[j.Name], d)
		}
	}
	return out
}

// RunnerLine is a runner on one line of a host's page.
func RunnerLine(r RunnerRow, look kit.Look, w int) kit.Line {
	line := kit.Line{kit.In(r.Sign.Role(), look.Glyph(r.Sign)+" "), kit.In(themes.Text, kit.PadRight(r.Name, 22, look.Ellipsis())+" ")}
	if r.Elapsed < 0 {
		line = line.Then(kit.In(themes.Dim, r.Word))
		if r.Service != "" && r.Service != "active" {
			line = line.Then(kit.In(themes.Warn, "  service "+r.Service))
		}
		return line
	}
	line = line.Then(kit.In(themes.Info, kit.PadRight(r.PR, 7, look.Ellipsis())+" "))
	if w >= 60 {
		line = line.Then(kit.In(themes.Dim, kit.PadRight(r.Job, 15, look.Ellipsis())+" "))
	}
	line = line.Then(kit.In(themes.Text, kit.PadLeft(kit.Age(r.Elapsed), 4, "")+"  "))
	if r.Usual <= 0 && w >= 60 {
		return line.Then(kit.In(themes.Dim, "usual time unknown"))
	}
	if r.Usual <= 0 || w-line.Width() < 4 {
		return line
	}
	tail := " of " + kit.Age(r.Usual) + " usual"
	if bar := min(w-line.Width()-kit.Width(tail), 20); bar >= 4 {
		line = line.Then(look.Bar(bar, kit.ShareOf(int64(r.Elapsed), int64(r.Usual)), kit.Limits{Mid: 0.99, High: 2})...)
	}
	return line.Then(kit.In(themes.Dim, tail))
}
