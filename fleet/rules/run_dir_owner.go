package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

// settleOwner is how long a fresh dir may still be root's: workflows with an
// ownership step of their own fix it within seconds of docker making it.
const settleOwner = time.Minute

var _ = register(fleet.Rule{
	ID:       "run-dir-owner",
	Title:    "run dirs with the wrong owner",
	Severity: fleet.SeverityStop,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"The build fails within seconds: it cannot create target/debug.",
			"Its run dir belongs to root; the build runs as the wanted owner.",
			"dockerd made the dir: a bind source that is missing is created by root.",
			"The dir is new for every run, so it is missing every time, and nothing gives it away before the first write.",
			"The workflow (or a job-started hook) must make the dir with the right owner before docker can.",
		},
		Cure:   "Chown the dir, then rerun the failed jobs. For good: an ownership step before the first write, in every job.",
		NoCure: "Chown does not cure a dir that was deleted under its job and made again: stop whoever deletes it. Rerun alone fails the same way.",
		Cost:   "seconds for the chown; one run of each failed job.",
	},
	Actor:    fleet.ActorOperator,
	Requires: []fleet.SourceKind{fleet.SourceHost, fleet.SourceRuns, fleet.SourceJobs},
	Evaluate: runDirOwner,
})

type ownerGroup struct {
	host     fleet.HostName
	state    fleet.OwnerState
	dirs     []*fleet.Dir
	whys     []fleet.OwnerVerdict
	stop     bool
	settling int // dirs of the host too young to judge
}

// fits reports whether a dir needs no closer look: most of a large fleet.
func fits(d *fleet.Dir) bool {
	if d.Owner.UID != d.Want.UID {
		return false
	}
	f, ok := d.Foreign.Get()
	return !ok || f.Count == 0
}

func runDirOwner(s *fleet.Snapshot) []fleet.Finding {
	type place struct {
		host  fleet.HostName
		state fleet.OwnerState
	}
	groups := make(map[place]*ownerGroup)
	young := make(map[fleet.HostName]int)
	for i := range s.Dirs {
		d := &s.Dirs[i]
		if fits(d) || d.Path.Actionable() != nil {
			continue
		}
		if settling(s, d) {
			young[d.Host]++
			continue
		}
		if d.HasPR() {
			if _, orphan := s.Orphan(*d); orphan {
				continue // nobody builds there any more; orphan-dirs counts it
			}
		}
		v := s.Ownership(*d)
		at := place{d.Host, v.State}
		g := groups[at]
		if g == nil {
			g = &ownerGroup{host: d.Host, state: v.State}
			groups[at] = g
		}
		g.dirs, g.whys = append(g.dirs, d), append(g.whys, v)
		g.stop = g.stop || blocks(s, d, v)
	}
	var out []fleet.Finding
	sizes := &cold{s: s}
	for _, g := range groups {
		g.settling = young[g.host]
		out = append(out, g.finding(s, sizes))
	}
	out = append(out, goneDirs(s)...)
	slices.SortFunc(out, func(a, b fleet.Finding) int { return cmp.Compare(a.Key, b.Key) })
	return out
}

func ownerKey(o fleet.OwnerState) string {
	return [...]string{"", "born", "recreated", "doubtful", "inside"}[o]
}

// settling reports whether a dir is so new that its job may be about to mend it.
// A run that has ended mends nothing any more.
func settling(s *fleet.Snapshot, d *fleet.Dir) bool {
	if r, ok := s.RunOf(d.Run); ok && !r.Status.Live() {
		return false
	}
	sw, ok := s.SweepOf(d.Host)
	return ok && sw.Facts.Clock.Sub(d.ChangeTime) < settleOwner
}

// blocks reports whether somebody's line stands still because of the dir: its
// run is live, or ended red.
func blocks(s *fleet.Snapshot, d *fleet.Dir, v fleet.OwnerVerdict) bool {
	r, ok := s.RunOf(d.Run)
	if !ok {
		return false
	}
	return v.State != fleet.OwnerInside && (r.Status.Live() || r.Conclusion.Red())
}

func (g *ownerGroup) finding(s *fleet.Snapshot, sizes *cold) fleet.Finding {
	f := fleet.Finding{Key: string(g.host) + "/" + ownerKey(g.state), Severity: fleet.SeverityWarn, Rests: []fleet.SourceID{fleet.HostSource(g.host)}}
	if g.stop {
		f.Severity = fleet.SeverityStop
	}
	f.Subjects = make([]fleet.Subject, 0, len(g.dirs)+4)
	f.Evidence = make([]fleet.Evidence, 0, min(len(g.dirs), 8))
	var prs, runs subjects
	var entries size
	for i, d := range g.dirs {
		f.Subjects = append(f.Subjects, fleet.OfDir(d.ID()))
		f.Bytes += d.Bytes.Or(0)
		entries.add(d.Files)
		if d.HasRun() { // its job decides which of the states this is
			f.Rests = addSource(f.Rests, fleet.SourceID{Kind: fleet.SourceJobs, Of: string(d.Run.Repo)})
		}
		if d.HasPR() {
			prs.add(fleet.OfPR(d.PR))
		}
		if r, ok := s.RunOf(d.Run); ok && !r.Status.Live() && r.Conclusion.Red() {
			runs.add(fleet.OfRun(d.Run))
		}
		if i < 8 {
			f.Evidence = append(f.Evidence, ownerEvidence(s, d, g.whys[i]))
		}
	}
	f.Subjects = append(append(f.Subjects, prs.list...), runs.list...)
	f.Subjects = append(f.Subjects, fleet.OfHost(g.host))
	f.Summary = fmt.Sprintf("%s on %s: %s, %s", fleet.Plural(len(g.dirs), "run dir"), g.host, g.phrase(), fleet.Plural(len(prs.list), "PR"))
	g.cure(s, &f, len(runs.list))
	f.Cost = fmt.Sprintf("a chown of %s that hold %s", fleet.Plural(len(g.dirs), "dir"), entries.count("file"))
	if n := len(runs.list); n > 0 {
		k, _ := runs.list[0].RunKey()
		f.Cost += "; reruns: " + sizes.says(k.Repo, n)
	}
	return f
}

