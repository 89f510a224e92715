package sim

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"

	"golang.org/x/crypto/ssh"

	"andon/fleet/sim/hosthelper"
	"andon/fleet/sim/shell"
	"andon/fleet/sim/world"
	"andon/sshexec"
)

// session serves one channel: one exec, as sshd does. Signals and the end of the
// connection stop what runs.
func (h *host) session(ctx context.Context, ch ssh.Channel, requests <-chan *ssh.Request) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	started := false
	for r := range requests {
		ok := false
		switch {
		case r.Type == "exec" && !started:
			var line struct{ Command string }
			if ssh.Unmarshal(r.Payload, &line) == nil {
				started, ok = true, true
				h.fleet.servers.Go(func() { h.execute(ctx, ch, line.Command) })
			}
		case r.Type == "signal":
			cancel()
			ok = true
		}
		if r.WantReply {
			if err := r.Reply(ok, nil); err != nil {
				break
			}
		}
	}
	if !started {
		ch.Close() // the client went away without asking for anything
	}
}

// execute runs one command line and ends the channel with its status.
func (h *host) execute(ctx context.Context, ch ssh.Channel, line string) {
	defer ch.Close() // after the status was sent; a lost peer needs no more
	if h.broken(SilentCommand) {
		<-ctx.Done()
		return
	}
	out := h.output(ch)
	code := 127
	switch line {
	case sshexec.ScriptLine(sshexec.BecomeNone):
		code = h.script(ctx, ch, out, h.world.UID)
	case sshexec.ScriptLine(sshexec.BecomeRoot):
		code = h.privileged(ctx, ch, out)
	default:
		code = h.program(ctx, ch, out, line)
	}
	if ctx.Err() != nil || out.cut() {
		return // the client gets no status, as when sshd dies
	}
	if _, err := ch.SendRequest("exit-status", false, ssh.Marshal(struct{ Status uint32 }{uint32(code)})); err != nil {
		return
	}
}

// privileged is what the root line does: sudo -n first, unless the login is root.
func (h *host) privileged(ctx context.Context, ch ssh.Channel, out io.Writer) int {
	if h.world.UID == 0 {
		return h.script(ctx, ch, out, 0)
	}
	if _, err := io.WriteString(out, "sshexec:sudo\n"); err != nil {
		return 1
	}
	if !h.world.Sudo || h.broken(NoSudo) {
		return h.refuseSudo(ch)
	}
	return h.script(ctx, ch, out, 0)
}

func (h *host) refuseSudo(ch ssh.Channel) int {
	if _, err := io.WriteString(ch.Stderr(), "sudo: a password is required\n"); err != nil {
		return 255
	}
	return 1
}

// script runs a framed script. When the client's side of the channel ends the
// script is stopped: that is the promise of the frame's watcher.
func (h *host) script(ctx context.Context, ch ssh.Channel, out io.Writer, uid uint32) int {
	f, err := sshexec.Unframe(ch)
	if err != nil {
		if !errors.Is(err, io.ErrUnexpectedEOF) {
			fmt.Fprintf(ch.Stderr(), "sh: %v\n", err)
		}
		return 2
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	h.fleet.servers.Go(func() {
		if _, err := io.Copy(io.Discard, ch); err != nil {
			cancel()
			return
		}
		cancel()
	})
	v := h.view(uid)
	w := bufio.NewWriterSize(out, 32<<10)
	w.Write(f.Begin(v.ShellPID(), h.fleet.Now())) // an error stays with w until Flush
	code := h.fleet.parser.Run(ctx, h.sessionOf(v, nil, w, ch.Stderr()), f.Body, f.Args)
	h.fleet.tally.scripts.Add(1)
	w.Write(f.End(code))
	if err := w.Flush(); err != nil {
		return 1
	}
	return code
}

// program runs any other command line through the login shell, as sshd does. The
// lines of sshexec are made of exec, sh, id and sudo, which are tools here.
func (h *host) program(ctx context.Context, ch ssh.Channel, out io.Writer, line string) int {
	// The interpreter hands files on to what it runs; a pipe of its own making would
	// stay open until it is collected.
	in, into, err := os.Pipe()
	if err != nil {
		fmt.Fprintf(ch.Stderr(), "sh: %v\n", err)
		return 1
	}
	defer in.Close()
	h.fleet.servers.Go(func() {
		defer into.Close()
		if _, err := io.Copy(into, ch); err != nil {
			return // the command has ended, or the client is gone
		}
	})
	return shell.Login(ctx, h.sessionOf(h.view(h.world.UID), in, out, ch.Stderr()), line)
}

func (h *host) view(uid uint32) *world.View {
	h.fleet.mu.Lock()
	defer h.fleet.mu.Unlock()
	h.fleet.advance()
	return h.world.View(uid, h.fleet.world.Now())
}

func (h *host) sessionOf(v *world.View, in io.Reader, out, errs io.Writer) shell.Session {
	f := h.fleet
	return shell.Session{View: v, World: &f.mu, Stdin: in, Stdout: out, Stderr: errs,
		Clock: func() int64 { return f.Now().Unix() + h.world.Skew },
		Sudo:  h.world.Sudo && !h.broken(NoSudo),
		Programs: map[string]shell.Program{
			world.HelperPath: hosthelper.Program(hosthelper.Host{Host: h.world, Lock: &f.mu, Now: f.Now, Advance: f.advance}),
		}}
}
