package rules

import (
	"fmt"
	"strings"

	"andon/fleet"
)

// touched collects what jobs and runs touch: pull requests, runs, jobs and hosts,
// without repeats, in the order of adding.
type touched struct{ prs, runs, jobs, hosts subjects }

// run adds a run and its pull request.
func (t *touched) run(s *fleet.Snapshot, k fleet.RunKey) {
	t.runs.add(fleet.OfRun(k))
	if pr, _, ok := s.PROfRun(k); ok {
		t.prs.add(fleet.OfPR(pr))
	}
}

// host adds the host of a runner, where it is known.
func (t *touched) host(s *fleet.Snapshot, runner string) {
	if h, ok := s.HostOfRunner(runner); ok {
		t.hosts.add(fleet.OfHost(h))
	}
}

// subjects lists all of it by kind.
func (t *touched) subjects() []fleet.Subject {
	out := make([]fleet.Subject, 0, len(t.prs.list)+len(t.runs.list)+len(t.jobs.list)+len(t.hosts.list))
	out = append(append(out, t.prs.list...), t.runs.list...)
	return append(append(out, t.jobs.list...), t.hosts.list...)
}

// hostNames lists the hosts for a sentence: "intel, yoga"; empty where none is known.
func (t *touched) hostNames() string {
	var out []string
	for _, h := range t.hosts.list {
		out = append(out, string(h.Host))
	}
	return listed(out, 6)
}

// prNumbers lists the pull requests for a sentence: "#1792 #1793 +3".
func (t *touched) prNumbers() string {
	const most = 8
	var out []string
	for i, p := range t.prs.list {
		if i == most {
			out = append(out, fmt.Sprintf("+%d", len(t.prs.list)-most))
			break
		}
		out = append(out, fmt.Sprintf("#%d", p.PR))
	}
	return strings.Join(out, " ")
}

// whoseRun names a run for a sentence: "#1792", else its branch. Foreign text.
func whoseRun(s *fleet.Snapshot, run fleet.WorkflowRun) string {
	if pr, _, ok := s.PROfRun(run.Key()); ok {
		return fmt.Sprintf("#%d", pr.Number)
	}
	return run.Branch
}

// forceCancel is the call that ends a run plain cancel does nothing to.
func forceCancel(k fleet.RunKey) string {
	return fmt.Sprintf("gh api -X POST repos/%s/actions/runs/%d/force-cancel", k.Repo, k.ID)
}
