package report

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"andon/fleet"
)

// Signature is one text of the catalogue that failed jobs have in common.
type Signature struct {
	Name     string           `json:"name"` // slug of the catalogue's row
	Class    fleet.Class      `json:"class"`
	Text     string           `json:"text"` // the line that decided, of one of them; foreign text
	Advice   string           `json:"advice,omitempty"`
	Jobs     int              `json:"jobs"`
	Branches int              `json:"branches"`
	Hosts    []fleet.HostName `json:"hosts"`
	First    time.Time        `json:"first_at"`
}

// Looked says how many failed jobs of the report's time were looked at: "none
// matched" is not "none was read".
type Looked struct {
	Failed     int `json:"failed"`     // jobs that ended badly
	Classified int `json:"classified"` // of them, with a verdict
	Matched    int `json:"matched"`    // of them, with a signature
}

// signatures groups the failed jobs by what the classifier made of them. Jobs that
// sum up others, and runs of the merge queue, which fall together, do not count.
func signatures(in Input) ([]Signature, Looked) {
	out := []Signature{}
	var looked Looked
	if in.Snapshot == nil {
		return out, looked
	}
	branches := make(map[string]map[string]bool)
	at := make(map[string]int)
	for _, j := range in.Snapshot.Jobs {
		run, ok := in.Snapshot.RunOf(j.RunKey())
		if j.Status.Live() || !j.Conclusion.Red() || j.Aggregator() || !inside(in, j.CompletedAt) || ok && run.Event == "merge_group" {
			continue
		}
		looked.Failed++
		v, known := j.Verdict.Get()
		if !known {
			continue
		}
		looked.Classified++
		if v.Signature == "" {
			continue
		}
		looked.Matched++
		i, seen := at[v.Signature]
		if !seen {
			i = len(out)
			at[v.Signature] = i
			branches[v.Signature] = make(map[string]bool)
			out = append(out, Signature{Name: v.Signature, Class: v.Class, Text: v.Text, Advice: v.Advice, Hosts: []fleet.HostName{}, First: j.CompletedAt})
		}
		s := &out[i]
		s.Jobs++
		branch := j.RunKey().String() // a run nobody listed is a branch of its own
		if ok {
			branch = string(run.HeadRepo) + ":" + run.Branch
		}
		branches[v.Signature][branch] = true
		if h, ok := in.Snapshot.HostOfRunner(j.Runner); ok {
			s.Hosts = joined(s.Hosts, []fleet.HostName{h})
		}
		if j.CompletedAt.Before(s.First) {
			s.First = j.CompletedAt
		}
	}
	for i := range out {
		out[i].Branches = len(branches[out[i].Name])
	}
	slices.SortFunc(out, func(a, b Signature) int {
		return cmp.Or(-cmp.Compare(a.Branches, b.Branches), -cmp.Compare(a.Jobs, b.Jobs), cmp.Compare(a.Name, b.Name))
	})
	return out, looked
}

// line says in how many branches a signature was met.
func (s Signature) line() string {
	n := strconv.Itoa(s.Branches) + " branches"
	if s.Branches == 1 {
		n = "1 branch"
	}
	return fleet.Plural(s.Jobs, "job") + " in " + n
}

// line says how many failed jobs were looked at.
func (l Looked) line() string {
	return fmt.Sprintf("%s of this time, %d of them classified, %d with a signature", fleet.Plural(l.Failed, "failed job"), l.Classified, l.Matched)
}
