package world

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"

	"andon/fleet"
)

// Scale says how large a world is. Zero fields mean the story alone.
type Scale struct {
	Hosts int // hosts in all; the story's four are always there
	PRs   int // open pull requests in all; the story's are always there
	Dirs  int // run dirs on each host that is not the story's
}

// Prehistory is how long before its start a world's events begin.
const Prehistory = 4 * 3600

// New returns the world of the incident, grown to scale, as it stands at now
// (Unix seconds). Equal arguments give equal worlds.
func New(seed int64, now int64, scale Scale) *World {
	s, err := ScenarioNamed(Incident)
	if err != nil { // cannot happen: it is registered in this package
		return empty(seed, now)
	}
	return s.World(seed, now, scale)
}

// World returns the world of a scenario as New does that of the incident.
func (s Scenario) World(seed int64, now int64, scale Scale) *World {
	w := empty(seed, now)
	s.Build(w, now)
	w.grow(now, scale)
	return w
}

func empty(seed, now int64) *World {
	return &World{now: now - Prehistory, rng: rand.New(rand.NewPCG(uint64(seed), 1798)),
		runID: 25919240000, jobID: 76190000000, runnerID: 400}
}

func runnerJSON(scope string, r *Runner) string {
	b, err := json.MarshalIndent(map[string]any{"agentId": r.ID, "agentName": r.Name, "poolId": 1, "poolName": "Default",
		"serverUrl": "https://pipelines.actions.githubusercontent.com/", "gitHubUrl": "https://github.com/" + scope, "workFolder": "_work"}, "", "  ")
	if err != nil { // cannot happen: the map is plain data
		return "{}"
	}
	return string(b)
}

// openPR adds an open pull request whose branch lives in head.
func (w *World) openPR(r *Repo, n int, author, ref, title string, head fleet.Repo) *PullRequest {
	p := &PullRequest{Repo: r, Number: n, Title: title, Author: author, State: fleet.PROpen, HeadRepo: head, HeadRef: ref,
		HeadSHA: w.sha(), BaseRef: "main", Created: w.now - 86400*(1+w.rng.Int64N(3)), Updated: w.now}
	r.PRs = append(r.PRs, p)
	return p
}

// endedPR adds a pull request that was closed or merged some time ago.
func (w *World) endedPR(r *Repo, n int, state fleet.PRState, author, ref, title string, ago int64) *PullRequest {
	p := w.openPR(r, n, author, ref, title, r.Name)
	end := w.now + Prehistory - ago
	p.State, p.ClosedAt, p.Updated, p.Created = state, end, end, end-3*86400
	return p
}

// past adds a completed run of a pull request that ended at the given time, whose
// jobs ran on host.
func (w *World) past(p *PullRequest, h *Host, end, took int64, c fleet.Conclusion) *Run {
	x := w.runOf(p)
	x.Attempt, x.Created, x.Started, x.Updated = 1, end-took-20, end-took-20, end
	w.runID += 7 + w.rng.Int64N(900)
	x.ID = w.runID - 4_000_000 - w.rng.Int64N(900_000)
	p.Repo.addRun(x)
	for _, name := range []string{"workspace-test", "lint", "gate"} {
		w.jobID += 3
		j := &Job{Run: x, ID: w.jobID - 900_000_000, Attempt: 1, Name: name, Status: fleet.StatusCompleted, Conclusion: c,
			Created: x.Created, Started: end - took, Completed: end, Labels: []string{"self-hosted", h.OS}, NoDir: name != "workspace-test", work: took}
		if name == "gate" {
			j.Labels, j.Started = []string{"ubuntu-latest"}, end-4
		} else {
			j.Runner = h.Runners[int(w.jobID)%len(h.Runners)]
		}
		if c != fleet.ConclusionSuccess {
			j.Ending = EndTest
		}
		j.Steps = []Step{{"Set up job", fleet.StatusCompleted, fleet.ConclusionSuccess, j.Started, min(j.Started+2, end)},
			{"Initialize containers", fleet.StatusCompleted, fleet.ConclusionSuccess, min(j.Started+2, end), min(j.Started+6, end)},
			{buildStep(name), fleet.StatusCompleted, c, min(j.Started+6, end), end}}
		x.Jobs = append(x.Jobs, j)
	}
	return x
}

