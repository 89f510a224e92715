package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "cleaner-idle",
	Title:    "cleaner not wired or not running",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"The disk fills though the host has a cleaner.",
			"The cleaner does not run: its timer is not enabled, has not fired, or no runner's hook calls it.",
			"The wiring lies outside the cleaner: in a timer, in each runner's .env and in its unit, and nobody looks there.",
			"A new image, a reinstalled runner or a changed hook drops it silently: 17 runner units called another hook, and the pre-job mode had been dead for a week (paiml/aprender#2634).",
			"Whether a cleaner is wired and when it last ran must be watched like any other service.",
		},
		Cure:   "Enable the timer, or let the job-started hook of every runner call the cleaner; then see it run once.",
		NoCure: "Running the cleaner by hand: tonight it does not run again. A second cleaner beside it: two that go by age have deleted live builds.",
		Cost:   "minutes; what it then deletes is built again by whoever needs it.",
	},
	Actor:    fleet.ActorHost,
	Requires: []fleet.SourceKind{fleet.SourceHost},
	For:      5 * time.Minute,
	Evaluate: cleanerIdle,
})

func cleanerIdle(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	var orphans map[fleet.Subject]orphanSum
	for i := range s.Sweeps {
		sw := &s.Sweeps[i]
		if len(sw.Services) == 0 {
			continue // no runner's unit was seen: nothing of this host's wiring is known
		}
		idle := idleTimers(sw)
		hooks := oddHooks(sw)
		if len(idle) == 0 && len(hooks) == 0 {
			continue
		}
		if orphans == nil {
			orphans = orphansByDisk(s)
		}
		out = append(out, idleFinding(s, sw, idle, hooks, orphans))
	}
	return out
}

// reason is one thing that is wrong with a host's cleaners.
type reason struct {
	text   string
	advice string
}

// idleTimers says what is wrong with a host's timers: none, none that is on, or
// one that is on and does not run.
func idleTimers(sw *fleet.Sweep) []reason {
	var off []string
	var out []reason
	on := 0
	for _, c := range sw.Cleaners {
		if c.Kind != "timer" {
			continue
		}
		if !c.Wired {
			off = append(off, c.Name)
			continue
		}
		on++
		last, known := c.Last.Get()
		limit, _ := overdueAfter(c.Schedule)
		if ago := sw.Facts.Clock.Sub(last); known && ago > limit {
			out = append(out, reason{fmt.Sprintf("%s has not run for %s", c.Name, lasted(ago)), "systemctl status " + c.Name})
		}
	}
	switch {
	case on > 0:
	case len(off) > 0:
		out = append(out, reason{strings.Join(off, ", ") + " not enabled and active", "systemctl enable --now " + off[0]})
	case !slices.ContainsFunc(sw.Cleaners, func(c fleet.Cleaner) bool { return c.Kind == "hook" && c.Wired }):
		out = append(out, reason{"no cleaner's timer and no runner's hook", "install one that reads the state of run and pull request, or reap from here"})
	}
	return out
}

// nightly is the schedule a timer is taken to have where it does not tell.
const nightly = 24 * time.Hour

// overdueAfter returns how long a timer may be silent: twice its period, and no
// more than two hours beyond it. The second result is false where the period is
// not known and taken for a night.
func overdueAfter(schedule string) (time.Duration, bool) {
	period, ok := periodOf(schedule)
	if !ok {
		period = nightly
	}
	return min(2*period, period+2*time.Hour), ok
}

// periodOf reads systemd's normal form of a calendar, "Mon *-*-* 04:00:00".
func periodOf(schedule string) (time.Duration, bool) {
	f := strings.Fields(schedule)
	week := len(f) > 0 && strings.Trim(f[0], "0123456789*-,.:/~") != ""
	if week {
		f = f[1:]
	}
	if len(f) < 2 {
		return 0, false
	}
	hour, _, _ := strings.Cut(f[1], ":")
	switch {
	case f[0] != "*-*-*": // once a month or more seldom
		return 366 * nightly, true
	case week:
		return 7 * nightly, true
	case hour == "*":
		return time.Hour, true
	}
	return nightly, true
}

