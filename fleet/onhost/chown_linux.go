package onhost

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

// chown gives entries of the From uids to the root's owner: first the folders
// between root and target (dockerd makes missing ones as root too), each by
// itself, then the whole tree. The tree is surveyed before, so that a tree with
// a mount, another run's dir or a hard link to the outside is not touched at
// all, and counted again afterwards.
func (s *session) chown(ctx context.Context, d *deed) (fleet.StepResult, error) {
	p := d.place
	target := p.self()
	c := chowner{from: d.step.From, to: p.root.Owner}
	if len(c.from) == 0 {
		c.from = []uint32{fleet.RootOwner.UID}
	}
	if hasUID(c.from, c.to.UID) {
		return fleet.StepResult{}, refuse(fleet.ReasonPolicy, "uid %d is to be changed and is the wanted owner", c.to.UID)
	}
	report := func(n int64) { s.out.progress(d.step.N, n) }
	before, err := surveyTree(ctx, target.fd, p.root, c.from, report)
	if err != nil {
		return fleet.StepResult{}, err
	}
	if ino, l, found := before.outside(); found {
		return fleet.StepResult{}, refuse(fleet.ReasonHardLink, "inode %d has %d names, %d of them in this tree: find the others with find -inum", ino, l.want, l.seen)
	}
	if err := before.checkIdle(s.env.Now(), d.step.Expect.MinIdle); err != nil {
		return fleet.StepResult{}, err
	}
	c.links = before.links
	res := fleet.StepResult{Before: before.foreign + c.foreignOf(p.between()), Special: before.special}
	if res.Before == 0 {
		res.Outcome = fleet.OutcomeUnchanged
		return res, nil
	}
	if err := d.enter(StateChecked, fmt.Sprintf("%d entries to change", res.Before)); err != nil {
		return res, err
	}
	err = c.apply(ctx, p, report)
	res.Changed = c.changed
	if err != nil {
		return res, asFailure(err)
	}
	after, err := surveyTree(ctx, target.fd, p.root, c.from, report)
	res.After = after.foreign
	switch {
	case err != nil:
		return res, asFailure(err)
	case len(c.faults) > 0:
		return res, fail(c.why, "%d entries could not be changed: %s", c.faulty, strings.Join(c.faults, "; "))
	case res.After > 0:
		return res, fail(fleet.ReasonBusy, "%d entries of the old owner appeared meanwhile: a job is writing, act again", res.After)
	}
	res.Outcome, res.Detail = fleet.OutcomeDone, c.detail()
	return res, nil
}

// asFailure marks a refusal that came after the first change.
func asFailure(err error) error {
	var r *refusal
	if errors.As(err, &r) {
		f := *r
		f.failed = true
		return &f
	}
	return fail(fleet.ReasonIO, "%v", err)
}

// chowner changes owners, inode by inode, on descriptors.
type chowner struct {
	from    []uint32
	to      fleet.Owner
	links   map[uint64]linkCount
	changed int64
	folders []string // ancestors changed
	faulty  int64
	faults  []string // the first few
	why     fleet.Reason
}

func (c *chowner) foreignOf(list []opened) (n int64) {
	for _, o := range list {
		if hasUID(c.from, o.node.owner.UID) {
			n++
		}
	}
	return n
}

func (c *chowner) apply(ctx context.Context, p *place, progress func(int64)) error {
	for _, o := range p.between() {
		if !hasUID(c.from, o.node.owner.UID) {
			continue
		}
		if err := c.folder(o.fd); err != nil {
			return fail(fleet.ReasonIO, "chown of %s above it: %v", quoted(o.name), err)
		}
		c.folders = append(c.folders, quoted(o.name))
	}
	top := p.self()
	if hasUID(c.from, top.node.owner.UID) {
		if err := c.folder(top.fd); err != nil {
			return fail(fleet.ReasonIO, "chown: %v", err)
		}
	}
	w := walk{
		visit: func(e entry) error {
			if err := c.entry(e); err != nil && !errors.Is(err, unix.ENOENT) {
				c.fault(quoted(e.name), err)
			}
			progress(c.changed)
			return nil
		},
		fault: func(path string, err error) error {
			if errors.Is(err, unix.EXDEV) {
				return refuseFault(path, err)
			}
			c.fault(path, err)
			return nil
		},
	}
	return stopped(ctx, w.run(ctx, top.fd))
}

func (c *chowner) fault(path string, err error) {
	c.faulty++
	if len(c.faults) < 3 {
		c.faults = append(c.faults, path+": "+err.Error())
	}
	var r *refusal
	switch {
	case c.why == fleet.ReasonLink:
	case errors.As(err, &r):
		c.why = r.reason
	case errors.Is(err, unix.ELOOP), errors.Is(err, unix.ENOTDIR):
		c.why = fleet.ReasonLink
	case c.why == "":
		c.why = fleet.ReasonIO
	}
}

// entry changes one entry of the walk where it is one of the From uids'.
func (c *chowner) entry(e entry) error {
	if !hasUID(c.from, e.st.Uid) || isSpecial(e.kind()) {
		return nil
	}
	if e.fd >= 0 {
		return c.folder(e.fd)
	}
	fd, err := openBeneath(e.dir, e.name, asPath)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	var st unix.Stat_t
	if err := unix.Fstat(fd, &st); err != nil {
		return err
	}
	kind := st.Mode & unix.S_IFMT
	if !hasUID(c.from, st.Uid) || isSpecial(kind) || kind == unix.S_IFDIR {
		return nil // swapped or changed since it was listed; the count afterwards tells
	}
	if st.Nlink > 1 && c.links[st.Ino].want != uint64(st.Nlink) {
		return refuse(fleet.ReasonHardLink, "linked %d times now", st.Nlink)
	}
	return c.inode(fd)
}

func (c *chowner) inode(fd int) error {
	err := unix.Fchownat(fd, "", int(c.to.UID), int(c.to.GID), unix.AT_EMPTY_PATH|unix.AT_SYMLINK_NOFOLLOW)
	if err == nil {
		c.changed++
	}
	return err
}

// folder changes a folder and takes setuid and setgid off it: the kernel clears
// them on files only.
func (c *chowner) folder(fd int) error {
	list, err := unix.Openat(fd, ".", asList, 0)
	if err != nil {
		return err
	}
	defer unix.Close(list)
	var st unix.Stat_t
	if err := unix.Fstat(list, &st); err != nil {
		return err
	}
	if st.Mode&(unix.S_ISUID|unix.S_ISGID) != 0 {
		if err := unix.Fchmod(list, st.Mode&0o1777); err != nil {
			return err
		}
	}
	return c.inode(list)
}

func (c *chowner) detail() string {
	s := fmt.Sprintf("%d entries to %s", c.changed, c.to)
	if len(c.folders) > 0 {
		s += ", with the folders above: " + strings.Join(c.folders, ", ")
	}
	return s
}
