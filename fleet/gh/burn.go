package gh

import (
	"time"

	"andon/fleet"
)

// burn counts what was spent of the token's limit over the last hour, in
// buckets of a minute. It counts the drop GitHub reports, so what other tools
// spend with the same token is in it.
type burn struct {
	from    time.Time // counting since
	minute  int64     // Unix minute of the newest bucket
	buckets [60]int
}

func (b *burn) start(now time.Time) { b.from = now }

func (b *burn) add(now time.Time, n int) {
	b.advance(now)
	b.buckets[b.minute%60] += max(n, 0)
}

// advance empties the buckets between the newest and now. A clock that went
// back counts into the newest bucket.
func (b *burn) advance(now time.Time) {
	m := now.Unix() / 60
	if m-b.minute >= 60 {
		b.buckets = [60]int{}
		b.minute = m
	}
	for b.minute < m {
		b.minute++
		b.buckets[b.minute%60] = 0
	}
}

// perHour extrapolates from what was seen over the last hour; over less than a
// minute it does not.
func (b *burn) perHour(now time.Time) int {
	seen := min(max(now.Sub(b.from), time.Minute), time.Hour)
	return int(float64(b.sum(now, time.Hour)) * float64(time.Hour) / float64(seen))
}

// lately is the rate of the last fleet.BurnSpan; too low before so much was seen.
func (b *burn) lately(now time.Time) int {
	return b.sum(now, fleet.BurnSpan) * int(time.Hour/fleet.BurnSpan)
}

// sum is what was spent over the last span, an hour at most.
func (b *burn) sum(now time.Time, span time.Duration) int {
	if b.from.IsZero() {
		return 0
	}
	b.advance(now)
	sum := 0
	for i := range int64(span / time.Minute) {
		sum += b.buckets[((b.minute-i)%60+60)%60]
	}
	return sum
}
