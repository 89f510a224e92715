package signature

import "strings"

// Place is a set of places in a log: kinds of steps, and the runner's own mark.
type Place uint16

// The places. A line stands in exactly one of Setup to Test; AtError is added where
// the runner marked it as an error, and holds for annotations.
const (
	AtError   Place = 1 << iota // "##[error]", or a check run's annotation
	Setup                       // before the first step, and while actions are downloaded: the runner's own
	Container                   // starting, stopping and health of job and service containers: the runner's own
	Checkout                    // actions/checkout
	Action                      // another action
	Post                        // after the job's steps: post steps and clean-up
	Script                      // a run step
	Unknown                     // a part of a log whose step is not known
	Test                        // inside the output of a test run
)

// Groups of places.
const (
	Owned = Setup | Container | Checkout | Post
	Step  = Action | Script | Unknown
	Any   = Owned | Step | AtError // everything but tests
)

// placeNames are the words of the catalogue file.
func placeNames() map[string]Place {
	return map[string]Place{"error": AtError, "setup": Setup, "container": Container, "checkout": Checkout, "action": Action,
		"post": Post, "script": Script, "unknown": Unknown, "test": Test, "owned": Owned, "step": Step, "any": Any}
}

// kindOfStep says what kind of step a step's or a group's name announces.
func kindOfStep(name string) Place {
	switch name {
	case "Set up job", "Set up runner", "Complete runner":
		return Setup
	case "Initialize containers", "Stop containers":
		return Container
	case "Complete job":
		return Post
	}
	if strings.HasPrefix(name, "Post ") || strings.HasPrefix(name, "Stop containers") {
		return Post
	}
	run, ok := strings.CutPrefix(name, "Run ")
	if !ok {
		return Unknown
	}
	if usesAction(run) {
		if strings.HasPrefix(run, "actions/checkout@") {
			return Checkout
		}
		return Action
	}
	return Script
}

// usesAction tells "owner/repo/path@ref", "./path" and "docker://image" from the
// first line of a script.
func usesAction(s string) bool {
	if s == "" || strings.ContainsAny(s, " \t'\"$") {
		return false
	}
	if strings.HasPrefix(s, "docker://") || strings.HasPrefix(s, "./.github/") {
		return true
	}
	name, ref, ok := strings.Cut(s, "@")
	return ok && ref != "" && strings.Count(name, "/") >= 1 && name[0] != '/' && name[0] != '.'
}

// ownedLine says which of the runner's own phases a line begins, if any.
func ownedLine(s []byte) (Place, string) {
	if len(s) == 0 {
		return 0, ""
	}
	switch s[0] {
	case 'C':
		switch {
		case hasPrefix(s, "Current runner version:"):
			return Setup, "Set up job"
		case hasPrefix(s, "Cleaning up orphan processes"):
			return Post, "Complete job"
		}
	case 'P':
		switch {
		case hasPrefix(s, "Post job cleanup."):
			return Post, "Post job cleanup"
		case hasPrefix(s, "Prepare workflow directory"), hasPrefix(s, "Prepare all required actions"):
			return Setup, "Set up job"
		}
	case 'G':
		if hasPrefix(s, "Getting action download info") {
			return Setup, "Set up job"
		}
	case 'A':
		if hasPrefix(s, "A job started hook has been configured by the self-hosted runner administrator") {
			return Setup, "Set up runner"
		}
		if hasPrefix(s, "A job completed hook has been configured by the self-hosted runner administrator") {
			return Post, "Complete runner"
		}
	case 'S':
		if hasPrefix(s, "Stop and remove container: ") {
			return Container, "Stop containers"
		}
	}
	return 0, ""
}

// ownedGroup says which of the runner's own phases a group's heading begins.
func ownedGroup(name []byte) (Place, string) {
	for _, head := range [...]string{"Checking docker version", "Clean up resources from previous jobs", "Create local container network",
		"Starting job container", "Waiting for all services to be ready"} {
		if string(name) == head {
			return Container, "Initialize containers"
		}
	}
	if hasPrefix(name, "Starting ") && hasSuffix(name, " service container") ||
		hasPrefix(name, "Pull down action image ") || hasPrefix(name, "Build container for action use: ") {
		return Container, "Initialize containers"
	}
	if hasPrefix(name, "Runner Image") || string(name) == "Operating System" || string(name) == "GITHUB_TOKEN Permissions" {
		return Setup, "Set up job"
	}
	return 0, ""
}

func hasPrefix(b []byte, p string) bool { return len(b) >= len(p) && string(b[:len(p)]) == p }
func hasSuffix(b []byte, p string) bool { return len(b) >= len(p) && string(b[len(b)-len(p):]) == p }
