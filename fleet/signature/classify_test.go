package signature

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"andon/fleet"
)

func step(name string, status fleet.Status, c fleet.Conclusion, from, to int) fleet.JobStep {
	at := func(sec int) time.Time {
		if sec == 0 {
			return time.Time{}
		}
		return time.Date(2026, 5, 18, 3, 0, sec, 0, time.UTC)
	}
	return fleet.JobStep{Name: name, Status: status, Conclusion: c, StartedAt: at(from), CompletedAt: at(to)}
}

func ok(name string) fleet.JobStep {
	return step(name, fleet.StatusCompleted, fleet.ConclusionSuccess, 0, 0)
}

func bad(name string) fleet.JobStep {
	return step(name, fleet.StatusCompleted, fleet.ConclusionFailure, 0, 0)
}

const (
	github = ".github"
	lost   = "The self-hosted runner: intel-3 lost communication with the server. Verify the machine is running and has a healthy network connection."
	limit  = "The job running on runner intel-3 has exceeded the maximum execution time of 55 minutes."
)

// Steps and annotations first, log second.
func TestStepsAnnotationsThenLog(t *testing.T) {
	c := builtIn(t)
	failed := fleet.ConclusionFailure
	for _, tc := range []struct {
		name string
		in   Input
		want string // class slug from
	}{
		{"no failed step", Input{Conclusion: failed, Steps: []fleet.JobStep{ok("Set up job"), step("Run make", fleet.StatusInProgress, "", 0, 0)}}, "infra runner-lost-silently steps"},
		{"no failed step, told why", Input{Conclusion: failed, Steps: []fleet.JobStep{ok("Set up job")}, Annotations: []Annotation{{github, "failure", "", lost}}}, "infra runner-lost annotation"},
		{"set up job", Input{Conclusion: failed, Steps: []fleet.JobStep{bad("Set up job")}}, "infra set-up-failed steps"},
		{"job-started hook", Input{Conclusion: failed, Steps: []fleet.JobStep{ok("Set up job"), bad("Set up runner")}}, "infra set-up-failed steps"},
		{"set up job, told why", Input{Conclusion: failed, Steps: []fleet.JobStep{bad("Set up job")}, Log: []byte("##[error]Failed to download archive 'https://codeload.github.com/a/b/tar.gz/1' after 3 attempts.\n")}, "infra action-download-failed log"},
		{"set up job, the workflow's own fault", Input{Conclusion: failed, Steps: []fleet.JobStep{bad("Set up job")}, Log: []byte("Current runner version: '2.336.0'\n##[error]Unable to resolve action `a/b@v9`, unable to find version `v9`\n")}, "code workflow-wrong log"},
		{"containers", Input{Conclusion: failed, Steps: []fleet.JobStep{ok("Set up job"), bad("Initialize containers")}}, "infra containers-failed steps"},
		{"containers, a wrong tag", Input{Conclusion: failed, Steps: []fleet.JobStep{ok("Set up job"), bad("Initialize containers")}, Log: []byte("##[group]Starting job container\nError response from daemon: manifest for a:1 not found: manifest unknown\n##[error]Docker pull failed with exit code 1\n")}, "suspect manifest-unknown log"},
		{"containers, only the wrapper", Input{Conclusion: failed, Steps: []fleet.JobStep{ok("Set up job"), bad("Initialize containers")}, Log: []byte("##[group]Starting job container\n##[error]Docker pull failed with exit code 1\n")}, "infra containers-failed steps"},
		{"checkout", Input{Conclusion: failed, Steps: []fleet.JobStep{ok("Set up job"), bad("Run actions/checkout@v4")}}, "infra checkout-failed steps"},
		{"checkout after a step of its own", Input{Conclusion: failed, Steps: []fleet.JobStep{ok("Set up job"), ok("Run ./prepare"), bad("Run actions/checkout@v4")}}, "unknown  "},
		{"post step", Input{Conclusion: failed, Steps: []fleet.JobStep{ok("Set up job"), ok("Run make"), bad("Post Run actions/cache@v4")}}, "suspect post-step-failed steps"},
		{"own step", Input{Conclusion: failed, Steps: []fleet.JobStep{ok("Set up job"), bad("Run make")}}, "unknown  "},
		{"cancelled", Input{Conclusion: fleet.ConclusionCancelled, Steps: []fleet.JobStep{ok("Set up job")}}, "cancelled job-cancelled steps"},
		{"cancelled at the limit", Input{Conclusion: fleet.ConclusionCancelled, Annotations: []Annotation{{github, "failure", "", limit}, {github, "failure", "", "The operation was canceled."}}}, "suspect job-limit annotation"},
		{"superseded", Input{Conclusion: fleet.ConclusionCancelled, Annotations: []Annotation{{github, "failure", "", "Canceling since a higher priority waiting request for 'ci-1' exists"}}}, "cancelled superseded annotation"},
		{"cancelled because the runner went", Input{Conclusion: fleet.ConclusionCancelled, Annotations: []Annotation{{github, "failure", "", "The runner has received a shutdown signal. This can happen when the runner service is stopped"}}}, "infra runner-shutdown annotation"},
		{"timed out", Input{Conclusion: fleet.ConclusionTimedOut}, "suspect job-timed-out steps"},
		{"no runner for a day", Input{Conclusion: failed, Annotations: []Annotation{{github, "failure", "", "This request was automatically failed because there were no enabled runners online to process the request for more than 1 days."}}}, "infra no-runner-online annotation"},
		{"a matcher's annotation is the code's", Input{Conclusion: failed, Annotations: []Annotation{{"src/a.go", "failure", "", lost}}}, "unknown  "},
		{"low disk is a warning: the tests' end outweighs it", Input{Conclusion: failed, Annotations: []Annotation{{github, "warning", "", "You are running out of disk space. The runner will stop working when the machine runs out of disk space. Free space left: 71 MB"}},
			Log: []byte("##[group]Run cargo test\nshell: bash -e {0}\n##[endgroup]\nerror[E0425]: no\n##[error]Process completed with exit code 101.\n")}, "code rustc-error log"},
		{"low disk alone", Input{Conclusion: failed, Annotations: []Annotation{{github, "warning", "", "You are running out of disk space. The runner will stop working when the machine runs out of disk space. Free space left: 71 MB"}}}, "infra low-disk-warning annotation"},
		{"the limit came after the tests had failed", Input{Conclusion: fleet.ConclusionFailure, Annotations: []Annotation{{github, "failure", "", limit}},
			Log: []byte("##[group]Run cargo test\nshell: bash -e {0}\n##[endgroup]\ntest result: FAILED. 1 passed; 1 failed\n##[error]Process completed with exit code 101.\n")}, "code cargo-test log"},
	} {
		v := c.Classify(tc.in)
		if got := fmt.Sprintf("%s %s %s", v.Class, v.Signature, v.From); got != tc.want {
			t.Errorf("%s: %s, want %s", tc.name, got, tc.want)
		}
		if v.Class == fleet.ClassInfra && (len(v.Cures) == 0 || v.Advice == "" || v.Name == "") {
			t.Errorf("%s: no cures, advice or name: %+v", tc.name, v)
		}
	}
}

