package rules

import (
	"fmt"
	"strings"
	"time"

	"andon/fleet"
)

// Look says how much the search for clusters has looked at, and what it left out:
// "looked at 214 jobs, found none" is not "never looked".
type Look struct {
	Window   time.Duration `json:"window_ns"` // how far back
	Jobs     int           `json:"jobs"`      // that ended within it, gates apart
	Runs     int           `json:"runs"`      // they belong to
	Branches int           `json:"branches"`  // they are of
	Failed   int           `json:"failed"`    // of the jobs: ended badly of themselves
	Unread   int           `json:"unread"`    // of the failed: no verdict is known
	Found    int           `json:"found"`     // clusters
	// Left out, and counted so that nobody wonders.
	Superseded  int `json:"superseded"`  // runs cancelled by a newer push
	Cancelled   int `json:"cancelled"`   // jobs ended by somebody or something
	Limits      int `json:"limits"`      // jobs killed at a limit (at-limit reports them)
	Queue       int `json:"merge_queue"` // failures of the merge queue, which cascade
	Aggregators int `json:"aggregators"` // gates
	// Partial says why there may be more than was looked at; empty where the lists
	// were whole.
	Partial []string `json:"partial,omitempty"`
}

// Looked says what the search for same failures has looked at in a snapshot.
func Looked(s *fleet.Snapshot) Look {
	e := gather(s)
	e.look.Found = len(clusters(s, e))
	return e.look
}

// listCap is the most results GitHub gives of a filtered list of runs.
const listCap = 1000

// lookOf begins a Look with how whole the lists are.
func lookOf(s *fleet.Snapshot) Look {
	l := Look{Window: s.Policy.ClusterWindow}
	for _, src := range s.Sources {
		if (src.ID.Kind == fleet.SourceRuns || src.ID.Kind == fleet.SourceJobs) && !src.Fresh(s.At) {
			l.Partial = append(l.Partial, src.ID.String()+": "+lookState(src))
		}
	}
	count := make(map[fleet.Repo]int)
	for i := range s.Runs {
		count[s.Runs[i].Repo]++
	}
	for _, r := range s.Repos {
		if count[r] >= listCap {
			l.Partial = append(l.Partial, fmt.Sprintf("%s: %d runs are at GitHub's cap of %d", r, count[r], listCap))
		}
	}
	return l
}

func lookState(src fleet.Source) string {
	if src.State == fleet.SourceNever {
		return "not read yet"
	}
	return stateWord(src)
}

// Short is what a summary says of the look: "looked at 214 jobs".
func (l Look) Short() string {
	text := "looked at " + fleet.Plural(l.Jobs, "job")
	if len(l.Partial) > 0 {
		text += ", list not whole"
	}
	return text
}

// String tells all of it in a sentence, for example "looked at 214 jobs of 80 runs
// in 61 branches of the last 6h00m, 9 failed, found none".
func (l Look) String() string {
	if l.Jobs == 0 && len(l.Partial) > 0 {
		return "not looked: " + strings.Join(l.Partial, "; ")
	}
	found := "found none"
	if l.Found > 0 {
		found = "found " + fleet.Plural(l.Found, "cluster")
	}
	text := fmt.Sprintf("looked at %s of %s in %s of the last %s, %d failed, %s",
		fleet.Plural(l.Jobs, "job"), fleet.Plural(l.Runs, "run"), branches(l.Branches), lasted(l.Window), l.Failed, found)
	var out []string
	for _, x := range []struct {
		n    int
		what string
	}{{l.Unread, "without a verdict"}, {l.Superseded, "superseded"}, {l.Cancelled, "cancelled"}, {l.Limits, "at a limit"}, {l.Queue, "of the merge queue"}, {l.Aggregators, "gates"}} {
		if x.n > 0 {
			out = append(out, fmt.Sprintf("%d %s", x.n, x.what))
		}
	}
	if len(out) > 0 {
		text += "; not counted: " + strings.Join(out, ", ")
	}
	if len(l.Partial) > 0 {
		text += "; there may be more: " + strings.Join(l.Partial, "; ")
	}
	return text
}
