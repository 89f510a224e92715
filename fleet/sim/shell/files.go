package shell

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"andon/fleet/sim/world"
)

// rawMode is st_mode.
func rawMode(n *world.Node) uint32 {
	switch n.Kind {
	case world.Dir:
		return 0o040000 | n.Mode
	case world.Link:
		return 0o120000 | n.Mode
	case world.Socket:
		return 0o140000 | n.Mode
	case world.CharDevice:
		return 0o020000 | n.Mode
	}
	return 0o100000 | n.Mode
}

// format prints one entry as stat -c does. name is the operand as it was given, skew
// what the host's clock, which gave the times, is ahead.
func format(b *strings.Builder, layout, name string, n *world.Node, skew int64) bool {
	for i := 0; i < len(layout); i++ {
		if layout[i] != '%' || i+1 == len(layout) {
			b.WriteByte(layout[i])
			continue
		}
		i++
		switch layout[i] {
		case 'd':
			fmt.Fprint(b, n.Dev)
		case 'i':
			fmt.Fprint(b, n.Ino)
		case 'u':
			fmt.Fprint(b, n.Owner.UID)
		case 'g':
			fmt.Fprint(b, n.Owner.GID)
		case 'f':
			fmt.Fprintf(b, "%x", rawMode(n))
		case 'Y':
			fmt.Fprint(b, n.Changed+skew)
		case 'y':
			b.WriteString(time.Unix(n.Changed+skew, 0).UTC().Format("2006-01-02 15:04:05.000000000 -0700"))
		case 'Z':
			fmt.Fprint(b, n.Touched+skew)
		case 'W':
			fmt.Fprint(b, n.Born+skew)
		case 'h':
			fmt.Fprint(b, n.Links())
		case 'b':
			fmt.Fprint(b, n.Blocks())
		case 'n':
			b.WriteString(name)
		default:
			return false
		}
	}
	b.WriteByte('\n')
	return true
}

func stat(c *command) int {
	if c.s.View.Host.OS != "Linux" {
		fmt.Fprintln(&c.errs, "stat: illegal option -- c") // the BSD tool
		return 1
	}
	args, follow, layout := c.args, false, ""
	for len(args) > 1 && strings.HasPrefix(args[0], "-") {
		switch {
		case args[0] == "-L":
			follow, args = true, args[1:]
		case args[0] == "-c":
			layout, args = args[1], args[2:]
		default:
			return c.usage("stat")
		}
	}
	if layout == "" || len(args) == 0 {
		return c.usage("stat")
	}
	code := 0
	var b strings.Builder
	c.s.World.Lock()
	defer c.s.World.Unlock()
	for _, path := range args {
		n, err := c.lookup(absolute(c.dir, path), follow)
		if err != nil {
			c.complain("stat: cannot statx '"+path+"'", "", err)
			code = 1
			continue
		}
		if !format(&b, layout, path, n, c.s.View.Host.Skew) {
			return c.usage("stat")
		}
	}
	c.out.WriteString(b.String())
	return code
}

func df(c *command) int {
	if len(c.args) != 2 || c.args[0] != "-Pk" && c.args[0] != "-Pi" {
		return c.usage("df")
	}
	c.s.World.Lock()
	defer c.s.World.Unlock()
	n, err := c.lookup(absolute(c.dir, c.args[1]), true)
	if err != nil {
		c.complain("df", c.args[1], err)
		return 1
	}
	h := c.s.View.Host
	d := h.DiskOf(n)
	used, inodes := h.Used(d)
	if c.args[0] == "-Pi" {
		share := "-"
		if d.Inodes > 0 {
			share = fmt.Sprintf("%d%%", (inodes*100+d.Inodes-1)/d.Inodes)
		}
		fmt.Fprintf(&c.out, "Filesystem Inodes IUsed IFree IUse%% Mounted on\n%s %d %d %d %s %s\n", d.Device, d.Inodes, inodes, d.Inodes-inodes, share, d.MountAt)
		return 0
	}
	free := h.Available(d)
	fmt.Fprintf(&c.out, "Filesystem 1024-blocks Used Available Capacity Mounted on\n%s %d %d %d %d%% %s\n",
		d.Device, d.Total>>10, used>>10, free>>10, (used*100+used+free-1)/max(used+free, 1), d.MountAt)
	return 0
}

func du(c *command) int {
	if len(c.args) != 2 || c.args[0] != "-skx" {
		return c.usage("du")
	}
	c.s.World.Lock()
	defer c.s.World.Unlock()
	n, err := c.lookup(absolute(c.dir, c.args[1]), false)
	if err != nil {
		c.complain("du: cannot access '"+c.args[1]+"'", "", err)
		return 1
	}
	fmt.Fprintf(&c.out, "%d\t%s\n", n.Usage().Bytes>>10, c.args[1])
	return 0
}

// ls lists links of /proc in the long form, and names newest first.
func ls(c *command) int {
	if len(c.args) < 2 || c.args[0] != "-l" && c.args[0] != "-t" {
		return c.usage("ls")
	}
	code := 0
	var dirs []string
	c.s.World.Lock()
	defer c.s.World.Unlock()
	for _, path := range c.args[1:] {
		n, err := c.lookup(absolute(c.dir, path), false)
		switch {
		case err != nil:
			c.complain("ls: cannot access '"+path+"'", "", err)
			code = 2
		case n.Kind == world.Dir:
			dirs = append(dirs, path)
		case !c.long(n, path):
			code = 1
		}
	}
	for _, path := range dirs {
		n, err := c.lookup(absolute(c.dir, path), true)
		if err != nil || !c.s.View.May(n, 4) {
			fmt.Fprintf(&c.errs, "ls: cannot open directory '%s': Permission denied\n", path)
			code = 2
			continue
		}
		if len(c.args) > 2 {
			fmt.Fprintf(&c.out, "\n%s:\n", path)
		}
		kids := n.Kids()
		if c.args[0] == "-t" {
			slices.SortStableFunc(kids, func(a, b *world.Node) int { return cmp.Compare(b.Changed, a.Changed) })
		} else {
			fmt.Fprintf(&c.out, "total 0\n")
		}
		for _, k := range kids {
			c.long(k, k.Name)
		}
	}
	return code
}

// long prints one entry; false where its link may not be read.
func (c *command) long(n *world.Node, name string) bool {
	if c.args[0] == "-t" {
		fmt.Fprintln(&c.out, name)
		return true
	}
	kind, to := "-rw-r--r--", ""
	switch n.Kind {
	case world.Dir:
		kind = "drwxr-xr-x"
	case world.Link:
		kind, to = "lrwxrwxrwx", " -> "+n.Target
		if n.Target == "" {
			fmt.Fprintf(&c.errs, "ls: cannot read symbolic link '%s': Permission denied\n", name)
			to = ""
		}
	}
	fmt.Fprintf(&c.out, "%s 1 %d %d %d %s %s%s\n", kind, n.Owner.UID, n.Owner.GID, n.Size, time.Unix(n.Changed, 0).UTC().Format("Jan _2 15:04"), name, to)
	return to != "" || n.Kind != world.Link
}