// oddHooks says which runners call another job-started hook than most of their
// siblings on the host, or none.
func oddHooks(sw *fleet.Sweep) []reason {
	count := make(map[string][]string)
	for _, svc := range sw.Services {
		if svc.Hook == "" && sw.Facts.UID != 0 {
			continue // its .env may be there and not be readable
		}
		count[svc.Hook] = append(count[svc.Hook], svc.Runner)
	}
	if len(count) < 2 {
		return nil
	}
	usual := ""
	for h, names := range count {
		if h != "" && (usual == "" || len(names) > len(count[usual]) || len(names) == len(count[usual]) && h < usual) {
			usual = h
		}
	}
	var out []reason
	for h, names := range count {
		if h == usual {
			continue
		}
		slices.Sort(names)
		what := "no hook"
		if h != "" {
			what = "another hook, " + h
		}
		out = append(out, reason{fmt.Sprintf("%s: %s; %s call %s", listed(names, 4), what, fleet.Plural(len(count[usual]), "sibling"), usual),
			"set ACTIONS_RUNNER_HOOK_JOB_STARTED=" + usual + " in the .env of " + listed(names, 4) + " and restart when idle"})
	}
	slices.SortFunc(out, func(a, b reason) int { return strings.Compare(a.text, b.text) })
	return out
}

func idleFinding(s *fleet.Snapshot, sw *fleet.Sweep, idle, hooks []reason, orphans map[fleet.Subject]orphanSum) fleet.Finding {
	all := append(slices.Clone(idle), hooks...)
	f := fleet.Finding{
		Key: string(sw.Host), Severity: fleet.SeverityInfo,
		Subjects: []fleet.Subject{fleet.OfHost(sw.Host)},
		Rests:    []fleet.SourceID{fleet.HostSource(sw.Host)},
		Summary:  fmt.Sprintf("%s: %s", sw.Host, all[0].text),
		Advice:   all[0].advice,
		Evidence: cleanerFacts(sw, 2),
	}
	if len(all) > 1 {
		f.Summary += fmt.Sprintf(" (and %d more)", len(all)-1)
	}
	for _, r := range all[1:] {
		f.Advice += "; " + r.advice
	}
	for _, r := range all {
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "systemctl", Where: string(sw.Host), Fact: r.text, At: sw.At, Why: 3})
	}
	for _, d := range sw.Disks {
		used := d.UsedPercent()
		o := orphans[fleet.OfDisk(sw.Host, d.Root)]
		share := int64(0)
		if d.TotalBytes > 0 {
			share = o.size.known * 100 / d.TotalBytes
		}
		fact := fleet.Evidence{What: "df", Where: string(sw.Host) + ":" + d.Root, At: sw.At, Fact: fmt.Sprintf("%d %% used, orphans %s", used, o.size)}
		if used >= s.Policy.DiskWarn || share >= orphanShare {
			f.Severity, fact.Why = fleet.SeverityWarn, 1
			f.Evidence = append(f.Evidence, fact)
		} else {
			fact.Fact = "it does no harm yet: " + fact.Fact
			f.RuledOut = append(f.RuledOut, fact)
		}
	}
	f.Unknown = wiringGaps(sw)
	return f
}

// wiringGaps are what the sweep cannot tell of a host's cleaners.
func wiringGaps(sw *fleet.Sweep) []fleet.Gap {
	var out []fleet.Gap
	if unread := slices.ContainsFunc(sw.Services, func(x fleet.RunnerService) bool { return x.Hook == "" }); unread && sw.Facts.UID != 0 {
		out = append(out, fleet.Gap{What: "hooks of some runners", Why: "their .env may not be readable by this login", Makes: "a sweep as root: let sudo -n work for the login"})
	}
	for _, c := range sw.Cleaners {
		if c.Kind == "hook" {
			out = append(out, fleet.Gap{What: "whether " + path.Base(c.Name) + " cleans", Why: "a hook's script is not read", Makes: "read it on the host"})
			continue
		}
		if _, ok := periodOf(c.Schedule); !ok && c.Wired {
			out = append(out, fleet.Gap{What: "period of " + c.Name, Why: "its schedule was not told", Makes: "systemctl cat " + c.Name + "; until then it is taken for nightly"})
		}
		if !c.Last.IsKnown() && c.Wired {
			out = append(out, fleet.Gap{What: "last run of " + c.Name, Why: c.Last.Why(), Makes: "systemd 247 or later, or journalctl -u on the host"})
		}
	}
	return out
}
