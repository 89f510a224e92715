package rules

import (
	"slices"
	"time"

	"andon/fleet"
)

// recent reports whether something ended within the policy's cluster window.
func recent(s *fleet.Snapshot, t time.Time) bool {
	return !t.IsZero() && s.At.Sub(t) <= s.Policy.ClusterWindow
}

// supersededWithin is how soon before a cancelled run's end the push that
// cancelled it came (one or two seconds in the field; GitHub's clock has one).
const supersededWithin = 90 * time.Second

// superseded reports whether a run was cancelled by a newer push of its branch:
// shown, and no failure.
func superseded(s *fleet.Snapshot, k fleet.RunKey) bool {
	run, ok := s.RunOf(k)
	if !ok || run.Conclusion != fleet.ConclusionCancelled {
		return false
	}
	for _, i := range s.NewerRuns(run) {
		switch d := run.UpdatedAt.Sub(s.Runs[i].CreatedAt); {
		case d < -supersededWithin:
			return false // this one and all that follow came later
		case d <= supersededWithin:
			return true
		}
	}
	return false
}

// current reports whether the newest data of every named source, whole or not, is
// young. That is ground enough to say that something is there and goes on; that
// something is not there takes a whole answer.
func current(s *fleet.Snapshot, ids ...fleet.SourceID) bool {
	for _, id := range ids {
		src := s.SourceOf(id)
		if src.Stale(s.At) && !(src.State == fleet.SourcePartial && s.At.Sub(src.TriedAt) <= 2*src.Interval) {
			return false
		}
	}
	return true
}

// whole reports whether what is held of every named source is a whole answer, and
// young: ground enough to say that something is not in it. A try that failed since
// leaves it so; one that is denied does not, and neither does part of an answer.
func whole(s *fleet.Snapshot, ids ...fleet.SourceID) bool {
	for _, id := range ids {
		src := s.SourceOf(id)
		if src.Stale(s.At) || src.State != fleet.SourceOK && src.State != fleet.SourceFailing {
			return false
		}
	}
	return true
}

// ofRepo names a source of a repository.
func ofRepo(kind fleet.SourceKind, r fleet.Repo) fleet.SourceID {
	return fleet.SourceID{Kind: kind, Of: string(r)}
}

// earliest returns the earlier of two times; zero is none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func addSource(list []fleet.SourceID, id fleet.SourceID) []fleet.SourceID {
	if slices.Contains(list, id) {
		return list
	}
	return append(list, id)
}
