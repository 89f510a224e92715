package world

import (
	"fmt"
	"strings"

	"andon/fleet"
)

// Ending is the way a job ended, as its steps, its log and the notes of its check
// run tell it.
type Ending uint8

// The endings. Their texts are rows of the catalogue of signatures.
const (
	EndWell        Ending = iota
	EndDenied             // cargo cannot create its target dir: os error 13
	EndVanished           // the same with os error 2: the dir was taken away
	EndTempDir            // couldn't create a temp dir: another run writes to the same dir
	EndLimit              // the job limit of 55 minutes
	EndSuperseded         // cancelled by a newer push
	EndGate               // an aggregator that saw a red job
	EndTest               // a real test failure
	EndNoSpace            // the compiler cannot write: the disk is full
	EndDiag               // the runner cannot write its own log: the disk is full
	EndLost               // the runner lost communication: no log, steps left in progress
	EndShutdown           // the runner was told to stop
	EndDownload           // the runner cannot download an action
	EndFetch              // git cannot fetch the repository
	EndRegistry           // the image registry limits pulls
	EndKilled             // the compiler was killed by signal 9
	EndToolchain          // rustc is not there any more
	EndStepLimit          // a step's own limit
	EndResidue            // checkout cannot remove what a container left as root
	EndContainerID        // Set up runner fails over what an earlier job left as root
)

// Annotation is a note of a job's check run.
type Annotation struct {
	Level   string // failure or warning
	Message string
}

// tale is how an ending shows. The words RUNNER, WORK, LIMIT, TEST and
// GROUP in its texts are the runner's name, its work folder, the minutes of a limit, a
// test, and the run's concurrency group.
type tale struct {
	step  string   // that fails; "" is the build
	lines []string // of the log; a line may hold newlines, as one message
	exit  int      // of the step's process; 0: it has none
	lost  bool     // the runner was gone: no log, and its steps stay as they were
	notes []Annotation
}

const canceled = "The operation was canceled."

// tale returns how an ending shows.
func (e Ending) tale() tale {
	if t, ok := e.hostTale(); ok {
		return t
	}
	switch e {
	case EndDenied:
		return tale{lines: []string{"error: failed to create directory `/workspace/target/debug`\n\nCaused by:\n  Permission denied (os error 13)"}, exit: 101}
	case EndVanished:
		return tale{lines: []string{"   Compiling aprender-core v0.29.0 (/workspace/crates/aprender-core)",
			"error: failed to create directory `/workspace/target/debug`\n\nCaused by:\n  No such file or directory (os error 2)"}, exit: 101}
	case EndTempDir:
		return tale{lines: []string{"error: couldn't create a temp dir: No such file or directory (os error 2) at path \"/workspace/target/debug/deps/rmetaQ7cVbN\""}, exit: 101}
	case EndLimit:
		return tale{lines: []string{"   Compiling aprender-serve v0.29.0 (/workspace/crates/aprender-serve)", "##[error]" + canceled},
			notes: failure("The job running on runner RUNNER has exceeded the maximum execution time of LIMIT minutes.", canceled)}
	case EndSuperseded:
		return tale{lines: []string{"   Compiling aprender-serve v0.29.0 (/workspace/crates/aprender-serve)", "##[error]" + canceled},
			notes: failure("Canceling since a higher priority waiting request for 'GROUP' exists", canceled)}
	case EndGate:
		return tale{exit: 1}
	case EndStepLimit:
		return tale{lines: []string{"   Compiling aprender-serve v0.29.0 (/workspace/crates/aprender-serve)", "##[error]The action 'Run cargo nextest' has timed out after LIMIT minutes."}}
	case EndTest:
		return tale{lines: []string{"        FAIL [   0.412s] aprender-core tokenizer::tests::TEST",
			"thread 'tokenizer::tests::TEST' panicked at crates/aprender-core/src/tokenizer.rs:211:9:\nassertion `left == right` failed\n  left: 17\n right: 18"}, exit: 100}
	case EndToolchain:
		return tale{lines: []string{"error: could not execute process `/usr/local/rustup/toolchains/1.89.0-x86_64-unknown-linux-gnu/bin/rustc -vV` (never executed)\n\nCaused by:\n  No such file or directory (os error 2)"}, exit: 101}
	case EndKilled:
		return tale{lines: []string{"   Compiling aprender-gpu v0.29.0 (/workspace/crates/aprender-gpu)",
			"error: could not compile `aprender-gpu` (lib test)\n\nCaused by:\n  process didn't exit successfully: `rustc --crate-name aprender_gpu --edition=2021` (signal: 9, SIGKILL: kill)"}, exit: 101}
	}
	return tale{lines: []string{"     Summary [ 412.118s] 4211 tests run: 4211 passed, 96 skipped", "sccache: Cache hits rate                  83.12 %"}}
}

