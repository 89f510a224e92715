package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"andon/fleet"
	"andon/sshexec"
)

// binaries finds an andon-host to stream, by the host's platform.
type binaries struct {
	dirs []string // searched in order for andon-host-<os>-<arch>
}

// unameLine asks a host what it is.
const unameLine = "uname -sm"

// archs translates uname -m.
var archs = map[string]string{"x86_64": "amd64", "aarch64": "arm64", "arm64": "arm64", "amd64": "amd64"}

// forHost returns the binary for a host, or an error that names the command
// which makes one.
func (b binaries) forHost(ctx context.Context, r sshexec.Runner) ([]byte, error) {
	res, err := r.Program(ctx, sshexec.ProgramCall{Program: sshexec.Constant(unameLine)})
	if err != nil {
		return nil, hostFailure(err)
	}
	lines := strings.Split(strings.TrimSpace(string(res.Stdout)), "\n")
	system, machine, _ := strings.Cut(lines[len(lines)-1], " ")
	arch, ok := archs[machine]
	if system != "Linux" || !ok {
		return nil, &fleet.Failure{Cause: fleet.CauseOther, Err: fmt.Errorf("andon-host does not run on %q", lines[len(lines)-1]),
			Remedy: "it acts on Linux hosts, amd64 and arm64; other hosts can only be looked at"}
	}
	return b.find(arch)
}

func (b binaries) find(arch string) ([]byte, error) {
	name := "andon-host-linux-" + arch
	for _, d := range b.dirs {
		p := filepath.Join(d, name)
		raw, err := os.ReadFile(p)
		if errors.Is(err, os.ErrNotExist) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("read andon-host: %w", err)
		}
		return raw, nil
	}
	where := "."
	if len(b.dirs) > 0 {
		where = b.dirs[0]
	}
	return nil, &fleet.Failure{Cause: fleet.CauseOther, Err: fmt.Errorf("no %s at hand (looked in %s)", name, strings.Join(b.dirs, ", ")),
		Remedy: fmt.Sprintf("make one: CGO_ENABLED=0 GOOS=linux GOARCH=%s go build -trimpath -ldflags=-s -o %s ./cmd/andon-host", arch, filepath.Join(where, name))}
}

// binaryDirs lists where andon-host binaries are looked for: the data folder,
// and beside this executable.
func binaryDirs(getenv func(string) string) []string {
	dirs := []string{filepath.Join(xdg(getenv, "XDG_DATA_HOME", ".local/share"), "andon")}
	if exe, err := os.Executable(); err == nil {
		dirs = append(dirs, filepath.Dir(exe))
	}
	return dirs
}

// xdg returns an XDG base folder.
func xdg(getenv func(string) string, key, below string) string {
	if v := getenv(key); filepath.IsAbs(v) {
		return v
	}
	return filepath.Join(getenv("HOME"), below)
}
