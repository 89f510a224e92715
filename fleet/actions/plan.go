package actions

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"andon/fleet"
)

// draft is a plan being built. Its methods keep the numbering and the limits.
type draft struct {
	in   fleet.PlanInput
	s    *fleet.Snapshot
	plan fleet.Plan
}

func newDraft(in fleet.PlanInput, id fleet.ActionID) *draft {
	d := &draft{in: in, s: in.Snapshot, plan: fleet.Plan{Action: id, MadeAt: in.Snapshot.At, Steps: []fleet.Step{}}}
	if in.Alert != nil {
		d.plan.Alert = in.Alert.Fingerprint()
	}
	return d
}

// add appends a step and returns its number.
func (d *draft) add(st fleet.Step) int {
	st.N = len(d.plan.Steps) + 1
	d.plan.Steps = append(d.plan.Steps, st)
	return st.N
}

func (d *draft) keep(subject fleet.Subject, bytes fleet.Fact[int64], until time.Time, why ...string) {
	d.plan.Kept = append(d.plan.Kept, fleet.Kept{Subject: subject, Why: why, Bytes: bytes, Until: until})
}

func (d *draft) note(format string, a ...any) {
	n := fmt.Sprintf(format, a...)
	if !slices.Contains(d.plan.Notes, n) {
		d.plan.Notes = append(d.plan.Notes, n)
	}
}

// finish applies the blast radius of the policy and returns the plan.
func (d *draft) finish() (fleet.Plan, error) {
	p := d.s.Policy
	dirs, hosts := 0, make(map[fleet.HostName]bool)
	for _, st := range d.plan.Steps {
		if st.Verb.OnHost() {
			dirs++
			hosts[st.Host] = true
		}
	}
	if p.MaxDirs > 0 && dirs > p.MaxDirs {
		return fleet.Plan{}, fmt.Errorf("plan %s: %d dirs, more than the cap of %d: name fewer targets", d.plan.Action, dirs, p.MaxDirs)
	}
	bytes, _ := d.plan.Bytes()
	if d.plan.Typed == "" && (dirs > p.TypedDirs || len(hosts) > p.TypedHosts || bytes > p.TypedBytes && d.irreversible()) {
		d.plan.Typed = strconv.Itoa(len(d.plan.Steps))
	}
	if p.ReadOnly {
		d.note("read-only: this console shows what it would do and does not do it")
	}
	return d.plan, nil
}

func (d *draft) irreversible() bool {
	return slices.ContainsFunc(d.plan.Steps, func(s fleet.Step) bool { return s.Verb == fleet.VerbReap || s.Verb == fleet.VerbPurge })
}

// dirs resolves the targets to run dirs, in order and without repeats. keep
// says which of a host's or pull request's dirs a sweeping target means; a dir
// named itself is always taken.
func (d *draft) dirs(want func(fleet.Dir) bool) []target {
	var out []target
	seen := make(map[fleet.DirID]bool)
	take := func(x fleet.Dir, named bool) {
		if id := x.ID(); !seen[id] {
			seen[id] = true
			out = append(out, target{x, named})
		}
	}
	for _, t := range d.in.Targets {
		found := d.resolve(t, want, take)
		if !found {
			d.keep(t, fleet.Fact[int64]{}, time.Time{}, d.missing(t))
		}
	}
	return out
}

type target struct {
	fleet.Dir
	named bool
}

func (d *draft) resolve(t fleet.Subject, want func(fleet.Dir) bool, take func(fleet.Dir, bool)) bool {
	sweep := func(list []fleet.Dir, match func(fleet.Dir) bool) {
		for _, x := range list {
			if match(x) && want(x) {
				take(x, false)
			}
		}
	}
	all := func(fleet.Dir) bool { return true }
	switch t.Kind {
	case fleet.SubjectDir:
		id, _ := t.DirID()
		x, ok := d.s.DirOf(id)
		if ok {
			take(x, d.in.Named)
		}
		return ok
	case fleet.SubjectPR:
		k, _ := t.PRKey()
		_, ok := d.s.PROf(k)
		sweep(d.s.DirsOfPR(k), all)
		return ok
	case fleet.SubjectRun, fleet.SubjectJob:
		k, _ := t.RunKey()
		_, ok := d.s.RunOf(k)
		sweep(d.s.DirsOfRun(k), all)
		return ok
	case fleet.SubjectHost:
		_, ok := d.s.HostOf(t.Host)
		sweep(d.s.Dirs, func(x fleet.Dir) bool { return x.Host == t.Host })
		return ok
	case fleet.SubjectDisk:
		_, ok := d.s.Disk(t.Host, t.Path)
		sweep(d.s.Dirs, func(x fleet.Dir) bool { return x.Host == t.Host && x.Path.Root() == t.Path })
		return ok
	}
	return true
}

// missing explains a target that is not in the snapshot.
func (d *draft) missing(t fleet.Subject) string {
	if t.Host != "" {
		if _, ok := d.s.HostOf(t.Host); !ok {
			return fmt.Sprintf("host %s is not configured", t.Host)
		}
		if !d.s.Fresh(fleet.HostSource(t.Host)) {
			return fmt.Sprintf("host %s gives no current answer", t.Host)
		}
	}
	return "not found in the newest snapshot"
}

// root returns the configured root of a dir and why it cannot be acted on.
func (d *draft) root(x fleet.Dir) (fleet.Root, string) {
	h, ok := d.s.HostOf(x.Host)
	if !ok {
		return fleet.Root{}, fmt.Sprintf("host %s is not configured", x.Host)
	}
	r, ok := h.Root(x.Path.Root())
	switch {
	case !ok:
		return r, "its root is not configured"
	case h.Privilege != fleet.PrivilegeSudo:
		return r, fmt.Sprintf("host %s is configured without sudo: andon may only look", x.Host)
	case !d.s.Fresh(fleet.HostSource(x.Host)):
		return r, fmt.Sprintf("host %s gives no current answer", x.Host)
	}
	if err := x.Path.Actionable(); err != nil {
		return r, strings.TrimPrefix(err.Error(), fleet.ErrNotActionable.Error()+": ")
	}
	if x.Symlink {
		return r, "it is a symbolic link"
	}
	return r, ""
}

// diskEffects adds up what reaped or purged dirs would free, by filesystem.
func (d *draft) diskEffects() {
	type key struct {
		h fleet.HostName
		r string
	}
	sums := make(map[key]*fleet.DiskEffect)
	for _, st := range d.plan.Steps {
		k := key{st.Host, st.Root.Path}
		e := sums[k]
		if e == nil {
			disk, ok := d.s.Disk(st.Host, st.Root.Path)
			if !ok {
				continue
			}
			e = &fleet.DiskEffect{Host: st.Host, Root: st.Root.Path, Total: disk.TotalBytes, Free: disk.FreeBytes}
			sums[k] = e
		}
		if b, ok := st.Bytes.Get(); ok {
			e.Frees += b
		} else {
			e.Unknown++
		}
	}
	for _, e := range sums {
		d.plan.Disks = append(d.plan.Disks, *e)
	}
	slices.SortFunc(d.plan.Disks, func(a, b fleet.DiskEffect) int {
		return cmp.Or(cmp.Compare(a.Host, b.Host), cmp.Compare(a.Root, b.Root))
	})
}

// label names a dir's owner in a line of the preview: "#1792", "main".
func label(x fleet.Dir) string {
	pl := x.Path.Place()
	if pl.PR > 0 {
		return fmt.Sprintf("#%d", pl.PR)
	}
	if pl.Ref == "" {
		return "(no ref)"
	}
	return pl.Ref
}
