package rules

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "runner-offline",
	Title:    "runners offline at GitHub",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Jobs wait longer, and nobody sees that the pool is smaller.",
			"Registered runners are offline: GitHub has no session with their listener.",
			"The listener ended or hangs, the host is down, or its network does not reach GitHub.",
			"The unit has no Restart=: a listener that exits with 0, 1 or 5 leaves the service inactive (actions/runner).",
			"Services must be watched beside GitHub's list: only both together say which of them is wrong.",
		},
		Cure:   "Host answers and the service is active: restart that listener once its runner has no job. Service dead: start it. Host down: bring it back.",
		NoCure: "Registering anew under another name: the old one stays as a ghost, and labels and group are lost.",
		Cost:   "seconds; a restart while a job runs ends the job, and KillMode=process can leave its children writing.",
	},
	Actor:    fleet.ActorHost,
	Requires: []fleet.SourceKind{fleet.SourceRunners, fleet.SourceHost},
	Causes:   []fleet.RuleID{"host-unreachable", "runner-service-dead"},
	For:      5 * time.Minute,
	Evaluate: runnerOffline,
})

// offline is the runners of one place that are offline.
type offline struct {
	host          fleet.HostName // empty: host not known
	scope         string
	names         []string
	known, ghosts int       // registered at the place; registrations nobody ever saw online
	since         time.Time // when the first of them was first seen offline; zero where only this list says so
}

func runnerOffline(s *fleet.Snapshot) []fleet.Finding {
	past := rememberRunners(s)
	places := make(map[string]*offline)
	for i := range s.Runners {
		r := &s.Runners[i]
		h, onHost := s.HostOfRunner(r.Name)
		k := "host " + string(h)
		if !onHost {
			k = "scope " + r.Scope
		}
		p := places[k]
		if p == nil {
			p = &offline{host: h, scope: r.Scope}
			places[k] = p
		}
		p.known++
		old := past[r.Scope]
		switch {
		case r.Online || old.ephemeral(r.Name):
		case onHost || old != nil && !old.byName[r.Name].Online.IsZero():
			p.names = append(p.names, r.Name)
			p.since = earliest(p.since, old.away(r.Name))
		default:
			p.ghosts++ // may have been dead for years
		}
	}
	var out []fleet.Finding
	for _, p := range places {
		if len(p.names) > 0 && current(s, fleet.SourceID{Kind: fleet.SourceRunners, Of: p.scope}) {
			out = append(out, p.finding(s))
		}
	}
	slices.SortFunc(out, func(a, b fleet.Finding) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

func (p *offline) finding(s *fleet.Snapshot) fleet.Finding {
	slices.Sort(p.names)
	list := fleet.SourceID{Kind: fleet.SourceRunners, Of: p.scope}
	src := s.SourceOf(list)
	f := fleet.Finding{
		Key: p.scope, Severity: fleet.SeverityWarn, Rests: []fleet.SourceID{list},
		Evidence: []fleet.Evidence{{What: "runners", Where: p.scope, At: src.TriedAt, Why: 2, Fact: "offline: " + listed(p.names, 6)}},
	}
	f.Began = p.since
	where := p.scope
	if p.host != "" {
		where, f.Key = string(p.host), string(p.host)
		f.Subjects = []fleet.Subject{fleet.OfHost(p.host)}
		p.hostFacts(s, &f)
	} else {
		f.Subjects = []fleet.Subject{fleet.OfSource(list)}
		f.Unknown = append(f.Unknown, fleet.Gap{What: "their host", Why: "no host's services and no pattern of the config name them", Makes: "add the names to a host's runners in the config"})
		f.Advice = "find the machine of " + p.names[0] + " and look at its listener: systemctl status 'actions.runner.*'"
	}
	if p.ghosts > 0 {
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "runners", Where: p.scope, At: src.TriedAt,
			Fact: fmt.Sprintf("%s never seen online left out: ghosts of older machines", fleet.Plural(p.ghosts, "registration"))})
	}
	if !whole(s, list) {
		f.Unknown = append(f.Unknown, fleet.Gap{What: "the rest of the pool", Why: "GitHub's list of runners was not whole", Makes: "the next whole answer"})
	}
	f.Summary = fmt.Sprintf("%d of %s of %s offline", len(p.names), fleet.Plural(p.known, "runner"), where)
	return f
}

// hostFacts says how the host itself looks: it decides what to do.
func (p *offline) hostFacts(s *fleet.Snapshot, f *fleet.Finding) {
	id := fleet.HostSource(p.host)
	src := s.SourceOf(id)
	if !whole(s, id) {
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "ssh", Where: string(p.host), At: src.TriedAt, Why: 3, Fact: "the host gives no current answer either: " + stateWord(src)})
		f.Unknown = append(f.Unknown, fleet.Gap{What: "whether its runner services are up", Why: "the host gives no current answer", Makes: "andon doctor " + string(p.host)})
		f.Advice = "the host first: look whether " + string(p.host) + " is up and reachable"
		return
	}
	f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "ssh", Where: string(p.host), At: src.ReadAt, Fact: "the host is not down: it answers"})
	active, dead, unit := 0, 0, ""
	for _, n := range p.names {
		svc, ok := serviceOf(s, p.host, n)
		switch {
		case !ok:
			continue
		case svc.State == "active":
			active++
			unit = svc.Unit
		default:
			dead++
		}
		if active+dead <= 4 {
			f.Evidence = append(f.Evidence, fleet.Evidence{What: "service", Where: string(p.host), At: src.ReadAt, Why: 4, Fact: svc.Unit + " is " + svc.State})
		}
	}
	switch {
	case active > 0:
		f.Advice = fmt.Sprintf("the service is up but GitHub has no session with it: once no Runner.Worker runs there, systemctl restart %s", unit)
	case dead > 0:
		f.Advice = "start the services on " + string(p.host) + ": systemctl start 'actions.runner.*'"
	default:
		f.Unknown = append(f.Unknown, fleet.Gap{What: "their services", Why: "the sweep of " + string(p.host) + " names none for them", Makes: "systemctl list-units --all 'actions.runner.*' there"})
		f.Advice = "look on " + string(p.host) + " whether their listeners run"
	}
}
