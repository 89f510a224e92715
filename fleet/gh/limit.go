package gh

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"andon/fleet"
)

const (
	firstPause = time.Minute      // GitHub asks for at least a minute without Retry-After
	maxPause   = time.Hour        // the doubling ends here
	maxWait    = 61 * time.Minute // no header makes the console wait longer
)

// limitError says that GitHub limits the token, and until when.
type limitError struct {
	until     time.Time // local clock
	secondary bool
	write     bool
}

func (e *limitError) Error() string {
	what := "the token's hourly limit is used up"
	if e.secondary {
		what = "GitHub's secondary limit"
	}
	if e.write {
		what += " for changes"
	}
	return fmt.Sprintf("%s, nothing is sent until %s", what, e.until.Format(time.TimeOnly))
}

// pause is the back-off of a secondary limit for one class of requests.
type pause struct {
	until time.Time
	level int // doublings so far
}

// extend starts or prolongs the pause. Answers to requests that were under way
// when it began do not double it.
func (p *pause) extend(now time.Time, asked time.Duration) time.Time {
	wait := asked
	if wait == 0 {
		if !now.Before(p.until) {
			p.level++
		}
		wait = min(firstPause<<min(max(p.level-1, 0), 10), maxPause)
	}
	if t := now.Add(wait); t.After(p.until) {
		p.until = t
	}
	return p.until
}

func (p *pause) calm(now time.Time) {
	if !now.Before(p.until) {
		p.level = 0
	}
}

// book keeps what GitHub says about the token's limits. Times GitHub gives are
// turned into waits by GitHub's own Date header, so that a wrong local clock
// neither silences the console nor makes it hammer.
type book struct {
	now func() time.Time

	mu            sync.Mutex
	known         bool
	limit         int
	remaining     int
	resetEpoch    int64
	reset         time.Time // local clock
	spent         burn
	reads, writes pause
	skew          fleet.Fact[time.Duration]
	expires       fleet.Fact[time.Time]
}

// allow says whether a request may be sent now.
func (b *book) allow(write bool) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	switch {
	case b.known && b.remaining == 0 && now.Before(b.reset):
		return &limitError{until: b.reset}
	case now.Before(b.reads.until):
		return &limitError{until: b.reads.until, secondary: true}
	case write && now.Before(b.writes.until):
		return &limitError{until: b.writes.until, secondary: true, write: true}
	}
	return nil
}

// note reads an answer's limit headers.
func (b *book) note(h http.Header) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	if server, ok := serverDate(h); ok {
		b.skew = fleet.Known(now.Sub(server), now)
	}
	if t, ok := tokenExpiry(h); ok {
		b.expires = fleet.Known(t, now)
	}
	if r := h.Get("X-RateLimit-Resource"); r != "" && r != "core" {
		return
	}
	limit, err1 := strconv.Atoi(h.Get("X-RateLimit-Limit"))
	left, err2 := strconv.Atoi(h.Get("X-RateLimit-Remaining"))
	epoch, err3 := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64)
	if err1 != nil || err2 != nil || err3 != nil || limit <= 0 || left < 0 {
		return
	}
	if b.count(now, limit, left, epoch) {
		b.reset = now.Add(untilEpoch(h, now, epoch))
	}
}

// count follows the remaining budget. Answers overtake each other: within one
// window (resets less than a minute apart) the lowest figure is the newest. It
// reports false for an answer of a window that is over.
func (b *book) count(now time.Time, limit, left int, epoch int64) bool {
	switch {
	case !b.known:
		b.remaining = left
	case epoch > b.resetEpoch+60:
		b.spent.add(now, limit-left)
		b.remaining = left
	case epoch < b.resetEpoch-60:
		return false
	case left < b.remaining:
		b.spent.add(now, b.remaining-left)
		b.remaining = left
	}
	if !b.known {
		b.spent.start(now)
	}
	b.known, b.limit, b.resetEpoch = true, limit, epoch
	return true
}

// limited decides whether an answer is a limit, for 403 and 429 alike, and
// books the pause.
func (b *book) limited(resp *http.Response, message, docs string, write bool) *limitError {
	h := resp.Header
	used := h.Get("X-RateLimit-Remaining") == "0"
	asked, hasRetry := retryAfter(h)
	text := strings.ToLower(message)
	named := strings.HasSuffix(docs, "secondary-rate-limits") || strings.HasSuffix(docs, "#abuse-rate-limits") ||
		strings.Contains(text, "rate limit") || strings.Contains(text, "abuse detection")
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	p := &b.reads
	if write {
		p = &b.writes
	}
	switch {
	case resp.StatusCode != http.StatusForbidden && resp.StatusCode != http.StatusTooManyRequests:
		p.calm(now)
		return nil
	case resp.StatusCode == http.StatusForbidden && !used && !hasRetry && !named:
		p.calm(now)
		return nil
	case used && !hasRetry && b.known && now.Before(b.reset):
		return &limitError{until: b.reset}
	}
	return &limitError{until: p.extend(now, asked), secondary: true, write: write}
}

// budget returns the book as the screen shows it.
func (b *book) budget() fleet.Budget {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	out := fleet.Budget{Known: b.known, Limit: b.limit, Remaining: b.remaining, Reset: b.reset,
		PerHour: b.spent.perHour(now), Lately: b.spent.lately(now), Since: b.spent.from}
	if b.known && !now.Before(b.reset) {
		out.Remaining = b.limit
	}
	if now.Before(b.reads.until) {
		out.Paused = b.reads.until
	}
	return out
}

// retryAfter reads Retry-After, in seconds or as a date, between 1 s and maxWait.
func retryAfter(h http.Header) (time.Duration, bool) {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if v == "" {
		return 0, false
	}
	if s, err := strconv.Atoi(v); err == nil {
		return clampWait(time.Duration(min(max(s, 0), int(maxWait/time.Second))) * time.Second), true
	}
	at, err := http.ParseTime(v)
	from, ok := serverDate(h)
	if err != nil || !ok {
		return 0, false
	}
	return clampWait(at.Sub(from)), true
}

func clampWait(d time.Duration) time.Duration { return min(max(d, time.Second), maxWait) }

// untilEpoch returns the wait until a reset time, by GitHub's clock where the
// answer tells it; 0 for a time in the past, never over maxWait.
func untilEpoch(h http.Header, now time.Time, epoch int64) time.Duration {
	from, ok := serverDate(h)
	if !ok {
		from = now
	}
	return min(max(time.Unix(epoch, 0).Sub(from), 0), maxWait)
}

func serverDate(h http.Header) (time.Time, bool) {
	t, err := http.ParseTime(h.Get("Date"))
	return t, err == nil
}

// tokenExpiry reads the header with which GitHub announces a token's end. It
// comes with a zone's name or with its offset (google/go-github#2649).
func tokenExpiry(h http.Header) (time.Time, bool) {
	v := h.Get("GitHub-Authentication-Token-Expiration")
	for _, layout := range []string{"2006-01-02 15:04:05 MST", "2006-01-02 15:04:05 -0700"} {
		if t, err := time.Parse(layout, v); err == nil {
			return t, true
		}
	}
	return time.Time{}, false
}