// leave puts a finished run's dir on a host: bytes of build output that nobody
// wrote to since the run ended.
func (w *World) leave(h *Host, rel string, born, end, bytes int64) *Node {
	root := h.rootFor()
	n, _ := h.Mkdir(root.Path+"/"+rel, root.Owner, born)
	n.Content = &Content{Owner: root.Owner, Bytes: bytes, Files: filesOf(bytes), Oldest: min(born+60, end), Newest: end}
	return n
}

// grow adds hosts, open pull requests and run dirs until the world has the scale
// asked for. Run dirs of many hosts share runs, as the jobs of one run do.
func (w *World) grow(now int64, scale Scale) {
	if scale.Hosts <= len(w.Hosts) && scale.PRs == 0 {
		return
	}
	r := &Repo{Name: "paiml/fleet-load", ID: 512345678}
	w.Repos = append(w.Repos, r)
	open := 0
	for _, x := range w.Repos {
		for _, p := range x.PRs {
			if p.State == fleet.PROpen {
				open++
			}
		}
	}
	var prs []*PullRequest
	for i := range max(scale.PRs-open, 10) {
		prs = append(prs, w.openPR(r, 100+i, "load", fmt.Sprintf("load-%d", i), fmt.Sprintf("load: change %d", i), r.Name))
	}
	for i := range max(len(prs)/4, 4) {
		prs = append(prs, w.endedPR(r, 100000+i, fleet.PRMerged, "load", fmt.Sprintf("done-%d", i), fmt.Sprintf("load: merged %d", i), 86400*(1+int64(i%9))))
	}
	for i := len(w.Hosts); i < scale.Hosts; i++ {
		w.loadHost(i, now)
	}
	w.loadRuns(prs, now, scale.Dirs)
}

func (w *World) loadHost(i int, now int64) {
	h := newHost(fmt.Sprintf("load-%04d", i), now)
	h.mount(&Disk{Device: "/dev/nvme0n1", FSType: "xfs", MountAt: "/srv", Dev: 0x10301, Total: 4 << 40, Rest: 1 << 40, Inodes: 400 << 20, RestIno: 3_000_000}, h.Booted)
	h.Roots = []fleet.Root{{Path: "/srv/targets", Owner: fleet.Owner{UID: 1000, GID: 1000}}}
	h.Patterns = []string{h.Name + "-*"}
	h.Mkdir("/srv/targets", h.Roots[0].Owner, h.Booted)
	for k := range 2 {
		h.addRunner(w, "paiml", fmt.Sprintf("%s-%d", h.Name, k+1), []string{"self-hosted", "Linux", "X64", "load"}, now)
	}
	w.Hosts = append(w.Hosts, h)
}

// loadRuns gives every generated host its dirs. One dir in fifty is root-owned.
func (w *World) loadRuns(prs []*PullRequest, now int64, dirs int) {
	hosts := make([]*Host, 0, len(w.Hosts))
	for _, h := range w.Hosts {
		if h.Roots[0].Path == "/srv/targets" && len(h.Name) > 5 && h.Name[:5] == "load-" {
			hosts = append(hosts, h)
		}
	}
	if len(hosts) == 0 {
		return
	}
	perPR := max(1, (dirs+len(prs)-1)/len(prs))
	runs := make([]*Run, 0, len(prs)*perPR)
	for i, p := range prs {
		for k := range perPR {
			end := now - 2*3600 - int64(k)*7200
			if p.ClosedAt > 0 {
				end = p.ClosedAt - 600 - int64(k)*7200
			}
			runs = append(runs, w.past(p, hosts[(i+k)%len(hosts)], end, 1200+w.rng.Int64N(1800), fleet.ConclusionSuccess))
		}
	}
	for i, h := range hosts {
		for k := range dirs {
			x := runs[(i+k)%len(runs)]
			bytes := 4<<30 + w.rng.Int64N(20<<30)
			n := w.leave(h, x.DirRel(""), x.Started, x.Updated, bytes)
			n.Content.Files = 20 + bytes>>28 // few and large: walking them is the host's cost, not the console's
			if (i*dirs+k)%50 == 49 {
				n.Owner = fleet.RootOwner
			}
		}
	}
}
