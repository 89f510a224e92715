package remedy

import (
	"slices"

	"andon/fleet"
)

type deed struct {
	request string
	n       int
}

func deedOf(r fleet.Record) (deed, bool) {
	switch {
	case r.Kind == fleet.RecordIntent && r.Step != nil:
		return deed{r.Request, r.Step.N}, true
	case r.Kind == fleet.RecordResult && r.Result != nil:
		return deed{r.Request, r.Result.N}, true
	}
	return deed{}, false
}

// InDoubt returns the intents of deeds whose end nobody knows: no result was
// recorded, or the result says so. The host's own journal, or a fresh sweep,
// tells what became of them.
func InDoubt(records []fleet.Record) []fleet.Record {
	ended := make(map[deed]bool)
	for _, r := range records {
		if d, ok := deedOf(r); ok && r.Kind == fleet.RecordResult && r.Result.Outcome != fleet.OutcomeUnknown {
			ended[d] = true
		}
	}
	var out []fleet.Record
	for _, r := range records {
		if d, ok := deedOf(r); ok && r.Kind == fleet.RecordIntent && !ended[d] {
			out = append(out, r)
		}
	}
	return out
}

// InTrash returns the reaps that were neither put back nor purged, newest first:
// what undo and purge plan from. A reap whose answer was lost is on the list too,
// by the name it has if it was done, and a deed in doubt does not take one off:
// the host will say.
func InTrash(records []fleet.Record) []fleet.Reaped {
	intents := make(map[deed]fleet.Record)
	type place struct {
		host        fleet.HostName
		root, trash string
	}
	left := make(map[place]bool)
	var out []fleet.Reaped
	for _, r := range records {
		d, ok := deedOf(r)
		if !ok {
			continue
		}
		if r.Kind == fleet.RecordIntent {
			intents[d] = r
			continue
		}
		in, ok := intents[d]
		doubt := ok && in.Step.Verb == fleet.VerbReap && r.Result.Outcome == fleet.OutcomeUnknown
		if !ok || !r.Result.Outcome.OK() && !doubt && !purgedBefore(in, r) {
			continue
		}
		s := *in.Step
		if doubt {
			r.Result = &fleet.StepResult{Trash: fleet.TrashName(r.Request, s.N), Until: r.At.Add(fleet.DefaultPolicy().UndoFor)}
		}
		switch s.Verb {
		case fleet.VerbReap:
			if r.Result.Trash != "" {
				out = append(out, fleet.Reaped{Host: s.Host, Root: s.Root, Components: s.Components, Trash: r.Result.Trash,
					Until: r.Result.Until, Dev: s.Expect.Dev, Inode: s.Expect.Inode, Bytes: s.Bytes})
			}
		case fleet.VerbUndo, fleet.VerbPurge:
			left[place{s.Host, s.Root.Path, s.Trash}] = true
		}
	}
	out = slices.DeleteFunc(out, func(r fleet.Reaped) bool { return left[place{r.Host, r.Root.Path, r.Trash}] })
	slices.Reverse(out)
	return out
}

// purgedBefore reports whether a purge found nothing to purge: somebody emptied
// the trash by hand, and asking again every minute would only fill the log.
func purgedBefore(in, out fleet.Record) bool {
	return in.Step.Verb == fleet.VerbPurge && out.Result.Outcome == fleet.OutcomeRefused && out.Result.Reason == fleet.ReasonMissing
}

// firstRerun returns the request that asked first for a rerun of this run and
// attempt: the oldest intent whose result is not a plain no.
func firstRerun(records []fleet.Record, k fleet.RunKey, attempt int) (fleet.Record, bool) {
	no := make(map[deed]bool)
	for _, r := range records {
		if d, ok := deedOf(r); ok && r.Kind == fleet.RecordResult {
			switch r.Result.Outcome {
			case fleet.OutcomeFailed, fleet.OutcomeRefused, fleet.OutcomeSkipped:
				no[d] = true
			}
		}
	}
	for _, r := range records {
		d, ok := deedOf(r)
		if !ok || r.Kind != fleet.RecordIntent || no[d] {
			continue
		}
		if s := r.Step; s.Verb == fleet.VerbRerun && s.Run == k && s.Expect.RunAttempt == attempt {
			return r, true
		}
	}
	return fleet.Record{}, false
}
