package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/gh"
	"andon/fleet/signature"
)

// leftovers is a GitHub that has logs and annotations and counts who asks.
type leftovers struct {
	mu          sync.Mutex
	logs        map[int64]string
	annotations map[int64][]gh.Annotation
	logErr      error
	annErr      error
	asked       map[string]int
	now, most   atomic.Int32
	gate        chan struct{} // a log is given out for each value, where set
}

func (l *leftovers) count(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.asked == nil {
		l.asked = map[string]int{}
	}
	l.asked[what]++
}

func (l *leftovers) JobLogTail(_ context.Context, _ fleet.Repo, id int64, limit int) (gh.LogTail, error) {
	l.count(fmt.Sprintf("log %d", limit))
	n := l.now.Add(1)
	defer l.now.Add(-1)
	for m := l.most.Load(); n > m && !l.most.CompareAndSwap(m, n); m = l.most.Load() {
	}
	if l.gate != nil {
		<-l.gate
	}
	if l.logErr != nil {
		return gh.LogTail{}, l.logErr
	}
	text := l.logs[id]
	if len(text) > limit {
		return gh.LogTail{Text: []byte(text[len(text)-limit:]), Cut: true}, nil
	}
	return gh.LogTail{Text: []byte(text)}, nil
}

func (l *leftovers) Annotations(_ context.Context, _ fleet.Repo, id int64) ([]gh.Annotation, error) {
	l.count("annotations")
	return l.annotations[id], l.annErr
}

func verdictsOf(t *testing.T, l *leftovers, stored ...fleet.Job) *verdicts {
	t.Helper()
	c, err := signature.Load(signature.BuiltIn())
	if err != nil {
		t.Fatal(err)
	}
	return newVerdicts(l, c, stored)
}

func failedJob(id int64, steps ...fleet.JobStep) fleet.Job {
	return fleet.Job{Repo: "a/b", ID: id, Attempt: 1, Name: "workspace-test", Runner: "intel-3", Status: fleet.StatusCompleted, Conclusion: fleet.ConclusionFailure,
		CompletedAt: time.Unix(1779300000, 0), Steps: steps}
}

func step(name string, c fleet.Conclusion) fleet.JobStep {
	return fleet.JobStep{Name: name, Status: fleet.StatusCompleted, Conclusion: c}
}

var (
	setUp     = step("Set up job", fleet.ConclusionSuccess)
	testsFail = step("Run cargo nextest", fleet.ConclusionFailure)
)

const deniedLog = "##[group]Run cargo nextest\nshell: bash -e {0}\n##[endgroup]\nerror: failed to create directory `/workspace/target/debug`\n\nCaused by:\n  Permission denied (os error 13)\n##[error]Process completed with exit code 101.\n"

func TestVerdictIsReadOnceAndSurvivesARestart(t *testing.T) {
	l := &leftovers{logs: map[int64]string{1: deniedLog}}
	v := verdictsOf(t, l)
	jobs := []fleet.Job{failedJob(1, setUp, testsFail)}
	v.fill(t.Context(), jobs)
	got, ok := jobs[0].Verdict.Get()
	if !ok || got.Class != fleet.ClassSuspect || got.Signature != "target-dir-unwritable" || got.Row != 2 || got.Name != "suspect/workspace-test/cargo-nextest/target-dir-unwritable" {
		t.Fatalf("%+v %s", got, jobs[0].Verdict.Why())
	}
	again := []fleet.Job{failedJob(1, setUp, testsFail)}
	v.fill(t.Context(), again)
	restarted := verdictsOf(t, l, jobs[0])
	restarted.fill(t.Context(), []fleet.Job{failedJob(1, setUp, testsFail)})
	if l.asked[fmt.Sprint("log ", logTail)] != 1 || l.asked["annotations"] != 0 {
		t.Errorf("asked %v, want the log once", l.asked)
	}
	second := failedJob(1, setUp, testsFail)
	second.Attempt = 2
	restarted.fill(t.Context(), []fleet.Job{second})
	if l.asked[fmt.Sprint("log ", logTail)] != 2 {
		t.Errorf("asked %v, want a new attempt's log", l.asked)
	}
}

func TestMoreOfALogIsReadWhereItsEndSaysNothing(t *testing.T) {
	l := &leftovers{logs: map[int64]string{1: deniedLog[:strings.Index(deniedLog, "##[error]")] + strings.Repeat("quiet line of a clean-up\n", 2*logTail/25) + "##[error]Process completed with exit code 101.\n"}}
	v := verdictsOf(t, l)
	jobs := []fleet.Job{failedJob(1, setUp, testsFail)}
	v.fill(t.Context(), jobs)
	if got, ok := jobs[0].Verdict.Get(); !ok || got.Signature != "target-dir-unwritable" {
		t.Errorf("%+v", got)
	}
	if l.asked[fmt.Sprint("log ", logMore)] != 1 {
		t.Errorf("asked %v", l.asked)
	}
}

