//go:build linux

package onhost

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// insideEnv marks the run inside the namespaces, roleEnv a child with a task.
const (
	insideEnv = "ANDON_ONHOST_INSIDE"
	roleEnv   = "ANDON_ONHOST_ROLE"
)

// TestMain runs the tests of root in a mount and a pid namespace of their own:
// what they mount goes with them, and every process in sight is theirs, as on a
// host where root may look at all of them.
func TestMain(m *testing.M) {
	if role := os.Getenv(roleEnv); role != "" {
		os.Exit(play(role))
	}
	if os.Geteuid() != 0 || os.Getenv(insideEnv) != "" {
		if os.Geteuid() == 0 {
			settleIn()
		}
		os.Exit(m.Run())
	}
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Env = append(os.Environ(), insideEnv+"=1", "GORACE=atexit_sleep_ms=0")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS | unix.CLONE_NEWPID}
	err := cmd.Run()
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit):
		os.Exit(max(exit.ExitCode(), 1))
	case err != nil:
		fmt.Fprintf(os.Stderr, "no namespaces of their own for the tests (%v)\n", err)
		os.Exit(1)
	}
	os.Exit(0)
}

func settleIn() {
	if os.Getpid() != 1 {
		return // a fuzz worker of the one that did
	}
	err := errors.Join(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""), unix.Mount("proc", "/proc", "proc", 0, ""))
	if err != nil {
		fmt.Fprintln(os.Stderr, "settle in:", err)
		os.Exit(1)
	}
}
