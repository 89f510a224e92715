package probe

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"andon/fleet"
)

// maxCacheStats bounds how many statistics of one cache are kept.
const maxCacheStats = 64

// counted is a counter of sccache, by language.
type counted struct {
	Counts map[string]int64 `json:"counts"`
}

func (c *counted) sum(p *parser) fleet.Fact[int64] {
	if c == nil {
		return p.figure(nil)
	}
	var n int64
	for _, v := range c.Counts {
		if v < 0 || v > 1<<50 {
			return p.figure(nil)
		}
		n += v
	}
	return p.figure(&n)
}

// cache reads the statistics of sccache --stats-format=json as a job left them,
// behind the time at which they were written. Statistics of one cache make one
// Cache; they come newest first.
func (p *parser) cache(rest string) bool {
	when, text, ok := strings.Cut(rest, "\t")
	at, isTime := seconds(when)
	if !ok || !isTime && when != "" {
		at, text = 0, rest // an answer that has no time before the statistics
	}
	var f struct {
		Location string `json:"cache_location"`
		Size     *int64 `json:"cache_size"`
		Max      *int64 `json:"max_cache_size"`
		Stats    struct {
			Requests *int64   `json:"compile_requests"`
			Hits     *counted `json:"cache_hits"`
			Misses   *counted `json:"cache_misses"`
		} `json:"stats"`
	}
	if json.Unmarshal([]byte(text), &f) != nil {
		return p.unseen("cache statistics: not understood")
	}
	dir := clip(strings.Trim(strings.TrimPrefix(strings.TrimSpace(f.Location), "Local disk:"), ` "`))
	st := fleet.CacheStats{At: fleet.Unknown[time.Time]("the statistics came without a time"), CapBytes: p.figure(f.Max),
		Requests: p.figure(f.Stats.Requests), Hits: f.Stats.Hits.sum(p), Misses: f.Stats.Misses.sum(p)}
	if at > 0 {
		st.At = fleet.Known(time.Unix(at, 0).UTC(), p.at)
	}
	i := slices.IndexFunc(p.out.Caches, func(c fleet.Cache) bool { return c.Dir == dir })
	if i < 0 {
		i = len(p.out.Caches)
		p.out.Caches = append(p.out.Caches, fleet.Cache{Dir: dir, Bytes: p.figure(f.Size), CapBytes: st.CapBytes, StatsAt: st.At})
	}
	c := &p.out.Caches[i]
	if len(c.Stats) < maxCacheStats {
		c.Stats = append(c.Stats, st)
	}
	return true
}

func (p *parser) figure(n *int64) fleet.Fact[int64] {
	if n == nil || *n < 0 {
		return fleet.Unknown[int64]("the statistics do not tell")
	}
	return fleet.Known(*n, p.at)
}
