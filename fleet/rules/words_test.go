package rules

import (
	"testing"

	"andon/fleet"
)

func TestSubjectsHoldEachOnce(t *testing.T) {
	var l subjects
	for range 2 {
		for i := range 40 {
			l.add(fleet.OfPR(fleet.PRKey{Repo: "a/b", Number: i + 1}))
			l.add(fleet.OfPR(fleet.PRKey{Repo: "a/b", Number: i/2 + 1}))
		}
	}
	if len(l.list) != 40 {
		t.Errorf("%d subjects, want 40", len(l.list))
	}
	for i, s := range l.list {
		if s.PR != i+1 {
			t.Fatalf("subject %d is #%d: order lost", i, s.PR)
		}
	}
}
