package day

import (
	"fmt"
	"time"

	"andon/fleet"
)

// dirKinds are what goes wrong with run dirs.
func dirKinds() []Kind {
	return []Kind{
		{Name: "root-owned since birth", Rule: "run-dir-owner", On: onDir, Share: 8, Stage: (*stage).bornRoot},
		{Name: "deleted under its job", Rule: "run-dir-owner", On: onDir, Share: 3, Stage: (*stage).deleted},
		{Name: "two jobs in one dir", Rule: "shared-run-dir", On: onDir, Share: 5, Stage: (*stage).shared},
		{Name: "another attempt's writers", Rule: "attempts-share-dir", On: onDir, Share: 4, With: []fleet.RuleID{"shared-run-dir", "zombie-writer"}, Stage: (*stage).twoAttempts},
		{Name: "writers outlive a cancel", Rule: "zombie-writer", On: onDir, Share: 5, After: time.Minute, Stage: (*stage).zombies},
		{Name: "dir of the shared era in use", Rule: "legacy-layout", On: onDir, Share: 4, With: []fleet.RuleID{"zombie-writer", "shared-run-dir"}, Stage: (*stage).oldLayout},
		{Name: "residue in a work folder", Rule: "work-residue", On: onDir, Share: 3, After: measured, Hold: measured, Stage: (*stage).residue},
		{Name: "orphans", Rule: "orphan-dirs", On: onDir, Share: 5, Stage: (*stage).orphaned},
	}
}

// measured is how long a figure of a quiet dir stands (fleet/probe): what is wrong
// below it, or mended, is seen no earlier.
const measured = 31 * time.Minute

// takes returns one of the host's runners that has nothing else to do meanwhile.
func (s *stage) takes(n int) *runner {
	r := s.host.runners[n]
	r.booked = append(r.booked, span{s.From.Add(-15 * time.Minute), s.To.Add(2 * time.Minute)})
	return r
}

// building starts a run that goes on while the incident does.
func (s *stage) building() (*run, *job) {
	p := s.open(s.cell, span{s.From.Add(-time.Hour), s.To.Add(90 * time.Minute)})
	x := s.start(p, span{s.From.Add(-30 * time.Second), s.To.Add(12 * time.Second)}, fleet.ConclusionSuccess)
	j := s.work(x, "build", s.takes(0), span{s.From, s.To}, fleet.ConclusionSuccess)
	s.gate(x, s.To.Add(2*time.Second), fleet.ConclusionSuccess)
	return x, j
}

// bornRoot is a run whose dir dockerd made: it ends at once, and the dir stays root's
// until somebody mends it. Then it is rerun.
func (s *stage) bornRoot() {
	p := s.open(s.cell, span{s.From.Add(-time.Hour), s.To.Add(90 * time.Minute)})
	end := s.From.Add(12 * time.Second)
	x := s.start(p, span{s.From.Add(-40 * time.Second), end.Add(10 * time.Second)}, fleet.ConclusionFailure)
	j := s.work(x, "build", s.takes(0), span{s.From.Add(-20 * time.Second), end}, fleet.ConclusionFailure)
	d := s.host.place(x.dirName(""), span{s.From.Add(-18 * time.Second), s.To.Add(30 * time.Minute)}, fleet.RootOwner)
	d.owners = append(d.owners, ownerFrom{s.To, wanted})
	j.dir = d
	s.gate(x, end.Add(2*time.Second), fleet.ConclusionFailure)
	s.about(fleet.OfDir(fleet.DirID{Host: s.host.conf.Name, Path: d.path.String()}))
	s.again(x, "build", s.To)
}

// again is a rerun that ends well.
func (s *stage) again(x *run, name string, at time.Time) {
	from := at.Add(10 * time.Second)
	to := from.Add(3 * time.Minute)
	x.attempts = append(x.attempts, attempt{from: at, to: to.Add(10 * time.Second), conclusion: fleet.ConclusionSuccess})
	s.work(x, name, s.host.runners[0], span{from, to}, fleet.ConclusionSuccess)
	s.host.runners[0].booked = append(s.host.runners[0].booked, span{at, to.Add(time.Minute)})
	s.gate(x, to.Add(time.Second), fleet.ConclusionSuccess)
}

// deleted is a dir that something takes away in the middle of a step, and dockerd
// makes again as root.
func (s *stage) deleted() {
	begin := s.From.Add(-12*time.Minute - 30*time.Second) // no limit ends a job then
	p := s.open(s.cell, span{s.From.Add(-time.Hour), s.To.Add(90 * time.Minute)})
	end := s.From.Add(5 * time.Second)
	x := s.start(p, span{begin.Add(-20 * time.Second), end.Add(10 * time.Second)}, fleet.ConclusionFailure)
	j := s.work(x, "build", s.takes(0), span{begin, end}, fleet.ConclusionFailure)
	first := s.host.place(x.dirName(""), span{begin.Add(2 * time.Second), s.From}, wanted)
	first.use(span{begin.Add(8 * time.Second), s.From}, j.id)
	first.bytes = 4 * gib
	second := s.host.place(x.dirName(""), span{s.From, s.To}, fleet.RootOwner)
	j.dir = second
	s.gate(x, end.Add(2*time.Second), fleet.ConclusionFailure)
	s.about(fleet.OfDir(fleet.DirID{Host: s.host.conf.Name, Path: second.path.String()}))
}

