package present

import (
	"cmp"
	"slices"
	"time"

	"andon/fleet"
	"andon/ui/kit"
)

// PRRow is one pull request with what lies on the hosts for it.
type PRRow struct {
	PR      fleet.PRKey
	Number  kit.Safe
	Repo    kit.Safe
	Sign    kit.Sign
	CI      kit.Sign
	State   fleet.PRState
	Title   kit.Safe
	Author  kit.Safe
	Hosts   kit.Safe
	Dirs    int
	Bytes   int64 // known part
	Unsized int   // dirs nobody measured
	Owner   kit.Safe
	Foreign bool          // a dir's owner is not the wanted one
	Writers int           // -1 where one dir's are unknown
	Age     time.Duration // since the newest run began, else since the last update
	Why     kit.Safe
	Stale   bool
}

// PRRows are the open pull requests, worst first, then newest; ended ones only
// where dirs of theirs still lie on a host.
func PRRows(s Scene) []PRRow {
	runs := s.runsByPR()
	var rows []PRRow
	for _, p := range s.PullRequests {
		dirs := s.DirsOfPR(p.Key())
		if p.State != fleet.PROpen && len(dirs) == 0 {
			continue
		}
		rows = append(rows, s.prRow(p, dirs, runs[p.Key()]))
	}
	slices.SortStableFunc(rows, func(a, b PRRow) int {
		return cmp.Or(cmp.Compare(prRank(a), prRank(b)), worst(a.Sign, b.Sign), cmp.Compare(b.PR.Number, a.PR.Number))
	})
	return rows
}

func prRank(r PRRow) int {
	if r.State == fleet.PROpen || r.Sign == kit.SignStop {
		return 0
	}
	return 1
}

// runsByPR lists each pull request's runs, newest first.
func (s Scene) runsByPR() map[fleet.PRKey][]fleet.WorkflowRun {
	out := make(map[fleet.PRKey][]fleet.WorkflowRun)
	for _, r := range s.Runs {
		if k, _, ok := s.PROfRun(r.Key()); ok {
			out[k] = append(out[k], r)
		}
	}
	for _, runs := range out {
		slices.SortFunc(runs, func(a, b fleet.WorkflowRun) int { return cmp.Compare(b.ID, a.ID) })
	}
	return out
}

func (s Scene) prRow(p fleet.PullRequest, dirs []fleet.Dir, runs []fleet.WorkflowRun) PRRow {
	r := PRRow{PR: p.Key(), Number: prNumber(p.Number), Repo: kit.Clean(p.Repo.Name()), State: p.State,
		Title: kit.Clean(p.Title), Author: kit.Clean(p.Author), Dirs: len(dirs), Age: s.since(p.UpdatedAt)}
	r.Stale = !s.SourceOf(fleet.SourceID{Kind: fleet.SourcePulls, Of: string(p.Repo)}).Fresh(s.Now)
	r.CI = CISign(p, runs)
	if len(runs) > 0 {
		r.Age = s.since(runs[0].CreatedAt)
	}
	var hosts, owners []string
	silent := 0 // dirs on hosts that do not answer
	for _, d := range dirs {
		if h := string(d.Host); !slices.Contains(hosts, h) {
			hosts = append(hosts, h)
		}
		if o := string(OwnerText(d)); !slices.Contains(owners, o) {
			owners = append(owners, o)
		}
		r.Foreign = r.Foreign || d.Owner.UID != d.Want.UID
		if b, ok := d.Bytes.Get(); ok {
			r.Bytes += b
		} else {
			r.Unsized++
		}
		if n, ok := d.LiveWriters(); !ok {
			r.Writers = -1
		} else if r.Writers >= 0 {
			r.Writers += n
		}
		if s.hostStale(d.Host) {
			silent++
		}
	}
	r.Stale = r.Stale || (len(dirs) > 0 && silent == len(dirs))
	r.Hosts, r.Owner = several(hosts, "host"), several(owners, "mixed")
	r.Sign = s.lamp(fleet.OfPR(p.Key()), s.prSign(r))
	r.Why = s.prWhy(p, r, runs)
	return r
}

func several(list []string, noun kit.Safe) kit.Safe {
	switch {
	case len(list) == 0:
		return "-"
	case len(list) == 1:
		return kit.Clean(list[0])
	case noun == "mixed":
		return noun
	}
	return plural(len(list), noun)
}

// prSign is a pull request's lamp where no alert names it. Red CI alone is the
// author's affair and lights nothing.
func (s Scene) prSign(r PRRow) kit.Sign {
	switch {
	case r.State != fleet.PROpen && r.Dirs > 0:
		return kit.SignInfo
	case r.CI == kit.SignRun || r.CI == kit.SignQueued:
		return r.CI
	case r.CI == kit.SignUnknown:
		return kit.SignIdle
	}
	return kit.SignOK
}

// CISign sums up the runs of a pull request's head; older pushes do not count.
func CISign(p fleet.PullRequest, runs []fleet.WorkflowRun) kit.Sign {
	sign := kit.SignUnknown
	for _, r := range runs {
		if r.SHA != p.HeadSHA {
			continue
		}
		if one := RunSign(r.Status, r.Conclusion); sign == kit.SignUnknown || worst(one, sign) < 0 {
			sign = one
		}
	}
	return sign
}

// RunSign is the glyph of a run, job or step.
func RunSign(st fleet.Status, c fleet.Conclusion) kit.Sign {
	switch {
	case st == fleet.StatusInProgress:
		return kit.SignRun
	case st.Live():
		return kit.SignQueued
	}
	switch c {
	case fleet.ConclusionSuccess, fleet.ConclusionNeutral:
		return kit.SignOK
	case fleet.ConclusionSkipped, fleet.ConclusionStale:
		return kit.SignSkipped
	case fleet.ConclusionCancelled:
		return kit.SignCancelled
	case fleet.ConclusionFailure, fleet.ConclusionTimedOut, fleet.ConclusionStartupFailure, fleet.ConclusionActionRequired:
		return kit.SignFail
	}
	return kit.SignUnknown
}

func (s Scene) prWhy(p fleet.PullRequest, r PRRow, runs []fleet.WorkflowRun) kit.Safe {
	if n := s.lit[fleet.OfPR(p.Key())]; len(n.Rules) > 0 {
		return kit.Clean(string(n.Rules[0]))
	}
	switch {
	case p.State != fleet.PROpen:
		return kit.Clean(string(p.State)) + " " + kit.Age(s.since(p.ClosedAt)) + " ago"
	case len(runs) == 0:
		return "no run known"
	case p.Draft:
		return "draft"
	}
	switch r.CI {
	case kit.SignFail, kit.SignCancelled:
		for _, run := range runs {
			for _, j := range s.JobsOf(run.Key()) {
				if st, ok := j.FailedStep(); ok && run.SHA == p.HeadSHA {
					return "failed: " + kit.Clean(st.Name)
				}
			}
		}
		return r.CI.Word()
	case kit.SignRun:
		return "running " + kit.Age(s.since(runs[0].StartedAt))
	case kit.SignQueued:
		return "queued " + kit.Age(s.since(runs[0].CreatedAt))
	}
	return ""
}
