package world

import (
	"fmt"
	"strings"
	"time"
)

// Log returns the text of a completed job's log as GitHub's blob store keeps it:
// a byte order mark, a time before every line that begins a message, group marks
// that do not balance, and the script echoed in colour before it runs.
func (j *Job) Log() string {
	var b strings.Builder
	b.WriteString("\ufeff")
	at := time.Unix(j.Started, 0).UTC()
	n := 0
	line := func(text string) {
		n++
		fmt.Fprintf(&b, "%s.%07dZ %s\n", at.Format("2006-01-02T15:04:05"), 1000+n*37, text)
	}
	j.logHead(line)
	for _, s := range j.Steps {
		at = time.Unix(s.Started, 0).UTC()
		switch {
		case s.Name == j.failsAt() && !strings.HasPrefix(s.Name, "Run "):
			j.logEnd(line)
		case s.Name == "Initialize containers":
			line("##[group]Starting job container")
			line("##[command]/usr/bin/docker create --name sovereign_ci --workdir /workspace -v " + j.mount() + ":/workspace/target localhost:5000/sovereign-ci:stable")
			line("##[endgroup]")
		case strings.HasPrefix(s.Name, "Run "):
			j.logScript(line, s)
			if s.Completed > 0 {
				at = time.Unix(s.Completed, 0).UTC()
			}
			if s.Name == buildStep(j.Name) && j.failsAt() == "" || s.Conclusion != "success" {
				j.logEnd(line)
			}
		case s.Name == "Require all jobs" && j.Ending == EndGate:
			line("one of the required jobs did not succeed")
			line("##[error]Process completed with exit code 1.")
		}
	}
	line("Cleaning up orphan processes")
	return b.String()
}

func (j *Job) mount() string {
	if j.dir == nil {
		return "/workspace"
	}
	return j.Runner.Host.rootFor().Path + "/" + j.Run.DirRel(j.Suffix)
}

func (j *Job) logHead(line func(string)) {
	if j.Runner == nil {
		line("Current runner version: '2.329.0'")
		line("##[group]Runner Image Provisioner")
		return
	}
	line("Current runner version: '" + j.Runner.Version + "'")
	line("Runner name: '" + j.Runner.Name + "'")
	line("Runner group name: 'Default'")
	line("Machine name: '" + j.Runner.Host.Hostname + "'")
	line("##[group]GITHUB_TOKEN Permissions")
	line("Contents: read")
	line("##[endgroup]")
	line("Complete job name: " + j.Name)
}

func (j *Job) logScript(line func(string), s Step) {
	line("##[group]" + s.Name)
	if s.Name == buildStep(j.Name) {
		line("\x1b[36;1m# if cargo says 'failed to create directory' the run dir is root's, see #1798\x1b[0m")
		line("\x1b[36;1mcargo nextest run --workspace --locked\x1b[0m")
	}
	line("shell: /usr/bin/bash -e {0}")
	line("env:")
	line("  CARGO_TARGET_DIR: /workspace/target")
	line("##[endgroup]")
}

// logEnd writes the texts of the job's ending.
func (j *Job) logEnd(line func(string)) {
	t := j.Ending.tale()
	for _, l := range t.lines {
		line(j.words(l))
	}
	if t.exit != 0 {
		line(fmt.Sprintf("##[error]Process completed with exit code %d.", t.exit))
	}
}
