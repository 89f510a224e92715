package day

import (
	"fmt"
	"time"

	"andon/fleet"
)

// runKinds are what goes wrong with runs.
func runKinds() []Kind {
	return []Kind{
		{Name: "parked gate", Rule: "wedged-aggregator", On: onRun, Share: 5, After: 10 * time.Minute, With: []fleet.RuleID{"concurrency-queue", "stuck-run"}, Stage: (*stage).parked},
		{Name: "long queue in a group", Rule: "concurrency-queue", On: onRun, Share: 4, After: time.Minute, Stage: (*stage).queued},
		{Name: "dead queue ref", Rule: "dead-queue-ref", On: onRun, Share: 4, Stage: (*stage).deadRef},
		{Name: "jobs completed, run not", Rule: "stuck-run", On: onRun, Share: 3, After: 30 * time.Minute, Stage: (*stage).stuck},
		{Name: "title with a hidden override", Rule: "hidden-characters", On: onRun, Share: 3, Stage: func(s *stage) {
			p := s.open(s.cell, s.while())
			p.title = "docs: mend \u202egnp.dmd\u2066README"
			s.about(fleet.OfPR(fleet.PRKey{Repo: s.cell.repo, Number: p.n}))
		}},
		{Name: "overtaken by a push", Rule: "superseded", On: onRun, Share: 3, Hold: window, Stage: (*stage).overtaken},
		{Name: "killed at the limit", Rule: "at-limit", On: onRun, Share: 3, Hold: window, Stage: (*stage).limited},
		{Name: "one job killed by its host", Rule: "infra-failure", On: onRun, Share: 5, Stage: (*stage).infra},
		{Name: "many branches fail alike", Rule: "same-failure", On: onRun, Share: 4, With: []fleet.RuleID{"infra-failure"}, Stage: (*stage).alike},
	}
}

// window is how far back the day's policy compares failures: short, so that what was
// mended is soon forgotten.
const window = 20 * time.Minute

// Policy is the day's: the default with a short window.
func Policy() fleet.Policy {
	p := fleet.DefaultPolicy()
	p.ClusterWindow = window
	return p
}

// parked is a cancelled run whose gate stays queued and holds the group of its
// branch; the next run of the branch has no job.
func (s *stage) parked() {
	p := s.open(s.cell, span{s.From.Add(-time.Hour), s.To.Add(time.Hour)})
	x := s.start(p, span{s.From.Add(-5 * time.Minute), s.To}, fleet.ConclusionCancelled)
	x.group = "ci-" + p.branch
	s.work(x, "build", s.takes(0), span{s.From.Add(-4 * time.Minute), s.From}, fleet.ConclusionCancelled)
	x.jobs = append(x.jobs, &job{run: x, id: 70_000_000_000 + s.number(s.From), attempt: 1, name: "gate", labels: []string{"ubuntu-latest"},
		created: s.From.Add(-5 * time.Minute), conclusion: fleet.ConclusionCancelled, completed: s.To, started: s.To})
	p.sha = s.hex()
	v := s.start(p, span{s.From.Add(30 * time.Second), s.To.Add(5 * time.Minute)}, fleet.ConclusionSuccess)
	v.group = x.group
	v.attempts = []attempt{{from: s.From.Add(30 * time.Second), to: s.To.Add(5 * time.Minute), conclusion: fleet.ConclusionSuccess, pending: true}}
	s.work(v, "build", s.host.runners[0], span{s.To.Add(time.Minute), s.To.Add(4 * time.Minute)}, fleet.ConclusionSuccess)
	s.host.runners[0].booked = append(s.host.runners[0].booked, span{s.To, s.To.Add(5 * time.Minute)})
	s.gate(v, s.To.Add(4*time.Minute+time.Second), fleet.ConclusionSuccess)
	s.about(fleet.OfRun(fleet.RunKey{Repo: s.cell.repo, ID: x.id}))
}

// queued is a deployment that waits for another one, which works.
func (s *stage) queued() {
	group := fmt.Sprintf("deploy/%d", s.N)
	x, _ := s.building()
	x.group = group
	p := s.open(s.cell, span{s.From.Add(-time.Hour), s.To.Add(time.Hour)})
	v := s.start(p, span{s.From, s.To.Add(5 * time.Minute)}, fleet.ConclusionSuccess)
	v.group = group
	v.attempts[0].pending = true
	s.work(v, "build", s.host.runners[0], span{s.To.Add(30 * time.Second), s.To.Add(4 * time.Minute)}, fleet.ConclusionSuccess)
	s.host.runners[0].booked = append(s.host.runners[0].booked, span{s.To, s.To.Add(5 * time.Minute)})
	s.gate(v, s.To.Add(4*time.Minute+time.Second), fleet.ConclusionSuccess)
	s.about(fleet.OfRun(fleet.RunKey{Repo: s.cell.repo, ID: v.id}))
}

// entry is a run of the merge queue.
func (s *stage) entry(from, to time.Time, r *runner) *run {
	p := s.open(s.cell, span{from.Add(-time.Hour), to})
	x := s.start(p, span{from, to}, fleet.ConclusionSuccess)
	x.event, x.branch, x.sha = "merge_group", fmt.Sprintf("gh-readonly-queue/main/pr-%d-%s", p.n, s.hex()), s.hex()
	s.work(x, "build", r, span{from.Add(10 * time.Second), to.Add(-10 * time.Second)}, fleet.ConclusionSuccess)
	s.gate(x, to.Add(-9*time.Second), fleet.ConclusionSuccess)
	return x
}

