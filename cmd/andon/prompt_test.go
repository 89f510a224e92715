//go:build linux

package main

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"andon/fleet"
)

// TestSignalAtThePromptChangesNothing: at the question a signal means no, at
// once; without that the process would wait for a line with its signals caught.
func TestSignalAtThePromptChangesNothing(t *testing.T) {
	m := openTerminal(t, 120, 45)
	ctx, stop := context.WithCancel(t.Context())
	in := invocation{stdio: stdio{in: m.slave, out: m.slave, err: m.slave}}
	said := make(chan error, 1)
	go func() { said <- in.confirm(ctx, fleet.Plan{Typed: "12"}) }()
	m.read(t, "Type 12 to go on", 10*time.Second)
	stop()
	select {
	case err := <-said:
		if !errors.Is(err, errNotConfirmed) {
			t.Error(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("the prompt still waits")
	}
}

// TestInterruptEndsTheProgramAtThePrompt is the same with the program itself.
func TestInterruptEndsTheProgramAtThePrompt(t *testing.T) {
	bin := buildAndon(t)
	m := openTerminal(t, 120, 45)
	cmd := m.start(t, bin, "demo", "--headless", "--", "apply", "chown", "--alert", "run-dir-owner")
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	m.read(t, "to go on: ", 60*time.Second)
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	select {
	case err := <-ended:
		var exit *exec.ExitError
		if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signaled() || exit.ExitCode() != exitUsage {
			t.Errorf("ended with %v, want exit %d (cancelled)", err, exitUsage)
		}
	case <-time.After(20 * time.Second):
		_ = cmd.Process.Kill()
		t.Fatal("an interrupt at the prompt does not end it")
	}
}
