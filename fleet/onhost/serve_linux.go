package onhost

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"andon/fleet"
)

// stopGap is how often the kill switch is looked for while a step runs.
const stopGap = 200 * time.Millisecond

// Causes that end a session between two entries.
var (
	errLifeline = errors.New("stdin was closed: the console is gone")
	errStopFile = errors.New("the kill switch file is there")
)

// Serve reads one request from in, carries it out and answers on out. It returns
// nil when the answer is whole, whatever the steps' outcomes; else the error
// that the end record, if it could still be written, carries too.
//
// in is the lifeline: the console keeps it open until it has read the end
// record, and when it ends Serve stops between two entries. Serve leaves one
// goroutine reading in until that ends.
func Serve(ctx context.Context, e Env, in io.Reader, out io.Writer) error {
	a := &answer{w: out, now: e.Now}
	req, err := ReadRequest(in)
	a.hello(e.Build, req.ID)
	if err == nil {
		err = serve(ctx, e, req, a, in)
	}
	a.end(err)
	return errors.Join(err, a.err)
}

func serve(ctx context.Context, e Env, req fleet.HostRequest, a *answer, in io.Reader) error {
	if os.Geteuid() != 0 {
		return errors.New("andon-host must run as root: it acts on other users' files")
	}
	if len(req.Steps) == 0 {
		return nil
	}
	pol, err := e.policy()
	if err != nil {
		return err
	}
	e = pol.under(e)
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	go func() {
		io.Copy(io.Discard, in)
		cancel(errLifeline)
	}()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		e.watchStop(ctx, cancel)
	}()
	s := &session{env: e, req: req, out: a, policy: pol, ended: map[int]fleet.Outcome{}}
	err = s.run(ctx)
	cancel(nil)
	<-watched
	return err
}

func (e Env) stopFile() bool {
	_, err := os.Lstat(e.Stop)
	return !errors.Is(err, os.ErrNotExist) // unreadable counts as there
}

func (e Env) watchStop(ctx context.Context, cancel context.CancelCauseFunc) {
	t := time.NewTicker(stopGap)
	defer t.Stop()
	for {
		if e.stopFile() {
			cancel(errStopFile)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// session is one request being carried out.
type session struct {
	env     Env
	req     fleet.HostRequest
	out     *answer
	policy  *Policy
	journal *journal
	log     hostLog
	ended   map[int]fleet.Outcome
}

func (s *session) run(ctx context.Context) error {
	j, err := openJournal(s.env.State)
	if err != nil {
		// No journal, no deed: every step says so.
		for _, st := range s.req.Steps {
			s.out.step(fleet.StepResult{N: st.N, Outcome: fleet.OutcomeRefused, Reason: fleet.ReasonUnwritten, Detail: err.Error()})
		}
		return nil
	}
	defer j.close()
	s.journal, s.log = j, openHostLog(s.env.Syslog)
	defer s.log.close()
	if err := s.recover(); err != nil {
		return fmt.Errorf("finish what was interrupted before: %w", err)
	}
	for _, st := range s.req.Steps {
		r := s.step(ctx, st)
		s.ended[st.N] = r.Outcome
		s.out.step(r)
	}
	return nil
}

// step carries out one step and always returns a result.
func (s *session) step(ctx context.Context, st fleet.Step) fleet.StepResult {
	for _, n := range st.Needs {
		if o, here := s.ended[n]; here && !o.OK() {
			return fleet.StepResult{N: st.N, Outcome: fleet.OutcomeSkipped, Reason: fleet.ReasonNeeds, Detail: fmt.Sprintf("step %d was %s", n, o)}
		}
	}
	d := &deed{s: s, step: st}
	err := d.enter(StateIntent, s.log.why)
	if err != nil { // nothing was begun, so there is nothing to end in the journal
		return settle(st.N, fleet.StepResult{}, err)
	}
	res, err := s.attempt(ctx, d)
	res = settle(st.N, res, err)
	if s.out.err != nil && res.Detail == "" {
		res.Detail = s.out.err.Error()
	}
	if err := d.finish(res); err != nil {
		res.Detail += fmt.Sprintf(" (the end of it is not in the host's journal: %v)", err)
	}
	d.close()
	return res
}

// settle puts an error into a step's result.
func settle(n int, res fleet.StepResult, err error) fleet.StepResult {
	res.N = n
	if err == nil {
		return res
	}
	res.Outcome, res.Reason, res.Detail = fleet.OutcomeFailed, fleet.ReasonIO, err.Error()
	var r *refusal
	if errors.As(err, &r) {
		res.Reason, res.Writers = r.reason, r.writers
		if !r.failed {
			res.Outcome = fleet.OutcomeRefused
		}
	}
	return res
}

// attempt checks what all verbs need, in the order of least surprise, and acts.
func (s *session) attempt(ctx context.Context, d *deed) (fleet.StepResult, error) {
	if err := s.admit(ctx, d); err != nil {
		return fleet.StepResult{}, err
	}
	act, ok := map[fleet.Verb]func(context.Context, *deed) (fleet.StepResult, error){
		fleet.VerbChown: s.chown, fleet.VerbReap: s.reap, fleet.VerbUndo: s.undo, fleet.VerbPurge: s.purge,
	}[d.step.Verb]
	if !ok {
		return fleet.StepResult{}, refuse(fleet.ReasonPath, "verb %q is not the host's", d.step.Verb)
	}
	if err := d.open(ctx); err != nil {
		return fleet.StepResult{}, err
	}
	return act(ctx, d)
}

func (s *session) admit(ctx context.Context, d *deed) error {
	st := d.step
	switch {
	case s.out.err != nil:
		return refuse(fleet.ReasonStopped, "%v", s.out.err)
	case s.env.stopFile():
		return refuse(fleet.ReasonStopped, "%v: %s", errStopFile, s.env.Stop)
	case ctx.Err() != nil:
		return refuse(fleet.ReasonStopped, "%v", context.Cause(ctx))
	case st.Root.Path != s.req.Root.Path || st.Root.Owner != s.req.Root.Owner || st.Root.Layout.String() != s.req.Root.Layout.String():
		return refuse(fleet.ReasonPath, "its root %s is not the request's %s", quoted(st.Root.Path), quoted(s.req.Root.Path))
	}
	if err := s.policy.allowRoot(st.Root); err != nil {
		return err
	}
	return s.policy.allowVerb(st.Verb, s.env.SudoUID)
}
