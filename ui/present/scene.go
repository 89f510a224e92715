package present

import (
	"cmp"
	"slices"
	"time"

	"andon/fleet"
	"andon/ui"
	"andon/ui/kit"
)

// Scene is what rows are made from. Make it with SceneOf.
type Scene struct {
	*fleet.Snapshot
	Board  fleet.Board
	Trends ui.Trends
	Now    time.Time
	lit    ui.Lit
	blank  bool // nothing was seen yet
}

// SceneOf takes from an Env what rows need. Before the first snapshot it holds
// an empty one, so that nothing has to ask.
func SceneOf(e ui.Env) Scene {
	s := e.Snapshot
	if s == nil {
		s = fleet.Join(fleet.Reads{At: e.Now})
	}
	lit := e.Lit
	if lit == nil {
		lit = LitSubjects(e.Board)
	}
	return Scene{Snapshot: s, Board: e.Board, Trends: e.Trends, Now: e.Now, lit: lit, blank: e.Snapshot == nil}
}

// Look is how an Env wants to be drawn.
func Look(e ui.Env) kit.Look { return kit.NewLook(e.Styles, e.ASCII) }

// LitSubjects says of each subject how bad the worst lit alert about it is. It
// is made once for a board: orphans alone may be tens of thousands.
func LitSubjects(b fleet.Board) ui.Lit {
	lit := make(ui.Lit)
	for _, a := range b.Alerts {
		if !a.Lit() {
			continue
		}
		for _, s := range a.Subjects {
			n, ok := lit[s]
			if !ok || a.Severity.Rank() < n.Severity.Rank() {
				n.Severity = a.Severity
			}
			if (s.Kind == fleet.SubjectHost || s.Kind == fleet.SubjectPR || a.Severity == fleet.SeverityStop) && !slices.Contains(n.Rules, a.Rule) {
				n.Rules = append(n.Rules, a.Rule)
			}
			lit[s] = n
		}
	}
	return lit
}

// lamp is the sign of a subject's worst lit alert, or the other one.
func (s Scene) lamp(of fleet.Subject, otherwise kit.Sign) kit.Sign {
	switch n, ok := s.lit[of]; {
	case !ok:
		return otherwise
	case n.Severity == fleet.SeverityStop:
		return kit.SignStop
	case n.Severity == fleet.SeverityWarn:
		return kit.SignWarn
	}
	return otherwise
}

// since is the age of a time; negative, and so shown as "?", where it is zero.
func (s Scene) since(t time.Time) time.Duration {
	if t.IsZero() {
		return -1
	}
	return max(s.Now.Sub(t), 0)
}

// hostStale reports whether what a host said is too old to rest on.
func (s Scene) hostStale(h fleet.HostName) bool {
	return !s.SourceOf(fleet.HostSource(h)).Fresh(s.Now)
}

// badness orders signs, worst first.
func badness(s kit.Sign) int {
	switch s {
	case kit.SignStop:
		return 0
	case kit.SignFail:
		return 1
	case kit.SignWarn:
		return 2
	case kit.SignStale, kit.SignUnknown:
		return 3
	case kit.SignCancelled:
		return 4
	case kit.SignRun:
		return 5
	case kit.SignQueued:
		return 6
	case kit.SignInfo:
		return 7
	case kit.SignOK:
		return 8
	}
	return 9
}

func worst(a, b kit.Sign) int { return cmp.Compare(badness(a), badness(b)) }

// plural writes "1 dir", "6 dirs".
func plural(n int, one kit.Safe) kit.Safe {
	if n == 1 {
		return "1 " + one
	}
	return kit.Count(int64(n)) + " " + one + "s"
}

func prNumber(n int) kit.Safe { return "#" + kit.Number(int64(n)) }
