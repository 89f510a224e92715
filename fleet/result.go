package fleet

import (
	"fmt"
	"slices"
	"strconv"
	"time"
)

// Outcome is how a step ended.
type Outcome string

// The outcomes. Unknown means the answer was lost: the world must be read again
// before anything is repeated.
const (
	OutcomeDone      Outcome = "done"
	OutcomeUnchanged Outcome = "unchanged" // nothing needed doing
	OutcomeRefused   Outcome = "refused"   // a guard said no; nothing was touched
	OutcomeFailed    Outcome = "failed"
	OutcomeUnknown   Outcome = "unknown"
	OutcomeSkipped   Outcome = "skipped" // a step it needs was not done
)

var outcomes = []Outcome{OutcomeDone, OutcomeUnchanged, OutcomeRefused, OutcomeFailed, OutcomeUnknown, OutcomeSkipped}

// OK reports whether the step's purpose holds.
func (o Outcome) OK() bool { return o == OutcomeDone || o == OutcomeUnchanged }

// StepResult is how one step ended.
type StepResult struct {
	N       int       `json:"n"`
	Outcome Outcome   `json:"outcome"`
	Reason  Reason    `json:"reason,omitempty"` // why refused or failed
	Detail  string    `json:"detail,omitempty"` // for people; foreign text possible
	Writers []Writer  `json:"writers,omitempty"`
	Before  int64     `json:"before,omitempty"`  // chown: entries of the From uids before
	Changed int64     `json:"changed,omitempty"` // chown: entries changed; purge: entries deleted
	After   int64     `json:"after,omitempty"`   // chown: entries of the From uids left
	Special int64     `json:"special,omitempty"` // chown: devices, sockets, FIFOs left alone
	Bytes   int64     `json:"bytes,omitempty"`
	Trash   string    `json:"trash,omitempty"`     // reap: name below the trash
	Until   time.Time `json:"undo_until,omitzero"` // reap: end of the undo window, host clock
}

// Validate refuses a result that no andon-host of ours writes. A host's answer is
// foreign text: a word of its own would reach the screen and the audit log, and
// a trash name of its own a later plan.
func (r StepResult) Validate() error {
	if !slices.Contains(outcomes, r.Outcome) {
		return fmt.Errorf("result of step %d: outcome %s is not known", r.N, strconv.QuoteToASCII(string(r.Outcome)))
	}
	if r.Reason != "" && !slices.Contains(reasons, r.Reason) {
		return fmt.Errorf("result of step %d: reason %s is not known", r.N, strconv.QuoteToASCII(string(r.Reason)))
	}
	if r.Trash == "" {
		return nil
	}
	if err := checkTrash(r.Trash); err != nil {
		return fmt.Errorf("result of step %d: %w", r.N, err)
	}
	return nil
}

// Verification is what a fresh sweep said about a step after the deed.
type Verification struct {
	N    int    `json:"n"`
	OK   bool   `json:"ok"`
	Says string `json:"says"`
}

// Result is how a plan ended.
type Result struct {
	Digest   string         `json:"digest"`
	Action   ActionID       `json:"action"`
	Started  time.Time      `json:"started"`
	Ended    time.Time      `json:"ended"`
	Steps    []StepResult   `json:"steps"`
	Verified []Verification `json:"verified"`
}

// Counts returns how many steps ended well, were refused or skipped, and
// failed or are in doubt.
func (r Result) Counts() (ok, refused, failed int) {
	for _, s := range r.Steps {
		switch {
		case s.Outcome.OK():
			ok++
		case s.Outcome == OutcomeRefused || s.Outcome == OutcomeSkipped:
			refused++
		default:
			failed++
		}
	}
	return ok, refused, failed
}

// OK reports whether every step ended well and every verification agreed. "exit
// 0" is not success.
func (r Result) OK() bool {
	for _, s := range r.Steps {
		if !s.Outcome.OK() {
			return false
		}
	}
	for _, v := range r.Verified {
		if !v.OK {
			return false
		}
	}
	return true
}
