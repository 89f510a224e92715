package onhost

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

// recover gives every step of this root that was begun and not ended, by a
// process that is gone, its end: a reap that had not been verified is put back,
// one that had is done; all else was either not begun or can simply be asked for
// again.
func (s *session) recover() error {
	open, err := s.journal.unfinished()
	if err != nil {
		return err
	}
	for _, r := range open {
		// Between intent and lock nothing is touched yet; its process may live.
		alive := r.State == StateIntent && unix.Kill(r.PID, 0) == nil
		if r.Root != s.req.Root.Path || alive {
			continue
		}
		if err := s.recoverOne(r); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) recoverOne(r journalRecord) error {
	d := deed{s: s, step: fleet.Step{N: r.Step, Verb: r.Verb, Root: s.req.Root, Trash: r.Trash}}
	if r.Rel != "" {
		d.step.Components = strings.Split(r.Rel, "/")
	}
	if r.Verb == fleet.VerbReap {
		d.step.Trash = "" // its lock is the path's
	}
	lock, err := s.journal.lock(d.lockName(), holder{Operator: "recovery", Request: s.req.ID, Since: s.env.Now()})
	var held *refusal
	if errors.As(err, &held) && held.reason == fleet.ReasonLocked {
		return nil // its process lives
	}
	if err != nil {
		return err
	}
	defer lock.release()
	// Its process may have ended it between the first look and the lock.
	r, still, err := s.stillOpen(r.key())
	if err != nil || !still {
		return err
	}
	end := r
	end.At, end.State, end.Reason, end.Detail = s.env.Now(), StateFailed, fleet.ReasonStopped, "interrupted"
	if r.Verb == fleet.VerbReap && r.State != StateIntent && r.State != StateLocked {
		end.State, end.Detail = s.recoverReap(r)
	}
	return s.journal.append(end)
}

func (s *session) stillOpen(key string) (journalRecord, bool, error) {
	open, err := s.journal.unfinished()
	if err != nil {
		return journalRecord{}, false, err
	}
	i := slices.IndexFunc(open, func(r journalRecord) bool { return r.key() == key })
	if i < 0 {
		return journalRecord{}, false, nil
	}
	return open[i], true, nil
}

// recoverReap finds out how far an interrupted reap came.
func (s *session) recoverReap(r journalRecord) (State, string) {
	p, err := openRoot(s.req.Root)
	if err != nil {
		return StateFailed, err.Error()
	}
	defer p.close()
	trash, err := openTrash(p.top(), false)
	if err != nil {
		return StateFailed, "interrupted; " + err.Error()
	}
	defer unix.Close(trash.fd)
	var st unix.Stat_t
	err = unix.Fstatat(trash.fd, r.Trash, &st, unix.AT_SYMLINK_NOFOLLOW)
	switch {
	case errors.Is(err, unix.ENOENT):
		if err := dropOrigin(trash.fd, r.Trash); err != nil {
			return StateFailed, "interrupted before anything was moved; " + err.Error()
		}
		return StateFailed, "interrupted before anything was moved"
	case err != nil:
		return StateFailed, err.Error()
	case r.State == StateVerified:
		return StateDone, "interrupted after it was verified"
	}
	comps := strings.Split(r.Rel, "/")
	last := len(comps) - 1
	if err := p.descend(comps[:last]); err != nil {
		return StateFailed, fmt.Sprintf("interrupted; it lies in %s/%s: %v", fleet.TrashDir, r.Trash, err)
	}
	if err := unix.Renameat2(trash.fd, r.Trash, p.self().fd, comps[last], unix.RENAME_NOREPLACE); err != nil {
		return StateFailed, fmt.Sprintf("interrupted; it lies in %s/%s: %v", fleet.TrashDir, r.Trash, err)
	}
	if err := dropOrigin(trash.fd, r.Trash); err != nil {
		return StateRolledBack, "interrupted, put back; " + err.Error()
	}
	return StateRolledBack, "interrupted, put back"
}
