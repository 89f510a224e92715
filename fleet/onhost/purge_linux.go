package onhost

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

// purge deletes a reaped dir for good. It marks it first (NAME.purging), so that
// an undo refuses from then on and an interrupted purge is found again and
// carried on by the same request.
func (s *session) purge(ctx context.Context, d *deed) (fleet.StepResult, error) {
	t, err := openItem(d.place.top(), d.step.Trash)
	if err != nil {
		return fleet.StepResult{}, err
	}
	defer t.close()
	if now := s.env.Now(); !d.step.Now && !t.purging && now.Before(t.origin.Until) {
		return fleet.StepResult{}, refuse(fleet.ReasonTooEarly, "it can be put back until %s", t.origin.Until.UTC().Format(time.RFC3339))
	}
	if x := d.step.Expect.Inode; x != 0 && x != t.origin.Inode {
		return fleet.StepResult{}, refuse(fleet.ReasonChanged, "it is inode %d, %d was shown", t.origin.Inode, x)
	}
	if err := s.env.checkMounts(t.dir.fd, t.dir.node); err != nil {
		return fleet.StepResult{}, err
	}
	if err := s.env.checkWriters(ctx, t.dir.fd, t.dir.node); err != nil {
		return fleet.StepResult{}, err
	}
	if err := d.enter(StatePurging, ""); err != nil {
		return fleet.StepResult{}, err
	}
	if !t.purging {
		if err := unix.Renameat2(t.trash.fd, t.name, t.trash.fd, t.base+purgingSuffix, unix.RENAME_NOREPLACE); err != nil {
			return fleet.StepResult{}, refuseRename(err)
		}
	}
	e := eraser{progress: func(n int64) { s.out.progress(d.step.N, n) }}
	err = atLeisure(func() error { return e.empty(ctx, t.dir.fd) })
	res := fleet.StepResult{Changed: e.deleted, Trash: t.base}
	if err != nil {
		return res, asFailure(err)
	}
	if err := unix.Unlinkat(t.trash.fd, t.base+purgingSuffix, unix.AT_REMOVEDIR); err != nil {
		return res, fail(fleet.ReasonIO, "remove %s: %v", t.base, err)
	}
	res.Changed++
	res.Outcome = fleet.OutcomeDone
	if err := dropOrigin(t.trash.fd, t.base); err != nil {
		res.Detail = fmt.Sprintf("%s stayed in the trash: %v", t.base+originSuffix, err)
	}
	return res, nil
}

// atLeisure runs f with the lowest share of processor and disk, so that a purge
// does not slow the builds beside it. A kernel that says no changes nothing.
func atLeisure(f func() error) error {
	const thisThread, idleClass = 1, 3 << 13 // ioprio_set(2)
	done := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // never unlocked: the thread ends with its priority
		unix.Setpriority(unix.PRIO_PROCESS, 0, 19)
		unix.Syscall(unix.SYS_IOPRIO_SET, thisThread, 0, idleClass)
		done <- f()
	}()
	return <-done
}

// eraser empties a folder, however deep, and may be killed at any time: what it
// leaves is a tree that a second run empties.
type eraser struct {
	deleted  int64
	faulty   int64
	faults   []string // the first few
	progress func(int64)
}

// empty deletes everything below top. Entries that cannot be deleted are left,
// and named, after everything else is gone.
func (e *eraser) empty(ctx context.Context, top int) error {
	for {
		before := e.deleted
		e.faulty, e.faults = 0, nil
		w := walk{visit: e.unlink, leave: e.rmdir, blind: true, fault: func(path string, err error) error {
			e.fault(path, err)
			return nil
		}}
		if err := w.run(ctx, top); err != nil {
			return stopped(ctx, err)
		}
		if e.faulty == 0 {
			return nil
		}
		if e.deleted == before { // else a listing may have skipped some while others went
			return fail(fleet.ReasonIO, "%d entries could not be deleted (%s); the rest is gone", e.faulty, strings.Join(e.faults, "; "))
		}
	}
}

// unlink deletes what is no folder, without opening it.
func (e *eraser) unlink(en entry) error {
	if en.fd < 0 {
		e.count(en.name, unix.Unlinkat(en.dir, en.name, 0))
	}
	return nil
}

func (e *eraser) rmdir(parent int, name string) {
	e.count(name, unix.Unlinkat(parent, name, unix.AT_REMOVEDIR))
}

func (e *eraser) count(name string, err error) {
	switch {
	case err == nil:
		e.deleted++
		e.progress(e.deleted)
	case !errors.Is(err, unix.ENOENT):
		e.fault(quoted(name), err)
	}
}

func (e *eraser) fault(path string, err error) {
	e.faulty++
	if len(e.faults) < 3 {
		e.faults = append(e.faults, path+": "+err.Error())
	}
}
