package rules

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

// kind is what a cluster of failures means.
type kind string

const (
	kindInfra kind = "infra" // one cause outside the code: the line stops
	kindDoubt kind = "doubt" // a suspect text, or a place, that many share and most do not
	kindMain  kind = "main"  // the same text of code in many branches: what they share may be main
)

// cluster is one failure in many branches.
type cluster struct {
	kind    kind
	key     string
	members []failed // by the end of their jobs
	passes  int      // jobs of the same names that passed meanwhile, of other branches
}

// clusters finds what fails alike in at least Policy.Branches distinct branches,
// and still stands in one of them. The merge queue's failures cascade and do not
// count.
func clusters(s *fleet.Snapshot, e endedJobs) []cluster {
	groups := make(map[string][]failed)
	for _, f := range e.failed {
		if f.run.Event == "merge_group" {
			continue
		}
		if k := groupKey(f); k != "" {
			groups[k] = append(groups[k], f)
		}
	}
	var out []cluster
	for k, members := range groups {
		slices.SortStableFunc(members, func(a, b failed) int {
			return cmp.Or(a.job.CompletedAt.Compare(b.job.CompletedAt), cmp.Compare(a.job.ID, b.job.ID))
		})
		c, ok := clusterOf(s, e, k, members)
		if c.kind != kindInfra && len(e.look.Partial) > 0 {
			continue // what passed meanwhile is not read: a console just started would cry wolf
		}
		if ok && slices.ContainsFunc(c.members, func(f failed) bool { return f.open }) {
			out = append(out, c)
		}
	}
	slices.SortFunc(out, func(a, b cluster) int { return cmp.Compare(a.key, b.key) })
	return out
}

// groupKey says what a failure is compared by. An infrastructure signature is
// compared wherever it fails, and so is a lost runner; a text of code only at the
// same step of the same job. Where neither place nor text can be compared, it is
// empty: the same test step failing proves nothing.
func groupKey(f failed) string {
	at := strings.Join([]string{string(f.job.Repo), f.job.Name, f.step}, "/")
	switch {
	case f.class == fleet.ClassInfra || f.class == fleet.ClassSuspect:
		if sig := f.signature(); sig != "" {
			return "infra/" + sig
		}
		return "infra/" + at
	case f.class == fleet.ClassCode && f.verdict.Text != "": // a signature of code names a tool, not what failed
		return string(fleet.ClassCode) + "/" + at + "/" + f.verdict.Text
	case f.class == fleet.ClassCode:
		return ""
	case f.verdict.Text != "" && !ownStep(f.step):
		return string(fleet.ClassUnknown) + "/" + at + "/" + f.verdict.Text
	case f.step == lostRunner || f.step == "Set up runner":
		return "place/" + f.step
	case ownStep(f.step):
		return "place/" + at
	}
	return ""
}

func clusterOf(s *fleet.Snapshot, e endedJobs, key string, members []failed) (cluster, bool) {
	c := cluster{kind: kindDoubt, key: key, members: members}
	most := s.Policy.Branches
	switch head, rest, _ := strings.Cut(key, "/"); head {
	case string(kindInfra):
		proved, doubtful := proven(s, e, members)
		if distinctBranches(proved) >= most {
			c.kind, c.members = kindInfra, proved
			return c, true
		}
		c.members, c.passes = doubtful, e.passes(s, doubtful)
		return c, len(doubtful) > 0
	case "place":
		if rest == lostRunner || rest == "Set up runner" { // nothing of the code was run, or it did not end itself
			c.kind = kindInfra
		}
		return c, distinctBranches(members) >= most
	case string(fleet.ClassCode):
		c.kind = kindMain
	}
	// A generic text ("test failed") is written by many branches that each broke
	// something of their own: a common cause leaves few of them green.
	c.passes = e.passes(s, members)
	if c.kind == kindMain {
		c.passes = max(c.passes, greenBranches(s, members))
	}
	n := distinctBranches(members)
	return c, n >= most && c.passes < n
}

// greenBranches counts the other branches whose run of the same workflow ended well
// since the first of some failures. Jobs of runs that ended well are read where a dir
// or a live run asks for them; that they passed is known without.
func greenBranches(s *fleet.Snapshot, list []failed) int {
	failing, green := make(map[string]bool), make(map[string]bool)
	first := list[0].job.CompletedAt
	for _, f := range list {
		failing[f.branch] = true
	}
	for i := range s.Runs {
		r := &s.Runs[i]
		branch := string(r.HeadRepo) + ":" + r.Branch
		if r.Repo == list[0].run.Repo && r.Name == list[0].run.Name && r.Conclusion == fleet.ConclusionSuccess &&
			!r.UpdatedAt.Before(first) && !failing[branch] && r.Event != "merge_group" {
			green[branch] = true
		}
	}
	return len(green)
}

// proven splits the failures of one infrastructure signature. A suspect counts
// where its host bears it out, or where Policy.Branches distinct branches show it
// at one place and most jobs there do not pass meanwhile: where they do it is in
// doubt, the flake its guard warns of. Any other suspect is neither.
func proven(s *fleet.Snapshot, e endedJobs, members []failed) (proved, doubtful []failed) {
	type place struct{ repo, job, step string }
	at := func(f failed) place { return place{string(f.job.Repo), f.job.Name, f.step} }
	suspects := make(map[place][]failed)
	for _, f := range members {
		if f.verdict.Class == fleet.ClassSuspect { // borne out or not
			suspects[at(f)] = append(suspects[at(f)], f)
		}
	}
	enough, flake := make(map[place]bool), make(map[place]bool)
	for p, list := range suspects {
		if n := distinctBranches(list); n >= s.Policy.Branches {
			flake[p] = e.passes(s, list) >= flakeShare*n
			enough[p] = !flake[p] && len(e.look.Partial) == 0 // else the passes are not known
		}
	}
	for _, f := range members {
		switch {
		case f.class == fleet.ClassInfra || enough[at(f)]:
			proved = append(proved, f)
		case flake[at(f)]:
			doubtful = append(doubtful, f)
		}
	}
	return proved, doubtful
}

// flakeShare is how many other branches may pass for each that shows a suspect
// before it reads as a flake.
const flakeShare = 4

// passes counts the distinct branches in which jobs of the same names passed while
// these failed: from the first of them on, and on the hosts they failed on, where
// those are known.
func (e endedJobs) passes(s *fleet.Snapshot, list []failed) int {
	failing, names, hosts := make(map[string]bool), make(map[jobName]bool), make(map[fleet.HostName]bool)
	var first time.Time
	for _, f := range list {
		failing[f.branch] = true
		names[jobName{f.job.Repo, f.job.Name}] = true
		h, _ := s.HostOfRunner(f.job.Runner)
		hosts[h] = true // the empty name: somewhere unknown
		if first.IsZero() || f.job.CompletedAt.Before(first) {
			first = f.job.CompletedAt
		}
	}
	green := make(map[string]bool)
	for n := range names {
		for _, p := range e.passed[n] {
			h, _ := s.HostOfRunner(p.runner)
			if !failing[p.branch] && !p.at.Before(first) && (hosts[h] || hosts[""]) {
				green[p.branch] = true
			}
		}
	}
	return len(green)
}

// distinctBranches counts head repository and branch together: two pushes of one
// branch are one, the same branch name of two forks is two.
func distinctBranches(list []failed) int {
	seen := make(map[string]bool, len(list))
	for _, f := range list {
		seen[f.branch] = true
	}
	return len(seen)
}
