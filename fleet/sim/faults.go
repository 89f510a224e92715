package sim

import (
	"fmt"
	"io"
	"sync/atomic"

	"andon/fleet"
	"andon/fleet/sim/world"
)

// Fault is a way a host can go wrong.
type Fault uint8

// The faults.
const (
	Healthy       Fault = iota
	Unreachable         // its port is closed and its connections are cut
	Silent              // it accepts connections and says nothing
	SilentCommand       // it runs commands that never answer
	Truncated           // answers end after some bytes (see BreakAfter)
	NoSudo              // sudo -n wants a password
	HostileNames        // run dirs with names made to break a parser or a terminal; stays
)

type fault struct {
	kind  Fault
	after int64
}

// defaultCut is after how many bytes a truncated answer ends.
const defaultCut = 4096

// Break makes a host go wrong from now on; Healthy mends it.
func (f *Fleet) Break(name fleet.HostName, kind Fault) error {
	return f.BreakAfter(name, kind, defaultCut)
}

// BreakAfter is Break, and says after how many bytes of an answer Truncated cuts it.
func (f *Fleet) BreakAfter(name fleet.HostName, kind Fault, after int64) error {
	for _, h := range f.hosts {
		if h.name == string(name) {
			return h.breakIt(fault{kind, after})
		}
	}
	return fmt.Errorf("break host %s: no such host", name)
}

func (h *host) breakIt(x fault) error {
	if x.kind == HostileNames {
		h.fleet.Use(func(w *world.World) { w.AddHostileNames(h.world) })
		return nil
	}
	h.fault.Store(&x)
	if x.kind == Unreachable {
		return h.shut()
	}
	h.mu.Lock()
	closed := h.listener == nil
	h.mu.Unlock()
	if closed {
		return h.open(h.fleet.ctx, h.addr)
	}
	return nil
}

func (h *host) broken(kind Fault) bool {
	x := h.fault.Load()
	return x != nil && x.kind == kind
}

// output is the way of a session's standard output: counted, and cut where the
// host is broken so.
func (h *host) output(w io.Writer) *output {
	o := &output{w: w, left: -1, seen: &h.fleet.tally.bytes}
	if x := h.fault.Load(); x != nil && x.kind == Truncated {
		o.left = x.after
	}
	return o
}

type output struct {
	w    io.Writer
	left int64 // bytes until the cut; negative: no cut
	over bool
	seen *atomic.Int64
}

// Write takes everything; behind the cut nothing is sent.
func (o *output) Write(b []byte) (int, error) {
	n := len(b)
	if o.left >= 0 {
		if int64(n) > o.left {
			b, o.over = b[:o.left], true
		}
		o.left -= int64(len(b))
	}
	if len(b) > 0 {
		if _, err := o.w.Write(b); err != nil {
			return 0, err
		}
		o.seen.Add(int64(len(b)))
	}
	return n, nil
}

func (o *output) cut() bool { return o.over }

// tally counts what the fleet served.
type tally struct {
	scripts atomic.Int64
	bytes   atomic.Int64
}

// Scripts returns how many scripts were run to their end.
func (f *Fleet) Scripts() int64 { return f.tally.scripts.Load() }

// Bytes returns how many bytes the hosts answered.
func (f *Fleet) Bytes() int64 { return f.tally.bytes.Load() }

// Reruns returns how many rerun requests GitHub accepted.
func (f *Fleet) Reruns() int64 { return f.github.Reruns() }
