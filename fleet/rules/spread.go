package rules

import (
	"fmt"
	"slices"
	"time"
)

// spread is how a number of durations lie. The zero spread has none.
type spread struct {
	n        int
	p50, p95 time.Duration // by nearest rank
}

// spreadOf measures durations; it sorts its argument.
func spreadOf(list []time.Duration) spread {
	if len(list) == 0 {
		return spread{}
	}
	slices.Sort(list)
	rank := func(percent int) time.Duration { return list[(len(list)*percent+99)/100-1] }
	return spread{n: len(list), p50: rank(50), p95: rank(95)}
}

// lasted renders a duration for a sentence: "45s", "12m", "8h30m", "3d4h".
func lasted(d time.Duration) string {
	day := 24 * time.Hour
	switch d = d.Round(time.Second); {
	case d < time.Minute:
		return fmt.Sprintf("%ds", int(d.Seconds()))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < day:
		return fmt.Sprintf("%dh%02dm", int(d.Hours()), int(d.Minutes())%60)
	}
	return fmt.Sprintf("%dd%dh", int(d/day), int(d.Hours())%24)
}
