package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
)

// Verb is what one step does.
type Verb string

// The verbs. The first four are andon-host's, the last GitHub's.
const (
	VerbChown Verb = "chown"
	VerbReap  Verb = "reap"
	VerbUndo  Verb = "undo"
	VerbPurge Verb = "purge"
	VerbRerun Verb = "rerun_failed"
)

// OnHost reports whether a host carries the verb out.
func (v Verb) OnHost() bool { return v != VerbRerun }

// Expect is what must still be true when a step acts. The host checks its part
// on open descriptors in the same call that acts; the executor re-reads
// GitHub's part at most ten seconds before.
type Expect struct {
	Dev       uint64        `json:"dev,omitempty"`
	Inode     uint64        `json:"inode,omitempty"`
	Owner     Owner         `json:"owner"`
	MTimeNS   int64         `json:"mtime_ns,omitempty"` // 0: not checked (a live dir's changes)
	MinIdle   time.Duration `json:"min_idle_ns,omitempty"`
	NoWriters bool          `json:"no_writers,omitempty"`

	Run        RunKey  `json:"run,omitzero"`
	RunAttempt int     `json:"run_attempt,omitempty"`
	RunStatus  Status  `json:"run_status,omitempty"`
	PR         PRKey   `json:"pr,omitzero"`
	PRState    PRState `json:"pr_state,omitempty"` // open or not; empty: not checked
}

// Step is one deed on one object.
type Step struct {
	N          int         `json:"n"` // from 1
	Verb       Verb        `json:"verb"`
	Host       HostName    `json:"host,omitempty"`
	Root       Root        `json:"root,omitzero"`
	Components []string    `json:"components,omitempty"` // below the root
	From       []uint32    `json:"from,omitempty"`       // chown: only entries of these uids
	Trash      string      `json:"trash,omitempty"`      // undo, purge: name below the trash
	Now        bool        `json:"now,omitempty"`        // purge: within the undo window too
	Run        RunKey      `json:"target_run,omitzero"`  // rerun
	Needs      []int       `json:"needs,omitempty"`      // steps that must be done first
	Expect     Expect      `json:"expect"`
	Bytes      Fact[int64] `json:"bytes"`
	Subject    Subject     `json:"subject"`
	Says       string      `json:"says"` // one line for the preview
}

// Path returns the absolute path a host step acts on.
func (s Step) Path() string {
	p := s.Root.Path
	for _, c := range s.Components {
		p += "/" + c
	}
	return p
}

// Kept is an object that was asked for and is left alone, and why.
type Kept struct {
	Subject Subject     `json:"subject"`
	Why     []string    `json:"why"`
	Bytes   Fact[int64] `json:"bytes"`
	// Until is when waiting alone would make it eligible; zero where it would not.
	Until time.Time `json:"until,omitzero"`
}

// DiskEffect is a filesystem before and after the plan.
type DiskEffect struct {
	Host    HostName `json:"host"`
	Root    string   `json:"root"`
	Total   int64    `json:"total_bytes"`
	Free    int64    `json:"free_bytes"`
	Frees   int64    `json:"frees_bytes"`
	Unknown int      `json:"unknown_dirs"` // dirs whose size nobody measured
}

// Plan is a remediation as a value: shown, confirmed by its digest, then
// carried out. An empty plan does nothing, and says why in Kept.
type Plan struct {
	Action ActionID     `json:"action"`
	Title  string       `json:"title"`
	MadeAt time.Time    `json:"made_at"`
	Steps  []Step       `json:"steps"`
	Kept   []Kept       `json:"kept,omitempty"`
	Disks  []DiskEffect `json:"disks,omitempty"`
	Notes  []string     `json:"notes,omitempty"` // costs, guards, warnings
	Undo   string       `json:"undo"`            // what takes it back, or that nothing does
	Typed  string       `json:"typed,omitempty"` // what must be typed to confirm; empty: y
	Alert  string       `json:"alert,omitempty"` // fingerprint of the alert it answers
}

// ErrStale refuses a plan that is too old, or is not the one that was shown.
var ErrStale = errors.New("plan is not the one that was shown")

