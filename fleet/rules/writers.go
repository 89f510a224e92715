package rules

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

// writerKind tells apart who uses a run dir.
type writerKind uint8

const (
	writerTree      writerKind = iota // a process of a build, below a runner or let go by it
	writerContainer                   // a container that mounts the dir: in no runner's process tree
	writerHolder                      // a shell or another program that merely stands in it
	writerCache                       // the server of a compiler cache: it outlives its clients by design
)

// kindOf judges one writer. What it cannot tell is a build's: unknown counts as
// writing.
func kindOf(w fleet.Writer) writerKind {
	switch {
	case cacheServer(w.Command):
		return writerCache
	case w.Via == fleet.ViaMount || containerScope(w.Cgroup):
		return writerContainer
	case w.Via == fleet.ViaCwd && !builds(w.Command) && !runnerUnit(w.Cgroup):
		return writerHolder
	}
	return writerTree
}

// containerScope reports whether a cgroup's last part is that of a container:
// docker, containerd and cri-o, podman, or a bare id of 64 digits (cgroup v1).
func containerScope(cgroup string) bool {
	for _, p := range [...]string{"docker-", "cri-containerd-", "containerd-", "crio-", "libpod-"} {
		if strings.HasPrefix(cgroup, p) {
			return true
		}
	}
	return len(cgroup) == 64 && strings.Trim(cgroup, "0123456789abcdef") == ""
}

// containerID returns the short id a container's tools take, "" where the cgroup
// does not tell it.
func containerID(cgroup string) string {
	id := strings.TrimSuffix(cgroup, ".scope")
	if i := strings.LastIndexByte(id, '-'); i >= 0 {
		id = id[i+1:]
	}
	if len(id) < 12 || strings.Trim(id, "0123456789abcdef") != "" {
		return ""
	}
	return id[:12]
}

// killer is the command that ends a container by its id.
func killer(cgroup string) string {
	switch {
	case strings.HasPrefix(cgroup, "libpod-"):
		return "podman kill "
	case strings.HasPrefix(cgroup, "cri"):
		return "crictl stop "
	case strings.HasPrefix(cgroup, "containerd-"):
		return "nerdctl kill "
	}
	return "docker kill "
}

// runnerUnit reports whether a cgroup is a runner's service.
func runnerUnit(cgroup string) bool {
	return strings.HasPrefix(cgroup, "actions.runner.") && strings.HasSuffix(cgroup, ".service")
}

// cacheServer reports whether a command is sccache's server. Its clients carry the
// compiler's command line, the server carries none.
func cacheServer(command string) bool {
	first, rest, _ := strings.Cut(strings.TrimSpace(command), " ")
	return path.Base(first) == "sccache" && (rest == "" || rest == "--start-server")
}

// builds reports whether a command is a compiler, a linker, a build tool or a
// program out of a build's own output.
func builds(command string) bool {
	first, _, _ := strings.Cut(strings.TrimSpace(command), " ")
	base := strings.TrimRight(path.Base(first), "-.0123456789")
	if i := strings.LastIndexByte(base, '-'); i >= 0 { // x86_64-linux-gnu-gcc, cargo-nextest
		base = base[i+1:]
	}
	switch base {
	case "rustc", "rustdoc", "cargo", "nextest", "cc", "c++", "gcc", "g++", "clang", "clang++", "ld", "ld.lld", "lld", "mold", "ar", "as", "collect",
		"make", "ninja", "cmake", "go", "compile", "link", "javac", "java", "gradle", "mvn", "node", "npm", "tsc", "bazel", "python", "pytest",
		"nvcc", "swiftc", "sccache":
		return true
	}
	return strings.Contains(first, "/deps/") || strings.Contains(first, "/target/")
}

// byKindOf sorts writers into their kinds.
func byKindOf(list []fleet.Writer) (kinds [writerCache + 1][]fleet.Writer) {
	for _, w := range list {
		k := kindOf(w)
		kinds[k] = append(kinds[k], w)
	}
	return kinds
}

// writerFact renders one writer as evidence.
func writerFact(w fleet.Writer) string {
	who := ""
	switch kindOf(w) {
	case writerContainer:
		who = "container"
		if id := containerID(w.Cgroup); id != "" {
			who += " " + id
		}
	case writerTree:
		who = "process"
		if runnerUnit(w.Cgroup) {
			who += " of " + w.Cgroup
		}
	case writerHolder:
		who = "holder"
	case writerCache:
		who = "cache server"
	}
	began := "start unknown"
	if !w.Started.IsZero() {
		began = "since " + w.Started.UTC().Format("Jan 2 15:04:05")
	}
	return fmt.Sprintf("%s: pid %d uid %d by %s, %s: %s", who, w.PID, w.UID, w.Via, began, w.Command)
}

// writerEvidence is at most four facts, and how many more there are.
func writerEvidence(list []fleet.Writer, where string, at time.Time, why int) []fleet.Evidence {
	var out []fleet.Evidence
	for i, w := range list {
		if i == 4 {
			out = append(out, fleet.Evidence{What: "writers", Where: where, Fact: fmt.Sprintf("%d more", len(list)-i), At: at, Why: why})
			break
		}
		out = append(out, fleet.Evidence{What: "writer", Where: where, Fact: writerFact(w), At: at, Why: why})
	}
	return out
}

// endThem says how the writers are ended: docker for containers, kill for the rest.
func endThem(h fleet.HostName, containers, tree []fleet.Writer) string {
	var parts []string
	for _, w := range containers {
		id := containerID(w.Cgroup)
		if id == "" {
			parts = append(parts, "find the container with docker ps -q | xargs docker inspect -f '{{.State.Pid}} {{.Id}}' and end it with docker kill")
			break
		}
		if p := killer(w.Cgroup) + id; len(parts) < 4 && !slices.Contains(parts, p) {
			parts = append(parts, p)
		}
	}
	if len(tree) > 0 {
		pids := "kill"
		for _, w := range tree[:min(4, len(tree))] {
			pids += fmt.Sprintf(" %d", w.PID)
		}
		parts = append(parts, pids)
	}
	return fmt.Sprintf("on %s, after a look at each: %s", h, strings.Join(parts, "; "))
}

// gapWriters is the gap of dirs whose users could not be looked at.
func gapWriters(dirs int, why string) fleet.Gap {
	g := fleet.Gap{What: fmt.Sprintf("live writers of %s", fleet.Plural(dirs, "dir")), Why: why, Makes: "a sweep as root: let sudo -n work for the login"}
	switch {
	case strings.Contains(why, "sudo -n"): // the sweep says so itself
	case strings.Contains(why, "newline"):
		g.Makes = "a look on the host: /proc tells names line by line, so no sweep can search for this one"
	case strings.Contains(why, "root"): // not root
	default:
		g.Makes = "the next sweep, or a look on the host: fuser -v and docker ps"
	}
	return g
}
