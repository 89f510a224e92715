package onhost

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"andon/fleet"
)

// mappings finds files that are mapped but no longer open. maps names the
// device and the path but not the mount, so every mount of the device that
// covers the path is tried: rather one writer too many.
func (c *census) mappings(t task) error {
	b, err := os.ReadFile(t.dir + "/maps")
	if err != nil {
		return c.env.unlessGone(t.dir, "mappings", err)
	}
	last := ""
	for line := range strings.Lines(string(b)) {
		dev, ino, p, ok := parseMapping(line)
		if !ok || dev != c.target.dev || p == last {
			continue
		}
		last = p
		covered := false
		for _, views := range c.mounts {
			for _, m := range views {
				s, ok := m.spotOf(p)
				if !ok || m.dev != dev {
					continue
				}
				covered = true
				if c.target.holds(s) {
					c.add(t, fleet.ViaMap)
					return nil
				}
			}
		}
		if !covered {
			c.doubts = append(c.doubts, doubt{task: t, via: fleet.ViaMap, ino: ino, path: p, gone: strings.HasSuffix(p, " (deleted)")})
		}
	}
	return nil
}

// parseMapping reads one line of maps: range, mode, offset, device in hex,
// inode, path. Anonymous mappings are not ok.
func parseMapping(line string) (dev string, ino uint64, path string, ok bool) {
	f := strings.SplitN(strings.TrimSuffix(line, "\n"), " ", 6)
	if len(f) != 6 {
		return "", 0, "", false
	}
	path = strings.TrimLeft(f[5], " ")
	maj, min, found := strings.Cut(f[3], ":")
	a, err1 := strconv.ParseUint(maj, 16, 32)
	b, err2 := strconv.ParseUint(min, 16, 32)
	ino, err3 := strconv.ParseUint(f[4], 10, 64)
	if !found || err1 != nil || err2 != nil || err3 != nil || !strings.HasPrefix(path, "/") {
		return "", 0, "", false
	}
	return fmt.Sprintf("%d:%d", a, b), ino, strings.ReplaceAll(path, `\012`, "\n"), true
}
