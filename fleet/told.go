package fleet

import "time"

// Told is one notice that reached its receiver, so that a restart, or another
// console of the same operator, does not tell it again.
type Told struct {
	At       time.Time   `json:"at"`
	Receiver string      `json:"receiver"` // as the console names it; never a whole address
	Group    string      `json:"group"`    // what the notice was about
	Alerts   []ToldAlert `json:"alerts"`
}

// ToldAlert is what a receiver knows of one alert.
type ToldAlert struct {
	Fingerprint string   `json:"fingerprint"`
	Standing    bool     `json:"standing"` // false: told that it is over
	Severity    Severity `json:"severity"`
	Spread      int      `json:"spread,omitempty"`
	Flaps       int      `json:"flaps,omitempty"`
}

// Receiver is a place notices go to, and how the newest one fared. Its failures
// are an alert of their own (rule notice-undelivered).
type Receiver struct {
	Name    string    `json:"name"` // never a whole address: that may be a secret
	Failing bool      `json:"failing"`
	Since   time.Time `json:"since,omitzero"`    // failing since
	Tries   int       `json:"tries,omitempty"`   // in vain since then
	Waiting int       `json:"waiting,omitempty"` // alerts that could not be told
	Err     string    `json:"error,omitempty"`   // foreign text possible
	Remedy  string    `json:"remedy,omitempty"`  // the next step for the operator
	At      time.Time `json:"at,omitzero"`       // of the newest try
}

// Standing returns the alerts that still stood after the last of some changes,
// oldest first: where an earlier console left off. Their state is what it was
// then; the next Fold says what became of them.
func Standing(changes []Transition) Board {
	var b Board
	last := make(map[string]Transition)
	var order []string
	for _, c := range changes {
		fp := c.Fingerprint()
		if _, known := last[fp]; !known {
			order = append(order, fp)
		}
		last[fp] = c
		if c.At.After(b.At) {
			b.At = c.At
		}
	}
	for _, fp := range order {
		if c := last[fp]; !c.Ends() {
			b.Alerts = append(b.Alerts, c.Alert)
		}
	}
	return b
}
