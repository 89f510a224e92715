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
			down := &fleet.Failure{Cause: fleet.CauseServer, Err: errors.New("502 Bad Gateway"), Remedy: "look at githubstatus.com"}
			s.cell.nos[fleet.SourcePulls] = append(s.cell.nos[fleet.SourcePulls], outage{s.while(), down})
			s.about(fleet.OfSource(fleet.SourceID{Kind: fleet.SourcePulls, Of: string(s.cell.repo)}))
		}},
		{Name: "GitHub silent on runners", Rule: "source-stale", On: onRunners, Stage: func(s *stage) {
			down := &fleet.Failure{Cause: fleet.CauseServer, Err: errors.New("502 Bad Gateway"), Remedy: "look at githubstatus.com"}
			s.runnersNo = append(s.runnersNo, outage{s.while(), down})
			s.about(fleet.OfSource(fleet.SourceID{Kind: fleet.SourceRunners, Of: org}))
		}},
		{Name: "notices refused", Rule: "notice-undelivered", On: onAll, Share: 2, Stage: func(s *stage) {
			s.receivers = append(s.receivers, edit[fleet.Receiver]{s.while(), func(r *fleet.Receiver, t time.Time) {
				r.Failing, r.Tries, r.Waiting, r.Since, r.At, r.Err = true, 4, 2, s.From, t, "404 Not Found"
			}})
		}},
		{Name: "limit nearly spent", Rule: "rate-budget", On: onAll, Share: 2, Stage: func(s *stage) {
			s.budget = append(s.budget, edit[fleet.Budget]{s.while(), func(b *fleet.Budget, t time.Time) {
				b.Remaining, b.PerHour, b.Lately, b.Reset = 700, 4800, 5000, t.Add(40*time.Minute)
			}})
		}},
	}
}

// blindEvery is how many incidents of a host there are for one in whose middle the
// host falls silent.
const blindEvery = 6

// dark is how long it does, and lit what an incident goes on for that reason.
const (
	dark = 4 * Poll
	lit  = dark + 3*Poll
)

// blind lets the incident's host fall silent in its middle: the alert must go stale
// and come back, not resolve and fire anew.
func (s *stage) blind() {
	s.Blinded = span{s.By, s.By.Add(dark)}
	s.host.down = append(s.host.down, outage{s.Blinded, s.host.unreachable()})
}
