package uitest

import (
	"fmt"
	"strconv"
	"time"

	"andon/fleet"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Plan makes plans by hand: a fix that chowns the blocked dirs and reruns their
// runs, a reap of the orphans that wants a number typed, and for anything else
// one step on the first target.
func Plan(s *fleet.Snapshot, id fleet.ActionID, targets []fleet.Subject) (fleet.Plan, error) {
	rt := fleet.Root{Path: root, Owner: fleet.Owner{UID: 1000, GID: 1000}}
	p := fleet.Plan{Action: id, MadeAt: s.At, Steps: []fleet.Step{}}
	add := func(st fleet.Step) {
		st.N = len(p.Steps) + 1
		p.Steps = append(p.Steps, st)
	}
	onDir := func(v fleet.Verb, d fleet.Dir) {
		add(fleet.Step{Verb: v, Host: d.Host, Root: rt, Components: d.Path.Components(), Bytes: d.Bytes, Subject: fleet.OfDir(d.ID()), Expect: fleet.Expect{Dev: d.Dev, Inode: d.Inode, Owner: d.Owner}})
	}
	switch id {
	case fleet.ActionFix, fleet.ActionChown:
		for _, pr := range Blocked() {
			if d, ok := s.DirOf(fleet.DirID{Host: "intel", Path: root + "/" + rel(pr)}); ok && d.Owner.UID == 0 {
				onDir(fleet.VerbChown, d)
			}
		}
		n := len(p.Steps)
		if id == fleet.ActionFix {
			for i, pr := range Blocked()[:n] {
				k := fleet.RunKey{Repo: Repo, ID: RunOf(pr)}
				add(fleet.Step{Verb: fleet.VerbRerun, Run: k, Needs: []int{i + 1}, Subject: fleet.OfRun(k), Says: fmt.Sprintf("#%d failed jobs, attempt 1 → 2", pr)})
			}
		}
		p.Title = fmt.Sprintf("chown %d run dirs, verify, then rerun the failed jobs", n)
		p.Undo = "chown needs none; a rerun can be cancelled"
		p.Notes = []string{"pool: 3 of 16 online runners busy"}
	case fleet.ActionReap:
		for _, d := range s.Dirs {
			if _, orphan := s.Orphan(d); !orphan {
				continue
			}
			if n, known := d.LiveWriters(); !known || n > 0 {
				p.Kept = append(p.Kept, fleet.Kept{Subject: fleet.OfDir(d.ID()), Bytes: d.Bytes, Why: []string{"live writers are unknown: processes of other users are hidden"}})
				continue
			}
			onDir(fleet.VerbReap, d)
		}
		p.Kept = append(p.Kept, fleet.Kept{Subject: fleet.OfPR(fleet.PRKey{Repo: Repo, Number: 1790}), Why: []string{"seen like this for 14s, two equal looks 2m0s apart are needed"}, Until: s.At.Add(106 * time.Second)})
		sum, _ := p.Bytes()
		p.Disks = []fleet.DiskEffect{{Host: "intel", Root: root, Total: 3600 * Gib, Free: 150 * Gib, Frees: sum}}
		p.Title, p.Undo, p.Typed = fmt.Sprintf("reap %d run dirs", len(p.Steps)), "z puts them back for 15 minutes; purged afterwards", itoa(len(p.Steps))
	default:
		if len(targets) == 0 {
			return p, fmt.Errorf("plan %s: no target", id)
		}
		if id2, ok := targets[0].DirID(); ok {
			if d, found := s.DirOf(id2); found {
				onDir(fleet.VerbChown, d)
			}
		}
		p.Title, p.Undo = string(id), "none"
	}
	return p, nil
}
