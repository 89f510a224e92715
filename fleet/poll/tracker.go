package poll

import (
	"time"

	"andon/fleet"
)

// tracker is one source's state and schedule.
type tracker struct {
	src   fleet.Source
	fails int       // failures in a row
	due   time.Time // by the machine's monotonic clock: a jump of the wall clock moves nothing
	busy  bool
	read  bool          // Run has ended at least one reading of it
	empty bool          // the last answer was empty and is not believed yet
	every time.Duration // between two readings, by the machine's clock
	speed float64       // of the clock that is told, see Config.Speed
}

// told is what a pause of the machine's clock is by the clock that is told.
func (t *tracker) told(d time.Duration) time.Duration { return time.Duration(float64(d) * t.speed) }

func (t *tracker) enter(s fleet.SourceState, now time.Time) {
	if t.src.State != s || t.src.Since.IsZero() {
		t.src.State, t.src.Since = s, now.Round(0)
	}
	t.src.TriedAt = now.Round(0)
}

func (t *tracker) next(now time.Time, d time.Duration) {
	t.due = time.Now().Add(d)
	t.src.NextAt = now.Add(t.told(d)).Round(0)
}

// whole records a whole answer.
func (t *tracker) whole(now time.Time, every time.Duration) {
	t.enter(fleet.SourceOK, now)
	t.fails, t.empty = 0, false
	t.src.Cause, t.src.Err, t.src.Remedy = fleet.CauseNone, "", ""
	t.every = every
	t.src.ReadAt, t.src.Interval = now.Round(0), t.told(every)
	t.next(now, jitter(every))
}

// partial records an answer that is not whole. ReadAt stays.
func (t *tracker) partial(now time.Time, every time.Duration, c fleet.Cause, why, remedy string) {
	t.enter(fleet.SourcePartial, now)
	t.fails = 0
	t.every = every
	t.src.Cause, t.src.Err, t.src.Remedy, t.src.Interval = c, why, remedy, t.told(every)
	t.next(now, jitter(every))
}

// failed records that there was no answer.
func (t *tracker) failed(now time.Time, f *fleet.Failure) {
	state := fleet.SourceFailing
	if f.Cause == fleet.CausePermission || f.Cause == fleet.CauseNoToken {
		state = fleet.SourceDenied
	}
	t.enter(state, now)
	t.fails++
	t.src.Cause, t.src.Err, t.src.Remedy = f.Cause, f.Error(), f.Remedy
	t.next(now, min(jitter(retryAfter(t.fails, f)), max(retryLast, retryAfter(t.fails, f))))
}

// absent records that the server has no such thing, in its own words. Nothing is
// missing; it is asked again after every.
func (t *tracker) absent(now time.Time, every time.Duration, why string) {
	t.enter(fleet.SourceAbsent, now)
	t.fails, t.empty = 0, false
	t.every = every
	t.src.Cause, t.src.Err, t.src.Remedy, t.src.Interval = fleet.CauseNone, why, "", t.told(every)
	t.next(now, jitter(every))
}

// held puts a reading off because the token's limit is nearly spent. The state
// stays; the data goes stale by itself.
func (t *tracker) held(now time.Time, d time.Duration) {
	t.src.Cause, t.src.Err = fleet.CauseRateLimit, "not asked: the token's limit is nearly spent, what is left is kept for actions"
	t.src.Remedy = "wait for the limit's reset; other tools that use the same token share it"
	t.next(now, d)
}

// believe reports whether an answer may replace what is held: an empty one
// where there was something must come twice in a row.
func (t *tracker) believe(got, held int) bool {
	if got > 0 || held == 0 || t.empty {
		return true
	}
	t.empty = true
	return false
}

const emptyOnce = "the answer was empty where the last one was not: it is believed when the next one is empty too"
