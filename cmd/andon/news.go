package main

import (
	"fmt"
	"slices"
	"time"

	"andon/fleet"
	"andon/fleet/notify"
	"andon/fleet/poll"
)

// A console that fills its picture while it runs tells nothing of the first
// moments: what a dir's run or pull request is comes a reading later than the dir,
// and a rule that lacks it says what is not so. quietFor is a little more than the
// pause between two readings; settleWithin is for sources that never answer.
const (
	quietFor     = 20 * time.Second
	settleWithin = time.Minute
)

// news is what is told of boards as they move on: to the journal, to the
// receivers of notices, and to whoever listens. It begins where the journal says
// that the last console left off, so that a restart tells nothing twice. Its
// methods are called with the session's lock held, and do not block for long.
type news struct {
	journal  *poll.Journal
	past     poll.Past
	rules    []fleet.Rule
	notifier *notify.Notifier // nil: nobody is told
	listen   func(fleet.Board, []fleet.Transition)
	say      func(string) // what the operator must know

	known   fleet.Board   // what the last changes led to
	begun   time.Time     // of the first board; zero before
	quiet   time.Duration // from begun on
	settled bool          // boards are whole enough to be told
	unsaid  bool          // the journal could not be written, and that was said
}

// resume returns the board to go on from: at the first snapshot the alerts that
// stood when the last console ended, as far as this one still looks at them.
// The next Fold keeps those it finds, and calls those it cannot see stale.
func (n *news) resume(b fleet.Board, snap *fleet.Snapshot) fleet.Board {
	if !n.begun.IsZero() {
		return b
	}
	n.begun = time.Now()
	watched := func(a fleet.Alert) bool {
		return slices.ContainsFunc(n.rules, func(r fleet.Rule) bool { return r.ID == a.Rule }) && len(a.Rests) > 0 &&
			!slices.ContainsFunc(a.Rests, func(id fleet.SourceID) bool {
				return !slices.ContainsFunc(snap.Sources, func(s fleet.Source) bool { return s.ID == id })
			})
	}
	stood := fleet.Standing(n.past.Changes)
	stood.Alerts = slices.DeleteFunc(stood.Alerts, func(a fleet.Alert) bool { return !watched(a) })
	n.known = stood
	return stood
}

// follow tells what changed with a new board, once boards are whole enough; read
// says that every source has been read.
func (n *news) follow(b fleet.Board, read bool) {
	if age := time.Since(n.begun); age >= settleWithin || read && age >= n.quiet {
		n.settled = true
	}
	if n.settled {
		n.tell(b, time.Time{})
	}
}

// tell tells what changed with a board, at the time of its snapshot or, where that
// is not what changed it, at the given one.
func (n *news) tell(b fleet.Board, at time.Time) {
	changes := fleet.Transitions(n.known, b)
	for i := range changes {
		if !at.IsZero() {
			changes[i].At = at
		}
	}
	n.known = b
	n.write(n.journal.Changed(changes))
	if n.notifier != nil {
		n.notifier.Observe(b)
	}
	if n.listen != nil {
		n.listen(b, changes)
	}
}

// write says once that the journal cannot be written; it stops nothing.
func (n *news) write(err error) {
	if err == nil || n.unsaid {
		return
	}
	n.unsaid = true
	n.say(fmt.Sprintf("%v; andon report will lack what happens from here on", err))
}

// lastKnown returns the newest state of every alert that the journal tells of.
func (n *news) lastKnown() map[string]fleet.Alert {
	out := make(map[string]fleet.Alert)
	for _, c := range n.past.Changes {
		out[c.Fingerprint()] = c.Alert
	}
	return out
}
