package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "same-failure",
	Title:    "same failure in many branches",
	Severity: fleet.SeverityStop,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Pull requests that have nothing to do with each other fail alike.",
			"They fail at the same place, with the same text: the code under test is not what they share.",
			"What they share is a host, an image, a cache or a limit, or a main that is broken.",
			"Each author sees only a red check of their own, and reruns it.",
			"Somebody must see the cluster, stop the line once, and mend the cause.",
		},
		Cure:   "Mend what they share (chown or reap before anything is rerun), then rerun all of them.",
		NoCure: "Rerun one by one while the cause stands.",
		Cost:   "one run of each failed job, once, after the cause is mended.",
	},
	Actor:    fleet.ActorOperator,
	Requires: []fleet.SourceKind{fleet.SourceRuns, fleet.SourceJobs},
	Causes: []fleet.RuleID{"run-dir-owner", "work-residue", "shared-run-dir", "attempts-share-dir", "zombie-writer", "disk-pressure", "inode-pressure",
		"runner-failing", "runner-service-dead", "runner-offline", "host-unreachable", "host-key-changed"},
	Evaluate: sameFailure,
})

func sameFailure(s *fleet.Snapshot) []fleet.Finding {
	e := gather(s)
	var out []fleet.Finding
	found, sizes := clusters(s, e), &cold{s: s}
	e.look.Found = len(found)
	for _, c := range found {
		out = append(out, c.finding(s, e.look, sizes))
	}
	return out
}

func (c cluster) finding(s *fleet.Snapshot, look Look, sizes *cold) fleet.Finding {
	t := touch(s, c.members)
	f := fleet.Finding{Key: c.key, Severity: fleet.SeverityWarn, Rests: restsOf(s, c.members), Cost: coldCost(c.members, sizes), Causes: causesOf(c.members)}
	first := c.members[0]
	f.Evidence = c.evidence(s, look)
	where := t.hostNames()
	if where != "" {
		where = " on " + where
	}
	began := fmt.Sprintf("first %s at %s", whoseRun(s, first.run), first.job.CompletedAt.UTC().Format("15:04 UTC"))
	if first.job.Runner != "" {
		began += " on " + first.job.Runner
	}
	n := branches(distinctBranches(c.members))
	if prs := t.prNumbers(); prs != "" {
		n += " (" + prs + ")"
	}
	var extra []fleet.Subject
	switch c.kind {
	case kindInfra:
		f.Severity = fleet.SeverityStop
		extra = mend(s, c.members, &t, &f)
		f.Summary = fmt.Sprintf("STOP THE LINE: %s in %s%s; fix: %s; %s; %s", c.what(), n, where, fixOf(f), began, look.Short())
	case kindMain:
		f.Summary = fmt.Sprintf("main may be broken: %s of %s in %s; %s; %s", c.what(), first.job.Name, n, began, look.Short())
		f.Cost, f.Causes = "none here: main is mended once, and each branch takes it: a cold build each", []fleet.RuleID{}
		c.askMain(s, &f)
	default:
		f.Suggested = []fleet.ActionID{fleet.ActionRerun}
		f.Summary = fmt.Sprintf("%s in %s: %s%s; %s; %s", first.job.Name, n, c.what(), where, began, look.Short())
		f.Advice = "look at one of them before the rest is rerun"
		if len(t.hosts.list) == 1 {
			f.Advice = "all" + where + ": look there first"
		}
	}
	f.RuledOut = append(f.RuledOut, c.ruledOut(s, look)...)
	f.Unknown = append(f.Unknown, look.gaps()...)
	f.Subjects = append(extra, t.subjects()...)
	return f
}

// fixOf is the one fix in a few words: the actions in order, else what the advice
// begins with.
func fixOf(f fleet.Finding) string {
	if len(f.Suggested) == 0 {
		first, _, _ := strings.Cut(f.Advice, "; ")
		return first
	}
	out := make([]string, len(f.Suggested))
	for i, a := range f.Suggested {
		out[i] = string(a)
	}
	return strings.Join(out, ", then ")
}

// what names the failure: the signature, else the text, else the place.
func (c cluster) what() string {
	f := c.members[0]
	if sig := f.signature(); sig != "" {
		return sig
	}
	return f.step
}

// evidence lists the text, then the failures, the first of each branch first, each
// with what its host bears out.
func (c cluster) evidence(s *fleet.Snapshot, look Look) []fleet.Evidence {
	var out []fleet.Evidence
	first := c.members[0]
	if v := first.verdict; v.Text != "" {
		where := first.job.Name + ", step " + first.step
		if v.Line > 0 {
			where += fmt.Sprintf(", line %d", v.Line)
		}
		out = append(out, fleet.Evidence{What: verdictFrom(v), Where: where, Fact: v.Text, At: first.job.Verdict.At(), Why: 2})
	}
	seen, proved := make(map[string]bool), make(map[string]bool) // branches; places on hosts
	for _, f := range c.members {
		if f.proof.What != "" && !proved[f.proof.Where] && len(proved) < 3 {
			proved[f.proof.Where] = true
			p := f.proof
			p.Why = 3
			out = append(out, p)
		}
		if seen[f.branch] || len(seen) >= 6 {
			continue
		}
		seen[f.branch] = true
		state := ""
		if !f.open {
			state = "; not the last word any more"
		}
		out = append(out, fleet.Evidence{What: "job", Where: f.job.Runner, At: f.job.CompletedAt, Why: 1,
			Fact: fmt.Sprintf("run %d on %s: %s failed at %s%s", f.run.ID, f.run.Branch, f.job.Name, place(f.step), state)})
	}
	return append(out, fleet.Evidence{What: "look", Where: "jobs", At: s.At, Fact: look.String()})
}

