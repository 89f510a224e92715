package main

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"andon/fleet"
	"andon/fleet/remedy"
	"andon/ui"
	"andon/ui/shell"
)

// watch hands snapshots from the collector to the console. The channel holds one
// update; a newer one takes the place of one that was not fetched yet.
type watch struct {
	s   *session
	out chan shell.Update

	mu    sync.Mutex
	last  shell.Update
	kept  time.Time
	left  bool           // the console ended: no deed begins any more
	deeds sync.WaitGroup // under way
}

func newWatch(s *session) *watch { return &watch{s: s, out: make(chan shell.Update, 1)} }

// keepEvery is how often the snapshot is stored while the console runs.
const keepEvery = 30 * time.Second

func (w *watch) publish(snap *fleet.Snapshot) {
	w.send(shell.Update{Snapshot: snap, Board: w.s.fold(snap)})
	w.mu.Lock()
	due := time.Since(w.kept) >= keepEvery
	if due {
		w.kept = time.Now()
	}
	w.mu.Unlock()
	if due {
		w.s.keep(snap)
	}
}

func (w *watch) send(u shell.Update) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.last = u
	select {
	case <-w.out:
	default:
	}
	w.out <- u
}

func (w *watch) latest() shell.Update {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.last
}

// refresh looks again now, also at hosts that were left alone after failures.
func (w *watch) refresh() {
	w.s.retry()
	w.s.collector.Nudge()
}

func (w *watch) ack(fingerprint, by string) {
	b := w.s.ack(fingerprint, by)
	if u := w.latest(); u.Snapshot != nil {
		w.send(shell.Update{Snapshot: u.Snapshot, Board: b})
	}
}

var errNoSnapshot = errors.New("nothing was read yet")

// plan builds a plan for the console. A dir counts as named only where it is the
// one dir asked for: a sweep of marks must not lift the protection of main.
func (w *watch) plan(id fleet.ActionID, targets []fleet.Subject, alert string) (fleet.Plan, error) {
	u := w.latest()
	if u.Snapshot == nil {
		return fleet.Plan{}, errNoSnapshot
	}
	// What may be purged without a decision is purged in the background: asked for
	// here it means now, and the dialog wants the count typed.
	p, err := w.s.plan(u.Snapshot, u.Board, wish{action: id, targets: targets, now: id == fleet.ActionPurge || id == fleet.ActionFix, named: alert == "" && len(targets) == 1 && targets[0].Kind == fleet.SubjectDir, alert: alert})
	if err == nil {
		w.lookAt(p.Kept)
	}
	return p, err
}

// lookAt has the dirs a plan keeps measured first: what nobody has measured is
// one reason to keep a dir, and the plan is made again with the next snapshot.
func (w *watch) lookAt(kept []fleet.Kept) {
	var dirs []fleet.DirID
	var hosts []fleet.SourceID
	for _, k := range kept {
		id, ok := k.Subject.DirID()
		if !ok || k.Bytes.IsKnown() {
			continue
		}
		dirs = append(dirs, id)
		if src := fleet.HostSource(id.Host); !slices.Contains(hosts, src) {
			hosts = append(hosts, src)
		}
	}
	if len(dirs) > 0 {
		w.s.collector.Look(dirs, nil)
		w.s.collector.Nudge(hosts...)
	}
}

var errLeaving = errors.New("the console is ending: nothing was begun")

// begin counts a deed in, unless the console is ending.
func (w *watch) begin() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.left {
		w.deeds.Add(1)
	}
	return !w.left
}

// leave waits until the deeds under way have ended. Their context must have: each
// then takes a few seconds at most, and its end is in the audit log.
func (w *watch) leave() {
	w.mu.Lock()
	w.left = true
	w.mu.Unlock()
	w.deeds.Wait()
}

func (w *watch) apply(ctx context.Context, p fleet.Plan, digest string, progress func(ui.Event)) (fleet.Result, error) {
	if !w.begin() {
		return fleet.Result{}, errLeaving
	}
	defer w.deeds.Done()
	res, err := w.s.executor.Apply(ctx, p, digest, func(e remedy.Event) {
		progress(ui.Event{At: w.s.now(), Host: e.Host, Step: e.Step, Entries: e.Done, Says: e.Says, Result: e.Result, Verified: e.Verified})
	})
	w.s.collector.Nudge() // what the deed changed on GitHub shows with the next answer
	w.publish(w.s.collector.Snapshot())
	return res, err
}

// purgeEvery is how often the trash is looked through for dirs whose undo window
// is over.
const purgeEvery = time.Minute

// purgeAgain is when a purge that was refused or failed is tried again: each try
// leaves records in both audit trails.
const purgeAgain = time.Hour

// purge deletes for good what was reaped by this log and can no longer be put
// back. It is what makes a reap free its bytes; each purge is planned, guarded
// and audited like any deed.
func (w *watch) purge(ctx context.Context) {
	t := time.NewTicker(purgeEvery)
	defer t.Stop()
	failed := map[string]time.Time{} // by name in the trash: not tried again before
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
		u := w.latest()
		if u.Snapshot == nil || w.s.cfg.Policy.ReadOnly || w.s.audit == nil {
			continue
		}
		p, err := w.expired(u, failed)
		if err != nil || p.Empty() {
			continue
		}
		// What fails is in the audit log, shown on its page, and tried again later.
		res, _ := w.s.executor.Apply(ctx, p, p.Digest(), func(remedy.Event) {})
		for _, r := range res.Steps {
			if st := p.Steps[r.N-1]; !r.Outcome.OK() {
				failed[st.Trash] = time.Now().Add(purgeAgain)
			}
		}
	}
}

// expired plans the purge of what lies in the trash beyond its undo window.
func (w *watch) expired(u shell.Update, failed map[string]time.Time) (fleet.Plan, error) {
	reaped, err := w.s.reaped()
	if err != nil {
		return fleet.Plan{}, err
	}
	reaped = slices.DeleteFunc(reaped, func(r fleet.Reaped) bool { return time.Now().Before(failed[r.Trash]) })
	dirs := overdue(u.Snapshot, reaped, w.s.cfg.Policy.MaxDirs)
	if len(dirs) == 0 {
		return fleet.Plan{}, nil
	}
	return w.s.plan(u.Snapshot, u.Board, wish{action: fleet.ActionPurge, targets: dirs})
}

// overdue picks the dirs whose undo window is over, on hosts that answer, the
// longest reaped first and no more than one plan may hold (most; 0 is no limit):
// a plan above the cap is refused as a whole, and the trash would only grow.
func overdue(s *fleet.Snapshot, reaped []fleet.Reaped, most int) []fleet.Subject {
	count := map[fleet.Subject]int{} // one name may have been reaped several times
	var order []fleet.Subject
	for _, r := range slices.Backward(reaped) {
		if !s.At.After(r.Until) || !s.Fresh(fleet.HostSource(r.Host)) {
			continue
		}
		x := r.Subject()
		if count[x]++; count[x] == 1 {
			order = append(order, x)
		}
	}
	n := 0
	for i, x := range order {
		if n += count[x]; most > 0 && n > most && i > 0 {
			return order[:i]
		}
	}
	return order
}
