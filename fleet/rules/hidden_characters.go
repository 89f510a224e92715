package rules

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "hidden-characters",
	Title:    "hidden characters in a name",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"A name on screen is not the name it seems to be.",
			"It holds characters that are not drawn, or that change the order in which others are: control bytes, bidi overrides, zero-width ones.",
			"Git and GitHub take almost any bytes in a branch, a title or a label, and dirs are named after them.",
			"Somebody copied them from elsewhere unseen, or means to pass one thing off as another, or to steer a terminal.",
			"Names that machines act on must be plain; what is drawn is cleaned, and what is acted on never holds them.",
		},
		Cure:   "Rename the branch, title or runner in plain characters; let the dir be reaped by its run.",
		NoCure: "Copying the name into a shell to delete it: that is what such a name may wait for.",
		Cost:   "a rename; a new branch is a new cold build.",
	},
	Actor:    fleet.ActorAuthor,
	Requires: []fleet.SourceKind{fleet.SourceHost, fleet.SourcePulls, fleet.SourceRuns, fleet.SourceRunners},
	For:      time.Minute,
	Evaluate: hiddenCharacters,
})

// oddName is one name with hidden characters.
type oddName struct {
	what    string // title, branch, dir, runner
	name    string
	hidden  []string
	subject fleet.Subject
	alike   string // a plain name that looks the same; "" where there is none
}

// names is a group of names that could be taken for one another.
type names struct {
	key   string
	where string // of the summary
	at    time.Time
	rests fleet.SourceID
	odd   []oddName
}

// look adds a name where it holds something hidden.
func (g *names) look(what, name string, subject fleet.Subject) {
	if h := fleet.HiddenIn(name); h != nil {
		g.odd = append(g.odd, oddName{what: what, name: name, hidden: h, subject: subject})
	}
}

// compare marks odd names that look like another of the group.
func (g *names) compare(what, name string) {
	for i := range g.odd {
		o := &g.odd[i]
		if o.what == what && o.alike == "" && name != o.name && fleet.Seen(name) == fleet.Seen(o.name) {
			o.alike = fleet.Seen(name)
		}
	}
}

func hiddenCharacters(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	for _, repo := range s.Repos {
		out = hiddenFinding(out, pullNames(s, repo))
	}
	for from := 0; from < len(s.Dirs); {
		dirs := dirsFrom(s, from)
		out = hiddenFinding(out, dirNames(s, dirs))
		from += len(dirs)
	}
	var scopes []string
	for i := range s.Runners {
		if !slices.Contains(scopes, s.Runners[i].Scope) {
			scopes = append(scopes, s.Runners[i].Scope)
		}
	}
	for _, scope := range scopes {
		out = hiddenFinding(out, runnerGroup(s, scope))
	}
	return out
}

// pullNames looks at the open pull requests and live runs of a repository.
func pullNames(s *fleet.Snapshot, repo fleet.Repo) *names {
	g := &names{key: "pulls:" + string(repo), where: "pull requests of " + string(repo), rests: fleet.SourceID{Kind: fleet.SourcePulls, Of: string(repo)}}
	g.at = s.SourceOf(g.rests).ReadAt
	for i := range s.PullRequests {
		if p := &s.PullRequests[i]; p.Repo == repo && p.State == fleet.PROpen {
			g.look("title", p.Title, fleet.OfPR(p.Key()))
			g.look("branch", p.HeadRef, fleet.OfPR(p.Key()))
		}
	}
	if len(g.odd) == 0 {
		return g
	}
	for i := range s.PullRequests {
		if p := &s.PullRequests[i]; p.Repo == repo {
			g.compare("branch", p.HeadRef)
			g.compare("branch", p.BaseRef)
		}
	}
	for _, ref := range s.Policy.Protected {
		g.compare("branch", ref)
	}
	return g
}

func dirNames(s *fleet.Snapshot, dirs []fleet.Dir) *names {
	host := dirs[0].Host
	g := &names{key: "dirs:" + string(host), where: "run dirs of " + string(host), rests: fleet.HostSource(host)}
	g.at = s.SourceOf(g.rests).ReadAt
	for i := range dirs {
		if h := fleet.HiddenIn(dirs[i].Path.Rel()); h != nil {
			g.odd = append(g.odd, oddName{what: "dir", name: dirs[i].Path.Rel(), hidden: h, subject: fleet.OfDir(dirs[i].ID())})
		}
	}
	for i := range dirs {
		if len(g.odd) == 0 {
			break
		}
		g.compare("dir", dirs[i].Path.Rel())
	}
	return g
}

func runnerGroup(s *fleet.Snapshot, scope string) *names {
	g := &names{key: "runners:" + scope, where: "runners of " + scope, rests: fleet.SourceID{Kind: fleet.SourceRunners, Of: scope}}
	g.at = s.SourceOf(g.rests).ReadAt
	for i := range s.Runners {
		r := &s.Runners[i]
		if r.Scope != scope || fleet.HiddenIn(r.Name) == nil {
			continue
		}
		subject := fleet.OfSource(g.rests)
		if h, ok := s.HostOfRunner(r.Name); ok {
			subject = fleet.OfHost(h)
		}
		g.look("runner", r.Name, subject)
	}
	for i := range s.Runners {
		if len(g.odd) > 0 && s.Runners[i].Scope == scope {
			g.compare("runner", s.Runners[i].Name)
		}
	}
	return g
}

func hiddenFinding(out []fleet.Finding, g *names) []fleet.Finding {
	if len(g.odd) == 0 {
		return out
	}
	f := fleet.Finding{Key: g.key, Severity: fleet.SeverityInfo, Rests: []fleet.SourceID{g.rests},
		Summary: fmt.Sprintf("%s with hidden characters in %s", fleet.Plural(len(g.odd), "name"), g.where),
		Advice:  "rename in plain characters; type such a name, never copy it: nothing andon does takes a path that holds one"}
	var about subjects
	alike := 0
	slices.SortStableFunc(g.odd, func(a, b oddName) int { return cmp.Compare(b.alike, a.alike) }) // those that look like others first
	for _, o := range g.odd {
		about.add(o.subject)
		fact := fmt.Sprintf("%s %q holds %s", o.what, fleet.Seen(o.name), strings.Join(o.hidden, ", "))
		why := 2
		if o.alike != "" {
			alike++
			why = 4
			fact += ": it looks like another one of that name"
		}
		if len(f.Evidence) < 6 {
			f.Evidence = append(f.Evidence, fleet.Evidence{What: o.what, Where: fleet.Seen(o.subject.String()), Fact: fact, At: g.at, Why: why})
		}
	}
	if alike > 0 {
		f.Severity = fleet.SeverityWarn
		f.Summary += fmt.Sprintf(", %d of which looks like another one", alike)
	} else {
		f.RuledOut = []fleet.Evidence{{What: "names", Where: g.where, Fact: "none of them looks like another name of its kind", At: g.at}}
	}
	f.Subjects = about.list
	slices.SortStableFunc(f.Subjects, func(a, b fleet.Subject) int { return cmp.Compare(a.Kind, b.Kind) })
	return append(out, f)
}
