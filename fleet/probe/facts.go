package probe

import (
	"bytes"
	"encoding/json"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"andon/fleet"
)

// fact reads one fact of the host.
func (p *parser) fact(rest string) bool {
	key, v, ok := strings.Cut(rest, "\t")
	if !ok {
		return false
	}
	f := &p.out.Facts
	v = clip(v)
	switch key {
	case "uname_s":
		f.OS = v
	case "uname_n":
		f.Hostname = v
	case "uname_r":
		f.Kernel = v
	case "uname_m":
		f.Arch = v
	case "uid":
		n, err := strconv.ParseUint(v, 10, 32)
		f.UID = uint32(n)
		return err == nil
	case "clock":
		p.clockStart, ok = seconds(v)
	case "btime":
		p.btime, ok = seconds(v)
	case "uptime":
		s, err := strconv.ParseFloat(v, 64)
		if ok = err == nil && s >= 0 && s < 1e10; ok {
			f.Uptime = fleet.Known(time.Duration(s*float64(time.Second)), p.at)
		}
	case "load1":
		s, err := strconv.ParseFloat(v, 64)
		if ok = err == nil && s >= 0 && s < 1e9; ok {
			f.Load1 = fleet.Known(s, p.at)
		}
	case "cpus":
		n, good := count(v)
		if ok = good && n > 0 && n < 1<<20; ok {
			f.CPUs = fleet.Known(int(n), p.at)
		}
	case "helper":
		if ok = v != ""; ok {
			f.Helper = fleet.Known(v, p.at)
		}
	case "unfit":
		p.unfit = v
	default:
		ok = false
	}
	return ok
}

// unit is what systemctl show said of one unit: a runner's service, or a timer
// whose name sounds like cleaning.
type unit struct {
	name, state, dir, file, last string
}

const maxUnits = 1024

// unit reads name, states, last run of a timer, and working directory.
func (p *parser) unit(rest string) bool {
	f := strings.SplitN(rest, "\t", 5)
	if len(f) != 5 || f[0] == "" || len(p.units) >= maxUnits {
		return false
	}
	p.units = append(p.units, unit{name: clip(f[0]), state: clip(f[1]), file: clip(f[2]), last: clip(f[3]), dir: clip(f[4])})
	return true
}

// agent reads a runner's .runner file, JSON with a byte order mark.
func (p *parser) agent(rest string) bool {
	name, text, ok := strings.Cut(rest, "\t")
	if !ok {
		return false
	}
	var f struct {
		AgentName string `json:"agentName"`
	}
	if json.Unmarshal(bytes.TrimPrefix([]byte(text), []byte("\ufeff")), &f) != nil || f.AgentName == "" {
		return p.unseen("runner file of " + name + ": not understood")
	}
	p.agents[name] = clip(f.AgentName)
	return true
}

func (p *parser) hook(rest string) bool {
	name, hook, ok := strings.Cut(rest, "\t")
	if hook = strings.Trim(hook, `"' `); ok && hook != "" && len(p.hooks) < maxUnits {
		p.hooks[name] = clip(hook)
		return true
	}
	return false
}

// placeServices makes services and cleaners of the units.
func (p *parser) placeServices() {
	for _, u := range p.units {
		switch {
		case strings.HasPrefix(u.name, "actions.runner.") && strings.HasSuffix(u.name, ".service"):
			same := func(s fleet.RunnerService) bool { return s.Unit == u.name }
			if u.dir == "" || slices.ContainsFunc(p.out.Services, same) {
				continue
			}
			p.out.Services = append(p.out.Services, fleet.RunnerService{
				Unit: u.name, Runner: p.runnerName(u.name), State: u.state, Dir: u.dir, Hook: p.hooks[u.name]})
			p.addHook(p.hooks[u.name])
		case strings.HasSuffix(u.name, ".timer") && !strings.HasPrefix(u.name, "systemd-"):
			p.out.Cleaners = append(p.out.Cleaners, fleet.Cleaner{
				Name: u.name, Kind: "timer", Wired: u.file == "enabled" && u.state == "active", Last: p.triggered(u.last),
				Schedule: p.schedules[u.name], Said: p.said(u.name)})
		}
	}
}

// runnerName returns the agent's name, or what the unit's name says of it: the
// last part of actions.runner.<owner>.<name>.service, cut short beyond 150
// characters.
func (p *parser) runnerName(name string) string {
	if a := p.agents[name]; a != "" {
		return a
	}
	f := strings.SplitN(strings.TrimSuffix(name, ".service"), ".", 4)
	return f[len(f)-1]
}

func (p *parser) addHook(hook string) {
	if hook == "" {
		return
	}
	name := path.Base(hook)
	if slices.ContainsFunc(p.out.Cleaners, func(c fleet.Cleaner) bool { return c.Kind == "hook" && c.Name == name }) {
		return
	}
	p.out.Cleaners = append(p.out.Cleaners, fleet.Cleaner{
		Name: name, Kind: "hook", Wired: true, Last: fleet.Unknown[time.Time]("a hook runs with each job and leaves no time"),
		Said: fleet.Unknown[[]fleet.JournalLine]("a hook's words are in the jobs' logs")})
}

// triggered reads "@seconds" of systemctl --timestamp=unix (systemd 247 and later).
func (p *parser) triggered(s string) fleet.Fact[time.Time] {
	if n, ok := seconds(strings.TrimPrefix(s, "@")); ok && n > 0 {
		return fleet.Known(time.Unix(n, 0).UTC(), p.at)
	}
	if s == "n/a" || s == "0" {
		return fleet.Unknown[time.Time]("never ran since it was loaded")
	}
	return fleet.Unknown[time.Time]("this systemctl tells no time")
}
