package fleet

import (
	"testing"
	"time"
)

func TestNewerRuns(t *testing.T) {
	at := time.Date(2026, 5, 18, 3, 0, 0, 0, time.UTC)
	run := func(id RunID, minute int, branch, name string, head Repo) WorkflowRun {
		return WorkflowRun{Repo: "o/r", ID: id, Branch: branch, Name: name, HeadRepo: head, CreatedAt: at.Add(time.Duration(minute) * time.Minute)}
	}
	s := Join(Reads{Runs: []WorkflowRun{run(4, 4, "b", "ci", "o/r"), run(1, 1, "b", "ci", "o/r"), run(5, 5, "b", "docs", "o/r"), run(3, 3, "b", "ci", "o/r"),
		run(6, 6, "b", "ci", "fork/r"), run(7, 7, "c", "ci", "o/r"), run(2, 1, "b", "ci", "o/r")}})
	for id, want := range map[RunID][]RunID{1: {3, 4}, 2: {3, 4}, 3: {4}, 4: {}, 5: {}, 6: {}, 7: {}} {
		r, _ := s.RunOf(RunKey{"o/r", id})
		var got []RunID
		for _, i := range s.NewerRuns(r) {
			got = append(got, s.Runs[i].ID)
		}
		if len(got) != len(want) {
			t.Errorf("after %d: %v, want %v", id, got, want)
			continue
		}
		for i := range want {
			if got[i] != want[i] {
				t.Errorf("after %d: %v, want %v", id, got, want)
			}
		}
	}
	// A run the snapshot does not hold has newer ones all the same.
	if n := len(s.NewerRuns(run(99, 0, "b", "ci", "o/r"))); n != 4 {
		t.Errorf("%d newer than the first minute, want 4", n)
	}
}
