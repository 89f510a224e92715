//go:build linux

package probe

import (
	"fmt"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"andon/fleet"
)

const stats = `{"stats":{"compile_requests":620,"cache_hits":{"counts":{"Rust":2,"C/C++":1},"adv_counts":{}},"cache_misses":{"counts":{"Rust":405}}},` +
	`"cache_location":"Local disk: \"/sccache\"","cache_size":%d,"max_cache_size":%d,"version":"0.8.2"}`

func TestCacheStatistics(t *testing.T) {
	s := mustParse(t, "C\t1795447000\t"+fmt.Sprintf(stats, 4000, 4096), "C\t1795440000\t"+fmt.Sprintf(stats, 9000, 9216),
		"C\t\t"+`{"cache_location":"S3"}`)
	if len(s.Caches) != 2 || s.Dropped != 0 {
		t.Fatalf("%+v", s.Caches)
	}
	c := s.Caches[0]
	requests, hits, misses := c.Totals()
	if at, ok := c.StatsAt.Get(); c.Dir != "/sccache" || c.Bytes.Or(0) != 4000 || c.CapBytes.Or(0) != 4096 || !ok || at.Unix() != 1795447000 {
		t.Errorf("not the newest statistics: %+v", c)
	}
	if len(c.Stats) != 2 || c.Stats[1].CapBytes.Or(0) != 9216 || requests.Or(0) != 1240 || hits.Or(0) != 6 || misses.Or(0) != 810 {
		t.Errorf("%+v: %v %v %v", c.Stats, requests, hits, misses)
	}
	requests, hits, misses = s.Caches[1].Totals()
	if requests.IsKnown() || hits.IsKnown() || misses.IsKnown() || s.Caches[1].Bytes.IsKnown() || s.Caches[1].StatsAt.IsKnown() {
		t.Errorf("what was not told is known: %+v", s.Caches[1])
	}
	if bad := mustParse(t, "C\t5\t"+`{"stats":{"cache_hits":{"counts":{"Rust":-4}}}}`); bad.Caches[0].Stats[0].Hits.IsKnown() {
		t.Error("a negative count is a figure")
	}
	if u := mustParse(t, "C\t{", "C\t5\t{", "J\tu\tnot json").Unseen; len(u) != 5 || !strings.Contains(u[0], "cache") || !strings.Contains(u[2], "runner file of u") {
		t.Errorf("unseen %q", u)
	}
}

// TestOlderAnswer: the records this script answered before it told of times,
// schedules and journals are read as ever.
func TestOlderAnswer(t *testing.T) {
	s := mustParse(t, "U\tdisk-guard.timer\tactive\tenabled\t@1795440000\t", "C\t"+fmt.Sprintf(stats, 4000, 4096))
	if s.Dropped != 0 || len(s.Cleaners) != 1 || len(s.Caches) != 1 {
		t.Fatalf("%d dropped, %+v, %+v", s.Dropped, s.Cleaners, s.Caches)
	}
	if c := s.Cleaners[0]; !c.Wired || !c.Last.IsKnown() || c.Said.IsKnown() || c.Schedule != "" {
		t.Errorf("%+v", c)
	}
	if c := s.Caches[0]; c.Bytes.Or(0) != 4000 || c.StatsAt.IsKnown() || c.Stats[0].Hits.Or(0) != 3 {
		t.Errorf("%+v", c)
	}
}

