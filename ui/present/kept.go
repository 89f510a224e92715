package present

import (
	"slices"
	"strings"
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui/kit"
)

// keptGroup are objects left alone for the same reasons.
type keptGroup struct {
	why     string
	names   []kit.Safe
	bytes   int64
	unsized int
	until   time.Time // the latest; zero where waiting helps none
}

// keptLines say what is left alone, with a countdown where waiting would help.
// Objects kept for the same reasons share a line, unless each is wanted.
func keptLines(p fleet.Plan, each bool, now time.Time, w int) []kit.Line {
	var groups []keptGroup
	for _, k := range p.Kept {
		why := strings.Join(k.Why, "; ")
		i := slices.IndexFunc(groups, func(g keptGroup) bool { return g.why == why })
		if i < 0 || each {
			i = len(groups)
			groups = append(groups, keptGroup{why: why})
		}
		groups[i].add(k)
	}
	var out []kit.Line
	for _, g := range groups {
		out = append(out, wrapped(g.says(now), w, themes.Dim, "kept   ")...)
	}
	return out
}

func (g *keptGroup) add(k fleet.Kept) {
	g.names = append(g.names, kit.Clean(keptName(k.Subject)))
	if b, ok := k.Bytes.Get(); ok {
		g.bytes += b
	} else {
		g.unsized++
	}
	if k.Until.After(g.until) {
		g.until = k.Until
	}
}

func (g keptGroup) says(now time.Time) kit.Safe {
	const most = 4
	text := kit.Join(g.names[:min(len(g.names), most)], ", ")
	if more := len(g.names) - most; more > 0 {
		text += " and " + kit.Count(int64(more)) + " more"
	}
	if g.unsized < len(g.names) {
		text += ", " + kit.Bytes(g.bytes)
	}
	text += ": " + kit.Clean(g.why)
	switch wait := g.until.Sub(now); {
	case g.until.IsZero():
	case wait > 0:
		text += "; eligible in " + Clock(wait)
	default:
		text += "; eligible now, look again with r"
	}
	return text
}

func keptName(s fleet.Subject) string {
	switch s.Kind {
	case fleet.SubjectDir:
		parts := strings.Split(s.Path, "/")
		return string(s.Host) + ":" + strings.Join(parts[max(len(parts)-2, 0):], "/")
	case fleet.SubjectPR:
		return string(prNumber(s.PR))
	case fleet.SubjectRun:
		return "run " + string(kit.Number(int64(s.Run)))
	}
	return s.String()
}
