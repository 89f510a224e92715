package fleet

import (
	"fmt"
	"strings"
	"time"
)

// SubjectKind is the class of thing a finding or target is about.
type SubjectKind string

// The kinds.
const (
	SubjectHost   SubjectKind = "host"
	SubjectDisk   SubjectKind = "disk"
	SubjectDir    SubjectKind = "dir"
	SubjectPR     SubjectKind = "pr"
	SubjectRun    SubjectKind = "run"
	SubjectJob    SubjectKind = "job"
	SubjectSource SubjectKind = "source"
)

// Subject is one thing a finding is about, or an action's target. Only the
// fields of its kind are set; it is comparable.
type Subject struct {
	Kind SubjectKind `json:"kind"`
	Host HostName    `json:"host,omitempty"`
	Path string      `json:"path,omitempty"` // dir, or root of a disk
	Repo Repo        `json:"repo,omitempty"`
	PR   int         `json:"pr,omitempty"`
	Run  RunID       `json:"run_id,omitempty"`
	Job  int64       `json:"job_id,omitempty"`
	Name string      `json:"name,omitempty"` // of a source
}

// OfHost names a host.
func OfHost(h HostName) Subject { return Subject{Kind: SubjectHost, Host: h} }

// OfDisk names the filesystem of a host's root.
func OfDisk(h HostName, root string) Subject { return Subject{Kind: SubjectDisk, Host: h, Path: root} }

// OfDir names a run dir.
func OfDir(d DirID) Subject { return Subject{Kind: SubjectDir, Host: d.Host, Path: d.Path} }

// OfPR names a pull request.
func OfPR(k PRKey) Subject { return Subject{Kind: SubjectPR, Repo: k.Repo, PR: k.Number} }

// OfRun names a workflow run.
func OfRun(k RunKey) Subject { return Subject{Kind: SubjectRun, Repo: k.Repo, Run: k.ID} }

// OfJob names a job.
func OfJob(j Job) Subject { return Subject{Kind: SubjectJob, Repo: j.Repo, Run: j.RunID, Job: j.ID} }

// OfSource names a source.
func OfSource(id SourceID) Subject { return Subject{Kind: SubjectSource, Name: id.String()} }

// DirID returns the run dir a subject names.
func (s Subject) DirID() (DirID, bool) {
	return DirID{s.Host, s.Path}, s.Kind == SubjectDir
}

// RunKey returns the run a subject names; a job names its run.
func (s Subject) RunKey() (RunKey, bool) {
	return RunKey{s.Repo, s.Run}, s.Kind == SubjectRun || s.Kind == SubjectJob
}

// PRKey returns the pull request a subject names.
func (s Subject) PRKey() (PRKey, bool) {
	return PRKey{s.Repo, s.PR}, s.Kind == SubjectPR
}

// String returns the form that verbs take as a target, for example
// "dir:intel:/mnt/targets/x-ci/1792/run-5", "pr:acme/x#1792", "run:acme/x/5".
func (s Subject) String() string {
	switch s.Kind {
	case SubjectHost:
		return "host:" + string(s.Host)
	case SubjectDisk:
		return "disk:" + string(s.Host) + ":" + s.Path
	case SubjectDir:
		return "dir:" + string(s.Host) + ":" + s.Path
	case SubjectPR:
		return fmt.Sprintf("pr:%s#%d", s.Repo, s.PR)
	case SubjectRun:
		return fmt.Sprintf("run:%s/%d", s.Repo, s.Run)
	case SubjectJob:
		return fmt.Sprintf("job:%s/%d/%d", s.Repo, s.Run, s.Job)
	}
	return "source:" + s.Name
}

