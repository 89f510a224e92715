package fleet

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"time"
)

// RecordKind tells audit records apart.
type RecordKind string

// The kinds. An intent without its result is a deed in doubt.
const (
	RecordIntent   RecordKind = "intent"
	RecordResult   RecordKind = "result"
	RecordVerified RecordKind = "verified"
)

// Record is one line of the audit log. Hash covers the line without itself, and
// Prev is the hash of the line before, so that an edit or a gap shows.
type Record struct {
	Seq      int64         `json:"seq"` // from 1
	At       time.Time     `json:"at"`
	Kind     RecordKind    `json:"kind"`
	Operator string        `json:"operator"`
	Console  string        `json:"console"` // version
	Action   ActionID      `json:"action"`
	Digest   string        `json:"digest"`     // of the confirmed plan
	Request  string        `json:"request_id"` // names the deed; the host logs the same id
	Step     *Step         `json:"step,omitempty"`
	Result   *StepResult   `json:"result,omitempty"`
	Verified *Verification `json:"verified,omitempty"`
	Prev     string        `json:"prev"`
	Hash     string        `json:"hash"`
}

// Seal returns the record with its place in the chain.
func (r Record) Seal(seq int64, prev string) (Record, error) {
	r.Seq, r.Prev, r.Hash = seq, prev, ""
	b, err := json.Marshal(r)
	if err != nil {
		return Record{}, fmt.Errorf("seal audit record %d: %w", seq, err)
	}
	sum := sha256.Sum256(b)
	r.Hash = hex.EncodeToString(sum[:])
	return r, nil
}

// Check returns an error where the record is not the sealed successor of prev.
func (r Record) Check(seq int64, prev string) error {
	if r.Seq != seq {
		return fmt.Errorf("audit record %d: numbered %d: a line is missing or was moved", seq, r.Seq)
	}
	if r.Prev != prev {
		return fmt.Errorf("audit record %d: does not follow the line before it", seq)
	}
	s, err := r.Seal(r.Seq, r.Prev)
	if err != nil {
		return err
	}
	if s.Hash != r.Hash {
		return fmt.Errorf("audit record %d: changed after it was written", seq)
	}
	return nil
}
