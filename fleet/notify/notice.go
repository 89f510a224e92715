package notify

import (
	"time"

	"andon/fleet"
)

// Reason is why a notice is sent.
type Reason string

// The reasons.
const (
	ReasonRaised   Reason = "raised"   // at least one alert is new to the receiver
	ReasonChanged  Reason = "changed"  // worse, better, larger, or flapping
	ReasonResolved Reason = "resolved" // at least one is over, and none is new
	ReasonRepeat   Reason = "repeat"   // nothing changed, and nobody acknowledged it
)

// Item is one alert of a notice.
type Item struct {
	Alert    fleet.Alert
	Standing bool // false: it is over
	New      bool // the receiver did not know it
	Was      fleet.Severity
}

// Notice is what one receiver is told at once: all that stands of one rule on
// one set of hosts, and what of it ended since the last notice.
type Notice struct {
	Group  string // names the group; the same from notice to notice
	Rule   fleet.RuleID
	Hosts  []fleet.HostName
	Reason Reason
	Items  []Item // standing ones first, worst first
	Cut    int    // items left out because there were too many
	At     time.Time
}

// Standing counts the items that still stand.
func (n Notice) Standing() int {
	c := 0
	for _, i := range n.Items {
		if i.Standing {
			c++
		}
	}
	return c
}

// Severity returns the worst of what stands, or of all where nothing does.
func (n Notice) Severity() fleet.Severity {
	worst := fleet.SeverityInfo
	standing := n.Standing() > 0
	for _, i := range n.Items {
		if i.Standing == standing && i.Alert.Severity.Rank() < worst.Rank() {
			worst = i.Alert.Severity
		}
	}
	return worst
}

// told is what the receiver knows once the notice has arrived.
func (n Notice) told(receiver string, at time.Time) fleet.Told {
	t := fleet.Told{At: at, Receiver: receiver, Group: n.Group}
	for _, i := range n.Items {
		t.Alerts = append(t.Alerts, fleet.ToldAlert{Fingerprint: i.Alert.Fingerprint(), Standing: i.Standing,
			Severity: i.Alert.Severity, Spread: i.Alert.Spread, Flaps: i.Alert.Flaps()})
	}
	return t
}
