package day

import (
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

// Pace of ordinary builds. Runs of one pull request never overlap, and a pull
// request is merged only when nothing of it is on a disk any more.
const (
	runEvery  = 12 * time.Minute
	openPulls = 6
	before    = 2 * time.Hour // of builds before the day begins
	flaws     = 12            // one build in so many breaks a test of its own
)

// traffic plans a cell's ordinary builds around the incidents that are planned.
func (d *Day) traffic(c *cell) {
	d.mainDirs(c)
	pulls := make([]*pull, openPulls)
	builds := 0
	for at := d.at(-before); at.Before(d.at(d.Long)); at = at.Add(d.between(runEvery*3/4, runEvery*5/4)) {
		slot := builds % openPulls
		builds++
		p := pulls[slot]
		if p == nil || d.rng.IntN(5) == 0 && p.lastRun != nil {
			if p != nil {
				p.closed = p.lastRun.attempts[0].to.Add(30 * time.Minute)
			}
			p = d.open(c, span{from: at.Add(-time.Hour)})
			pulls[slot] = p
		}
		p.sha = d.hex()
		d.ordinary(p, at, builds)
	}
}

// mainDirs leaves a dir of the default branch on every host: no host is ever empty,
// which the collector would not believe at once.
func (d *Day) mainDirs(c *cell) {
	for _, h := range c.hosts {
		begin := d.at(-before - time.Hour)
		x := &run{cell: c, id: fleet.RunID(d.number(begin)), branch: "main", event: "push", sha: d.hex(),
			attempts: []attempt{{from: begin, to: begin.Add(20 * time.Minute), conclusion: fleet.ConclusionSuccess}}}
		c.runs = append(c.runs, x)
		d.work(x, "build", h.runners[0], span{begin.Add(10 * time.Second), begin.Add(19 * time.Minute)}, fleet.ConclusionSuccess)
		d.gate(x, begin.Add(19*time.Minute+2*time.Second), fleet.ConclusionSuccess)
		m := h.place(x.dirName(""), span{from: begin.Add(12 * time.Second)}, wanted)
		m.written, m.bytes = span{begin.Add(20 * time.Second), begin.Add(19 * time.Minute)}, 12*gib
	}
}

// ordinary is one build: two jobs with a dir of their own, one without, and a gate.
func (d *Day) ordinary(p *pull, at time.Time, n int) {
	how := fleet.ConclusionSuccess
	broken := d.rng.IntN(flaws) == 0
	if broken {
		how = fleet.ConclusionFailure
	}
	x := d.start(p, span{from: at}, how)
	last := at
	for i, name := range []string{"build", "guards", "lint"} {
		took := d.between(6*time.Minute, 14*time.Minute)
		if name == "lint" {
			took = 2 * time.Minute
		}
		s := span{at.Add(d.between(25*time.Second, 60*time.Second)), time.Time{}}
		s.to = s.from.Add(took)
		r := d.free(p.cell, s)
		if r == nil {
			continue // all are taken by incidents; the job is left out of this run
		}
		ended := fleet.ConclusionSuccess
		if broken && i == 0 {
			ended = fleet.ConclusionFailure
		}
		j := d.work(x, name, r, s, ended)
		if ended != fleet.ConclusionSuccess {
			j.verdict = &fleet.Verdict{Class: fleet.ClassCode, Step: buildStep, From: fleet.FromLog, Text: fmt.Sprintf("test %s_%s failed", p.cell.repo.Name(), words(n))}
		}
		switch name {
		case "build":
			j.builds("", 6*gib+d.rng.Int64N(6*gib))
		case "guards":
			j.builds("guards", 3*gib+d.rng.Int64N(gib))
		}
		if s.to.After(last) {
			last = s.to
		}
	}
	d.gate(x, last.Add(2*time.Second), how)
	x.attempts[0].to = last.Add(11 * time.Second)
}

// words spells a number in letters, so that no two tests have one name.
func words(n int) string {
	b := []byte{}
	for ; n > 0; n /= 26 {
		b = append(b, byte('a'+n%26))
	}
	return string(b)
}

// free finds a runner with the cell's usual labels that nothing has taken for a span.
func (d *Day) free(c *cell, s span) *runner {
	var all []*runner
	for _, h := range c.hosts[:hostsOf-1] {
		all = append(all, h.runners...)
	}
	d.rng.Shuffle(len(all), func(i, k int) { all[i], all[k] = all[k], all[i] })
	wide := span{s.from.Add(-10 * time.Second), s.to.Add(10 * time.Second)}
	for _, r := range all {
		if !slices.ContainsFunc(r.booked, wide.meets) {
			return r
		}
	}
	return nil
}
