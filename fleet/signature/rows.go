package signature

// rows records the gravest row that holds on a line, and those that wait for a text
// on a further line. It reports whether one held already.
func (s *scanner) rows(n int, t []byte, marked, warned bool) bool {
	var best, last event
	for _, f := range s.found {
		if f.kind != ofRow {
			continue
		}
		e, w, ok := s.row(&s.c.rows[f.at], n, t, marked, warned)
		switch {
		case !ok:
		case w != nil:
			w.text = string(t[:min(len(t), maxEvent)])
			s.seg.waiting = append(s.seg.waiting, *w)
		case e.row.Last: // whether it is the last thing is known later
			last = graver(last, e)
		default:
			best = graver(best, e)
		}
	}
	for _, e := range []event{best, last} {
		if e.row != nil {
			s.seg.record(e, t)
		}
	}
	return best.row != nil || last.row != nil
}

func graver(a, b event) event {
	if a.row == nil || gravity(b.class) > gravity(a.class) {
		return b
	}
	return a
}

// row says whether a row holds on a line, as what, and whether it waits for a text on
// a further line.
func (s *scanner) row(r *Row, n int, t []byte, marked, warned bool) (event, *waiting, bool) {
	testing := s.seg.testing && !(r.Ends && marked) // the runner's last word is no test's
	e := event{row: r, class: r.Class, line: n, kind: s.seg.kind, marked: marked, test: testing}
	switch {
	case r.Error && !marked && !hasPrefix(t, "Error: "),
		!r.Warn && !marked && (warned || s.mild(t)),
		r.Warn && !marked && retried(t, s.c.retries),
		containsString(t, r.Unless),
		r.Regexp != nil && !s.try(r.Regexp.Match, t):
		return e, nil, false
	}
	if !s.here(r, marked, testing) || r.Path != nil && !s.try(r.Path.Match, t) || s.said(r.Without) {
		e.class = r.Else
	}
	if e.class == "" || e.class == classNone {
		return e, nil, false
	}
	if len(r.Near) > 0 {
		if !containsAny(t, r.near) && !s.before(r.near, r.Within) {
			return e, &waiting{event: e, texts: r.near, until: n + r.Within}, true
		}
	}
	if r.Host && e.class == r.Class && !containsAny(t, s.c.hosts) && !s.before(s.c.hosts, r.Within) {
		return e, &waiting{event: e, texts: s.c.hosts, until: n + r.Within, orElse: r.Else}, true
	}
	return e, nil, true
}

// here reports whether a row has its class at this place.
func (s *scanner) here(r *Row, marked, testing bool) bool {
	if testing {
		return r.Place&Test != 0
	}
	return r.Place&s.seg.kind != 0 || marked && r.Place&AtError != 0
}

func (s *scanner) said(texts []string) bool {
	for _, x := range texts {
		for i, note := range s.c.notes {
			if note == x && s.seg.noted[i] {
				return true
			}
		}
	}
	return false
}
