package rules

import (
	"fmt"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "host-unreachable",
	Title:    "host cannot be looked at",
	Severity: fleet.SeverityStop,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"A host does not answer, or its answer must not be trusted.",
			"SSH does not connect, does not log in, or its key is not the known one.",
			"The machine is down, the network is, or the machine was reinstalled.",
			"Nobody told the console: known_hosts and access live outside it.",
			"Look at the machine first; add its new key only after comparing the fingerprint.",
		},
		Cure:   "As the alert says: bring the host back, or add the line it shows to known_hosts after checking it.",
		NoCure: "Deleting the old key without comparing: a changed key is what an attack looks like.",
		Cost:   "none; while it lasts nothing on that host can be seen or mended.",
	},
	Actor:    fleet.ActorHost,
	Requires: []fleet.SourceKind{fleet.SourceHost},
	Evaluate: hostUnreachable,
})

func hostUnreachable(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	for _, h := range s.Hosts {
		src := s.SourceOf(fleet.HostSource(h.Name))
		if src.State != fleet.SourceFailing && src.State != fleet.SourceDenied {
			continue
		}
		f := fleet.Finding{
			Key: string(h.Name), Severity: fleet.SeverityWarn, Advice: src.Remedy,
			Subjects: []fleet.Subject{fleet.OfHost(h.Name), fleet.OfSource(src.ID)},
			Evidence: []fleet.Evidence{{What: "ssh", Where: string(h.Name), Fact: src.Err, At: src.TriedAt}},
			Rests:    []fleet.SourceID{src.ID},
		}
		word := "unreachable"
		switch src.Cause {
		case fleet.CauseHostKey:
			f.Severity, word = fleet.SeverityStop, "host key not trusted"
		case fleet.CauseAuth:
			f.Severity, word = fleet.SeverityStop, "login refused"
		case fleet.CauseTimeout:
			word = "no answer in time"
		case fleet.CauseTruncated, fleet.CauseProtocol:
			word = "answer not usable"
		case fleet.CausePrivilege:
			word = "sudo refused"
		}
		if n := liveJobsOn(s, h.Name); n > 0 && f.Severity == fleet.SeverityWarn {
			f.Evidence = append(f.Evidence, fleet.Evidence{What: "jobs", Where: string(h.Name), Fact: fleet.Plural(n, "job") + " in progress there by GitHub's word", At: s.At})
		}
		f.Summary = fmt.Sprintf("%s: %s", h.Name, word)
		if age, ok := src.Age(s.At); ok {
			f.Summary += fmt.Sprintf(", last seen %s ago", age.Round(time.Second))
		} else {
			f.Summary += ", never seen"
		}
		out = append(out, f)
	}
	return out
}

func liveJobsOn(s *fleet.Snapshot, h fleet.HostName) int {
	n := 0
	for _, j := range s.Jobs {
		if on, ok := s.HostOfRunner(j.Runner); ok && on == h && j.Status == fleet.StatusInProgress {
			n++
		}
	}
	return n
}
