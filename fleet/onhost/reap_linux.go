package onhost

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

// reap moves a run dir into its root's trash. Between the last look and the
// rename the name can come to mean another dir, and a job can begin to use it;
// so both are looked at again after the rename, and it is taken back where
// either is wrong.
func (s *session) reap(ctx context.Context, d *deed) (fleet.StepResult, error) {
	p := d.place
	if !p.parsed.Place().Form.HasRun() {
		return fleet.StepResult{}, refuse(fleet.ReasonPath, "form %s belongs to no single run", p.parsed.Place().Form)
	}
	target := p.self()
	tree, err := surveyTree(ctx, target.fd, p.root, nil, func(n int64) { s.out.progress(d.step.N, n) })
	if err != nil {
		return fleet.StepResult{}, err
	}
	if err := tree.checkIdle(s.env.Now(), d.step.Expect.MinIdle); err != nil {
		return fleet.StepResult{}, err
	}
	if err := s.env.checkWriters(ctx, target.fd, target.node); err != nil {
		return fleet.StepResult{}, err
	}
	trash, err := openTrash(p.top(), true)
	if err != nil {
		return fleet.StepResult{}, err
	}
	defer unix.Close(trash.fd)
	now := s.env.Now()
	c := capture{s: s, d: d, trash: trash, name: d.trashName(), origin: origin{
		Rel: strings.Join(d.step.Components, "/"), Dev: target.node.dev, Inode: target.node.ino, Owner: target.node.owner,
		At: now, Until: now.Add(s.req.UndoFor), Operator: s.req.Operator, Digest: s.req.Digest,
	}}
	res := fleet.StepResult{Bytes: tree.bytes, Trash: c.name, Until: c.origin.Until}
	if err := c.take(ctx); err != nil {
		return fleet.StepResult{Bytes: tree.bytes}, err
	}
	res.Outcome, res.Detail = fleet.OutcomeDone, "in the trash; its space is free after the purge"
	return res, nil
}

// capture is one dir on its way into the trash.
type capture struct {
	s      *session
	d      *deed
	trash  opened
	name   string
	origin origin
}

func (c *capture) take(ctx context.Context) error {
	parent, target := c.d.place.parent(), c.d.place.self()
	if err := c.d.enter(StateChecked, ""); err != nil {
		return err
	}
	if err := writeOrigin(c.trash.fd, c.name, c.origin); err != nil {
		return refuse(fleet.ReasonIO, "write %s: %v", c.name+originSuffix, err)
	}
	err := unix.Renameat2(parent.fd, target.name, c.trash.fd, c.name, unix.RENAME_NOREPLACE)
	if err != nil {
		return errors.Join(refuseRename(err), dropOrigin(c.trash.fd, c.name))
	}
	if err := c.d.enter(StateCaptured, ""); err != nil {
		return c.putBack(err)
	}
	if err := c.verify(ctx); err != nil {
		return c.putBack(err)
	}
	if err := unix.Fsync(c.trash.fd); err != nil {
		return c.putBack(refuse(fleet.ReasonIO, "sync trash: %v", err))
	}
	if err := c.d.enter(StateVerified, ""); err != nil {
		return c.putBack(err)
	}
	return nil
}

// verify looks at what was captured: the inode that was checked, still free of
// mounts and of writers.
func (c *capture) verify(ctx context.Context) error {
	want := c.d.place.self()
	fd, err := openBeneath(c.trash.fd, c.name, asFolder)
	if err != nil {
		return refuseOpen("captured "+c.name, err)
	}
	defer unix.Close(fd)
	n, err := statFD(fd)
	if err != nil {
		return refuse(fleet.ReasonUnknown, "captured dir: %v", err)
	}
	if !n.same(want.node) {
		return refuse(fleet.ReasonChanged, "the name was swapped in the last moment: inode %d:%d was captured, not %d:%d", n.dev, n.ino, want.node.dev, want.node.ino)
	}
	if err := c.s.env.checkMounts(fd, n); err != nil {
		return err
	}
	return c.s.env.checkWriters(ctx, fd, n)
}

// putBack undoes a capture and returns why it was undone. Where the name is in
// use again the dir stays in the trash, from where undo can fetch it.
func (c *capture) putBack(why error) error {
	parent, target := c.d.place.parent(), c.d.place.self()
	err := unix.Renameat2(c.trash.fd, c.name, parent.fd, target.name, unix.RENAME_NOREPLACE)
	if err != nil {
		reason := fleet.ReasonIO
		if errors.Is(err, unix.EEXIST) {
			reason = fleet.ReasonTaken
		}
		return fail(reason, "%v; and it could not be put back (%v): it lies in %s/%s", why, err, fleet.TrashDir, c.name)
	}
	c.d.rolledBack = true
	if err := dropOrigin(c.trash.fd, c.name); err != nil {
		return fail(fleet.ReasonIO, "%v; put back, but %s stayed in the trash: %v", why, c.name+originSuffix, err)
	}
	return why
}

// refuseRename says what a failed rename means. Nothing was moved.
func refuseRename(err error) error {
	switch {
	case errors.Is(err, unix.ENOENT):
		return refuse(fleet.ReasonMissing, "it was gone in the last moment")
	case errors.Is(err, unix.EBUSY), errors.Is(err, unix.EXDEV):
		return refuse(fleet.ReasonMount, "rename: %v", err)
	case errors.Is(err, unix.EEXIST):
		return refuse(fleet.ReasonTaken, "that name is in use")
	case errors.Is(err, unix.EINVAL):
		return refuse(fleet.ReasonIO, "this filesystem cannot rename without replacing (RENAME_NOREPLACE)")
	}
	return refuse(fleet.ReasonIO, "rename: %v", err)
}

// undo puts a reaped dir back where it came from, if that name is free.
func (s *session) undo(ctx context.Context, d *deed) (fleet.StepResult, error) {
	t, err := openItem(d.place.top(), d.step.Trash)
	if err != nil {
		return fleet.StepResult{}, err
	}
	defer t.close()
	switch {
	case t.purging:
		return fleet.StepResult{}, refuse(fleet.ReasonMissing, "its purge has begun: it cannot be put back")
	case t.origin.Rel != strings.Join(d.step.Components, "/"):
		return fleet.StepResult{}, refuse(fleet.ReasonChanged, "it came from %s", quoted(t.origin.Rel))
	case d.step.Expect.Inode != 0 && d.step.Expect.Inode != t.origin.Inode:
		return fleet.StepResult{}, refuse(fleet.ReasonChanged, "it is inode %d, %d was shown", t.origin.Inode, d.step.Expect.Inode)
	}
	last := len(d.step.Components) - 1
	if err := d.place.descend(d.step.Components[:last]); err != nil {
		return fleet.StepResult{}, err
	}
	if err := d.enter(StateChecked, ""); err != nil {
		return fleet.StepResult{}, err
	}
	err = unix.Renameat2(t.trash.fd, t.name, d.place.self().fd, d.step.Components[last], unix.RENAME_NOREPLACE)
	if err != nil {
		return fleet.StepResult{}, refuseRename(err)
	}
	res := fleet.StepResult{Outcome: fleet.OutcomeDone, Trash: t.base, Detail: "back in its place"}
	if err := errors.Join(dropOrigin(t.trash.fd, t.base), unix.Fsync(t.trash.fd)); err != nil {
		res.Detail += fmt.Sprintf("; %s stayed in the trash: %v", t.base+originSuffix, err)
	}
	return res, nil
}
