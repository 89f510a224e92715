package hosthelper

import (
	"path"
	"strings"
	"time"

	"andon/fleet"
	"andon/fleet/sim/world"
)

// stopFile is the kill switch of a host.
const stopFile = "/etc/andon/STOP"

// deed is one step being carried out.
type deed struct {
	host   *world.Host
	req    fleet.HostRequest
	step   fleet.Step
	now    time.Time
	root   *world.Node
	above  []*world.Node // between root and target
	target *world.Node
	form   fleet.Form
}

// attempt checks what all verbs need, in the order onhost does, and acts.
func (d *deed) attempt() (fleet.StepResult, *refusal) {
	if no := d.admit(); no != nil {
		return fleet.StepResult{}, no
	}
	act, ok := map[fleet.Verb]func() (fleet.StepResult, *refusal){
		fleet.VerbChown: d.chown, fleet.VerbReap: d.reap, fleet.VerbUndo: d.undo, fleet.VerbPurge: d.purge,
	}[d.step.Verb]
	if !ok {
		return fleet.StepResult{}, refused(fleet.ReasonPath, "verb %q is not the host's", d.step.Verb)
	}
	if no := d.open(); no != nil {
		return fleet.StepResult{}, no
	}
	return act()
}

func (d *deed) admit() *refusal {
	if _, err := d.host.Lookup(stopFile, false); err == nil {
		return refused(fleet.ReasonStopped, "the kill switch file is there: %s", stopFile)
	}
	if !sameRoot(d.step.Root, d.req.Root) {
		return refused(fleet.ReasonPath, "its root %q is not the request's %q", d.step.Root.Path, d.req.Root.Path)
	}
	for _, r := range d.host.Roots {
		if sameRoot(r, d.step.Root) {
			return nil
		}
	}
	return refused(fleet.ReasonPolicy, "root %q, owner %s: the host file does not name it", d.step.Root.Path, d.step.Root.Owner)
}

func sameRoot(a, b fleet.Root) bool {
	return a.Path == b.Path && a.Owner == b.Owner && a.Layout.String() == b.Layout.String()
}

// open passes the gate and finds what the step is about.
func (d *deed) open() *refusal {
	st := d.step
	if st.Verb == fleet.VerbPurge {
		if no := checkTrashName(st.Trash); no != nil {
			return no
		}
	} else {
		p, err := st.Root.Gate(st.Components)
		if err != nil {
			return refused(fleet.ReasonPath, "%v", err)
		}
		d.form = p.Place().Form
	}
	var err error
	if d.root, err = d.host.Lookup(st.Root.Path, false); err != nil {
		return refused(fleet.ReasonMissing, "root %q: no such folder", st.Root.Path)
	}
	if st.Verb != fleet.VerbChown && st.Verb != fleet.VerbReap {
		return nil
	}
	if no := d.descend(st.Components); no != nil {
		return no
	}
	return d.check()
}

func (d *deed) descend(components []string) *refusal {
	n := d.root
	d.above = nil
	for _, c := range components {
		if n != d.root {
			d.above = append(d.above, n)
		}
		k, ok := n.Kid(c)
		switch {
		case !ok:
			return refused(fleet.ReasonMissing, "%q: no such folder", c)
		case k.Kind == world.Link:
			return refused(fleet.ReasonLink, "%q is a symbolic link", c)
		case k.Kind != world.Dir:
			return refused(fleet.ReasonChanged, "%q is no folder", c)
		case k.Mount:
			return refused(fleet.ReasonMount, "%q is a mount point", c)
		}
		n = k
	}
	d.target = n
	return nil
}

// check compares the target with what was shown.
func (d *deed) check() *refusal {
	n, x := d.target, d.step.Expect
	switch {
	case x.Inode == 0 || x.Dev == 0:
		return refused(fleet.ReasonUnknown, "the request does not say which inode it means: sweep the host again")
	case n.Dev != x.Dev || n.Ino != x.Inode:
		return refused(fleet.ReasonChanged, "it is inode %d:%d now, %d:%d was shown: it was made again or swapped", n.Dev, n.Ino, x.Dev, x.Inode)
	case n.Owner != x.Owner:
		return refused(fleet.ReasonChanged, "owner is %s now, %s was shown", n.Owner, x.Owner)
	case x.MTimeNS != 0 && (n.Changed+d.host.Skew)*int64(time.Second) != x.MTimeNS:
		return refused(fleet.ReasonChanged, "written %s, after it was shown", time.Unix(n.Changed, 0).UTC().Format(time.RFC3339))
	}
	if no := noMountBelow(n); no != nil {
		return no
	}
	if d.step.Verb == fleet.VerbChown && x.NoWriters {
		return d.noWriters(n)
	}
	return nil
}

func noMountBelow(top *world.Node) *refusal {
	for _, k := range top.Kids() {
		if k.Mount {
			return refused(fleet.ReasonMount, "%q is a mount point", k.Path())
		}
	}
	return nil
}

// nestedDepth is how deep below a run dir another run's dir is looked for.
const nestedDepth = 3

func noRunBelow(n *world.Node, prefix string, depth int) *refusal {
	for _, k := range n.Kids() {
		rest, ok := strings.CutPrefix(k.Name, prefix)
		digits, _, _ := strings.Cut(rest, "-")
		if ok && k.Kind == world.Dir && digits != "" && strings.Trim(digits, "0123456789") == "" {
			return refused(fleet.ReasonNested, "another run's dir lies below it: %q", k.Name)
		}
		if k.Kind == world.Dir && depth < nestedDepth {
			if no := noRunBelow(k, prefix, depth+1); no != nil {
				return no
			}
		}
	}
	return nil
}

// noWriters refuses a dir that a process uses.
func (d *deed) noWriters(n *world.Node) *refusal {
	no := &refusal{reason: fleet.ReasonWriters}
	for _, p := range d.host.Procs {
		via := p.Uses(n)
		if via == "" {
			continue
		}
		no.writers = append(no.writers, fleet.Writer{PID: p.PID, UID: p.UID, Via: fleet.WriterVia(via), Started: time.Unix(p.Started, 0).UTC(),
			Command: strings.Join(p.Args, " "), Cgroup: path.Base(p.Cgroup)})
	}
	if len(no.writers) == 0 {
		return nil
	}
	w := no.writers[0]
	no.detail = refused("", "in use: pid %d (uid %d, by its %s) %s", w.PID, w.UID, w.Via, w.Command).detail
	return no
}
