package config

import (
	"time"

	"andon/fleet"
)

// withDefaults fills what the file left out. Policy, notices and booleans were set
// before decoding, so that a zero that was written stays a zero.
func withDefaults(c Config) Config {
	if c.GitHub.BaseURL == "" {
		c.GitHub.BaseURL = "https://api.github.com/"
	}
	if c.GitHub.Share == 0 {
		c.GitHub.Share = 0.5
	}
	for _, d := range []struct {
		v   *time.Duration
		def time.Duration
	}{{&c.Intervals.Hosts, 15 * time.Second}, {&c.Intervals.Runs, 15 * time.Second}, {&c.Intervals.Pulls, time.Minute}, {&c.Intervals.Runners, 30 * time.Second}} {
		if *d.v == 0 {
			*d.v = d.def
		}
	}
	if c.Theme == "" {
		c.Theme = "auto"
	}
	hosts := make([]fleet.Host, len(c.Hosts))
	for i, h := range c.Hosts {
		if h.Transport == "" {
			h.Transport = fleet.TransportSSH
		}
		if h.SSH == "" && h.Transport == fleet.TransportSSH {
			h.SSH = string(h.Name)
		}
		if h.Privilege == "" {
			h.Privilege = fleet.PrivilegeSudo
		}
		hosts[i] = h
	}
	c.Hosts = hosts
	return c
}
