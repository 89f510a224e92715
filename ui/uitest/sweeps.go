package uitest

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

func sortReads(r *fleet.Reads) {
	slices.SortFunc(r.PullRequests, func(a, b fleet.PullRequest) int { return cmp.Compare(b.Number, a.Number) })
	slices.SortFunc(r.Runs, func(a, b fleet.WorkflowRun) int { return cmp.Compare(b.ID, a.ID) })
	slices.SortFunc(r.Jobs, func(a, b fleet.Job) int { return cmp.Compare(a.ID, b.ID) })
}

// dir makes a run dir; bytes below zero are not measured, writers below zero
// not known.
func dir(h fleet.HostName, rt, rel string, owner uint32, bytes int64, writers int, idle time.Duration, now time.Time) fleet.RunDir {
	p, err := fleet.Root{Path: rt}.Parse(rel)
	if err != nil {
		panic("uitest: fixture path " + rel + ": " + err.Error())
	}
	born := now.Add(-14 * time.Minute)
	d := fleet.RunDir{Host: h, Path: p, Dev: 66, Inode: uint64(len(rel)*7919) + uint64(bytes&0xffff), Owner: fleet.Owner{UID: owner, GID: owner}, Mode: 0o755, ModTime: now.Add(-idle), ChangeTime: born,
		Birth: fleet.Known(born, now), Newest: fleet.Known(now.Add(-idle), now.Add(-9*time.Second)), Writers: fleet.Unknown[[]fleet.Writer]("processes of other users are hidden")}
	if bytes >= 0 {
		d.Bytes = fleet.Known(bytes, now.Add(-40*time.Second))
	} else {
		d.Bytes = fleet.Unknown[int64]("not measured yet")
	}
	if writers >= 0 {
		list := make([]fleet.Writer, writers)
		for i := range list {
			list[i] = fleet.Writer{PID: 48112 + i*8, UID: owner, Via: fleet.ViaCwd, Started: now.Add(-time.Duration(19+i) * time.Minute), Command: fmt.Sprintf("rustc --crate-name engine_%d --edition=2021 src/lib.rs", i), Cgroup: "docker-9c41e07"}
		}
		d.Writers = fleet.Known(list, now.Add(-2*time.Second))
	}
	return d
}

func intel(now time.Time) fleet.Sweep {
	sw := fleet.Sweep{Host: "intel", At: now.Add(-2 * time.Second), Took: 1400 * time.Millisecond,
		Facts: fleet.HostFacts{Hostname: "mac-server", OS: "Linux", Kernel: "6.8.0-58-generic", Arch: "x86_64", UID: 0, Uptime: fleet.Known(41*24*time.Hour, now),
			Load1: fleet.Known(58.1, now), CPUs: fleet.Known(64, now), Clock: now.Add(-2500 * time.Millisecond), Helper: fleet.Unknown[string]("not installed")},
		Disks:    []fleet.Disk{{Root: root, Device: "/dev/md0", MountPoint: "/", TotalBytes: 3600 * Gib, FreeBytes: 150 * Gib, TotalInodes: fleet.Known(int64(240_000_000), now), FreeInodes: fleet.Known(int64(166_000_000), now)}},
		Cleaners: []fleet.Cleaner{{Name: "runner-disk-guard.timer", Kind: "timer", Wired: true, Last: fleet.Known(now.Add(-10*time.Hour), now)}, {Name: "disk-guard pre-job", Kind: "hook", Wired: false, Last: fleet.Unknown[time.Time]("no hook names it")}},
		Caches:   []fleet.Cache{{Dir: "/var/cache/sccache", Bytes: fleet.Known(10*Gib-3, now), CapBytes: fleet.Known(10*Gib, now)}},
		Trash:    []fleet.Trash{{Root: root, Name: "r-118-1", Rel: "aprender-ci/1650/run-25919240001", Since: now.Add(-9 * time.Minute)}},
	}
	for i := range 16 {
		state := "active"
		if i == 13 {
			state = "failed"
		}
		sw.Services = append(sw.Services, fleet.RunnerService{Unit: "actions.runner.paiml." + runner(i) + ".service", Runner: runner(i), State: state, Dir: "/home/ci/" + runner(i)})
	}
	for i, pr := range Blocked() {
		sw.Dirs = append(sw.Dirs, dir("intel", root, rel(pr), 0, (480+int64(i)*16)<<20, 0, 12*time.Minute, now))
	}
	sw.Dirs = append(sw.Dirs, dir("intel", root, rel(1790), 1000, 12*Gib, 3, 4*time.Second, now))
	for i := range 9 {
		sw.Dirs = append(sw.Dirs, dir("intel", root, fmt.Sprintf("aprender-ci/1711-s%d/run-%d", i+1, RunOf(1711)), 1000, 198*Gib/9+int64(i), 0, 3*24*time.Hour, now))
	}
	sw.Dirs = append(sw.Dirs, dir("intel", root, rel(1698), 1000, 141*Gib, -1, 6*24*time.Hour, now),
		dir("intel", root, "aprender-ci/main/run-25919245500", 1000, 102*Gib, 0, 12*time.Second, now),
		dir("intel", root, "aprender-ci/debug", 1000, 310*Gib, 0, 30*24*time.Hour, now),
		dir("intel", root, "scratch/notes", 1003, -1, 0, 90*24*time.Hour, now))
	return sw
}

