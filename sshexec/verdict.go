package sshexec

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
)

// fill copies what the collector has into the result and returns a consistent
// view of it; the drains may still be writing.
func (c *collector) fill(r *Result) {
	r.Stdout, r.StdoutBytes, r.StdoutTruncated = bytes.Clone(c.out.kept), c.out.seen, c.out.truncated() && c.stream == nil
	r.Stderr, r.StderrBytes, r.StderrTruncated = bytes.Clone(c.errs.kept), c.errs.seen, c.errs.truncated()
	r.Noise = bytes.Clone(bytes.TrimSuffix(c.noise.kept, []byte(sudoMarker)))
	r.RemoteTime = c.at
}

// judge turns the end of a call into its result and error. The END frame alone
// makes a script's success: a status of 0 also comes from an rc file that exits,
// a ForceCommand, or fish refusing the line.
func (c *collector) judge(e ending, root bool, r *Result) *Error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.done && c.nonce != nil {
		c.plain(c.held) // the start of a frame that never came is output
		c.held = nil
	}
	c.fill(r)
	framed := c.nonce != nil
	if e.exit != nil {
		r.ExitCode, r.Signal = e.exit.code, e.exit.signal
	}
	switch {
	case c.broken != nil && c.stream != nil:
		return &Error{Kind: ErrCanceled, Stage: StageRun, Err: fmt.Errorf("receiver of the output: %w", c.broken)}
	case c.broken != nil:
		return &Error{Kind: ErrProtocol, Stage: StageFrame, Err: c.broken}
	case framed && c.done:
		r.ExitCode, r.Signal = c.code, ""
		return c.finished(root, r)
	case e.stopped != nil:
		return &Error{Kind: contextKind(e.stopped), Stage: StageRun, Err: e.stopped, Hint: unknownHint}
	case e.overflow:
		return truncatedError(r)
	case e.exit == nil:
		return &Error{Kind: ErrLost, Stage: StageRun, Hint: unknownHint}
	case e.exit.lost != nil:
		return &Error{Kind: ErrLost, Stage: StageRun, Err: e.exit.lost, Hint: unknownHint}
	case e.exit.signal != "":
		return &Error{Kind: ErrSignal, Stage: StageRun, Err: errors.New(e.exit.signal), Hint: firstLine(r.Stderr)}
	case framed && !c.began:
		return c.noFrame(r)
	case framed:
		return &Error{Kind: ErrLost, Stage: StageFrame, Err: fmt.Errorf("status %d without an END frame", r.ExitCode), Hint: unknownHint}
	}
	return c.finished(root, r)
}

const unknownHint = "the outcome is unknown: look again before repeating"

func truncatedError(r *Result) *Error {
	return &Error{Kind: ErrTruncated, Stage: StageFrame,
		Err: fmt.Errorf("%d bytes on stdout, %d on stderr; kept %d and %d", r.StdoutBytes, r.StderrBytes, len(r.Stdout), len(r.Stderr))}
}

// finished judges a call that ran to its end.
func (c *collector) finished(root bool, r *Result) *Error {
	switch {
	case root && c.nonce == nil && r.ExitCode != 0 && r.StdoutBytes == 0 && sudoLine(r.Stderr) != "":
		return &Error{Kind: ErrPrivilege, Stage: StageRun, Hint: sudoLine(r.Stderr)}
	case r.ExitCode != 0:
		return &Error{Kind: ErrExit, Stage: StageRun, Err: fmt.Errorf("%d", r.ExitCode), Hint: firstLine(r.Stderr)}
	case r.StdoutTruncated:
		return truncatedError(r)
	}
	return nil
}

// noFrame judges a script call that ended before its body began.
func (c *collector) noFrame(r *Result) *Error {
	if bytes.HasSuffix(c.noise.kept, []byte(sudoMarker)) {
		hint := sudoLine(r.Stderr)
		if hint == "" {
			hint = firstLine(r.Stderr)
		}
		return &Error{Kind: ErrPrivilege, Stage: StageRun, Err: fmt.Errorf("sudo -n ended with status %d", r.ExitCode), Hint: hint}
	}
	said := firstLine(r.Noise)
	if said == "" {
		said = firstLine(r.Stderr)
	}
	err := &Error{Kind: ErrNoShell, Stage: StageRun, Err: fmt.Errorf("status %d and no script ran", r.ExitCode),
		Hint: "the account's login shell, its rc files or a ForceCommand keep /bin/sh from starting"}
	if said != "" {
		err.Hint += "; it said: " + said
	}
	return err
}

// sudoLine gives the first line sudo wrote, cleaned, or "".
func sudoLine(stderr []byte) string {
	for line := range strings.Lines(string(stderr[:min(len(stderr), 8192)])) {
		if strings.HasPrefix(line, "sudo:") || strings.Contains(line, "sudo: not found") || strings.Contains(line, "sudoers") {
			return clean(line, 200)
		}
	}
	return ""
}
