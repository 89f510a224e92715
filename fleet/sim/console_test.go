package sim

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/gh"
	"andon/fleet/probe"
	"andon/sshexec"
)

// console is the reading half of the console, made of its real parts: the SSH
// pool, the sweep script, the GitHub client and the join.
type console struct {
	f      *Fleet
	pool   *sshexec.Pool
	github *gh.Client
	script sshexec.Script
	prev   []fleet.Sample
}

func newConsole(t testing.TB, f *Fleet) *console {
	t.Helper()
	script, err := sshexec.Embedded(probe.Scripts, probe.SweepScript)
	if err != nil {
		t.Fatal(err)
	}
	token, err := gh.NewToken(f.Token())
	if err != nil {
		t.Fatal(err)
	}
	client, err := gh.New(gh.Options{BaseURL: f.GitHubURL(), Token: token, Now: f.Now})
	if err != nil {
		t.Fatal(err)
	}
	c := &console{f: f, pool: sshexec.NewPool(f.SSH()), github: client, script: script, prev: f.Samples()}
	t.Cleanup(func() {
		client.Close()
		if err := c.pool.Close(context.Background()); err != nil {
			t.Errorf("close pool: %v", err)
		}
	})
	return c
}

// sweep looks at one host; deep measures these dirs too.
func (c *console) sweep(ctx context.Context, h fleet.Host, deep []probe.DeepAsk) (fleet.Sweep, error) {
	args, err := probe.Ask{Roots: h.Roots, Deep: deep, DeepBudget: 5 * time.Minute}.Args()
	if err != nil {
		return fleet.Sweep{}, err
	}
	become := sshexec.BecomeNone
	if h.Privilege == fleet.PrivilegeSudo {
		become = sshexec.BecomeRoot
	}
	begin := time.Now()
	res, err := c.pool.Host(h.SSH).Script(ctx, sshexec.ScriptCall{Script: c.script, Args: args, Become: become,
		Limits: sshexec.Limits{MaxStdout: probe.MaxAnswer, Timeout: time.Minute}})
	if err != nil {
		return fleet.Sweep{}, fmt.Errorf("sweep %s: %w", h.Name, err)
	}
	return probe.Parse(h, res.Stdout, c.f.Now(), time.Since(begin))
}

// look reads everything once and joins it. A deep look measures every dir.
func (c *console) look(t testing.TB, deeply bool) *fleet.Snapshot {
	t.Helper()
	r := fleet.Reads{Policy: fleet.DefaultPolicy(), Hosts: c.f.Hosts(), Repos: c.f.Repos(), Samples: c.prev}
	source := func(kind fleet.SourceKind, of string, err error) {
		s := fleet.Source{ID: fleet.SourceID{Kind: kind, Of: of}, State: fleet.SourceOK, ReadAt: c.f.Now(), Interval: time.Minute}
		if err != nil {
			s.State, s.Err, s.ReadAt = fleet.SourceFailing, err.Error(), time.Time{}
		}
		r.Sources = append(r.Sources, s)
	}
	for _, h := range r.Hosts {
		light, err := c.sweep(t.Context(), h, nil)
		if err == nil && deeply {
			var deep []probe.DeepAsk
			for _, d := range light.Dirs {
				deep = append(deep, probe.DeepAsk{Root: d.Path.Root(), Rel: d.Path.Rel(), UID: h.Roots[0].Owner.UID})
			}
			light, err = c.sweep(t.Context(), h, deep)
		}
		if err == nil {
			r.Sweeps = append(r.Sweeps, light)
		}
		source(fleet.SourceHost, string(h.Name), err)
	}
	for _, repo := range r.Repos {
		c.read(t, &r, repo, source)
	}
	runners, err := c.github.Runners(t.Context(), c.f.RunnerScopes()[0])
	if err != nil {
		t.Fatal(err)
	}
	r.Runners, r.Budget, r.At = runners.Items, c.github.Budget(), c.f.Now()
	s := fleet.Join(r)
	c.prev = s.TakeSamples()
	return s
}

// read reads one repository: its lists, and what only the dirs name.
func (c *console) read(t testing.TB, r *fleet.Reads, repo fleet.Repo, source func(fleet.SourceKind, string, error)) {
	t.Helper()
	ctx := t.Context()
	runs, err := c.github.Runs(ctx, repo)
	source(fleet.SourceRuns, string(repo), err)
	pulls, err := c.github.Pulls(ctx, repo)
	source(fleet.SourcePulls, string(repo), err)
	for _, s := range r.Sweeps {
		for _, d := range s.Dirs {
			pl := d.Path.Place()
			if pl.Repo != repo.Name() {
				continue
			}
			if pl.RunID != 0 && !slices.ContainsFunc(runs.Items, func(x fleet.WorkflowRun) bool { return x.ID == pl.RunID }) {
				x, err := c.github.Run(ctx, fleet.RunKey{Repo: repo, ID: pl.RunID})
				if err == nil {
					runs.Items = append(runs.Items, x)
				} else if !errors.Is(err, gh.ErrNotFound) {
					t.Fatal(err)
				}
			}
			if pl.PR != 0 && !slices.ContainsFunc(pulls.Items, func(p fleet.PullRequest) bool { return p.Number == pl.PR }) {
				p, err := c.github.Pull(ctx, fleet.PRKey{Repo: repo, Number: pl.PR})
				if err != nil {
					t.Fatal(err)
				}
				pulls.Items = append(pulls.Items, p)
			}
		}
	}
	for _, x := range runs.Items {
		jobs, err := c.github.Jobs(ctx, x.Key(), gh.AllAttempts)
		if err != nil {
			t.Fatal(err)
		}
		r.Jobs = append(r.Jobs, jobs.Items...)
	}
	source(fleet.SourceJobs, string(repo), nil)
	r.Runs = append(r.Runs, runs.Items...)
	r.PullRequests = append(r.PullRequests, pulls.Items...)
	slices.SortFunc(r.PullRequests, func(a, b fleet.PullRequest) int { return cmp.Compare(a.Number, b.Number) })
}
