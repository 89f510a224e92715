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
	for _, r := range s.Runs {
		if r.Repo == run.Repo && r.ID != run.ID && r.Branch == run.Branch && r.HeadRepo == run.HeadRepo && r.Name == run.Name {
			if d := run.UpdatedAt.Sub(r.CreatedAt); d >= -supersededWithin && d <= supersededWithin && r.CreatedAt.After(run.CreatedAt) {
				return true
			}
		}
	}
	return false
}

func addSource(list []fleet.SourceID, id fleet.SourceID) []fleet.SourceID {
	if slices.Contains(list, id) {
		return list
	}
	return append(list, id)
}
