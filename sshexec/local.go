package sshexec

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// Local runs calls on this machine through /bin/sh, with the framing, limits and
// errors of a remote one and no SSH. The work gets a session of its own; when the
// call ends early its process group is terminated, then killed.
type Local struct{}

var _ Runner = Local{}

// Script runs a script here.
func (Local) Script(ctx context.Context, call ScriptCall) (Result, error) {
	return runScript(ctx, "", call, startLocal)
}

// Program runs a program here.
func (Local) Program(ctx context.Context, call ProgramCall) (Result, error) {
	return runProgram(ctx, "", call, startLocal)
}

func startLocal(ctx context.Context, line string, _ *Result) (process, func(ending), *Error) {
	if err := ctx.Err(); err != nil {
		return process{}, nil, &Error{Kind: contextKind(err), Stage: StageOpen, Err: err}
	}
	p, err := spawn(exec.Command("/bin/sh", "-c", line))
	if err != nil {
		return process{}, nil, &Error{Kind: ErrUnreachable, Stage: StageOpen, Err: err}
	}
	return p, func(ending) { p.close() }, nil
}

// spawn starts cmd in a session of its own with three pipes.
func spawn(cmd *exec.Cmd) (process, error) {
	var pipes [3][2]*os.File
	closeAll := func(end int) {
		for _, p := range pipes {
			if p[end] != nil {
				p[end].Close()
			}
		}
	}
	for i := range pipes {
		r, w, err := os.Pipe()
		if err != nil {
			closeAll(0)
			closeAll(1)
			return process{}, err
		}
		pipes[i] = [2]*os.File{w, r} // [0] is ours, [1] is the child's
		if i > 0 {
			pipes[i] = [2]*os.File{r, w}
		}
	}
	cmd.Stdin, cmd.Stdout, cmd.Stderr = pipes[0][1], pipes[1][1], pipes[2][1]
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	err := cmd.Start()
	closeAll(1)
	if err != nil {
		closeAll(0)
		return process{}, err
	}
	group := -cmd.Process.Pid
	return process{
		stdin: pipes[0][0], stdout: pipes[1][0], stderr: pipes[2][0],
		wait:      func() exit { return exitOf(cmd.Wait()) },
		terminate: func() { syscall.Kill(group, syscall.SIGTERM) },
		kill: func() {
			syscall.Kill(group, syscall.SIGKILL)
			closeAll(0)
		},
		close: func() { closeAll(0) },
	}, nil
}

func exitOf(err error) exit {
	var failed *exec.ExitError
	switch {
	case err == nil:
		return exit{}
	case !errors.As(err, &failed):
		return exit{lost: err}
	}
	if ws, ok := failed.Sys().(syscall.WaitStatus); ok && ws.Signaled() {
		return exit{code: 128 + int(ws.Signal()), signal: signalName(ws.Signal())}
	}
	return exit{code: failed.ExitCode()}
}

// signalName gives the name SSH uses for a signal (RFC 4254, 6.10).
func signalName(s syscall.Signal) string {
	names := map[syscall.Signal]string{
		syscall.SIGABRT: "ABRT", syscall.SIGALRM: "ALRM", syscall.SIGFPE: "FPE", syscall.SIGHUP: "HUP", syscall.SIGILL: "ILL",
		syscall.SIGINT: "INT", syscall.SIGKILL: "KILL", syscall.SIGPIPE: "PIPE", syscall.SIGQUIT: "QUIT", syscall.SIGSEGV: "SEGV",
		syscall.SIGTERM: "TERM", syscall.SIGUSR1: "USR1", syscall.SIGUSR2: "USR2",
	}
	if name, ok := names[s]; ok {
		return name
	}
	return s.String()
}