// A step that may fail prints errors too: the failed step's time says which counts.
func TestTheFailedStepsTimeChoosesTheText(t *testing.T) {
	log := func(sec int, text string) string {
		return fmt.Sprintf("2026-05-18T03:00:%02d.1234567Z %s\n", sec, text)
	}
	text := log(1, "##[group]Run ./optional.sh") + log(1, "shell: bash -e {0}") + log(1, "##[endgroup]") + log(2, "tar: x: Cannot write: No space left on device") + log(2, "##[error]Process completed with exit code 2.") +
		log(20, "##[group]Run tsc") + log(20, "shell: bash -e {0}") + log(20, "##[endgroup]") + log(21, "src/a.ts(1,2): error TS2322: no") + log(22, "##[error]Process completed with exit code 2.")
	in := Input{Job: "build (3.12, ubuntu)", Conclusion: fleet.ConclusionFailure, Log: []byte(text),
		Steps: []fleet.JobStep{ok("Set up job"), step("Optional", fleet.StatusCompleted, fleet.ConclusionSuccess, 1, 2), step("Type check", fleet.StatusCompleted, fleet.ConclusionFailure, 20, 22)}}
	v := builtIn(t).Classify(in)
	if v.Signature != "tsc-error" || v.Step != "Type check" || v.Name != "code/build-3-12-ubuntu/type-check/tsc-error" || v.Line != 9 {
		t.Errorf("%+v", v)
	}
	in.Steps = nil
	if v := builtIn(t).Classify(in); v.Signature != "disk-full" {
		t.Errorf("without steps the earliest wins: %+v", v)
	}
}

