package rules

import "andon/fleet"

// cold tells what cold builds of a repository cost. It looks at the fleet once for
// each, when it is first asked: rules run with every snapshot, over all dirs.
type cold struct {
	s     *fleet.Snapshot
	sizes map[fleet.Repo]fleet.Fact[int64]
}

// says renders the cost of n cold builds of a repository.
func (c *cold) says(r fleet.Repo, n int) string { return fleet.BuildsCost(c.of(r), n, 0) }

// of is what one build of a repository leaves on disk.
func (c *cold) of(r fleet.Repo) fleet.Fact[int64] {
	each, ok := c.sizes[r]
	if !ok {
		each = c.s.ColdBuild(r)
		if c.sizes == nil {
			c.sizes = make(map[fleet.Repo]fleet.Fact[int64])
		}
		c.sizes[r] = each
	}
	return each
}
