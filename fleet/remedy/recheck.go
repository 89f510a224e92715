package remedy

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"andon/fleet"
)

const (
	freshFor   = 10 * time.Second // how old GitHub's part of Expect may be when a step acts
	maxReads   = 4                // at GitHub at once
	maxPortion = 16               // distinct runs and pull requests read again for one request
)

// portion takes as many steps as can be looked up at GitHub within freshFor:
// all of them but for very large plans.
func portion(steps []fleet.Step) (now, later []fleet.Step) {
	runs, pulls := make(map[fleet.RunKey]bool), make(map[fleet.PRKey]bool)
	for i, s := range steps {
		if asksRun(s.Expect) {
			runs[s.Expect.Run] = true
		}
		if asksPull(s.Expect) {
			pulls[s.Expect.PR] = true
		}
		if len(runs)+len(pulls) > maxPortion && i > 0 {
			return steps[:i], steps[i:]
		}
	}
	return steps, nil
}

func asksRun(e fleet.Expect) bool {
	return e.Run.ID != 0 && (e.RunAttempt != 0 || e.RunStatus != "")
}

func asksPull(e fleet.Expect) bool { return e.PR.Number != 0 && e.PRState != "" }

// answers is what GitHub says now.
type answers struct {
	mu    sync.Mutex
	runs  map[fleet.RunKey]runAnswer
	pulls map[fleet.PRKey]pullAnswer
}

type runAnswer struct {
	run  fleet.WorkflowRun
	jobs []fleet.Job
	err  error
}

type pullAnswer struct {
	pr  fleet.PullRequest
	err error
}

// recheck reads GitHub's part of every Expect again and refuses the steps whose
// world moved. It returns the steps that may act.
func (c *course) recheck(ctx context.Context, steps []fleet.Step) []fleet.Step {
	begun := c.cfg.Now()
	a := c.readAgain(ctx, steps)
	late := c.cfg.Now().Sub(begun) > freshFor
	var out []fleet.Step
	for _, s := range steps {
		why, detail := a.check(s.Expect)
		if why == "" && late && (asksRun(s.Expect) || asksPull(s.Expect)) {
			why, detail = fleet.ReasonGitHub, fmt.Sprintf("GitHub took more than %s to answer", freshFor)
		}
		if why != "" {
			c.refuse("", []fleet.Step{s}, why, detail)
			continue
		}
		out = append(out, s)
	}
	return out
}

func (c *course) readAgain(ctx context.Context, steps []fleet.Step) *answers {
	a := &answers{runs: make(map[fleet.RunKey]runAnswer), pulls: make(map[fleet.PRKey]pullAnswer)}
	ctx, cancel := context.WithTimeout(ctx, freshFor)
	defer cancel()
	var wg sync.WaitGroup
	slots := make(chan struct{}, maxReads)
	read := func(f func()) {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			f()
		})
	}
	for _, s := range steps {
		if _, seen := a.run(s.Expect.Run); asksRun(s.Expect) && !seen {
			a.setRun(s.Expect.Run, runAnswer{})
			read(func() { a.setRun(s.Expect.Run, c.readRun(ctx, s.Expect.Run)) })
		}
		if _, seen := a.pull(s.Expect.PR); asksPull(s.Expect) && !seen {
			a.setPull(s.Expect.PR, pullAnswer{})
			read(func() { a.setPull(s.Expect.PR, c.readPull(ctx, s.Expect.PR)) })
		}
	}
	wg.Wait()
	return a
}

var errNoGitHub = errors.New("GitHub cannot be asked: no token; set GH_TOKEN or run: gh auth login")

func (c *course) readRun(ctx context.Context, k fleet.RunKey) (a runAnswer) {
	if c.github == nil {
		return runAnswer{err: errNoGitHub}
	}
	if a.run, a.err = c.github.Run(ctx, k); a.err != nil {
		return a
	}
	if a.run.Key() != k {
		a.err = fmt.Errorf("asked for run %s, got %s", k, a.run.Key())
		return a
	}
	a.jobs, a.err = c.github.Jobs(ctx, k)
	return a
}

func (c *course) readPull(ctx context.Context, k fleet.PRKey) (a pullAnswer) {
	if c.github == nil {
		return pullAnswer{err: errNoGitHub}
	}
	a.pr, a.err = c.github.Pull(ctx, k)
	if a.err == nil && a.pr.Key() != k {
		a.err = fmt.Errorf("asked for %s, got %s", k, a.pr.Key())
	}
	return a
}

func (a *answers) run(k fleet.RunKey) (runAnswer, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	r, ok := a.runs[k]
	return r, ok
}

func (a *answers) setRun(k fleet.RunKey, r runAnswer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.runs[k] = r
}

func (a *answers) pull(k fleet.PRKey) (pullAnswer, bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	p, ok := a.pulls[k]
	return p, ok
}

func (a *answers) setPull(k fleet.PRKey, p pullAnswer) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.pulls[k] = p
}

// check compares an Expect with what GitHub says now. An empty reason is a yes.
func (a *answers) check(e fleet.Expect) (fleet.Reason, string) {
	if asksRun(e) {
		r, _ := a.run(e.Run)
		if why, detail := r.check(e); why != "" {
			return why, detail
		}
	}
	if asksPull(e) {
		p, _ := a.pull(e.PR)
		switch {
		case p.err != nil:
			return fleet.ReasonGitHub, fmt.Sprintf("read %s again: %s", e.PR, p.err)
		case (p.pr.State == fleet.PROpen) != (e.PRState == fleet.PROpen):
			return fleet.ReasonRunMoved, fmt.Sprintf("%s is %s now, was %s", e.PR, p.pr.State, e.PRState)
		}
	}
	return "", ""
}

func (r runAnswer) check(e fleet.Expect) (fleet.Reason, string) {
	switch {
	case r.err != nil:
		return fleet.ReasonGitHub, fmt.Sprintf("read run %s again: %s", e.Run, r.err)
	case e.RunAttempt != 0 && r.run.Attempt != e.RunAttempt:
		return fleet.ReasonRunMoved, fmt.Sprintf("run %d is at attempt %d now, was %d", e.Run.ID, r.run.Attempt, e.RunAttempt)
	case e.RunStatus != "" && r.run.Status != e.RunStatus:
		return fleet.ReasonRunMoved, fmt.Sprintf("run %d is %s now, was %s", e.Run.ID, r.run.Status, e.RunStatus)
	}
	if e.RunStatus != fleet.StatusCompleted {
		return "", ""
	}
	for _, j := range r.jobs {
		if j.Status.Live() {
			return fleet.ReasonRunMoved, fmt.Sprintf("job %d of run %d is %s", j.ID, e.Run.ID, j.Status)
		}
	}
	return "", ""
}