// Digest names exactly this plan: SHA-256 over its canonical JSON, in hex.
func (p Plan) Digest() string {
	b, err := json.Marshal(p)
	if err != nil { // cannot happen: the plan is plain data
		return ""
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Empty reports whether the plan does nothing.
func (p Plan) Empty() bool { return len(p.Steps) == 0 }

// Bytes adds up what the steps' objects hold. Dirs nobody measured count as
// nothing and are returned as a number.
func (p Plan) Bytes() (sum int64, unmeasured int) {
	for _, s := range p.Steps {
		if b, ok := s.Bytes.Get(); ok {
			sum += b
		} else if s.Verb.OnHost() {
			unmeasured++
		}
	}
	return sum, unmeasured
}

// Validate checks a plan read from a file before anything rests on it: every
// path passes the gate again and every step's needs come before it.
func (p Plan) Validate() error {
	for i, s := range p.Steps {
		if s.N != i+1 {
			return fmt.Errorf("plan step %d: numbered %d", i+1, s.N)
		}
		for _, n := range s.Needs {
			if n < 1 || n >= s.N {
				return fmt.Errorf("plan step %d: needs step %d, which does not come before it", s.N, n)
			}
		}
		if err := s.validate(); err != nil {
			return fmt.Errorf("plan step %d: %w", s.N, err)
		}
	}
	return nil
}

func (s Step) validate() error {
	switch s.Verb {
	case VerbRerun:
		if s.Run.ID <= 0 || s.Run.Repo == "" {
			return errors.New("rerun without a run")
		}
		if s.Subject != (Subject{}) && s.Subject != OfRun(s.Run) {
			return fmt.Errorf("it is about %s and would rerun %s", s.Subject, s.Run)
		}
		return nil
	case VerbChown, VerbReap, VerbUndo, VerbPurge:
	default:
		return fmt.Errorf("verb %q is not known", s.Verb)
	}
	if s.Host == "" {
		return errors.New("no host")
	}
	if root, err := CleanRoot(s.Root.Path); err != nil || root != s.Root.Path {
		return fmt.Errorf("root %q is not a clean root", s.Root.Path)
	}
	if s.Verb == VerbPurge || s.Verb == VerbUndo {
		if err := checkTrash(s.Trash); err != nil {
			return err
		}
	}
	p, err := s.Root.Gate(s.Components)
	if err != nil {
		return err
	}
	if s.Subject != (Subject{}) && s.Subject != OfDir(DirID{Host: s.Host, Path: p.String()}) {
		return fmt.Errorf("it is about %s and would act on %s", s.Subject, p)
	}
	switch s.Verb {
	case VerbReap:
		return s.Expect.provesDead(p.Place())
	case VerbChown:
		if slices.ContainsFunc(s.From, func(uid uint32) bool { return uid != RootOwner.UID }) {
			return fmt.Errorf("chown from uids %v: only root's entries are ever changed", s.From)
		}
	}
	return nil
}

// provesDead refuses an Expect that leaves out part of the reap predicate: what
// is not expected is not checked again when the step acts. It must be about the
// run and the pull request that the path names.
func (e Expect) provesDead(at Place) error {
	switch {
	case !at.Form.HasRun():
		return fmt.Errorf("reap of form %s, which belongs to no single run", at.Form)
	case e.Inode == 0 || e.Dev == 0:
		return errors.New("reap without the inode that was shown")
	case !e.NoWriters || e.MinIdle <= 0:
		return errors.New("reap without a look for writers and an idle time")
	case e.Run.ID != at.RunID || e.Run.Repo.Name() != at.Repo || e.RunAttempt <= 0 || e.RunStatus != StatusCompleted:
		return fmt.Errorf("reap of a dir of run %d of %s on the word of run %s, attempt %d, %s", at.RunID, at.Repo, e.Run, e.RunAttempt, e.RunStatus)
	case at.PR > 0 && (e.PR != PRKey{e.Run.Repo, at.PR} || e.PRState == ""):
		return fmt.Errorf("reap of a dir of #%d on the word of %s, %s", at.PR, e.PR, e.PRState)
	}
	return nil
}

// Gate passes components through Parse and refuses what may not be acted on.
func (r Root) Gate(components []string) (DirPath, error) {
	rel := ""
	for i, c := range components {
		if err := checkComponent(c); err != nil {
			return DirPath{}, err
		}
		if i > 0 {
			rel += "/"
		}
		rel += c
	}
	p, err := r.Parse(rel)
	if err != nil {
		return DirPath{}, err
	}
	return p, p.Actionable()
}
