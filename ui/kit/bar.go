package kit

import (
	"math"

	"andon/themes"
)

// Share is a part of a whole, or not known. The zero Share is not known.
type Share struct {
	of    float64
	known bool
}

// ShareOf is used out of total. With a total of zero or less, or anything
// negative, it is not known.
func ShareOf(used, total int64) Share {
	if total <= 0 || used < 0 {
		return Share{}
	}
	return Fraction(float64(used) / float64(total))
}

// Fraction is a share of one; below 0, above 1 it is held at the end, and what
// is not a number is not known.
func Fraction(f float64) Share {
	if math.IsNaN(f) {
		return Share{}
	}
	return Share{of: min(max(f, 0), 1), known: true}
}

// Known returns the fraction and whether there is one.
func (s Share) Known() (float64, bool) { return s.of, s.known }

// Limits are the fractions from which a bar is amber and red.
type Limits struct{ Mid, High float64 }

// DiskLimits are the limits of a disk bar where the operator set none: amber
// from 80 %, red from 95 %.
func DiskLimits() Limits { return Limits{Mid: 0.80, High: 0.95} }

// Role is the meter role of a share; an unknown one is stale.
func (m Limits) Role(s Share) themes.Role {
	switch {
	case !s.known:
		return themes.Stale
	case s.of >= m.High:
		return themes.BarHigh
	case s.of >= m.Mid:
		return themes.BarMid
	}
	return themes.BarLow
}

// Bar is a meter of exactly w cells upon a track. A share above nothing shows
// at least one full cell, a share below everything leaves at least one empty.
func (l Look) Bar(w int, s Share, m Limits) Line {
	g := l.set()
	if w <= 0 {
		return nil
	}
	if !s.known {
		return Line{{themes.Stale, repeated(g.unknown, w)}}
	}
	n := filled(w, s)
	return Line{{m.Role(s), repeated(g.full, n)}, {themes.Faint, repeated(g.track, w-n)}}
}

func filled(w int, s Share) int {
	n := int(math.Round(s.of * float64(w)))
	if s.of > 0 {
		n = max(n, 1)
	}
	if s.of < 1 && w > 1 {
		n = min(n, w-1)
	}
	return n
}

// Meter is a bar without a track, exact to an eighth of a cell, blank to w; for
// comparing the lengths of many rows.
func (l Look) Meter(w int, s Share, role themes.Role) Line {
	g := l.set()
	if w <= 0 {
		return nil
	}
	if !s.known {
		return Line{{themes.Stale, PadRight("?", w, "")}}
	}
	eighths := int(math.Round(s.of * float64(w) * 8))
	if s.of > 0 {
		eighths = max(eighths, 1)
	}
	text := repeated(g.full, eighths/8) + g.eighths[eighths%8]
	return Line{{role, PadRight(text, w, "")}}
}

func repeated(glyph Safe, n int) Safe {
	return Safe(appendRun(make([]byte, 0, max(len(glyph)*n, 0)), glyph, n))
}

// appendRun appends a glyph n times, by doubling what is there.
func appendRun(dst []byte, glyph Safe, n int) []byte {
	if n <= 0 {
		return dst
	}
	start, end := len(dst), len(dst)+n*len(glyph)
	dst = append(dst, glyph...)
	for len(dst) < end {
		dst = append(dst, dst[start:min(len(dst), start+end-len(dst))]...)
	}
	return dst
}
