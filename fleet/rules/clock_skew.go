package rules

import (
	"fmt"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "clock-skew",
	Title:    "host clock is off",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Ages on the host look wrong, and the runner may fail to open its session.",
			"The host's clock and this console's differ.",
			"The host does not follow a time server, or lost it.",
			"Nothing fails at once: GitHub refuses a runner's session only beyond five minutes (actions/runner), and until then every age is a little wrong.",
			"Time synchronisation must be watched on every host, like its disk.",
		},
		Cure:   "Turn time synchronisation on and let it step the clock: timedatectl set-ntp true, or chronyc makestep.",
		NoCure: "Setting the clock by hand: it drifts again. Restarting the runner.",
		Cost:   "none; a build that runs while the clock steps may see files from the future.",
	},
	Actor:    fleet.ActorHost,
	Requires: []fleet.SourceKind{fleet.SourceHost},
	For:      time.Minute,
	Evaluate: clockSkew,
})

// From when on a clock is told to be off.
const (
	skewInfo    = 5 * time.Second
	skewWarn    = time.Minute
	sessionSkew = 5 * time.Minute // GitHub's limit for a runner's session (actions/runner)
)

func clockSkew(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	for i := range s.Sweeps {
		sw := &s.Sweeps[i]
		skew := sw.Skew()
		sure := skew.Abs() - sw.Took/2 // what is beyond doubt: the host answered somewhere within the sweep
		if sw.Facts.Clock.IsZero() || sure <= skewInfo {
			continue
		}
		f := fleet.Finding{
			Key: string(sw.Host), Severity: fleet.SeverityInfo,
			Subjects: []fleet.Subject{fleet.OfHost(sw.Host)},
			Rests:    []fleet.SourceID{fleet.HostSource(sw.Host)},
			Evidence: []fleet.Evidence{{What: "date", Where: string(sw.Host), At: sw.At, Why: 2, Fact: fmt.Sprintf("its clock says %s, this console's %s", sw.Facts.Clock.UTC().Format("15:04:05"), sw.At.Add(-sw.Took/2).UTC().Format("15:04:05"))}},
			RuledOut: []fleet.Evidence{{What: "sweep", Where: string(sw.Host), At: sw.At, Fact: fmt.Sprintf("not a slow sweep: it took %s, which explains %s at most", sw.Took.Round(time.Millisecond), (sw.Took / 2).Round(time.Millisecond))}},
			Unknown:  []fleet.Gap{{What: "this console's own clock", Why: "it is what the host is compared with", Makes: "the other hosts: where all are off alike, it is this machine"}},
			Advice:   fmt.Sprintf("on %s: timedatectl status; timedatectl set-ntp true", sw.Host),
		}
		way := "ahead"
		if skew < 0 {
			way = "behind"
		}
		f.Summary = fmt.Sprintf("%s: clock is %s %s", sw.Host, skew.Abs().Round(time.Second), way)
		switch {
		case sure > sessionSkew:
			f.Severity = fleet.SeverityWarn
			f.Evidence = append(f.Evidence, fleet.Evidence{What: "date", Where: string(sw.Host), At: sw.At, Why: 4, Fact: "beyond five minutes: GitHub refuses new sessions of its runners"})
		case sure > skewWarn:
			f.Severity = fleet.SeverityWarn
			f.Evidence = append(f.Evidence, fleet.Evidence{What: "date", Where: string(sw.Host), At: sw.At, Why: 1, Fact: "beyond a minute: ages mean nothing there, and nothing is reaped on it"})
		}
		out = append(out, f)
	}
	return out
}
