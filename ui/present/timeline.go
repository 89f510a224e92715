package present

import (
	"slices"
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui/kit"
)

// PRNumber is a pull request's number without its sign.
func PRNumber(n int) kit.Safe { return kit.Number(int64(n)) }

// RunsOf are a pull request's runs, newest first.
func RunsOf(s Scene, pr fleet.PRKey) []fleet.WorkflowRun { return s.runsByPR()[pr] }

// WriterLine is one live process on one line.
func WriterLine(s Scene, wr fleet.Writer, look kit.Look, w int) kit.Line {
	line := kit.Line{kit.In(themes.Run, " "+look.Glyph(kit.SignRun)+" "), kit.In(themes.Text, kit.PadRight("pid "+kit.Number(int64(wr.PID)), 12, "")),
		kit.In(themes.Dim, kit.PadRight("uid "+kit.Number(int64(wr.UID)), 10, "")+kit.PadRight(kit.Clean(string(wr.Via)), 6, "")),
		kit.In(themes.Dim, kit.PadLeft(kit.Age(s.since(wr.Started)), 4, "")+"  ")}
	text := kit.Clean(wr.Command)
	if wr.Cgroup != "" {
		text += "  in " + kit.Clean(wr.Cgroup)
	}
	return line.Then(kit.In(themes.Text, kit.Truncate(text, max(w-line.Width(), 1), look.Ellipsis())))
}

// Timeline draws the jobs of a pull request's runs as bars over time, newest
// first, in at most h lines of at most w cells; the first line is the axis.
func Timeline(s Scene, pr fleet.PRKey, look kit.Look, w, h int) []kit.Line {
	rows := slices.DeleteFunc(RunRowsOf(s, pr), func(r RunRow) bool { return r.Began.IsZero() || r.Took < 0 })
	if len(rows) == 0 || h < 2 {
		return []kit.Line{{kit.In(themes.Dim, "no job of it has begun")}}
	}
	rows = rows[:min(len(rows), h-1)]
	from, to := rows[0].Began, s.Now
	for _, r := range rows {
		if r.Began.Before(from) {
			from = r.Began
		}
	}
	const label = 26
	width := max(w-label-9, 10)
	span := max(to.Sub(from), time.Minute)
	begins, ends := kit.Clean(from.Format("15:04")), kit.Clean(to.Format("15:04"))
	if span > 20*time.Hour { // a time of day alone would mislead
		begins, ends = kit.Age(span)+" ago", "now"
	}
	axis := kit.Line{kit.In(themes.Faint, kit.PadRight("", label, "")), kit.In(themes.Dim, begins),
		kit.In(themes.Faint, kit.PadLeft("", max(width-kit.Width(begins)-kit.Width(ends), 0), "")), kit.In(themes.Dim, ends)}
	out := []kit.Line{axis}
	for _, r := range rows {
		out = append(out, timelineRow(r, look, from, to, span, label, width))
	}
	return out
}

func timelineRow(r RunRow, look kit.Look, from, to time.Time, span time.Duration, label, width int) kit.Line {
	end := r.Ended
	if end.IsZero() || end.After(to) {
		end = to
	}
	a := int(int64(width) * int64(r.Began.Sub(from)) / int64(span))
	b := int(int64(width) * int64(end.Sub(from)) / int64(span))
	a = min(max(a, 0), width-1)
	n := min(max(b-a, 1), width-a)
	line := kit.Line{kit.In(r.Sign.Role(), look.Glyph(r.Sign)+" "), kit.In(themes.Dim, kit.PadRight(r.ID, 9, "")+" "), kit.In(themes.Text, kit.PadRight(r.Name, label-10-look.SignWidth()-1, look.Ellipsis())+" ")}
	line = line.Then(kit.In(themes.Faint, kit.PadRight("", a, "")))
	for _, sp := range look.Bar(n, kit.Fraction(1), kit.Limits{Mid: 2, High: 2}) {
		line = line.Then(kit.In(r.Sign.Role(), sp.Text))
	}
	return line.Then(kit.In(themes.Dim, " "+Clock(r.Took)))
}
