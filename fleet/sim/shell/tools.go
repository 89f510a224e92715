package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"syscall"
	"time"

	"andon/fleet/sim/world"
)

// command is one call of a tool. What it prints is kept until it ends, so that no
// tool writes to a pipe while it holds the world.
type command struct {
	*handlers
	ctx   context.Context
	dir   string
	args  []string
	stdin io.Reader
	out   bytes.Buffer
	errs  bytes.Buffer
}

type tool func(*command) int

// lookTool finds a tool by its name, with or without a system dir before it.
func lookTool(h *world.Host, name string) (tool, bool) {
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		switch name[:i] {
		case "/bin", "/usr/bin", "/sbin", "/usr/sbin":
		default:
			return nil, false
		}
		name = name[i+1:]
	}
	if (name == "systemctl" || name == "journalctl") && h.OS != "Linux" {
		return nil, false
	}
	switch name {
	case "stat":
		return stat, true
	case "df":
		return df, true
	case "du":
		return du, true
	case "find":
		return find, true
	case "ls":
		return ls, true
	case "systemctl":
		return systemctl, true
	case "journalctl":
		return journalctl, true
	case "nice", "ionice", "timeout":
		return wrap, true
	}
	t, ok := plainTool(name)
	return t, ok
}

// plainTool finds the tools that look at nothing but their input and the clock.
func plainTool(name string) (tool, bool) {
	switch name {
	case "cut":
		return cut, true
	case "grep":
		return grep, true
	case "head":
		return head, true
	case "tr":
		return tr, true
	case "wc":
		return wc, true
	case "sort":
		return sortLines, true
	case "date":
		return date, true
	case "uname":
		return uname, true
	case "id":
		return id, true
	case "nproc":
		return nproc, true
	case "pwd":
		return pwd, true
	case "which":
		return which, true
	case "true":
		return func(*command) int { return 0 }, true
	}
	return nil, false
}

// usage says that a tool was asked for something it does not do here.
func (c *command) usage(name string) int {
	fmt.Fprintf(&c.errs, "%s: unsupported: %q\n", name, c.args)
	return exitSyntax
}

// read returns all of the standard input.
func (c *command) read() []byte {
	b, err := io.ReadAll(c.stdin)
	if err != nil && !errors.Is(err, io.EOF) {
		fmt.Fprintf(&c.errs, "read: %v\n", err)
	}
	return b
}

// file returns what reading a path gives, or complains.
func (c *command) file(tool, path string) ([]byte, bool) {
	if path == "/dev/null" {
		return nil, true
	}
	c.s.World.Lock()
	defer c.s.World.Unlock()
	n, err := c.lookup(absolute(c.dir, path), true)
	switch {
	case err == nil && n.Kind == world.Dir:
		err = syscall.EISDIR
	case err == nil && !c.s.View.May(n, 4):
		err = syscall.EACCES
	case err == nil:
		return n.Data, true
	}
	c.complain(tool, path, err)
	return nil, false
}

func (c *command) complain(tool, path string, err error) {
	var no syscall.Errno
	errors.As(err, &no)
	if path != "" {
		tool += ": " + path
	}
	fmt.Fprintf(&c.errs, "%s: %s\n", tool, strerror(no))
}

// strerror is the C library's text in the C locale, the same on every system this
// runs on.
func strerror(no syscall.Errno) string {
	switch no {
	case syscall.ENOENT:
		return "No such file or directory"
	case syscall.EACCES:
		return "Permission denied"
	case syscall.ENOTDIR:
		return "Not a directory"
	case syscall.EISDIR:
		return "Is a directory"
	case syscall.ELOOP:
		return "Too many levels of symbolic links"
	}
	return no.Error()
}

func date(c *command) int {
	if len(c.args) != 1 || c.args[0] != "+%s" {
		return c.usage("date")
	}
	fmt.Fprintln(&c.out, c.s.Clock())
	return 0
}

func uname(c *command) int {
	h := c.s.View.Host
	if len(c.args) != 1 {
		return c.usage("uname")
	}
	switch c.args[0] {
	case "-s":
		fmt.Fprintln(&c.out, h.OS)
	case "-n":
		fmt.Fprintln(&c.out, h.Hostname)
	case "-r":
		fmt.Fprintln(&c.out, h.Kernel)
	case "-m":
		fmt.Fprintln(&c.out, h.Arch)
	default:
		return c.usage("uname")
	}
	return 0
}

func id(c *command) int {
	if len(c.args) != 1 || c.args[0] != "-u" {
		return c.usage("id")
	}
	fmt.Fprintln(&c.out, c.s.View.UID)
	return 0
}

func nproc(c *command) int {
	fmt.Fprintln(&c.out, c.s.View.Host.CPUs)
	return 0
}

func pwd(c *command) int {
	if len(c.args) == 1 && c.args[0] == "-P" {
		c.s.World.Lock()
		defer c.s.World.Unlock()
		n, err := c.s.View.Lookup(c.dir, true)
		if err != nil {
			c.complain("pwd", c.dir, err)
			return 1
		}
		fmt.Fprintln(&c.out, n.Path())
		return 0
	}
	fmt.Fprintln(&c.out, c.dir)
	return 0
}

func which(c *command) int {
	if len(c.args) != 1 {
		return c.usage("which")
	}
	if _, ok := lookTool(c.s.View.Host, c.args[0]); !ok {
		return exitNotFound
	}
	fmt.Fprintln(&c.out, "/usr/bin/"+c.args[0])
	return 0
}

// wrap is nice, ionice and timeout: it runs the command behind the options.
func wrap(c *command) int {
	args := c.args
	limit := time.Duration(0)
	for len(args) > 0 {
		switch a := args[0]; {
		case a == "-n" || a == "-c":
			args = args[min(2, len(args)):]
			continue
		case a == "--foreground":
			args = args[1:]
			continue
		case a != "" && a[0] >= '0' && a[0] <= '9':
			n, err := strconv.Atoi(a)
			if err != nil {
				return c.usage("timeout")
			}
			limit, args = time.Duration(n)*time.Second, args[1:]
			continue
		}
		break
	}
	if len(args) == 0 {
		return c.usage("nice")
	}
	t, ok := lookTool(c.s.View.Host, args[0])
	if !ok {
		fmt.Fprintf(&c.errs, "%s: No such file or directory\n", args[0])
		return exitNotFound
	}
	ctx := c.ctx
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	inner := &command{handlers: c.handlers, ctx: ctx, dir: c.dir, args: args[1:], stdin: c.stdin}
	code := t(inner)
	c.out.Write(inner.out.Bytes())
	c.errs.Write(inner.errs.Bytes())
	if errors.Is(ctx.Err(), context.DeadlineExceeded) {
		return 124
	}
	return code
}
