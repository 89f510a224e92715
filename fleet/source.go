package fleet

import "time"

// SourceKind is a class of things andon reads.
type SourceKind string

// The kinds.
const (
	SourceHost    SourceKind = "host"    // sweep of one host
	SourceRuns    SourceKind = "runs"    // workflow runs of one repository
	SourceJobs    SourceKind = "jobs"    // jobs of its candidate runs
	SourcePulls   SourceKind = "pulls"   // open pull requests, and those dirs name
	SourceRunners SourceKind = "runners" // registered runners (needs admin)
	SourceGroups  SourceKind = "groups"  // concurrency groups of waiting runs (absent up to GHES 3.19)
	SourceQueue   SourceKind = "queue"   // branches of the merge queue
	SourceNotices SourceKind = "notices" // how this console's own notices fare; never read from anywhere
)

// SourceID names one source: its kind and what it is about.
type SourceID struct {
	Kind SourceKind `json:"kind"`
	Of   string     `json:"of"` // host name, repository or organisation
}

// String returns kind:of.
func (id SourceID) String() string { return string(id.Kind) + ":" + id.Of }

// HostSource names a host's sweep.
func HostSource(h HostName) SourceID { return SourceID{SourceHost, string(h)} }

// SourceState is how the newest try of a source went.
type SourceState string

// The states.
const (
	SourceNever   SourceState = "never"   // not asked yet
	SourceOK      SourceState = "ok"      // newest answer was whole
	SourcePartial SourceState = "partial" // an answer, but not all pages or records
	SourceFailing SourceState = "failing" // no answer; the last good data stays
	SourceDenied  SourceState = "denied"  // the token or login may not ask
	SourceAbsent  SourceState = "absent"  // this server has no such thing: nothing is shown and nothing is missing
)

// Cause is a typed reason a source fails, for rules and for the screen.
type Cause string

// The causes.
const (
	CauseNone        Cause = ""
	CauseUnreachable Cause = "unreachable"
	CauseTimeout     Cause = "timeout"
	CauseAuth        Cause = "auth"
	CauseHostKey     Cause = "host_key"         // no key of the host is on record
	CauseKeyChanged  Cause = "host_key_changed" // it offers another key than the one on record
	CauseKeyRevoked  Cause = "host_key_revoked" // the key it offers is marked as revoked
	CausePrivilege   Cause = "privilege"
	CauseTruncated   Cause = "truncated"
	CauseProtocol    Cause = "protocol"
	CausePermission  Cause = "permission"
	CauseRateLimit   Cause = "rate_limit"
	CauseServer      Cause = "server"
	CauseNoToken     Cause = "no_token"
	CauseNotSent     Cause = "not_sent" // a deed's request never left this console
	CauseOther       Cause = "other"
)

// HostKey reports whether the host's key is not trusted, for whatever reason.
func (c Cause) HostKey() bool {
	return c == CauseHostKey || c == CauseKeyChanged || c == CauseKeyRevoked
}

// Source is one thing andon reads, and how well. A failed source is data.
type Source struct {
	ID       SourceID      `json:"id"`
	State    SourceState   `json:"state"`
	Cause    Cause         `json:"cause,omitempty"`
	Err      string        `json:"error,omitempty"`  // what failed; foreign text possible
	Remedy   string        `json:"remedy,omitempty"` // the next step for the operator
	ReadAt   time.Time     `json:"read_at,omitzero"` // last whole answer
	TriedAt  time.Time     `json:"tried_at,omitzero"`
	NextAt   time.Time     `json:"next_at,omitzero"`
	Since    time.Time     `json:"since,omitzero"` // in this state since
	Interval time.Duration `json:"interval"`
}

// Age returns the time since the last whole answer, and whether there was one.
func (s Source) Age(now time.Time) (time.Duration, bool) {
	if s.ReadAt.IsZero() {
		return 0, false
	}
	return max(now.Sub(s.ReadAt), 0), true
}

// Stale reports whether the source's data is older than two intervals, or was
// never read. What rests on it is shown with "?" and never resolves an alert. One
// the server has not has nothing that could be stale.
func (s Source) Stale(now time.Time) bool {
	if s.State == SourceAbsent {
		return false
	}
	age, ok := s.Age(now)
	return !ok || age > 2*s.Interval
}

// Fresh reports whether the newest try gave a whole answer that is not stale:
// the only ground on which something may be called absent.
func (s Source) Fresh(now time.Time) bool { return s.State == SourceOK && !s.Stale(now) }

// Optional reports whether a source that cannot be had costs only its own panel:
// the token may not ask, or the server has no such thing.
func (s Source) Optional() bool { return s.State == SourceDenied || s.State == SourceAbsent }

// Budget is what is left of the GitHub token's primary limit.
type Budget struct {
	Known     bool      `json:"known"`
	Limit     int       `json:"limit"`
	Remaining int       `json:"remaining"`
	Reset     time.Time `json:"reset,omitzero"`
	PerHour   int       `json:"spent_per_hour"`        // burn rate seen by this console, over the last hour
	Lately    int       `json:"spent_per_hour_lately"` // the same over the last ten minutes
	Since     time.Time `json:"counted_since,omitzero"`
	Paused    time.Time `json:"paused_until,omitzero"` // back-off of a secondary limit
}

// BurnSpan is what Budget.Lately is the rate of.
const BurnSpan = 10 * time.Minute

// EmptyAt returns when nothing of the limit will be left if it goes on like this,
// and whether that is before the reset. It goes by the slower of the two rates,
// so that an hour that is over makes no alarm. Where the budget is not known, its
// reset is past, or less than BurnSpan was counted, it is false: a console's first
// look asks for everything at once, and that is no rate.
func (b Budget) EmptyAt(now time.Time) (time.Time, bool) {
	rate := min(b.PerHour, b.Lately)
	switch {
	case !b.Known || b.Limit <= 0 || !now.Before(b.Reset):
		return time.Time{}, false
	case b.Remaining <= 0:
		return now, true
	case rate <= 0 || now.Sub(b.Since) < BurnSpan:
		return time.Time{}, false
	}
	at := now.Add(time.Duration(float64(b.Remaining) / float64(rate) * float64(time.Hour)))
	return at, at.Before(b.Reset)
}
