package present

import (
	"slices"
	"time"

	"andon/fleet"
	"andon/ui/kit"
)

// HostRow is one runner host.
type HostRow struct {
	Host    fleet.HostName
	Name    kit.Safe
	Sign    kit.Sign
	Stale   bool
	Used    kit.Share
	Inodes  kit.Share
	Free    int64 // bytes; -1 unknown
	Trend   []kit.Sample
	Scale   kit.Scale
	Growth  Growth
	Busy    int // -1 unknown
	Runners int
	Dirs    int // -1 unknown
	Orphans int
	Orphan  int64         // bytes held by the orphans that were measured
	Unsized int           // orphans nobody measured
	Writers int           // live, in all dirs; -1 where one of them is unknown
	Age     time.Duration // of the last good sweep; negative if none
	Why     kit.Safe
	Rules   []kit.Safe // of the lit alerts about it; Why joins them
}

// HostRows are all hosts, worst first.
func HostRows(s Scene) []HostRow {
	busy := s.runnersByHost()
	type sums struct {
		dirs, orphans, unsized, writers int
		bytes                           int64
	}
	of := make(map[fleet.HostName]sums)
	for _, d := range s.Dirs {
		m := of[d.Host]
		m.dirs++
		if _, orphan := s.Orphan(d); orphan {
			m.orphans++
			if b, ok := d.Bytes.Get(); ok {
				m.bytes += b
			} else {
				m.unsized++
			}
		}
		if n, known := d.LiveWriters(); !known {
			m.writers = -1
		} else if m.writers >= 0 {
			m.writers += n
		}
		of[d.Host] = m
	}
	rows := make([]HostRow, 0, len(s.Hosts))
	for _, h := range s.Hosts {
		r := HostRow{Host: h.Name, Name: kit.Clean(string(h.Name)), Free: -1, Busy: -1, Dirs: -1, Writers: -1, Age: -1}
		r.Stale = s.hostStale(h.Name)
		if sw, ok := s.SweepOf(h.Name); ok {
			m := of[h.Name]
			r.Dirs, r.Orphans, r.Orphan, r.Unsized, r.Writers = m.dirs, m.orphans, m.bytes, m.unsized, m.writers
			r.Age = s.since(sw.At)
			r.fillDisk(s, sw)
		}
		if b, ok := busy[h.Name]; ok {
			r.Busy, r.Runners = b.busy, b.all
		}
		r.Sign = s.lamp(fleet.OfHost(h.Name), kit.SignOK)
		if r.Stale && r.Sign == kit.SignOK {
			r.Sign = kit.SignStale
		}
		r.Rules = s.hostRules(h.Name)
		r.Why = s.hostWhy(h.Name, r)
		rows = append(rows, r)
	}
	slices.SortStableFunc(rows, func(a, b HostRow) int { return worst(a.Sign, b.Sign) })
	return rows
}

// fillDisk takes the fullest of the host's filesystems.
func (r *HostRow) fillDisk(s Scene, sw fleet.Sweep) {
	high := -1
	for _, d := range sw.Disks {
		if u := d.UsedPercent(); d.TotalBytes > 0 && u > high {
			high = u
			r.Used, r.Free = usedShare(d), d.FreeBytes
			points := s.Trends[fleet.OfDisk(sw.Host, d.Root)]
			r.Trend, r.Scale = samples(points)
			r.Growth = GrowthOf(points)
			r.Inodes = kit.Share{}
			if p, ok := d.InodesPercent(); ok {
				r.Inodes = kit.Fraction(float64(p) / 100)
			}
		}
	}
}

// usedShare is the used part of a filesystem in whole percent as df and the
// rules count it, so that no two places of a screen differ.
func usedShare(d fleet.Disk) kit.Share {
	if d.TotalBytes <= 0 {
		return kit.Share{}
	}
	return kit.Fraction(float64(d.UsedPercent()) / 100)
}

type pool struct{ busy, all, offline int }

// runnersByHost counts registered runners; where GitHub may not be asked, the
// hosts' own services and the jobs in progress stand in.
func (s Scene) runnersByHost() map[fleet.HostName]pool {
	out := make(map[fleet.HostName]pool)
	for _, r := range s.Runners {
		h, ok := s.HostOfRunner(r.Name)
		if !ok {
			continue
		}
		p := out[h]
		p.all++
		if r.Busy {
			p.busy++
		}
		if !r.Online {
			p.offline++
		}
		out[h] = p
	}
	if len(s.Runners) > 0 {
		return out
	}
	for _, sw := range s.Sweeps {
		if len(sw.Services) > 0 {
			out[sw.Host] = pool{all: len(sw.Services)}
		}
	}
	for _, j := range s.Jobs {
		if h, ok := s.HostOfRunner(j.Runner); ok && j.Status == fleet.StatusInProgress {
			p := out[h]
			p.busy++
			p.all = max(p.all, p.busy)
			out[h] = p
		}
	}
	return out
}

// hostRules are the rules that warn of a host.
func (s Scene) hostRules(h fleet.HostName) []kit.Safe {
	var out []kit.Safe
	if n := s.lit[fleet.OfHost(h)]; n.Severity != fleet.SeverityInfo {
		for _, r := range n.Rules {
			out = append(out, kit.Clean(string(r)))
		}
	}
	return out
}

// hostWhy is the first thing to know of a host, in a few words.
func (s Scene) hostWhy(h fleet.HostName, r HostRow) kit.Safe {
	src := s.SourceOf(fleet.HostSource(h))
	switch {
	case src.State == fleet.SourceNever:
		return "not looked at yet"
	case r.Stale && r.Age < 0:
		return "never seen: " + causeWords(src)
	case r.Stale:
		return "last seen " + kit.Age(r.Age) + " ago: " + causeWords(src)
	}
	if len(r.Rules) > 0 {
		return kit.Join(r.Rules, ", ")
	}
	if r.Growth.FullIn > 0 && r.Growth.FullIn < 48*time.Hour {
		return "full in " + kit.Age(r.Growth.FullIn)
	}
	return r.Growth.Text()
}

// causeWords says in a few words why a source does not answer, and when it is
// asked again.
func causeWords(src fleet.Source) kit.Safe {
	words := map[fleet.Cause]kit.Safe{
		fleet.CauseUnreachable: "unreachable", fleet.CauseTimeout: "timeout", fleet.CauseAuth: "login refused",
		fleet.CauseHostKey: "host key not known", fleet.CauseKeyChanged: "host key CHANGED", fleet.CauseKeyRevoked: "host key revoked", fleet.CausePrivilege: "sudo refused", fleet.CauseTruncated: "answer cut short",
		fleet.CauseProtocol: "answer not understood", fleet.CausePermission: "not permitted", fleet.CauseRateLimit: "rate limit",
		fleet.CauseServer: "server error", fleet.CauseNoToken: "no token", fleet.CauseOther: "failed",
	}
	if w, ok := words[src.Cause]; ok {
		return w
	}
	if src.State == fleet.SourceOK {
		return "no newer answer"
	}
	return kit.Clean(string(src.State))
}
