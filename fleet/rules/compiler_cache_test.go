package rules

import (
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/fleettest"
)

// cacheOf is what jobs told of a cache: size and cap in bytes, and for each job its cap in GiB, requests, hits and misses.
func cacheOf(size, limit int64, jobs ...[4]int64) fleet.Cache {
	at := fleettest.Now.Add(-10 * time.Minute)
	c := fleet.Cache{Dir: "/sccache", Bytes: fleet.Known(size, at), CapBytes: fleet.Known(limit, at), StatsAt: fleet.Known(at, at)}
	for _, j := range jobs {
		c.Stats = append(c.Stats, fleet.CacheStats{At: fleet.Known(at, at), CapBytes: fleet.Known(j[0]<<30, at), Requests: fleet.Known(j[1], at), Hits: fleet.Known(j[2], at), Misses: fleet.Known(j[3], at)})
	}
	return c
}

func TestCompilerCache(t *testing.T) {
	unknown := cacheOf(10*gb-2048, 10*gb)
	unknown.Stats = []fleet.CacheStats{{Requests: fleet.Unknown[int64]("the statistics do not tell")}}
	s3 := fleet.Cache{Dir: "S3, bucket x", Bytes: fleet.Unknown[int64]("remote"), CapBytes: fleet.Unknown[int64]("remote")}
	for _, tc := range []struct {
		name  string
		cache fleet.Cache
		want  fleet.Severity // "" none
		says  string
		gap   string // in the unknowns; "" the rate is known
	}{
		{"room left", cacheOf(5*gb, 10*gb, [4]int64{10, 1240, 900, 100}), "", "", ""},
		{"at its cap, few hits", cacheOf(10*gb-2048, 10*gb, [4]int64{10, 1240, 5, 811}), fleet.SeverityWarn, "10.0 GiB of its cap of 10.0 GiB: it evicts", ""},
		{"at its cap, still hits", cacheOf(10*gb-2048, 10*gb, [4]int64{10, 1240, 900, 100}), fleet.SeverityInfo, "it evicts", ""},
		{"at its cap, rate unknown", unknown, fleet.SeverityWarn, "it evicts", "no job's statistics tell hits and misses"},
		{"a server that was never asked for anything", cacheOf(10*gb-2048, 10*gb, [4]int64{10, 0, 0, 0}), fleet.SeverityWarn, "it evicts", "0 requests in the jobs' statistics, fewer than 200"},
		{"199 requests, no hit", cacheOf(5*gb, 10*gb, [4]int64{10, 199, 0, 199}), "", "", ""},
		{"few hits with room left", cacheOf(5*gb, 10*gb, [4]int64{10, 100, 5, 95}, [4]int64{10, 100, 10, 90}), fleet.SeverityInfo, "7.5 % hits", ""},
		{"mixed caps", cacheOf(20*gb, 50*gb, [4]int64{50, 300, 290, 10}, [4]int64{10, 300, 290, 10}, [4]int64{50, 300, 290, 10}), fleet.SeverityWarn, "caps from 10.0 GiB to 50.0 GiB", ""},
		{"raised since", cacheOf(20*gb, 50*gb, [4]int64{50, 300, 290, 10}, [4]int64{50, 300, 290, 10}, [4]int64{10, 300, 290, 10}), "", "", ""},
		{"remote", s3, "", "", ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			w := fleettest.New()
			w.Host("intel").Caches = []fleet.Cache{tc.cache}
			fs := find(t, "compiler-cache", w.Snapshot())
			if tc.want == "" {
				if len(fs) != 0 {
					t.Errorf("%+v", fs)
				}
				return
			}
			if len(fs) != 1 || fs[0].Severity != tc.want || fs[0].Key != "intel:/sccache" || !strings.Contains(fs[0].Summary, tc.says) {
				t.Fatalf("%+v", fs)
			}
			told(t, fs[0])
			if tc.gap == "" && len(fs[0].Unknown) > 0 || tc.gap != "" && (len(fs[0].Unknown) != 1 || fs[0].Unknown[0].Why != tc.gap) {
				t.Errorf("unknown %+v", fs[0].Unknown)
			}
			for _, e := range fs[0].Evidence {
				if strings.HasPrefix(e.Fact, "0.0 %") {
					t.Errorf("unknown read as none: %s", e.Fact)
				}
			}
		})
	}
}

func TestCompilerCacheLife(t *testing.T) {
	w := fleettest.New()
	sw := w.Host("intel")
	set := func(size int64) func(*fleettest.World) {
		return func(*fleettest.World) {
			sw.Caches = []fleet.Cache{cacheOf(size, 10*gb, [4]int64{10, 1240, 5, 811}, [4]int64{10, 1240, 2000, 11})}
		}
	}
	set(5 * gb)(w)
	wholeLife(t, "compiler-cache", w, fleet.HostSource("intel"), set(10*gb-2048), set(5*gb))
}
