// Package shell runs the console's own scripts on a simulated host: a POSIX shell
// interpreter whose every look at a filesystem goes to a world.View and whose only
// programs are the tools written here, with the options the scripts use and no
// others. A program or an option that is not here fails as it would on a host
// that lacks it, so a script that begins to need more is noticed.
//
// One thing the interpreter cannot do: with a backslash or a pattern character in a
// dir's name, a pattern finds nothing below that dir.
//
// Nothing of it touches the machine it runs on, but for the pipes between the
// parts of a pipeline.
package shell

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"

	"andon/fleet/sim/world"
)

// Program is a tool that is not part of a plain host, such as andon-host. It is
// called with its arguments, the first being its own name, and returns its exit
// status.
type Program func(ctx context.Context, args []string, v *world.View, stdin io.Reader, stdout, stderr io.Writer) int

// Session is one run of a script on a host.
type Session struct {
	View     *world.View
	World    sync.Locker        // held while the world is looked at
	Clock    func() int64       // the host's clock, Unix seconds
	Programs map[string]Program // by absolute path
	Sudo     bool               // sudo -n works for this login
	Stdin    io.Reader          // nil is empty
	Stdout   io.Writer
	Stderr   io.Writer
}

// Exit statuses of a shell that a caller may meet.
const (
	exitNotFound = 127
	exitSyntax   = 2
	exitKilled   = 143 // the run was cancelled
)

// Parser keeps parsed scripts, so that a fleet of hosts parses one script once.
// Its zero value is ready; it may be used by many goroutines.
type Parser struct {
	mu   sync.Mutex
	text string
	file *syntax.File
}

func (p *Parser) parse(text string) (*syntax.File, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.file != nil && p.text == text {
		return p.file, nil
	}
	// The interpreter knows export only in the grammar of bash, which reads the
	// console's POSIX scripts alike.
	f, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), "script")
	if err != nil {
		return nil, fmt.Errorf("parse script: %w", err)
	}
	p.text, p.file = text, f
	return f, nil
}

// Run runs a script with arguments and returns its exit status. When ctx ends the
// script is stopped.
func (p *Parser) Run(ctx context.Context, s Session, script string, args []string) int {
	file, err := p.parse(script)
	if err != nil {
		fmt.Fprintf(s.Stderr, "sh: %v\n", err)
		return exitSyntax
	}
	h := &handlers{s: s}
	out := &lockedWriter{w: s.Stdout}
	errs := &lockedWriter{w: s.Stderr}
	r, err := interp.New(
		interp.Env(expand.ListEnviron("HOME=/home/"+s.View.Host.User, "PATH=/usr/local/bin:/usr/bin:/bin", "USER="+s.View.Host.User, "TMPDIR=/tmp")),
		interp.Dir("/"),
		interp.StdIO(s.Stdin, out, errs),
		interp.Params(append([]string{"--"}, args...)...),
		interp.CallHandler(h.call),
		interp.ExecHandlers(func(interp.ExecHandlerFunc) interp.ExecHandlerFunc { return h.exec }),
		interp.OpenHandler(h.open),
		interp.StatHandler(h.stat),
		interp.ReadDirHandler2(h.readDir),
		interp.AccessHandler(h.access),
	)
	if err != nil {
		fmt.Fprintf(s.Stderr, "sh: %v\n", err)
		return exitSyntax
	}
	err = r.Run(ctx, file)
	var status interp.ExitStatus
	switch {
	case err == nil:
		return 0
	case errors.As(err, &status):
		return int(status)
	case ctx.Err() != nil:
		return exitKilled
	}
	fmt.Fprintf(s.Stderr, "sh: %v\n", err)
	return exitSyntax
}

// lockedWriter lets the parts of a pipeline write to one stream.
type lockedWriter struct {
	mu sync.Mutex
	w  io.Writer
}

// Write writes all of b or fails.
func (l *lockedWriter) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(b)
}

// Login runs a command line as a login shell does that was given it by sshd, and
// returns its exit status. Lines are short and rarely alike, so none is kept.
func Login(ctx context.Context, s Session, line string) int {
	var p Parser
	return p.Run(ctx, s, line, nil)
}
