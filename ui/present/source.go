package present

import (
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui/kit"
)

// Sources is the header's line about what andon reads: each source with the age
// of its last whole answer and a sign, the API budget, and when the next look is
// due. Where nothing was read yet it says "looking…".
func Sources(s Scene, look kit.Look, w int) (left, right kit.Line) {
	right = s.cadence(w)
	for spare := 3; ; spare-- { // the narrower the line, the less it says
		left = s.sources(look, w, spare)
		if left.Width()+1+right.Width() <= w || spare == 0 {
			break
		}
		if spare == 2 {
			right = nil
		}
	}
	return left, right
}

// sources is the left part; spare says how much room there is, from 0.
func (s Scene) sources(look kit.Look, w, spare int) kit.Line {
	line := kit.Words(" ")
	gap := kit.In(themes.Text, "   ")
	if w < 100 {
		gap.Text = "  "
	}
	add := func(l kit.Line) {
		if len(line) > 1 {
			line = line.Then(gap)
		}
		line = line.Then(l...)
	}
	add(s.group(look, "github", w, fleet.SourceRuns, fleet.SourceJobs, fleet.SourcePulls))
	add(s.group(look, "hosts", w, fleet.SourceHost))
	if s.has(fleet.SourceRunners) && spare > 0 {
		add(s.group(look, "runners", w, fleet.SourceRunners))
	}
	if b := s.Budget; b.Known {
		add(s.budget(look, b, w, spare > 2))
	}
	return line
}

func (s Scene) has(kind fleet.SourceKind) bool {
	for _, src := range s.Reads.Sources {
		if src.ID.Kind == kind {
			return true
		}
	}
	return false
}

// group sums up the sources of some kinds: how many are fresh, the age of the
// oldest fresh answer, and the first that is not fresh.
func (s Scene) group(look kit.Look, name kit.Safe, w int, kinds ...fleet.SourceKind) kit.Line {
	all, fresh := 0, 0
	age := time.Duration(-1)
	var bad *fleet.Source
	for i, src := range s.Reads.Sources {
		if !contains(kinds, src.ID.Kind) || src.State == fleet.SourceAbsent {
			continue
		}
		all++
		if src.Fresh(s.Now) {
			fresh++
			a, _ := src.Age(s.Now)
			age = max(age, a)
		} else if bad == nil || src.State == fleet.SourceDenied || bad.State == fleet.SourceNever {
			bad = &s.Reads.Sources[i]
		}
	}
	line := kit.Line{kit.In(themes.Dim, name+" ")}
	if all == 0 && !s.blank {
		return line.Then(kit.In(themes.Dim, "none configured"))
	}
	if all == 0 || (fresh == 0 && bad != nil && bad.State == fleet.SourceNever) {
		return line.Then(kit.In(themes.Dim, "looking"+look.Ellipsis()))
	}
	if kinds[0] == fleet.SourceHost {
		line = line.Then(kit.In(themes.Text, kit.Number(int64(fresh))+"/"+kit.Number(int64(all))+" "))
	}
	if bad == nil {
		return line.Then(kit.In(themes.Dim, kit.Age(age)+" "), kit.In(themes.OK, look.Glyph(kit.SignOK)))
	}
	if fresh > 0 && kinds[0] == fleet.SourceHost {
		line = line.Then(kit.In(themes.Dim, kit.Age(age)+" "))
	}
	return line.Then(s.badSource(look, *bad, w)...)
}

func (s Scene) badSource(look kit.Look, src fleet.Source, w int) kit.Line {
	text := causeWords(src)
	if src.ID.Kind == fleet.SourceHost {
		text = kit.Clean(src.ID.Of) + " " + text
	}
	if a, ok := src.Age(s.Now); ok {
		text += " " + kit.Age(a)
	}
	if wait := src.NextAt.Sub(s.Now); w >= 100 && wait > 0 && src.State == fleet.SourceFailing {
		text += ", retry " + kit.Age(wait)
	}
	return kit.Line{kit.In(themes.Stale, text+" "), kit.In(themes.Stale, look.Glyph(kit.SignStale))}
}

func contains(kinds []fleet.SourceKind, k fleet.SourceKind) bool {
	for _, x := range kinds {
		if x == k {
			return true
		}
	}
	return false
}

// budget is what is left of the API limit: "api 4312/5000 ▇▇▇▇▇▇▇░ resets 41m";
// the bar shrinks as the limit is spent.
func (s Scene) budget(look kit.Look, b fleet.Budget, w int, resets bool) kit.Line {
	line := kit.Line{kit.In(themes.Dim, "api "), kit.In(themes.Text, kit.Number(int64(b.Remaining)))}
	if w >= 100 {
		line = line.Then(kit.In(themes.Dim, "/"+kit.Number(int64(b.Limit))))
	}
	if w >= 120 {
		line = line.Then(kit.In(themes.Text, " ")).Then(budgetBar(look, b)...)
	}
	if wait := b.Reset.Sub(s.Now); wait > 0 && resets {
		line = line.Then(kit.In(themes.Dim, " resets "+kit.Age(wait)))
	}
	if pause := b.Paused.Sub(s.Now); pause > 0 {
		line = line.Then(kit.In(themes.Warn, " paused "+kit.Age(pause)))
	}
	return line
}

