package sshexec

import (
	"bytes"
	"context"
	"embed"
	"fmt"
	"io"
	"strings"
	"time"
)

// Runner runs calls on one host. A failed call returns an [*Error] and as much of
// the Result as is known. Both methods may be called from many goroutines.
type Runner interface {
	Script(ctx context.Context, call ScriptCall) (Result, error)
	Program(ctx context.Context, call ProgramCall) (Result, error)
}

// Script is a shell text fixed at compile time. Only [Embedded] makes one, so no
// text from outside the binary can become a script.
type Script struct{ name, text string }

// Name is the file name the script was embedded under.
func (s Script) Name() string { return s.name }

const maxScript = 1 << 20

// Embedded gives the script stored under name in fsys. It must be POSIX sh, at
// most 1 MiB, without NUL or carriage return. It runs in a subshell with stdin at
// /dev/null, LC_ALL=C and its arguments as $1 and on; it may exit as it likes.
func Embedded(fsys embed.FS, name string) (Script, error) {
	text, err := fsys.ReadFile(name)
	if err != nil {
		return Script{}, fmt.Errorf("embedded script %s: %w", name, err)
	}
	switch {
	case len(bytes.TrimSpace(text)) == 0:
		return Script{}, fmt.Errorf("embedded script %s: empty", name)
	case len(text) > maxScript:
		return Script{}, fmt.Errorf("embedded script %s: %d bytes, at most %d", name, len(text), maxScript)
	case bytes.ContainsAny(text, "\x00\r"):
		return Script{}, fmt.Errorf("embedded script %s: holds NUL or carriage return", name)
	}
	return Script{name: name, text: string(text)}, nil
}

// constant is unexported so that only an untyped constant can be given for it.
type constant string

// Program is a constant command line; only [Constant] makes one.
type Program struct{ line string }

// Constant makes a program of a string constant: a variable of type string does
// not compile here. The line must be a simple command (words that may follow
// exec and sudo) without newline, backslash or exclamation mark, which login
// shells read differently; a call with any other line fails with [ErrConfig].
func Constant(line constant) Program { return Program{line: string(line)} }

func (p Program) check() error {
	if strings.TrimSpace(p.line) == "" {
		return fmt.Errorf("program: empty command line")
	}
	for _, r := range p.line {
		if r < ' ' || r > '~' || r == '\\' || r == '!' {
			return fmt.Errorf("program %q: %q is read differently by different login shells", p.line, r)
		}
	}
	return nil
}

// Become says as whom a call runs.
type Become uint8

// As whom.
const (
	BecomeNone Become = iota // the login user
	BecomeRoot               // root: directly where the login is uid 0, else through `sudo -n`
)

// Limits bound one call. Zero means the default.
type Limits struct {
	Timeout   time.Duration // the whole call, waiting and dialling included; default 30 s
	Grace     time.Duration // from TERM to KILL once the call is given up; default 3 s
	MaxStdout int64         // bytes kept of stdout; default 1 MiB
	MaxStderr int64         // bytes kept of stderr; default 64 KiB
}

func (l Limits) withDefaults() (Limits, error) {
	if l.Timeout < 0 || l.Grace < 0 || l.MaxStdout < 0 || l.MaxStderr < 0 {
		return l, fmt.Errorf("limits: negative value in %+v", l)
	}
	l.Timeout = orDefault(l.Timeout, 30*time.Second)
	l.Grace = orDefault(l.Grace, 3*time.Second)
	l.MaxStdout = orDefault(l.MaxStdout, 1<<20)
	l.MaxStderr = orDefault(l.MaxStderr, 64<<10)
	return l, nil
}

func orDefault[T comparable](v, def T) T {
	var zero T
	if v == zero {
		return def
	}
	return v
}

// ScriptCall runs a script. The arguments may hold any bytes but NUL, at most
// 64 KiB together.
type ScriptCall struct {
	Script Script
	Args   []string
	Become Become
	Limits
}

// ProgramCall runs a program with raw standard streams.
type ProgramCall struct {
	Program Program
	Become  Become
	// Stdin is copied to the program; its stdin stays open until Stdin ends. Nil
	// is an empty stdin. If Stdin is an io.Closer it is closed when the call
	// returns, so that a reader kept open as a lifeline is let go.
	Stdin io.Reader
	// Stdout, if set, receives the output as it arrives, without a limit, and
	// Result.Stdout stays empty. If it fails the program is stopped.
	Stdout io.Writer
	Limits
}

// Result is what is known of a call.
type Result struct {
	ExitCode        int    // meaningful if the error is nil or ErrExit
	Signal          string // without "SIG"; set with ErrSignal
	Stdout, Stderr  []byte // at most MaxStdout and MaxStderr bytes, the first ones
	StdoutBytes     int64  // seen, kept or not
	StderrBytes     int64
	StdoutTruncated bool
	StderrTruncated bool
	Noise           []byte        // at most 4 KiB of stdout before the script began (rc files)
	Dial            time.Duration // waiting for a connection and a session
	Exec            time.Duration // from the start of the command to its end
	Reused          bool          // the connection was there already
	RemoteTime      time.Time     // the host's clock when the script began; zero if unknown
	Server          string        // the server's version string, cleaned; empty for Local
}
