package fleet

import "time"

// RuleID is a rule's stable name, for example "run-dir-owner".
type RuleID string

// Severity is how loud a finding is.
type Severity string

// The severities: stop is a red lamp (the line has stopped), warn an amber one
// (help wanted), info is shown and lights nothing.
const (
	SeverityStop Severity = "stop"
	SeverityWarn Severity = "warn"
	SeverityInfo Severity = "info"
)

// Rank orders severities, worst first.
func (s Severity) Rank() int {
	switch s {
	case SeverityStop:
		return 0
	case SeverityWarn:
		return 1
	}
	return 2
}

// RuleDoc explains a rule to somebody woken at night.
type RuleDoc struct {
	Whys   []string // the five whys, from what is seen to what to change
	Cure   string   // what cures it
	NoCure string   // what looks like a cure and is not
}

// Rule is a pure check of a snapshot.
type Rule struct {
	ID       RuleID
	Title    string
	Severity Severity // the worst it raises
	Doc      RuleDoc
	Requires []SourceKind  // kinds of source it reads
	Causes   []RuleID      // rules whose firing alerts explain this one's: they mute it where their subjects meet
	For      time.Duration // how long a finding must hold before it fires
	Evaluate func(*Snapshot) []Finding
}
