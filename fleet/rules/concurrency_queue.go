package rules

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "concurrency-queue",
	Title:    "runs wait for a concurrency group",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"A run is pending and no runner is to blame.",
			"Its concurrency group is held by another run or job; GitHub lets one in at a time.",
			"The holder works, or it only seems to: none of its jobs is in progress, or one outlives its limit.",
			"A group is freed when the whole run is over, not when its last useful job is.",
			"Groups must be as narrow as what they protect, and cancel-in-progress only where the older result is worthless.",
		},
		Cure:   "While the holder works: wait. Else look at its run, cancel it, and force-cancel where that does nothing.",
		NoCure: "Rerunning or cancelling the runs that wait: the next one waits at the same place.",
		Cost:   "the holder's work so far.",
	},
	Actor:    fleet.ActorOperator,
	Requires: []fleet.SourceKind{fleet.SourceGroups, fleet.SourceRuns, fleet.SourceJobs},
	Causes:   []fleet.RuleID{"wedged-aggregator", "stuck-run"},
	For:      2 * time.Minute,
	Evaluate: concurrencyQueue,
})

const (
	holderIdle  = 10 * time.Minute // no job of the holder in progress, and nothing of it moved
	holderLimit = 6 * time.Hour    // a job's limit where the workflow sets none (timeout-minutes, GitHub's documentation)
)

func concurrencyQueue(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	for _, g := range s.Groups {
		h, ok := holder(g)
		src := s.SourceOf(ofRepo(fleet.SourceGroups, g.Repo))
		if !ok || len(g.Members) < 2 || src.State == fleet.SourceAbsent || !current(s, src.ID) {
			continue
		}
		out = append(out, groupFinding(s, g, h))
	}
	slices.SortFunc(out, func(a, b fleet.Finding) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

func groupFinding(s *fleet.Snapshot, g fleet.ConcurrencyGroup, h fleet.GroupMember) fleet.Finding {
	var t touched
	k := fleet.RunKey{Repo: g.Repo, ID: h.Run}
	t.run(s, k)
	f := fleet.Finding{
		Key: string(g.Repo) + "/" + g.Name, Severity: fleet.SeverityInfo,
		Rests: []fleet.SourceID{ofRepo(fleet.SourceGroups, g.Repo)},
	}
	members := slices.Clone(g.Members)
	slices.SortStableFunc(members, func(a, b fleet.GroupMember) int { return cmp.Compare(a.Position, b.Position) })
	waiting, longest := 0, time.Duration(0)
	for _, m := range members {
		if m.Position == 0 {
			continue
		}
		waiting++
		fact := fmt.Sprintf("run %d waits at position %d", m.Run, m.Position)
		t.run(s, fleet.RunKey{Repo: g.Repo, ID: m.Run})
		if since, ok := askedAt(s, g.Repo, m); ok {
			longest = max(longest, s.At.Sub(since))
			fact += " for " + lasted(s.At.Sub(since))
		}
		if waiting <= 5 {
			f.Evidence = append(f.Evidence, fleet.Evidence{What: "group", Where: g.Name, At: g.ReadAt, Why: 1, Fact: fact})
		}
	}
	f.Subjects = t.subjects()
	holderFacts(s, k, h, &f)
	f.Summary = fmt.Sprintf("%s: held by run %d, %s", g.Name, h.Run, waits(waiting, "other"))
	if longest > 0 {
		f.Began = s.At.Add(-longest)
		f.Summary += ", the longest for " + lasted(longest)
	}
	if f.Severity == fleet.SeverityWarn {
		f.Summary += "; the holder makes no progress"
	}
	return f
}

// askedAt returns since when a member wants its group.
func askedAt(s *fleet.Snapshot, repo fleet.Repo, m fleet.GroupMember) (time.Time, bool) {
	k := fleet.RunKey{Repo: repo, ID: m.Run}
	if m.Job != 0 {
		for _, j := range s.JobsOf(k) {
			if j.ID == m.Job && !j.CreatedAt.IsZero() {
				return j.CreatedAt, true
			}
		}
	}
	r, ok := s.RunOf(k)
	if ok && r.StartedAt.After(r.CreatedAt) { // of its newest attempt
		return r.StartedAt, true
	}
	return r.CreatedAt, ok && !r.CreatedAt.IsZero()
}

// holderFacts says whether the holder works, and what to do where it does not.
func holderFacts(s *fleet.Snapshot, k fleet.RunKey, h fleet.GroupMember, f *fleet.Finding) {
	run, ok := s.RunOf(k)
	if !ok || !current(s, ofRepo(fleet.SourceJobs, k.Repo)) {
		f.Unknown = append(f.Unknown, fleet.Gap{What: fmt.Sprintf("whether run %d makes progress", k.ID), Why: "its jobs are not read, or not currently", Makes: "r refreshes; gh run view " + fmt.Sprint(k.ID) + " -R " + string(k.Repo)})
		f.Advice = "wait, or look at the holder: " + run.URL
		if run.URL == "" {
			f.Advice = fmt.Sprintf("look at the holder: gh run view %d -R %s", k.ID, k.Repo)
		}
		return
	}
	var oldest fleet.Job
	active, moved := 0, latest(run.StartedAt, run.CreatedAt)
	for _, j := range s.JobsOf(k) {
		if h.Job != 0 && j.ID != h.Job {
			continue
		}
		if j.Status == fleet.StatusInProgress {
			active++
			if oldest.ID == 0 || j.StartedAt.Before(oldest.StartedAt) {
				oldest = j
			}
		}
		moved = latest(moved, j.CompletedAt)
	}
	e := fleet.Evidence{What: "jobs", Where: k.String(), At: run.ReadAt, Why: 3}
	took := s.At.Sub(oldest.StartedAt)
	switch {
	case active == 0 && s.At.Sub(moved) >= holderIdle:
		f.Severity = fleet.SeverityWarn
		e.Fact = fmt.Sprintf("no job of run %d is in progress, and nothing of it moved for %s", k.ID, lasted(s.At.Sub(moved)))
		f.Advice = fmt.Sprintf("the holder does nothing: gh run cancel %d -R %s; where that changes nothing, %s", k.ID, k.Repo, forceCancel(k))
	case active > 0 && !oldest.StartedAt.IsZero() && took > holderLimit:
		f.Severity = fleet.SeverityWarn
		e.Fact = fmt.Sprintf("%s of run %d runs for %s, longer than GitHub's own limit of %s", oldest.Name, k.ID, lasted(took), lasted(holderLimit))
		f.Advice = fmt.Sprintf("look whether %s still works; else gh run cancel %d -R %s", oldest.Name, k.ID, k.Repo)
	case active > 0:
		e.Fact = fmt.Sprintf("run %d works: %s in progress, %s for %s", k.ID, fleet.Plural(active, "job"), oldest.Name, lasted(took))
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "jobs", Where: k.String(), At: run.ReadAt, Fact: "a wedged holder: it has a job in progress"})
		f.Advice = fmt.Sprintf("nothing to mend: the group is free when run %d ends", k.ID)
	default:
		e.Fact = fmt.Sprintf("no job of run %d is in progress; one of it ended or began %s ago", k.ID, lasted(s.At.Sub(moved)))
		f.Advice = fmt.Sprintf("wait: run %d may be between two jobs", k.ID)
	}
	f.Evidence = append([]fleet.Evidence{e}, f.Evidence...)
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
