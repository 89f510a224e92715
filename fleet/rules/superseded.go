package rules

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "superseded",
	Title:    "cancelled by a newer push",
	Severity: fleet.SeverityInfo,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Runs are cancelled, and their checks look red.",
			"A newer push to the same branch began a run a second or two before they died.",
			"Their workflow says cancel-in-progress: the newer run takes the concurrency group.",
			"The older commit's result is worth nothing any more.",
			"Nothing is to be changed; but cancel-in-progress must not reach merge_group, where the cancelled build was the verdict.",
		},
		Cure:   "Nothing is broken. The newer run gives the verdict.",
		NoCure: "Rerunning them: it cancels nothing, builds an old commit, and holds a runner.",
		Cost:   "the work the cancelled runs had done.",
	},
	Actor:    fleet.ActorAuthor,
	Requires: []fleet.SourceKind{fleet.SourceRuns},
	Evaluate: supersededRuns,
})

// overtaken is the superseded runs of one branch.
type overtaken struct {
	branch string // head repository and branch; foreign text
	runs   []fleet.WorkflowRun
	lost   time.Duration
}

func supersededRuns(s *fleet.Snapshot) []fleet.Finding {
	type lineID struct{ repo, head, branch string }
	byRepo := make(map[fleet.Repo]map[lineID]*overtaken)
	for i := range s.Runs {
		run := &s.Runs[i]
		if run.Conclusion != fleet.ConclusionCancelled || run.Event == "merge_group" || !recent(s, run.UpdatedAt) || !superseded(s, run.Key()) {
			continue
		}
		if byRepo[run.Repo] == nil {
			byRepo[run.Repo] = make(map[lineID]*overtaken)
		}
		k := lineID{string(run.Repo), string(run.HeadRepo), run.Branch}
		o := byRepo[run.Repo][k]
		if o == nil {
			o = &overtaken{branch: run.Branch}
			byRepo[run.Repo][k] = o
		}
		o.runs = append(o.runs, *run)
		o.lost += max(run.UpdatedAt.Sub(latest(run.CreatedAt, run.StartedAt)), 0)
	}
	var out []fleet.Finding
	for repo, lines := range byRepo {
		list := make([]*overtaken, 0, len(lines))
		for _, o := range lines {
			list = append(list, o)
		}
		slices.SortFunc(list, func(a, b *overtaken) int {
			return cmp.Or(cmp.Compare(len(b.runs), len(a.runs)), cmp.Compare(a.branch, b.branch), cmp.Compare(a.runs[0].ID, b.runs[0].ID))
		})
		out = append(out, overtakenFinding(s, repo, list))
	}
	slices.SortFunc(out, func(a, b fleet.Finding) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

func overtakenFinding(s *fleet.Snapshot, repo fleet.Repo, list []*overtaken) fleet.Finding {
	var t touched
	f := fleet.Finding{Key: string(repo), Severity: fleet.SeverityInfo, Rests: []fleet.SourceID{ofRepo(fleet.SourceRuns, repo)},
		Advice: "nothing to mend: the newer runs give the verdict"}
	runs, lost := 0, time.Duration(0)
	for i, o := range list {
		runs += len(o.runs)
		lost += o.lost
		for _, r := range o.runs {
			t.run(s, r.Key())
		}
		if i < 6 {
			r := o.runs[len(o.runs)-1]
			f.Evidence = append(f.Evidence, fleet.Evidence{What: "runs", Where: o.branch, At: r.ReadAt, Why: 2, Fact: fmt.Sprintf("%s superseded, run %d the last of those seen; %s of work dropped", fleet.Plural(len(o.runs), "run"), r.ID, lasted(o.lost))})
		}
	}
	f.Subjects = t.subjects()
	f.Summary = fmt.Sprintf("%s: %s in %s cancelled by newer pushes in the last %s, no failures", repo, fleet.Plural(runs, "run"), branches(len(list)), lasted(s.Policy.ClusterWindow))
	f.Cost = lasted(lost) + " of the cancelled runs' work, already lost"
	return f
}

func branches(n int) string {
	if n == 1 {
		return "1 branch"
	}
	return fmt.Sprintf("%d branches", n)
}
