package main

import (
	"context"
	"errors"
	"fmt"

	"andon/fleet"
	"andon/fleet/gh"
	"andon/fleet/poll"
	"andon/fleet/remedy"
	"andon/fleet/signature"
)

// github fits fleet/gh to what poll and remedy ask for.
type github struct {
	client   *gh.Client
	verdicts *verdicts
}

func newGitHub(c *gh.Client, catalogue *signature.Catalogue, stored fleet.Reads) *github {
	return &github{client: c, verdicts: newVerdicts(c, catalogue, stored.Jobs)}
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

// Jobs reads the jobs of a run, all attempts, with the classifier's verdict on
// those that ended badly.
func (g *github) Jobs(ctx context.Context, k fleet.RunKey) ([]fleet.Job, error) {
	l, err := g.client.Jobs(ctx, k, gh.AllAttempts)
	if err != nil {
		return nil, gone(err)
	}
	jobs, err := l.Complete()
	if err != nil {
		return nil, err
	}
	g.verdicts.fill(ctx, jobs)
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
