package onhost

import (
	"context"
	"os"
	"strings"

	"andon/fleet"
)

// deed is one step on its way through the states of the journal.
type deed struct {
	s          *session
	step       fleet.Step
	place      *place
	lock       *targetLock
	rolledBack bool
}

// enter journals the state that is about to begin. An error means that it must
// not begin.
func (d *deed) enter(st State, detail string) error {
	r := d.record(st)
	r.Detail = detail
	if err := d.s.journal.append(r); err != nil {
		return refuse(fleet.ReasonUnwritten, "the host's journal could not be written, so nothing is done: %v", err)
	}
	if st == StateIntent {
		d.s.log.write(r)
	}
	if d.s.env.at != nil {
		d.s.env.at(st)
	}
	return nil
}

// finish journals how the deed ended.
func (d *deed) finish(res fleet.StepResult) error {
	st := StateFailed
	switch {
	case d.rolledBack:
		st = StateRolledBack
	case res.Outcome.OK():
		st = StateDone
	case res.Outcome == fleet.OutcomeRefused:
		st = StateRefused
	}
	r := d.record(st)
	r.Reason, r.Detail, r.Changed = res.Reason, res.Detail, res.Changed
	d.s.log.write(r)
	return d.s.journal.append(r)
}

func (d *deed) record(st State) journalRecord {
	req := d.s.req
	r := journalRecord{
		At: d.s.env.Now(), PID: os.Getpid(), Request: req.ID, Step: d.step.N, State: st, Verb: d.step.Verb,
		Root: d.step.Root.Path, Rel: strings.Join(d.step.Components, "/"), Trash: d.step.Trash,
		Dev: d.step.Expect.Dev, Inode: d.step.Expect.Inode,
		Operator: req.Operator, SudoUID: d.s.env.SudoUID, Digest: req.Digest, Why: req.Reason,
	}
	if d.step.Verb == fleet.VerbReap {
		r.Trash = d.trashName()
	}
	return r
}

// trashName is where a reap of this deed puts its dir.
func (d *deed) trashName() string { return fleet.TrashName(d.s.req.ID, d.step.N) }

// lockName is the same for all deeds that must not meet: those on one path, and
// those on one reaped dir.
func (d *deed) lockName() string {
	if d.step.Trash != "" {
		return d.step.Root.Path + "/" + fleet.TrashDir + "/" + d.step.Trash
	}
	return d.step.Path()
}

// open passes the gate, takes the lock and opens what the step is about: the
// target, checked against what was shown, or for undo and purge the root.
func (d *deed) open(ctx context.Context) error {
	st := d.step
	var parsed fleet.DirPath
	if st.Verb == fleet.VerbPurge {
		if err := checkTrashName(st.Trash); err != nil {
			return err
		}
	} else {
		var err error
		if parsed, err = st.Root.Gate(st.Components); err != nil {
			return refuse(fleet.ReasonPath, "%v", err)
		}
	}
	var err error
	d.lock, err = d.s.journal.lock(d.lockName(), holder{Operator: d.s.req.Operator, Request: d.s.req.ID, PID: os.Getpid(), Since: d.s.env.Now()})
	if err != nil {
		return err
	}
	if err := d.enter(StateLocked, ""); err != nil {
		return err
	}
	if d.place, err = openRoot(st.Root); err != nil {
		return err
	}
	d.place.parsed = parsed
	if st.Verb != fleet.VerbChown && st.Verb != fleet.VerbReap {
		return nil
	}
	if err := d.place.descend(st.Components); err != nil {
		return err
	}
	return d.check(ctx)
}

// check compares the open target with what was shown.
func (d *deed) check(ctx context.Context) error {
	self := d.place.self()
	if err := checkExpect(self.node, d.step.Expect); err != nil {
		return err
	}
	if err := d.s.env.checkMounts(self.fd, self.node); err != nil {
		return err
	}
	if d.step.Verb == fleet.VerbChown && d.step.Expect.NoWriters {
		return d.s.env.checkWriters(ctx, self.fd, self.node)
	}
	return nil // a reap always looks for writers, after its walk
}

func (d *deed) close() {
	if d.place != nil {
		d.place.close()
	}
	if d.lock != nil {
		d.lock.release()
	}
}
