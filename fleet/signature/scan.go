package signature

import (
	"bytes"
	"fmt"
	"io"
)

// Bounds of what is kept of one log.
const (
	maxSegments = 64
	ringLines   = maxWithin
	ringBytes   = 512
)

// Reading is what a log says, before it is judged.
type Reading struct {
	Lines  int
	Bytes  int64
	Binary bool   // no text: nothing was looked for
	Job    string // its name, where the log or a column of it says so; foreign text

	segments []segment // those that failed, and the last, in order
	passed   *event    // first sure failure of code in a step that did not fail
	regexps  int       // regular expressions tried
	hits     int       // lines that hold a literal
}

// scanner reads one log.
type scanner struct {
	c       *Catalogue
	out     *Reading
	seg     *segment
	step    string // of the column of "gh run view --log"
	ring    [ringLines][]byte
	ringAt  int
	scratch []byte
	stamped bool // the log has times: a line without one goes on with the message before
	diff    bool // in the lines of a diff
	prelude bool // the log was cut in an environment block
	now     stamp
	echo    echo
	gen     uint32
	seen    [ofNote + 1][]uint32
	found   []target
	hit     func(int32)
}

// Read reads a log to its end. It holds one block of it at a time. The error is the
// reader's; what was read until then is returned too.
func (c *Catalogue) Read(r io.Reader) (*Reading, error) {
	s := &scanner{c: c, out: &Reading{}, seg: newSegment(Unknown, "", 1, len(c.notes)), prelude: true}
	for kind, n := range [...]int{len(c.rows), len(c.code), len(c.marks), len(c.notes)} {
		s.seen[kind] = make([]uint32, n)
	}
	s.hit = s.onHit
	l := newLines(r)
	for {
		line, ok := l.next()
		if !ok {
			break
		}
		if l.noise {
			break
		}
		s.physical(l.n, line)
	}
	s.echo.release(s, false)
	s.close(true)
	s.out.Lines, s.out.Bytes, s.out.Binary = l.n, l.size, l.noise
	if l.err != nil {
		return s.out, fmt.Errorf("read log: %w", l.err)
	}
	return s.out, nil
}

// physical takes one line of the file.
func (s *scanner) physical(n int, line []byte) {
	r := split(bytes.TrimRight(line, "\r"))
	if r.stamp != nil {
		s.stamped = true
		copy(s.now[:], r.stamp)
	}
	if r.step != nil && string(r.step) != s.step {
		s.column(n, r)
	} else if r.job != nil && s.out.Job == "" {
		s.out.Job = string(r.job)
	}
	text := r.text
	for len(text) > 0 {
		part := text
		if i := bytes.IndexByte(text, '\r'); i >= 0 { // a progress bar overwrites itself
			part, text = text[:i], text[i+1:]
		} else {
			text = nil
		}
		echoed := hasPrefix(part, "\x1b[36;1m") && hasSuffix(part, "\x1b[0m")
		t := plainText(part, s.scratch)
		if len(t) < len(part) {
			s.scratch = t[:0]
		}
		s.take(heldLine{n: n, text: t, echoed: echoed, bare: r.stamp == nil})
	}
}

// column begins the step that a column of "gh run view --log" names.
func (s *scanner) column(n int, r raw) {
	s.echo.release(s, false)
	s.step = string(r.step)
	if s.out.Job == "" {
		s.out.Job = string(r.job)
	}
	if s.step != "UNKNOWN STEP" {
		s.begin(n, kindOfStep(s.step), s.step)
	}
}

// take passes a line on, or lets the echo keep it.
func (s *scanner) take(l heldLine) {
	if s.echo.open && s.echo.keep(s, l) {
		return
	}
	s.visit(l)
}

// visit looks at one line of the log that may be output.
func (s *scanner) visit(l heldLine) {
	t := l.text
	if l.echoed || blank(t) {
		return
	}
	if s.prelude {
		if s.prelude = hasPrefix(t, "  ") && bytes.Contains(t, []byte(": ")); s.prelude {
			return
		}
	}
	s.seg.last, s.seg.since = l.n, s.seg.since+1
	marked, warned := false, false
	switch {
	case hasPrefix(t, "##["):
		end := bytes.IndexByte(t, ']')
		if end < 0 {
			return
		}
		word := string(t[3:end])
		t = t[end+1:]
		switch word {
		case "error":
			marked = true
		case "warning":
			warned = true
		case "group":
			s.group(l.n, t)
			return
		case "command":
			s.command(t)
			return
		default:
			return
		}
	case hasPrefix(t, "[command]"):
		s.command(t[len("[command]"):])
		return
	case t[0] == '[' && s.act(l.n, t):
		return
	default:
		if kind, name := ownedLine(t); kind != 0 {
			s.begin(l.n, kind, name)
		} else if job, ok := bytes.CutPrefix(t, []byte("Complete job name: ")); ok {
			s.out.Job = string(job)
		}
	}
	if !s.inDiff(t, marked) {
		s.look(l.n, t, marked, warned)
	}
}

// inDiff reports whether a line is of a diff that a program printed: what it adds or
// takes away is no error of this run.
func (s *scanner) inDiff(t []byte, marked bool) bool {
	if hasPrefix(t, "diff --git ") {
		s.diff = true
		return false
	}
	s.diff = s.diff && !marked && (bytes.IndexByte([]byte(" +-@\\"), t[0]) >= 0 || hasPrefix(t, "index "))
	return s.diff
}

func blank(t []byte) bool {
	for _, b := range t {
		if b != ' ' && b != '\t' {
			return false
		}
	}
	return true
}

// remember puts a line into the ring that Near and Host look back at.
func (s *scanner) remember(t []byte) {
	s.ring[s.ringAt] = append(s.ring[s.ringAt][:0], t[:min(len(t), ringBytes)]...)
	s.ringAt = (s.ringAt + 1) % ringLines
}

// before reports whether one of the texts stands on one of the lines before.
func (s *scanner) before(texts [][]byte, within int) bool {
	for i := 1; i <= min(within, ringLines); i++ {
		if containsAny(s.ring[(s.ringAt+ringLines-i)%ringLines], texts) {
			return true
		}
	}
	return false
}

func containsAny(t []byte, texts [][]byte) bool {
	for _, x := range texts {
		if bytes.Contains(t, x) {
			return true
		}
	}
	return false
}

// settle ends the waiting of events whose text did not come.
func (s *scanner) settle(n int) {
	keep := s.seg.waiting[:0]
	for _, w := range s.seg.waiting {
		switch {
		case n <= w.until:
			keep = append(keep, w)
		case w.orElse != "":
			w.class = w.orElse
			s.seg.record(w.event, nil)
		}
	}
	s.seg.waiting = keep
}

// arrived gives the events their class whose text stands on this line.
func (s *scanner) arrived(t []byte) {
	keep := s.seg.waiting[:0]
	for _, w := range s.seg.waiting {
		if containsAny(t, w.texts) {
			s.seg.record(w.event, nil)
			continue
		}
		keep = append(keep, w)
	}
	s.seg.waiting = keep
}
