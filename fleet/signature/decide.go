package signature

import "andon/fleet"

// How many lines after a text its step may go on. Beyond nearLines (farLines where the
// cause stays: parallel builds run on) another error makes it something that was got
// over; beyond longLines it is even without.
const (
	nearLines = 25
	farLines  = 150
	longLines = 300
)

// lastLines is how close to the end of its step the last thing said stands.
const lastLines = 3

// outcome is what decided, and in which step.
type outcome struct {
	event
	seg *segment
}

// sides are the events of one step, sorted by what they speak for; the earliest of each.
type sides struct {
	final, sure, plain, weak    *event // of code; sure holds final too
	infra, suspect, ended, wrap *event
}

// decide says what broke the step: the earliest failure, with what is no failure of
// its own left out.
func (s *segment) decide() (event, bool) {
	d := s.sides()
	if k := d.ended; k != nil {
		switch {
		case d.infra != nil && d.infra.line <= k.line && (k.class == fleet.ClassInfra || d.infra.owned() || d.infra.row.Sticky):
			return *d.infra, true
		case d.final != nil && d.final.line < k.line:
			return *d.final, true
		}
		return *k, true
	}
	for _, e := range []*event{d.infra, d.suspect, d.sure, d.plain, d.weak, d.wrap} {
		if e != nil {
			return *e, true
		}
	}
	return event{}, false
}

func earlier(best **event, e *event) {
	if *best == nil || e.line < (*best).line {
		*best = e
	}
}

func (s *segment) sides() sides {
	var d sides
	for i := range s.events {
		e := &s.events[i]
		if e.code == nil {
			continue
		}
		switch {
		case e.strength >= Sure:
			earlier(&d.sure, e)
			if e.strength == Final {
				earlier(&d.final, e)
			}
		case e.strength == Plain:
			earlier(&d.plain, e)
		default:
			earlier(&d.weak, e)
		}
	}
	for i := range s.events {
		e := &s.events[i]
		switch {
		case e.row == nil, e.row.Last && s.end()-e.last > lastLines:
		case e.row.Ends && e.class == e.row.Class && !e.test:
			if d.ended == nil || gravity(e.class) > gravity(d.ended.class) {
				d.ended = e
			}
		case e.class == classWrapper:
			earlier(&d.wrap, e)
		case e.class == fleet.ClassInfra && s.infra(e, d):
			earlier(&d.infra, e)
		case (e.class == fleet.ClassSuspect || e.class == fleet.ClassInfra) && s.suspect(e, d):
			if d.suspect == nil || e.line < d.suspect.line {
				c := *e
				c.class = fleet.ClassSuspect
				d.suspect = &c
			}
		case e.class == fleet.ClassCancelled && d.ended == nil:
			d.ended = e
		}
	}
	return d
}

// infra reports whether a text that has the class here also decides: no definite
// failure of the code before it, none after it unless its cause stays, and the step
// did not get over it.
func (s *segment) infra(e *event, d sides) bool {
	if d.sure != nil && (d.sure.line < e.line || !e.row.Sticky && !e.owned()) {
		return false
	}
	return e.owned() || !s.gotOver(e, d) && (e.row.Sticky || s.end()-e.last <= longLines)
}

// gotOver reports that the step went on after a text, to another error.
func (s *segment) gotOver(e *event, d sides) bool {
	near := nearLines
	if e.row.Sticky {
		near = farLines
	}
	for _, o := range []*event{d.weak, d.plain, d.sure} {
		if o != nil && o.last > e.last+near {
			return true
		}
	}
	return false
}

// muchInTests is how often a text that stays must stand in a test run's output to be
// more than what a test prints.
const muchInTests = 10

// suspect reports whether an ambiguous text outweighs what the code says.
func (s *segment) suspect(e *event, d sides) bool {
	switch {
	case d.sure != nil && !(e.row.Sticky && e.line < d.sure.line && (!e.test || e.count >= muchInTests)):
		return false
	case e.test && (d.plain != nil || d.weak != nil) && e.count < muchInTests:
		return false
	case d.plain != nil && d.plain.line < e.line:
		return false
	}
	return e.class == fleet.ClassInfra || !s.gotOver(e, d)
}

// decide says what broke the job. Where a window is given, only steps that failed
// within it are looked at, as far as there are any.
func (r *Reading) decide(w window) (outcome, bool) {
	segs := r.failedIn(w)
	blind := false
	for i, s := range segs {
		e, ok := s.decide()
		if !ok || e.class == classWrapper {
			blind = blind || s.hard > 0 && s.kind&Owned == 0
			if ok && i == len(segs)-1 {
				return outcome{e, s}, true
			}
			continue
		}
		if e.class == fleet.ClassInfra && e.row != nil && !e.row.Ends {
			if later, ok := r.codeAfter(segs[i+1:], e); ok {
				return later, true
			}
			if blind && !e.marked {
				e.class = fleet.ClassSuspect // a step failed before it, for reasons not known
			}
		}
		return outcome{e, s}, true
	}
	if r.passed != nil && len(segs) > 0 && segs[len(segs)-1].kind&Owned == 0 {
		return outcome{*r.passed, segs[len(segs)-1]}, true
	}
	return outcome{}, false
}

// codeAfter finds a definite failure of the code in a later step: the job went on
// after e, so e's step was allowed to fail.
func (r *Reading) codeAfter(segs []*segment, e event) (outcome, bool) {
	if e.row.Sticky || e.kind&(Setup|Container) != 0 {
		return outcome{}, false
	}
	for _, s := range segs {
		if later, ok := s.decide(); ok && later.code != nil && later.strength >= Sure && s.kind&(Script|Unknown) != 0 {
			return outcome{later, s}, true
		}
	}
	return outcome{}, false
}

// window is the time in which the failed step ran, as stamps; zero where not known.
type window struct{ from, to stamp }

func (w window) holds(at stamp) bool {
	return at != stamp{} && string(at[:]) >= string(w.from[:]) && string(at[:]) <= string(w.to[:])
}

// failedIn lists the steps that failed, in order; the last step of the log where none
// shows that it did.
func (r *Reading) failedIn(w window) []*segment {
	var all, within []*segment
	for i := range r.segments {
		s := &r.segments[i]
		if !s.failed() {
			continue
		}
		all = append(all, s)
		if w != (window{}) && w.holds(s.at) {
			within = append(within, s)
		}
	}
	switch {
	case len(within) > 0:
		return within
	case len(all) > 0:
		return all
	case len(r.segments) > 0:
		return []*segment{&r.segments[len(r.segments)-1]}
	}
	return nil
}
