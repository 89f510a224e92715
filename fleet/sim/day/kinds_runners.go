package day

import (
	"fmt"
	"time"

	"andon/fleet"
)

// runnerKinds are what goes wrong with runners and the jobs that want them.
func runnerKinds() []Kind {
	return []Kind{
		{Name: "runner offline", Rule: "runner-offline", On: onRunner, Share: 5, Stage: func(s *stage) {
			r := s.takes(1)
			r.edits = append(r.edits, edit[fleet.Runner]{s.while(), func(r *fleet.Runner, _ time.Time) { r.Online = false }})
			s.about(fleet.OfHost(s.host.conf.Name))
		}},
		{Name: "runner's service dead", Rule: "runner-service-dead", On: onRunner, Share: 5, With: []fleet.RuleID{"runner-offline"}, Stage: func(s *stage) {
			r := s.takes(1)
			r.edits = append(r.edits, edit[fleet.Runner]{s.while(), func(r *fleet.Runner, _ time.Time) { r.Online = false }})
			s.tells(func(sw *fleet.Sweep, _ time.Time) { sw.Services[1].State = "failed" })
			s.about(fleet.OfHost(s.host.conf.Name))
		}},
		{Name: "runner dropped", Rule: "runner-dropped", On: onPool, Share: 3, Stage: func(s *stage) {
			r := s.takes(2)
			r.gone = append(r.gone, s.while())
			s.about(fleet.OfHost(s.host.conf.Name))
		}},
		{Name: "deaf runner", Rule: "idle-runner", On: onRare, Share: 3, After: 5 * time.Minute, Stage: func(s *stage) {
			s.takes(0) // idle, and takes nothing
			s.waitsFor(s.cell.rare(), s.From, s.To)
			for _, r := range s.host.runners {
				r.booked = append(r.booked, span{s.From.Add(-15 * time.Minute), s.To})
			}
		}},
		{Name: "labels nobody has", Rule: "no-runner-for-labels", On: onRare, Share: 3, Stage: func(s *stage) {
			s.waitsFor([]string{"self-hosted", "Linux", fmt.Sprintf("h100-%02d", s.cell.n)}, s.From, s.To)
		}},
		{Name: "rare pool full", Rule: "pool-saturated", On: onRare, Share: 3, Stage: func(s *stage) {
			for k := range s.host.runners {
				p := s.open(s.cell, span{s.From.Add(-time.Hour), s.To.Add(time.Hour)})
				x := s.start(p, span{s.From.Add(-time.Minute), s.To}, fleet.ConclusionSuccess)
				s.work(x, "build", s.takes(k), span{s.From.Add(-50 * time.Second), s.To.Add(-12 * time.Second)}, fleet.ConclusionSuccess)
				s.gate(x, s.To.Add(-11*time.Second), fleet.ConclusionSuccess)
			}
			s.waitsFor(s.cell.rare(), s.From, s.To.Add(-12*time.Second))
		}},
		{Name: "runner fails all", Rule: "runner-failing", On: onRun, Share: 3, Rest: window, With: []fleet.RuleID{"same-failure", "infra-failure"}, Stage: (*stage).failsAll},
	}
}

// waitsFor is a job that waits for labels until a time, then is given up.
func (s *stage) waitsFor(labels []string, from, to time.Time) {
	p := s.open(s.cell, span{from.Add(-time.Hour), to.Add(time.Hour)})
	x := s.start(p, span{from, to}, fleet.ConclusionCancelled)
	j := &job{run: x, id: 70_000_000_000 + s.number(from), attempt: 1, name: "bench", labels: labels, created: from, started: to, completed: to, conclusion: fleet.ConclusionCancelled}
	x.jobs = append(x.jobs, j)
	s.about(fleet.OfRun(fleet.RunKey{Repo: s.cell.repo, ID: x.id}))
}

// failsAll is a runner that fails the jobs of three pull requests at their set-up,
// until it is mended and carries one out.
func (s *stage) failsAll() {
	r := s.takes(0)
	for k := range 3 {
		p := s.open(s.cell, span{s.From.Add(-time.Hour), s.To.Add(time.Hour)})
		at := s.From.Add(-time.Duration(2-k) * 15 * time.Second)
		x := s.start(p, span{at.Add(-20 * time.Second), at.Add(10 * time.Second)}, fleet.ConclusionFailure)
		j := s.work(x, "build", r, span{at.Add(-10 * time.Second), at}, fleet.ConclusionFailure)
		j.fails = "Set up job"
		s.gate(x, at.Add(time.Second), fleet.ConclusionFailure)
		s.about(fleet.OfRun(fleet.RunKey{Repo: s.cell.repo, ID: x.id}))
		x.attempts = append(x.attempts, attempt{from: s.To.Add(-90 * time.Second), to: s.To, conclusion: fleet.ConclusionSuccess})
		s.work(x, "build", s.host.runners[k], span{s.To.Add(-80 * time.Second), s.To.Add(-10 * time.Second)}, fleet.ConclusionSuccess)
		s.gate(x, s.To.Add(-9*time.Second), fleet.ConclusionSuccess)
	}
	s.takes(1)
	s.takes(2)
}
