package notify

import (
	"context"
	"errors"
	"sync"
	"time"

	"andon/fleet"
)

const (
	sendLimit   = 10 * time.Second // one try
	tries       = 4                // the first, and three more
	firstPause  = time.Second      // before the second try; doubled from then on
	longestWait = time.Minute      // that a receiver may ask for within one round of tries
	firstRound  = time.Minute      // before the next round of tries; doubled
	lastRound   = 15 * time.Minute
	askedMost   = time.Hour       // that a receiver may ask for between two rounds
	partingWait = 3 * time.Second // for what still waits when the console ends
)

// Sender brings a notice to one receiver.
type Sender interface {
	// Send returns when the notice was taken, or why not; a *Refusal says more.
	Send(ctx context.Context, n Notice) error
}

// Receiver is one place that notices go to.
type Receiver struct {
	Name   string // never a whole address: that may be a secret
	Terms  Terms
	Sender Sender
	// Seen takes what the first board holds as told: for whoever is looking at
	// the screen anyway.
	Seen bool
}

// Options are what a Notifier goes by.
type Options struct {
	Receivers []Receiver
	Past      []fleet.Told           // what was told by earlier consoles, oldest first
	Known     map[string]fleet.Alert // the alerts they told of, by fingerprint
	Told      func(fleet.Told)       // is called after each delivery, from several goroutines; may be nil
}

// Notifier tells receivers what boards say. Its methods may be called
// concurrently.
type Notifier struct {
	receivers []*receiver
}

// New returns a Notifier. It tells nothing until Run.
func New(o Options) *Notifier {
	n := &Notifier{}
	for _, r := range o.Receivers {
		var past []fleet.Told
		for _, t := range o.Past {
			if t.Receiver == r.Name {
				past = append(past, t)
			}
		}
		n.receivers = append(n.receivers, &receiver{Receiver: r, ledger: NewLedger(r.Terms, past, o.Known), told: o.Told,
			wake: make(chan struct{}, 1), state: fleet.Receiver{Name: r.Name}})
	}
	return n
}

// Observe hands on the newest board. It never blocks: of boards that a receiver
// had no time for only the newest counts.
func (n *Notifier) Observe(b fleet.Board) {
	for _, r := range n.receivers {
		r.mu.Lock()
		r.next, r.fresh = b, true
		r.mu.Unlock()
		select {
		case r.wake <- struct{}{}:
		default: // one is waiting already
		}
	}
}

// Receivers says how each receiver fares.
func (n *Notifier) Receivers() []fleet.Receiver {
	out := make([]fleet.Receiver, len(n.receivers))
	for i, r := range n.receivers {
		r.mu.Lock()
		out[i] = r.state
		r.mu.Unlock()
	}
	return out
}

// Run delivers until ctx ends. What still waits then is sent once, within a few
// seconds, whatever its waiting time.
func (n *Notifier) Run(ctx context.Context) {
	var all sync.WaitGroup
	for _, r := range n.receivers {
		all.Go(func() { r.run(ctx) })
	}
	all.Wait()
}

type receiver struct {
	Receiver
	ledger *Ledger // of the goroutine
	rounds int     // failed rounds in a row
	seen   bool    // the first board was looked at
	told   func(fleet.Told)
	wake   chan struct{}

	mu    sync.Mutex // guards what follows
	next  fleet.Board
	fresh bool // next was not looked at
	state fleet.Receiver
}

func (r *receiver) run(ctx context.Context) {
	for {
		r.observe()
		for _, n := range r.ledger.Due(time.Now(), false) {
			if !r.deliver(ctx, n) {
				break // what else is due comes with the next round
			}
		}
		var due <-chan time.Time
		var timer *time.Timer
		if at, ok := r.ledger.Next(); ok {
			timer = time.NewTimer(time.Until(at))
			due = timer.C
		}
		select {
		case <-ctx.Done():
		case <-r.wake:
		case <-due:
		}
		if timer != nil {
			timer.Stop()
		}
		if ctx.Err() != nil {
			r.part(ctx)
			return
		}
	}
}

func (r *receiver) observe() {
	r.mu.Lock()
	b, fresh := r.next, r.fresh
	r.fresh = false
	r.mu.Unlock()
	switch {
	case !fresh:
	case r.Seen && !r.seen:
		r.seen = true
		r.ledger.Assume(b, time.Now())
	default:
		r.ledger.Observe(b, time.Now())
		r.count()
	}
}

// count keeps how many alerts wait at a receiver that fails. Where none does any
// more, nothing is known to be wrong with it.
func (r *receiver) count() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.state.Failing {
		return
	}
	if r.state.Waiting = r.ledger.Waiting(); r.state.Waiting == 0 {
		r.state = fleet.Receiver{Name: r.Name, At: r.state.At}
	}
}

// deliver tries a notice several times and reports whether it was taken.
func (r *receiver) deliver(ctx context.Context, n Notice) bool {
	pause := firstPause
	for try := 1; ; try++ {
		err := r.send(ctx, n)
		if err == nil {
			r.arrived(n)
			return true
		}
		var no *Refusal
		if !errors.As(err, &no) {
			no = &Refusal{Err: err}
		}
		wait := max(pause, no.After)
		if !no.Again || try == tries || wait > longestWait || !sleep(ctx, wait) {
			if ctx.Err() == nil {
				r.failed(n, no)
			}
			return false
		}
		r.note(no)
		pause *= 2
	}
}

func (r *receiver) send(ctx context.Context, n Notice) error {
	ctx, cancel := context.WithTimeout(ctx, sendLimit)
	defer cancel()
	return r.Sender.Send(ctx, n)
}

func (r *receiver) arrived(n Notice) {
	now := time.Now().Round(0)
	r.ledger.Arrived(n, now)
	r.rounds = 0
	r.mu.Lock()
	if !r.state.Failing { // what went wrong before was mended by trying again
		r.state = fleet.Receiver{Name: r.Name, At: now}
	}
	r.mu.Unlock()
	r.count()
	if r.told != nil {
		r.told(n.told(r.Name, now))
	}
}

// failed puts the next round off: longer each time, or as long as was asked for.
func (r *receiver) failed(n Notice, no *Refusal) {
	wait := min(firstRound<<min(r.rounds, 8), lastRound)
	r.rounds++
	again := time.Now().Add(max(wait, min(no.After, askedMost)))
	r.ledger.Failed(n, again, no.Again)
	r.note(no)
	r.mu.Lock()
	r.state.Failing = true
	r.mu.Unlock()
	r.count()
}

// note keeps what went wrong. The receiver is called failing only when a whole
// round of tries was in vain.
func (r *receiver) note(no *Refusal) {
	now := time.Now().Round(0)
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.state.Since.IsZero() {
		r.state.Since = now
	}
	r.state.Tries++
	r.state.Err, r.state.Remedy, r.state.At = no.Error(), no.Remedy, now
}

// part sends what waits, once.
func (r *receiver) part(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), partingWait)
	defer cancel()
	r.observe()
	for _, n := range r.ledger.Due(time.Now(), true) {
		if r.send(ctx, n) != nil {
			return
		}
		r.arrived(n)
	}
}

// sleep waits, unless ctx ends first.
func sleep(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-t.C:
		return true
	}
}
