package world

import (
	"slices"
	"testing"

	"andon/fleet"
)

// A run waits without jobs until the one before it in its group has ended, or for
// ever where it does not.
func TestRunsWaitForTheirGroup(t *testing.T) {
	w := New(1, t0, Scale{})
	w.Advance(t0)
	r := w.Repos[1]
	run := func(ref string) *Run {
		return &Run{Repo: r, Workflow: "CI", Event: "push", Branch: "main", SHA: w.sha(), HeadRepo: r.Name, Ref: ref, Group: "Deploy/prod"}
	}
	quick := []spec{{name: "ship", labels: armLabels(), work: 60, noDir: true}}
	first := w.enter(run("a"), quick)
	w.Advance(t0 + 1)
	second, third := w.enter(run("b"), quick), w.enter(run("c"), quick)
	third.Group = "deploy/PROD" // the same to GitHub
	if got := r.Queue("DEPLOY/prod"); !slices.Equal(got, []*Run{first, second, third}) {
		t.Fatalf("queue of %d runs", len(got))
	}
	w.Advance(t0 + 60)
	if !first.Status().Live() || second.Status() != fleet.StatusPending || third.Status() != fleet.StatusPending || len(second.Jobs) != 0 {
		t.Errorf("while the first runs: %s, %s, %s", first.Status(), second.Status(), third.Status())
	}
	if err := w.Cancel(third, 0); err != nil || third.Status() != fleet.StatusCompleted || third.Conclusion() != fleet.ConclusionCancelled {
		t.Errorf("a waiting run, cancelled: %v, %s %s", err, third.Status(), third.Conclusion())
	}
	w.Advance(t0 + 1800)
	if first.Conclusion() != fleet.ConclusionSuccess || second.Conclusion() != fleet.ConclusionSuccess || len(third.Jobs) != 0 {
		t.Errorf("at the end: %s %s, %s %s, %d jobs of the cancelled one", first.Status(), first.Conclusion(), second.Status(), second.Conclusion(), len(third.Jobs))
	}
	if second.Jobs[0].Created < first.Updated {
		t.Errorf("the second began at %d, the first ended at %d", second.Jobs[0].Created, first.Updated)
	}
	if slices.Contains(r.Groups(), "Deploy/prod") || len(r.Queue("deploy/prod")) != 0 {
		t.Error("an idle group has members")
	}
	if x := (&Run{Ref: "1798"}); x.GroupName() != "ci-1798" {
		t.Errorf("default group %q", x.GroupName())
	}
}

// The story's merge queue run has its branch while it lives.
func TestQueueBranchesLiveAsLongAsTheirRun(t *testing.T) {
	w := New(1, t0, Scale{})
	w.Advance(t0)
	r := w.Repos[0]
	i := slices.IndexFunc(r.Runs, func(x *Run) bool { return x.Event == "merge_group" && x.Status().Live() })
	if i < 0 || len(r.QueueRefs) != 1 || r.QueueRefs[0] != (QueueRef{r.Runs[i].Branch, r.Runs[i].SHA}) {
		t.Fatalf("queue refs %+v", r.QueueRefs)
	}
	w.Advance(t0 + 4*3600)
	if r.Runs[i].Status().Live() || len(r.QueueRefs) != 0 {
		t.Errorf("run is %s, queue refs %+v", r.Runs[i].Status(), r.QueueRefs)
	}
}
