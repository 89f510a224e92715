package onhost

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"andon/fleet"
)

// Flags of a task (field 9 of /proc/PID/stat; include/linux/sched.h).
const (
	taskExiting = 0x00000004
	taskKernel  = 0x00200000
)

// task is one process, or one thread that shares neither open files nor working
// folder with its process.
type task struct {
	pid int
	dir string // below Proc
	// view names the mounts as this task sees them: namespace and root.
	view   string
	chroot string // its root, as this process sees it
}

// taskStat is what /proc/PID/stat says.
type taskStat struct {
	comm    string
	state   byte
	flags   uint64
	threads int
	start   uint64 // clock ticks since boot
}

// idle reports whether the task holds nothing: it belongs to the kernel, has
// ended, or has begun to end and lets go of everything by itself.
func (s taskStat) idle() bool {
	return s.flags&(taskKernel|taskExiting) != 0 || s.state == 'Z' || s.state == 'X'
}

func readTaskStat(dir string) (taskStat, error) {
	b, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return taskStat{}, err
	}
	return parseTaskStat(string(b))
}

// parseTaskStat reads around the command name, which may hold anything.
func parseTaskStat(line string) (taskStat, error) {
	open, shut := strings.IndexByte(line, '('), strings.LastIndexByte(line, ')')
	if open < 0 || shut < open {
		return taskStat{}, fmt.Errorf("process stat %q", line)
	}
	f := strings.Fields(line[shut+1:])
	if len(f) < 20 || len(f[0]) != 1 {
		return taskStat{}, fmt.Errorf("process stat of %d fields", len(f))
	}
	flags, err1 := strconv.ParseUint(f[6], 10, 64)
	threads, err2 := strconv.Atoi(f[17])
	start, err3 := strconv.ParseUint(f[19], 10, 64)
	if err := errors.Join(err1, err2, err3); err != nil {
		return taskStat{}, fmt.Errorf("process stat: %w", err)
	}
	return taskStat{comm: line[open+1 : shut], state: f[0][0], flags: flags, threads: threads, start: start}, nil
}

// allSeen returns an error where Proc need not show every process that could
// use a root.
func (e Env) allSeen() error {
	var fs unix.Statfs_t
	if err := unix.Statfs(e.Proc, &fs); err != nil || fs.Type != unix.PROC_SUPER_MAGIC {
		return fmt.Errorf("%s is no proc filesystem", e.Proc)
	}
	self, err := os.Readlink(e.Proc + "/self")
	if err != nil || self != strconv.Itoa(os.Getpid()) {
		return fmt.Errorf("%s is of another pid namespace", e.Proc)
	}
	if os.Geteuid() != 0 {
		return errors.New("not running as root: other users' processes are hidden")
	}
	if e.ClosedWorld {
		return nil
	}
	const firstPIDNamespace = "pid:[4026531836]" // PROC_PID_INIT_INO
	if ns, err := os.Readlink(e.Proc + "/self/ns/pid"); err != nil || ns != firstPIDNamespace {
		return errors.New(`running in a pid namespace of its own: processes outside are hidden (say "closed_world" in the host file where none of them can reach the roots)`)
	}
	ids, err := os.ReadFile(e.Proc + "/self/uid_map")
	if err != nil || strings.Join(strings.Fields(string(ids)), " ") != "0 0 4294967295" {
		return errors.New("running in a user namespace: other users' processes are hidden")
	}
	return nil
}

// processes lists what runs, without this process and without kernel threads.
func (e Env) processes() ([]task, error) {
	names, err := os.ReadDir(e.Proc)
	if err != nil {
		return nil, fmt.Errorf("list processes: %w", err)
	}
	var out []task
	for _, n := range names {
		pid, err := strconv.Atoi(n.Name())
		if err != nil || pid == os.Getpid() {
			continue
		}
		tasks, err := e.tasksOf(pid)
		if err != nil && !e.vouched(pid) {
			return nil, err
		}
		out = append(out, tasks...)
	}
	return out, nil
}

// vouched reports whether a process that cannot be looked at is one of Unseen.
// Anyone may take any name, so it must be root's.
func (e Env) vouched(pid int) bool {
	dir := e.Proc + "/" + strconv.Itoa(pid)
	var dirStat unix.Stat_t
	st, err := readTaskStat(dir)
	return err == nil && unix.Stat(dir, &dirStat) == nil && dirStat.Uid == 0 && slices.Contains(e.Unseen, st.comm)
}

