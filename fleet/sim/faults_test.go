package sim

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/gh"
	"andon/fleet/probe"
	"andon/fleet/sim/hub"
	"andon/sshexec"
)

// TestHostFaults breaks a host in each way and mends it again.
func TestHostFaults(t *testing.T) {
	t.Parallel()
	f := start(t, Options{})
	c := newConsole(t, f)
	h := f.Hosts()[1]
	ok := func() {
		t.Helper()
		if _, err := c.sweep(t.Context(), h, nil); err != nil {
			t.Fatalf("a mended host: %v", err)
		}
	}
	ok()
	for _, x := range []struct {
		kind Fault
		want error
	}{{Unreachable, sshexec.ErrUnreachable}, {Truncated, nil}, {NoSudo, sshexec.ErrPrivilege}} {
		if err := f.Break(h.Name, x.kind); err != nil {
			t.Fatal(err)
		}
		_, err := c.sweep(t.Context(), h, nil)
		if err == nil || x.want != nil && !errors.Is(err, x.want) {
			t.Errorf("fault %d: %v, want %v", x.kind, err, x.want)
		}
		if err := f.Break(h.Name, Healthy); err != nil {
			t.Fatal(err)
		}
		mended := newConsole(t, f) // without the breaker that remembers
		if _, err := mended.sweep(t.Context(), h, nil); err != nil {
			t.Fatalf("after fault %d: %v", x.kind, err)
		}
		c = mended
	}
	for _, kind := range []Fault{SilentCommand, Silent} {
		if err := f.Break(h.Name, kind); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		if _, err := newConsole(t, f).sweep(ctx, h, nil); err == nil {
			t.Errorf("fault %d: a host that says nothing answered", kind)
		}
		cancel()
	}
	if err := f.Break("nobody", Silent); err == nil {
		t.Error("an unknown host was broken")
	}
}

// TestAHostThatComesBack is one whose port was closed from the start; its tools are
// not those the sweep needs, and it says so.
func TestAHostThatComesBack(t *testing.T) {
	f := start(t, Options{})
	mac := f.Hosts()[3]
	if _, err := newConsole(t, f).sweep(t.Context(), mac, nil); !errors.Is(err, sshexec.ErrUnreachable) {
		t.Fatalf("%s: %v", mac.Name, err)
	}
	if err := f.Break(mac.Name, Healthy); err != nil {
		t.Fatal(err)
	}
	if _, err := newConsole(t, f).sweep(t.Context(), mac, nil); !errors.Is(err, probe.ErrUnfit) {
		t.Errorf("%s: %v", mac.Name, err)
	}
}

// TestTruncationIsNeverASmallerFleet cuts an answer at many places.
func TestTruncationIsNeverASmallerFleet(t *testing.T) {
	t.Parallel()
	f := start(t, Options{})
	h := f.Hosts()[1]
	for _, after := range []int64{0, 1, 50, 700, 2000, 2900} {
		if err := f.BreakAfter(h.Name, Truncated, after); err != nil {
			t.Fatal(err)
		}
		c := newConsole(t, f)
		if s, err := c.sweep(t.Context(), h, nil); err == nil {
			t.Errorf("cut after %d bytes: a sweep of %d dirs", after, len(s.Dirs))
		}
	}
}