// deadRef is a run of a queue ref that is gone, beside one whose ref is there.
func (s *stage) deadRef() {
	alive := s.entry(s.From.Add(-2*time.Minute), s.To.Add(2*time.Minute), s.takes(0))
	s.cell.refs = append(s.cell.refs, ref{span{s.From.Add(-3 * time.Minute), s.To.Add(2 * time.Minute)}, alive.branch, alive.sha})
	dead := s.entry(s.From.Add(-time.Minute), s.To, s.takes(1))
	s.cell.refs = append(s.cell.refs, ref{span{s.From.Add(-3 * time.Minute), s.From}, dead.branch, dead.sha})
	s.about(fleet.OfRun(fleet.RunKey{Repo: s.cell.repo, ID: dead.id}))
}

// stuck is a run that goes on though all its jobs have ended.
func (s *stage) stuck() {
	p := s.open(s.cell, span{s.From.Add(-time.Hour), s.To.Add(time.Hour)})
	x := s.start(p, span{s.From.Add(-6 * time.Minute), s.To}, fleet.ConclusionSuccess)
	s.work(x, "build", s.takes(0), span{s.From.Add(-5 * time.Minute), s.From.Add(-12 * time.Second)}, fleet.ConclusionSuccess)
	j := s.gate(x, s.From.Add(-8*time.Second), fleet.ConclusionSuccess)
	j.completed = s.From
	s.about(fleet.OfRun(fleet.RunKey{Repo: s.cell.repo, ID: x.id}))
}

// overtaken is a run that a newer push of its branch cancels.
func (s *stage) overtaken() {
	p := s.open(s.cell, span{s.From.Add(-time.Hour), s.To.Add(time.Hour)})
	x := s.start(p, span{s.From.Add(-3 * time.Minute), s.From}, fleet.ConclusionCancelled)
	j := s.work(x, "build", s.takes(0), span{s.From.Add(-150 * time.Second), s.From}, fleet.ConclusionCancelled)
	j.builds("", gib)
	p.sha = s.hex()
	y := s.start(p, span{s.From.Add(-2 * time.Second), s.From.Add(4 * time.Minute)}, fleet.ConclusionSuccess)
	k := s.work(y, "build", s.takes(1), span{s.From.Add(10 * time.Second), s.From.Add(225 * time.Second)}, fleet.ConclusionSuccess)
	k.builds("", gib)
	s.gate(y, s.From.Add(230*time.Second), fleet.ConclusionSuccess)
	s.To = s.From // nothing is to be mended
	s.Until = s.From.Add(window + 2*Poll)
	s.about(fleet.OfRun(fleet.RunKey{Repo: s.cell.repo, ID: x.id}))
}

// limited is two runs whose jobs are killed at the same limit.
func (s *stage) limited() {
	const limit = 15 * time.Minute
	for k := range 2 {
		p := s.open(s.cell, span{s.From.Add(-2 * time.Hour), s.To.Add(2 * time.Hour)})
		end := s.From.Add(-time.Duration(1-k) * 20 * time.Second)
		x := s.start(p, span{end.Add(-limit - 30*time.Second), end.Add(10 * time.Second)}, fleet.ConclusionFailure)
		r := s.takes(k)
		r.booked = append(r.booked, span{end.Add(-limit - time.Minute), end.Add(time.Minute)})
		j := s.work(x, "build", r, span{end.Add(-limit), end}, fleet.ConclusionCancelled)
		j.verdict = &fleet.Verdict{Class: fleet.ClassSuspect, Signature: "job-limit", Row: 27, From: fleet.FromAnnotation, Text: "has exceeded the maximum execution time of 15 minutes"}
		s.gate(x, end.Add(time.Second), fleet.ConclusionFailure)
		s.about(fleet.OfRun(fleet.RunKey{Repo: s.cell.repo, ID: x.id}))
	}
	s.To = s.From
	s.Until = s.From.Add(window + 2*Poll)
}

// infraVerdict is a verdict that only one incident has: the rules compare signatures
// over all repositories.
func (s *stage) infraVerdict() *fleet.Verdict {
	sig := "host-fault-" + words(s.N)
	return &fleet.Verdict{Class: fleet.ClassInfra, Signature: sig, From: fleet.FromLog, Step: buildStep, Text: sig + ": the host says no", Cures: []fleet.Cure{fleet.CureLook, fleet.CureRerun}}
}

// fails is a run one of whose jobs the host fails, and which is rerun with success.
func (s *stage) failsOn(r *runner, at time.Time, v *fleet.Verdict) *run {
	p := s.open(s.cell, span{s.From.Add(-time.Hour), s.To.Add(time.Hour)})
	x := s.start(p, span{at.Add(-4 * time.Minute), at.Add(10 * time.Second)}, fleet.ConclusionFailure)
	j := s.work(x, "build", r, span{at.Add(-3 * time.Minute), at}, fleet.ConclusionFailure)
	j.verdict = v
	s.gate(x, at.Add(time.Second), fleet.ConclusionFailure)
	s.about(fleet.OfRun(fleet.RunKey{Repo: s.cell.repo, ID: x.id}))
	// mended: a rerun that passes
	x.attempts = append(x.attempts, attempt{from: s.To, to: s.To.Add(3 * time.Minute), conclusion: fleet.ConclusionSuccess})
	s.work(x, "build", r, span{s.To.Add(10 * time.Second), s.To.Add(170 * time.Second)}, fleet.ConclusionSuccess)
	r.booked = append(r.booked, span{s.To, s.To.Add(4 * time.Minute)})
	s.gate(x, s.To.Add(172*time.Second), fleet.ConclusionSuccess)
	return x
}

func (s *stage) infra() { s.failsOn(s.takes(0), s.From, s.infraVerdict()) }

// alike is three branches that one host fails.
func (s *stage) alike() {
	v := s.infraVerdict()
	for k := range 3 {
		s.failsOn(s.takes(k), s.From.Add(-time.Duration(2-k)*5*time.Second), v)
	}
}
