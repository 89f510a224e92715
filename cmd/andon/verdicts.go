package main

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"andon/fleet"
	"andon/fleet/gh"
	"andon/fleet/signature"
)

// Bounds of reading logs: bytes of the first and the second try, how many jobs at a
// time in this process, and how many of one run.
const (
	logTail     = 1 << 20
	logMore     = 4 << 20
	logsAtOnce  = 4
	logsOfOneGo = 64
)

// logSource is what GitHub keeps of a job that ended.
type logSource interface {
	JobLogTail(ctx context.Context, repo fleet.Repo, jobID int64, max int) (gh.LogTail, error)
	Annotations(ctx context.Context, repo fleet.Repo, jobID int64) ([]gh.Annotation, error)
}

// attempt names one attempt of one job.
type attempt struct {
	repo   fleet.Repo
	job    int64
	number int
}

func attemptOf(j fleet.Job) attempt { return attempt{j.Repo, j.ID, j.Attempt} }

// verdicts asks for what a job that ended badly left, once per attempt, and keeps the
// verdict and not the text: what a completed job left never changes.
type verdicts struct {
	from      logSource
	catalogue *signature.Catalogue
	slots     chan struct{}

	mu     sync.Mutex
	seen   map[attempt]fleet.Fact[fleet.Verdict]
	denied string // why annotations cannot be read; they are not asked for again
}

// newVerdicts starts with the verdicts that an earlier console stored.
func newVerdicts(from logSource, catalogue *signature.Catalogue, stored []fleet.Job) *verdicts {
	v := &verdicts{from: from, catalogue: catalogue, slots: make(chan struct{}, logsAtOnce), seen: map[attempt]fleet.Fact[fleet.Verdict]{}}
	for _, j := range stored {
		if j.Verdict.IsKnown() {
			v.seen[attemptOf(j)] = j.Verdict
		}
	}
	return v
}

// fill gives the jobs that ended badly their verdict. What cannot be read leaves it
// unknown, with the reason, and is tried again with the next call.
func (v *verdicts) fill(ctx context.Context, jobs []fleet.Job) {
	var wg sync.WaitGroup
	asked := 0
	for i := range jobs {
		j := &jobs[i]
		if j.Status.Live() || j.Aggregator() || !j.Conclusion.Red() {
			continue
		}
		v.mu.Lock()
		f, ok := v.seen[attemptOf(*j)]
		v.mu.Unlock()
		if ok {
			j.Verdict = f
			continue
		}
		if asked++; asked > logsOfOneGo {
			j.Verdict = fleet.Unknown[fleet.Verdict](fmt.Sprintf("more than %d jobs of this run ended badly: its log was not read", logsOfOneGo))
			continue
		}
		wg.Go(func() { j.Verdict = v.read(ctx, *j) })
	}
	wg.Wait()
}

// read judges one job in its turn.
func (v *verdicts) read(ctx context.Context, j fleet.Job) fleet.Fact[fleet.Verdict] {
	select {
	case v.slots <- struct{}{}:
		defer func() { <-v.slots }()
	case <-ctx.Done():
		return fleet.Unknown[fleet.Verdict]("log not read yet: " + ctx.Err().Error())
	}
	f, keep := v.judge(ctx, j)
	if keep {
		v.mu.Lock()
		v.seen[attemptOf(j)] = f
		v.mu.Unlock()
	}
	return f
}

// judge returns a job's verdict, and whether it may be kept. The steps say what is
// worth asking for: a failed step of the job's own is explained by its log; a lost
// runner, a limit and a cancellation by annotations.
func (v *verdicts) judge(ctx context.Context, j fleet.Job) (fleet.Fact[fleet.Verdict], bool) {
	in := signature.Input{Job: j.Name, Conclusion: j.Conclusion, Steps: j.Steps}
	_, stepFailed := j.FailedStep()
	noted := false
	if !stepFailed || j.Conclusion != fleet.ConclusionFailure {
		noted = j.Runner != "" || j.Conclusion != fleet.ConclusionCancelled
		if noted {
			in.Annotations = v.annotations(ctx, j)
		}
	}
	var verdict fleet.Verdict
	var noLog error
	if j.Conclusion == fleet.ConclusionFailure {
		verdict, noLog = v.byLog(ctx, j, in)
	} else {
		verdict = v.catalogue.Classify(in)
	}
	if verdict.Class == fleet.ClassUnknown && !noted {
		in.Annotations = v.annotations(ctx, j)
		if by := v.catalogue.Classify(in); by.Class != fleet.ClassUnknown {
			verdict = by
		}
	}
	if noLog != nil && verdict.Class == fleet.ClassUnknown {
		gone := errors.Is(noLog, gh.ErrNoLog)
		why := "GitHub has no log of it"
		if !gone {
			why = "log not read: " + fleet.FailureOf(noLog).Error()
		}
		return fleet.Unknown[fleet.Verdict](why + v.unseen()), gone
	}
	return fleet.Known(verdict, j.CompletedAt), noLog == nil || errors.Is(noLog, gh.ErrNoLog)
}

// byLog judges a job with the end of its log, and with more of it where that says
// nothing.
func (v *verdicts) byLog(ctx context.Context, j fleet.Job, in signature.Input) (fleet.Verdict, error) {
	var verdict fleet.Verdict
	for _, size := range []int{logTail, logMore} {
		tail, err := v.from.JobLogTail(ctx, j.Repo, j.ID, size)
		if err != nil {
			return v.catalogue.Classify(in), err
		}
		in.Log, in.Cut = tail.Text, tail.Cut
		if verdict = v.catalogue.Classify(in); verdict.Class != fleet.ClassUnknown || !tail.Cut {
			break
		}
	}
	return verdict, nil
}

// annotations asks for a job's annotations, unless this token was refused before.
func (v *verdicts) annotations(ctx context.Context, j fleet.Job) []signature.Annotation {
	if v.unseen() != "" {
		return nil
	}
	all, err := v.from.Annotations(ctx, j.Repo, j.ID)
	if err != nil {
		if f := fleet.FailureOf(err); f.Cause == fleet.CausePermission {
			v.mu.Lock()
			v.denied = "; its annotations were not read: " + f.Remedy
			v.mu.Unlock()
		}
		return nil
	}
	out := make([]signature.Annotation, len(all))
	for i, a := range all {
		out[i] = signature.Annotation(a)
	}
	return out
}

// unseen says that annotations are hidden from this token, and what would show them.
func (v *verdicts) unseen() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.denied
}