// TestHostileNames go through the whole real path byte for byte.
func TestHostileNames(t *testing.T) {
	t.Parallel()
	f := start(t, Options{})
	c := newConsole(t, f)
	h := f.Hosts()[0]
	before, err := c.sweep(t.Context(), h, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := f.Break(h.Name, HostileNames); err != nil {
		t.Fatal(err)
	}
	after, err := c.sweep(t.Context(), h, nil)
	if err != nil {
		t.Fatal(err)
	}
	if got := len(after.Dirs) - len(before.Dirs); got < 10 {
		t.Errorf("%d new dirs seen, %d records dropped", got, after.Dropped)
	}
	seen := ""
	for _, d := range after.Dirs {
		seen += d.Path.Rel() + "|"
	}
	for _, name := range []string{"$(id)", "`id`", "'; id #", "\xff\xfe", "tab\tbed", "\x1b]52;c;cm0gLXJm\x07"} {
		if !strings.Contains(seen, "aprender-ci/"+name+"/run-2591910") {
			t.Errorf("%q is not listed", name)
		}
	}
}

// TestGitHubFaults checks that each fault is one the client tells apart, and that
// none looks like an empty list.
func TestGitHubFaults(t *testing.T) {
	for _, x := range []struct {
		fault hub.Fault
		want  fleet.Cause
	}{
		{hub.Forbidden, fleet.CausePermission}, {hub.PrimaryLimit, fleet.CauseRateLimit}, {hub.SecondaryLimit, fleet.CauseRateLimit},
		{hub.TooMany, fleet.CauseRateLimit}, {hub.BadGateway, fleet.CauseServer}, {hub.HTMLOK, fleet.CauseServer},
		{hub.EmptyOK, ""}, {hub.Truncated, ""},
	} {
		f := start(t, Options{})
		c := newConsole(t, f)
		f.GitHub().Break(x.fault)
		list, err := c.github.Pulls(t.Context(), f.Repos()[0])
		if err == nil {
			t.Errorf("fault %d: %d pull requests", x.fault, len(list.Items))
			continue
		}
		if got := fleet.FailureOf(err).Cause; x.want != "" && got != x.want {
			t.Errorf("fault %d: cause %s, want %s (%v)", x.fault, got, x.want, err)
		}
		f.GitHub().Break(hub.Healthy)
	}
}

// TestGitHubLikeTheRealOne checks what fakes forget.
func TestGitHubLikeTheRealOne(t *testing.T) {
	f := start(t, Options{PRs: 250})
	c := newConsole(t, f)
	load := fleet.Repo("paiml/fleet-load")
	list, err := c.github.Pulls(t.Context(), load)
	if err != nil || !list.Whole || len(list.Items) < 230 {
		t.Fatalf("%d pull requests over pages, whole %v, %v", len(list.Items), list.Whole, err)
	}
	_, fresh := f.GitHub().Requests()
	if _, err := c.github.Pulls(t.Context(), load); err != nil {
		t.Fatal(err)
	}
	if _, again := f.GitHub().Requests(); again != fresh {
		t.Errorf("%d answers with a body where nothing had changed", again-fresh)
	}
	if b := c.github.Budget(); !b.Known || b.Limit != 5000 || b.Remaining >= 5000 {
		t.Errorf("budget %+v", b)
	}
	token, err := gh.NewToken("not-the-token")
	if err != nil {
		t.Fatal(err)
	}
	other, err := gh.New(gh.Options{BaseURL: f.GitHubURL(), Token: token})
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if _, err := other.Pulls(t.Context(), load); fleet.FailureOf(err).Cause != fleet.CauseAuth {
		t.Errorf("another token: %v", err)
	}
	resp, err := http.Get(f.GitHubURL() + "repos/paiml/aprender/pulls")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusUnauthorized {
		t.Errorf("no token: %s", resp.Status)
	}
}

// TestOnlyTheFleetsKeyIsTaken and only the host's own key is trusted.
func TestOnlyTheFleetsKeyIsTaken(t *testing.T) {
	f, g := start(t, Options{}), start(t, Options{Seed: 2})
	h := f.Hosts()[0]
	args, err := probe.Ask{Roots: h.Roots}.Args()
	if err != nil {
		t.Fatal(err)
	}
	call := sshexec.ScriptCall{Script: newConsole(t, f).script, Args: args}
	for _, x := range []struct {
		what string
		edit func(*sshexec.Options)
		want error
	}{
		{"another key", func(o *sshexec.Options) { o.Signers = g.SSH().Signers }, sshexec.ErrAuth},
		{"no known host", func(o *sshexec.Options) { o.KnownHosts = nil }, sshexec.ErrHostKeyUnknown},
	} {
		o := f.SSH()
		x.edit(&o)
		pool := sshexec.NewPool(o)
		_, err := pool.Host(h.SSH).Script(t.Context(), call)
		if !errors.Is(err, x.want) {
			t.Errorf("%s: %v, want %v", x.what, err, x.want)
		}
		if err := pool.Close(t.Context()); err != nil {
			t.Error(err)
		}
	}
}