// TestCachesAreAskedFor leaves statistics where jobs do, among them what must not
// be read.
func TestCachesAreAskedFor(t *testing.T) {
	needRoot(t, "a folder of statistics is mounted over the system's logs")
	logs := t.TempDir()
	dir := logs + "/ci-metrics"
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	now := time.Now().Truncate(time.Second)
	for i := range 12 {
		p := fmt.Sprintf("%s/sccache-%d.json", dir, i)
		if err := os.WriteFile(p, fmt.Appendf(nil, stats, 1000+i, 2000), 0o644); err != nil {
			t.Fatal(err)
		}
		at := now.Add(-time.Duration(i) * time.Hour)
		if err := os.Chtimes(p, at, at); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("/etc/passwd", dir+"/sccache-link.json"); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(dir+"/sccache-pipe.json", 0o644); err != nil {
		t.Fatal(err)
	}
	tr := plant(t)
	args, err := Ask{Roots: tr.host.Roots}.Args()
	if err != nil {
		t.Fatal(err)
	}
	const mount = `PATH=/usr/bin:/bin; mount --bind "$1" /var/log && shift && exec "$@"`
	for name, argv := range shells(t) {
		if name == "sh" {
			continue
		}
		t.Run(name, func(t *testing.T) {
			in := append([]string{"/usr/bin/unshare", "-m", "--propagation", "private", "/bin/sh", "-c", mount, "sh", logs}, argv...)
			s, err := Parse(tr.host, command(t, nil, in, args), time.Now(), time.Second)
			if err != nil || s.Dropped != 0 || len(s.Caches) != 1 {
				t.Fatalf("%v, %d dropped, %+v", err, s.Dropped, s.Caches)
			}
			c := s.Caches[0]
			if at, ok := c.StatsAt.Get(); len(c.Stats) != 8 || c.Bytes.Or(0) != 1000 || !ok || !at.Equal(now.UTC()) {
				t.Errorf("%d statistics, newest of %v: %+v", len(c.Stats), at, c)
			}
			if at, ok := c.Stats[7].At.Get(); !ok || !at.Equal(now.Add(-7*time.Hour).UTC()) {
				t.Errorf("the eighth is of %v", at)
			}
			for _, u := range s.Unseen {
				if strings.HasPrefix(u, "cache statistics") {
					t.Errorf("a link was read: %s", u)
				}
			}
		})
	}
}

func TestJournalLines(t *testing.T) {
	s := mustParse(t, "U\tx-clean.timer\tactive\tenabled\tn/a\t", "M\tx-clean.timer\t{ OnCalendar=Mon *-*-* 00:00:00 ; next_elapse=(null) }",
		"W\tx-clean.timer\t-- Journal begins --\n1795440002.250000 intel x[99]: removed /a\n   goes on\nbare\n1795440003.000001 intel kernel: y: z\n\n")
	said, ok := s.Cleaners[0].Said.Get()
	want := []fleet.JournalLine{{At: time.Unix(1795440002, 250000000).UTC(), Text: "removed /a"}, {At: time.Unix(1795440003, 1000).UTC(), Text: "y: z"}}
	if !ok || len(said) != 2 || said[0] != want[0] || said[1] != want[1] || s.Cleaners[0].Schedule != "Mon *-*-* 00:00:00" {
		t.Errorf("%+v, %q", said, s.Cleaners[0].Schedule)
	}
	s = mustParse(t, "X\tjournal of x-clean.timer: not readable by this login", "U\tx-clean.timer\tactive\tenabled\tn/a\t")
	if c := s.Cleaners[0]; c.Said.IsKnown() || !strings.Contains(c.Said.Why(), "not readable") {
		t.Errorf("%+v: %s", c, c.Said.Why())
	}
}

// TestJournalThatDoesNotAnswer: it is asked once a sweep, and what it would have
// said is unknown, not nothing.
func TestJournalThatDoesNotAnswer(t *testing.T) {
	needRoot(t, "a systemctl is mounted over the system's")
	dir := applets(t, lookup(t, "busybox"), "")
	tr := plant(t)
	shown := "#!/bin/busybox sh\ncase \"$*\" in *.timer*) cat <<'E'\n" +
		"Id=a-clean.timer\nActiveState=active\nUnitFileState=enabled\n\nId=b-clean.timer\nActiveState=active\nUnitFileState=enabled\nE\n;; esac\n"
	for file, text := range map[string]string{"systemctl": shown, "journalctl": "#!/bin/busybox sh\necho '1795440002.5 h x: deleted /a'\nexit 1\n"} {
		if err := os.WriteFile(dir+"/"+file, []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	s := sweepBy(t, over(dir, ""), tr, Ask{Roots: tr.host.Roots})
	if len(s.Cleaners) != 2 {
		t.Fatalf("%+v", s.Cleaners)
	}
	for _, c := range s.Cleaners {
		if c.Said.IsKnown() {
			t.Errorf("%s said %+v", c.Name, c.Said)
		}
	}
	told := 0
	for _, u := range s.Unseen {
		if strings.HasPrefix(u, "journal of ") {
			told++
		}
	}
	if told != 1 {
		t.Errorf("unseen %q", s.Unseen)
	}
}
