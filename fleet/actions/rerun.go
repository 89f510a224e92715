package actions

import (
	"fmt"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Action{
	ID: fleet.ActionRerun, Key: "R", Title: "rerun failed jobs",
	Doc:  "Asks GitHub to run the failed jobs of the newest attempt again. Refused while the cause still stands (chown first), where a newer run of the branch took over, and twice for one run and attempt.",
	Cost: "one run of each failed job: a cold build where its run dir is gone",
	Plan: func(in fleet.PlanInput) (fleet.Plan, error) {
		d := newDraft(in, fleet.ActionRerun)
		n := rerunSteps(d, nil)
		d.plan.Title = fmt.Sprintf("rerun the failed jobs of %s", fleet.Plural(n, "run"))
		d.plan.Undo = "cancel the new attempt"
		return d.finish()
	},
})

// rerunMaxAge is how old a run may be for GitHub to run it again.
const rerunMaxAge = 30 * 24 * time.Hour

// rerunSteps adds a step for each targeted run that ended red. chowned maps the
// dirs an earlier step of the same plan mends to that step: a rerun then needs
// it instead of being refused.
func rerunSteps(d *draft, chowned map[fleet.DirID]int) int {
	n := 0
	for _, k := range d.runs() {
		needs, why := d.rerunRefusal(k, chowned)
		if why != "" {
			d.keep(fleet.OfRun(k), fleet.Fact[int64]{}, time.Time{}, why)
			continue
		}
		run, _ := d.s.RunOf(k)
		who := run.Branch
		if pr, _, ok := d.s.PROfRun(k); ok {
			who = fmt.Sprintf("#%d", pr.Number)
		}
		d.add(fleet.Step{
			Verb: fleet.VerbRerun, Run: k, Needs: needs, Subject: fleet.OfRun(k),
			Expect: fleet.Expect{Run: k, RunAttempt: run.Attempt, RunStatus: fleet.StatusCompleted},
			Says:   fmt.Sprintf("%s rerun failed jobs of run %d, attempt %d → %d", who, run.ID, run.Attempt, run.Attempt+1),
		})
		n++
	}
	if busy, online := d.s.Pool(); n > 0 && online > 0 && busy >= online {
		d.note("pool saturated: %d of %d online runners busy; reruns will wait", busy, online)
	}
	return n
}

// runs resolves the targets to runs, in order and without repeats.
func (d *draft) runs() []fleet.RunKey {
	var out []fleet.RunKey
	seen := make(map[fleet.RunKey]bool)
	take := func(k fleet.RunKey) {
		if !seen[k] {
			seen[k] = true
			out = append(out, k)
		}
	}
	for _, t := range d.in.Targets {
		switch t.Kind {
		case fleet.SubjectRun, fleet.SubjectJob:
			k, _ := t.RunKey()
			take(k)
		case fleet.SubjectDir:
			id, _ := t.DirID()
			if x, ok := d.s.DirOf(id); ok && x.HasRun() {
				take(x.Run)
			} else {
				d.keep(t, fleet.Fact[int64]{}, time.Time{}, "no run is known for it")
			}
		case fleet.SubjectPR:
			k, _ := t.PRKey()
			for _, r := range d.redRuns(k) {
				take(r)
			}
		case fleet.SubjectHost:
			for _, x := range d.s.Dirs {
				if r, ok := d.s.RunOf(x.Run); ok && x.Host == t.Host && !r.Status.Live() && r.Conclusion.Red() {
					take(x.Run)
				}
			}
		}
	}
	return out
}

// redRuns lists the newest run of each workflow of a pull request that ended red.
func (d *draft) redRuns(k fleet.PRKey) []fleet.RunKey {
	newest := make(map[string]fleet.WorkflowRun)
	var order []string
	for _, r := range d.s.Runs {
		pr, _, ok := d.s.PROfRun(r.Key())
		if !ok || pr != k {
			continue
		}
		old, seen := newest[r.Name]
		if !seen {
			order = append(order, r.Name)
		}
		if !seen || r.CreatedAt.After(old.CreatedAt) {
			newest[r.Name] = r
		}
	}
	var out []fleet.RunKey
	for _, name := range order {
		if r := newest[name]; !r.Status.Live() && r.Conclusion.Red() {
			out = append(out, r.Key())
		}
	}
	if len(out) == 0 {
		d.keep(fleet.OfPR(k), fleet.Fact[int64]{}, time.Time{}, "none of its newest runs ended red")
	}
	return out
}

func (d *draft) rerunRefusal(k fleet.RunKey, chowned map[fleet.DirID]int) (needs []int, why string) {
	run, ok := d.s.RunOf(k)
	switch src := (fleet.SourceID{Kind: fleet.SourceRuns, Of: string(k.Repo)}); {
	case !ok:
		return nil, "run is not in the newest snapshot"
	case !d.s.Fresh(src):
		return nil, "GitHub's answer about runs is not current"
	case run.Status.Live():
		return nil, fmt.Sprintf("it is %s", run.Status)
	case !run.Conclusion.Red():
		return nil, fmt.Sprintf("it ended with %s", run.Conclusion)
	case d.s.At.Sub(run.CreatedAt) > rerunMaxAge:
		return nil, "older than 30 days: GitHub refuses"
	case d.newer(run):
		return nil, "a newer run of its branch took over"
	}
	for _, x := range d.s.DirsOfRun(k) {
		if step, ok := chowned[x.ID()]; ok {
			needs = append(needs, step)
			continue
		}
		if n, known := x.LiveWriters(); known && n > 0 {
			return nil, fmt.Sprintf("%s of its last attempt alive in %s on %s", fleet.Plural(n, "writer"), x.Path.Rel(), x.Host)
		}
		if v := d.s.Ownership(x); v.State != fleet.OwnerFits && v.State != fleet.OwnerInside {
			return nil, fmt.Sprintf("the cause stands: %s on %s is %s; chown first (f does both)", x.Path.Rel(), x.Host, v.State)
		}
	}
	return needs, ""
}

func (d *draft) newer(run fleet.WorkflowRun) bool {
	for _, r := range d.s.Runs {
		if r.Repo == run.Repo && r.Name == run.Name && r.Branch == run.Branch && r.HeadRepo == run.HeadRepo && r.Event == run.Event && r.CreatedAt.After(run.CreatedAt) {
			return true
		}
	}
	return false
}
