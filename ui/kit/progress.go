package kit

import (
	"time"

	"andon/themes"
)

// Progress is how far a long action is.
type Progress struct {
	Done, Total int64 // Total of zero or less is not known
	Bytes       bool  // Done and Total are bytes; else a count of things
	Elapsed     time.Duration
	Paused      bool
}

// ETA is the time the rest takes at the pace so far. It is not known before
// anything was done, without a total, or while paused.
func (p Progress) ETA() (time.Duration, bool) {
	if p.Done <= 0 || p.Total <= 0 || p.Elapsed <= 0 || p.Paused {
		return 0, false
	}
	if p.Done >= p.Total {
		return 0, true
	}
	rest := float64(p.Elapsed) * (float64(p.Total-p.Done) / float64(p.Done))
	if rest >= float64(1<<62) {
		return 0, false
	}
	return time.Duration(rest), true
}

// Progress draws a label, a bar, and how much is done, in exactly w cells:
//
//	reap on anvil  ████████░░░░░░░░   52 %  12 of 23  eta 38s
func (l Look) Progress(w int, label Safe, p Progress) string {
	share := ShareOf(p.Done, p.Total)
	right := Line{In(themes.Text, "  "+PadLeft(Percent(share), 5, ""))}
	right = append(right, In(themes.Dim, "  "+p.amount()))
	switch eta, known := p.ETA(); {
	case p.Paused:
		right = append(right, In(themes.Warn, "  paused"))
	case known && p.Done < p.Total:
		right = append(right, In(themes.Text, "  eta "+Age(eta.Round(time.Second))))
	case known:
		right = append(right, In(themes.OK, "  done in "+Age(p.Elapsed)))
	default:
		right = append(right, In(themes.Dim, "  eta ?"))
	}
	const least = 8 // cells of a bar worth drawing
	label = Truncate(label, max(w-right.Width()-least-2, 0), l.set().ellipsis)
	left := Line{In(themes.Text, label)}
	if room := w - right.Width() - Width(label) - 2; room >= least {
		left = append(left, In(themes.Text, "  "))
		left = append(left, l.Bar(room, share, Limits{Mid: 2, High: 2})...)
	}
	p2 := pen{buf: make([]byte, 0, 2*max(w, 0)+128), look: l}
	p2.padded(left.Then(right...), w)
	p2.end()
	return string(p2.buf)
}

func (p Progress) amount() Safe {
	write := Count
	if p.Bytes {
		write = Bytes
	}
	if p.Total <= 0 {
		return write(p.Done)
	}
	return write(p.Done) + " of " + write(p.Total)
}
