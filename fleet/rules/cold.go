package rules

import (
	"fmt"
	"slices"

	"andon/fleet"
)

// cold tells what a cold build of a repository holds: the median of its measured
// run dirs. It looks at the fleet once, when it is first asked.
type cold struct {
	s     *fleet.Snapshot
	sizes map[fleet.Repo][]int64
}

// coldLeast is how many measured dirs a median is told from.
const coldLeast = 3

// of returns the median and how many dirs it is of; 0 where too few were measured.
func (c *cold) of(r fleet.Repo) (bytes int64, dirs int) {
	if c.sizes == nil {
		c.sizes = make(map[fleet.Repo][]int64)
		for i := range c.s.Dirs {
			d := &c.s.Dirs[i]
			if !d.HasRun() {
				continue
			}
			if b, ok := d.Bytes.Get(); ok && b > 0 {
				c.sizes[d.Run.Repo] = append(c.sizes[d.Run.Repo], b)
			}
		}
		for _, list := range c.sizes {
			slices.Sort(list)
		}
	}
	list := c.sizes[r]
	if len(list) < coldLeast {
		return 0, len(list)
	}
	return list[len(list)/2], len(list)
}

// says renders the cost of n cold builds of a repository.
func (c *cold) says(r fleet.Repo, n int) string {
	bytes, dirs := c.of(r)
	if bytes == 0 {
		return fleet.Plural(n, "cold build") + " of a size not measured yet"
	}
	return fmt.Sprintf("%s of about %s each (median of %s of %s)", fleet.Plural(n, "cold build"), gib(bytes), fleet.Plural(dirs, "measured run dir"), r)
}
