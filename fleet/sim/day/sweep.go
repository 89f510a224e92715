package day

import (
	"fmt"
	"time"

	"andon/fleet"
)

const (
	guardTimer = "runner-disk-guard.timer"
	guardHook  = "/usr/local/bin/runner-disk-guard.sh"
	guardEvery = 10 * time.Minute
	cacheDir   = "/srv/sccache"
	sweepTook  = 400 * time.Millisecond
)

// sweep is what a host is like at a time, everything measured.
func (h *host) sweep(t time.Time) fleet.Sweep {
	s := fleet.Sweep{Host: h.conf.Name, At: t, Took: sweepTook, Facts: fleet.HostFacts{Hostname: string(h.conf.Name), OS: "Linux", Kernel: "6.8.0-60-generic",
		Arch: "x86_64", UID: 0, Uptime: fleet.Known(41*24*time.Hour, t), Load1: fleet.Known(6.5, t), CPUs: fleet.Known(32, t),
		Clock: t.Add(-sweepTook / 2).Truncate(time.Second / 2), Helper: fleet.Known("andon-host demo protocol 1 linux/x86_64", t)}}
	used := int64(diskResting)
	for _, x := range h.dirs {
		if !x.there.at(t) {
			continue
		}
		d := x.tell(t)
		used += d.Bytes.Or(0)
		s.Dirs = append(s.Dirs, d)
	}
	s.Disks = []fleet.Disk{{Root: root, Device: "/dev/nvme0n1", MountPoint: "/srv", TotalBytes: diskTotal, FreeBytes: (diskTotal - used) &^ 1023,
		TotalInodes: fleet.Known(int64(120_000_000), t), FreeInodes: fleet.Known(int64(90_000_000), t)}}
	for _, r := range h.runners {
		s.Services = append(s.Services, fleet.RunnerService{Unit: "actions.runner." + org + "." + r.name + ".service", Runner: r.name,
			State: "active", Dir: "/home/ci/actions-runner/" + r.name, Hook: guardHook})
	}
	ran := t.Truncate(guardEvery)
	s.Cleaners = []fleet.Cleaner{{Name: guardTimer, Kind: "timer", Wired: true, Last: fleet.Known(ran, t), Schedule: "*:0/10",
		Said: fleet.Known([]fleet.JournalLine{{At: ran.Add(time.Second), Text: "0 dirs deleted, 0.0 GB freed"}}, t)}}
	told := t.Truncate(guardEvery)
	limit := fleet.Known(int64(50*gib), t)
	s.Caches = []fleet.Cache{{Dir: cacheDir, Bytes: fleet.Known(int64(31*gib), t), CapBytes: limit, StatsAt: fleet.Known(told, t),
		Stats: []fleet.CacheStats{{At: fleet.Known(told, t), CapBytes: limit, Requests: fleet.Known(int64(5200), t),
			Hits: fleet.Known(int64(4022), t), Misses: fleet.Known(int64(817), t)}}}}
	apply(h.edits, &s, t)
	return s
}

// device is the number of the filesystem of run dirs; all hosts have one alike.
const device = 0x10301

func (x *dir) tell(t time.Time) fleet.RunDir {
	d := fleet.RunDir{Host: x.host.conf.Name, Path: x.path, Dev: device, Inode: x.inode, Mode: 0o755,
		ModTime: x.there.from, ChangeTime: x.there.from, Birth: fleet.Known(x.there.from, t), Ancestors: x.above}
	for _, o := range x.owners {
		if !t.Before(o.from) {
			d.Owner, d.ChangeTime = o.owner, o.from
		}
	}
	newest := x.there.from
	written := x.bytes
	if w := x.written; !w.from.IsZero() && t.After(w.from) {
		newest = t
		if !w.to.IsZero() && t.After(w.to) {
			newest = w.to
		}
		if !w.to.IsZero() && t.Before(w.to) {
			written = int64(float64(x.bytes) * float64(t.Sub(w.from)) / float64(w.to.Sub(w.from)))
		}
	} else if !w.from.IsZero() {
		written = 0
	}
	d.Bytes, d.Files = fleet.Known(written&^1023, t), fleet.Known(40+written>>24, t)
	d.Newest = fleet.Known(newest.Truncate(time.Second), t)
	f := fleet.Foreign{}
	apply(x.foreign, &f, t)
	d.Foreign = fleet.Known(f, t)
	uses := []fleet.Writer{}
	for _, u := range x.uses {
		if u.at(t) {
			uses = append(uses, u.Writer)
		}
	}
	d.Writers = fleet.Known(uses, t)
	return d
}

// edit changes what a host tells for a while.
func (h *host) edit(s span, do func(*fleet.Sweep, time.Time)) {
	h.edits = append(h.edits, edit[fleet.Sweep]{s, do})
}

// unreachable is the failure of a host that is gone.
func (h *host) unreachable() *fleet.Failure {
	return &fleet.Failure{Cause: fleet.CauseUnreachable, Err: fmt.Errorf("dial %s: no route to host", h.conf.Name), Remedy: "look at the machine"}
}
