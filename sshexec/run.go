package sshexec

import (
	"bytes"
	"context"
	"io"
	"time"
)

// starter starts one command line, here or on a host, and fills Reused and Server
// of the result. release takes how the process ended and gives its place back.
type starter func(ctx context.Context, line string, r *Result) (p process, release func(ending), err *Error)

func runScript(ctx context.Context, host string, call ScriptCall, start starter) (Result, error) {
	var err error
	if call.Limits, err = call.Limits.withDefaults(); err != nil {
		return Result{}, &Error{Host: host, Kind: ErrConfig, Stage: StageResolve, Err: err}
	}
	nonce := newNonce()
	input, err := frame(nonce, call)
	if err != nil {
		return Result{}, &Error{Host: host, Kind: ErrConfig, Stage: StageResolve, Err: err}
	}
	c := newCollector(nonce, nil, call.Limits)
	return run(ctx, host, ScriptLine(call.Become), bytes.NewReader(input), true, c, call.Become, call.Limits, start)
}

func runProgram(ctx context.Context, host string, call ProgramCall, start starter) (Result, error) {
	if closer, ok := call.Stdin.(io.Closer); ok {
		defer closer.Close()
	}
	limits, err := call.Limits.withDefaults()
	if err == nil {
		err = call.Program.check()
	}
	if err != nil {
		return Result{}, &Error{Host: host, Kind: ErrConfig, Stage: StageResolve, Err: err}
	}
	if call.Stdin == nil {
		call.Stdin = bytes.NewReader(nil)
	}
	c := newCollector("", call.Stdout, limits)
	return run(ctx, host, call.Program.Line(call.Become), call.Stdin, false, c, call.Become, limits, start)
}

func run(ctx context.Context, host, line string, input io.Reader, lifeline bool, c *collector, b Become, l Limits, start starter) (Result, error) {
	ctx, cancel := context.WithTimeout(ctx, l.Timeout)
	defer cancel()
	var r Result
	begin := time.Now()
	p, release, failed := start(ctx, line, &r)
	r.Dial = time.Since(begin)
	if failed != nil {
		if failed.Host == "" {
			failed.Host = host
		}
		return r, failed
	}
	began := time.Now()
	e := conduct(ctx, p, input, lifeline, c, l.Grace)
	r.Exec = time.Since(began)
	release(e)
	if failed := c.judge(e, b == BecomeRoot, &r); failed != nil {
		failed.Host = host
		return r, failed
	}
	return r, nil
}
