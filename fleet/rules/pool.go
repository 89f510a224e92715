package rules

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

// lane is the jobs of one repository that want the same labels.
type lane struct {
	repo    fleet.Repo
	labels  []string        // lower case, sorted, without "self-hosted", which every self-hosted runner carries
	shown   []string        // as the first of its jobs spells them; foreign text
	queued  []int           // numbers in Snapshot.Jobs, longest wait first
	ran     []int           // of jobs that have or had a runner within the window
	waits   []time.Duration // of jobs that began within the window, and of those that still wait
	untimed int             // jobs GitHub gave no time of queueing for
}

func (l *lane) key() string { return string(l.repo) + "/" + strings.Join(l.labels, ",") }

// name is how a lane is told, for example "self-hosted X64 Linux"; foreign text.
func (l *lane) name() string { return strings.Join(l.shown, " ") }

// lanes sorts the queued jobs of self-hosted runners by what they want. Jobs of
// runs that are over, and gates parked in a wedged run, wait for no runner.
func lanes(s *fleet.Snapshot) []*lane {
	byKey := make(map[string]*lane)
	for i := range s.Jobs {
		j := &s.Jobs[i]
		if len(j.Labels) == 0 || hosted(j.Labels) {
			continue
		}
		queued := j.Status == fleet.StatusQueued && waiting(s, *j)
		ran := j.Runner != "" && (j.Status == fleet.StatusInProgress || recent(s, j.StartedAt))
		if !queued && !ran {
			continue
		}
		want := plainLabels(j.Labels)
		k := string(j.Repo) + "/" + strings.Join(want, ",")
		l := byKey[k]
		if l == nil {
			l = &lane{repo: j.Repo, labels: want, shown: j.Labels}
			byKey[k] = l
		}
		if queued {
			l.queued = append(l.queued, i)
		} else {
			l.ran = append(l.ran, i)
		}
		if w, ok := j.Waited(s.At); ok {
			l.waits = append(l.waits, w)
		} else {
			l.untimed++
		}
	}
	var out []*lane
	for _, l := range byKey {
		if len(l.queued) > 0 {
			slices.SortStableFunc(l.queued, func(a, b int) int { return s.Jobs[a].CreatedAt.Compare(s.Jobs[b].CreatedAt) })
			out = append(out, l)
		}
	}
	slices.SortFunc(out, func(a, b *lane) int { return cmp.Compare(a.key(), b.key()) })
	return out
}

// waiting reports whether a queued job waits for a runner: its run is live, and it
// is not the gate of a wedged run.
func waiting(s *fleet.Snapshot, j fleet.Job) bool {
	run, ok := s.RunOf(j.RunKey())
	if !ok {
		return true
	}
	if !run.Status.Live() || j.Attempt != run.Attempt {
		return false
	}
	if !j.Aggregator() {
		return true
	}
	_, wedged := wedgeOf(s, run)
	return !wedged
}

// longest returns how long the longest of the queued jobs has waited.
func (l *lane) longest(s *fleet.Snapshot) (time.Duration, bool) {
	for _, i := range l.queued {
		if w, ok := s.Jobs[i].Waited(s.At); ok {
			return w, true
		}
	}
	return 0, false
}

// since returns when the longest of the queued jobs began to wait; zero where
// GitHub gave no time.
func (l *lane) since(s *fleet.Snapshot) time.Time {
	if w, ok := l.longest(s); ok {
		return s.At.Add(-w)
	}
	return time.Time{}
}

// hostedImages begin the labels of GitHub's own runners.
var hostedImages = [...]string{"ubuntu-", "windows-", "macos-"}

// hosted reports whether labels ask for a runner of GitHub's own.
func hosted(labels []string) bool {
	own := false
	for _, l := range labels {
		l = strings.ToLower(l)
		if l == "self-hosted" {
			return false
		}
		own = own || slices.ContainsFunc(hostedImages[:], func(p string) bool { return strings.HasPrefix(l, p) })
	}
	return own
}

// plainLabels folds case, sorts, and drops repeats and "self-hosted".
func plainLabels(labels []string) []string {
	out := make([]string, 0, len(labels))
	for _, l := range labels {
		if l = strings.ToLower(l); l != "self-hosted" {
			out = append(out, l)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// runnerPool finds runners by label. Numbers are those of Snapshot.Runners.
type runnerPool struct {
	s       *fleet.Snapshot
	byLabel map[string][]int
	byScope map[string][]int
	lists   map[string]fleet.SourceID // the runner lists that are read, by scope
}

func newPool(s *fleet.Snapshot) *runnerPool {
	p := &runnerPool{s: s, byLabel: make(map[string][]int), byScope: make(map[string][]int), lists: make(map[string]fleet.SourceID)}
	for i, r := range s.Runners {
		for _, l := range r.Labels {
			l = strings.ToLower(l)
			if have := p.byLabel[l]; len(have) == 0 || have[len(have)-1] != i {
				p.byLabel[l] = append(have, i)
			}
		}
		p.byScope[r.Scope] = append(p.byScope[r.Scope], i)
	}
	for _, src := range s.Sources {
		if src.ID.Kind == fleet.SourceRunners && src.State != fleet.SourceAbsent {
			p.lists[src.ID.Of] = src.ID
		}
	}
	return p
}

// scopes names where a repository's runners may be registered.
func scopes(r fleet.Repo) [2]string { return [2]string{string(r), r.Owner()} }

// sources lists the runner lists that could hold a repository's runners.
func (p *runnerPool) sources(r fleet.Repo) []fleet.SourceID {
	var out []fleet.SourceID
	for _, scope := range scopes(r) {
		if id, ok := p.lists[scope]; ok {
			out = append(out, id)
		}
	}
	return out
}

// whole reports whether every list that could hold a repository's runners is
// there, whole and current: only then may a runner be called missing. A list that
// is denied is not: unknown is not zero.
func (p *runnerPool) whole(r fleet.Repo) bool {
	ids := p.sources(r)
	return len(ids) > 0 && whole(p.s, ids...)
}

// fit returns the registered runners that carry all the labels and may serve the
// repository, as far as the list says (it does not name runner groups).
func (p *runnerPool) fit(r fleet.Repo, labels []string) []int {
	own := scopes(r)
	rare := p.rarest(own, labels)
	var out []int
	for _, i := range rare {
		x := &p.s.Runners[i]
		if (x.Scope == own[0] || x.Scope == own[1]) && carries(x.Labels, labels) {
			out = append(out, i)
		}
	}
	return out
}

// rarest returns the shortest list of runners that all fitting ones are in.
func (p *runnerPool) rarest(own [2]string, labels []string) []int {
	if len(labels) == 0 {
		return append(slices.Clone(p.byScope[own[0]]), p.byScope[own[1]]...)
	}
	best := p.byLabel[labels[0]]
	for _, l := range labels[1:] {
		if have := p.byLabel[l]; len(have) < len(best) {
			best = have
		}
	}
	return best
}

// carries reports whether a runner's labels hold all that are wanted; case does
// not count (actions/runner).
func carries(have, want []string) bool {
	for _, w := range want {
		if !slices.ContainsFunc(have, func(h string) bool { return strings.EqualFold(h, w) }) {
			return false
		}
	}
	return true
}

// groupsGap says what a runner list cannot tell of an organisation's runners.
func groupsGap() fleet.Gap {
	return fleet.Gap{What: "whether the runner's group serves this repository", Why: "GitHub's list of runners does not name their group",
		Makes: "look at the organisation's settings, Actions, Runner groups"}
}