// hostTale are the endings that a runner, its host or its network write.
func (e Ending) hostTale() (tale, bool) {
	const (
		tarball  = "'https://api.github.com/repos/actions/checkout/tarball/08c6903cd8c0fde910a37f88322edcfb5dd907a8'"
		timeout  = "Error: The request was canceled due to the configured HttpClient.Timeout of 100 seconds elapsing."
		checkout = "Run actions/checkout@v4"
		noDiag   = "System.IO.IOException: No space left on device : '/home/noah/actions-runner/RUNNER/_diag/Worker_20260518-131502-utc.log'"
	)
	switch e {
	case EndNoSpace:
		return tale{lines: []string{"   Compiling aprender-core v0.29.0 (/workspace/crates/aprender-core)",
			"error: failed to write `/workspace/target/debug/deps/aprender_core-5f1c.rmeta`: No space left on device (os error 28)"}, exit: 101,
			notes: []Annotation{{"warning", "You are running out of disk space. The runner will stop working when the machine runs out of disk space. Free space left: 0 MB"}}}, true
	case EndDiag:
		return tale{step: "Set up job", lost: true, notes: failure(noDiag)}, true
	case EndLost:
		return tale{lost: true, notes: failure("The self-hosted runner: RUNNER lost communication with the server. Verify the machine is running and has a healthy network connection. Anything in your workflow that terminates the runner process, starves it for CPU/Memory, or blocks its network access can cause this error.")}, true
	case EndShutdown:
		const signal = "The runner has received a shutdown signal. This can happen when the runner service is stopped, or a manually started runner is canceled."
		return tale{lines: []string{"##[error]" + signal, "##[error]" + canceled}, notes: failure(signal)}, true
	case EndDownload:
		return tale{step: "Set up job", lines: []string{"##[warning]Failed to download action " + tarball + ". " + timeout, "##[warning]Back off 18.171 seconds before retry.",
			"##[error]Failed to download archive " + tarball + " after 3 attempts."}}, true
	case EndFetch:
		return tale{step: checkout, lines: []string{"error: RPC failed; curl 56 GnuTLS recv error (-110): The TLS connection was non-properly terminated.", "fatal: early EOF",
			"##[error]The process '/usr/bin/git' failed with exit code 128"}}, true
	case EndRegistry:
		return tale{step: "Initialize containers", lines: []string{"Error response from daemon: toomanyrequests: You have reached your pull rate limit. You may increase the limit by authenticating and upgrading",
			"##[error]Docker pull failed with exit code 1"}}, true
	case EndResidue:
		return tale{step: checkout, lines: []string{"Deleting the contents of 'WORK/aprender/aprender'",
			"##[error]File was unable to be removed Error: EACCES: permission denied, unlink 'WORK/aprender/aprender/target/CACHEDIR.TAG'"}}, true
	case EndContainerID:
		return tale{step: "Set up runner", lines: []string{"A job started hook has been configured by the self-hosted runner administrator", "##[error]Value cannot be null. (Parameter 'ContainerId')"}}, true
	}
	return tale{}, false
}

func failure(messages ...string) []Annotation {
	out := make([]Annotation, len(messages))
	for i, m := range messages {
		out[i] = Annotation{"failure", m}
	}
	return out
}

// words puts the job's own names into a text of its tale.
func (j *Job) words(text string) string {
	name := ""
	if j.Runner != nil {
		name = j.Runner.Name
	}
	return strings.NewReplacer("RUNNER", name, "WORK", "/home/noah/actions-runner/"+name+"/_work", "LIMIT", fmt.Sprint(limit/minute), "TEST", testName(j.flaw), "GROUP", j.Run.GroupName()).Replace(text)
}

// testName names the nth test that fails; names repeat after 144.
func testName(n int) string {
	if n == 0 {
		return "merge_order_is_stable"
	}
	subject := []string{"merges", "ranks", "bytes", "spaces", "accents", "emoji", "prefixes", "suffixes", "numbers", "newlines", "unknowns", "specials"}
	verb := []string{"round_trip", "are_stable", "keep_order", "are_counted", "do_not_overlap", "survive_a_reload", "are_never_empty", "sort_last", "fit_the_table", "match_the_reference", "may_repeat", "are_escaped"}
	return subject[n%12] + "_" + verb[n/12%12]
}

// Annotations returns the notes of a completed job's check run.
func (j *Job) Annotations() []Annotation {
	if j.Status.Live() {
		return nil
	}
	t := j.Ending.tale()
	out := make([]Annotation, 0, len(t.notes)+1)
	for _, n := range t.notes {
		out = append(out, Annotation{n.Level, j.words(n.Message)})
	}
	if t.exit != 0 && j.Conclusion == fleet.ConclusionFailure {
		out = append(out, Annotation{"failure", fmt.Sprintf("Process completed with exit code %d.", t.exit)})
	}
	return out
}

// HasLog reports whether GitHub keeps a log of the job: not while it runs, not of
// one that never got a runner, and not of one whose runner was lost.
func (j *Job) HasLog() bool {
	return !j.Status.Live() && (j.Runner != nil || j.Name == "gate") && !j.Ending.tale().lost
}

// failsAt returns the runner's own step or the checkout that the job is to fail at,
// "" where its build decides.
func (j *Job) failsAt() string { return j.Ending.tale().step }
