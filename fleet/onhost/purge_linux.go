package onhost

import (
	"context"
	"errors"
	"fmt"
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
	e := eraser{top: t.dir.fd, progress: func(n int64) { s.out.progress(d.step.N, n) }}
	err = e.empty(ctx)
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

// eraser empties a folder without recursion. A folder found below is moved up
// into the top and emptied there, so that depth costs neither descriptors nor
// stack: two descriptors are open at any depth, and after a kill the tree is
// still one that a second run empties.
type eraser struct {
	top      int
	deleted  int64
	moved    int64
	serial   int64 // of the last name tried for a folder moved up
	progress func(int64)

	queue  []string // folders in top, not yet emptied
	buf    []byte
	faulty map[string]string // what would not go, by path, the first few
}

// maxQueue bounds the queue; what does not fit is found by the next pass.
const maxQueue = 4096

// empty deletes everything below top. Entries that cannot be deleted are left,
// and named, after everything else is gone.
func (e *eraser) empty(ctx context.Context) error {
	e.buf = make([]byte, 64<<10)
	for {
		before := e.deleted + e.moved
		e.faulty = map[string]string{}
		if err := e.pass(ctx); err != nil {
			return stopped(ctx, err)
		}
		switch progress := e.deleted+e.moved > before; {
		case !progress && len(e.faulty) == 0:
			return nil
		case !progress:
			return e.left()
		}
	}
}

func (e *eraser) left() error {
	var parts []string
	for name, why := range e.faulty {
		if parts = append(parts, quoted(name)+": "+why); len(parts) == 3 {
			break
		}
	}
	return fail(fleet.ReasonIO, "%d entries could not be deleted (%s); the rest is gone", len(e.faulty), strings.Join(parts, "; "))
}

// pass goes through top once: files go, folders are queued and emptied.
func (e *eraser) pass(ctx context.Context) error {
	list, err := unix.Openat(e.top, ".", asList, 0)
	if err != nil {
		return err
	}
	defer unix.Close(list)
	var first []string
	more := func(name string, kind byte) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if e.unlink(list, name, kind) && len(first) < maxQueue {
			first = append(first, name)
		}
		return nil
	}
	if err := listFolder(list, e.buf, more, func(err error) error { return err }); err != nil {
		return err
	}
	e.queue = first
	for len(e.queue) > 0 {
		name := e.queue[len(e.queue)-1]
		e.queue = e.queue[:len(e.queue)-1]
		if err := e.flatten(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// unlink deletes what is no folder, without opening it, and reports whether it
// is a folder.
func (e *eraser) unlink(dir int, name string, kind byte) (folder bool) {
	if kind != unix.DT_DIR {
		err := unix.Unlinkat(dir, name, 0)
		switch {
		case err == nil:
			e.deleted++
			e.progress(e.deleted)
			return false
		case errors.Is(err, unix.ENOENT):
			return false
		case !errors.Is(err, unix.EISDIR) || kind != unix.DT_UNKNOWN:
			e.fault(name, err)
			return false
		}
	}
	return true
}

// flatten empties one folder of top, moves the folders in it up, and removes it.
func (e *eraser) flatten(ctx context.Context, name string) error {
	fd, err := openBeneath(e.top, name, asList)
	if err != nil {
		e.fault(name, err)
		return nil
	}
	defer unix.Close(fd)
	each := func(sub string, kind byte) error {
		if ctx.Err() != nil {
			return context.Cause(ctx)
		}
		if e.unlink(fd, sub, kind) {
			e.raise(fd, name, sub)
		}
		return nil
	}
	if err := listFolder(fd, e.buf, each, func(err error) error { e.fault(name, err); return nil }); err != nil {
		return err
	}
	switch err := unix.Unlinkat(e.top, name, unix.AT_REMOVEDIR); {
	case err == nil:
		e.deleted++
	case !errors.Is(err, unix.ENOTEMPTY): // else what is in it was named
		e.fault(name, err)
	}
	return nil
}

// raise moves the folder sub of dir up into top under a name that is free.
func (e *eraser) raise(dir int, name, sub string) {
	for {
		e.serial++
		up := fmt.Sprintf(".up-%d", e.serial)
		err := unix.Renameat2(dir, sub, e.top, up, unix.RENAME_NOREPLACE)
		switch {
		case err == nil:
			e.moved++
			if len(e.queue) < maxQueue {
				e.queue = append(e.queue, up)
			}
			return
		case errors.Is(err, unix.EEXIST):
			continue
		}
		e.fault(name+"/"+sub, err)
		return
	}
}

func (e *eraser) fault(name string, err error) {
	if len(e.faulty) < 1000 {
		e.faulty[name] = err.Error()
	}
}
