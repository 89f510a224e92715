package remedy

import (
	"context"
	"errors"
	"fmt"
	"time"

	"andon/fleet"
)

const (
	writeGap   = time.Second      // GitHub asks for this much between writes
	writeLimit = 30 * time.Second // of one write
	rerunOnce  = 10 * time.Minute // how far back the audit log is searched for the same rerun
)

// onGitHub carries out a wave's reruns, one after the other.
func (c *course) onGitHub(ctx context.Context, wave []fleet.Step) {
	for _, s := range wave {
		if s.Verb != fleet.VerbRerun {
			continue
		}
		if ctx.Err() != nil {
			c.stop([]fleet.Step{s}, "stopped by the operator before it began")
			continue
		}
		c.rerun(ctx, s)
	}
}

// rerun asks GitHub once to run the failed jobs of a run again. It holds the
// write lock from the first check to the answer, so that two plans cannot both
// find the run at the same attempt.
func (c *course) rerun(ctx context.Context, s fleet.Step) {
	c.writing.Lock()
	defer c.writing.Unlock()
	if err := pause(ctx, c.lastWrite.Add(writeGap).Sub(c.cfg.Now())); err != nil {
		c.stop([]fleet.Step{s}, "stopped by the operator before it began")
		return
	}
	s.Expect.Run, s.Expect.RunStatus = s.Run, fleet.StatusCompleted
	answer := c.readRun(ctx, s.Run)
	if why, detail := answer.check(s.Expect); why != "" {
		c.refuse("", []fleet.Step{s}, why, detail)
		return
	}
	s.Expect.RunAttempt = answer.run.Attempt
	key := rerunKey{s.Run, s.Expect.RunAttempt}
	if c.asked[key] {
		c.refuse("", []fleet.Step{s}, fleet.ReasonRecent, fmt.Sprintf("attempt %d of run %d was re-run by this console already", key.attempt, s.Run.ID))
		return
	}
	id := newRequest()
	if err := c.intend(id, s); err != nil {
		c.refuse("", []fleet.Step{s}, fleet.ReasonAudit, err.Error())
		return
	}
	if why, detail := c.yields(id, key); why != "" {
		c.refuse(id, []fleet.Step{s}, why, detail)
		return
	}
	c.emit(Event{Kind: EventStarted, Step: s.N, Says: "rerun failed jobs of " + s.Run.String()})
	act, end := lingering(ctx, writeLimit, askGrace)
	defer end()
	c.asked[key] = true
	err := c.github.RerunFailed(act, s.Run)
	c.lastWrite = c.cfg.Now()
	c.concludeRerun(act, id, s, err)
}

// yields says why a rerun must not go out though its intent is written: another
// console's intent for the same run and attempt stands before it. The log is one
// for all consoles, so of two that ask at once exactly one goes on.
func (c *course) yields(id string, k rerunKey) (fleet.Reason, string) {
	records, err := c.audit.Since(c.cfg.Now().Add(-rerunOnce))
	if err != nil {
		return fleet.ReasonAudit, "look for an earlier rerun: " + err.Error()
	}
	first, ok := firstRerun(records, k.run, k.attempt)
	switch {
	case !ok:
		return fleet.ReasonAudit, "the intent just written is not in the audit log"
	case first.Request != id:
		return fleet.ReasonRecent, fmt.Sprintf("attempt %d of run %d was re-run at %s by %s already", k.attempt, k.run.ID, first.At.Format(time.TimeOnly), first.Operator)
	}
	return "", ""
}

// concludeRerun turns GitHub's answer into a result. A plain no is a no. After
// any other error the attempt number tells; the request is never sent again.
func (c *course) concludeRerun(ctx context.Context, id string, s fleet.Step, err error) {
	res := fleet.StepResult{N: s.N, Outcome: fleet.OutcomeDone}
	if err != nil && plainNo(err) {
		delete(c.asked, rerunKey{s.Run, s.Expect.RunAttempt})
		f := fleet.FailureOf(err)
		res.Outcome, res.Reason, res.Detail = fleet.OutcomeFailed, fleet.ReasonGitHub, err.Error()
		if f.Remedy != "" {
			res.Detail += "; " + f.Remedy
		}
		c.settle(id, s, res)
		return
	}
	seen := c.awaitAttempt(ctx, s)
	if err != nil {
		res.Detail = "GitHub's answer was lost: " + err.Error()
		if !seen.OK {
			res.Outcome, res.Reason = fleet.OutcomeUnknown, fleet.ReasonGitHub
		}
	}
	c.settle(id, s, res)
	c.prove(s, seen)
}

// plainNo reports whether it is certain that GitHub did nothing. Every error
// that does not say so leaves it open.
func plainNo(err error) bool {
	if errors.Is(err, ErrRefused) {
		return true
	}
	switch fleet.FailureOf(err).Cause {
	case fleet.CausePermission, fleet.CauseAuth, fleet.CauseRateLimit, fleet.CauseNoToken:
		return true
	}
	return false
}

// attemptLooks are the pauses before each look: what GitHub shows lags behind
// what it was told by some seconds.
var attemptLooks = [...]time.Duration{0, time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second}

// awaitAttempt looks until the run's attempt has moved.
func (c *course) awaitAttempt(ctx context.Context, s fleet.Step) fleet.Verification {
	v := fleet.Verification{N: s.N}
	for _, d := range attemptLooks {
		if err := pause(ctx, d); err != nil {
			v.Says = "not confirmed: stopped by the operator"
			return v
		}
		r, err := c.github.Run(ctx, s.Run)
		switch {
		case err != nil:
			v.Says = "not confirmed: " + err.Error()
		case r.Attempt > s.Expect.RunAttempt:
			v.OK, v.Says = true, fmt.Sprintf("run %d is at attempt %d, %s", s.Run.ID, r.Attempt, r.Status)
			return v
		default:
			v.Says = fmt.Sprintf("asked, not yet seen: run %d is still at attempt %d", s.Run.ID, r.Attempt)
		}
	}
	return v
}

// pause waits for d, or for ctx to end.
func pause(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
