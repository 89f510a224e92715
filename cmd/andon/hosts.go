package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"andon/fleet"
	"andon/fleet/probe"
	"andon/sshexec"
)

// hosts fits sshexec (or this machine) to what poll and remedy ask for.
type hosts struct {
	pool   *sshexec.Pool
	sweep  sshexec.Script
	binary binaries

	mu     sync.Mutex
	noRoot map[fleet.HostName]time.Time // until when sudo is not tried for sweeps
	ready  map[fleet.HostName]stagedCopy
}

// sudoAgain is how long a host that refused a root shell is swept without asking
// again: with tier 1's one sudoers line every try is a line in its security log.
const sudoAgain = 10 * time.Minute

func (h *hosts) mayBecomeRoot(x fleet.HostName) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return time.Now().After(h.noRoot[x])
}

func (h *hosts) refusedRoot(x fleet.HostName) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.noRoot[x] = time.Now().Add(sudoAgain)
}

// remarks says what of the operator's SSH set-up has no effect for a host.
func (h *hosts) remarks(x fleet.Host) []string {
	if x.Transport != fleet.TransportSSH {
		return nil
	}
	st := h.pool.State(x.SSH)
	var out []string
	for _, o := range st.Unsupported {
		out = append(out, "ssh option has no effect here: "+o)
	}
	for _, l := range st.KnownHosts {
		out = append(out, "known_hosts line skipped: "+l)
	}
	return out
}

// retry forgets failures and refusals of all hosts.
func (h *hosts) retry(all []fleet.Host) {
	h.mu.Lock()
	clear(h.noRoot)
	h.mu.Unlock()
	for _, x := range all {
		if x.Transport == fleet.TransportSSH {
			h.pool.Reset(x.SSH)
		}
	}
}

func newHosts(pool *sshexec.Pool, b binaries) (*hosts, error) {
	sweep, err := sshexec.Embedded(probe.Scripts, probe.SweepScript)
	if err != nil {
		return nil, err
	}
	return &hosts{pool: pool, sweep: sweep, binary: b, noRoot: map[fleet.HostName]time.Time{}, ready: map[fleet.HostName]stagedCopy{}}, nil
}

// Bounds of one call to a host.
const (
	sweepTime = 60 * time.Second
	actTime   = 30 * time.Minute // a chown of a million entries; progress shows
	actOutput = 8 << 20
	stageTime = 2 * time.Minute
)

func (h *hosts) runner(x fleet.Host) sshexec.Runner {
	if x.Transport == fleet.TransportLocal {
		return sshexec.Local{}
	}
	return h.pool.Host(x.SSH)
}

// Sweep runs the sweep script, as root where the host's config says so. Where
// sudo is refused it looks without it: what that hides is marked unknown.
func (h *hosts) Sweep(ctx context.Context, x fleet.Host, ask probe.Ask) ([]byte, time.Duration, error) {
	args, err := ask.Args()
	if err != nil {
		return nil, 0, &fleet.Failure{Cause: fleet.CauseOther, Err: err}
	}
	call := sshexec.ScriptCall{Script: h.sweep, Args: args, Limits: sshexec.Limits{Timeout: sweepTime, MaxStdout: probe.MaxAnswer}}
	if x.Privilege == fleet.PrivilegeSudo && h.mayBecomeRoot(x.Name) {
		call.Become = sshexec.BecomeRoot
	}
	res, err := h.runner(x).Script(ctx, call)
	if errors.Is(err, sshexec.ErrPrivilege) {
		h.refusedRoot(x.Name)
		call.Become = sshexec.BecomeNone
		res, err = h.runner(x).Script(ctx, call)
	}
	if err != nil {
		f := hostFailure(err)
		if f.Remedy == "" {
			f.Remedy = nextStep(x, f.Cause)
		}
		return res.Stdout, res.Exec, f
	}
	return res.Stdout, res.Exec, nil
}

// nextStep is what to try where SSH itself gives no hint.
func nextStep(x fleet.Host, c fleet.Cause) string {
	if x.Transport != fleet.TransportSSH {
		return ""
	}
	switch c {
	case fleet.CauseUnreachable, fleet.CauseTimeout:
		return fmt.Sprintf("is the machine up? try: ssh %s; r in the console tries again at once", x.SSH)
	case fleet.CauseProtocol, fleet.CauseTruncated:
		return fmt.Sprintf("look at what its login prints: ssh %s true", x.SSH)
	}
	return ""
}

// causes translates sshexec's kinds at the border.
var causes = []struct {
	kind  sshexec.Kind
	cause fleet.Cause
}{
	{sshexec.ErrHostKeyUnknown, fleet.CauseHostKey}, {sshexec.ErrHostKeyChanged, fleet.CauseKeyChanged}, {sshexec.ErrHostKeyRevoked, fleet.CauseKeyRevoked},
	{sshexec.ErrAuth, fleet.CauseAuth}, {sshexec.ErrPrivilege, fleet.CausePrivilege},
	{sshexec.ErrTimeout, fleet.CauseTimeout}, {sshexec.ErrTruncated, fleet.CauseTruncated},
	{sshexec.ErrDNS, fleet.CauseUnreachable}, {sshexec.ErrUnreachable, fleet.CauseUnreachable}, {sshexec.ErrNotSSH, fleet.CauseUnreachable},
	{sshexec.ErrBusy, fleet.CauseUnreachable}, {sshexec.ErrLost, fleet.CauseUnreachable},
	{sshexec.ErrNoShell, fleet.CauseProtocol}, {sshexec.ErrProtocol, fleet.CauseProtocol}, {sshexec.ErrExit, fleet.CauseProtocol}, {sshexec.ErrSignal, fleet.CauseProtocol},
}

