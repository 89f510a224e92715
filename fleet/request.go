package fleet

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"
)

// HostProtocol is the version of what andon and andon-host say to each other.
// Both refuse any other.
const HostProtocol = 1

// MaxRequest bounds a request's JSON, in bytes.
const MaxRequest = 1 << 20

// Reason is why a host refused or failed a step, for code to decide on.
type Reason string

// The reasons.
const (
	ReasonChanged   Reason = "changed"    // not the dir that was shown: dev, inode, owner or mtime differ
	ReasonMissing   Reason = "missing"    // no such dir
	ReasonWriters   Reason = "writers"    // live writers
	ReasonUnknown   Reason = "unknown"    // something could not be looked at
	ReasonBusy      Reason = "busy"       // written to within the idle time
	ReasonMount     Reason = "mount"      // a mount point, or one lies below
	ReasonLink      Reason = "link"       // a symlink in the path: tampering or a moved tree
	ReasonNested    Reason = "nested"     // another run's dir lies below
	ReasonHardLink  Reason = "hard_link"  // a file is also linked from outside the tree
	ReasonPath      Reason = "path"       // the path does not pass the gate
	ReasonPolicy    Reason = "policy"     // the host's own file forbids it
	ReasonLocked    Reason = "locked"     // another operator is acting
	ReasonStopped   Reason = "stopped"    // the kill switch file is there, or stdin closed
	ReasonTaken     Reason = "taken"      // undo: the name is in use again
	ReasonTooEarly  Reason = "too_early"  // purge: within the undo window
	ReasonIO        Reason = "io"         // the kernel said no
	ReasonRunMoved  Reason = "run_moved"  // the run or pull request is not as shown
	ReasonGitHub    Reason = "github"     // GitHub could not be read or refused
	ReasonTransport Reason = "transport"  // the host could not be asked, or its answer was lost
	ReasonReadOnly  Reason = "read_only"  // the console is read-only
	ReasonAudit     Reason = "no_audit"   // the audit record could not be written
	ReasonNeeds     Reason = "needs"      // a step it needs did not end well
	ReasonRecent    Reason = "duplicate"  // this run and attempt was re-run already
	ReasonUnwritten Reason = "no_journal" // the host's journal could not be written
)

var reasons = []Reason{
	ReasonChanged, ReasonMissing, ReasonWriters, ReasonUnknown, ReasonBusy, ReasonMount, ReasonLink, ReasonNested,
	ReasonHardLink, ReasonPath, ReasonPolicy, ReasonLocked, ReasonStopped, ReasonTaken, ReasonTooEarly, ReasonIO,
	ReasonRunMoved, ReasonGitHub, ReasonTransport, ReasonReadOnly, ReasonAudit, ReasonNeeds, ReasonRecent,
	ReasonUnwritten,
}

// HostRequest asks andon-host to carry out steps below one root. It travels as
// a 4-byte big-endian length and JSON, so that no byte of it is parsed by a shell.
type HostRequest struct {
	Version  int           `json:"version"`
	ID       string        `json:"id"`       // names this request in both audit trails
	Operator string        `json:"operator"` // who, as the console knows them
	Console  string        `json:"console"`  // console version
	Digest   string        `json:"digest"`   // of the confirmed plan
	Reason   string        `json:"reason"`   // one line for the host's log
	Root     Root          `json:"root"`
	UndoFor  time.Duration `json:"undo_for_ns"`
	Steps    []Step        `json:"steps"`
}

// Frame returns the request as it goes to the host's standard input.
func (r HostRequest) Frame() ([]byte, error) {
	b, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("encode request %s: %w", r.ID, err)
	}
	if len(b) > MaxRequest {
		return nil, fmt.Errorf("encode request %s: %d bytes, more than %d: act on fewer dirs at once", r.ID, len(b), MaxRequest)
	}
	return append(binary.BigEndian.AppendUint32(make([]byte, 0, 4+len(b)), uint32(len(b))), b...), nil
}

// HostRecordKind tells the records of an answer apart.
type HostRecordKind string

// The kinds, in the order they come: one hello, any number of progress and
// step, one end that proves the answer is whole.
const (
	RecordHello    HostRecordKind = "hello"
	RecordProgress HostRecordKind = "progress"
	RecordStep     HostRecordKind = "step"
	RecordEnd      HostRecordKind = "end"
)

// HostRecord is one line of an answer.
type HostRecord struct {
	Kind    HostRecordKind `json:"kind"`
	Version int            `json:"version,omitempty"` // hello
	Build   string         `json:"build,omitempty"`   // hello: andon-host's version
	ID      string         `json:"id,omitempty"`      // hello: the request's
	Step    *StepResult    `json:"step,omitempty"`
	N       int            `json:"n,omitempty"`     // progress: step
	Done    int64          `json:"done,omitempty"`  // progress: entries
	Steps   int            `json:"steps,omitempty"` // end: number of step records
	Error   string         `json:"error,omitempty"` // end: why nothing more was tried
}

// Errors of an answer.
var (
	ErrAnswerTruncated = errors.New("answer of andon-host is cut off: what it did is unknown until the host is swept again")
	ErrAnswerVersion   = errors.New("andon-host speaks another protocol version")
)

// ParseAnswer reads a whole answer. Where it is cut off the step results that
// did arrive are returned beside ErrAnswerTruncated.
func ParseAnswer(b []byte) ([]StepResult, error) {
	var out []StepResult
	for n := 0; len(b) > 0; n++ {
		line, rest, whole := bytes.Cut(b, []byte{'\n'})
		b = rest
		if !whole {
			return out, ErrAnswerTruncated
		}
		var r HostRecord
		if err := json.Unmarshal(line, &r); err != nil {
			return out, fmt.Errorf("read answer record %d: %w", n+1, err)
		}
		switch r.Kind {
		case RecordHello:
			if r.Version != HostProtocol {
				return nil, fmt.Errorf("%w: %d, this andon speaks %d", ErrAnswerVersion, r.Version, HostProtocol)
			}
		case RecordStep:
			if r.Step == nil {
				return out, fmt.Errorf("read answer record %d: step without result", n+1)
			}
			if err := r.Step.Validate(); err != nil {
				return out, fmt.Errorf("read answer record %d: %w", n+1, err)
			}
			out = append(out, *r.Step)
		case RecordEnd:
			if r.Steps != len(out) {
				return out, ErrAnswerTruncated
			}
			if r.Error != "" {
				return out, fmt.Errorf("andon-host: %s", r.Error)
			}
			return out, nil
		}
	}
	return out, ErrAnswerTruncated
}
