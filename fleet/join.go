package fleet

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Join builds the snapshot: pull request, run, job, runner, host, dir and
// writer, with the keys that matched. It reads nothing but its argument and
// keeps no pointer into it that it would change.
func Join(r Reads) *Snapshot {
	s := &Snapshot{Reads: r}
	s.index()
	s.joinRunners()
	s.joinRuns()
	s.joinLines()
	s.joinDirs()
	s.findGone()
	return s
}

func (s *Snapshot) index() {
	s.runIx = make(map[RunKey]int, len(s.Runs))
	for i, r := range s.Runs {
		s.runIx[r.Key()] = i
	}
	s.prIx = make(map[PRKey]int, len(s.PullRequests))
	for i, p := range s.PullRequests {
		s.prIx[p.Key()] = i
	}
	s.jobIx = make(map[RunKey][]int, len(s.Runs))
	for i, j := range s.Jobs {
		s.jobIx[j.RunKey()] = append(s.jobIx[j.RunKey()], i)
	}
	s.hostIx = make(map[HostName]int, len(s.Hosts))
	for i, h := range s.Hosts {
		s.hostIx[h.Name] = i
	}
	s.sweepIx = make(map[HostName]int, len(s.Sweeps))
	for i, w := range s.Sweeps {
		s.sweepIx[w.Host] = i
	}
	s.sourceIx = make(map[SourceID]int, len(s.Sources))
	for i, src := range s.Sources {
		s.sourceIx[src.ID] = i
	}
}

// joinRunners maps runner names to hosts. A service found on a host beats a
// pattern; a name that two hosts claim by pattern belongs to neither.
func (s *Snapshot) joinRunners() {
	s.runnerHost = make(map[string]HostName)
	for _, w := range s.Sweeps {
		for _, svc := range w.Services {
			if svc.Runner != "" {
				s.runnerHost[svc.Runner] = w.Host
			}
		}
	}
	// Most patterns end in one star: their literal head rules a name out cheaply.
	heads := make([][]string, len(s.Hosts))
	for i, h := range s.Hosts {
		for _, p := range h.Runners {
			heads[i] = append(heads[i], p[:literal(p)])
		}
	}
	claim := func(name string) {
		if _, ok := s.runnerHost[name]; ok || name == "" {
			return
		}
		var found HostName
		for i, h := range s.Hosts {
			may := slices.ContainsFunc(heads[i], func(p string) bool { return strings.HasPrefix(name, p) })
			if !may || !h.Owns(name) {
				continue
			}
			if found != "" {
				return
			}
			found = h.Name
		}
		if found != "" {
			s.runnerHost[name] = found
		}
	}
	for _, r := range s.Runners {
		claim(r.Name)
	}
	for _, j := range s.Jobs {
		claim(j.Runner)
	}
}

