package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"andon/fleet"
	"andon/fleet/actions"
	"andon/fleet/config"
	"andon/fleet/poll"
	"andon/fleet/remedy"
	"andon/fleet/rules"
)

// opener makes the session a verb works on. The demo's returns the same session
// each time, so that verbs joined by --then share one world.
type opener func(ctx context.Context, in invocation, c common) (*session, error)

// session is a fleet under watch: everything a verb or the console needs, and
// nothing of how it is reached.
type session struct {
	cfg       config.Config
	rules     []fleet.Rule
	collector *poll.Collector
	recorder  *poll.Recorder // nil: nothing is kept
	executor  *remedy.Executor
	audit     *remedy.Log
	operator  string
	demo      bool
	tokenErr  error  // why GitHub is not read; nil where it is
	tokenFrom string // where the token was found
	notes     []string
	now       func() time.Time
	remarks   func(fleet.Host) []string                             // on the SSH set-up of a host, after a look
	retry     func()                                                // forget failures of hosts: the operator says that something was mended
	may       func(context.Context, fleet.SourceID) (string, error) // what the token may read that is only asked when needed; nil without a token
	closers   []func()

	mu    sync.Mutex // guards what follows
	board fleet.Board
	news  news
}

func (s *session) close() {
	for _, f := range slices.Backward(s.closers) {
		f()
	}
}

// look reads everything once. There is no second look to wait for: what it says
// is told.
func (s *session) look(ctx context.Context) (*fleet.Snapshot, fleet.Board) {
	snap := s.collector.Once(ctx)
	s.whole()
	b := s.fold(snap)
	s.keep(snap)
	return snap, b
}

// lookedAgain tells what a deed changed: the executor has read what it touched
// anew, so what is mended is over for the journal too.
func (s *session) lookedAgain() {
	snap := s.collector.Snapshot()
	s.fold(snap)
	s.keep(snap)
}

// whole says that the next board rests on a look at everything.
func (s *session) whole() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.news.settled = true
}

// fold brings the board forward by a snapshot, and tells what changed.
func (s *session) fold(snap *fleet.Snapshot) fleet.Board {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.board = s.news.resume(s.board, snap).Fold(snap, s.rules)
	s.board.Looked = rules.Looked(snap).String()
	s.news.follow(s.board, s.collector.Settled())
	return s.board
}

func (s *session) ack(fingerprint, by string) fleet.Board {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.board = s.board.Ack(fingerprint, by)
	if s.news.settled {
		s.news.tell(s.board, s.now())
	}
	return s.board
}

// say keeps what the operator must know until the verb can print it. It is called
// with the lock held, or before anything runs.
func (s *session) say(note string) { s.notes = append(s.notes, note) }

// keep stores the snapshot for the next start. Failing to is not worth stopping
// a look for; doctor shows whether the folder can be written.
func (s *session) keep(snap *fleet.Snapshot) {
	if s.recorder != nil {
		_ = s.recorder.Save(snap)
	}
}

// wish is what an operator asks to be planned.
type wish struct {
	action  fleet.ActionID
	targets []fleet.Subject
	named   bool
	now     bool
	alert   string // rule id or fingerprint
}

// plan builds the plan for a wish from a snapshot and its board.
func (s *session) plan(snap *fleet.Snapshot, b fleet.Board, w wish) (fleet.Plan, error) {
	act, err := actions.Find(w.action)
	if err != nil {
		return fleet.Plan{}, err
	}
	in := fleet.PlanInput{Snapshot: snap, Targets: w.targets, Named: w.named, Now: w.now}
	if w.alert != "" {
		a, err := alertFor(b, w.alert)
		if err != nil {
			return fleet.Plan{}, err
		}
		in.Alert = &a
		if len(in.Targets) == 0 {
			in.Targets = alertTargets(w.action, a)
		}
	}
	switch w.action {
	case fleet.ActionUndo, fleet.ActionPurge, fleet.ActionFix:
		in.Reaped, err = s.reaped()
		if err != nil && !(errors.Is(err, errNoAudit) && w.action == fleet.ActionFix) { // a fix may be looked at without
			return fleet.Plan{}, fmt.Errorf("plan %s: %w", w.action, err)
		}
	}
	return act.Plan(in)
}

// alertTargets picks what an action means by an alert: the dirs for hosts'
// actions, the runs for a rerun.
func alertTargets(id fleet.ActionID, a fleet.Alert) []fleet.Subject {
	kind := fleet.SubjectDir
	if id == fleet.ActionRerun {
		kind = fleet.SubjectRun
	}
	var out []fleet.Subject
	for _, x := range a.Subjects {
		if x.Kind == kind {
			out = append(out, x)
		}
	}
	return out
}

// alertFor finds the alert of a fingerprint, or joins all lit alerts of a rule
// that suggest something into one.
func alertFor(b fleet.Board, name string) (fleet.Alert, error) {
	if a, ok := b.Alert(name); ok {
		return a, nil
	}
	var out fleet.Alert
	for _, a := range b.Alerts {
		if string(a.Rule) != name || (a.State != fleet.AlertFiring && a.State != fleet.AlertStale) {
			continue
		}
		if out.Rule != "" && len(a.Suggested) == 0 {
			continue // nothing andon can do cures it; it must not water down the others
		}
		if out.Rule == "" || len(out.Suggested) == 0 {
			out = a
			continue
		}
		out.Subjects = append(slices.Clone(out.Subjects), a.Subjects...)
		for _, id := range a.Suggested {
			if !slices.Contains(out.Suggested, id) {
				out.Suggested = append(slices.Clone(out.Suggested), id)
			}
		}
		out.Key = "*"
	}
	if out.Rule != "" {
		return out, nil
	}
	var lit []string
	for _, a := range b.Alerts {
		if a.State == fleet.AlertFiring {
			lit = append(lit, a.Fingerprint())
		}
	}
	if len(lit) == 0 {
		return fleet.Alert{}, fmt.Errorf("alert %q: none is firing", name)
	}
	return fleet.Alert{}, fmt.Errorf("alert %q: not firing; firing are %s", name, strings.Join(lit, ", "))
}

var errNoAudit = errors.New("the audit log cannot be opened, and only it knows what was reaped")

// reaped lists what the audit log says still lies in a trash.
func (s *session) reaped() ([]fleet.Reaped, error) {
	if s.audit == nil {
		return nil, errNoAudit
	}
	records, _, err := remedy.ReadLog(s.audit.Path())
	if err != nil {
		return nil, fmt.Errorf("read audit log: %w", err)
	}
	return remedy.InTrash(records), nil
}
