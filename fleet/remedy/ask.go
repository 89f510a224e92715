package remedy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

const (
	askLimit = 30 * time.Minute // of one request; a purge of terabytes takes minutes
	askGrace = 4 * time.Second  // what a request under way is given after a cancel
)

// ask sends one request: intents first, then the deed, then what came of it.
func (c *course) ask(ctx context.Context, h fleet.Host, steps []fleet.Step) {
	r := fleet.HostRequest{Version: fleet.HostProtocol, ID: newRequest(), Operator: c.cfg.Operator, Console: c.cfg.Console,
		Digest: c.digest, Reason: c.plan.Title, Root: steps[0].Root, UndoFor: c.cfg.Policy.UndoFor, Steps: steps}
	if _, err := r.Frame(); err != nil {
		c.refuse("", steps, fleet.ReasonPolicy, err.Error())
		return
	}
	for i, s := range steps {
		if err := c.intend(r.ID, s); err != nil {
			c.refuse(r.ID, steps[:i], fleet.ReasonAudit, err.Error())
			c.refuse("", steps[i:], fleet.ReasonAudit, err.Error())
			return
		}
	}
	c.emit(Event{Kind: EventStarted, Host: h.Name, Says: fmt.Sprintf("%s: %d steps below %s", h.Name, len(steps), r.Root.Path)})

	act, end := lingering(ctx, askLimit, askGrace)
	answer, err := c.doer.Act(act, h, r, func(rec fleet.HostRecord) {
		switch {
		case rec.Kind == fleet.RecordProgress && asked(r, rec.N):
			c.emit(Event{Kind: EventProgress, Host: h.Name, Step: rec.N, Done: rec.Done})
		case rec.Kind == fleet.RecordStep && rec.Step != nil && asked(r, rec.Step.N) && rec.Step.Validate() == nil:
			c.emit(Event{Kind: EventProgress, Host: h.Name, Step: rec.Step.N, Result: rec.Step})
		}
	})
	end()
	for i, res := range readAnswer(r, answer, err) {
		c.settle(r.ID, steps[i], res)
	}
}

// asked reports whether a request holds a step: a host may speak of its own
// steps only.
func asked(r fleet.HostRequest, n int) bool {
	return slices.ContainsFunc(r.Steps, func(s fleet.Step) bool { return s.N == n })
}

func (c *course) refuse(request string, steps []fleet.Step, why fleet.Reason, detail string) {
	for _, s := range steps {
		c.settle(request, s, fleet.StepResult{N: s.N, Outcome: fleet.OutcomeRefused, Reason: why, Detail: detail})
	}
}

// lingering returns a context that outlives ctx by grace, and never lasts longer
// than limit.
func lingering(ctx context.Context, limit, grace time.Duration) (context.Context, context.CancelFunc) {
	out, cancel := context.WithTimeout(context.WithoutCancel(ctx), limit)
	stop := context.AfterFunc(ctx, func() {
		t := time.NewTimer(grace)
		defer t.Stop()
		select {
		case <-t.C:
			cancel()
		case <-out.Done():
		}
	})
	return out, func() { stop(); cancel() }
}

// readAnswer says how each step of a request ended, in the request's order. A
// step the answer does not speak of has an unknown end, unless the answer is
// whole or the host was never reached.
func readAnswer(r fleet.HostRequest, answer []byte, err error) []fleet.StepResult {
	got, parseErr := fleet.ParseAnswer(answer)
	rest := fleet.StepResult{Outcome: fleet.OutcomeUnknown, Reason: fleet.ReasonTransport}
	hello, end := ends(answer)
	by, oddErr := byStep(r, got)
	switch {
	case hello.Kind == fleet.RecordHello && hello.ID != r.ID:
		by, rest.Detail = nil, "the answer belongs to another request"
	case errors.Is(parseErr, fleet.ErrAnswerVersion):
		rest.Outcome, rest.Detail = fleet.OutcomeRefused, parseErr.Error()+": install the andon-host that came with this andon"
	case oddErr != nil:
		rest.Detail = oddErr.Error()
	case end.Kind == fleet.RecordEnd && end.Steps == len(got):
		rest.Outcome, rest.Reason, rest.Detail = fleet.OutcomeSkipped, fleet.ReasonStopped, end.Error
	case len(answer) == 0 && err != nil && neverSent(err):
		f := fleet.FailureOf(err)
		rest.Outcome, rest.Detail = fleet.OutcomeFailed, "nothing was sent: "+err.Error()
		if f.Remedy != "" {
			rest.Detail += "; " + f.Remedy
		}
	case err != nil:
		rest.Detail = err.Error()
	case parseErr != nil:
		rest.Detail = parseErr.Error()
	}
	out := make([]fleet.StepResult, len(r.Steps))
	for i, s := range r.Steps {
		res, ok := by[s.N]
		if !ok {
			res = rest
			res.N = s.N
		}
		out[i] = res
	}
	return out
}

// byStep sorts results by step. One of a step that was not asked for, or a second
// one of the same, makes the answer as doubtful as a cut one: what is missing
// from it cannot be called not done.
func byStep(r fleet.HostRequest, got []fleet.StepResult) (by map[int]fleet.StepResult, err error) {
	by = make(map[int]fleet.StepResult, len(got))
	for _, g := range got {
		_, twice := by[g.N]
		switch {
		case !asked(r, g.N):
			err = fmt.Errorf("the answer speaks of step %d, which was not asked of this host", g.N)
		case twice:
			err = fmt.Errorf("the answer speaks twice of step %d", g.N)
		default:
			by[g.N] = g
		}
	}
	return by, err
}

// ends returns the first record of an answer and, where it is whole, the last.
func ends(answer []byte) (first, last fleet.HostRecord) {
	lines := bytes.Split(answer, []byte{'\n'})
	if json.Unmarshal(lines[0], &first) != nil {
		first = fleet.HostRecord{}
	}
	if len(lines) < 2 || json.Unmarshal(lines[len(lines)-2], &last) != nil || len(lines[len(lines)-1]) > 0 {
		last = fleet.HostRecord{}
	}
	return first, last
}

// neverSent reports whether an error came before a byte of the request could
// reach andon-host. Everything else, a timeout first of all, leaves it open.
func neverSent(err error) bool {
	switch fleet.FailureOf(err).Cause {
	case fleet.CauseAuth, fleet.CauseHostKey, fleet.CauseKeyChanged, fleet.CauseKeyRevoked, fleet.CausePrivilege, fleet.CauseNotSent:
		return true
	}
	return false
}