// shared is a run two of whose jobs mount one dir.
func (s *stage) shared() {
	x, j := s.building()
	d := j.builds("", 5*gib)
	other := s.work(x, "guards", s.takes(1), s.while(), fleet.ConclusionSuccess)
	d.use(span{s.From.Add(9 * time.Second), s.To}, other.id)
	s.about(fleet.OfDir(fleet.DirID{Host: s.host.conf.Name, Path: d.path.String()}))
}

// twoAttempts is a run whose first attempt was cancelled, whose container lives on,
// and whose second attempt builds in the same dir.
func (s *stage) twoAttempts() {
	p := s.open(s.cell, span{s.From.Add(-time.Hour), s.To.Add(90 * time.Minute)})
	begin := s.From.Add(-8*time.Minute - 20*time.Second) // no limit ends a job then
	x := s.start(p, span{begin, s.From.Add(-20 * time.Second)}, fleet.ConclusionCancelled)
	r := s.takes(0)
	r.booked = append(r.booked, span{begin, s.To})
	j := s.work(x, "build", r, span{begin.Add(10 * time.Second), s.From.Add(-25 * time.Second)}, fleet.ConclusionCancelled)
	d := s.host.place(x.dirName(""), span{begin.Add(12 * time.Second), s.To.Add(20 * time.Minute)}, wanted)
	d.bytes = 5 * gib
	d.use(span{begin.Add(20 * time.Second), s.To}, j.id)
	x.attempts = append(x.attempts, attempt{from: s.From, to: s.To.Add(4 * time.Minute), conclusion: fleet.ConclusionSuccess})
	k := s.work(x, "build", r, span{s.From.Add(7 * time.Second), s.To.Add(3 * time.Minute)}, fleet.ConclusionSuccess)
	r.booked = append(r.booked, span{s.To, s.To.Add(5 * time.Minute)})
	d.use(span{s.From.Add(15 * time.Second), s.To.Add(3 * time.Minute)}, k.id)
	s.gate(x, s.To.Add(3*time.Minute+time.Second), fleet.ConclusionSuccess)
	s.about(fleet.OfDir(fleet.DirID{Host: s.host.conf.Name, Path: d.path.String()}))
}

// zombies is a cancelled run whose container goes on writing.
func (s *stage) zombies() {
	p := s.open(s.cell, span{s.From.Add(-time.Hour), s.To.Add(90 * time.Minute)})
	begin := s.From.Add(-8*time.Minute - 20*time.Second)
	x := s.start(p, span{begin, s.From.Add(2 * time.Second)}, fleet.ConclusionCancelled)
	r := s.takes(0)
	r.booked = append(r.booked, span{begin, s.To})
	j := s.work(x, "build", r, span{begin.Add(10 * time.Second), s.From}, fleet.ConclusionCancelled)
	d := s.host.place(x.dirName(""), span{begin.Add(12 * time.Second), s.To.Add(20 * time.Minute)}, wanted)
	d.bytes = 5 * gib
	d.use(span{begin.Add(20 * time.Second), s.To}, j.id)
	s.about(fleet.OfDir(fleet.DirID{Host: s.host.conf.Name, Path: d.path.String()}))
}

// oldLayout is a job that builds in the dir of its pull request, as before one dir
// per run.
func (s *stage) oldLayout() {
	x, j := s.building()
	d := s.host.place(fmt.Sprintf("%s-ci/%d/debug", s.cell.repo.Name(), x.pull.n), span{s.From, s.To.Add(time.Second)}, wanted)
	d.bytes = 5 * gib
	d.use(span{s.From.Add(2 * time.Second), s.To}, j.id)
	s.about(fleet.OfDir(fleet.DirID{Host: s.host.conf.Name, Path: d.path.String()}))
}

// residue is what a container left as root in a runner's work folder.
func (s *stage) residue() {
	d := s.host.place(fmt.Sprintf("_work/_tool-%d", s.N), span{s.From.Add(-time.Hour), s.To.Add(time.Hour)}, wanted)
	d.foreign = append(d.foreign, edit[fleet.Foreign]{s.while(), func(f *fleet.Foreign, _ time.Time) {
		f.Count, f.Samples = 5857, []string{".cargo/registry/CACHEDIR.TAG"}
	}})
	s.about(fleet.OfDir(fleet.DirID{Host: s.host.conf.Name, Path: d.path.String()}))
}

// orphaned is dirs of a pull request that ended hours ago: they come back with a
// disk that was not mounted, and go when somebody reaps them.
func (s *stage) orphaned() {
	p := s.open(s.cell, span{s.From.Add(-9 * time.Hour), s.From.Add(-3 * time.Hour)})
	for k := range 3 {
		begin := s.From.Add(-8*time.Hour + time.Duration(k)*time.Hour)
		x := s.start(p, span{begin, begin.Add(20 * time.Minute)}, fleet.ConclusionSuccess)
		x.sha = s.hex()
		s.work(x, "build", s.host.runners[2], span{begin.Add(10 * time.Second), begin.Add(19 * time.Minute)}, fleet.ConclusionSuccess)
		s.gate(x, begin.Add(19*time.Minute+2*time.Second), fleet.ConclusionSuccess)
		d := s.host.place(fmt.Sprintf("%s-ci/%d/run-%d", s.cell.repo.Name(), p.n, x.id), s.while(), wanted)
		d.written, d.bytes = span{begin, begin.Add(19 * time.Minute)}, 60*gib
		s.about(fleet.OfDir(fleet.DirID{Host: s.host.conf.Name, Path: d.path.String()}))
	}
}
