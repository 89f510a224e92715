package rules

import (
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "runner-service-dead",
	Title:    "runner service dead on a healthy host",
	Severity: fleet.SeverityStop,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Jobs wait though the host is up: a runner of it takes none.",
			"The runner's unit is inactive or failed, while the host answers and its disk has room.",
			"The listener ended: its session was in conflict, its registration was gone, its version refused, or the kernel killed it; after exit 0, 1 or 5 the service stays down (actions/runner).",
			"The unit has no Restart=, so systemd does not start it again, and KillMode=process, so its children live on (actions/runner).",
			"The unit's state must be watched, and a drop-in must say Restart= where the team wants it.",
		},
		Cure:   "Read the unit's journal and _diag first, see that no Worker of it still runs, then start the unit.",
		NoCure: "Restarting it blindly: children of the old one may still write. Waiting: nothing starts it.",
		Cost:   "seconds; a job whose Worker still runs is lost if it is ended.",
	},
	Actor:    fleet.ActorHost,
	Requires: []fleet.SourceKind{fleet.SourceHost, fleet.SourceRunners},
	Causes:   []fleet.RuleID{"disk-pressure"},
	For:      2 * time.Minute,
	Evaluate: runnerServiceDead,
})

// listing is what GitHub's lists of runners say, by name.
type listing struct {
	online map[string]bool // listed runners
	whole  bool            // every list is fresh: who is not listed is not registered
	denied string          // why it is not
}

func listingOf(s *fleet.Snapshot) listing {
	l := listing{online: make(map[string]bool, len(s.Runners)), whole: true}
	asked := false
	for _, src := range s.Sources {
		if src.ID.Kind != fleet.SourceRunners {
			continue
		}
		asked = true
		if !src.Fresh(s.At) {
			l.whole = false
			l.denied = "no current list of " + src.ID.Of + ": " + string(src.State)
			if src.Err != "" {
				l.denied += ", " + src.Err
			}
		}
	}
	if !asked {
		l.whole, l.denied = false, "no list of runners is read"
	}
	for i := range s.Runners {
		r := &s.Runners[i]
		if s.Fresh(fleet.SourceID{Kind: fleet.SourceRunners, Of: r.Scope}) {
			l.online[r.Name] = l.online[r.Name] || r.Online
		}
	}
	return l
}

func runnerServiceDead(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	var l listing
	for i := range s.Sweeps {
		sw := &s.Sweeps[i]
		if !slices.ContainsFunc(sw.Services, unitDown) {
			continue
		}
		if l.online == nil {
			l = listingOf(s)
		}
		if f, ok := deadFinding(s, sw, l); ok {
			out = append(out, f)
		}
	}
	return out
}

// unitDown reports whether a unit is down and not on its way: activating (which
// systemd also says between two restarts), reloading and deactivating pass.
func unitDown(x fleet.RunnerService) bool { return x.State == "inactive" || x.State == "failed" }

func deadFinding(s *fleet.Snapshot, sw *fleet.Sweep, l listing) (fleet.Finding, bool) {
	host := string(sw.Host)
	f := fleet.Finding{Key: host, Severity: fleet.SeverityWarn, Subjects: []fleet.Subject{fleet.OfHost(sw.Host)},
		Rests: []fleet.SourceID{fleet.HostSource(sw.Host)}}
	var dead []fleet.RunnerService
	up, doubt := 0, 0
	for _, x := range sw.Services {
		online, listed := l.online[x.Runner]
		switch {
		case !unitDown(x):
			up++
			if x.State != "active" {
				f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "systemctl", Where: host, At: sw.At, Fact: x.Unit + " is " + x.State + ": on its way"})
			}
		case online:
			f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "runners", Where: x.Runner, At: s.At, Fact: "GitHub says online: it runs outside " + x.Unit})
		case !listed && l.whole:
			f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "runners", Where: x.Runner, At: s.At, Fact: "GitHub knows no such runner: " + x.Unit + " is left over"})
		default:
			dead = append(dead, x)
			word := "GitHub says offline"
			if !listed {
				word = "GitHub's word is unknown"
				doubt++
			}
			f.Evidence = append(f.Evidence, fleet.Evidence{What: "systemctl", Where: host, At: sw.At, Why: 2, Fact: fmt.Sprintf("%s is %s; %s", x.Unit, x.State, word)})
		}
	}
	if len(dead) == 0 {
		return f, false
	}
	if up == 0 {
		f.Severity = fleet.SeverityStop // no unit of the host takes jobs
	}
	f.Summary = fmt.Sprintf("%s: %s down of %d: %s", sw.Host, fleet.Plural(len(dead), "runner service"), len(sw.Services), listed(runnerNames(dead), 4))
	f.Advice = fmt.Sprintf("on %s: journalctl -u %s -n 50, then systemctl start %s; for good a drop-in with Restart=", sw.Host, dead[0].Unit, dead[0].Unit)
	if doubt > 0 {
		f.Unknown = append(f.Unknown, fleet.Gap{What: "GitHub's word on " + fleet.Plural(doubt, "runner"), Why: l.denied, Makes: "a token that may list the runners (admin of the repository or organisation)"})
	}
	leftBehind(s, sw, dead, &f)
	healthy(s, sw, &f)
	return f, true
}

func runnerNames(list []fleet.RunnerService) []string {
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = x.Runner
	}
	return out
}

// leftBehind adds processes that live on in the cgroup of a dead unit.
func leftBehind(s *fleet.Snapshot, sw *fleet.Sweep, dead []fleet.RunnerService, f *fleet.Finding) {
	blind, why, found := 0, "", 0
	for i := range sw.Dirs {
		writers, known := sw.Dirs[i].Writers.Get()
		if !known {
			blind++
			why = sw.Dirs[i].Writers.Why()
			continue
		}
		for _, w := range writers {
			if slices.ContainsFunc(dead, func(x fleet.RunnerService) bool { return x.Unit == w.Cgroup }) {
				found++
				if found <= 4 {
					f.Evidence = append(f.Evidence, fleet.Evidence{What: "writer", Where: sw.Dirs[i].ID().String(), Fact: writerFact(w), At: sw.At, Why: 4})
				}
			}
		}
	}
	switch {
	case blind > 0:
		f.Unknown = append(f.Unknown, gapWriters(blind, why))
	case found > 0:
		f.Advice = "its children still write, and a start would put a second build beside them: look at them first; " + f.Advice
	default:
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "writers", Where: string(sw.Host), At: sw.At, Fact: "no process of a dead unit uses a run dir"})
	}
}

// healthy adds what says that the host itself is not the cause.
func healthy(s *fleet.Snapshot, sw *fleet.Sweep, f *fleet.Finding) {
	fact := "the host answers"
	if up, ok := sw.Facts.Uptime.Get(); ok {
		fact += ", up for " + lasted(up)
	}
	f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "ssh", Where: string(sw.Host), At: sw.At, Fact: fact})
	for _, d := range sw.Disks {
		if used := d.UsedPercent(); used < s.Policy.DiskStop {
			f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "df", Where: string(sw.Host) + ":" + d.Root, At: sw.At, Fact: fmt.Sprintf("%d %% used", used)})
		} else {
			f.Evidence = append(f.Evidence, fleet.Evidence{What: "df", Where: string(sw.Host) + ":" + d.Root, At: sw.At, Why: 3, Fact: fmt.Sprintf("%d %% used: a runner whose _diag cannot be written ends", used)})
		}
	}
}
