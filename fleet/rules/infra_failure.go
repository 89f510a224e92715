package rules

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "infra-failure",
	Title:    "job failed by its infrastructure",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"A check is red, and no test of the pull request failed.",
			"The log, an annotation or the place says that the runner, its disk or its network failed.",
			"The host of that job is full, lost, misowned or cut off, or was for a moment.",
			"The next jobs land on the same host: one is the first of many.",
			"A single such failure must be seen before three branches have died of it.",
		},
		Cure:   "As the alert says, on that host; then rerun.",
		NoCure: "Rerun first: the job may land on the same host. Asking the author.",
		Cost:   "one run of each failed job.",
	},
	Actor:    fleet.ActorOperator,
	Requires: []fleet.SourceKind{fleet.SourceRuns, fleet.SourceJobs},
	Causes: []fleet.RuleID{"same-failure", "run-dir-owner", "work-residue", "shared-run-dir", "attempts-share-dir", "zombie-writer", "disk-pressure", "inode-pressure",
		"runner-failing", "runner-service-dead", "runner-offline", "host-unreachable", "host-key-changed"},
	For:      time.Minute,
	Evaluate: infraFailure,
})

// infraFailure reports one signature on one host, from the first job on.
func infraFailure(s *fleet.Snapshot) []fleet.Finding {
	e := gather(s)
	type where struct{ sig, at string }
	groups := make(map[where][]failed)
	for _, f := range e.failed {
		if f.class != fleet.ClassInfra || !f.open {
			continue
		}
		k := where{f.signature(), f.job.Runner}
		if h, ok := s.HostOfRunner(f.job.Runner); ok {
			k.at = string(h)
		}
		if k.at == "" {
			k.at = string(f.job.Repo)
		}
		groups[k] = append(groups[k], f)
	}
	if len(groups) == 0 {
		return nil
	}
	e.look.Found = len(clusters(s, e))
	sizes := &cold{s: s}
	var out []fleet.Finding
	for k, list := range groups {
		slices.SortStableFunc(list, func(a, b failed) int {
			return cmp.Or(a.job.CompletedAt.Compare(b.job.CompletedAt), cmp.Compare(a.job.ID, b.job.ID))
		})
		f := infraFinding(s, list, k.at, e.look, sizes)
		f.Key = k.sig + "@" + k.at
		out = append(out, f)
	}
	slices.SortFunc(out, func(a, b fleet.Finding) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

func infraFinding(s *fleet.Snapshot, list []failed, at string, look Look, sizes *cold) fleet.Finding {
	t := touch(s, list)
	c := cluster{kind: kindInfra, members: list}
	f := fleet.Finding{Severity: fleet.SeverityWarn, Rests: restsOf(s, list), Cost: coldCost(list, sizes), Causes: append(causesOf(list), "same-failure")}
	on := mend(s, list, &t, &f)
	f.Evidence = c.evidence(s, look)
	last := newestEnd(list)
	f.Began = list[0].job.CompletedAt
	f.Summary = fmt.Sprintf("%s on %s: %s of %s failed, the last %s ago", c.what(), at, fleet.Plural(len(list), "job"), branches(distinctBranches(list)), lasted(s.At.Sub(last)))
	f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "verdict", Where: place(list[0].step), At: list[0].job.Verdict.At(), Fact: c.notCode()})
	f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "jobs", Where: at, At: s.At, Fact: fmt.Sprintf("no line stop yet: fewer than %d branches of one signature that are not the merge queue's", s.Policy.Branches)})
	if distinctBranches(list) >= s.Policy.Branches {
		f.RuledOut = f.RuledOut[:len(f.RuledOut)-1]
	}
	f.Unknown = look.gaps()
	f.Subjects = append(on, t.subjects()...)
	return f
}

// notCode says why the first failure is not the pull request's own.
func (c cluster) notCode() string {
	f := c.members[0]
	switch {
	case f.proof.What != "":
		return "not the pull request's own text: its host bears it out"
	case f.verdict.Guard != "":
		return "the catalogue is sure of text and place; its look-alike: " + f.verdict.Guard
	}
	return "the catalogue is sure of text and place"
}
