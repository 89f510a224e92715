package fleet

import (
	"fmt"
	"slices"
	"time"
)

// ColdBuild returns what one build of a repository leaves on disk, in bytes: the
// median over its runs that went well and whose dirs are all measured. Dirs of
// failed and live runs are left out, since they hold what was built until then
// (512 MiB where a build dies within seconds, 180 GB where it does not,
// paiml/aprender#1798 and #2634).
func (s *Snapshot) ColdBuild(repo Repo) Fact[int64] {
	type sum struct {
		bytes int64
		gap   bool // a dir of it is not measured
	}
	runs := make(map[RunKey]sum)
	var at time.Time
	for i := range s.Dirs {
		d := &s.Dirs[i]
		if d.Run.ID == 0 || d.Run.Repo != repo || !d.Path.Place().Form.HasRun() {
			continue
		}
		if r, ok := s.RunOf(d.Run); !ok || r.Conclusion != ConclusionSuccess {
			continue
		}
		b, known := d.Bytes.Get()
		x := runs[d.Run]
		x.bytes, x.gap = x.bytes+b, x.gap || !known
		runs[d.Run] = x
		if known && d.Bytes.At().After(at) {
			at = d.Bytes.At()
		}
	}
	var whole []int64
	for _, x := range runs {
		if !x.gap {
			whole = append(whole, x.bytes)
		}
	}
	if len(whole) == 0 {
		return Unknown[int64]("no build of " + string(repo) + " that went well is measured on disk")
	}
	slices.Sort(whole)
	return Known(whole[(len(whole)-1)/2], at)
}

// BuildCost says what n further builds of a repository cost, see BuildsCost.
func (s *Snapshot) BuildCost(repo Repo, n, cancels int) string {
	return BuildsCost(s.ColdBuild(repo), n, cancels)
}

// BuildsCost says what n builds of a size cost, and that they cancel some live runs:
// "a cold build of about 18 GiB and a cancelled run". A size that is not known is
// said to be unknown.
func BuildsCost(size Fact[int64], n, cancels int) string {
	text, and := "a cold build", " and "
	if n != 1 {
		text = Plural(n, "cold build")
	}
	each, known := size.Get()
	switch {
	case !known:
		text += " of unknown size"
	case n == 1:
		text += " of about " + sizeText(each)
	default:
		text += fmt.Sprintf(" of about %s, %s in all", sizeText(each), sizeText(each*int64(n)))
		and = ", and "
	}
	switch cancels {
	case 0:
		return text
	case 1:
		return text + and + "a cancelled run"
	}
	return text + and + Plural(cancels, "cancelled run")
}

// sizeText renders bytes with two or three digits, in binary units.
func sizeText(b int64) string {
	value, unit := float64(b)/(1<<20), "MiB"
	if value >= 1000 {
		value, unit = value/1024, "GiB"
	}
	if value >= 1000 {
		value, unit = value/1024, "TiB"
	}
	if value < 10 {
		return fmt.Sprintf("%.1f %s", value, unit)
	}
	return fmt.Sprintf("%.0f %s", value, unit)
}

// costs says what a cure of the alert costs: in the finding's own words, else its
// rule's, and in figures where it suggests a rerun. Many repair a red pull request
// by update-branch instead, so that is priced beside it.
func (s *Snapshot) costs(a Alert, r Rule) []string {
	var out []string
	switch {
	case a.Cost != "":
		out = append(out, a.Cost)
	case r.Doc.Cost != "":
		out = append(out, r.Doc.Cost)
	}
	if !slices.Contains(a.Suggested, ActionRerun) {
		return out
	}
	runs, prs := make(map[Repo]int), make(map[Repo]int)
	for _, x := range a.Subjects {
		switch x.Kind {
		case SubjectRun:
			runs[x.Repo]++
		case SubjectPR:
			prs[x.Repo]++
		}
	}
	for _, repo := range s.Repos {
		if n := runs[repo]; n > 0 && a.Cost == "" {
			out = append(out, "rerun: up to "+s.BuildCost(repo, n, 0))
		}
		if n := prs[repo]; n > 0 {
			out = append(out, "update-branch instead: "+s.BuildCost(repo, n, s.liveOf(a, repo)))
		}
	}
	return out
}

// liveOf counts the live runs of an alert's pull requests: an update of the branch
// cancels each.
func (s *Snapshot) liveOf(a Alert, repo Repo) int {
	named := make(map[PRKey]bool)
	for _, x := range a.Subjects {
		if k, ok := x.PRKey(); ok && k.Repo == repo {
			named[k] = true
		}
	}
	n := 0
	for _, r := range s.Runs {
		if k, _, ok := s.PROfRun(r.Key()); ok && r.Status.Live() && r.Event != "merge_group" && named[k] {
			n++
		}
	}
	return n
}
