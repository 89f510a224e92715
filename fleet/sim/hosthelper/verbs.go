package hosthelper

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"andon/fleet"
	"andon/fleet/sim/world"
)

// chown gives entries of the From uids to the root's owner, the folders above
// the target included.
func (d *deed) chown() (fleet.StepResult, *refusal) {
	from, to := d.step.From, d.step.Root.Owner
	if len(from) == 0 {
		from = []uint32{0}
	}
	if slices.Contains(from, to.UID) {
		return fleet.StepResult{}, refused(fleet.ReasonPolicy, "uid %d is to be changed and is the wanted owner", to.UID)
	}
	if no := noRunBelow(d.target, d.step.Root.Layout.RunPrefix(), 1); no != nil {
		return fleet.StepResult{}, no
	}
	foreign := func(o fleet.Owner) bool { return slices.Contains(from, o.UID) }
	count := func() int64 {
		n := d.target.Count(foreign)
		for _, a := range d.above {
			if foreign(a.Owner) {
				n++
			}
		}
		return n
	}
	res := fleet.StepResult{Outcome: fleet.OutcomeUnchanged, Before: count()}
	if res.Before == 0 {
		return res, nil
	}
	now := d.now.Unix()
	for _, a := range d.above {
		if foreign(a.Owner) {
			a.Owner, a.Touched = to, now
			res.Changed++
		}
	}
	res.Changed += d.target.Chown(from, to, now)
	res.After = count()
	res.Outcome, res.Detail = fleet.OutcomeDone, fmt.Sprintf("%d entries to %s", res.Changed, to)
	return res, nil
}

// origin is what the trash remembers of a reaped dir.
type origin struct {
	Rel   string    `json:"rel"`
	Inode uint64    `json:"inode"`
	Until time.Time `json:"until"`
}

// Names in a trash, as onhost gives them.
const (
	originSuffix = ".json"
)

// reap moves the target into the root's trash.
func (d *deed) reap() (fleet.StepResult, *refusal) {
	if !d.form.HasRun() {
		return fleet.StepResult{}, refused(fleet.ReasonPath, "form %s belongs to no single run", d.form)
	}
	if no := noRunBelow(d.target, d.step.Root.Layout.RunPrefix(), 1); no != nil {
		return fleet.StepResult{}, no
	}
	use := d.target.Usage()
	if idle := d.now.Sub(time.Unix(use.Newest, 0)); d.step.Expect.MinIdle > 0 && idle < d.step.Expect.MinIdle {
		return fleet.StepResult{}, refused(fleet.ReasonBusy, "written %s ago, less than %s", max(idle, 0), d.step.Expect.MinIdle)
	}
	if no := d.noWriters(d.target); no != nil {
		return fleet.StepResult{}, no
	}
	now := d.now.Unix()
	trash, made := d.host.Mkdir(d.step.Root.Path+"/"+fleet.TrashDir, fleet.RootOwner, now)
	if made {
		trash.Mode = 0o700
	}
	name := fleet.TrashName(d.req.ID, d.step.N)
	o := origin{Rel: strings.Join(d.step.Components, "/"), Inode: d.target.Ino, Until: d.now.Add(d.req.UndoFor)}
	b, err := json.Marshal(o)
	if err != nil {
		return fleet.StepResult{}, refused(fleet.ReasonIO, "%v", err)
	}
	if err := d.host.Rename(d.target, trash, name, now); err != nil {
		return fleet.StepResult{}, refused(fleet.ReasonTaken, "%v", err)
	}
	d.host.WriteFile(trash.Path()+"/"+name+originSuffix, string(b), 0o600, fleet.RootOwner, now)
	return fleet.StepResult{Outcome: fleet.OutcomeDone, Bytes: use.Bytes, Trash: name, Until: o.Until,
		Detail: "in the trash; its space is free after the purge"}, nil
}

// checkTrashName passes only names a reap gives: REQUEST-STEP.
func checkTrashName(name string) *refusal {
	i := strings.LastIndexByte(name, '-')
	if i < 1 || strings.ContainsAny(name, "/.\x00") || name[i+1:] == "" || strings.Trim(name[i+1:], "0123456789") != "" {
		return refused(fleet.ReasonPath, "%q is no name of a reaped dir", name)
	}
	return nil
}

// item finds what the step names in the trash.
func (d *deed) item() (trash, n *world.Node, o origin, no *refusal) {
	if no := checkTrashName(d.step.Trash); no != nil {
		return nil, nil, o, no
	}
	trash, ok := d.root.Kid(fleet.TrashDir)
	if !ok {
		return nil, nil, o, refused(fleet.ReasonMissing, "%s: no such folder", fleet.TrashDir)
	}
	n, ok = trash.Kid(d.step.Trash)
	if !ok {
		return nil, nil, o, refused(fleet.ReasonMissing, "%s/%s: no such folder", fleet.TrashDir, d.step.Trash)
	}
	f, ok := trash.Kid(d.step.Trash + originSuffix)
	if !ok || json.Unmarshal(f.Data, &o) != nil || o.Inode != n.Ino {
		return nil, nil, o, refused(fleet.ReasonUnknown, "where %q came from is not known", d.step.Trash)
	}
	if x := d.step.Expect.Inode; x != 0 && x != o.Inode {
		return nil, nil, o, refused(fleet.ReasonChanged, "it is inode %d, %d was shown", o.Inode, x)
	}
	return trash, n, o, nil
}

// undo puts a reaped dir back.
func (d *deed) undo() (fleet.StepResult, *refusal) {
	trash, n, o, no := d.item()
	if no != nil {
		return fleet.StepResult{}, no
	}
	if o.Rel != strings.Join(d.step.Components, "/") {
		return fleet.StepResult{}, refused(fleet.ReasonChanged, "it came from %q", o.Rel)
	}
	last := len(d.step.Components) - 1
	if no := d.descend(d.step.Components[:last]); no != nil {
		return fleet.StepResult{}, no
	}
	if err := d.host.Rename(n, d.target, d.step.Components[last], d.now.Unix()); err != nil {
		return fleet.StepResult{}, refused(fleet.ReasonTaken, "that name is in use")
	}
	trash.Remove(d.step.Trash+originSuffix, d.now.Unix())
	return fleet.StepResult{Outcome: fleet.OutcomeDone, Trash: d.step.Trash, Detail: "back in its place"}, nil
}

// purge deletes a reaped dir for good.
func (d *deed) purge() (fleet.StepResult, *refusal) {
	trash, n, o, no := d.item()
	if no != nil {
		return fleet.StepResult{}, no
	}
	if !d.step.Now && d.now.Before(o.Until) {
		return fleet.StepResult{}, refused(fleet.ReasonTooEarly, "it can be put back until %s", o.Until.UTC().Format(time.RFC3339))
	}
	if no := noMountBelow(n); no != nil {
		return fleet.StepResult{}, no
	}
	if no := d.noWriters(n); no != nil {
		return fleet.StepResult{}, no
	}
	use := n.Usage()
	trash.Remove(d.step.Trash, d.now.Unix())
	trash.Remove(d.step.Trash+originSuffix, d.now.Unix())
	return fleet.StepResult{Outcome: fleet.OutcomeDone, Changed: use.Entries, Trash: d.step.Trash}, nil
}
