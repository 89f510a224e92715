package remedy

import (
	"fmt"
	"sync"
	"time"

	"andon/fleet"
)

// course is one plan being carried out: what has ended so far, and how.
type course struct {
	*Executor
	plan    fleet.Plan
	digest  string
	started time.Time
	emitted func(Event)

	mu       sync.Mutex
	results  map[int]fleet.StepResult
	verified map[int]fleet.Verification
	requests map[int]string // request id by step
	trouble  []error        // records that could not be written
}

func newCourse(e *Executor, p fleet.Plan, digest string, progress func(Event)) *course {
	if progress == nil {
		progress = func(Event) {}
	}
	return &course{Executor: e, plan: p, digest: digest, started: e.cfg.Now(), emitted: progress,
		results: make(map[int]fleet.StepResult), verified: make(map[int]fleet.Verification), requests: make(map[int]string)}
}

func (c *course) emit(e Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.emitted(e)
}

func (c *course) say(s string) { c.emit(Event{Kind: EventNote, Says: s}) }

// ready returns the steps whose needs have all ended. Steps whose needs ended
// badly are settled on the way.
func (c *course) ready() []fleet.Step {
	var out []fleet.Step
	for _, s := range c.plan.Steps { // needs come before: one pass settles chains
		if _, ended := c.outcome(s.N); ended {
			continue
		}
		waits, bad := false, ""
		for _, n := range s.Needs {
			r, ended := c.outcome(n)
			switch {
			case !ended:
				waits = true
			case !r.Outcome.OK():
				bad = fmt.Sprintf("step %d, which it needs, is %s", n, r.Outcome)
			case !c.proven(n):
				bad = fmt.Sprintf("step %d, which it needs, was not confirmed by a fresh look", n)
			}
		}
		switch {
		case bad != "":
			c.settle("", s, fleet.StepResult{N: s.N, Outcome: fleet.OutcomeSkipped, Reason: fleet.ReasonNeeds, Detail: bad})
		case !waits:
			out = append(out, s)
		}
	}
	return out
}

func (c *course) outcome(n int) (fleet.StepResult, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r, ok := c.results[n]
	return r, ok
}

func (c *course) proven(n int) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.verified[n].OK
}

// stop ends steps that were never begun.
func (c *course) stop(steps []fleet.Step, why string) {
	for _, s := range steps {
		if _, ended := c.outcome(s.N); !ended {
			c.settle("", s, fleet.StepResult{N: s.N, Outcome: fleet.OutcomeSkipped, Reason: fleet.ReasonStopped, Detail: why})
		}
	}
}

// intend makes a step's intent durable. Nothing may be sent before.
func (c *course) intend(request string, s fleet.Step) error {
	_, err := c.audit.Append(c.record(fleet.RecordIntent, request, func(r *fleet.Record) { r.Step = &s }))
	if err != nil {
		return fmt.Errorf("record intent of step %d: %w", s.N, err)
	}
	return nil
}

// settle ends a step: in the log, for the screen, for the result.
func (c *course) settle(request string, s fleet.Step, res fleet.StepResult) {
	_, err := c.audit.Append(c.record(fleet.RecordResult, request, func(r *fleet.Record) {
		r.Result = &res
		if request == "" { // no intent went before: say what it would have been
			r.Step = &s
		}
	}))
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.trouble = append(c.trouble, fmt.Errorf("record result of step %d: %w", s.N, err))
	}
	c.results[s.N], c.requests[s.N] = res, request
	c.emitted(Event{Kind: EventStep, Host: s.Host, Step: s.N, Result: &res})
}

func (c *course) prove(s fleet.Step, v fleet.Verification) {
	c.mu.Lock()
	request := c.requests[s.N]
	c.mu.Unlock()
	_, err := c.audit.Append(c.record(fleet.RecordVerified, request, func(r *fleet.Record) { r.Verified = &v }))
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		c.trouble = append(c.trouble, fmt.Errorf("record verification of step %d: %w", s.N, err))
	}
	c.verified[s.N] = v
	c.emitted(Event{Kind: EventVerified, Host: s.Host, Step: s.N, Verified: &v})
}

func (c *course) record(k fleet.RecordKind, request string, fill func(*fleet.Record)) fleet.Record {
	r := fleet.Record{At: c.cfg.Now(), Kind: k, Operator: c.cfg.Operator, Console: c.cfg.Console,
		Action: c.plan.Action, Digest: c.digest, Request: request}
	fill(&r)
	return r
}

func (c *course) result() fleet.Result {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := fleet.Result{Digest: c.digest, Action: c.plan.Action, Started: c.started, Ended: c.cfg.Now()}
	for _, s := range c.plan.Steps {
		r.Steps = append(r.Steps, c.results[s.N])
		if v, ok := c.verified[s.N]; ok {
			r.Verified = append(r.Verified, v)
		}
	}
	return r
}
