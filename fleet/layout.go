package fleet

import (
	"fmt"
	"strconv"
	"strings"
)

// DefaultLayout is the layout of the field: one dir per run below its ref.
const DefaultLayout = "{root}/{repo}-ci/{ref}/run-{run_id}"

// Layout says how run dirs are named below a root. The zero Layout is
// DefaultLayout. It always recognises the other forms of the field beside its
// own (see Form), because old eras leave their dirs on disk.
type Layout struct {
	repoPrefix, repoSuffix string // around {repo}
	runPrefix              string // before {run_id}
	custom                 bool
}

// ParseLayout reads a template of exactly four parts:
// {root}/<prefix>{repo}<suffix>/{ref}/<prefix>{run_id}. The empty string is
// DefaultLayout.
func ParseLayout(s string) (Layout, error) {
	if s == "" {
		s = DefaultLayout
	}
	bad := func(why string) (Layout, error) {
		return Layout{}, fmt.Errorf("layout %q: %s; want for example %s", s, why, DefaultLayout)
	}
	parts := strings.Split(s, "/")
	if len(parts) != 4 || parts[0] != "{root}" || parts[2] != "{ref}" {
		return bad("want {root}/…{repo}…/{ref}/…{run_id}")
	}
	pre, suf, ok := strings.Cut(parts[1], "{repo}")
	if !ok {
		return bad("second part lacks {repo}")
	}
	run, rest, ok := strings.Cut(parts[3], "{run_id}")
	if !ok || rest != "" {
		return bad("last part must end with {run_id}")
	}
	if run == "" {
		return bad("last part needs letters before {run_id}: a bare number is also a pull request")
	}
	for _, lit := range []string{pre, suf, run} {
		if lit != "" && (strings.ContainsAny(lit, "{}") || !plainName("x"+lit)) {
			return bad("literal text may only hold A-Z a-z 0-9 . _ - + @ =")
		}
	}
	l := Layout{repoPrefix: pre, repoSuffix: suf, runPrefix: run, custom: true}
	if l == (Layout{}).orDefault() {
		return Layout{}, nil // one spelling of the default, so that layouts compare
	}
	return l, nil
}

// String returns the template.
func (l Layout) String() string {
	l = l.orDefault()
	return "{root}/" + l.repoPrefix + "{repo}" + l.repoSuffix + "/{ref}/" + l.runPrefix + "{run_id}"
}

// MarshalText writes the template.
func (l Layout) MarshalText() ([]byte, error) { return []byte(l.String()), nil }

// UnmarshalText reads a template.
func (l *Layout) UnmarshalText(b []byte) error {
	v, err := ParseLayout(string(b))
	if err != nil {
		return err
	}
	*l = v
	return nil
}

// RunPrefix returns the literal before the run id, "run-" by default. The sweep
// looks for it to find run dirs under refs of any depth.
func (l Layout) RunPrefix() string { return l.orDefault().runPrefix }

func (l Layout) orDefault() Layout {
	if l.custom {
		return l
	}
	return Layout{repoSuffix: "-ci", runPrefix: "run-", custom: true}
}

// parse recognises the forms. Anything it is not sure of is FormUnrecognised.
func (l Layout) parse(comps []string) Place {
	l = l.orDefault()
	if p, ok := parseWork(comps); ok {
		return p
	}
	if repo, ok := strings.CutPrefix(comps[0], "sovereign-ci-"); ok && repo != "" && len(comps) == 2 {
		return withRef(Place{Form: FormRefOnly, Repo: repo}, comps[1:])
	}
	if comps[0] == "cargo-ci" && len(comps) >= 3 && comps[1] == "registry" {
		return withRef(Place{Form: FormRefOnly, Repo: "cargo"}, comps[2:])
	}
	repo, ok := l.repo(comps[0])
	if !ok {
		return Place{}
	}
	return l.parseRepo(repo, comps[1:])
}

func (l Layout) repo(c string) (string, bool) {
	r, ok := strings.CutPrefix(c, l.repoPrefix)
	if !ok {
		return "", false
	}
	r, ok = strings.CutSuffix(r, l.repoSuffix)
	return r, ok && r != ""
}

// parseWork recognises runners' own work folders (forms 1 and 11).
func parseWork(comps []string) (Place, bool) {
	for i, c := range comps {
		if c != "_work" {
			continue
		}
		p := Place{Form: FormRunnerWork}
		if i > 0 && strings.HasPrefix(comps[i-1], "eph-") {
			p.Form = FormEphemeral
		}
		if i+1 < len(comps) && !strings.HasPrefix(comps[i+1], "_") {
			p.Repo = comps[i+1]
		}
		return p, true
	}
	return Place{}, false
}