// cure says what to do about a state, and what was ruled out or is not known of it.
func (g *ownerGroup) cure(s *fleet.Snapshot, f *fleet.Finding, red int) {
	sw, _ := s.SweepOf(g.host)
	out := func(fact string) {
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "stat", Where: string(g.host), At: sw.At, Fact: fact})
	}
	switch g.state {
	case fleet.OwnerBorn:
		out("not deleted under their jobs: each was made as its job or a step of it began")
	case fleet.OwnerInside:
		out("the dirs themselves have the wanted owner: only what lies in them has not")
	case fleet.OwnerRecreated:
		f.Advice = "chown does not cure this: something deleted the dir under its job" + deleters(s, g.host)
		out("not born so: a chown would not last, the dir was made in the middle of its job")
		f.Evidence = append(f.Evidence, cleanerFacts(&sw, 4)...)
	case fleet.OwnerDoubtful:
		f.Advice = "the birth of the dir or its job is unknown: look, then chown the dir by name"
		f.Unknown = append(f.Unknown, fleet.Gap{What: "why " + fleet.Plural(len(g.dirs), "dir") + " have another owner", Why: g.whys[0].Why,
			Makes: "the jobs of their runs on this host, or a filesystem that keeps birth times"})
	}
	if g.state == fleet.OwnerBorn || g.state == fleet.OwnerInside {
		f.Suggested = []fleet.ActionID{fleet.ActionChown}
		if red > 0 {
			f.Suggested = append(f.Suggested, fleet.ActionRerun)
		}
	}
	if g.settling > 0 {
		out(fmt.Sprintf("%s younger than %s not counted: a job may be about to mend it", fleet.Plural(g.settling, "dir"), settleOwner))
	}
}

func (g *ownerGroup) phrase() string {
	owners := make([]string, 0, 2)
	for _, d := range g.dirs {
		if o := d.Owner.String(); !slices.Contains(owners, o) {
			owners = append(owners, o)
		}
	}
	switch g.state {
	case fleet.OwnerBorn:
		return "owned by " + strings.Join(owners, " and ") + " since birth"
	case fleet.OwnerRecreated:
		return "recreated after the job began"
	case fleet.OwnerInside:
		return "foreign entries inside"
	}
	return "wrong owner, birth unknown"
}

func ownerEvidence(s *fleet.Snapshot, d *fleet.Dir, v fleet.OwnerVerdict) fleet.Evidence {
	fact := fmt.Sprintf("owner %s, wanted %s: %s", d.Owner, d.Want, v.Why)
	if a := d.ForeignAncestors(); len(a) > 0 {
		fact += fmt.Sprintf("; above it %s is %s", a[0].Rel, a[0].Owner)
	}
	why := 2
	if v.State == fleet.OwnerBorn {
		why = 3
	}
	sw, _ := s.SweepOf(d.Host)
	return fleet.Evidence{What: "stat", Where: d.ID().String(), Fact: fact, At: sw.At, Why: why}
}

// deleters names what on the host deletes run dirs.
func deleters(s *fleet.Snapshot, h fleet.HostName) string {
	sw, ok := s.SweepOf(h)
	if !ok {
		return ""
	}
	var names []string
	for _, c := range sw.Cleaners {
		if c.Wired {
			names = append(names, c.Name)
		}
	}
	if len(names) == 0 {
		return "; no cleaner of this host is known to be wired: ask who ran rm"
	}
	return "; look at " + strings.Join(names, ", ")
}

// goneDirs reports run dirs that vanished under a live job.
func goneDirs(s *fleet.Snapshot) []fleet.Finding {
	byHost := make(map[fleet.HostName]*fleet.Finding)
	for _, g := range s.Gone {
		f := byHost[g.ID.Host]
		if f == nil {
			f = &fleet.Finding{Key: string(g.ID.Host) + "/missing", Severity: fleet.SeverityStop,
				Rests:  []fleet.SourceID{fleet.HostSource(g.ID.Host), {Kind: fleet.SourceJobs, Of: string(g.Run.Repo)}},
				Advice: "deleted under a live job; when docker makes it again it will be root's" + deleters(s, g.ID.Host),
				Cost:   "the live job's work is lost already; one run of it"}
			byHost[g.ID.Host] = f
		}
		f.Subjects = append(f.Subjects, fleet.OfDir(g.ID), fleet.OfRun(g.Run))
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "sweep", Where: g.ID.String(), Fact: "not there; last seen then, its job is in progress", At: g.LastSeen, Why: 4})
	}
	var out []fleet.Finding
	for h, f := range byHost {
		f.Summary = fmt.Sprintf("%s on %s: missing while its job runs", fleet.Plural(len(f.Evidence), "run dir"), h)
		sw, _ := s.SweepOf(h)
		f.RuledOut = []fleet.Evidence{{What: "sweep", Where: string(h), Fact: "not a root that is gone: its listing was whole", At: sw.At}}
		f.Evidence = append(f.Evidence, cleanerFacts(&sw, 4)...)
		slices.SortStableFunc(f.Subjects, func(a, b fleet.Subject) int { return cmp.Compare(a.Kind, b.Kind) })
		out = append(out, *f)
	}
	return out
}
