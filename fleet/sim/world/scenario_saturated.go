package world

import "andon/fleet"

var _ = register(Scenario{
	Name:  "saturated",
	Title: "all runners of a label set are busy and over thirty jobs wait; one idle runner takes none, one job's labels nobody has",
	Tells: []fleet.RuleID{"pool-saturated", "idle-runner", "no-runner-for-labels", "runner-dropped"},
	With:  []fleet.RuleID{"stuck-run"},
	Build: (*World).saturated,
})

// saturated is a pool with less capacity than it seems: two runners left it
// yesterday, one is deaf, and one job asks for what nobody has.
func (w *World) saturated(now int64) {
	r, trueno := w.twoRepos(now)
	intel, _ := w.Host("intel")
	yoga, _ := w.Host("yoga")
	gx10, _ := w.Host("gx10")
	intel.Load = 118.2
	for _, name := range []string{"yoga-build-6", "yoga-build-7"} {
		x := yoga.addRunner(w, "paiml", name, armLabels(), now)
		x.Online, x.Dropped = false, now-19*hour
		yoga.Units[len(yoga.Units)-1].Active = "active"
	}
	w.crowd(r, 2401, now-150*minute, 4*minute, 60, func() []spec { return ci(2300+w.rng.Int64N(600), 9*gib) })
	// gx10's pool: three build, the fourth is deaf.
	gx10.Runners[2].Deaf = true
	for i := range 6 {
		p := w.openPR(trueno, 140+i, author(i), topics()[i]+"-gpu", title(140+i), trueno.Name)
		w.at(now-31*minute+int64(i)*3*minute, func() {
			s := arm(2*53*minute, 12*gib)[1:]
			s[0].labels = gpuLabels()
			w.Push(p, 0, s)
		})
	}
	p := w.openPR(r, 2390, author(3), "bench-h100", "bench: h100 figures", r.Name)
	w.at(now-48*minute, func() {
		s := ci(900, gib)[2:]
		s = append(s, spec{name: "bench (h100)", labels: []string{"self-hosted", "Linux", "X64", "h100"}, work: 600, noDir: true})
		w.Push(p, 0, s)
	})
}
