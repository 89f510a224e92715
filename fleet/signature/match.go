package signature

import (
	"bytes"

	"andon/fleet"
)

// look matches one line of output.
func (s *scanner) look(n int, t []byte, marked, warned bool) {
	if s.seg.hard > 0 && !marked {
		return // the step is over
	}
	if traced(t) {
		return
	}
	t = stepOutput(t)
	if len(s.seg.waiting) > 0 {
		s.settle(n)
		s.arrived(t)
	}
	s.gen++
	s.found = s.found[:0]
	s.c.machine.find(t, s.hit)
	if len(s.found) > 0 {
		s.out.hits++
		s.judge(n, t, marked, warned)
	}
	if marked {
		if s.seg.markedText == "" && !boilerplate(t) {
			s.seg.markedText, s.seg.markedAt = string(t[:min(len(t), maxEvent)]), n
		}
		s.seg.marked, s.seg.since, s.seg.at = n, 0, s.now
	} else if s.seg.hard == 0 && s.seg.marked == 0 {
		s.seg.at = s.now
	}
	if s.seg.hard == 0 && endsStep(t, marked) {
		s.seg.hard, s.seg.at = n, s.now
	}
	s.remember(t)
}

// endsStep reports the runner's last word on a step. Logs copied from the screen have
// "Error: " for "##[error]".
func endsStep(t []byte, marked bool) bool {
	if rest, ok := bytes.CutPrefix(t, []byte("Error: ")); ok && !marked {
		t, marked = rest, true
	}
	return marked && (hasPrefix(t, "Process completed with exit code ") || string(t) == "The operation was canceled." || string(t) == "A task was canceled.")
}

// boilerplate reports the runner's words that say nothing of the cause.
func boilerplate(t []byte) bool {
	return hasPrefix(t, "Process completed with exit code") || hasPrefix(t, "Executing the custom container implementation failed")
}

// traced reports a command that a shell with -x prints before it runs it.
func traced(t []byte) bool {
	i := 0
	for i < len(t) && t[i] == '+' {
		i++
	}
	return i > 0 && i < len(t) && t[i] == ' '
}

// stepOutput takes the column off a line that buildkit ("#12 3.456 ") or compose
// ("service-1  | ") prints for one of several programs.
func stepOutput(t []byte) []byte {
	if len(t) < 4 {
		return t
	}
	if t[0] == '#' {
		return buildStep(t)
	}
	if !letter(t[0]) {
		return t
	}
	i := 0
	for i < len(t) && i < 64 && (letter(t[i]) || digit(t[i]) || t[i] == '-' || t[i] == '_' || t[i] == '.') {
		i++
	}
	j := i
	for j < len(t) && t[j] == ' ' {
		j++
	}
	if j == i || j+1 >= len(t) || t[j] != '|' || t[j+1] != ' ' {
		return t
	}
	return t[j+2:]
}

func buildStep(t []byte) []byte {
	i := 1
	for i < len(t) && digit(t[i]) {
		i++
	}
	j := i + 1
	for j < len(t) && (t[j] == '.' || digit(t[j])) {
		j++
	}
	if i == 1 || i >= len(t) || t[i] != ' ' || j == i+1 || j >= len(t) || t[j] != ' ' {
		return t
	}
	return t[j+1:]
}

func (s *scanner) onHit(id int32) {
	for _, t := range s.c.targets[id] {
		if s.seen[t.kind][t.at] != s.gen {
			s.seen[t.kind][t.at] = s.gen
			s.found = append(s.found, t)
		}
	}
}

// judge says what the literals of a line amount to. A sure failure of code on the
// line outweighs the rows; of the rows the one of the gravest class stands for it.
func (s *scanner) judge(n int, t []byte, marked, warned bool) {
	sure := false
	for _, f := range s.found {
		switch {
		case f.kind == ofNote:
			s.seg.noted[f.at] = true
		case f.kind == ofCode && s.c.code[f.at].Strength > Weak && s.code(&s.c.code[f.at], n, t, marked, warned):
			sure = sure || s.c.code[f.at].Strength >= Sure
		}
	}
	if !sure && !s.rows(n, t, marked, warned) {
		for _, f := range s.found {
			if f.kind == ofCode && s.c.code[f.at].Strength == Weak {
				s.code(&s.c.code[f.at], n, t, marked, warned)
			}
		}
	}
	s.tests(t)
}

// plenty is how often a signature of code holds in one step, or a weaker one is looked
// for, before a sample of its lines will do: some logs say "error" on every other line.
const plenty = 256

// code records a signature of code, if it holds on the line. In the runner's own steps
// only sure ones are the change's doing.
func (s *scanner) code(c *Code, n int, t []byte, marked, warned bool) bool {
	if s.seg.often[c] >= plenty && s.gen%16 != 0 {
		return false
	}
	if c.Strength < Sure {
		s.seg.often[c]++ // looked at is enough: these decide only where nothing else does
	}
	if warned || c.Strength < Sure && s.seg.kind&Owned != 0 || containsString(t, c.Unless) || c.Regexp != nil && !s.try(c.Regexp.Match, t) {
		return false
	}
	if c.Strength >= Sure {
		s.seg.often[c]++
	}
	s.seg.record(event{code: c, strength: c.Strength, class: fleet.ClassCode, line: n, kind: s.seg.kind, marked: marked, test: s.seg.testing}, t)
	return true
}

func gravity(c fleet.Class) int {
	switch c {
	case fleet.ClassInfra:
		return 4
	case fleet.ClassSuspect:
		return 3
	case fleet.ClassCancelled:
		return 2
	case classWrapper:
		return 1
	}
	return 0
}

// tests notes where the output of a test run begins and ends.
func (s *scanner) tests(t []byte) {
	for _, f := range s.found {
		if f.kind != ofMark {
			continue
		}
		if m := &s.c.marks[f.at]; m.begins != s.seg.testing && (m.regexp == nil || s.try(m.regexp.Match, t)) {
			s.seg.testing = m.begins
			return
		}
	}
}

func (s *scanner) try(match func([]byte) bool, t []byte) bool {
	s.out.regexps++
	return match(t)
}

func containsString(t []byte, texts []string) bool {
	for _, x := range texts {
		if bytes.Contains(t, []byte(x)) {
			return true
		}
	}
	return false
}

// mild reports a line that is a warning by its own words, or tells of a try that will
// be repeated.
func (s *scanner) mild(t []byte) bool {
	u := bytes.TrimLeft(t, " \t[")
	if len(u) > 12 {
		u = u[:12]
	}
	for _, w := range [...]string{"warning", "warn", "npm warn", "W: ", "info", "debug", "notice"} {
		if len(u) >= len(w) && bytes.EqualFold(u[:len(w)], []byte(w)) && (w[0] == 'W' || len(u) == len(w) || !letter(u[len(w)])) {
			return true
		}
	}
	return retried(t, s.c.retries)
}

func digit(b byte) bool { return b >= '0' && b <= '9' }

func letter(b byte) bool { return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' }

func retried(t []byte, words [][]byte) bool { return containsAny(t, words) }
