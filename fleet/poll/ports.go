package poll

import (
	"context"
	"errors"
	"time"

	"andon/fleet"
	"andon/fleet/probe"
)

// ErrGone is wrapped by adapters where GitHub says that there is no such run or
// pull request. It is remembered, so that the same question is not asked again
// and again.
var ErrGone = errors.New("GitHub does not know it")

// ErrAbsent is wrapped by adapters where a server has no such API. It is asked
// again once an hour: servers are upgraded.
var ErrAbsent = errors.New("this server has no such API")

// GitHub is what there is to ask GitHub. Without a token all of it is nil. A part
// that is nil is not read, and its sources are not there, but for runs, pull
// requests and runners: those say why they are not read.
type GitHub struct {
	Runs    Runs
	Pulls   Pulls
	Runners Runners
	Groups  Groups
	Queues  Queues
	Budget  Budgeter
}

// Hosts sweeps hosts.
type Hosts interface {
	// Sweep asks a host and returns the whole answer and how long it took. The
	// error carries a *fleet.Failure.
	Sweep(ctx context.Context, h fleet.Host, ask probe.Ask) (stdout []byte, took time.Duration, err error)
}

// Runs reads workflow runs and their jobs. Errors carry a *fleet.Failure, or
// wrap ErrGone.
type Runs interface {
	// Runs lists the newest runs of a repository; whole is false where pages or
	// records are missing.
	Runs(ctx context.Context, r fleet.Repo) (list []fleet.WorkflowRun, whole bool, err error)
	Run(ctx context.Context, k fleet.RunKey) (fleet.WorkflowRun, error)
	// Jobs lists the jobs of a run, all attempts. An incomplete list is an error.
	Jobs(ctx context.Context, k fleet.RunKey) ([]fleet.Job, error)
}

// Pulls reads pull requests.
type Pulls interface {
	// Pulls lists the open pull requests of a repository.
	Pulls(ctx context.Context, r fleet.Repo) (list []fleet.PullRequest, whole bool, err error)
	// Pull reads one, open or not.
	Pull(ctx context.Context, k fleet.PRKey) (fleet.PullRequest, error)
}

// Runners lists registered runners of a repository ("owner/name") or an
// organisation.
type Runners interface {
	Runners(ctx context.Context, scope string) (list []fleet.Runner, whole bool, err error)
}

// Groups reads concurrency groups. Errors carry a *fleet.Failure, or wrap ErrGone
// or ErrAbsent.
type Groups interface {
	// WaitsIn names the groups in which a run, or a job of it, waits.
	WaitsIn(ctx context.Context, k fleet.RunKey) ([]string, error)
	// Group reads the whole queue of a group. An idle one is ErrGone.
	Group(ctx context.Context, r fleet.Repo, name string) (fleet.ConcurrencyGroup, error)
}

// Queues lists the branches of a repository's merge queues that exist.
type Queues interface {
	QueueRefs(ctx context.Context, r fleet.Repo) (list []fleet.QueueRef, whole bool, err error)
}

// Budgeter says what is left of the token's limit, from the newest answers. It
// sends nothing.
type Budgeter interface {
	Budget() fleet.Budget
}