// A lost runner, a limit and a cancellation need no log: steps and annotations tell.
func TestStepsAndAnnotationsComeFirst(t *testing.T) {
	lost := failedJob(1, setUp, fleet.JobStep{Name: "Run cargo nextest", Status: fleet.StatusInProgress})
	limit := failedJob(2, setUp, step("Run cargo nextest", fleet.ConclusionCancelled))
	limit.Conclusion = fleet.ConclusionCancelled
	plain := failedJob(3, setUp, step("Run cargo nextest", fleet.ConclusionCancelled))
	plain.Conclusion = fleet.ConclusionCancelled
	never := failedJob(4)
	never.Conclusion, never.Runner = fleet.ConclusionCancelled, ""
	gate := failedJob(5, setUp, step("Require all jobs", fleet.ConclusionFailure))
	gate.Name = "gate"
	l := &leftovers{logErr: gh.ErrNoLog, annotations: map[int64][]gh.Annotation{
		2: {{Path: ".github", Level: "failure", Message: "The job running on runner intel-3 has exceeded the maximum execution time of 55 minutes."}}}}
	jobs := []fleet.Job{lost, limit, plain, never, gate}
	verdictsOf(t, l).fill(t.Context(), jobs)
	want := []string{"infra runner-lost-silently steps", "suspect job-limit annotation", "cancelled job-cancelled steps", "cancelled job-cancelled steps"}
	for i, w := range want {
		got, _ := jobs[i].Verdict.Get()
		if s := fmt.Sprintf("%s %s %s", got.Class, got.Signature, got.From); s != w {
			t.Errorf("job %d: %s, want %s", jobs[i].ID, s, w)
		}
	}
	if jobs[4].Verdict.IsKnown() || l.asked["annotations"] != 3 {
		t.Errorf("aggregator %v; asked %v, want annotations of three", jobs[4].Verdict, l.asked)
	}
}

func TestAnnotationsWithoutPermissionAreAskedOnce(t *testing.T) {
	l := &leftovers{logErr: gh.ErrNoLog, annErr: &fleet.Failure{Cause: fleet.CausePermission, Err: errors.New("403"), Remedy: "a classic token can"}}
	v := verdictsOf(t, l)
	v.slots = make(chan struct{}, 1) // one after the other
	jobs := []fleet.Job{failedJob(1, setUp, testsFail), failedJob(2, setUp, testsFail)}
	v.fill(t.Context(), jobs)
	for _, j := range jobs {
		if why := j.Verdict.Why(); !strings.Contains(why, "GitHub has no log of it") || !strings.Contains(why, "a classic token can") {
			t.Errorf("job %d: %q", j.ID, why)
		}
	}
	if l.asked["annotations"] != 1 {
		t.Errorf("asked %v", l.asked)
	}
}

func TestAFailedReadIsTriedAgain(t *testing.T) {
	l := &leftovers{logErr: &fleet.Failure{Cause: fleet.CauseTimeout, Err: errors.New("slow")}, logs: map[int64]string{1: deniedLog}}
	v := verdictsOf(t, l)
	jobs := []fleet.Job{failedJob(1, setUp, testsFail)}
	v.fill(t.Context(), jobs)
	if jobs[0].Verdict.IsKnown() || !strings.Contains(jobs[0].Verdict.Why(), "slow") {
		t.Errorf("%v", jobs[0].Verdict)
	}
	l.logErr = nil
	v.fill(t.Context(), jobs)
	if !jobs[0].Verdict.IsKnown() {
		t.Error("not tried again")
	}
}

func TestAtMostFourLogsAtATime(t *testing.T) {
	l := &leftovers{logs: map[int64]string{}, gate: make(chan struct{})}
	v := verdictsOf(t, l)
	var jobs []fleet.Job
	for id := range int64(logsOfOneGo + 2) {
		jobs = append(jobs, failedJob(id+1, setUp, testsFail))
		l.logs[id+1] = deniedLog
	}
	done := make(chan struct{})
	go func() {
		v.fill(t.Context(), jobs)
		close(done)
	}()
	for {
		select {
		case l.gate <- struct{}{}:
			continue
		case <-done:
		}
		break
	}
	if m := l.most.Load(); m > logsAtOnce || m < 1 {
		t.Errorf("%d logs at a time", m)
	}
	if last := jobs[len(jobs)-1]; last.Verdict.IsKnown() || !strings.Contains(last.Verdict.Why(), "more than 64") {
		t.Errorf("%v", last.Verdict.Why())
	}
}
