package config

import (
	"fmt"
	"net/netip"
	"net/url"
	"path"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

// floors of what may be loosened: below these the reap predicate means nothing.
const (
	leastIdle = 5 * time.Minute
	leastGap  = 30 * time.Second
	leastPoll = 5 * time.Second
)

type checker struct {
	d   *decoder
	out fleet.Problems
}

func (c *checker) at(p, what, fix string) {
	pos, ok := c.d.pos[p]
	for !ok && p != "" {
		p = p[:max(strings.LastIndexAny(p, ".["), 0)]
		pos, ok = c.d.pos[p]
	}
	if !ok {
		pos = [2]int{1, 1}
	}
	c.out = append(c.out, fleet.Problem{File: c.d.file, Line: pos[0], Col: pos[1], What: what, Fix: fix})
}

func validate(cfg Config, d *decoder, known Known) fleet.Problems {
	c := &checker{d: d}
	if len(d.problems) == 0 && len(cfg.Repos) == 0 {
		c.at("repos", "no repository named", "add repos: [owner/name]")
	}
	if len(d.problems) == 0 && len(cfg.Hosts) == 0 {
		c.at("hosts", "no host named", "add hosts: with name, runners and roots; `andon init` prints a starter file")
	}
	c.baseURL(cfg.GitHub.BaseURL)
	seen := map[fleet.HostName]bool{}
	for i, h := range cfg.Hosts {
		c.host(fmt.Sprintf("hosts[%d]", i), h, seen)
	}
	c.policy(cfg.Policy)
	c.notify(cfg.Notify)
	for id := range cfg.Rules {
		if !slices.Contains(known.Rules, id) {
			c.at("rules."+string(id), fmt.Sprintf("no rule is called %q", id), "see `andon check --json` or the README for their names")
		}
	}
	if t := cfg.Theme; t != "auto" && t != "dark" && t != "light" && !slices.Contains(known.Themes, t) {
		c.at("theme", fmt.Sprintf("no theme is called %q", t), "use auto, dark, light or one of "+strings.Join(known.Themes, ", "))
	}
	c.signatures(cfg.Signatures)
	iv := cfg.Intervals
	for _, x := range []struct {
		key string
		v   time.Duration
	}{{"hosts", iv.Hosts}, {"runs", iv.Runs}, {"pulls", iv.Pulls}, {"runners", iv.Runners}} {
		if x.v < leastPoll {
			c.at("intervals."+x.key, fmt.Sprintf("interval of %s", x.v), "use at least 5s")
		}
	}
	slices.SortStableFunc(c.out, func(a, b fleet.Problem) int { return a.Line - b.Line })
	return c.out
}

func (c *checker) baseURL(s string) {
	u, err := url.Parse(s)
	const fix = "write https://api.github.com/ or https://HOST/api/v3/"
	switch {
	case err != nil || u.Host == "":
		c.at("github.base_url", fmt.Sprintf("base_url %q is no URL", s), fix)
	case u.User != nil || u.RawQuery != "" || u.Fragment != "":
		c.at("github.base_url", "base_url holds a user, a query or a fragment", fix)
	case u.Scheme == "https":
	case u.Scheme == "http" && loopback(u.Hostname()):
	default:
		c.at("github.base_url", fmt.Sprintf("base_url %q would send the token in clear", s), fix)
	}
}

func (c *checker) signatures(files []FileAt) {
	seen := map[string]bool{}
	for i, f := range files {
		p := fmt.Sprintf("signatures[%d]", i)
		switch {
		case strings.TrimSpace(f.Path) == "":
			c.at(p, "a signature file has no name", "write the path of a YAML file, relative to this one's folder or absolute")
		case seen[path.Clean(f.Path)]:
			c.at(p, fmt.Sprintf("signature file %q stands twice", f.Path), "keep one of them")
		}
		seen[path.Clean(f.Path)] = true
	}
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}

func (c *checker) host(p string, h fleet.Host, seen map[fleet.HostName]bool) {
	switch {
	case h.Name == "":
		c.at(p, "a host has no name", "add name: what you call the machine")
	case !plainHost(string(h.Name)):
		c.at(p+".name", fmt.Sprintf("host name %q", h.Name), "use letters, digits, dot, dash and underscore, not beginning with a dash")
	case seen[h.Name]:
		c.at(p+".name", fmt.Sprintf("host %q stands twice", h.Name), "give each host one entry with all its roots")
	}
	seen[h.Name] = true
	if strings.HasPrefix(h.SSH, "-") || strings.ContainsAny(h.SSH, " \t\n\x00") {
		c.at(p+".ssh", fmt.Sprintf("ssh alias %q", h.SSH), "write the alias as in ~/.ssh/config, without options or blanks")
	}
	if len(h.Roots) == 0 {
		c.at(p, fmt.Sprintf("host %q has no roots", h.Name), "add roots: with path and owner")
	}
	paths := map[string]bool{}
	for i, r := range h.Roots {
		rp := fmt.Sprintf("%s.roots[%d]", p, i)
		for other := range paths {
			if r.Path != "" && (strings.HasPrefix(r.Path+"/", other+"/") || strings.HasPrefix(other+"/", r.Path+"/")) {
				c.at(rp+".path", fmt.Sprintf("root %s and root %s of one host overlap", r.Path, other), "keep one of them")
			}
		}
		paths[r.Path] = true
		if _, set := c.d.pos[rp+".owner"]; set && r.Owner == fleet.RootOwner {
			c.at(rp+".owner", "the wanted owner is root", "write the uid:gid the builds run as; root-owned dirs are what this console looks for")
		}
	}
	for i, pat := range h.Runners {
		if _, err := path.Match(pat, "x"); err != nil {
			c.at(fmt.Sprintf("%s.runners[%d]", p, i), fmt.Sprintf("runner pattern %q", pat), "use * and ? as in a shell")
		}
	}
}

func plainHost(s string) bool {
	return s != "" && s[0] != '-' && strings.Trim(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-") == ""
}

func (c *checker) policy(p fleet.Policy) {
	if p.MinIdle < leastIdle {
		c.at("policy.min_idle", fmt.Sprintf("min_idle of %s", p.MinIdle), "use at least 5m: a build may be silent for minutes")
	}
	if p.SampleGap < leastGap {
		c.at("policy.sample_gap", fmt.Sprintf("sample_gap of %s", p.SampleGap), "use at least 30s")
	}
	if p.DiskWarn > p.DiskStop || p.DiskStop > 100 {
		c.at("policy.disk_warn", fmt.Sprintf("disk_warn %d, disk_stop %d", p.DiskWarn, p.DiskStop), "use percents with disk_warn up to disk_stop up to 100")
	}
	if p.Branches < 2 {
		c.at("policy.branches", fmt.Sprintf("branches %d", p.Branches), "use 2 or more: one branch is no cluster")
	}
	for _, pat := range p.Protected {
		if _, err := path.Match(pat, "x"); err != nil {
			c.at("policy.protected", fmt.Sprintf("pattern %q", pat), "use * and ? as in a shell")
		}
	}
}