// Plain words make it code, but weakly: the rules may still see a cluster in it.
func TestPlainWordsAreWeak(t *testing.T) {
	c := builtIn(t)
	weak := c.Classify(Input{Log: []byte("##[group]Run ./x\nshell: bash -e {0}\n##[endgroup]\nerror: the flux is low\n##[error]Process completed with exit code 1.\n")})
	sure := c.Classify(Input{Log: []byte("##[group]Run ./x\nshell: bash -e {0}\n##[endgroup]\nerror[E0425]: no\n##[error]Process completed with exit code 1.\n")})
	if weak.Class != fleet.ClassCode || !weak.Weak || sure.Class != fleet.ClassCode || sure.Weak {
		t.Errorf("%+v\n%+v", weak, sure)
	}
}

func TestUnknownSaysWhy(t *testing.T) {
	c := builtIn(t)
	for want, text := range map[string]string{"no log": "", "no known text in its 1 lines": "all is well\n", "not a text file": strings.Repeat("\x00\x01", 400)} {
		j := judge(t, c, text)
		if j.Class != fleet.ClassUnknown || j.Reason != want || j.Name != "" {
			t.Errorf("%.10q: %+v", text, j)
		}
	}
	j := judge(t, c, "##[group]Run actions/labeler@v5\nwith:\n  a: b\n##[endgroup]\n##[error]the label is shy\n")
	if j.Class != fleet.ClassUnknown || j.Text != "the label is shy" || j.Reason == "" {
		t.Errorf("%+v", j)
	}
}

// One catalogue reads many logs at once.
func TestConcurrentUse(t *testing.T) {
	c := builtIn(t)
	all := fixtures(t, "infra.log")
	var wg sync.WaitGroup
	for _, f := range all {
		wg.Go(func() {
			if v := c.Classify(Input{Log: []byte(f.text)}); v.Class != f.class {
				t.Errorf("%s: %s", f.at, v.Class)
			}
		})
	}
	wg.Wait()
}

type brokenReader struct{ text *strings.Reader }

func (b brokenReader) Read(p []byte) (int, error) {
	if b.text.Len() == 0 {
		return 0, fmt.Errorf("the disk is gone")
	}
	return b.text.Read(p)
}

func TestWhatWasReadBeforeAnErrorIsJudged(t *testing.T) {
	c := builtIn(t)
	r, err := c.Read(brokenReader{strings.NewReader("##[error]" + lost + "\n")})
	if err == nil || c.Judge(Input{}, r).Signature != "runner-lost" {
		t.Errorf("%v %+v", err, c.Judge(Input{}, r))
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"rows.log", "infra.log"} {
		for _, x := range fixtures(f, name) {
			f.Add([]byte(x.text))
		}
	}
	f.Add([]byte("\ufeff2026-05-18T03:12:07.1234567Z ##[group]Run \n\x1b[36;1m\x1b]0;\x07\x1b"))
	f.Add([]byte("j\ts\t2026-05-18T03:12:07.1234567Z x\n[a/b]   | y\r\r\n##[\n##[error"))
	c, err := Load(BuiltIn())
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, log []byte) {
		r, err := c.Read(bytes.NewReader(log))
		if err != nil {
			t.Fatal(err)
		}
		want := bytes.Count(log, []byte{'\n'})
		if len(log) > 0 && log[len(log)-1] != '\n' {
			want++
		}
		if !r.Binary && r.Lines != want || r.Bytes > int64(len(log)) {
			t.Fatalf("%d lines and %d bytes of %d and %d", r.Lines, r.Bytes, want, len(log))
		}
		j := c.Judge(Input{}, r)
		if j.Line > r.Lines || len(j.Excerpt) > maxEvent || j.Class == "" || j.Class == classWrapper || j.Class == classNone {
			t.Fatalf("%+v", j)
		}
	})
}
