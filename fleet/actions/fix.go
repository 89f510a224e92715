package actions

import (
	"errors"
	"fmt"
	"slices"

	"andon/fleet"
)

var _ = register(fleet.Action{
	ID: fleet.ActionFix, Key: "f", Title: "the suggested fix of an alert",
	Doc:  "Does what the alert suggests, in order: for wrong owners chown, verify by a fresh sweep, then rerun the failed jobs; for disks and orphans reap, or where that is done purge. Each rerun waits until the dirs of its run are proved mended.",
	Cost: "that of its parts",
	Plan: planFix,
})

func planFix(in fleet.PlanInput) (fleet.Plan, error) {
	if in.Alert == nil {
		return fleet.Plan{}, fmt.Errorf("plan fix: no alert named; give --alert RULE or choose one on the board")
	}
	if in.Named {
		return fleet.Plan{}, errors.New("plan fix: it acts on all the alert names, not on targets of its own; drop them, or use chown, reap or rerun for some of them")
	}
	a := in.Alert
	in.Targets = a.Subjects
	switch {
	case slices.Contains(a.Suggested, fleet.ActionChown):
		return chownThenRerun(in)
	case slices.Contains(a.Suggested, fleet.ActionReap), slices.Contains(a.Suggested, fleet.ActionPurge):
		in.Targets = only(a.Subjects, fleet.SubjectDisk)
		return reapThenPurge(in)
	case slices.Contains(a.Suggested, fleet.ActionRerun):
		in.Targets = only(a.Subjects, fleet.SubjectRun)
		return retitle(in, fleet.ActionRerun)
	}
	d := newDraft(in, fleet.ActionFix)
	d.plan.Title = "nothing to do"
	d.note("%s", a.Advice)
	d.plan.Undo = "nothing is changed"
	return d.finish()
}

// reapThenPurge reaps what is provably dead; where nothing is, it purges what was
// reaped before, since a rename frees no byte. Within the undo window that needs
// PlanInput.Now: a choice of its own.
func reapThenPurge(in fleet.PlanInput) (fleet.Plan, error) {
	p, err := retitle(in, fleet.ActionReap)
	if err != nil || !p.Empty() || !slices.Contains(in.Alert.Suggested, fleet.ActionPurge) {
		return p, err
	}
	return retitle(in, fleet.ActionPurge)
}

func retitle(in fleet.PlanInput, id fleet.ActionID) (fleet.Plan, error) {
	act, err := Find(id)
	if err != nil {
		return fleet.Plan{}, err
	}
	return act.Plan(in)
}

func chownThenRerun(in fleet.PlanInput) (fleet.Plan, error) {
	d := newDraft(in, fleet.ActionFix)
	all := in.Targets
	d.in.Targets = only(all, fleet.SubjectDir)
	dirs := chownSteps(d)
	chowned := make(map[fleet.DirID]int, dirs)
	for _, st := range d.plan.Steps {
		id, _ := st.Subject.DirID()
		chowned[id] = st.N
	}
	d.in.Targets = only(all, fleet.SubjectRun)
	runs := rerunSteps(d, chowned)
	d.plan.Title = fmt.Sprintf("chown %s, verify, then rerun the failed jobs of %s", fleet.Plural(dirs, "run dir"), fleet.Plural(runs, "run"))
	d.plan.Undo = "chown needs none; a rerun can be cancelled"
	return d.finish()
}

func only(list []fleet.Subject, kind fleet.SubjectKind) []fleet.Subject {
	var out []fleet.Subject
	for _, s := range list {
		if s.Kind == kind {
			out = append(out, s)
		}
	}
	return out
}
