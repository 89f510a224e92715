package rules

import (
	"fmt"
	"strings"

	"andon/fleet"
)

// cleanerFacts is what a host's sweep tells of each of its cleaners.
func cleanerFacts(sw *fleet.Sweep, why int) []fleet.Evidence {
	var out []fleet.Evidence
	for _, c := range sw.Cleaners {
		fact := c.Name + ": "
		switch {
		case c.Kind == "hook":
			fact += "called before each job by a runner"
		case !c.Wired:
			fact += "not enabled and active"
		default:
			fact += "enabled and active"
		}
		if c.Kind != "hook" {
			if t, ok := c.Last.Get(); ok {
				fact += fmt.Sprintf(", last run %s ago", lasted(sw.Facts.Clock.Sub(t)))
			} else {
				fact += ", last run unknown: " + c.Last.Why()
			}
			fact += ", " + deletions(sw, c)
		}
		out = append(out, fleet.Evidence{What: "cleaner", Where: string(sw.Host), Fact: fact, At: sw.At, Why: why})
	}
	return out
}

// deletions says what a cleaner's journal tells of its last deletion.
func deletions(sw *fleet.Sweep, c fleet.Cleaner) string {
	said, ok := c.Said.Get()
	if !ok {
		return "last deletions unknown: " + c.Said.Why()
	}
	for i := len(said) - 1; i >= 0; i-- {
		if tellsDeletion(said[i].Text) {
			return fmt.Sprintf("last deletion told %s ago: %s", lasted(sw.Facts.Clock.Sub(said[i].At)), said[i].Text)
		}
	}
	return fmt.Sprintf("no deletion in the last %s of its journal", fleet.Plural(len(said), "line"))
}

// tellsDeletion reports whether a line speaks of deleting a path.
func tellsDeletion(text string) bool {
	low := strings.ToLower(text)
	for _, w := range [...]string{"delet", "remov", "reap", "purg", "prun", "rm -"} {
		if strings.Contains(low, w) {
			return strings.Contains(low, "/")
		}
	}
	return false
}
