package kit

import (
	"math"
	"testing"
	"time"
)

func TestBytes(t *testing.T) {
	for n, want := range map[int64]Safe{
		-1: "?", 0: "0 B", 1023: "1023 B", 1024: "1.0 KiB", 3328599654: "3.1 GiB", 339 << 30: "339 GiB",
		1023 << 20: "1.0 GiB", 1 << 40: "1.0 TiB", math.MaxInt64: "8.0 EiB", 102349 << 10: "100 MiB",
	} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestAge(t *testing.T) {
	for d, want := range map[time.Duration]Safe{
		-time.Second: "?", 0: "0s", 59*time.Second + 999*time.Millisecond: "59s", time.Minute: "1m", 59 * time.Minute: "59m",
		time.Hour: "1h00", 110 * time.Minute: "1h50", 2 * time.Hour: "2h", 47 * time.Hour: "47h", 48 * time.Hour: "2d", 41 * 24 * time.Hour: "41d",
	} {
		if got := Age(d); got != want {
			t.Errorf("Age(%v) = %q, want %q", d, got, want)
		}
	}
}

func TestCount(t *testing.T) {
	for n, want := range map[int64]Safe{0: "0", 999: "999", 1000: "1,000", 18402: "18,402", 1002003: "1,002,003", -18402: "-18,402", math.MinInt64: "-9,223,372,036,854,775,808"} {
		if got := Count(n); got != want {
			t.Errorf("Count(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestShares(t *testing.T) {
	for _, c := range []struct {
		share Share
		want  Safe
	}{
		{Share{}, "?"}, {ShareOf(1, 0), "?"}, {ShareOf(-1, 5), "?"}, {Fraction(math.NaN()), "?"},
		{ShareOf(0, 5), "0 %"}, {ShareOf(999, 1000), "99 %"}, {ShareOf(29, 100), "29 %"}, {ShareOf(7, 5), "100 %"}, {Fraction(-3), "0 %"}, {Fraction(math.Inf(1)), "100 %"},
	} {
		if got := Percent(c.share); got != c.want {
			t.Errorf("%+v is %q, want %q", c.share, got, c.want)
		}
		if _, known := c.share.Known(); known != (c.want != "?") {
			t.Errorf("%+v: known is %v", c.share, known)
		}
	}
}

func TestETA(t *testing.T) {
	for name, c := range map[string]struct {
		p     Progress
		want  time.Duration
		known bool
	}{
		"half":        {Progress{Done: 5, Total: 10, Elapsed: time.Minute}, time.Minute, true},
		"nothing yet": {Progress{Total: 10, Elapsed: time.Minute}, 0, false},
		"no total":    {Progress{Done: 5, Elapsed: time.Minute}, 0, false},
		"paused":      {Progress{Done: 5, Total: 10, Elapsed: time.Minute, Paused: true}, 0, false},
		"all":         {Progress{Done: 10, Total: 10, Elapsed: time.Minute}, 0, true},
		"never":       {Progress{Done: 1, Total: math.MaxInt64, Elapsed: time.Hour}, 0, false},
	} {
		if got, known := c.p.ETA(); got != c.want || known != c.known {
			t.Errorf("%s: %v %v, want %v %v", name, got, known, c.want, c.known)
		}
	}
}
