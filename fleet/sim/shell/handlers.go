package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"mvdan.cc/sh/v3/interp"

	"andon/fleet/sim/world"
)

// handlers answers the interpreter's questions about the host.
type handlers struct {
	s Session
}

// call sends the builtins that would look at the real filesystem to tools, and
// leaves out those that mean nothing where no script can write.
func (h *handlers) call(_ context.Context, args []string) ([]string, error) {
	switch {
	case args[0] == "umask":
		return []string{":"}, nil
	case args[0] == "pwd":
		return append([]string{"/bin/pwd"}, args[1:]...), nil
	case args[0] == "command" && len(args) == 3 && args[1] == "-v" && !interp.IsBuiltin(args[2]):
		return []string{"/usr/bin/which", args[2]}, nil
	}
	return args, nil
}

func (h *handlers) exec(ctx context.Context, args []string) error {
	hc := interp.HandlerCtx(ctx)
	code := h.run(ctx, streams{hc.Dir, hc.Stdin, hc.Stdout, hc.Stderr}, args)
	if code == 0 {
		return nil
	}
	return interp.ExitStatus(code)
}

// streams is where a command runs and what it reads and writes.
type streams struct {
	dir    string
	in     io.Reader
	out    io.Writer
	errout io.Writer
}

// run runs a program, a tool, or sudo and sh with what stands behind them.
func (h *handlers) run(ctx context.Context, io streams, args []string) int {
	name := args[0]
	if p, ok := h.s.Programs[name]; ok && h.executable(name) {
		return p(ctx, args, h.s.View, io.in, io.out, io.errout)
	}
	switch name {
	case "sudo", "/usr/bin/sudo":
		return h.sudo(ctx, io, args[1:])
	case "sh", "/bin/sh", "/usr/bin/sh":
		return h.sh(ctx, io, args[1:])
	}
	t, ok := lookTool(h.s.View.Host, name)
	if !ok {
		return say(io.errout, exitNotFound, "sh: %s: not found\n", name)
	}
	c := &command{handlers: h, ctx: ctx, dir: io.dir, args: args[1:], stdin: io.in}
	code := t(c)
	for _, o := range []struct {
		to   writer
		text []byte
	}{{io.out, c.out.Bytes()}, {io.errout, c.errs.Bytes()}} {
		if len(o.text) == 0 {
			continue
		}
		if _, err := o.to.Write(o.text); err != nil {
			return 1 // nobody reads any more
		}
	}
	return code
}

type writer = io.Writer

// say prints a complaint and returns code.
func say(w io.Writer, code int, format string, a ...any) int {
	if _, err := fmt.Fprintf(w, format, a...); err != nil {
		return 1
	}
	return code
}

// sudo is sudo -n COMMAND.
func (h *handlers) sudo(ctx context.Context, io streams, args []string) int {
	if len(args) < 2 || args[0] != "-n" {
		return say(io.errout, 1, "sudo: a terminal is required to read the password\n")
	}
	if !h.s.Sudo && h.s.View.UID != 0 {
		return say(io.errout, 1, "sudo: a password is required\n")
	}
	root := h.s
	root.View = h.rootView()
	return (&handlers{s: root}).run(ctx, io, args[1:])
}

func (h *handlers) rootView() *world.View {
	h.s.World.Lock()
	defer h.s.World.Unlock()
	return h.s.View.Host.View(0, h.s.Clock()-h.s.View.Host.Skew)
}

// sh is sh -c SCRIPT.
func (h *handlers) sh(ctx context.Context, io streams, args []string) int {
	if len(args) != 2 || args[0] != "-c" {
		return say(io.errout, exitSyntax, "sh: unsupported: %q\n", args)
	}
	inner := h.s
	inner.Stdin, inner.Stdout, inner.Stderr = io.in, io.out, io.errout
	var p Parser
	return p.Run(ctx, inner, args[1], nil)
}

func (h *handlers) executable(path string) bool {
	h.s.World.Lock()
	defer h.s.World.Unlock()
	n, err := h.s.View.Lookup(path, true)
	return err == nil && h.s.View.May(n, 1)
}

// open opens a file for a redirection. Nothing on a host is ever written by a
// script, so only /dev/null can be opened for writing.
func (h *handlers) open(ctx context.Context, path string, flag int, _ os.FileMode) (io.ReadWriteCloser, error) {
	path = absolute(interp.HandlerCtx(ctx).Dir, path)
	if path == "/dev/null" {
		return null{}, nil
	}
	if flag&(os.O_WRONLY|os.O_RDWR|os.O_CREATE) != 0 {
		return nil, &os.PathError{Op: "open", Path: path, Err: syscall.EROFS}
	}
	h.s.World.Lock()
	defer h.s.World.Unlock()
	n, err := h.lookup(path, true)
	switch {
	case err != nil:
		return nil, err
	case n.Kind == world.Dir:
		return nil, &os.PathError{Op: "open", Path: path, Err: syscall.EISDIR}
	case !h.s.View.May(n, 4):
		return nil, &os.PathError{Op: "open", Path: path, Err: syscall.EACCES}
	}
	return &reader{bytes.NewReader(n.Data)}, nil
}

