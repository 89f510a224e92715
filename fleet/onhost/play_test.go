//go:build linux

package onhost

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

// Environment of a child with a task.
const (
	dirEnv   = "ANDON_ONHOST_DIR"
	stateEnv = "ANDON_ONHOST_STATE"
	dieEnv   = "ANDON_ONHOST_DIE_AT"

	hostFileEnv = "ANDON_ONHOST_HOST_FILE"
)

// play is what a child process of a test does: hold dir in some way, say so,
// and wait for its stdin to end; or serve a request.
func play(role string) int {
	if err := playRole(role, os.Getenv(dirEnv)); err != nil {
		fmt.Fprintln(os.Stderr, role+":", err)
		return 1
	}
	return 0
}

func playRole(role, dir string) error {
	switch role {
	case "serve":
		return playServe()
	case "cwd":
		return hold(os.Chdir(filepath.Join(dir, "debug/deps")))
	case "fd":
		_, err := os.OpenFile(filepath.Join(dir, "debug/deps/a.o"), os.O_RDWR, 0)
		return hold(err)
	case "deleted":
		f, err := os.Create(filepath.Join(dir, "debug/deps/gone"))
		if err == nil {
			err = os.Remove(f.Name())
		}
		return hold(err)
	case "map":
		fd, err := unix.Open(filepath.Join(dir, "debug/deps/a.o"), unix.O_RDWR, 0)
		if err == nil {
			_, err = unix.Mmap(fd, 0, 4096, unix.PROT_READ, unix.MAP_SHARED)
		}
		return hold(errors.Join(err, unix.Close(fd)))
	case "thread": // only one thread has its own working folder there
		return playThread(dir)
	case "mount", "mount-below", "mount-ancestor", "mount-ro-ancestor", "mount-fd", "mount-copy":
		return playMount(role, dir)
	}
	return errors.New("unknown role")
}

// hold says that the child is in place and keeps it there.
func hold(err error) error {
	if err != nil {
		return err
	}
	fmt.Println("ready")
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func playThread(dir string) error {
	done := make(chan error)
	go func() { // the thread ends with the goroutine: it is never unlocked
		lockThread()
		err := unix.Unshare(unix.CLONE_FS)
		if err == nil {
			err = unix.Chdir(filepath.Join(dir, "debug"))
		}
		done <- err
		select {}
	}()
	return hold(<-done)
}

// playMount runs in a mount namespace of its own, as a container does.
func playMount(role, dir string) error {
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil || role == "mount-copy" {
		return hold(err)
	}
	from := map[string]string{"mount-below": dir + "/debug", "mount-ancestor": filepath.Dir(dir), "mount-ro-ancestor": filepath.Dir(dir)}[role]
	if from == "" {
		from = dir
	}
	at := os.Getenv(stateEnv)
	err := errors.Join(os.MkdirAll(at, 0o700), unix.Mount(from, at, "", unix.MS_BIND, ""))
	if err == nil && role == "mount-ro-ancestor" {
		err = unix.Mount("", at, "", unix.MS_REMOUNT|unix.MS_BIND|unix.MS_RDONLY, "")
	}
	if err == nil && role == "mount-fd" { // the mount is gone from every list, the file stays open
		_, err = os.OpenFile(at+"/top", os.O_RDWR, 0)
		err = errors.Join(err, unix.Unmount(at, unix.MNT_DETACH))
	}
	return hold(err)
}

// playServe is andon-host serving one request of stdin.
func playServe() error {
	e := System("child", "")
	state := os.Getenv(stateEnv)
	e.State, e.Stop, e.HostFile, e.Syslog, e.ClosedWorld = state, state+"/STOP", os.Getenv(hostFileEnv), state+"/no-log", true
	if n, err := strconv.ParseUint(os.Getenv("ANDON_ONHOST_NOFILE"), 10, 64); err == nil {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: n, Max: n}); err != nil {
			return err
		}
	}
	if die := State(os.Getenv(dieEnv)); die != "" {
		e.at = func(s State) {
			if s == die {
				syscall.Kill(os.Getpid(), syscall.SIGKILL)
				select {}
			}
		}
	}
	return Serve(background(), e, os.Stdin, os.Stdout)
}

// child starts a process with a task and waits until it is in place.
func (w *world) child(role, dir string) *os.Process {
	w.t.Helper()
	in, out := w.pipe(), w.pipe()
	attr := &os.ProcAttr{
		Env:   append(os.Environ(), "GORACE=atexit_sleep_ms=0", roleEnv+"="+role, dirEnv+"="+dir, stateEnv+"="+w.t.TempDir()+"/at"),
		Files: []*os.File{in[0], out[1], os.Stderr}, Sys: &syscall.SysProcAttr{},
	}
	if strings.HasPrefix(role, "mount") {
		attr.Sys.Cloneflags = unix.CLONE_NEWNS
	}
	p, err := os.StartProcess("/proc/self/exe", []string{"child-" + role}, attr)
	must(w.t, err)
	in[0].Close()
	out[1].Close()
	w.t.Cleanup(func() {
		in[1].Close()
		p.Wait()
	})
	line := make([]byte, 6)
	if _, err := io.ReadFull(out[0], line); err != nil || string(line) != "ready\n" {
		w.t.Fatalf("child %s: %q, %v", role, line, err)
	}
	w.t.Cleanup(func() { out[0].Close() })
	return p
}

func (w *world) pipe() [2]*os.File {
	r, wr, err := os.Pipe()
	must(w.t, err)
	return [2]*os.File{r, wr}
}

// childUntil is child, with a function that ends it.
func (w *world) childUntil(role, dir string) (end func()) {
	w.t.Helper()
	p := w.child(role, dir)
	return func() {
		w.t.Helper()
		must(w.t, p.Kill())
		p.Wait()
	}
}

// server is a child that serves one request.
type server struct {
	*os.Process
	stdin, stdout *os.File
}

func (w *world) serveIn(req fleet.HostRequest, sys *syscall.SysProcAttr, env ...string) server {
	w.t.Helper()
	frame, err := req.Frame()
	must(w.t, err)
	in, out := w.pipe(), w.pipe()
	p, err := os.StartProcess("/proc/self/exe", []string{"child-serve"}, &os.ProcAttr{
		Env:   append(append(os.Environ(), "GORACE=atexit_sleep_ms=0", roleEnv+"=serve", stateEnv+"="+w.env.State, hostFileEnv+"="+w.env.HostFile), env...),
		Files: []*os.File{in[0], out[1], os.Stderr}, Sys: sys,
	})
	must(w.t, err)
	in[0].Close()
	out[1].Close()
	s := server{p, in[1], out[0]}
	w.t.Cleanup(func() {
		s.stdin.Close()
		s.stdout.Close()
		s.Process.Kill()
		s.Process.Wait()
	})
	_, err = s.stdin.Write(frame)
	must(w.t, err)
	return s
}

// answer reads to the end.
func (s server) answer(t *testing.T) ([]fleet.StepResult, error) {
	t.Helper()
	var b bytes.Buffer
	_, err := b.ReadFrom(s.stdout)
	must(t, err)
	return fleet.ParseAnswer(b.Bytes())
}
