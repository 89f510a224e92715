package rules

import (
	"fmt"
	"slices"
	"strings"

	"andon/fleet"
)

// mend turns the cures of a signature into the one fix: what andon can do, in the
// order in which it helps (chown and reap before a rerun), and what only a person
// can. It returns the dirs and disks the fix acts on.
func mend(s *fleet.Snapshot, list []failed, t *touched, f *fleet.Finding) []fleet.Subject {
	v := list[0].verdict
	var on []fleet.Subject
	var say []string
	cures := v.Cures
	if len(cures) == 0 {
		cures = []fleet.Cure{fleet.CureLook, fleet.CureRerun}
	}
	blocked := false // a rerun fails alike while this stands
	if slices.ContainsFunc(list, func(x failed) bool { return x.proof.What == sharedProof }) {
		say = append(say, "end the writers that outlived their runs"+atHosts(t)+" (their own alerts name each), then rerun")
		blocked = true
	}
	for _, c := range cures {
		switch c {
		case fleet.CureChown:
			if dirs := chownable(s, list); len(dirs) > 0 {
				on, f.Suggested = append(on, dirs...), append(f.Suggested, fleet.ActionChown)
				continue
			}
			say = append(say, "no run dir there needs a chown: look for residue of another owner in the runners' _work"+atHosts(t))
			blocked = true
		case fleet.CureReap:
			disks := fullDisks(s, t, f)
			if len(disks) > 0 {
				on, f.Suggested = append(on, disks...), append(f.Suggested, fleet.ActionReap)
			}
		case fleet.CureLook:
			if len(say) == 0 { // what is known to look for is said already
				say = append(say, "look first"+atHosts(t))
			}
		case fleet.CureWorkflow:
			say = append(say, "change the workflow, the image or the token")
			blocked = true
		case fleet.CureRerun:
			if !blocked {
				f.Suggested = append(f.Suggested, fleet.ActionRerun)
			}
		}
	}
	if v.Advice != "" {
		say = append(say, v.Advice)
	}
	if len(say) == 0 && len(f.Suggested) == 0 {
		say = append(say, "look first"+atHosts(t))
	}
	f.Advice = strings.Join(say, "; ")
	return on
}

// atHosts names the hosts to look at: " on intel", " on all of intel, yoga".
func atHosts(t *touched) string {
	switch names := t.hostNames(); len(t.hosts.list) {
	case 0:
		return " at their runners"
	case 1:
		return ": all on " + names
	default:
		return ": on " + names
	}
}

// chownable lists the failures' dirs that chown cures.
func chownable(s *fleet.Snapshot, list []failed) []fleet.Subject {
	var out subjects
	for _, f := range list {
		host, ok := s.HostOfRunner(f.job.Runner)
		if !ok {
			continue
		}
		for _, d := range jobDirs(s, *f.job, host) {
			o := s.Ownership(d).State
			if _, orphan := s.Orphan(d); !orphan && (o == fleet.OwnerBorn || o == fleet.OwnerInside) {
				out.add(fleet.OfDir(d.ID()))
			}
		}
	}
	return out.list
}

// fullDisks lists the disks of the hosts that are still under pressure. One that
// has room again is said: then a rerun is enough.
func fullDisks(s *fleet.Snapshot, t *touched, f *fleet.Finding) []fleet.Subject {
	var out subjects
	for _, h := range t.hosts.list {
		sw, ok := s.SweepOf(h.Host)
		if !ok {
			continue
		}
		for _, d := range sw.Disks {
			inodes, _ := d.InodesPercent()
			if max(d.UsedPercent(), inodes) >= s.Policy.DiskWarn {
				out.add(fleet.OfDisk(h.Host, d.Root))
				continue
			}
			f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "df", Where: string(h.Host) + ":" + d.Root, At: sw.At,
				Fact: fmt.Sprintf("not full any more: %d %% used; it may be a disk without run dirs, or was freed since", d.UsedPercent())})
		}
	}
	return out.list
}

// coldCost says what running the failed jobs again costs.
func coldCost(list []failed, sizes *cold) string {
	jobs, runs := 0, make(map[fleet.RunKey]bool)
	for _, f := range list {
		if f.open {
			jobs++
			runs[f.run.Key()] = true
		}
	}
	if jobs == 0 {
		return "none: each of them has been run again since"
	}
	return coldBuilds(list[0].job.Repo, jobs, len(runs), sizes)
}

func coldBuilds(repo fleet.Repo, jobs, runs int, sizes *cold) string {
	return fmt.Sprintf("%s of %s again: %s where their dirs are gone", fleet.Plural(jobs, "job"), fleet.Plural(runs, "run"), sizes.says(repo, jobs))
}

// The rules whose alerts can explain a failure, by what mends it.
var (
	byResidue  = [...]fleet.RuleID{"run-dir-owner", "work-residue"}
	byFullDisk = [...]fleet.RuleID{"disk-pressure", "inode-pressure"}
	byCompany  = [...]fleet.RuleID{"shared-run-dir", "attempts-share-dir", "zombie-writer", "run-dir-owner"}
	byMachine  = [...]fleet.RuleID{"runner-failing", "runner-service-dead", "runner-offline", "host-unreachable", "host-key-changed", "disk-pressure"}
)

// causesOf lists the rules that can explain failures of one signature: what mends
// them says what broke them. Where no signature is known it is nil, any; a network
// that failed is explained by no rule of a host.
func causesOf(list []failed) []fleet.RuleID {
	v := list[0].verdict
	if v.Class != fleet.ClassInfra && v.Class != fleet.ClassSuspect {
		return nil
	}
	out := []fleet.RuleID{}
	if grounds(v)&(bySharing|byDeletion) != 0 {
		out = append(out, byCompany[:]...)
	}
	if len(v.Cures) == 0 {
		return out
	}
	switch v.Cures[0] { // what helps first is what broke
	case fleet.CureChown:
		out = append(out, byResidue[:]...)
	case fleet.CureReap:
		out = append(out, byFullDisk[:]...)
	case fleet.CureLook:
		out = append(out, byMachine[:]...)
	}
	return out
}
