package rules

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "host-key-changed",
	Title:    "host key not trusted",
	Severity: fleet.SeverityStop,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"A host cannot be looked at: the console does not trust who answers.",
			"Its SSH key is not the one on record, is marked as revoked, or none is on record.",
			"The machine was reinstalled or its keys were made anew; or somebody else answers at its address.",
			"SSH cannot tell these apart, and keys are not handed over with the machine.",
			"Compare the fingerprint by another way, then put the new line on record; a host certificate spares it for good.",
		},
		Cure:   "Compare the fingerprint on the machine's own console; then replace the line in known_hosts that the alert names.",
		NoCure: "Deleting the line and taking the new key without comparing: that is what an attack waits for. StrictHostKeyChecking=no.",
		Cost:   "minutes; while it lasts nothing on that host can be seen or mended.",
	},
	Actor:    fleet.ActorHost,
	Requires: []fleet.SourceKind{fleet.SourceHost},
	Evaluate: hostKeyChanged,
})

func hostKeyChanged(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	for i := range s.Hosts {
		src := s.SourceOf(fleet.HostSource(s.Hosts[i].Name))
		if src.State != fleet.SourceFailing && src.State != fleet.SourceDenied || !src.Cause.HostKey() {
			continue
		}
		h := s.Hosts[i].Name
		f := fleet.Finding{
			Key: string(h), Severity: fleet.SeverityStop, Advice: src.Remedy,
			Subjects: []fleet.Subject{fleet.OfHost(h), fleet.OfSource(src.ID)},
			Evidence: []fleet.Evidence{{What: "ssh", Where: string(h), Fact: src.Err, At: src.TriedAt, Why: 2}},
			RuledOut: []fleet.Evidence{{What: "ssh", Where: string(h), Fact: "something answers at its address: not the network", At: src.TriedAt}},
			Unknown:  []fleet.Gap{{What: "who answers", Why: "SSH cannot tell a reinstalled machine from another one", Makes: "the fingerprint, read on the machine's own console: ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub"}},
			Rests:    []fleet.SourceID{src.ID},
		}
		word := "host key changed"
		switch src.Cause {
		case fleet.CauseKeyRevoked:
			word = "host key is revoked"
		case fleet.CauseHostKey:
			word = "host key not on record"
			f.Severity = fleet.SeverityWarn // a machine that is new here; one that was seen before has lost its line
			if _, seen := src.Age(s.At); seen {
				f.Severity = fleet.SeverityStop
				word += ", and it was"
			}
		}
		if prints := fingerprints(src.Err, f.Advice); prints != "" {
			f.Advice = strings.TrimSuffix(prints+"; "+f.Advice, "; ")
		}
		if f.Advice == "" {
			f.Advice = "compare the host's fingerprint with the one on the machine's own console before anything else"
		}
		f.Summary = fmt.Sprintf("%s: %s%s", h, word, lastSeen(s, src))
		jobsMeanwhile(s, h, &f)
		out = append(out, f)
	}
	return out
}

// fingerprints names the fingerprints of an error that an advice lacks: the one
// shown, and the one on record where there is one.
func fingerprints(err, advice string) string {
	var found []string
	for _, w := range strings.Fields(err) {
		if w = strings.TrimRight(w, ".,;:)"); strings.HasPrefix(w, "SHA256:") && !strings.Contains(advice, w) && !slices.Contains(found, w) {
			found = append(found, w)
		}
	}
	switch len(found) {
	case 0:
		return ""
	case 1:
		return "it shows " + found[0]
	}
	return "it shows " + found[0] + ", on record is " + found[1]
}

// lastSeen says how long ago a host was seen, behind a comma.
func lastSeen(s *fleet.Snapshot, src fleet.Source) string {
	if age, ok := src.Age(s.At); ok {
		return fmt.Sprintf(", last seen %s ago", age.Round(time.Second))
	}
	return ", never seen"
}

// jobsMeanwhile adds the jobs GitHub says a host runs.
func jobsMeanwhile(s *fleet.Snapshot, h fleet.HostName, f *fleet.Finding) {
	if n := liveJobsOn(s, h); n > 0 {
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "jobs", Where: string(h), Fact: fleet.Plural(n, "job") + " in progress there by GitHub's word", At: s.At, Why: 1})
	}
}
