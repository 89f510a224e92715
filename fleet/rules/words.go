package rules

import (
	"fmt"

	"andon/fleet"
)

// subjects is a list without repeats, in the order of adding.
type subjects struct {
	list []fleet.Subject
	seen map[fleet.Subject]bool
}

func (l *subjects) add(s fleet.Subject) {
	if l.seen[s] {
		return
	}
	if l.seen == nil {
		l.seen = make(map[fleet.Subject]bool)
	}
	l.seen[s] = true
	l.list = append(l.list, s)
}

// plural counts a noun: "1 run", "3 runs".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// gib renders bytes as GiB with one decimal.
func gib(b int64) string { return fmt.Sprintf("%.1f GiB", float64(b)/(1<<30)) }
