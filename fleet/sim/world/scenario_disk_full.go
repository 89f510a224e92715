package world

import "andon/fleet"

var _ = register(Scenario{
	Name:  "disk-full",
	Title: "a disk at 96 % that grows by 180 GB a run and is full within two hours; another host runs out of inodes",
	Tells: []fleet.RuleID{"disk-pressure", "disk-forecast", "inode-pressure", "runner-offline", "runner-service-dead"},
	With:  []fleet.RuleID{"same-failure", "infra-failure"},
	Build: (*World).diskFull,
})

// diskFull is the day of apr#1001 and apr#2634: the disk was full an hour ago, a
// runner died of it, somebody deleted something by hand, and it fills again.
func (w *World) diskFull(now int64) {
	w.fills = true
	r, trueno := w.twoRepos(now)
	intel, _ := w.Host("intel")
	yoga, _ := w.Host("yoga")
	const moved = 330_000_000_000 // deleted by hand after the disk had been full
	at := func(ago int64, do func()) { w.at(now-ago*minute, do) }
	intel.Disks[len(intel.Disks)-1].Rest += moved
	w.openWork(r, trueno)
	push := func(n int, s []spec) {
		p, _ := r.PR(n)
		w.Push(p, 0, s)
	}
	at(178, func() { push(1784, cold()) })
	at(124, func() { push(1788, cold()) })
	for i, n := range []int{1791, 1792, 1793} {
		at(74-4*int64(i), func() {
			s := ci(240, gib)[:2]
			s[0].ending, s[1].ending = EndNoSpace, EndNoSpace
			push(n, s)
		})
	}
	at(61, func() {
		s := ci(240, gib)[:1]
		s[0].ending = EndDiag
		push(1795, s)
		w.after(20, func() { intel.stop(EndDiag, w.now) })
	})
	at(58, func() { intel.Disks[len(intel.Disks)-1].Rest -= moved })
	at(41, func() { push(1796, cold()) })
	at(-9, func() { push(1797, cold()) })
	at(-70, func() { push(1784, cold()) })
	w.at(now-10*minute+1, func() {
		w.writeOn()
		w.fillDisk("intel", 953)
		d := yoga.Disks[len(yoga.Disks)-1]
		d.RestIno = d.Inodes * 968 / 1000
	})
	w.bustle(&traffic{repo: trueno, every: 9 * minute, busy: 3, next: 88, work: w.side(trueno).work}, 2)
}

// cold is the workflow with no cache to help: about 180 GB in one run dir.
func cold() []spec {
	s := ci(50*minute, 180_000_000_000)
	return append(s[:1], s[2])
}

// stop ends the service of the runner whose newest job ended in some way.
func (h *Host) stop(e Ending, at int64) {
	for i, r := range h.Runners {
		if r.last != nil && r.last.Ending == e {
			h.breakRunner(i, at)
		}
	}
}
