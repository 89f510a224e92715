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
	Cost   string   // what the cure costs
}

// Actor is who has to act on an alert where no key of the console cures it.
type Actor string

// The actors.
const (
	ActorOperator Actor = "operator"        // whoever is on call, with a key of the console
	ActorHost     Actor = "host admin"      // whoever keeps the runner hosts
	ActorWorkflow Actor = "workflow author" // whoever may change the workflow, image or settings of the repository
	ActorAuthor   Actor = "author"          // of the pull request
)

// Rule is a pure check of a snapshot.
type Rule struct {
	ID       RuleID
	Title    string
	Severity Severity // the worst it raises
	Doc      RuleDoc
	Actor    Actor        // whose alert it is: a lit lamp always has somebody to act
	Requires []SourceKind // kinds of source it reads
	Causes   []RuleID     // rules whose firing alerts explain this one's: they mute it where their subjects meet
	// CausesFrom is the least severity from which a cause mutes: a warning of the
	// cause may leave room for a warning of this rule. Empty: its own is enough.
	CausesFrom Severity
	For        time.Duration // how long a finding must hold before it fires
	// Keep is how long an alert goes on firing when its finding is gone, where what
	// the rule goes by wavers about a threshold (Prometheus's keep_firing_for).
	Keep     time.Duration
	Evaluate func(*Snapshot) []Finding
}
