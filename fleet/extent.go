package fleet

import "fmt"

// Extent is how bad a finding is, in figures that can be compared: what an
// acknowledgement was given for.
type Extent struct {
	Severity Severity `json:"severity,omitempty"`
	Hosts    int      `json:"hosts"`
	PRs      int      `json:"pull_requests"`
	Runs     int      `json:"runs"`
	Dirs     int      `json:"run_dirs"`
}

// extent counts what a finding names. Findings name each subject once.
func (f Finding) extent() Extent {
	x := Extent{Severity: f.Severity, Hosts: len(f.Hosts())}
	for _, s := range f.Subjects {
		switch s.Kind {
		case SubjectPR:
			x.PRs++
		case SubjectRun:
			x.Runs++
		case SubjectDir:
			x.Dirs++
		}
	}
	return x
}

// beyond says how an extent goes beyond an earlier one; empty where it does not.
// A worse severity and a further host always do. Pull requests, runs and dirs
// have to be half as many again: they come and go one by one while somebody is
// at work on the cause, and an alert that returns each time is acknowledged
// unread.
func (x Extent) beyond(then Extent) string {
	if x.Severity.Rank() < then.Severity.Rank() {
		return fmt.Sprintf("got worse: %s, was %s", x.Severity, then.Severity)
	}
	if x.Hosts > then.Hosts {
		return fmt.Sprintf("spread: %s, was %d", Plural(x.Hosts, "host"), then.Hosts)
	}
	for _, c := range [...]struct {
		now, then int
		noun      string
	}{{x.PRs, then.PRs, "PR"}, {x.Runs, then.Runs, "run"}, {x.Dirs, then.Dirs, "run dir"}} {
		if c.now > c.then && 2*c.now >= 3*c.then {
			return fmt.Sprintf("grew: %s, was %d", Plural(c.now, c.noun), c.then)
		}
	}
	return ""
}
