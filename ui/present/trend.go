package present

import (
	"maps"
	"time"

	"andon/fleet"
	"andon/ui"
	"andon/ui/kit"
)

// maxPoints is how many readings of a disk are kept: two hours at one a minute.
const maxPoints = 120

// pointGap is the least time between two readings that are kept.
const pointGap = 10 * time.Second

// Remember returns the trends with a snapshot's disks added. The given trends
// stay as they were.
func Remember(t ui.Trends, s *fleet.Snapshot) ui.Trends {
	out := maps.Clone(t)
	if out == nil {
		out = make(ui.Trends)
	}
	for _, sw := range s.Sweeps {
		for _, d := range sw.Disks {
			if d.TotalBytes <= 0 {
				continue
			}
			k := fleet.OfDisk(sw.Host, d.Root)
			old := out[k]
			if n := len(old); n > 0 && sw.At.Sub(old[n-1].At) < pointGap {
				continue
			}
			next := make([]ui.Point, 0, min(len(old)+1, maxPoints))
			next = append(next, old[max(len(old)+1-maxPoints, 0):]...)
			out[k] = append(next, ui.Point{At: sw.At, Used: float64(d.TotalBytes-d.FreeBytes) / float64(d.TotalBytes), Free: d.FreeBytes})
		}
	}
	return out
}

// Growth is how fast a filesystem fills, by what this console has seen.
type Growth struct {
	PerHour int64 // bytes; negative where it empties
	Known   bool
	FullIn  time.Duration // 0 where it does not fill
}

// minTrend is the least span of readings that says anything about growth.
const minTrend = time.Minute

// GrowthOf fits a disk's readings from the newest jump downwards on (a purge
// says nothing about how fast builds write).
func GrowthOf(points []ui.Point) Growth {
	from := len(points) - 1
	for from > 0 && points[from-1].Free >= points[from].Free {
		from--
	}
	if from < 0 || len(points) < 2 {
		return Growth{}
	}
	first, last := points[from], points[len(points)-1]
	span := last.At.Sub(first.At)
	if span < minTrend {
		if all := last.At.Sub(points[0].At); all < minTrend {
			return Growth{}
		}
		return Growth{Known: true}
	}
	g := Growth{Known: true, PerHour: int64(float64(first.Free-last.Free) / span.Hours())}
	if g.PerHour > 0 && last.Free > 0 {
		hours := float64(last.Free) / float64(g.PerHour)
		if hours < 24*365 {
			g.FullIn = time.Duration(hours * float64(time.Hour))
		}
	}
	return g
}

// Text says the growth in a few words: "22 GiB/h", "steady".
func (g Growth) Text() kit.Safe {
	switch {
	case !g.Known:
		return ""
	case g.PerHour < 64<<20 && g.PerHour > -(64<<20):
		return "steady"
	case g.PerHour < 0:
		return "-" + kit.Bytes(-g.PerHour) + "/h"
	}
	return "+" + kit.Bytes(g.PerHour) + "/h"
}

// samples are the readings as a sparkline draws them, with its scale: never
// finer than five percent of the disk, or noise would look like a trend.
func samples(points []ui.Point) ([]kit.Sample, kit.Scale) {
	out := make([]kit.Sample, len(points))
	low, high := 1.0, 0.0
	for i, p := range points {
		out[i] = kit.Measured(p.Used)
		low, high = min(low, p.Used), max(high, p.Used)
	}
	return out, kit.Scale{Low: low, High: max(high, low+0.05)}
}
