package rules

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "work-residue",
	Title:    "foreign files in a runner's work folder",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Jobs fail at checkout with EACCES on unlink, whatever they would have built.",
			"The runner's _work folder holds files that the runner's user may not delete.",
			"A container ran as root and wrote into the mounted workspace, and nothing gave the files back.",
			"The step that gives them back runs at a job's end, and a hard kill skips even always() steps (paiml/aprender#2259).",
			"Every job must restore the owner before its checkout: one job of three without it kept main red (paiml/aprender#2311).",
		},
		Cure:   "Chown the runner's _work once. For good: an ownership step before checkout in every job, or a job-started hook.",
		NoCure: "Rerun: the next checkout on that runner fails the same way. A restore at the job's end only.",
		Cost:   "seconds to minutes for the chown; one run of each failed job.",
	},
	Actor:    fleet.ActorHost,
	Requires: []fleet.SourceKind{fleet.SourceHost},
	For:      10 * time.Minute,
	Evaluate: workResidue,
})

// residue is what was measured in one runner's work folder.
type residue struct {
	runner string
	dirs   []*fleet.Dir
	count  int64
}

func workResidue(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	for from := 0; from < len(s.Dirs); {
		host := s.Dirs[from].Host
		var found []*fleet.Dir
		unmeasured := 0
		to := from
		for ; to < len(s.Dirs) && s.Dirs[to].Host == host; to++ {
			d := &s.Dirs[to]
			if f := d.Path.Place().Form; f != fleet.FormRunnerWork && f != fleet.FormEphemeral {
				continue
			}
			foreign, known := d.Foreign.Get()
			switch {
			case !known:
				unmeasured++
			case foreign.Count > 0:
				found = append(found, d)
			}
		}
		if len(found) > 0 {
			out = append(out, residueFinding(s, host, found, unmeasured))
		}
		from = to
	}
	return out
}

// byRunner sorts dirs by the runner whose work folder they lie in, worst first.
func byRunner(sw *fleet.Sweep, dirs []*fleet.Dir) []*residue {
	at := make(map[string]*residue)
	var out []*residue
	for _, d := range dirs {
		name := runnerOf(sw, d)
		r := at[name]
		if r == nil {
			r = &residue{runner: name}
			at[name] = r
			out = append(out, r)
		}
		f, _ := d.Foreign.Get()
		r.dirs, r.count = append(r.dirs, d), r.count+f.Count
	}
	slices.SortFunc(out, func(a, b *residue) int { return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.runner, b.runner)) })
	return out
}

// runnerOf names the runner of a work folder: by its service's dir, else by the
// folder the runner was unpacked in.
func runnerOf(sw *fleet.Sweep, d *fleet.Dir) string {
	full := d.Path.String()
	i := strings.Index(full, "/_work")
	if i < 0 {
		return path.Base(d.Path.Root())
	}
	for _, x := range sw.Services {
		if x.Dir == full[:i] {
			return x.Runner
		}
	}
	return path.Base(full[:i])
}

func residueFinding(s *fleet.Snapshot, host fleet.HostName, dirs []*fleet.Dir, unmeasured int) fleet.Finding {
	sw, _ := s.SweepOf(host)
	runners := byRunner(&sw, dirs)
	f := fleet.Finding{Key: string(host), Severity: fleet.SeverityInfo, Rests: []fleet.SourceID{fleet.HostSource(host)}}
	total := int64(0)
	var names, commands []string
	for i, r := range runners {
		total += r.count
		names = append(names, r.runner)
		own := runningOn(s, r)
		if own == "" {
			f.Severity = fleet.SeverityWarn
		} else {
			f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "jobs", Where: r.runner, At: s.At, Fact: own})
		}
		for k, d := range r.dirs {
			f.Subjects = append(f.Subjects, fleet.OfDir(d.ID()))
			if i < 3 && k < 2 {
				f.Evidence = append(f.Evidence, residueFact(d, r.runner))
				commands = append(commands, chownCommand(d))
			}
		}
	}
	f.Subjects = append(f.Subjects, fleet.OfHost(host))
	f.Summary = fmt.Sprintf("%s: %d foreign entries in _work of %s", host, total, listed(names, 3))
	f.Advice = fmt.Sprintf("while %s is idle, on %s: %s", names[0], host, commands[0])
	if len(commands) > 1 {
		f.Advice += fmt.Sprintf(" (and %s alike)", fleet.Plural(len(commands)-1, "dir"))
	}
	for _, r := range runners {
		restores(s, &sw, r, &f)
	}
	if unmeasured > 0 {
		f.Unknown = append(f.Unknown, fleet.Gap{What: "owners in " + fleet.Plural(unmeasured, "work folder"), Why: "not measured yet", Makes: "the next sweeps measure them, a few each"})
	}
	return f
}

