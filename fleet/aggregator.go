package fleet

import (
	"slices"
	"strings"
)

// Aggregator reports whether the job only sums up others; it is never counted as
// a failure of its own (gate-type jobs cascade, paiml/aprender#3229). What a job
// needs cannot be seen in GitHub's API, so its name is all there is to go by: the
// names in aggregatorNames, and nothing that only looks like one. A job of a
// reusable workflow is named "caller / job": its last part counts. A job with
// steps of its own that has one of these names is taken for an aggregator too.
func (j Job) Aggregator() bool {
	name := j.Name
	if i := strings.LastIndex(name, " / "); i >= 0 {
		name = name[i+len(" / "):]
	}
	if len(name) > longestAggregator {
		return false
	}
	_, found := slices.BinarySearch(aggregatorNames[:], plainJobName(name))
	return found
}

// longestAggregator is more than any spelling of a name in the list takes.
const longestAggregator = 40

// aggregatorNames are the names that public workflows give the one job their
// branch protection requires, as plainJobName writes them, sorted.
var aggregatorNames = [...]string{
	"all checks", "all checks pass", "all checks passed", "all checks succeeded", "all ci passed", "all done",
	"all good", "all green", "all jobs", "all jobs passed", "all jobs succeeded", "all passed", "all required checks",
	"all required checks passed", "all success", "all tests passed", "alls green", "bors", "bors build finished",
	"check all green", "check all jobs", "checks passed", "ci complete", "ci completed", "ci conclusion", "ci done", "ci finished", "ci gate",
	"ci green", "ci ok", "ci pass", "ci passed", "ci required", "ci result", "ci results", "ci status", "ci success",
	"ci successful", "conclusion", "final gate", "gate", "gatekeeper", "gates", "merge gate", "merge ready", "mergeable", "pr gate",
	"ready to merge", "required", "required check", "required checks", "required checks passed", "required jobs",
	"required status", "required status check", "required status checks", "status check", "status checks", "tests passed", "workflow success",
}

// plainJobName folds case and takes "-", "_" and runs of blanks for one blank. It
// is asked of every job by every rule, so it copies once.
func plainJobName(s string) string {
	out := make([]byte, 0, longestAggregator)
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '-' || c == '_' || c == ' ':
			if len(out) > 0 && out[len(out)-1] != ' ' {
				out = append(out, ' ')
			}
			continue
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		}
		out = append(out, c)
	}
	return strings.TrimRight(string(out), " ")
}