func (h *handlers) stat(ctx context.Context, path string, follow bool) (fs.FileInfo, error) {
	h.s.World.Lock()
	defer h.s.World.Unlock()
	n, err := h.lookup(absolute(interp.HandlerCtx(ctx).Dir, path), follow)
	if err != nil {
		return nil, err
	}
	return info{n}, nil
}

// readDir lists a dir for a pattern. The interpreter also asks it whether a name
// exists, so a thing that is there but is no dir must not look missing.
func (h *handlers) readDir(ctx context.Context, path string) ([]fs.DirEntry, error) {
	h.s.World.Lock()
	defer h.s.World.Unlock()
	path = absolute(interp.HandlerCtx(ctx).Dir, path)
	n, err := h.lookup(path, false)
	if err != nil {
		return nil, err
	}
	if n.Kind == world.Link {
		if to, err := h.lookup(path, true); err == nil {
			n = to
		}
	}
	if n.Kind != world.Dir {
		return nil, &os.PathError{Op: "readdir", Path: path, Err: syscall.ENOTDIR}
	}
	if !h.s.View.May(n, 4) {
		return nil, &os.PathError{Op: "readdir", Path: path, Err: syscall.EACCES}
	}
	kids := n.Kids()
	out := make([]fs.DirEntry, len(kids))
	for i, k := range kids {
		out[i] = info{k}
	}
	return out, nil
}

func (h *handlers) access(ctx context.Context, path string, mode interp.AccessMode) error {
	h.s.World.Lock()
	defer h.s.World.Unlock()
	n, err := h.lookup(absolute(interp.HandlerCtx(ctx).Dir, path), true)
	if err != nil {
		return err
	}
	if !h.s.View.May(n, uint32(mode)) || mode == interp.AccessExec && n.Kind != world.Dir && n.Mode&0o111 == 0 {
		return &os.PathError{Op: "access", Path: path, Err: syscall.EACCES}
	}
	return nil
}

// lookup finds a node and checks that the login may search the dirs on the way.
func (h *handlers) lookup(path string, follow bool) (*world.Node, error) {
	n, err := h.s.View.Lookup(path, follow)
	if err != nil {
		return nil, err
	}
	for d := n.Parent; d != nil; d = d.Parent {
		if !h.s.View.May(d, 1) {
			return nil, &os.PathError{Op: "lookup", Path: path, Err: syscall.EACCES}
		}
	}
	return n, nil
}

func absolute(dir, path string) string {
	if strings.HasPrefix(path, "/") {
		return path
	}
	return strings.TrimSuffix(dir, "/") + "/" + path
}

// null is /dev/null.
type null struct{}

// Read is at its end.
func (null) Read([]byte) (int, error) { return 0, io.EOF }

// Write takes everything.
func (null) Write(b []byte) (int, error) { return len(b), nil }

// Close does nothing.
func (null) Close() error { return nil }

// reader is a file opened for reading.
type reader struct{ *bytes.Reader }

// Write is refused.
func (reader) Write([]byte) (int, error) { return 0, errors.New("write: not open for writing") }

// Close does nothing.
func (reader) Close() error { return nil }

// info shows a node as fs.FileInfo and fs.DirEntry.
type info struct{ n *world.Node }

// Name is the entry's name.
func (i info) Name() string { return i.n.Name }

// Size is the apparent size.
func (i info) Size() int64 { return i.n.Size }

// ModTime is mtime.
func (i info) ModTime() time.Time { return time.Unix(i.n.Changed, 0) }

// IsDir reports whether it is a dir.
func (i info) IsDir() bool { return i.n.Kind == world.Dir }

// Sys returns the node.
func (i info) Sys() any { return i.n }

// Type is the kind as bits.
func (i info) Type() fs.FileMode { return i.Mode().Type() }

// Info returns itself.
func (i info) Info() (fs.FileInfo, error) { return i, nil }

// Mode is kind and permission.
func (i info) Mode() fs.FileMode {
	m := fs.FileMode(i.n.Mode & 0o777)
	switch i.n.Kind {
	case world.Dir:
		m |= fs.ModeDir
	case world.Link:
		m |= fs.ModeSymlink
	case world.Socket:
		m |= fs.ModeSocket
	case world.CharDevice:
		m |= fs.ModeCharDevice | fs.ModeDevice
	}
	return m
}
