package day

import (
	"errors"
	"time"

	"andon/fleet"
)

// sourceKinds are what goes wrong with what is read.
func sourceKinds() []Kind {
	return []Kind{
		{Name: "GitHub silent on a repository", Rule: "source-stale", On: onLine, Share: 3, Stage: func(s *stage) {
			s.cell.nos[fleet.SourcePulls] = append(s.cell.nos[fleet.SourcePulls], outage{s.while(), silent()})
			s.about(fleet.OfSource(fleet.SourceID{Kind: fleet.SourcePulls, Of: string(s.cell.repo)}))
		}},
		{Name: "GitHub silent on runners", Rule: "source-stale", On: onRunners, Stage: func(s *stage) {
			s.runnersNo = append(s.runnersNo, outage{s.while(), silent()})
			s.about(fleet.OfSource(fleet.SourceID{Kind: fleet.SourceRunners, Of: org}))
		}},
		{Name: "notices refused", Rule: "notice-undelivered", On: onAll, Share: 2, Stage: func(s *stage) {
			s.receivers = append(s.receivers, edit[fleet.Receiver]{s.while(), func(r *fleet.Receiver, t time.Time) {
				r.Failing, r.Tries, r.Waiting, r.Since, r.At, r.Err = true, 4, 2, s.From, t, "404 Not Found"
			}})
		}},
		{Name: "limit nearly spent", Rule: "rate-budget", On: onAll, Share: 2, Rest: 5 * time.Minute, Stage: func(s *stage) {
			s.budget = append(s.budget, edit[fleet.Budget]{s.while(), func(b *fleet.Budget, t time.Time) {
				b.Remaining, b.PerHour, b.Lately, b.Reset = 700, 4800, 5000, t.Add(40*time.Minute)
			}})
		}},
	}
}

// blindEvery is how many incidents there are for one in whose middle a source it rests
// on falls silent.
const blindEvery = 4

// dark is how long it does. GitHub's lists of a repository in which nothing runs are
// read every two minutes, and old after four.
func (k Kind) dark() time.Duration {
	if k.On == onRun {
		return 5 * time.Minute
	}
	return 4 * Poll
}

// blindable reports whether an incident has a middle, and a source that nothing else
// needs then.
func (k Kind) blindable() bool {
	switch k.On {
	case onPart, onHost, onDir:
		return k.Rule != "host-unreachable" && k.Rule != "host-key-changed"
	case onRun:
		switch k.Rule {
		case "wedged-aggregator", "stuck-run", "infra-failure", "same-failure", "dead-queue-ref":
			return true
		}
	}
	return false
}

// blind lets the incident's host, or GitHub on its repository, fall silent in its
// middle: the alert must go stale and come back, not resolve and fire anew.
func (s *stage) blind() {
	s.Dark = span{s.By, s.By.Add(s.Kind.dark())}
	if s.Kind.On != onRun {
		s.host.down = append(s.host.down, outage{s.Dark, s.host.unreachable()})
		return
	}
	for _, k := range []fleet.SourceKind{fleet.SourceRuns, fleet.SourceJobs, fleet.SourceGroups, fleet.SourceQueue} {
		s.cell.nos[k] = append(s.cell.nos[k], outage{s.Dark, silent()})
	}
}

// silent is GitHub's silence.
func silent() *fleet.Failure {
	return &fleet.Failure{Cause: fleet.CauseServer, Err: errors.New("502 Bad Gateway"), Remedy: "look at githubstatus.com"}
}
