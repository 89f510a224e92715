//go:build linux

package hosthelper

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// insideEnv marks the run inside the namespaces.
const insideEnv = "ANDON_HOSTHELPER_INSIDE"

// TestMain runs root's tests in a mount and a pid namespace of their own: the real
// andon-host refuses to reap where it may not look at every process, and there all
// processes in sight are the test's.
func TestMain(m *testing.M) {
	switch {
	case os.Geteuid() != 0:
		os.Exit(m.Run())
	case os.Getenv(insideEnv) != "":
		err := errors.Join(unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""), unix.Mount("proc", "/proc", "proc", 0, ""))
		if err != nil {
			fmt.Fprintln(os.Stderr, "settle in:", err)
			os.Exit(1)
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
		fmt.Fprintf(os.Stderr, "no namespaces of their own for the tests: %v\n", err)
		os.Exit(1)
	}
}
