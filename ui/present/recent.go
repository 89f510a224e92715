package present

import (
	"cmp"
	"slices"

	"andon/fleet"
	"andon/themes"
	"andon/ui/kit"
)

// Recent is one deed with all its steps, for the board.
type Recent struct {
	Newest  DeedRow // the newest of its steps, or the only one
	Sign    kit.Sign
	Hosts   []kit.Safe
	Steps   int
	Verbs   []kit.Safe // what was done, each once, as it was begun
	Done    []int      // steps of each verb
	Outcome []kit.Safe // each outcome once, as first met
	Counts  []int      // of each outcome
	Proved  int        // steps a fresh look agreed with
}

// RecentDeeds sum rows up by the plan they carried out, newest first: one plan
// may take several requests. A deed without a plan is told by its request.
func RecentDeeds(rows []DeedRow) []Recent {
	place := make(map[string]int)
	var out []Recent
	for _, r := range rows {
		deed := cmp.Or(r.Digest, r.Key.Request)
		i, ok := place[deed]
		if !ok {
			i = len(out)
			place[deed] = i
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
	if v := slices.Index(d.Verbs, r.Action); v >= 0 {
		d.Done[v]++
	} else { // rows come newest first
		d.Verbs, d.Done = slices.Insert(d.Verbs, 0, r.Action), slices.Insert(d.Done, 0, 1)
	}
	i := slices.Index(d.Outcome, r.Outcome)
	if i < 0 {
		i = len(d.Outcome)
		d.Outcome, d.Counts = append(d.Outcome, r.Outcome), append(d.Counts, 0)
	}
	d.Counts[i]++
}

// what says how many of what a deed was about: "2 dirs", "chown 12, rerun 6".
func (d Recent) what() kit.Safe {
	if len(d.Verbs) == 1 && d.Verbs[0] == VerbWord(fleet.VerbRerun) {
		return plural(d.Steps, "run")
	}
	if len(d.Verbs) == 1 {
		return plural(d.Steps, "dir")
	}
	var parts []kit.Safe
	for i, v := range d.Verbs {
		parts = append(parts, v+" "+kit.Count(int64(d.Done[i])))
	}
	return kit.Join(parts, ", ")
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
	what := d.what()
	return line.Then(kit.In(themes.Text, what+"  "), kit.In(d.Sign.Role(), kit.Truncate(says, max(room-kit.Width(what)-2, 1), look.Ellipsis())))
}
