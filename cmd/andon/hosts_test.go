package main

import (
	"context"
	"errors"
	"strings"
	"testing"

	"andon/fleet"
	"andon/sshexec"
)

// TestNoBinaryAtHandIsNothingSent: where andon-host can be neither found on the
// host nor streamed to it, nothing happened, and the error says how to make one.
func TestNoBinaryAtHandIsNothingSent(t *testing.T) {
	h, err := newHosts(sshexec.NewPool(sshexec.Options{}), binaries{dirs: []string{t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	here := fleet.Host{Name: "here", Transport: fleet.TransportLocal, Privilege: fleet.PrivilegeSudo}
	_, err = h.Act(context.Background(), here, fleet.HostRequest{Version: fleet.HostProtocol, ID: "x"}, nil)
	f := fleet.FailureOf(err)
	if f.Cause == fleet.CausePrivilege {
		t.Skipf("needs root or sudo -n here: %v", err)
	}
	if f.Cause != fleet.CauseNotSent || !strings.Contains(f.Remedy, "go build") {
		t.Errorf("cause %s, remedy %q: %v", f.Cause, f.Remedy, err)
	}
}

// TestHostKeysAreToldApart: an alert says something else for a new key, another key
// and a revoked one, also where the breaker answers for them later.
func TestHostKeysAreToldApart(t *testing.T) {
	for kind, want := range map[sshexec.Kind]fleet.Cause{
		sshexec.ErrHostKeyUnknown: fleet.CauseHostKey, sshexec.ErrHostKeyChanged: fleet.CauseKeyChanged, sshexec.ErrHostKeyRevoked: fleet.CauseKeyRevoked,
	} {
		cause := &sshexec.Error{Kind: kind, Err: errors.New("SHA256:x"), Hint: "compare it"}
		for _, err := range []error{cause, &sshexec.Error{Kind: sshexec.ErrCircuitOpen, Err: cause}} {
			if f := hostFailure(err); f.Cause != want || f.Remedy != "compare it" || !f.Cause.HostKey() {
				t.Errorf("%v: cause %s, remedy %q; want %s", err, f.Cause, f.Remedy, want)
			}
		}
	}
}

// TestStagedCopyIsHandedOutOnce: a copy removes itself when it runs.
func TestStagedCopyIsHandedOutOnce(t *testing.T) {
	h, err := newHosts(sshexec.NewPool(sshexec.Options{}), binaries{dirs: []string{t.TempDir()}})
	if err != nil {
		t.Fatal(err)
	}
	here := fleet.Host{Name: "here", Transport: fleet.TransportLocal}
	h.keepStaged("here", "/run/andon.abcdefghij")
	if dir, err := h.staged(context.Background(), here); err != nil || dir != "/run/andon.abcdefghij" {
		t.Errorf("%q, %v", dir, err)
	}
	var missing *fleet.Failure
	if dir, err := h.staged(context.Background(), here); !errors.As(err, &missing) {
		t.Errorf("handed out twice: %q, %v", dir, err)
	}
}
