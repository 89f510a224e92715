package fleet

import "time"

// AlertState is where an alert stands, in Prometheus's words and one of ours.
type AlertState string

// The states. Stale means: the source that would tell us is down.
const (
	AlertPending  AlertState = "pending"
	AlertFiring   AlertState = "firing"
	AlertStale    AlertState = "stale"
	AlertResolved AlertState = "resolved"
)

// Alert is a finding over time. It is a value; folding makes new ones.
type Alert struct {
	Finding               // the newest finding; the last one where stale or resolved
	State      AlertState `json:"state"`
	Since      time.Time  `json:"since"`             // first seen
	FiredAt    time.Time  `json:"fired_at,omitzero"` // when For was over
	SeenAt     time.Time  `json:"seen_at"`           // newest snapshot that saw it
	ResolvedAt time.Time  `json:"resolved_at,omitzero"`
	MutedBy    string     `json:"muted_by,omitempty"` // fingerprint of the cause
	AckedBy    string     `json:"acked_by,omitempty"`
	AckedAs    Extent     `json:"acked_as,omitzero"`   // how bad it was when somebody took it
	CameBack   string     `json:"came_back,omitempty"` // why the last acknowledgement holds no more
	Title      string     `json:"title"`
	Actor      Actor      `json:"actor,omitempty"`     // whose it is by its rule
	StaleWhy   string     `json:"stale_why,omitempty"` // which source is down
	// Times is how often it fired since FlapSince with less than ten minutes
	// between an end and the next beginning; it is 1 again once it has fired for
	// that long. Spread is the number of hosts and pull requests it named when
	// growth was last told.
	Times     int       `json:"times,omitempty"`
	FlapSince time.Time `json:"flap_since,omitzero"`
	Spread    int       `json:"spread,omitempty"`
}

// Lit reports whether the alert lights a lamp: firing or stale, with nothing
// that explains it away.
func (a Alert) Lit() bool {
	return (a.State == AlertFiring || a.State == AlertStale) && a.MutedBy == ""
}

// Held returns since when the alert's finding holds: by what was read where that
// tells, else since a snapshot first saw it.
func (a Alert) Held() time.Time {
	if !a.Began.IsZero() && a.Began.Before(a.Since) {
		return a.Began
	}
	return a.Since
}

// Owner is who has the alert: whoever acknowledged it, else whose it is by its
// rule. It is never empty: a lit lamp always has somebody to act.
func (a Alert) Owner() string {
	switch {
	case a.AckedBy != "":
		return a.AckedBy
	case a.Actor != "":
		return string(a.Actor)
	}
	return string(ActorOperator)
}

// clusterRule is the rule that tells a cluster of like failures, which is what
// the cord of an andon is pulled for.
const clusterRule RuleID = "same-failure"

// StopsTheLine reports whether the alert says to stop the line: many branches
// fail alike, and the cause is not in the code of any. It stands above all others.
func (a Alert) StopsTheLine() bool {
	return a.Rule == clusterRule && a.Severity == SeverityStop && a.Lit()
}

// Lamp is the colour of the andon.
type Lamp string

// The lamps. Unknown is never green.
const (
	LampGreen   Lamp = "green"
	LampYellow  Lamp = "yellow"
	LampRed     Lamp = "red"
	LampUnknown Lamp = "unknown"
)
