package remedy

import (
	"context"
	"errors"
	"time"

	"andon/fleet"
)

// Doer reaches andon-host on a host.
type Doer interface {
	// Act sends one request and returns the whole answer, JSON lines as
	// fleet.ParseAnswer reads them. Records are handed to progress as they
	// arrive. On an error the part of the answer that did arrive is returned too.
	Act(ctx context.Context, h fleet.Host, r fleet.HostRequest, progress func(fleet.HostRecord)) ([]byte, error)
}

// ErrRefused is wrapped by adapters where GitHub declined a change, or where the
// request was never sent.
var ErrRefused = errors.New("GitHub refused")

// GitHub is what is read again before a deed, and the one deed on GitHub.
type GitHub interface {
	Run(ctx context.Context, k fleet.RunKey) (fleet.WorkflowRun, error)
	Jobs(ctx context.Context, k fleet.RunKey) ([]fleet.Job, error)
	Pull(ctx context.Context, k fleet.PRKey) (fleet.PullRequest, error)
	// RerunFailed asks once. It must not repeat the request by itself. An error
	// that wraps ErrRefused means that nothing was done; any other leaves it open.
	RerunFailed(ctx context.Context, k fleet.RunKey) error
}

// Refresher sweeps hosts again, now, and returns what the world looks like.
type Refresher interface {
	Refresh(ctx context.Context, hosts ...fleet.HostName) (*fleet.Snapshot, error)
}

// Audit keeps the record of every deed. Log is the real one.
type Audit interface {
	// Append makes a record durable before it returns it, sealed.
	Append(r fleet.Record) (fleet.Record, error)
	// Since returns the records written at or after t, oldest first.
	Since(t time.Time) ([]fleet.Record, error)
}

// EventKind tells events apart.
type EventKind string

// The kinds.
const (
	EventNote     EventKind = "note"     // a sentence for the operator
	EventStarted  EventKind = "started"  // a request went out to Host with steps
	EventProgress EventKind = "progress" // Done entries of Step so far
	EventStep     EventKind = "step"     // Result is final
	EventVerified EventKind = "verified" // Verified is what a fresh look says
)

// Event is one thing that happened while a plan is carried out. Events come one
// at a time, never concurrently.
type Event struct {
	Kind     EventKind
	Host     fleet.HostName
	Step     int
	Done     int64
	Result   *fleet.StepResult
	Verified *fleet.Verification
	Says     string
}
