package day

import (
	"errors"
	"time"

	"andon/fleet"
)

// hostKinds are what goes wrong with a host.
func hostKinds() []Kind {
	silent := []fleet.RuleID{"source-stale", "host-unreachable"}
	return []Kind{
		{Name: "disk nearly full", Rule: "disk-pressure", On: onHost, Share: 5, With: []fleet.RuleID{"disk-forecast"}, Stage: func(s *stage) {
			s.about(fleet.OfDisk(s.host.conf.Name, root))
			s.tells(func(sw *fleet.Sweep, _ time.Time) {
				d := &sw.Disks[0]
				d.FreeBytes = d.TotalBytes / 1000 * 40 &^ 1023
			})
		}},
		{Name: "inodes nearly spent", Rule: "inode-pressure", On: onHost, Share: 4, Stage: func(s *stage) {
			s.about(fleet.OfDisk(s.host.conf.Name, root))
			s.tells(func(sw *fleet.Sweep, t time.Time) {
				sw.Disks[0].FreeInodes = fleet.Known(sw.Disks[0].TotalInodes.Or(0)/1000*28, t)
			})
		}},
		{Name: "disk fills steadily", Rule: "disk-forecast", On: onHost, Share: 3, After: 32 * time.Minute, Stage: func(s *stage) {
			s.about(fleet.OfDisk(s.host.conf.Name, root))
			from := s.From
			s.tells(func(sw *fleet.Sweep, t time.Time) {
				d := &sw.Disks[0]
				d.FreeBytes = max(d.FreeBytes-int64(t.Sub(from).Hours()*350*gib), 0) &^ 1023
			})
		}},
		{Name: "clock wrong", Rule: "clock-skew", On: onHost, Share: 4, Stage: func(s *stage) {
			s.about(fleet.OfHost(s.host.conf.Name))
			off := s.between(2*time.Minute, 8*time.Minute)
			s.tells(func(sw *fleet.Sweep, t time.Time) { skewed(sw, t, off) })
		}},
		{Name: "cleaner off", Rule: "cleaner-idle", On: onHost, Share: 4, Stage: func(s *stage) {
			s.about(fleet.OfHost(s.host.conf.Name))
			s.tells(func(sw *fleet.Sweep, _ time.Time) { sw.Cleaners[0].Wired = false })
		}},
		{Name: "cleaner stands still", Rule: "cleaner-idle", On: onHost, Share: 2, Stage: func(s *stage) {
			s.about(fleet.OfHost(s.host.conf.Name))
			last := s.From.Add(-60 * time.Hour)
			s.tells(func(sw *fleet.Sweep, t time.Time) { sw.Cleaners[0].Last = fleet.Known(last.Truncate(time.Second), t) })
		}},
		{Name: "cache at its cap", Rule: "compiler-cache", On: onHost, Share: 4, Stage: func(s *stage) {
			s.about(fleet.OfHost(s.host.conf.Name))
			s.tells(func(sw *fleet.Sweep, t time.Time) {
				c := &sw.Caches[0]
				c.Bytes = fleet.Known(c.CapBytes.Or(0)-2048, t)
				c.Stats[0].Hits, c.Stats[0].Misses = fleet.Known(int64(12), t), fleet.Known(int64(4800), t)
			})
		}},
		{Name: "host gone", Rule: "host-unreachable", On: onHost, Share: 6, With: silent, Stage: func(s *stage) {
			s.silence(s.host.unreachable())
		}},
		{Name: "answers cut off", Rule: "host-unreachable", On: onHost, With: silent, Stage: func(s *stage) {
			s.silence(&fleet.Failure{Cause: fleet.CauseTruncated, Err: errors.New("answer of the sweep is cut off")})
		}},
		{Name: "another host key", Rule: "host-key-changed", On: onHost, Share: 3, With: silent, Stage: func(s *stage) {
			s.silence(&fleet.Failure{Cause: fleet.CauseKeyChanged, Err: errors.New("host key changed: it shows SHA256:abc, on record is SHA256:def"), Remedy: "compare the fingerprint"})
		}},
	}
}

// tells changes what the host says while the incident lasts.
func (s *stage) tells(do func(*fleet.Sweep, time.Time)) { s.host.edit(s.while(), do) }

// silence lets the host give no answer.
func (s *stage) silence(why *fleet.Failure) {
	s.about(fleet.OfHost(s.host.conf.Name))
	s.host.down = append(s.host.down, outage{s.while(), why})
}

// skewed tells all times of a host by a clock that is ahead.
func skewed(sw *fleet.Sweep, t time.Time, off time.Duration) {
	later := func(f fleet.Fact[time.Time]) fleet.Fact[time.Time] {
		if v, ok := f.Get(); ok {
			return fleet.Known(v.Add(off), t)
		}
		return f
	}
	sw.Facts.Clock = sw.Facts.Clock.Add(off)
	for i := range sw.Dirs {
		d := &sw.Dirs[i]
		d.ModTime, d.ChangeTime, d.Birth, d.Newest = d.ModTime.Add(off), d.ChangeTime.Add(off), later(d.Birth), later(d.Newest)
		list, _ := d.Writers.Get()
		uses := make([]fleet.Writer, 0, len(list))
		for _, w := range list {
			w.Started = w.Started.Add(off)
			uses = append(uses, w)
		}
		d.Writers = fleet.Known(uses, t)
	}
	for i := range sw.Cleaners {
		sw.Cleaners[i].Last = later(sw.Cleaners[i].Last)
	}
	for i := range sw.Caches {
		c := &sw.Caches[i]
		c.StatsAt = later(c.StatsAt)
		for k := range c.Stats {
			c.Stats[k].At = later(c.Stats[k].At)
		}
	}
}
