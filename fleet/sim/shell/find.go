package shell

import (
	"strconv"
	"strings"

	"andon/fleet/sim/world"
)

// search is what one find looks for: its tests all hold, then it prints.
type search struct {
	tests  []func(*world.Node) bool
	oneDev bool
	layout string // of -exec stat -c LAYOUT {} +
	print0 bool
}

func find(c *command) int {
	var paths []string
	args := c.args
	for len(args) > 0 && !strings.HasPrefix(args[0], "-") && args[0] != "!" && args[0] != "(" {
		paths, args = append(paths, args[0]), args[1:]
	}
	s, ok := parseSearch(args)
	if !ok || len(paths) == 0 {
		return c.usage("find")
	}
	code := 0
	var b strings.Builder
	c.s.World.Lock()
	defer c.s.World.Unlock()
	for _, p := range paths {
		n, err := c.lookup(absolute(c.dir, p), false)
		if err != nil {
			c.complain("find: '"+p+"'", "", err)
			code = 1
			continue
		}
		if !c.walk(&b, s, n, p, n.Dev) {
			code = 1
		}
	}
	c.out.WriteString(b.String())
	return code
}

func parseSearch(args []string) (search, bool) {
	var s search
	not := false
	test := func(f func(*world.Node) bool) {
		want := !not
		s.tests = append(s.tests, func(n *world.Node) bool { return f(n) == want })
		not = false
	}
	for len(args) > 0 {
		a := args[0]
		args = args[1:]
		switch {
		case a == "!":
			not = true
		case a == "-xdev":
			s.oneDev = true
		case a == "-print0":
			s.print0 = true
		case a == "-type" && len(args) > 0 && args[0] == "d":
			test(func(n *world.Node) bool { return n.Kind == world.Dir })
			args = args[1:]
		case a == "-user" && len(args) > 0:
			uid, err := strconv.ParseUint(args[0], 10, 32)
			if err != nil {
				return s, false
			}
			test(func(n *world.Node) bool { return n.Owner.UID == uint32(uid) })
			args = args[1:]
		case a == "-exec" && len(args) == 5 && args[0] == "stat" && args[1] == "-c" && args[3] == "{}" && args[4] == "+":
			s.layout, args = args[2], nil
		default:
			return s, false
		}
	}
	return s, true
}

// walk goes through a tree, parents first; false if something could not be read.
func (c *command) walk(b *strings.Builder, s search, n *world.Node, path string, dev uint64) bool {
	if c.ctx.Err() != nil {
		return false
	}
	ok := true
	hit := true
	for _, t := range s.tests {
		hit = hit && t(n)
	}
	switch {
	case !hit:
	case s.layout != "":
		ok = format(b, s.layout, path, n, c.s.View.Host.Skew)
	case s.print0:
		b.WriteString(path)
		b.WriteByte(0)
	default:
		b.WriteString(path)
		b.WriteByte('\n')
	}
	if n.Kind != world.Dir || s.oneDev && n.Dev != dev {
		return ok
	}
	if !c.s.View.May(n, 5) {
		c.errs.WriteString("find: '" + path + "': Permission denied\n")
		return false
	}
	for _, k := range n.Kids() {
		if !c.walk(b, s, k, strings.TrimSuffix(path, "/")+"/"+k.Name, dev) {
			ok = false
		}
	}
	return ok
}
