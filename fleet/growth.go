package fleet

import "time"

// Measure is what a dir held at one time.
type Measure struct {
	Bytes int64     `json:"bytes"`
	At    time.Time `json:"at"`
}

// Bounds of what a growth is read from. A rate over less than growthLeast is
// noise; a base older than twice growthHalf tells of a build that may have ended.
const (
	growthLeast = 4 * time.Minute
	growthHalf  = 45 * time.Minute
)

// measures brings the two earlier measurements of a dir forward.
func measures(d *Dir, base, mid Measure) (Measure, Measure) {
	bytes, ok := d.Bytes.Get()
	if !ok {
		return base, mid
	}
	now := Measure{bytes, d.Bytes.At()}
	switch {
	case base.At.IsZero():
		return now, mid
	case mid.At.IsZero() && now.At.Sub(base.At) >= growthHalf:
		return base, now
	case !mid.At.IsZero() && now.At.Sub(mid.At) >= growthHalf:
		return mid, now
	}
	return base, mid
}

// Growth returns how fast a dir grows, in bytes an hour: since its birth where that
// is recent, else between two measurements up to 90 minutes apart. It is false
// where the dir was not measured, or only once and born longer ago. A dir that shrank
// grows by a negative rate.
func (s *Snapshot) Growth(d *Dir) (perHour int64, known bool) {
	bytes, ok := d.Bytes.Get()
	if !ok {
		return 0, false
	}
	from := d.Sample.Base
	if born, ok := d.Birth.Get(); ok {
		born = born.Add(-s.skewOf(d.Host))
		if age := d.Bytes.At().Sub(born); age >= growthLeast && age <= 2*growthHalf {
			from = Measure{0, born}
		}
	}
	span := d.Bytes.At().Sub(from.At)
	if from.At.IsZero() || span < growthLeast {
		return 0, false
	}
	return int64(float64(bytes-from.Bytes) / span.Hours()), true
}

func (s *Snapshot) skewOf(h HostName) time.Duration {
	if i, ok := s.sweepIx[h]; ok {
		return s.Sweeps[i].Skew()
	}
	return 0
}
