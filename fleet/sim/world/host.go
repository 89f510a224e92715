package world

import (
	"andon/fleet"
)

// Unit is a systemd unit of a host.
type Unit struct {
	Name        string // actions.runner.<owner>.<name>.service, or a timer
	Active      string // active, inactive, failed
	Enabled     bool
	WorkingDir  string
	Environment string
	LastRun     int64  // of a timer, Unix seconds; 0 never
	Calendar    string // of a timer: its OnCalendar
	Said        []Line // of a timer: what its service wrote to the journal, oldest first
}

// Line is a line of a host's journal.
type Line struct {
	At   int64 // Unix seconds
	Text string
}

// Host is a machine of the simulated fleet.
type Host struct {
	Name     string // SSH alias and the operator's name
	Hostname string
	User     string // login
	UID      uint32
	Sudo     bool // the login may use sudo -n
	Helper   bool // andon-host is installed
	OS, Arch string
	Kernel   string
	CPUs     int
	Load     float64
	Booted   int64
	Down     bool     // its SSH port is closed
	Skew     int64    // seconds its clock is ahead
	Prepares bool     // its job-started hook makes run dirs before dockerd can
	Patterns []string // of its runners' names, as a config has them
	Roots    []fleet.Root
	Runners  []*Runner
	Units    []*Unit
	Disks    []*Disk
	Procs    []*Process
	Journal  []string    // what andon-host and logger wrote
	compiler *cacheStats // what each job tells of its compiler cache
	tree     *Node
	inode    uint64
	pid      int
}

// Runner is a self-hosted runner.
type Runner struct {
	ID      int64
	Name    string
	Host    *Host
	OS      string
	Arch    string
	Labels  []string
	Online  bool
	Left    int64 // when it was last online, where it is not
	Dropped int64 // when GitHub listed it last; 0: it is listed
	Deaf    bool  // idle, and takes no job
	Busy    *Job
	last    *Job   // the newest it took
	Scope   string // repository or organisation it is registered with
	Version string
}

// newHost returns a host with an empty root filesystem.
func newHost(name string, now int64) *Host {
	h := &Host{Name: name, Hostname: name, User: "noah", UID: 1000, Sudo: true, Helper: true, OS: "Linux", Arch: "x86_64",
		Kernel: "6.8.0-60-generic", CPUs: 64, Load: 1.25, Booted: now - 41*86400, inode: 1000, pid: 1200}
	h.tree = &Node{Kind: Dir, Mode: 0o755, Dev: 0x801, Ino: 2, Born: h.Booted, Changed: h.Booted, Touched: h.Booted}
	h.Disks = []*Disk{{Device: "/dev/sda1", FSType: "ext4", MountAt: "/", Dev: 0x801, Total: 480 << 30, Reserved: 24 << 30,
		Rest: 121 << 30, Inodes: 32 << 20, RestIno: 1_400_000}}
	for _, d := range []string{"/etc", "/run", "/tmp", "/usr/bin", "/usr/local/libexec", "/var/lib", "/var/log", "/home/noah", "/dev"} {
		h.Mkdir(d, fleet.RootOwner, h.Booted)
	}
	h.spawn(Process{UID: 0, Args: []string{"/sbin/init"}, Exe: "/usr/lib/systemd/systemd", Cwd: "/", CwdAt: h.tree, Cgroup: "/init.scope"}, h.Booted)
	h.Procs[0].PID = 1
	h.spawn(Process{PPID: 1, UID: 0, Args: []string{"/usr/sbin/sshd", "-D"}, Exe: "/usr/sbin/sshd", Cwd: "/", CwdAt: h.tree, Cgroup: "/system.slice/ssh.service"}, h.Booted+9)
	h.spawn(Process{PPID: 1, UID: 0, Args: []string{"/usr/bin/dockerd", "-H", "fd://"}, Exe: "/usr/bin/dockerd", Cwd: "/", CwdAt: h.tree, Cgroup: "/system.slice/docker.service"}, h.Booted+11)
	if h.Helper {
		h.WriteFile(HelperPath, "", 0o755, fleet.RootOwner, h.Booted)
	}
	return h
}

// HelperPath is where andon-host is installed on a host.
const HelperPath = "/usr/local/libexec/andon-host"

// addRunner installs a runner with its service and the files it keeps.
func (h *Host) addRunner(w *World, scope, name string, labels []string, now int64) *Runner {
	w.runnerID++
	r := &Runner{ID: w.runnerID, Name: name, Host: h, OS: h.OS, Arch: runnerArch(h.Arch), Labels: labels, Online: true, Scope: scope, Version: "2.329.0"}
	h.Runners = append(h.Runners, r)
	dir := "/home/noah/actions-runner/" + name
	owner := fleet.Owner{UID: h.UID, GID: h.UID}
	born := now - 30*86400
	h.WriteFile(dir+"/.runner", "\ufeff"+runnerJSON(scope, r), 0o644, owner, born)
	h.WriteFile(dir+"/.env", "LANG=C.UTF-8\nACTIONS_RUNNER_HOOK_JOB_STARTED=/opt/runner-hooks/job-started.sh\n", 0o644, owner, born)
	unit := &Unit{Name: "actions.runner." + dashed(scope) + "." + name + ".service", Active: "active", Enabled: true, WorkingDir: dir}
	h.WriteFile("/etc/systemd/system/"+unit.Name, "[Service]\nWorkingDirectory="+dir+"\n", 0o644, fleet.RootOwner, born)
	at, _ := h.Lookup(dir, true)
	h.spawn(Process{PPID: 1, UID: h.UID, Args: []string{dir + "/bin/Runner.Listener", "run", "--startuptype", "service"},
		Exe: dir + "/bin/Runner.Listener", Cwd: dir, CwdAt: at, Cgroup: "/system.slice/" + unit.Name}, h.Booted+60)
	h.Units = append(h.Units, unit)
	return r
}

func runnerArch(machine string) string {
	if machine == "aarch64" || machine == "arm64" {
		return "ARM64"
	}
	return "X64"
}

func dashed(scope string) string {
	b := []byte(scope)
	for i, c := range b {
		if c == '/' {
			b[i] = '-'
		}
	}
	return string(b)
}

// rootFor returns the root whose run dirs a job of this host uses.
func (h *Host) rootFor() fleet.Root { return h.Roots[0] }