// hostFailure keeps the first cause also where the breaker answers for it.
func hostFailure(err error) *fleet.Failure {
	f := &fleet.Failure{Cause: fleet.CauseOther, Err: err}
	for e := err; e != nil; {
		var se *sshexec.Error
		if !errors.As(e, &se) {
			break
		}
		if se.Hint != "" {
			f.Remedy = se.Hint
		}
		for _, c := range causes {
			if se.Kind == c.kind {
				f.Cause = c.cause
				return f
			}
		}
		e = se.Err
	}
	return f
}

// Act sends a request to andon-host: the installed one where the host has it,
// else one streamed for this use.
func (h *hosts) Act(ctx context.Context, x fleet.Host, r fleet.HostRequest, progress func(fleet.HostRecord)) ([]byte, error) {
	frame, err := r.Frame()
	if err != nil {
		return nil, err
	}
	answer, err := h.serve(ctx, x, sshexec.Constant(probe.ServeLine), frame, progress)
	if !errors.Is(err, errNoHelper) {
		return answer, err
	}
	began := time.Now()
	dir, err := h.staged(ctx, x)
	if err != nil {
		return nil, &fleet.Failure{Cause: fleet.CauseNotSent, Err: err, Remedy: fleet.FailureOf(err).Remedy}
	}
	if took := time.Since(began); took > stagePatience {
		h.keepStaged(x.Name, dir)
		return nil, &fleet.Failure{Cause: fleet.CauseNotSent, Err: fmt.Errorf("sending andon-host to %s took %s: what GitHub said before is too old to act on", x.Name, took.Round(time.Second)),
			Remedy: "apply it again: andon-host is there now"}
	}
	return h.serve(ctx, x, sshexec.Constant(probe.OnceLine), append([]byte(dir+"\n"), frame...), progress)
}

// stagePatience is how long staging may take between the last look at GitHub and
// the deed: a step acts on what was read at most ten seconds before.
const stagePatience = 8 * time.Second

// stagedFor is how long a staged copy that was not used is counted on; the host
// keeps it for an hour.
const stagedFor = 10 * time.Minute

type stagedCopy struct {
	dir   string
	until time.Time
}

func (h *hosts) keepStaged(x fleet.HostName, dir string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ready[x] = stagedCopy{dir, time.Now().Add(stagedFor)}
}

// staged returns a copy that an earlier try left ready, or stages one. A copy is
// handed out once: it removes itself when it runs.
func (h *hosts) staged(ctx context.Context, x fleet.Host) (string, error) {
	h.mu.Lock()
	c, ok := h.ready[x.Name]
	delete(h.ready, x.Name)
	h.mu.Unlock()
	if ok && time.Now().Before(c.until) {
		return c.dir, nil
	}
	return h.stage(ctx, x)
}

// errNoHelper says that the host has no andon-host of its own.
var errNoHelper = errors.New("andon-host is not installed there")

// serve runs a program that speaks andon-host's protocol. Its standard input
// stays open until the answer ended: closing it is how the helper is stopped.
func (h *hosts) serve(ctx context.Context, x fleet.Host, p sshexec.Program, in []byte, progress func(fleet.HostRecord)) ([]byte, error) {
	stdin := newLifeline(in)
	out := newAnswer(progress, stdin.release)
	res, err := h.runner(x).Program(ctx, sshexec.ProgramCall{Program: p, Become: sshexec.BecomeRoot, Stdin: stdin, Stdout: out,
		Limits: sshexec.Limits{Timeout: actTime}})
	if err == nil || out.whole() {
		return out.bytes(), nil
	}
	hint := firstLine(res.Stderr)
	// A root login's shell exits 127; sudo says so before it grants anything.
	missing := errors.Is(err, sshexec.ErrExit) && res.ExitCode == 127 || errors.Is(err, sshexec.ErrPrivilege) && strings.HasSuffix(hint, probe.HelperPath+": command not found")
	if missing && len(out.bytes()) == 0 {
		return nil, errNoHelper
	}
	if hint != "" {
		err = fmt.Errorf("%w: %s", err, hint)
	}
	return out.bytes(), hostFailure(err)
}

// stage uploads andon-host for one use and returns its folder on the host.
func (h *hosts) stage(ctx context.Context, x fleet.Host) (string, error) {
	bin, err := h.binary.forHost(ctx, h.runner(x))
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(bin)
	hexSum := hex.EncodeToString(sum[:])
	res, err := h.runner(x).Program(ctx, sshexec.ProgramCall{Program: sshexec.Constant(probe.UploadLine), Become: sshexec.BecomeRoot,
		Stdin: io.MultiReader(strings.NewReader(hexSum+"\n"), bytes.NewReader(bin)), Limits: sshexec.Limits{Timeout: stageTime}})
	if err != nil {
		if hint := firstLine(res.Stderr); hint != "" {
			err = fmt.Errorf("%w: %s", err, hint)
		}
		return "", fmt.Errorf("stage andon-host on %s: %w", x.Name, hostFailure(err))
	}
	return probe.StagedDir(res.Stdout, hexSum)
}

// firstLine returns the first line of a program's complaint in safe characters.
func firstLine(b []byte) string {
	line, _, _ := bytes.Cut(bytes.TrimSpace(b), []byte{'\n'})
	if len(line) > 200 {
		line = line[:200]
	}
	return strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return '?'
		}
		return r
	}, string(line))
}