// ParseTarget reads what String writes for the kinds an action can take: host,
// disk, dir, pr and run.
func ParseTarget(t string) (Subject, error) {
	bad := func() (Subject, error) {
		return Subject{}, fmt.Errorf("target %q: want dir:HOST:/PATH, host:HOST, disk:HOST:/ROOT, pr:OWNER/REPO#N or run:OWNER/REPO/ID", t)
	}
	kind, rest, ok := strings.Cut(t, ":")
	if !ok || rest == "" {
		return bad()
	}
	switch SubjectKind(kind) {
	case SubjectHost:
		return OfHost(HostName(rest)), nil
	case SubjectDir, SubjectDisk:
		h, p, ok := strings.Cut(rest, ":")
		if !ok || h == "" || !strings.HasPrefix(p, "/") {
			return bad()
		}
		return Subject{Kind: SubjectKind(kind), Host: HostName(h), Path: strings.TrimRight(p, "/")}, nil
	case SubjectPR:
		r, n, ok := strings.Cut(rest, "#")
		num, good := positive(n, 31)
		repo, err := ParseRepo(r)
		if !ok || !good || err != nil {
			return bad()
		}
		return OfPR(PRKey{repo, int(num)}), nil
	case SubjectRun:
		i := strings.LastIndexByte(rest, '/')
		if i < 0 {
			return bad()
		}
		num, good := positive(rest[i+1:], 63)
		repo, err := ParseRepo(rest[:i])
		if !good || err != nil {
			return bad()
		}
		return OfRun(RunKey{repo, RunID(num)}), nil
	}
	return bad()
}

// Evidence is one fact a finding rests on: what was read, where and when.
type Evidence struct {
	What  string    `json:"what"`  // for example "stat", "log", "join"
	Where string    `json:"where"` // host:path, API path…
	Fact  string    `json:"fact"`  // foreign text possible
	At    time.Time `json:"at,omitzero"`
	// Why is the number, from 1, of the rule's why that the fact bears out; 0 where
	// it belongs to none in particular.
	Why int `json:"why,omitempty"`
}

// Gap is something a finding would like to know and does not.
type Gap struct {
	What  string `json:"what"`  // for example "live writers of 3 dirs"
	Why   string `json:"why"`   // why it is unknown; foreign text possible
	Makes string `json:"makes"` // what would make it known
}

// Finding is one thing a rule saw in one snapshot.
type Finding struct {
	Rule      RuleID     `json:"rule"`
	Severity  Severity   `json:"severity"`
	Key       string     `json:"key"` // tells findings of one rule apart, stable over snapshots
	Summary   string     `json:"summary"`
	Subjects  []Subject  `json:"subjects"`
	Evidence  []Evidence `json:"evidence"`
	Suggested []ActionID `json:"suggested"` // in order; empty where nothing andon can do cures it
	Advice    string     `json:"advice,omitempty"`
	Bytes     int64      `json:"bytes,omitempty"` // what the subjects hold, where known
	// Began is since when the finding holds by what was read (a job queued at four
	// has waited since four, whoever looks first at five); zero where nothing tells.
	// A rule's For counts from it, so that a single look can fire too.
	Began time.Time `json:"began,omitzero"`
	// RuledOut are the other causes that were looked for and are not it, each with
	// the fact that says so.
	RuledOut []Evidence `json:"ruled_out,omitempty"`
	Unknown  []Gap      `json:"unknown,omitempty"`
	Cost     string     `json:"cost,omitempty"` // what the cure costs here, in figures; the rule's Cost where empty
	// Causes narrows the rule's to those that can explain this finding, so that a
	// full disk does not mute a lost network of the same host; nil: all of the rule's.
	Causes []RuleID `json:"causes,omitempty"`
	// Rests lists the sources this finding's absence would have to be read
	// from: while one of them is not fresh the alert goes stale, not resolved.
	Rests []SourceID `json:"rests"`
}

// Fingerprint names the alert a finding belongs to.
func (f Finding) Fingerprint() string { return string(f.Rule) + "/" + f.Key }

// About reports whether the finding names the subject.
func (f Finding) About(s Subject) bool {
	for _, x := range f.Subjects {
		if x == s {
			return true
		}
	}
	return false
}
