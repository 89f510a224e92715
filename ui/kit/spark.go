package kit

import (
	"math"

	"andon/themes"
)

// Sample is one point of a series, or a gap where nothing was measured. The
// zero Sample is a gap.
type Sample struct {
	value float64
	known bool
}

// Measured is a sample with a value; what is not a number is a gap.
func Measured(v float64) Sample {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return Sample{}
	}
	return Sample{v, true}
}

// Scale is the range a sparkline is drawn in. The zero Scale fits the range to
// the samples that show.
type Scale struct{ Low, High float64 }

// Spark is the newest w samples as a sparkline of exactly w cells, newest at
// the right. Gaps and the time before the first sample are blank, never zero.
func (l Look) Spark(w int, samples []Sample, scale Scale, role themes.Role) Line {
	if w <= 0 {
		return nil
	}
	return Line{{role, Safe(l.appendSpark(make([]byte, 0, 3*w), w, samples, scale))}}
}

func (l Look) appendSpark(dst []byte, w int, samples []Sample, scale Scale) []byte {
	if len(samples) > w {
		samples = samples[len(samples)-w:]
	}
	for range w - len(samples) {
		dst = append(dst, ' ')
	}
	if scale == (Scale{}) {
		scale = fit(samples)
	}
	levels := &l.set().levels
	for _, s := range samples {
		if !s.known {
			dst = append(dst, ' ')
			continue
		}
		dst = append(dst, levels[level(s.value, scale)]...)
	}
	return dst
}

// level is the step, 0 to 7, of a value in a scale; a flat series lies low.
func level(v float64, s Scale) int {
	if s.High <= s.Low {
		return 0
	}
	return min(max(int((v-s.Low)/(s.High-s.Low)*8), 0), 7)
}

func fit(samples []Sample) Scale {
	s := Scale{math.Inf(1), math.Inf(-1)}
	for _, p := range samples {
		if p.known {
			s.Low, s.High = min(s.Low, p.value), max(s.High, p.value)
		}
	}
	return s
}