// tasksOf returns the process and those of its threads that have files, a
// working folder or mounts of their own. A process whose first thread has ended
// lives on in the others.
func (e Env) tasksOf(pid int) ([]task, error) {
	dir := e.Proc + "/" + strconv.Itoa(pid)
	st, err := readTaskStat(dir)
	if err != nil {
		return nil, e.unlessGone(dir, "stat", err)
	}
	var out []task
	if !st.idle() {
		t, err := e.viewOf(task{pid: pid, dir: dir})
		if err != nil {
			return nil, err
		}
		if t.dir != "" {
			out = append(out, t)
		}
	}
	if st.threads < 2 || st.flags&taskKernel != 0 {
		return out, nil
	}
	threads, err := os.ReadDir(dir + "/task")
	if err != nil {
		return out, e.unlessGone(dir, "task", err)
	}
	for _, n := range threads {
		tid, err := strconv.Atoi(n.Name())
		if err != nil || tid == pid || (len(out) > 0 && sharesAll(pid, tid)) {
			continue
		}
		t, err := e.viewOf(task{pid: pid, dir: dir + "/task/" + n.Name()})
		if err != nil {
			return nil, err
		}
		if t.dir != "" {
			out = append(out, t)
		}
	}
	return out, nil
}

// sharesAll reports whether a thread shares open files and working folder (and
// with it the mount namespace) with its process. A kernel without kcmp(2) makes
// it look at every thread.
func sharesAll(pid, tid int) bool {
	const files, fs = 2, 3
	for _, what := range []uintptr{files, fs} {
		r, _, errno := unix.Syscall6(unix.SYS_KCMP, uintptr(pid), uintptr(tid), what, 0, 0, 0)
		if errno != 0 || r != 0 {
			return false
		}
	}
	return true
}

// viewOf fills in how the task sees mounts; a task that is gone loses its dir.
func (e Env) viewOf(t task) (task, error) {
	ns, err := os.Readlink(t.dir + "/ns/mnt")
	if err == nil {
		t.chroot, err = os.Readlink(t.dir + "/root")
	}
	if err != nil {
		return task{}, e.unlessGone(t.dir, "namespace and root", err)
	}
	t.view = ns + " " + t.chroot
	return t, nil
}

// unlessGone turns a failed look at a task into nil where the task has ended or
// is ending, and else into an error: what cannot be seen is not absent.
func (e Env) unlessGone(dir, what string, err error) error {
	st, serr := readTaskStat(dir)
	if errors.Is(serr, fs.ErrNotExist) || errors.Is(serr, unix.ESRCH) || (serr == nil && st.idle()) {
		return nil
	}
	return fmt.Errorf("look at %s of process %s: %w", what, path.Base(dir), err)
}

// describe fills in who a writer is. What cannot be read stays empty: that it
// is a writer is what counts.
func (e Env) describe(w fleet.Writer) fleet.Writer {
	dir := e.Proc + "/" + strconv.Itoa(w.PID)
	if info, err := os.ReadFile(dir + "/status"); err == nil {
		for line := range strings.Lines(string(info)) {
			if rest, ok := strings.CutPrefix(line, "Uid:"); ok {
				if f := strings.Fields(rest); len(f) > 0 {
					uid, _ := strconv.ParseUint(f[0], 10, 32)
					w.UID = uint32(uid)
				}
			}
		}
	}
	st, err := readTaskStat(dir)
	if err == nil {
		w.Command, w.Started = st.comm, e.started(st.start)
	}
	if b, err := os.ReadFile(dir + "/cmdline"); err == nil && len(b) > 0 {
		cmd := strings.TrimSpace(strings.ReplaceAll(string(b[:min(len(b), 256)]), "\x00", " "))
		if cmd != "" {
			w.Command = cmd
		}
	}
	if b, err := os.ReadFile(dir + "/cgroup"); err == nil {
		w.Cgroup = cgroupTail(string(b))
	}
	return w
}

// cgroupTail returns the last element of the longest cgroup path: it names the
// container or the unit.
func cgroupTail(s string) string {
	longest := ""
	for line := range strings.Lines(s) {
		f := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(f) == 3 && len(f[2]) > len(longest) {
			longest = f[2]
		}
	}
	if longest == "" || longest == "/" {
		return ""
	}
	return path.Base(longest)
}

// started converts clock ticks since boot (100 a second on every Linux port Go
// runs on) to host time.
func (e Env) started(ticks uint64) time.Time {
	b, err := os.ReadFile(e.Proc + "/stat")
	if err != nil {
		return time.Time{}
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, "btime "); ok {
			if boot, err := strconv.ParseInt(strings.TrimSpace(rest), 10, 64); err == nil {
				return time.Unix(boot, 0).Add(time.Duration(ticks) * 10 * time.Millisecond)
			}
		}
	}
	return time.Time{}
}
