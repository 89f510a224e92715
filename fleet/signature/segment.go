package signature

import "andon/fleet"

// event is one row or code signature as it stood in one step.
type event struct {
	row      *Row  // one of the two
	code     *Code //
	class    fleet.Class
	strength Strength
	line     int // first
	last     int // last of the same
	count    int
	text     string // the first line, cleaned
	kind     Place  // of the place, without AtError
	marked   bool   // by the runner, as an error
	test     bool   // inside a test run's output
}

func (e *event) slug() string {
	if e.row != nil {
		return e.row.Slug
	}
	return e.code.Slug
}

// owned reports whether the runner, or an action before the job's own steps, said it.
func (e *event) owned() bool { return !e.test && (e.kind&Owned != 0 || e.marked) }

// segment is one step of the log.
type segment struct {
	kind    Place
	name    string // the group's heading or the step's name
	first   int    // line
	last    int    // last line that is not blank
	hard    int    // line by which the runner said that the step failed
	marked  int    // last line marked as an error
	since   int    // lines that are not blank after it
	at      stamp  // time of the line that says it failed, or of the last line
	testing bool
	events  []event
	noted   []bool
	waiting []waiting
	often   map[*Code]int // see plenty

	markedText string // first error marked by the runner that says something
	markedAt   int    // its line
}

func newSegment(kind Place, name string, line, notes int) *segment {
	return &segment{kind: kind, name: name, first: line, last: line, noted: make([]bool, notes), often: map[*Code]int{}}
}

// stamp is a time of the log to the second, "2026-11-23T08:00:00"; zero where the
// log has none.
type stamp [19]byte

// waiting is an event that needs a text on one of the next lines.
type waiting struct {
	event
	texts  [][]byte
	until  int
	orElse fleet.Class
}

// closingLines are what may stand between a step's last error and the next step
// (notices of the runner, of node, a summary); a checkout that tries again and works
// says more than the fewer of its own.
const (
	closingLines  = 40
	checkoutLines = 6
)

// failed reports whether the step's own end shows that it failed. In run steps and
// actions programs and matchers of problems mark errors too, and go on: there only
// the runner's last word counts, or an error close to the step's end.
func (s *segment) failed() bool {
	switch {
	case s.hard > 0, s.struck():
		return true
	case s.marked == 0 || s.kind&Script != 0:
		return false
	case s.kind&Checkout != 0:
		return s.since <= checkoutLines
	case s.kind&Action != 0:
		return s.since <= closingLines
	}
	return true
}

// struck reports whether the runner itself said what ended the step: a lost or
// stopped runner gives no exit code.
func (s *segment) struck() bool {
	for i := range s.events {
		if e := &s.events[i]; e.row != nil && e.row.Ends && e.marked && !e.test && e.class == e.row.Class {
			return true
		}
	}
	return false
}

// end is the line at which the step ended.
func (s *segment) end() int {
	if s.hard > 0 {
		return s.hard
	}
	return s.last
}

// record counts an event, and keeps the first of each row and class.
func (s *segment) record(e event, text []byte) {
	for i := range s.events {
		o := &s.events[i]
		if o.row == e.row && o.code == e.code && o.class == e.class && o.test == e.test {
			o.last = e.line
			o.count++
			return
		}
	}
	e.last, e.count = e.line, 1
	if text != nil {
		e.text = string(text[:min(len(text), maxEvent)])
	}
	s.events = append(s.events, e)
}

// maxEvent bounds the text kept of a line, in bytes.
const maxEvent = 500
