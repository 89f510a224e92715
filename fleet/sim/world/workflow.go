package world

import "fmt"

// Labels that jobs ask for and runners carry.
func intelLabels() []string { return []string{"self-hosted", "Linux", "X64", "clean-room"} }
func armLabels() []string   { return []string{"self-hosted", "Linux", "ARM64", "clean-room"} }
func gpuLabels() []string   { return []string{"self-hosted", "Linux", "ARM64", "gpu"} }

// ci is the workflow: the workspace's tests and its guards, each with a dir of
// its own, and lint without one.
func ci(work, grow int64) []spec {
	return []spec{
		{name: "workspace-test", labels: intelLabels(), work: work, grow: grow},
		{name: "guards", labels: intelLabels(), work: work + 240, grow: grow / 2, suffix: "guards"},
		{name: "lint", labels: intelLabels(), work: 150, noDir: true},
	}
}

// arm is the same on the ARM64 pools.
func arm(work, grow int64) []spec {
	return []spec{
		{name: "workspace-test (arm64)", labels: armLabels(), work: work, grow: grow},
		{name: "gpu-test", labels: gpuLabels(), work: work / 2, grow: grow / 3},
	}
}

// slow is the workflow on a saturated pool: builds that would take longer than
// the limit.
func slow(both bool) []spec {
	s := ci(limit+900, 31*gib)
	s[1].work = 2400
	if both {
		s[1].work = limit + 600
	}
	return s
}

// mainRun is the run of a push to the default branch.
func (w *World) mainRun(r *Repo, title string) *Run {
	return &Run{Repo: r, Workflow: "CI", Event: "push", Branch: "main", SHA: w.sha(), HeadRepo: r.Name,
		Title: title, Actor: "noahgift", Ref: "main"}
}

// queueRun is the merge queue's run of a pull request.
func (w *World) queueRun(r *Repo, p *PullRequest) *Run {
	ref := fmt.Sprintf("gh-readonly-queue/main/pr-%d-%s", p.Number, w.sha())
	return &Run{Repo: r, Workflow: "CI", Event: "merge_group", Branch: ref, SHA: w.sha(), HeadRepo: r.Name,
		Title: p.Title, Actor: "github-merge-queue[bot]", Ref: ref}
}

// owned makes the run dirs of a fresh run before dockerd can, as runs did whose
// pull request's dirs were made by an earlier, healthy workflow.
func (w *World) owned(x *Run) *Run {
	for _, h := range w.Hosts {
		if h.Down {
			continue
		}
		for _, j := range x.Jobs {
			if !j.NoDir && len(h.Runners) > 0 && hasAll(h.Runners[0].Labels, j.Labels) {
				h.Mkdir(h.rootFor().Path+"/"+x.DirRel(j.Suffix), h.rootFor().Owner, w.now)
			}
		}
	}
	return x
}

func author(n int) string {
	return []string{"noahgift", "alfredodeza", "mei-lin", "guybedford", "ywata"}[n%5]
}
