package poll

import (
	"math/rand/v2"
	"time"

	"andon/fleet"
)

// share is the part of the token's hourly limit this console may spend by
// itself: people, bots and gh use the same limit.
const share = 0.5

const (
	slowest    = 12               // most an interval is stretched
	govern     = 30 * time.Second // between two looks at the budget
	lowWater   = 20               // percent left: half the pace
	dryWater   = 5                // percent left: stop, what remains is for actions
	resetLimit = 61 * time.Minute // a reset further away is a wrong clock
	retryFirst = time.Second      // after the first failure
	retryLast  = time.Minute      // after many
	deniedWait = 5 * time.Minute  // between tries of what is not permitted
	manyFails  = 3                // from here on logins are tried every deniedWait only
)

// Pace is the governor's answer.
type Pace struct {
	Stretch float64       // every GitHub interval is multiplied by it, 1..24
	Stop    time.Duration // ask nothing for so long; 0: go on
}

// Next returns the pace for the coming half minute. The stretch is multiplied by
// what is spent over what may be spent and kept within 1..12; below 20 percent
// of the limit it is doubled, below 5 percent and during a back-off nothing is
// asked. An unknown budget (GHES without limits) leaves the pace at 1.
func (p Pace) Next(b fleet.Budget, now time.Time) Pace {
	if pause := b.Paused.Sub(now); pause > 0 {
		return Pace{Stretch: max(p.Stretch, 1), Stop: min(pause, resetLimit)}
	}
	if !b.Known || b.Limit <= 0 {
		return Pace{Stretch: 1}
	}
	k := max(p.Stretch, 1)
	if k > slowest {
		k /= 2 // take back the doubling
	}
	k = min(max(k*float64(b.PerHour)/(share*float64(b.Limit)), 1), slowest)
	left := 100 * float64(b.Remaining) / float64(b.Limit)
	switch reset := b.Reset.Sub(now); {
	case left < dryWater && reset > 0:
		return Pace{Stretch: k, Stop: min(reset, resetLimit)}
	case left < lowWater && reset > 0:
		return Pace{Stretch: 2 * k}
	}
	return Pace{Stretch: k}
}

// retryAfter returns how long to wait after the nth failure in a row: 1 s,
// doubled up to 60 s, at once 60 s where GitHub limits us. A login that is refused, or a key that is not trusted, is
// tried every five minutes once it was refused three times: more would look like
// an attack to the host's sshd.
func retryAfter(n int, f *fleet.Failure) time.Duration {
	switch f.Cause {
	case fleet.CausePermission, fleet.CauseNoToken:
		return deniedWait
	case fleet.CauseRateLimit:
		return retryLast
	case fleet.CauseAuth, fleet.CauseHostKey, fleet.CauseKeyChanged, fleet.CauseKeyRevoked, fleet.CausePrivilege:
		if n >= manyFails {
			return deniedWait
		}
	}
	d := retryFirst
	for range min(n-1, 6) {
		d *= 2
	}
	return min(d, retryLast)
}

// jitter spreads a pause by up to a tenth either way, so that sources do not
// march in step.
func jitter(d time.Duration) time.Duration {
	return time.Duration(float64(d) * (0.9 + 0.2*rand.Float64()))
}