func residueFact(d *fleet.Dir, runner string) fleet.Evidence {
	foreign, _ := d.Foreign.Get()
	fact := fmt.Sprintf("%d entries are not %s; runner %s", foreign.Count, d.Want, runner)
	if len(foreign.Samples) > 0 {
		fact += "; for example " + foreign.Samples[0]
	}
	return fleet.Evidence{What: "find", Where: d.ID().String(), Fact: fact, At: d.Foreign.At(), Why: 2}
}

// chownCommand is the exact command for one dir. It follows no link and leaves the
// filesystem nowhere. A path that is not plain is not put into a command.
func chownCommand(d *fleet.Dir) string {
	p := d.Path.String()
	if strings.Trim(p, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+@=") != "" {
		return "chown by hand what its page shows: the path has characters that do not belong into a command"
	}
	return fmt.Sprintf("sudo find %s -xdev ! -user %d -exec chown -h %s {} +", p, d.Want.UID, d.Want)
}

// runningOn says that a job ran on the runner while its folder was measured: what
// was found may be that job's, which gives it back at its end. "" where none did.
func runningOn(s *fleet.Snapshot, r *residue) string {
	for i := range s.Jobs {
		j := &s.Jobs[i]
		if j.Runner != r.runner || j.Status != fleet.StatusInProgress || j.StartedAt.IsZero() {
			continue
		}
		for _, d := range r.dirs {
			if d.Foreign.At().Before(j.StartedAt) {
				return "" // it was there before the job
			}
		}
		return fmt.Sprintf("%s of run %d runs there since before it was measured: it may be its own, given back at its end", j.Name, j.RunID)
	}
	return ""
}

// restores adds which jobs of a runner lack a restore before their checkout.
func restores(s *fleet.Snapshot, sw *fleet.Sweep, r *residue, f *fleet.Finding) {
	var lack, have []string
	stepless := 0
	for i := range s.Jobs {
		j := &s.Jobs[i]
		if j.Runner != r.runner {
			continue
		}
		has, known := restoresFirst(j)
		switch {
		case !known:
			stepless++
		case has && !slices.Contains(have, j.Name):
			have = append(have, j.Name)
		case !has && !slices.Contains(lack, j.Name):
			lack = append(lack, j.Name)
		}
	}
	slices.Sort(lack)
	slices.Sort(have)
	if len(lack) > 0 {
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "steps", Where: r.runner, At: s.At, Why: 5, Fact: "no step before checkout gives the owner back in: " + listed(lack, 6)})
	}
	if len(have) > 0 {
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "steps", Where: r.runner, At: s.At, Fact: "restored before checkout in: " + listed(have, 6)})
	}
	if len(lack)+len(have) == 0 {
		f.Unknown = append(f.Unknown, fleet.Gap{What: "which job of " + r.runner + " lacks an entry-side restore", Why: fmt.Sprintf("no job of it was read with its steps (%d without)", stepless), Makes: "its next job"})
	}
	for _, x := range sw.Services {
		if x.Runner == r.runner && x.Hook != "" {
			f.Unknown = append(f.Unknown, fleet.Gap{What: "whether the hook of " + r.runner + " gives the owner back", Why: x.Hook + " is not read", Makes: "read it on the host"})
		}
	}
}

// restoresFirst reports whether a job has a step before its checkout whose name
// tells of giving files back; it is not known where there are no steps, or no
// checkout that residue could stop.
func restoresFirst(j *fleet.Job) (has, known bool) {
	for _, st := range j.Steps {
		low := strings.ToLower(st.Name)
		if strings.HasPrefix(low, "post ") {
			break
		}
		if strings.Contains(low, "checkout") && !tellsRestore(low) {
			return false, true
		}
		if tellsRestore(low) {
			return true, true
		}
	}
	return false, false
}

// tellsRestore reports whether a step's name, in lower case, tells of giving
// files back or clearing them away. "Set up runner" may hold a hook that does; its
// name does not tell.
func tellsRestore(name string) bool {
	for _, w := range [...]string{"chown", "owner", "permission", "restore", "clean"} {
		if strings.Contains(name, w) && !strings.Contains(name, "cache") {
			return true
		}
	}
	return false
}
