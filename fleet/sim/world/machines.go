package world

import (
	"fmt"

	"andon/fleet"
)

const gib = 1 << 30

// Times in seconds.
const (
	minute = 60
	hour   = 60 * minute
	day    = 24 * hour
)

// machine is the hardware of a host, its folder of run dirs, and the runners on it.
type machine struct {
	name, hostname string
	arch           string
	cpus           int
	load           float64
	uid            uint32 // of the login, the build user and the run dirs
	blind          bool   // the login has no sudo: other users' processes are hidden
	disk           Disk
	root           string
	pattern        string   // of the runners' names
	runners        []string // names
	labels         []string
}

// rack puts a machine into the fleet with all its runners online and idle.
func (w *World) rack(m machine, now int64) *Host {
	h := newHost(m.name, now)
	h.Arch, h.CPUs, h.Load, h.UID, h.Sudo, h.Patterns = m.arch, m.cpus, m.load, m.uid, !m.blind, []string{m.pattern}
	if m.hostname != "" {
		h.Hostname = m.hostname
	}
	h.mount(&m.disk, h.Booted)
	h.Roots = []fleet.Root{{Path: m.root, Owner: fleet.Owner{UID: m.uid, GID: m.uid}}}
	h.Mkdir(m.root, h.Roots[0].Owner, h.Booted)
	for _, r := range m.runners {
		h.addRunner(w, "paiml", r, m.labels, now)
	}
	w.Hosts = append(w.Hosts, h)
	return h
}

// intel is the X64 pool: one machine, 16 runners, and a folder of run dirs whose
// name says RAID while its bytes are counted like any other's.
func (w *World) intel(now int64) *Host {
	m := machine{name: "intel", hostname: "mac-server", arch: "x86_64", cpus: 64, load: 58.1, uid: 1000, pattern: "intel-clean-room*",
		disk: Disk{Device: "/dev/md0", FSType: "ext4", MountAt: "/mnt/nvme-raid0", Dev: 0x900, Total: 3_600_000_000_000, Inodes: 244_000_000, RestIno: 61_000_000},
		root: "/mnt/nvme-raid0/targets", runners: []string{"intel-clean-room"}, labels: intelLabels()}
	for i := 2; i <= 16; i++ {
		m.runners = append(m.runners, fmt.Sprintf("intel-clean-room-%d", i))
	}
	h := w.rack(m, now)
	h.Mkdir(m.root+"/aprender-ci", h.Roots[0].Owner, h.Booted)
	return h
}

// yoga is the ARM64 pool. Its build user has another number than intel's.
func (w *World) yoga(now int64) *Host {
	return w.rack(machine{name: "yoga", arch: "aarch64", cpus: 24, load: 9.4, uid: 1001, pattern: "yoga-build-*",
		disk: Disk{Device: "/dev/nvme0n1p2", FSType: "ext4", MountAt: "/srv", Dev: 0x10302, Total: 1_900_000_000_000, Inodes: 118_000_000, RestIno: 9_000_000},
		root: "/srv/intel-mirror/targets", runners: []string{"yoga-build-3", "yoga-build-4", "yoga-build-5"}, labels: armLabels()}, now)
}

// gx10 is the pool with GPUs. Its login has no sudo, and its btrfs no fixed number
// of inodes.
func (w *World) gx10(now int64) *Host {
	return w.rack(machine{name: "gx10", arch: "aarch64", cpus: 20, load: 4.2, uid: 1000, blind: true, pattern: "gx10-pool*",
		disk: Disk{Device: "/dev/nvme1n1", FSType: "btrfs", MountAt: "/data", Dev: 0x10303, Total: 3_700_000_000_000},
		root: "/data/targets", runners: []string{"gx10-pool1", "gx10-pool2", "gx10-pool3", "gx10-pool4"}, labels: gpuLabels()}, now)
}

// mac is a machine that does not answer.
func (w *World) mac(now int64) *Host {
	h := newHost("mac-mini", now)
	h.OS, h.Arch, h.Kernel, h.CPUs, h.Down, h.Patterns = "Darwin", "arm64", "25.1.0", 10, true, []string{"mac-mini-*"}
	h.Roots = []fleet.Root{{Path: "/Users/ci/targets", Owner: fleet.Owner{UID: 501, GID: 20}}}
	r := h.addRunner(w, "paiml", "mac-mini-m4", []string{"self-hosted", "macOS", "ARM64"}, now)
	r.Online, r.Left, r.OS = false, now-9*day, "macOS"
	w.Hosts = append(w.Hosts, h)
	return h
}

// breakRunner makes a runner's service end at some time, and with it the runner.
func (h *Host) breakRunner(i int, at int64) {
	h.Runners[i].Online, h.Runners[i].Left = false, at
	h.Units[i].Active = "failed"
}

// fillDisk sets what lies on a host's disk beside the run dirs, so that perMille
// of it are in use now.
func (w *World) fillDisk(host string, perMille int64) {
	h, ok := w.Host(host)
	if !ok {
		return
	}
	d := h.Disks[len(h.Disks)-1] // the one of the run dirs was mounted last
	used, _ := h.Used(d)
	d.FitAt, d.FitBy = w.now, d.Total/1000*perMille-used
	d.Rest += d.FitBy
}
