package world

import (
	"fmt"

	"andon/fleet"
)

var _ = register(Scenario{
	Name:  "bad-host",
	Title: "one machine fails whatever it is given: set-up dies of what a container left as root, runners are lost, downloads break off",
	Tells: []fleet.RuleID{"runner-failing", "infra-failure", "work-residue", "runner-offline"},
	With:  []fleet.RuleID{"same-failure", "runner-service-dead", "cleaner-idle"},
	Build: (*World).badHost,
})

// badHost is the machine of paiml/paiml-mcp-agent-toolkit#1185 and elizaOS/eliza#17421:
// idle first, and so given the next job, whatever it did to the last one.
func (w *World) badHost(now int64) {
	r, trueno := w.twoRepos(now)
	h := w.nova(now)
	type bad struct {
		ago    int64 // minutes
		ending Ending
		work   int64
	}
	for i, b := range []bad{
		{171, EndFetch, 0}, {158, EndRegistry, 0}, {149, EndDownload, 0}, {133, EndToolchain, 30}, {121, EndKilled, 420}, {112, EndStepLimit, limit - minute},
		{64, EndShutdown, 300}, {52, EndLost, 240}, {41, EndContainerID, 0}, {33, EndContainerID, 0}, {24, EndContainerID, 0}, {16, EndResidue, 0},
	} {
		p := w.openPR(r, 1171+i, author(i), fmt.Sprintf("%s-%d", topics()[i%len(topics())], 1171+i), title(1171+i), r.Name)
		w.at(now-b.ago*minute, func() {
			w.Push(p, 0, []spec{{name: "workspace-test", labels: intelLabels(), host: h.Name, work: b.work, grow: 2 * gib, ending: b.ending}})
		})
	}
	w.at(now-47*minute, func() { h.stop(EndLost, w.now) })
	w.crowd(r, 1190, now-70*minute, 11*minute, 14, func() []spec {
		s := ci(1300, 7*gib)
		for i := range s {
			s[i].host = "intel"
		}
		return s
	})
	w.bustle(w.side(trueno), 3)
}

// nova is a machine whose runners' own folder is watched too: a job that ran as root
// in a container left its files in their _work.
func (w *World) nova(now int64) *Host {
	h := w.rack(machine{name: "nova", arch: "x86_64", cpus: 32, load: 2.2, uid: 1000, pattern: "nova-*",
		disk: Disk{Device: "/dev/nvme0n1", FSType: "xfs", MountAt: "/srv", Dev: 0x10304, Total: 1_900_000_000_000, Rest: 700_000_000_000, Inodes: 180_000_000, RestIno: 2_000_000},
		root: "/srv/targets", runners: []string{"nova-1", "nova-2"}, labels: intelLabels()}, now)
	w.keep(h, now)
	owner := h.Roots[0].Owner
	h.Roots = append(h.Roots, fleet.Root{Path: "/home/noah/actions-runner", Owner: owner})
	for _, x := range h.Runners {
		work := "/home/noah/actions-runner/" + x.Name + "/_work"
		h.Mkdir(work+"/aprender/aprender/target", owner, now-2*day)
		for i := range 40 {
			h.WriteFile(fmt.Sprintf("%s/_temp/_github_home/.cargo/registry/cache/crate-%d.crate", work, i), "", 0o644, fleet.RootOwner, now-3*hour)
		}
	}
	return h
}
