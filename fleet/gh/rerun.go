package gh

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptrace"
	"sync/atomic"
	"time"

	"andon/fleet"
)

// ErrAmbiguous says that a change was sent and its answer was lost: it may have
// been made. Read the state again (a re-run raises the run's attempt); do not
// send it again.
var ErrAmbiguous = errors.New("sent, but the answer was lost; it may have been done")

// ErrLive says that a run cannot be re-run because it has not ended.
var ErrLive = errors.New("the run is not completed")

// ErrInFlight says that the same change is being sent, or was sent within the
// last ten minutes.
var ErrInFlight = errors.New("the same change was already asked for")

// RerunFailed re-runs the failed jobs of a completed run. It reads the run
// first, so that the change is bound to one attempt: a second call for the same
// attempt within ten minutes is ErrInFlight, one for a live run is ErrLive. The
// error wraps ErrAmbiguous where the answer was lost, ErrRefused with GitHub's
// words where GitHub declined.
func (c *Client) RerunFailed(ctx context.Context, key fleet.RunKey) error {
	what := "re-run failed jobs of " + key.String()
	run, err := c.Run(ctx, key)
	if err != nil {
		return err
	}
	if run.Status.Live() {
		return &fleet.Failure{Cause: fleet.CauseOther, Err: fmt.Errorf("%s: %w (%s)", what, ErrLive, plain(string(run.Status), 40)),
			Remedy: "wait until the run has ended, or cancel it on GitHub"}
	}
	path, err := c.repoPath(what, key.Repo)
	if err != nil {
		return err
	}
	return c.mutate(ctx, mutation{run: key, attempt: run.Attempt, action: "rerun_failed"},
		fmt.Sprintf("%s/actions/runs/%d/rerun-failed-jobs", path, key.ID), what)
}

// mutate sends a change once, in its turn.
func (c *Client) mutate(ctx context.Context, m mutation, path, what string) error {
	leave, err := c.lane.enter(ctx, m)
	if errors.Is(err, ErrInFlight) {
		return &fleet.Failure{Cause: fleet.CauseOther, Err: fmt.Errorf("%s: %w", what, err), Remedy: "wait for the run's next attempt to appear"}
	}
	if err != nil {
		return c.fail(what, err)
	}
	var traced, sent atomic.Bool
	trace := httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { traced.Store(true) },
		GotConn: func(httptrace.GotConnInfo) { sent.Store(true) },
	})
	r, err := c.callWith(ctx, trace, http.MethodPost, path, what)
	if err == nil && isHTML(nil, r.body) {
		err = c.unreadable(what, r, errNoAnswer)
	}
	if err == nil {
		leave(true)
		return nil
	}
	// Lost means: a connection was had (or a transport that does not tell is in
	// use), and no GitHub answer says that nothing was done.
	if lost(err) && (sent.Load() || !traced.Load()) {
		leave(true)
		f := fleet.FailureOf(err)
		return &fleet.Failure{Cause: f.Cause, Err: fmt.Errorf("%w: %w", ErrAmbiguous, f.Err),
			Remedy: "read the run again: a higher attempt means it was done; do not repeat it blindly"}
	}
	leave(false)
	return err
}

// lost reports whether an error leaves open if a change was made.
func lost(err error) bool {
	var status *StatusError
	var limit *limitError
	switch {
	case errors.As(err, &limit), errors.Is(err, errRedirect):
		return false
	case errors.As(err, &status):
		return status.Status >= 500 || status.Status < 300 // a gateway's words, not GitHub's
	}
	return true
}

const (
	writeSpacing = time.Second      // GitHub asks for at least a second between changes
	writeMemory  = 10 * time.Minute // how long the same change is refused
)

// mutation names a change, so that it is made once.
type mutation struct {
	run     fleet.RunKey
	attempt int
	action  string
}
