package fleet

import (
	"cmp"
	"slices"
	"time"
)

// lineKey is what runs of one workflow on one branch share. A newer run of a line
// takes over from an older one (concurrency.cancel-in-progress).
type lineKey struct {
	repo, head Repo
	branch     string
	name       string // of the workflow
}

func lineOf(r WorkflowRun) lineKey { return lineKey{r.Repo, r.HeadRepo, r.Branch, r.Name} }

// joinLines sorts the runs into lines, oldest first.
func (s *Snapshot) joinLines() {
	s.lineIx = make(map[lineKey][]int, len(s.Runs))
	for i, r := range s.Runs {
		k := lineOf(r)
		s.lineIx[k] = append(s.lineIx[k], i)
	}
	for _, ix := range s.lineIx {
		slices.SortFunc(ix, func(a, b int) int {
			return cmp.Or(s.Runs[a].CreatedAt.Compare(s.Runs[b].CreatedAt), cmp.Compare(s.Runs[a].ID, s.Runs[b].ID))
		})
	}
}

// NewerRuns returns the numbers, in Runs, of the runs of the same workflow and
// branch that were created after a run, oldest first. The list is shared.
func (s *Snapshot) NewerRuns(r WorkflowRun) []int {
	return s.createdAfter(s.lineIx[lineOf(r)], r.CreatedAt)
}

// createdAfter returns the part of a line that was created after t.
func (s *Snapshot) createdAfter(line []int, t time.Time) []int {
	n, _ := slices.BinarySearchFunc(line, t, func(i int, t time.Time) int {
		if s.Runs[i].CreatedAt.After(t) {
			return 1
		}
		return -1
	})
	return line[n:]
}
