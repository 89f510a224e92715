package shell

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"andon/fleet/sim/world"
)

// systemctl is systemctl show with -p; its units are named or matched by pattern.
func systemctl(c *command) int {
	if len(c.args) == 0 || c.args[0] != "show" {
		return c.usage("systemctl")
	}
	var props, names []string
	unix := false
	for args := c.args[1:]; len(args) > 0; args = args[1:] {
		switch {
		case args[0] == "--no-pager":
		case args[0] == "--timestamp=unix":
			unix = true
		case args[0] == "-p" && len(args) > 1:
			props = append(props, args[1])
			args = args[1:]
		case strings.HasPrefix(args[0], "-"):
			return c.usage("systemctl")
		default:
			names = append(names, args[0])
		}
	}
	c.s.World.Lock()
	defer c.s.World.Unlock()
	first := true
	for _, u := range c.s.View.Host.Units {
		if !slices.ContainsFunc(names, func(n string) bool { ok, err := path.Match(n, u.Name); return ok && err == nil }) {
			continue
		}
		if !first {
			c.out.WriteByte('\n')
		}
		first = false
		// What the unit's type adds comes before what all units have, whatever
		// order was asked for.
		for _, p := range [...]string{"Unit", "TimersCalendar", "LastTriggerUSec", "WorkingDirectory", "Environment", "Id", "ActiveState", "UnitFileState"} {
			if v, ok := property(u, p, unix, c.s.View.Host.Skew); ok && slices.Contains(props, p) {
				fmt.Fprintf(&c.out, "%s=%s\n", p, v)
			}
		}
	}
	return 0
}

func property(u *world.Unit, name string, unix bool, skew int64) (string, bool) {
	timer := strings.HasSuffix(u.Name, ".timer")
	switch name {
	case "Id":
		return u.Name, true
	case "ActiveState":
		return u.Active, true
	case "UnitFileState":
		if u.Enabled {
			return "enabled", true
		}
		return "disabled", true
	case "WorkingDirectory":
		return u.WorkingDir, !timer
	case "Environment":
		return u.Environment, !timer
	case "Unit":
		return strings.TrimSuffix(u.Name, ".timer") + ".service", timer
	case "TimersCalendar":
		return "{ OnCalendar=" + u.Calendar + " ; next_elapse=n/a }", timer && u.Calendar != ""
	case "LastTriggerUSec":
		if u.LastRun == 0 || !unix {
			return "", timer
		}
		return fmt.Sprintf("@%d", u.LastRun+skew), timer
	}
	return "", false
}
