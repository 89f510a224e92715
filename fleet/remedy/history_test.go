package remedy

import (
	"reflect"
	"testing"
	"time"

	"andon/fleet"
)

func TestInDoubt(t *testing.T) {
	records := []fleet.Record{
		intent("a", 1, ""), intent("a", 2, ""), ended("a", 1, fleet.OutcomeDone), // 2: the console died
		intent("b", 1, ""), ended("b", 1, fleet.OutcomeUnknown), // the answer was lost
		intent("c", 1, ""), ended("c", 1, fleet.OutcomeRefused),
		ended("", 9, fleet.OutcomeSkipped), // never begun
	}
	var got []string
	for _, r := range InDoubt(records) {
		got = append(got, r.Request)
	}
	if len(got) != 2 || got[0] != "a" || got[1] != "b" {
		t.Errorf("in doubt: %v, want a and b", got)
	}
}

func trashed(request string, v fleet.Verb, trash string, o fleet.Outcome) []fleet.Record {
	in, out := intent(request, 1, ""), ended(request, 1, o)
	in.Step.Verb, in.Step.Root = v, fleet.Root{Path: "/mnt/targets"}
	in.Step.Components, in.Step.Expect = []string{"x-ci", "1", "run-4"}, fleet.Expect{Dev: 7, Inode: 9}
	if v == fleet.VerbReap {
		out.Result.Trash, out.Result.Until = trash, epoch.Add(15*time.Minute)
	} else {
		in.Step.Trash = trash
	}
	return []fleet.Record{in, out}
}

func TestInTrash(t *testing.T) {
	var log []fleet.Record
	for _, r := range [][]fleet.Record{
		trashed("a", fleet.VerbReap, "t1", fleet.OutcomeDone), trashed("b", fleet.VerbReap, "t2", fleet.OutcomeDone),
		trashed("c", fleet.VerbReap, "", fleet.OutcomeRefused), trashed("d", fleet.VerbReap, "t4", fleet.OutcomeDone),
		trashed("e", fleet.VerbReap, "t5", fleet.OutcomeDone),
		trashed("u", fleet.VerbUndo, "t1", fleet.OutcomeDone), trashed("v", fleet.VerbUndo, "t4", fleet.OutcomeFailed),
		trashed("p", fleet.VerbPurge, "t2", fleet.OutcomeUnchanged), trashed("q", fleet.VerbPurge, "t5", fleet.OutcomeUnknown),
	} {
		log = append(log, r...)
	}
	for _, why := range []fleet.Reason{fleet.ReasonMissing, fleet.ReasonLocked} { // one emptied by hand, one only locked
		name := "t-" + string(why)
		log = append(log, trashed("m"+name, fleet.VerbReap, name, fleet.OutcomeDone)...)
		purge := trashed("n"+name, fleet.VerbPurge, name, fleet.OutcomeRefused)
		purge[1].Result.Reason = why
		log = append(log, purge...)
	}
	// A reap whose answer was lost may lie in the trash; once the host said that it
	// does not, it is off the list.
	log = append(log, trashed("lost", fleet.VerbReap, "", fleet.OutcomeUnknown)...)
	if got := InTrash(log); len(got) != 4 || got[0].Trash != "lost-1" || !got[0].Until.After(epoch) || got[0].Inode != 9 {
		t.Errorf("a reap in doubt: %+v", got)
	}
	missing := trashed("look", fleet.VerbPurge, "lost-1", fleet.OutcomeRefused)
	missing[1].Result.Reason = fleet.ReasonMissing
	log = append(log, missing...)
	got := InTrash(log)
	if len(got) != 3 || got[0].Trash != "t-locked" || got[1].Trash != "t5" || got[2].Trash != "t4" {
		t.Fatalf("in trash: %+v, want t-locked, t5 and t4", got)
	}
	want := fleet.Reaped{Host: "intel", Root: fleet.Root{Path: "/mnt/targets"}, Components: []string{"x-ci", "1", "run-4"}, Trash: "t4",
		Until: epoch.Add(15 * time.Minute), Dev: 7, Inode: 9, Bytes: got[2].Bytes}
	if !reflect.DeepEqual(got[2], want) {
		t.Errorf("reap lost something:\n%+v\nwant\n%+v", got[2], want)
	}
}
