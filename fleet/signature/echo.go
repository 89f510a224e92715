package signature

import "bytes"

// Bounds of an echo: longer ones are taken for output.
const (
	maxEchoLines = 2000
	maxEchoBytes = 512 << 10
)

// heldLine is a cleaned line.
type heldLine struct {
	n      int
	text   []byte
	echoed bool // printed as the runner prints a script
	bare   bool // without a time
}

// echo keeps the lines after "##[group]Run …" until it is known whether they are the
// runner's echo of a script, its inputs and its environment, which is dropped, or the
// output of a program that opens a group of that name, which is looked at. Groups do
// not balance, so a missing "##[endgroup]" must not swallow the log.
type echo struct {
	open bool
	n    int
	head string
	held []heldLine
	size int
}

func (e *echo) begin(n int, head []byte) {
	*e = echo{open: true, n: n, head: string(head), held: e.held[:0]}
}

// keep takes a line; false where the line is not the echo's and must be visited.
func (e *echo) keep(s *scanner, l heldLine) bool {
	switch {
	case hasPrefix(l.text, "##[endgroup]"):
		e.release(s, true)
		return true
	case hasPrefix(l.text, "##["):
		e.release(s, false)
		return false
	case len(e.held) >= maxEchoLines || e.size >= maxEchoBytes:
		e.release(s, false)
		return false
	}
	e.size += len(l.text)
	l.text = bytes.Clone(l.text)
	e.held = append(e.held, l)
	return true
}

// release ends the keeping. Where the group was closed and ends like an echo, all of
// it was one; otherwise only the lines at its head that look like one are dropped.
func (e *echo) release(s *scanner, closed bool) {
	if !e.open {
		return
	}
	e.open = false
	held := e.held
	if closed && (len(held) == 0 || e.endsLikeEcho(s.stamped)) {
		s.beginRun(e.n, e.head)
		return
	}
	inner := 0 // lines at the head that are an echo
	block := false
	for inner < len(held) {
		l := held[inner]
		switch {
		case l.echoed, hasPrefix(l.text, "shell: "):
			block = false
		case string(l.text) == "with:", string(l.text) == "env:":
			block = true
		case block && hasPrefix(l.text, "  "), s.stamped && l.bare && inner > 0:
		default:
			goto output
		}
		inner++
	}
output:
	if inner > 0 {
		s.beginRun(e.n, e.head)
	}
	for _, l := range held[inner:] {
		s.visit(l)
	}
}

// endsLikeEcho reports whether the last line is the shell, or of an input or
// environment block.
func (e *echo) endsLikeEcho(stamped bool) bool {
	indented := false
	for i := len(e.held) - 1; i >= 0; i-- {
		l := e.held[i]
		switch {
		case string(l.text) == "env:", string(l.text) == "with:":
			return true
		case hasPrefix(l.text, "  "):
			indented = true
		case l.echoed:
			return !indented
		case hasPrefix(l.text, "shell: ") && bytes.Contains(l.text, []byte("{0}")):
			return !indented
		case stamped && l.bare: // a value of several lines
		case !stamped && indented: // the same, in a log without times
		default:
			return false
		}
	}
	return false
}

// beginRun begins the step that a group's heading announces. The runner's wrapper for
// container hooks announces itself inside each step: it begins none.
func (s *scanner) beginRun(n int, head string) {
	if len(head) > 4 && (head[4] == '\'' || head[4] == '"') {
		return
	}
	if s.step != "" && s.step != "UNKNOWN STEP" {
		if s.seg.kind == Unknown { // a step with a name of its own
			s.seg.kind = kindOfStep(head)
		}
		return
	}
	s.begin(n, kindOfStep(head), head)
}
