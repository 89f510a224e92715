package fleet

import (
	"fmt"
	"time"
)

// OwnerState tells apart the ways a run dir's owner can be wrong. Only a dir
// that was born so is cured by chown (paiml/aprender#1798, #3219).
type OwnerState uint8

// The states.
const (
	OwnerFits      OwnerState = iota // the wanted owner
	OwnerBorn                        // wrong since the job's container made it: chown cures it
	OwnerRecreated                   // made again after the job had begun: whoever deleted it is the cause
	OwnerDoubtful                    // wrong, and its birth or its job is unknown
	OwnerInside                      // the dir fits, entries below it do not
)

// String returns a short phrase for the screen.
func (o OwnerState) String() string {
	return [...]string{"fits", "born with the wrong owner", "recreated after its job began", "wrong owner, birth unknown", "foreign entries inside"}[o]
}

// OwnerVerdict is an OwnerState and the fact that decided it.
type OwnerVerdict struct {
	State OwnerState
	Why   string
	At    time.Time
}

// bornGrace is how long after a job's or step's start dockerd may still be
// making its bind sources (image pull aside, which is a step or part of one).
const bornGrace = 2 * time.Minute

// Ownership judges a dir's owner. A dir that another sweep had seen with
// another inode was recreated for certain. Else its birth decides: docker makes
// a bind source when a step starts its container, so a birth near the start of
// the job or of one of its steps is a birth, and one in the middle of a step
// means that somebody deleted the dir under the job.
func (s *Snapshot) Ownership(d Dir) OwnerVerdict {
	at := s.sweepAt(d.Host)
	if d.Owner.UID == d.Want.UID { // a wrong group alone blocks nobody's write
		if f, ok := d.Foreign.Get(); ok && f.Count > 0 {
			return OwnerVerdict{OwnerInside, fmt.Sprintf("%d entries below are not %s", f.Count, d.Want), d.Foreign.At()}
		}
		return OwnerVerdict{OwnerFits, "", at}
	}
	if !d.Sample.Recreated.IsZero() {
		return OwnerVerdict{OwnerRecreated, "an earlier sweep saw another inode under this name", d.Sample.Recreated}
	}
	begun, starts := s.startsOn(d)
	if begun.IsZero() {
		return OwnerVerdict{OwnerDoubtful, "no job of its run is known on this host", at}
	}
	born, known := d.Birth.Get()
	if !known {
		// The last inode change bounds the birth from above.
		if !d.ChangeTime.After(begun.Add(bornGrace)) {
			return OwnerVerdict{OwnerBorn, "unchanged since its job began", d.ChangeTime}
		}
		return OwnerVerdict{OwnerDoubtful, "the filesystem keeps no birth time", at}
	}
	if !born.After(begun.Add(bornGrace)) {
		return OwnerVerdict{OwnerBorn, "made as its job began", born}
	}
	for _, st := range starts {
		if d := born.Sub(st); d >= -bornGrace/2 && d <= bornGrace/2 {
			return OwnerVerdict{OwnerBorn, "made as a step of its job began", born}
		}
	}
	return OwnerVerdict{OwnerRecreated, fmt.Sprintf("made %s after its job began", born.Sub(begun).Round(time.Second)), born}
}

// startsOn returns the earliest start of a job of the dir's run on the dir's
// host, and the starts of those jobs' steps.
func (s *Snapshot) startsOn(d Dir) (begun time.Time, steps []time.Time) {
	for _, i := range s.jobIx[d.Run] {
		j := s.Jobs[i]
		if h, ok := s.HostOfRunner(j.Runner); !ok || h != d.Host || j.StartedAt.IsZero() {
			continue
		}
		if begun.IsZero() || j.StartedAt.Before(begun) {
			begun = j.StartedAt
		}
		for _, st := range j.Steps {
			if !st.StartedAt.IsZero() {
				steps = append(steps, st.StartedAt)
			}
		}
	}
	return begun, steps
}

func (s *Snapshot) sweepAt(h HostName) time.Time {
	if i, ok := s.sweepIx[h]; ok {
		return s.Sweeps[i].At
	}
	return time.Time{}
}

// ForeignAncestors lists the folders above a dir that have not the wanted owner
// (dockerd makes missing ancestors as root too).
func (d Dir) ForeignAncestors() []Ancestor {
	var out []Ancestor
	for _, a := range d.Ancestors {
		if a.Owner != d.Want {
			out = append(out, a)
		}
	}
	return out
}
