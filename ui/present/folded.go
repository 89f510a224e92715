package present

import (
	"andon/fleet"
	"andon/ui"
	"andon/ui/kit"
)

// Folded counts the alerts that are kept out of the list until they are asked for.
type Folded struct {
	Acked int // somebody has them; they stay lit
	Muted int // a cause explains them
	Notes int // of severity info: they light nothing
}

// Any reports whether something is folded away.
func (f Folded) Any() bool { return f.Acked+f.Muted+f.Notes > 0 }

// Words counts what is folded away, shortly where there is little room.
func (f Folded) Words(short bool) kit.Safe {
	acked := kit.Safe(" acknowledged")
	if short {
		acked = " ack"
	}
	var parts []kit.Safe
	if f.Acked > 0 {
		parts = append(parts, kit.Count(int64(f.Acked))+acked)
	}
	if f.Muted > 0 {
		parts = append(parts, kit.Count(int64(f.Muted))+" muted")
	}
	if f.Notes > 0 {
		parts = append(parts, plural(f.Notes, "note"))
	}
	return kit.Join(parts, ", ")
}

// fold counts an alert that does not belong in the short list, and reports
// whether it does not.
func (f *Folded) fold(a fleet.Alert) bool {
	switch {
	case a.Severity == fleet.SeverityInfo:
		f.Notes++
	case a.MutedBy != "":
		f.Muted++
	case a.AckedBy != "" && a.State != fleet.AlertResolved:
		f.Acked++
	default:
		return false
	}
	return true
}

// AlertRows are the alerts, worst first. Those that somebody has, that a cause
// explains or that are mere notes are counted and, only where all is set, follow
// below the others.
func AlertRows(s Scene, keys ui.Keymap, all bool) ([]AlertRow, Folded) {
	var folded Folded
	var rows, below []AlertRow
	for _, a := range s.Board.Alerts {
		switch {
		case !folded.fold(a):
			rows = append(rows, alertRow(s, a, keys))
		case all:
			below = append(below, alertRow(s, a, keys))
		}
	}
	return append(rows, below...), folded
}
