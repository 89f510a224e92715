package rules

import (
	"fmt"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "host-unreachable",
	Title:    "host cannot be looked at",
	Severity: fleet.SeverityStop,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"A host does not answer, or its answer cannot be used.",
			"SSH does not connect, does not log in, or is not answered in time.",
			"The machine is down, the network is, or the login's key or sudo rule went away.",
			"Access lives outside the console: nobody tells it when a machine is moved or an account is closed.",
			"Look at the machine first; what is shown of it is as old as its last sweep.",
		},
		Cure:   "As the alert says: bring the host back, or give the login its access back.",
		NoCure: "Acting on the last good data: it is old, and nothing is reaped on it.",
		Cost:   "none; while it lasts nothing on that host can be seen or mended.",
	},
	Actor:    fleet.ActorHost,
	Requires: []fleet.SourceKind{fleet.SourceHost},
	Evaluate: hostUnreachable,
})

func hostUnreachable(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	for i := range s.Hosts {
		h := s.Hosts[i].Name
		src := s.SourceOf(fleet.HostSource(h))
		if src.State != fleet.SourceFailing && src.State != fleet.SourceDenied || src.Cause.HostKey() {
			continue
		}
		f := fleet.Finding{
			Key: string(h), Severity: fleet.SeverityWarn, Advice: src.Remedy,
			Subjects: []fleet.Subject{fleet.OfHost(h), fleet.OfSource(src.ID)},
			Evidence: []fleet.Evidence{{What: "ssh", Where: string(h), Fact: src.Err, At: src.TriedAt, Why: 2}},
			Rests:    []fleet.SourceID{src.ID},
		}
		word := "unreachable"
		answers := "something answers at its address: not the network"
		switch src.Cause {
		case fleet.CauseAuth:
			f.Severity, word = fleet.SeverityStop, "login refused"
		case fleet.CauseTruncated, fleet.CauseProtocol:
			word = "answer not usable"
		case fleet.CausePrivilege:
			word = "sudo refused"
		case fleet.CauseTimeout:
			word, answers = "no answer in time", ""
		default:
			answers = ""
		}
		if answers != "" {
			f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "ssh", Where: string(h), Fact: answers, At: src.TriedAt})
		}
		if f.Advice == "" {
			f.Advice = fmt.Sprintf("is the machine up? look at its console, then try: ssh %s", h)
		}
		f.Summary = fmt.Sprintf("%s: %s%s", h, word, lastSeen(s, src))
		jobsMeanwhile(s, h, &f)
		runnersSay(s, h, &f)
		out = append(out, f)
	}
	return out
}

// runnersSay adds what GitHub tells of a host's runners while the host itself is
// not answering: where they are online the machine is up.
func runnersSay(s *fleet.Snapshot, h fleet.HostName, f *fleet.Finding) {
	online, all := 0, 0
	for i := range s.Runners {
		r := &s.Runners[i]
		if on, ok := s.HostOfRunner(r.Name); ok && on == h && s.Fresh(fleet.SourceID{Kind: fleet.SourceRunners, Of: r.Scope}) {
			all++
			if r.Online {
				online++
			}
		}
	}
	switch {
	case all == 0:
		f.Unknown = append(f.Unknown, fleet.Gap{What: "whether the machine is up", Why: "no current list of its runners", Makes: "a token that may list the runners, or the machine's own console"})
	case online > 0:
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "runners", Where: string(h), Fact: fmt.Sprintf("the machine is up: %d of its %d runners are online by GitHub's word", online, all), At: s.At})
	default:
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "runners", Where: string(h), Fact: fmt.Sprintf("none of its %d runners is online by GitHub's word", all), At: s.At, Why: 3})
	}
}

func liveJobsOn(s *fleet.Snapshot, h fleet.HostName) int {
	n := 0
	for i := range s.Jobs {
		j := &s.Jobs[i]
		if j.Status != fleet.StatusInProgress {
			continue
		}
		if on, ok := s.HostOfRunner(j.Runner); ok && on == h {
			n++
		}
	}
	return n
}
