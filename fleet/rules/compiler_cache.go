package rules

import (
	"fmt"
	"slices"
	"time"

	"andon/fleet"
)

var _ = register(fleet.Rule{
	ID:       "compiler-cache",
	Title:    "compiler cache at its cap",
	Severity: fleet.SeverityWarn,
	Doc: fleet.RuleDoc{
		Whys: []string{
			"Builds are slow though there is a compiler cache; no job is red.",
			"The cache sits at its cap, so each new entry throws out one that the next build needs.",
			"The default cap is 10 GiB, and one workspace with its branches needs more: the newest 4,000 samples all lay within 2 KB of it (paiml/aprender).",
			"A server started with a lower cap evicts the shared cache down to it, and each job starts a server of its own.",
			"Set one cap for all jobs, above what they hold together, and watch size and hits.",
		},
		Cure:   "Raise SCCACHE_CACHE_SIZE for every job alike (10 to 50 GiB in the field), where the disk has room.",
		NoCure: "Clearing the cache: the next builds are cold. Raising it in one job: the others evict it down again.",
		Cost:   "disk for the larger cap; one round of cold builds until it has filled.",
	},
	Actor:    fleet.ActorWorkflow,
	Requires: []fleet.SourceKind{fleet.SourceHost},
	For:      5 * time.Minute,
	Evaluate: compilerCache,
})

// Bounds of a judgement of a cache.
const (
	cacheNear = 100 // a cap is near from its hundredth part on
	rateLeast = 200 // requests before a hit rate is told
	rateGood  = 80  // percent: a full cache that still hits does its work
	rateLow   = 50  // percent
)

func compilerCache(s *fleet.Snapshot) []fleet.Finding {
	var out []fleet.Finding
	for i := range s.Sweeps {
		sw := &s.Sweeps[i]
		for k := range sw.Caches {
			if f, ok := cacheFinding(sw, &sw.Caches[k]); ok {
				out = append(out, f)
			}
		}
	}
	return out
}

// hitRate is the share of hits in percent; false below rateLeast requests, or
// where the jobs told no hits or misses. Zeros without a request are no rate.
func hitRate(c *fleet.Cache) (percent float64, requests int64, ok bool) {
	r, h, m := c.Totals()
	hits, ok1 := h.Get()
	misses, ok2 := m.Get()
	requests = r.Or(0)
	if !ok1 || !ok2 || requests < rateLeast || hits+misses == 0 {
		return 0, requests, false
	}
	return float64(hits) * 100 / float64(hits+misses), requests, true
}

// capsOf lists the different caps of a cache's jobs, lowest first, and reports
// whether a job had a lower one than a job before it: caps that only rose are those
// of somebody who raised them.
func capsOf(c *fleet.Cache) (caps []int64, mixed bool) {
	newer := int64(0) // the lowest cap of all newer statistics
	for _, st := range c.Stats {
		n, ok := st.CapBytes.Get()
		if !ok || n <= 0 {
			continue
		}
		mixed = mixed || newer > 0 && newer < n
		if newer == 0 || n < newer {
			newer = n
		}
		if !slices.Contains(caps, n) {
			caps = append(caps, n)
		}
	}
	slices.Sort(caps)
	return caps, mixed
}

func cacheFinding(sw *fleet.Sweep, c *fleet.Cache) (fleet.Finding, bool) {
	size, ok1 := c.Bytes.Get()
	limit, ok2 := c.CapBytes.Get()
	pinned := ok1 && ok2 && limit > 0 && size >= limit-limit/cacheNear
	caps, mixed := capsOf(c)
	rate, requests, rated := hitRate(c)
	f := fleet.Finding{
		Key: string(sw.Host) + ":" + c.Dir, Severity: fleet.SeverityWarn,
		Subjects: []fleet.Subject{fleet.OfHost(sw.Host)},
		Rests:    []fleet.SourceID{fleet.HostSource(sw.Host)},
		Advice:   "set SCCACHE_CACHE_SIZE to one value for every job, above what they hold together",
	}
	at, where := c.StatsAt.Or(sw.At), string(sw.Host)+":"+c.Dir
	switch {
	case mixed:
		f.Summary = fmt.Sprintf("%s on %s: jobs start it with caps from %s to %s: the lowest evicts it", c.Dir, sw.Host, gib(caps[0]), gib(caps[len(caps)-1]))
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "statistics", Where: where, At: at, Why: 4, Fact: fmt.Sprintf("%d different caps in the statistics of %s", len(caps), fleet.Plural(len(c.Stats), "job"))})
	case pinned:
		f.Summary = fmt.Sprintf("%s on %s: %s of its cap of %s: it evicts", c.Dir, sw.Host, gib(size), gib(limit))
		if rated && rate >= rateGood {
			f.Severity = fleet.SeverityInfo
		}
	case rated && rate < rateLow:
		f.Severity = fleet.SeverityInfo
		f.Summary = fmt.Sprintf("%s on %s: %.1f %% hits", c.Dir, sw.Host, rate)
		f.Advice = "not full, and still few hits: compare what differs between the builds (flags, paths, toolchain)"
	default:
		return f, false
	}
	if len(caps) > 1 && !mixed {
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "statistics", Where: where, At: at, Fact: fmt.Sprintf("no mixed caps: raised from %s to %s, and no job since had less", gib(caps[0]), gib(caps[len(caps)-1]))})
	}
	if pinned {
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "statistics", Where: where, At: at, Why: 2, Fact: fmt.Sprintf("%d bytes of %d", size, limit)})
	} else if ok1 && ok2 {
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "statistics", Where: where, At: at, Fact: fmt.Sprintf("not full: %s of %s", gib(size), gib(limit))})
	}
	cacheRate(&f, c, where, at, rate, requests, rated)
	return f, true
}

// cacheRate adds the hit rate to a finding, or why it is not known.
func cacheRate(f *fleet.Finding, c *fleet.Cache, where string, at time.Time, rate float64, requests int64, rated bool) {
	switch {
	case !rated:
		why := fmt.Sprintf("%d requests in the jobs' statistics, fewer than %d", requests, rateLeast)
		if r, _, _ := c.Totals(); !r.IsKnown() {
			why = "no job's statistics tell hits and misses"
		}
		f.Unknown = append(f.Unknown, fleet.Gap{What: "hit rate", Why: why,
			Makes: "sccache --show-stats --stats-format=json at the end of each job, kept on the host: asked on the host itself it starts a server of its own that answers zeros"})
	case rate >= rateGood:
		f.RuledOut = append(f.RuledOut, fleet.Evidence{What: "statistics", Where: where, At: at, Fact: fmt.Sprintf("it still hits: %.1f %% of %d requests", rate, requests)})
	default:
		f.Evidence = append(f.Evidence, fleet.Evidence{What: "statistics", Where: where, At: at, Why: 1, Fact: fmt.Sprintf("%.1f %% hits of %d requests in the statistics of %s", rate, requests, fleet.Plural(len(c.Stats), "job"))})
	}
}