// parseRepo recognises what lies below a repository's folder.
func (l Layout) parseRepo(repo string, rest []string) Place {
	run := -1
	for i, c := range rest {
		if _, _, ok := l.runName(c); ok {
			run = i
			break
		}
	}
	switch {
	case run >= 0 && run == len(rest)-1:
		return l.parseRun(repo, rest[:run], rest[run])
	case run >= 0:
		return Place{} // below another run dir: never a dir of its own
	case len(rest) == 1 && isProfile(rest[0]):
		return Place{Form: FormSharedOrphan, Repo: repo}
	case len(rest) == 2 && isProfile(rest[1]):
		if p := withRef(Place{Form: FormPRShared, Repo: repo}, rest[:1]); p.PR > 0 {
			return p
		}
	}
	return Place{}
}

func (l Layout) parseRun(repo string, ref []string, name string) Place {
	id, suffix, _ := l.runName(name)
	p := withRef(Place{Form: FormRun, Repo: repo, RunID: id, Suffix: suffix}, ref)
	switch {
	case len(ref) == 0:
		p.Form = FormEmptyRef
	case p.SHA != "":
		p.Form = FormQueueRun
	case ref[0] == "gh-readonly-queue":
		return Place{} // a queue ref that names no pull request
	case p.Suffix != "":
		p.Form = FormRunSuffix
	case p.Shard > 0:
		p.Form = FormShard
	case p.PR == 0:
		p.Form = FormBranchRun
	}
	return p
}

// runName reads run-<ID> and run-<ID>-<suffix>. Ids are positive and carry no
// leading zero, so one run has one spelling.
func (l Layout) runName(c string) (RunID, string, bool) {
	s, ok := strings.CutPrefix(c, l.runPrefix)
	if !ok {
		return 0, "", false
	}
	digits, suffix, dash := strings.Cut(s, "-")
	if dash && suffix == "" {
		return 0, "", false
	}
	n, ok := positive(digits, 63)
	return RunID(n), suffix, ok
}

// withRef fills ref, pull request, shard and sha from the ref's components.
func withRef(p Place, ref []string) Place {
	p.Ref = strings.Join(ref, "/")
	if len(ref) >= 3 && ref[0] == "gh-readonly-queue" {
		pr, sha, shard, ok := queueName(ref[len(ref)-1])
		if ok {
			p.PR, p.SHA, p.Shard = pr, sha, shard
		}
		return p
	}
	if len(ref) != 1 {
		return p
	}
	name := ref[0]
	if head, s, ok := strings.Cut(name, "-s"); ok {
		if n, ok := positive(s, 31); ok {
			if pr, ok := positive(head, 31); ok {
				p.PR, p.Shard = int(pr), int(n)
				return p
			}
		}
	}
	if n, ok := positive(name, 31); ok {
		p.PR = int(n)
	}
	return p
}

// QueuePR reads the pull request number out of a merge queue branch,
// gh-readonly-queue/<base>/pr-<N>-<sha>.
func QueuePR(branch string) (int, bool) {
	if !strings.HasPrefix(branch, "gh-readonly-queue/") {
		return 0, false
	}
	pr, _, _, ok := queueName(branch[strings.LastIndexByte(branch, '/')+1:])
	return pr, ok
}

// queueName reads pr-<N>-<sha>[-sK].
func queueName(s string) (pr int, sha string, shard int, ok bool) {
	s, ok = strings.CutPrefix(s, "pr-")
	if !ok {
		return 0, "", 0, false
	}
	num, rest, ok := strings.Cut(s, "-")
	n, good := positive(num, 31)
	if !ok || !good {
		return 0, "", 0, false
	}
	sha, k, cut := strings.Cut(rest, "-s")
	if cut {
		ks, good := positive(k, 31)
		if !good {
			return 0, "", 0, false
		}
		shard = int(ks)
	}
	if len(sha) < 7 || len(sha) > 64 || strings.Trim(sha, "0123456789abcdef") != "" {
		return 0, "", 0, false
	}
	return int(n), sha, shard, true
}

// isProfile reports whether a name is a cargo profile's output folder, which
// the shared eras left directly below a repository or a pull request.
func isProfile(s string) bool { return s == "debug" || s == "release" }

func positive(s string, bits int) (int64, bool) {
	if s == "" || s[0] == '0' || s[0] == '+' || s[0] == '-' {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, bits+1)
	return n, err == nil && n > 0
}
