package present

import (
	"slices"

	"andon/themes"
	"andon/ui/kit"
)

// Recent is one deed with all its steps, for the board.
type Recent struct {
	Newest  DeedRow // the newest of its steps, or the only one
	Sign    kit.Sign
	Hosts   []kit.Safe
	Steps   int
	Outcome []kit.Safe // each outcome once, as first met
	Counts  []int      // of each outcome
	Proved  int        // steps a fresh look agreed with
}

// RecentDeeds sum rows up by request, newest first.
func RecentDeeds(rows []DeedRow) []Recent {
	place := make(map[string]int)
	var out []Recent
	for _, r := range rows {
		i, ok := place[r.Key.Request]
		if !ok {
			i = len(out)
			place[r.Key.Request] = i
			out = append(out, Recent{Newest: r, Sign: r.Sign})
		}
		out[i].add(r)
	}
	return out
}

func (d *Recent) add(r DeedRow) {
	d.Steps++
	if worst(r.Sign, d.Sign) < 0 {
		d.Sign = r.Sign
	}
	if r.Host != "" && !slices.Contains(d.Hosts, r.Host) {
		d.Hosts = append(d.Hosts, r.Host)
	}
	if r.Verified != "" && r.Sign == kit.SignOK {
		d.Proved++
	}
	i := slices.Index(d.Outcome, r.Outcome)
	if i < 0 {
		i = len(d.Outcome)
		d.Outcome, d.Counts = append(d.Outcome, r.Outcome), append(d.Counts, 0)
	}
	d.Counts[i]++
}

// RecentLine is a deed on one line: when, who, what, where, and how it ended.
func RecentLine(d Recent, look kit.Look, w int) kit.Line {
	r := d.Newest
	host := kit.Join(d.Hosts, ",")
	if len(d.Hosts) > 1 {
		host = plural(len(d.Hosts), "host")
	}
	line := kit.Line{kit.In(d.Sign.Role(), look.Glyph(d.Sign)+" "), kit.In(themes.Dim, r.When+"  "),
		kit.In(themes.Text, kit.PadRight(r.Who, 8, look.Ellipsis())+" "+kit.PadRight(r.Plan, 6, "")+" "), kit.In(themes.Dim, kit.PadRight(host, 8, look.Ellipsis())+" ")}
	room := max(w-line.Width(), 10)
	if d.Steps == 1 {
		says := r.Outcome
		if t := deedSays(r); t != "" {
			says += ": " + t
		}
		object := tailOf(r.Object, room/2, look)
		return line.Then(kit.In(themes.Text, object+"  "), kit.In(r.Sign.Role(), kit.Truncate(says, max(room-kit.Width(object)-2, 1), look.Ellipsis())))
	}
	var parts []kit.Safe
	for i, o := range d.Outcome {
		parts = append(parts, kit.Count(int64(d.Counts[i]))+" "+o)
	}
	says := kit.Join(parts, ", ")
	if d.Proved > 0 {
		says += ", " + kit.Count(int64(d.Proved)) + " confirmed"
	}
	return line.Then(kit.In(themes.Text, plural(d.Steps, "step")+"  "), kit.In(d.Sign.Role(), kit.Truncate(says, max(room-10, 1), look.Ellipsis())))
}
