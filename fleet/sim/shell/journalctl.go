package shell

import (
	"fmt"
	"strconv"
	"strings"
)

// journalctl is journalctl -q -o short-unix -n N -u UNIT. Only root and the
// journal's group may read what services said; others get nothing, and status 0.
func journalctl(c *command) int {
	unit, most, form := "", -1, ""
	for args := c.args; len(args) > 0; args = args[1:] {
		switch {
		case args[0] == "--no-pager" || args[0] == "-q":
			continue
		case len(args) < 2:
			return c.usage("journalctl")
		case args[0] == "-u":
			unit = args[1]
		case args[0] == "-o":
			form = args[1]
		case args[0] == "-n":
			n, err := strconv.Atoi(args[1])
			if err != nil {
				return c.usage("journalctl")
			}
			most = n
		default:
			return c.usage("journalctl")
		}
		args = args[1:]
	}
	if unit == "" || most < 0 || form != "short-unix" {
		return c.usage("journalctl")
	}
	c.s.World.Lock()
	defer c.s.World.Unlock()
	h := c.s.View.Host
	for _, u := range h.Units {
		if strings.TrimSuffix(u.Name, ".timer")+".service" != unit || c.s.View.UID != 0 {
			continue
		}
		said := u.Said[max(0, len(u.Said)-most):]
		for _, l := range said {
			fmt.Fprintf(&c.out, "%d.000000 %s %s[%d]: %s\n", l.At+h.Skew, h.Hostname, strings.TrimSuffix(unit, ".service"), 900+l.At%97, l.Text)
		}
	}
	return 0
}