// budgetBar is the part that is left, coloured by the part that is spent.
func budgetBar(look kit.Look, b fleet.Budget) kit.Line {
	role := kit.DiskLimits().Role(kit.ShareOf(int64(b.Limit-b.Remaining), int64(b.Limit)))
	bar := look.Bar(8, kit.ShareOf(int64(b.Remaining), int64(b.Limit)), kit.Limits{Mid: 2, High: 2})
	for i := range bar {
		if i == 0 && b.Remaining > 0 {
			bar[i].Role = role
		}
	}
	return bar
}

// SilentSources are the sources without a current answer: what failed, and what
// to do about it.
func SilentSources(s Scene, look kit.Look, w int) []kit.Line {
	var out []kit.Line
	said := make(map[string]bool) // one remedy often mends several
	for _, src := range s.Reads.Sources {
		if src.Fresh(s.Now) || src.State == fleet.SourceAbsent {
			continue
		}
		out = append(out, s.silent(src, look, w, !said[src.Remedy])...)
		said[src.Remedy] = true
	}
	return out
}

// silent is what failed of a source and, where wanted, what to do about it.
func (s Scene) silent(src fleet.Source, look kit.Look, w int, remedy bool) []kit.Line {
	text := causeWords(src)
	if src.Err != "" {
		text += ": " + kit.Clean(src.Err)
	}
	if age, ok := src.Age(s.Now); ok {
		text += "; last answer " + kit.Age(age) + " ago"
	}
	out := []kit.Line{{kit.In(themes.Stale, look.Glyph(kit.SignStale)+" "), kit.In(themes.Text, kit.PadRight(kit.Clean(src.ID.String()), 24, look.Ellipsis())+" "), kit.In(themes.Dim, text)}}
	if src.Remedy != "" && remedy {
		out = append(out, wrapped(kit.Clean(src.Remedy), w, themes.Text, "  next  ")...)
	}
	return out
}

// FreshSources counts the sources with a current answer. When it changes, what
// rests on them looks different though nothing new arrived.
func FreshSources(s *fleet.Snapshot, now time.Time) int {
	n := 0
	if s == nil {
		return n
	}
	for _, src := range s.Sources {
		if src.Fresh(now) {
			n++
		}
	}
	return n
}

// cadence says how often is looked and when next.
func (s Scene) cadence(w int) kit.Line {
	var every, next time.Duration = 0, -1
	for _, src := range s.Reads.Sources {
		if src.Interval > 0 && (every == 0 || src.Interval < every) {
			every = src.Interval
		}
		if wait := src.NextAt.Sub(s.Now); !src.NextAt.IsZero() && wait >= 0 && (next < 0 || wait < next) {
			next = wait
		}
	}
	if every == 0 {
		return nil
	}
	text := "live every " + kit.Age(every)
	if next >= 0 && w >= 100 {
		if next < time.Second {
			text += ", next now"
		} else {
			text += ", next in " + kit.Age(next)
		}
	}
	return kit.Line{kit.In(themes.Dim, text+" ")}
}

// Lamps counts what the header counts: lit stops and warnings, hosts and open
// pull requests that no alert names, and sources without a current answer.
func Lamps(s Scene) kit.Lamps {
	var n kit.Lamps
	for _, a := range s.Board.Alerts {
		switch {
		case !a.Lit() || a.Severity == fleet.SeverityInfo:
		case a.State == fleet.AlertStale:
			n.Stale++
		case a.Severity == fleet.SeverityStop:
			n.Stop++
		case a.Severity == fleet.SeverityWarn:
			n.Warn++
		}
	}
	for _, h := range s.Hosts {
		if s.hostStale(h.Name) {
			n.Stale++
		} else if s.quiet(fleet.OfHost(h.Name)) {
			n.OK++
		}
	}
	for _, src := range s.Reads.Sources {
		if src.ID.Kind != fleet.SourceHost && !src.Optional() && !src.Fresh(s.Now) {
			n.Stale++
		}
	}
	for _, p := range s.PullRequests {
		if p.State == fleet.PROpen && s.quiet(fleet.OfPR(p.Key())) {
			n.OK++
		}
	}
	return n
}

// quiet reports whether no lit stop or warning names a subject.
func (s Scene) quiet(of fleet.Subject) bool {
	n, lit := s.lit[of]
	return !lit || n.Severity == fleet.SeverityInfo
}
