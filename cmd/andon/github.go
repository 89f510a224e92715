package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"andon/fleet"
	"andon/fleet/gh"
	"andon/fleet/poll"
	"andon/fleet/remedy"
	"andon/fleet/signature"
)

// github fits fleet/gh to what poll and remedy ask for.
type github struct {
	client *gh.Client
	texts  *failureTexts
}

func newGitHub(c *gh.Client) *github {
	return &github{client: c, texts: &failureTexts{seen: map[int64]fleet.Fact[fleet.Verdict]{}}}
}

// gone marks a plain "no such thing", which poll remembers.
func gone(err error) error {
	if errors.Is(err, gh.ErrNotFound) {
		return fmt.Errorf("%w: %w", poll.ErrGone, err)
	}
	return err
}

// Runs lists the newest runs of a repository.
func (g *github) Runs(ctx context.Context, r fleet.Repo) ([]fleet.WorkflowRun, bool, error) {
	l, err := g.client.Runs(ctx, r)
	return l.Items, l.Whole, err
}

// Run reads one run.
func (g *github) Run(ctx context.Context, k fleet.RunKey) (fleet.WorkflowRun, error) {
	run, err := g.client.Run(ctx, k)
	return run, gone(err)
}

// Jobs reads the jobs of a run, all attempts, with the failing line of those
// that failed lately.
func (g *github) Jobs(ctx context.Context, k fleet.RunKey) ([]fleet.Job, error) {
	l, err := g.client.Jobs(ctx, k, gh.AllAttempts)
	if err != nil {
		return nil, gone(err)
	}
	jobs, err := l.Complete()
	if err != nil {
		return nil, err
	}
	g.texts.fill(ctx, g.client, jobs)
	return jobs, nil
}

// Pulls lists the open pull requests of a repository.
func (g *github) Pulls(ctx context.Context, r fleet.Repo) ([]fleet.PullRequest, bool, error) {
	l, err := g.client.Pulls(ctx, r)
	return l.Items, l.Whole, err
}

// Pull reads one pull request.
func (g *github) Pull(ctx context.Context, k fleet.PRKey) (fleet.PullRequest, error) {
	p, err := g.client.Pull(ctx, k)
	return p, gone(err)
}

// Runners lists registered runners.
func (g *github) Runners(ctx context.Context, scope string) ([]fleet.Runner, bool, error) {
	l, err := g.client.Runners(ctx, scope)
	return l.Items, l.Whole, err
}

// WaitsIn names the concurrency groups a run waits in.
func (g *github) WaitsIn(ctx context.Context, k fleet.RunKey) ([]string, error) {
	l, err := g.client.WaitsIn(ctx, k)
	if errors.Is(err, gh.ErrAbsent) {
		return nil, fmt.Errorf("%w: %w", poll.ErrAbsent, err)
	}
	if err != nil {
		return nil, gone(err)
	}
	return l.Complete()
}

// Group reads the queue of a concurrency group.
func (g *github) Group(ctx context.Context, r fleet.Repo, name string) (fleet.ConcurrencyGroup, error) {
	group, err := g.client.Group(ctx, r, name)
	return group, gone(err)
}

// QueueRefs lists the branches of merge queues.
func (g *github) QueueRefs(ctx context.Context, r fleet.Repo) ([]fleet.QueueRef, bool, error) {
	l, err := g.client.QueueRefs(ctx, r)
	return l.Items, l.Whole, err
}

// may says what the token may read that is only asked when it is needed. It is a
// sentence where it may, or where the server has nothing to read.
func (g *github) may(ctx context.Context, id fleet.SourceID) (string, error) {
	switch id.Kind {
	case fleet.SourceGroups:
		err := g.client.HasGroups(ctx, fleet.Repo(id.Of))
		if errors.Is(err, gh.ErrAbsent) {
			return gh.ErrAbsent.Error() + ": who holds a concurrency group is not shown", nil
		}
		return "can be read; asked for runs that wait", err
	case fleet.SourceQueue:
		l, err := g.client.QueueRefs(ctx, fleet.Repo(id.Of))
		return fmt.Sprintf("can be read; merge queue branches there: %d", len(l.Items)), err
	}
	return "", fmt.Errorf("%s: always asked", id)
}

// Budget says what is left of the token's limit.
func (g *github) Budget() fleet.Budget { return g.client.Budget() }

// RerunFailed asks once for the failed jobs of a run. Only a lost answer leaves
// open whether it was done.
func (g *github) RerunFailed(ctx context.Context, k fleet.RunKey) error {
	err := g.client.RerunFailed(ctx, k)
	if err != nil && !errors.Is(err, gh.ErrAmbiguous) {
		return fmt.Errorf("%w: %w", remedy.ErrRefused, err)
	}
	return err
}

// failureTexts reads the failing line of a job's log once and keeps the verdict,
// not the text: a completed job's log never changes.
type failureTexts struct {
	mu   sync.Mutex
	seen map[int64]fleet.Fact[fleet.Verdict]
}

// Bounds of reading logs: bytes of each, and how many in one call.
const (
	logTail  = 1 << 20
	logsOnce = 4
)

// fill adds the failing line to failed jobs. A log that cannot be read leaves
// the line unknown, with the reason, and is tried again with the next call.
func (t *failureTexts) fill(ctx context.Context, c *gh.Client, jobs []fleet.Job) {
	asked := 0
	for i := range jobs {
		j := &jobs[i]
		if j.Status.Live() || j.Conclusion != fleet.ConclusionFailure || j.Aggregator() {
			continue
		}
		t.mu.Lock()
		f, ok := t.seen[j.ID]
		t.mu.Unlock()
		if !ok && asked < logsOnce {
			asked++
			f, ok = readFailure(ctx, c, *j)
			if ok {
				t.mu.Lock()
				t.seen[j.ID] = f
				t.mu.Unlock()
			}
		}
		j.Verdict = f
	}
}

// readFailure returns the failing line, and whether the verdict may be kept.
func readFailure(ctx context.Context, c *gh.Client, j fleet.Job) (fleet.Fact[fleet.Verdict], bool) {
	tail, err := c.JobLogTail(ctx, j.Repo, j.ID, logTail)
	switch {
	case errors.Is(err, gh.ErrNoLog):
		return fleet.Unknown[fleet.Verdict]("GitHub has no log of it"), true
	case err != nil:
		return fleet.Unknown[fleet.Verdict]("log not read: " + fleet.FailureOf(err).Error()), false
	}
	text, _, ok := signature.FirstError(tail.Text)
	if !ok {
		return fleet.Unknown[fleet.Verdict]("no error line in its log"), true
	}
	return fleet.Known(fleet.Verdict{Class: fleet.ClassUnknown, Text: text, From: fleet.FromLog}, j.CompletedAt), true
}