func rel(pr int) string { return fmt.Sprintf("aprender-ci/%d/run-%d", pr, RunOf(pr)) }

func yoga(now time.Time) fleet.Sweep {
	rt := "/srv/intel-mirror/targets"
	return fleet.Sweep{Host: "yoga", At: now.Add(-2 * time.Second), Took: 900 * time.Millisecond,
		Facts: fleet.HostFacts{Hostname: "yoga", OS: "Linux", Kernel: "6.11.0", Arch: "x86_64", Uptime: fleet.Known(6*24*time.Hour, now), Load1: fleet.Known(3.2, now), CPUs: fleet.Known(16, now), Clock: now.Add(-2200 * time.Millisecond), Helper: fleet.Known("0.1.0", now)},
		Disks: []fleet.Disk{{Root: rt, Device: "/dev/nvme0n1p2", MountPoint: "/", TotalBytes: 1024 * Gib, FreeBytes: 533 * Gib, TotalInodes: fleet.Unknown[int64]("btrfs"), FreeInodes: fleet.Unknown[int64]("btrfs")}},
		Dirs:  []fleet.RunDir{dir("yoga", rt, rel(1797), 1000, 21*Gib, 0, 2*time.Hour, now), dir("yoga", rt, "aprender-ci/gh-readonly-queue/main/pr-1795-0123456789abcdef/run-25919245900", 1000, 18*Gib, 0, 40*time.Minute, now)},
	}
}

func gx10(at time.Time) fleet.Sweep {
	return fleet.Sweep{Host: "gx10", At: at, Took: 700 * time.Millisecond,
		Facts: fleet.HostFacts{Hostname: "gx10-1", OS: "Linux", Kernel: "6.8.0", Arch: "aarch64", Clock: at},
		Disks: []fleet.Disk{{Root: root, Device: "/dev/nvme0n1p1", MountPoint: "/", TotalBytes: 2048 * Gib, FreeBytes: 983 * Gib}},
		Dirs:  []fleet.RunDir{dir("gx10", root, "aprender-ci/1796/run-25919240123", 1000, 9*Gib, 1, time.Hour, at)},
	}
}

// Many are the reads of a fleet with n run dirs on h hosts, for benchmarks.
func Many(h, n int) fleet.Reads {
	r := Incident()
	now := Now()
	r.Hosts, r.Sweeps, r.Sources = nil, nil, r.Sources[3:]
	for i := range h {
		name := fleet.HostName(fmt.Sprintf("host-%04d", i))
		r.Hosts = append(r.Hosts, fleet.Host{Name: name, Transport: fleet.TransportSSH, SSH: string(name), Roots: []fleet.Root{{Path: root, Owner: fleet.Owner{UID: 1000, GID: 1000}}}, Privilege: fleet.PrivilegeSudo})
		r.Sources = append(r.Sources, fleet.Source{ID: fleet.HostSource(name), State: fleet.SourceOK, ReadAt: now, TriedAt: now, Interval: 15 * time.Second})
		sw := fleet.Sweep{Host: name, At: now, Disks: []fleet.Disk{{Root: root, Device: "/dev/md0", TotalBytes: 1000 * Gib, FreeBytes: int64(900-i%800) * Gib}}}
		sw.Facts.Clock = now
		for k := range n / h {
			sw.Dirs = append(sw.Dirs, dir(name, root, fmt.Sprintf("aprender-ci/%d/run-%d", 100+k, 25919000000+i*1000+k), uint32(1000*(k%7/1)), int64(k+1)*Gib/3, k%4, time.Duration(k)*time.Minute, now))
		}
		r.Sweeps = append(r.Sweeps, sw)
	}
	return r
}
