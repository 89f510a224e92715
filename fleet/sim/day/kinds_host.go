package day

import (
	"errors"
	"time"

	"andon/fleet"
)

// hostKinds are what goes wrong with a host.
func hostKinds() []Kind {
	return []Kind{
		{Name: "disk nearly full", Rule: "disk-pressure", On: onHost, Share: 5, Stage: func(s *stage) {
			s.fill(960)
		}},
		{Name: "host gone", Rule: "host-unreachable", On: onHost, Share: 6, With: []fleet.RuleID{"source-stale"}, Stage: func(s *stage) {
			s.silence(s.host.unreachable())
		}},
		{Name: "answers cut off", Rule: "host-unreachable", On: onHost, With: []fleet.RuleID{"source-stale"}, Stage: func(s *stage) {
			s.silence(&fleet.Failure{Cause: fleet.CauseTruncated, Err: errors.New("answer of the sweep is cut off")})
		}},
	}
}

// fill takes what is free on the host's disk but for some per mille.
func (s *stage) fill(perMille int64) {
	s.about(fleet.OfDisk(s.host.conf.Name, root))
	s.host.edit(s.while(), func(sw *fleet.Sweep, _ time.Time) {
		d := &sw.Disks[0]
		d.FreeBytes = d.TotalBytes / 1000 * (1000 - perMille) &^ 1023
	})
}

// silence lets the host give no answer.
func (s *stage) silence(why *fleet.Failure) {
	s.about(fleet.OfHost(s.host.conf.Name))
	s.host.down = append(s.host.down, outage{s.while(), why})
}