// literal returns the length of a pattern's literal head.
func literal(pattern string) int {
	if i := strings.IndexAny(pattern, `*?[\`); i >= 0 {
		return i
	}
	return len(pattern)
}

type headKey struct {
	repo   Repo // base repository: the one whose runs we read
	head   Repo
	branch string
}

// joinRuns finds the pull request of each run, strongest key first, and notes
// when keys disagree.
func (s *Snapshot) joinRuns() {
	byHead := make(map[headKey][]int, len(s.PullRequests))
	for i, p := range s.PullRequests {
		k := headKey{p.Repo, p.HeadRepo, p.HeadRef}
		byHead[k] = append(byHead[k], i)
	}
	s.runPR = make(map[RunKey]runJoin, len(s.Runs))
	for _, r := range s.Runs {
		var j runJoin
		for _, i := range byHead[headKey{r.Repo, r.HeadRepo, r.Branch}] {
			p := s.PullRequests[i]
			switch {
			case p.HeadSHA == r.SHA && r.SHA != "":
				j.add(p.Key(), KeyHead)
			case p.State == PROpen:
				j.add(p.Key(), KeyBranch)
			}
		}
		if n, ok := QueuePR(r.Branch); ok {
			j.add(PRKey{r.Repo, n}, KeyQueue)
		}
		for _, n := range r.PullRequests {
			j.add(PRKey{r.Repo, n}, KeyListed)
		}
		s.runPR[r.Key()] = j
	}
}

// add merges one key's answer. A weak answer never overrules a strong one and
// is overruled by it; two strong ones that differ are a conflict.
func (j *runJoin) add(pr PRKey, k JoinKey) {
	switch {
	case j.pr.Number == 0 || j.pr == pr:
	case k == KeyBranch:
		return
	case j.keys.PRKeys() == 0: // only a weak key so far
		j.keys = 0
	default:
		j.conflict = fmt.Sprintf("%s say #%d, another key says #%d", j.keys, j.pr.Number, pr.Number)
		return
	}
	j.pr, j.keys = pr, j.keys.With(k)
}

func (s *Snapshot) joinDirs() {
	repos := make(map[string][]Repo, len(s.Repos))
	for _, r := range s.Repos {
		repos[r.Name()] = append(repos[r.Name()], r)
	}
	samples := make(map[DirID]Sample, len(s.Samples))
	for _, sm := range s.Samples {
		samples[sm.ID] = sm
	}
	runHosts := s.runHosts()
	n := 0
	for _, w := range s.Sweeps {
		n += len(w.Dirs)
	}
	s.Dirs = make([]Dir, 0, n)
	for _, i := range byHost(s.Sweeps) {
		w := s.Sweeps[i]
		h, ok := s.HostOf(w.Host)
		if !ok {
			continue // no longer configured
		}
		for _, k := range byPath(w.Dirs) {
			d := &w.Dirs[k]
			if root, ok := h.Root(d.Path.Root()); ok {
				s.Dirs = append(s.Dirs, Dir{RunDir: *d, Want: root.Owner})
				s.joinDir(&s.Dirs[len(s.Dirs)-1], repos, runHosts)
			}
		}
	}
	s.dirIx = make(map[DirID]int, len(s.Dirs))
	s.dirsByRun = make(map[RunKey][]int)
	s.dirsByPR = make(map[PRKey][]int)
	for i := range s.Dirs {
		d := &s.Dirs[i]
		id := d.ID()
		s.dirIx[id] = i
		if d.HasRun() {
			s.dirsByRun[d.Run] = append(s.dirsByRun[d.Run], i)
		}
		if d.HasPR() {
			s.dirsByPR[d.PR] = append(s.dirsByPR[d.PR], i)
		}
		d.Sample = s.sample(d, id, samples)
	}
}

// byHost returns the order of sweeps by host name.
func byHost(list []Sweep) []int {
	return order(len(list), func(a, b int) int { return cmp.Compare(list[a].Host, list[b].Host) })
}

// byPath returns the order of dirs by path. Dirs are large: only numbers move.
func byPath(list []RunDir) []int {
	return order(len(list), func(a, b int) int {
		return cmp.Or(cmp.Compare(list[a].Path.root, list[b].Path.root), cmp.Compare(list[a].Path.rel, list[b].Path.rel))
	})
}

func order(n int, compare func(a, b int) int) []int {
	ix := make([]int, n)
	for i := range ix {
		ix[i] = i
	}
	if !slices.IsSortedFunc(ix, compare) {
		slices.SortFunc(ix, compare)
	}
	return ix
}

// runHosts says on which hosts jobs of a run have run.
func (s *Snapshot) runHosts() map[RunKey][]HostName {
	out := make(map[RunKey][]HostName, len(s.Runs))
	for _, j := range s.Jobs {
		h, ok := s.runnerHost[j.Runner]
		if ok && !slices.Contains(out[j.RunKey()], h) {
			out[j.RunKey()] = append(out[j.RunKey()], h)
		}
	}
	return out
}

// joinDir finds a dir's run and pull request. It fills the dir in place: dirs are
// large, and there are tens of thousands.
func (s *Snapshot) joinDir(out *Dir, repos map[string][]Repo, runHosts map[RunKey][]HostName) {
	pl := out.Path.Place()
	var j runJoin
	for _, repo := range repos[pl.Repo] {
		k := RunKey{repo, pl.RunID}
		if _, ok := s.runIx[k]; !ok || pl.RunID == 0 {
			continue
		}
		if out.Run.ID != 0 { // run ids are GitHub's own, so this is no accident of naming
			j.conflict = fmt.Sprintf("%s and %s both have a run %d", out.Run.Repo, repo, pl.RunID)
			break
		}
		out.Run, out.Keys = k, out.Keys.With(KeyRunID)
		if slices.Contains(runHosts[k], out.Host) {
			out.Keys = out.Keys.With(KeyHost)
		}
		j = s.runPR[k]
	}
	if pl.PR > 0 {
		s.addDirName(&j, pl, out.Run.Repo, repos[pl.Repo])
	}
	if _, ok := s.prIx[j.pr]; ok {
		out.PR = j.pr
	}
	out.Keys |= j.keys
	out.Conflict = j.conflict
}

// addDirName adds the number in the dir's name. Where no run resolved and two
// repositories share the name, the dir belongs to neither.
func (s *Snapshot) addDirName(j *runJoin, pl Place, repo Repo, named []Repo) {
	if repo == "" {
		if len(named) != 1 {
			if len(named) > 1 {
				j.conflict = fmt.Sprintf("%d repositories are called %s", len(named), pl.Repo)
			}
			return
		}
		repo = named[0]
	}
	j.add(PRKey{repo, pl.PR}, KeyDirName)
}