func verdictFrom(v fleet.Verdict) string {
	if v.From == "" {
		return string(fleet.FromLog)
	}
	return string(v.From)
}

func place(step string) string {
	if step == "" {
		return "a step GitHub does not name"
	}
	return step
}

// ruledOut names the look-alikes and what speaks against them.
func (c cluster) ruledOut(s *fleet.Snapshot, look Look) []fleet.Evidence {
	n := distinctBranches(c.members)
	out := []fleet.Evidence{{What: "runs", Where: "branches", At: s.At,
		Fact: fmt.Sprintf("no branch that fails on its own: %s; superseded runs, the merge queue, cancels and gates are not counted", branches(n))}}
	if g := c.members[0].verdict.Guard; g != "" {
		out = append(out, fleet.Evidence{What: "catalogue", Where: c.what(), At: s.At, Fact: fmt.Sprintf("look-alike: %s; it would not show in %s at once", g, branches(n))})
	}
	if c.kind != kindDoubt || c.passes > 0 {
		out = append(out, fleet.Evidence{What: "jobs", Where: c.members[0].job.Name, At: s.At, Fact: fmt.Sprintf("%s passed the same jobs there since the first of them", branches(c.passes))})
	}
	return out
}

// askMain looks whether the branch they all build on fails too.
func (c cluster) askMain(s *fleet.Snapshot, f *fleet.Finding) {
	base, name := "main", c.members[0].run.Name
	repo := c.members[0].job.Repo
	if pr, _, ok := s.PROfRun(c.members[0].run.Key()); ok {
		if p, ok := s.PROf(pr); ok && p.BaseRef != "" {
			base = p.BaseRef
		}
	}
	var newest *fleet.WorkflowRun
	for i := range s.Runs {
		r := &s.Runs[i]
		if r.Repo == repo && r.HeadRepo == repo && r.Branch == base && r.Name == name && !r.Status.Live() && (newest == nil || r.CreatedAt.After(newest.CreatedAt)) {
			newest = r
		}
	}
	f.Advice = "look at " + base + " first; no rerun cures it, and each author must take the mended " + base
	switch {
	case newest == nil:
		f.Unknown = append(f.Unknown, fleet.Gap{What: "whether " + base + " itself fails", Why: "no ended run of " + name + " on it is read", Makes: fmt.Sprintf("gh run list -R %s -b %s -w '%s'", repo, base, name)})
	case newest.Conclusion == fleet.ConclusionSuccess:
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "run", Where: newest.Key().String(), At: newest.UpdatedAt, Fact: base + " itself passed last: then something outside changed (a dependency, an advisory list, a date)"})
	default:
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "run", Where: newest.Key().String(), At: newest.UpdatedAt, Why: 3, Fact: fmt.Sprintf("%s itself ended with %s last", base, newest.Conclusion)})
	}
}

// gaps says what the look did not see.
func (l Look) gaps() []fleet.Gap {
	var out []fleet.Gap
	if l.Unread > 0 {
		out = append(out, fleet.Gap{What: fmt.Sprintf("why %s failed", fleet.Plural(l.Unread, "other job")), Why: "no verdict of them is known: their logs are not read, or GitHub has none", Makes: "wait for the next looks, or open their logs"})
	}
	for _, p := range l.Partial {
		out = append(out, fleet.Gap{What: "whether more of them fail", Why: "list not whole: " + p, Makes: "the next whole answer"})
	}
	return out
}

// touch collects what failures touch, open ones or not.
func touch(s *fleet.Snapshot, list []failed) touched {
	var t touched
	for _, f := range list {
		t.run(s, f.run.Key())
		t.host(s, f.job.Runner)
	}
	return t
}

// restsOf lists the sources the end of failures has to be read from: GitHub's, and
// for suspects the hosts that bore them out.
func restsOf(s *fleet.Snapshot, list []failed) []fleet.SourceID {
	var out []fleet.SourceID
	for _, f := range list {
		out = addSource(addSource(out, ofRepo(fleet.SourceRuns, f.job.Repo)), ofRepo(fleet.SourceJobs, f.job.Repo))
	}
	for _, f := range list {
		if h, ok := s.HostOfRunner(f.job.Runner); ok && f.proof.What != "" {
			out = addSource(out, fleet.HostSource(h))
		}
	}
	return out
}

// newestEnd returns when the last of the jobs ended.
func newestEnd(list []failed) time.Time {
	return slices.MaxFunc(list, func(a, b failed) int { return a.job.CompletedAt.Compare(b.job.CompletedAt) }).job.CompletedAt
}
