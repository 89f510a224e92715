package onhost

import (
	"bufio"
	"fmt"
	"io"
	"strconv"
	"strings"

	"andon/fleet"
)

// mount is one line of /proc/PID/mountinfo (proc_pid_mountinfo(5)).
type mount struct {
	id    uint64
	dev   string // major:minor of the filesystem, as the kernel writes it
	root  string // the folder of the filesystem that is mounted
	point string // where, as the process sees it
	ro    bool   // this mount, not the filesystem, is read-only
}

// spot is a place inside a filesystem: the same in every mount namespace, where
// paths are not.
type spot struct{ dev, path string }

// parseMountinfo reads a whole mountinfo file. A line it cannot read is an
// error: a mount that was skipped could be the one that matters.
func parseMountinfo(r io.Reader) ([]mount, error) {
	var out []mount
	sc := bufio.NewScanner(r)
	sc.Buffer(make([]byte, 0, 4096), 1<<20)
	for sc.Scan() {
		m, err := parseMount(sc.Text())
		if err != nil {
			return nil, fmt.Errorf("parse mountinfo line %d: %w", len(out)+1, err)
		}
		out = append(out, m)
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("read mountinfo: %w", err)
	}
	return out, nil
}

func parseMount(line string) (mount, error) {
	f := strings.Split(line, " ")
	if len(f) < 10 {
		return mount{}, fmt.Errorf("%d fields, want at least 10", len(f))
	}
	id, err := strconv.ParseUint(f[0], 10, 64)
	if err != nil {
		return mount{}, fmt.Errorf("mount id: %w", err)
	}
	if maj, min, ok := strings.Cut(f[2], ":"); !ok || !decimal(maj) || !decimal(min) {
		return mount{}, fmt.Errorf("device %q", f[2])
	}
	m := mount{id: id, dev: f[2], root: fleet.UnescapeMount(f[3]), point: fleet.UnescapeMount(f[4])}
	if !strings.HasPrefix(m.point, "/") {
		return mount{}, fmt.Errorf("mount point %q", f[4])
	}
	// The kernel marks the root of a bind mount whose source was deleted.
	m.root = strings.TrimSuffix(m.root, "//deleted")
	for _, o := range strings.Split(f[5], ",") {
		m.ro = m.ro || o == "ro"
	}
	return m, nil
}

func decimal(s string) bool {
	_, err := strconv.ParseUint(s, 10, 32)
	return err == nil
}

// below returns what follows dir in p ("" for dir itself, else "/…").
func below(p, dir string) (string, bool) {
	if dir == "/" {
		if p == "/" {
			return "", true
		}
		return p, strings.HasPrefix(p, "/")
	}
	rest, ok := strings.CutPrefix(p, dir)
	return rest, ok && (rest == "" || rest[0] == '/')
}

// joined puts rest, as below returns it, under dir.
func joined(dir, rest string) string {
	switch {
	case rest == "":
		return dir
	case dir == "/":
		return rest
	}
	return dir + rest
}

// spotOf translates a path in the mount's own namespace to its filesystem.
func (m mount) spotOf(path string) (spot, bool) {
	rest, ok := below(path, m.point)
	return spot{m.dev, joined(m.root, rest)}, ok
}

// holds reports whether o is s or lies below it. The kernel marks the path of a
// deleted entry; one that was s itself still counts.
func (s spot) holds(o spot) bool {
	if s.dev != o.dev {
		return false
	}
	_, ok := below(o.path, s.path)
	return ok || o.path == s.path+" (deleted)"
}
