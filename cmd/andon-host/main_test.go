//go:build linux

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

const asHostEnv = "ANDON_HOST_TEST_MAIN"

// TestMain lets the test binary stand in for andon-host.
func TestMain(m *testing.M) {
	if os.Getenv(asHostEnv) != "" {
		main()
	}
	os.Exit(m.Run())
}

func andonHost(t *testing.T, exe string, stdin io.Reader, args ...string) (stdout, stderr string, code int) {
	t.Helper()
	cmd := exec.Command(exe, args...)
	cmd.Env = append(os.Environ(), asHostEnv+"=1")
	var out, errs bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &errs
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return out.String(), errs.String(), cmd.ProcessState.ExitCode()
}

func TestExitCodes(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	if out, _, code := andonHost(t, self, nil, "--version"); code != 0 || !strings.Contains(out, "protocol 1") {
		t.Errorf("--version: %d, %q", code, out)
	}
	for _, args := range [][]string{{}, {"sweep"}, {"serve", "x"}} {
		if out, errs, code := andonHost(t, self, nil, args...); code != 2 || out != "" || !strings.Contains(errs, "usage") {
			t.Errorf("%q: %d, %q, %q", args, code, out, errs)
		}
	}
	out, errs, code := andonHost(t, self, strings.NewReader("nonsense"), "serve")
	if _, err := fleet.ParseAnswer([]byte(out)); code != 1 || err == nil || errors.Is(err, fleet.ErrAnswerTruncated) || errs == "" {
		t.Errorf("nonsense: %d, %q, %v", code, out, err)
	}
}

func TestOnceRemovesItsStreamedCopy(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("needs root: andon-host serves nobody else")
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(self)
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "andon.1a2b")
	if err := errors.Join(os.Mkdir(dir, 0o700), os.WriteFile(dir+"/andon-host", b, 0o700)); err != nil {
		t.Fatal(err)
	}
	// No steps: it says hello and end and touches nothing of this machine.
	frame, err := fleet.HostRequest{Version: fleet.HostProtocol, ID: "r", Operator: "o", Digest: strings.Repeat("0", 64)}.Frame()
	if err != nil {
		t.Fatal(err)
	}
	out, errs, code := andonHost(t, dir+"/andon-host", bytes.NewReader(frame), "once")
	if res, err := fleet.ParseAnswer([]byte(out)); code != 0 || err != nil || len(res) != 0 {
		t.Errorf("%d, %q, %q, %v", code, out, errs, err)
	}
	var st unix.Stat_t
	if err := unix.Lstat(dir, &st); err != unix.ENOENT {
		t.Errorf("the streamed copy stayed: %v", err)
	}
}
