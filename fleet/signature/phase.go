package signature

import "bytes"

// act reads nektos/act's own lines: where a step begins, and that it failed.
func (s *scanner) act(n int, t []byte) bool {
	if _, name, ok := bytes.Cut(t, []byte("] ⭐ Run Main ")); ok {
		s.begin(n, kindOfStep("Run "+string(name)), "Run "+string(name))
		return true
	}
	if bytes.Contains(t, []byte("❌  Failure - Main ")) && s.seg.hard == 0 {
		s.seg.hard, s.seg.at = n, s.now
		return true
	}
	return false
}

// group begins a step, or one of the runner's phases, by a group's heading.
func (s *scanner) group(n int, name []byte) {
	if hasPrefix(name, "Run ") {
		s.echo.begin(n, name)
		return
	}
	if kind, phase := ownedGroup(name); kind != 0 {
		s.begin(n, kind, phase)
	}
}

// command takes a place from the command that an action or the runner announces,
// where the log's head was cut.
func (s *scanner) command(t []byte) {
	if s.seg.kind != Unknown || s.step != "" {
		return
	}
	prog, _, _ := bytes.Cut(t, []byte{' '})
	switch {
	case hasSuffix(prog, "/git"), bytes.Contains(t, []byte("git.exe")):
		s.seg.kind = Checkout
	case hasSuffix(prog, "/docker"):
		s.seg.kind = Container
	default:
		s.seg.kind = Action
	}
}

// begin closes the step that was and begins the next. The runner's phases of one
// name are one step, until it fails.
func (s *scanner) begin(n int, kind Place, name string) {
	if s.seg.kind == kind && s.seg.name == name && s.seg.hard == 0 && kind&(Setup|Container) != 0 {
		return
	}
	s.close(false)
	s.seg = newSegment(kind, name, n, len(s.c.notes))
	s.prelude = false
}

// close keeps a step that failed, and the last one.
func (s *scanner) close(last bool) {
	s.settle(s.seg.last + ringLines + 1)
	failed := s.seg.failed()
	if !failed && s.out.passed == nil {
		for i := range s.seg.events {
			if e := &s.seg.events[i]; e.code != nil && e.strength >= Sure {
				s.out.passed = e
				break
			}
		}
	}
	if (failed || last) && len(s.out.segments) < maxSegments {
		s.out.segments = append(s.out.segments, *s.seg)
	}
}
