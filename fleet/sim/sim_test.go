package sim

import (
	"context"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/rules"
)

func start(t testing.TB, o Options) *Fleet {
	t.Helper()
	f, err := Start(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return f
}

func TestDump(t *testing.T) {
	f := start(t, Options{})
	c := newConsole(t, f)
	begin := time.Now()
	s := c.look(t)
	t.Log("look", time.Since(begin))
	for _, src := range s.Sources {
		t.Log(src.ID, src.State, src.Err)
	}
	for _, w := range s.Sweeps {
		t.Log(w.Host, w.Took, len(w.Dirs), w.Unseen, w.Dropped, w.Disks, len(w.Services), w.Cleaners, w.Caches)
	}
	var sum int64
	for _, d := range s.Dirs {
		v := s.Reapable(d, false)
		b, _ := d.Bytes.Get()
		n, known := d.LiveWriters()
		p, orphan := s.Orphan(d)
		o := s.Ownership(d)
		t.Logf("%-6s %-70.70q %s %5.1fG w=%d/%v run=%d pr=%d keys=%s own=%s orphan=%v/%s reap=%v", d.Host, d.Path.Rel(), d.Path.Place().Form, float64(b)/gib, n, known, d.Run.ID, d.PR.Number, d.Keys, o.State, orphan, p.State, v.Refusals)
		if v.OK() && orphan {
			sum += b
		}
	}
	t.Log("reapable orphans GiB", float64(sum)/gib)
	var b fleet.Board
	b = b.Fold(s, rules.All())
	for _, a := range b.Alerts {
		t.Logf("%s %s %s %s %+v", a.Severity, a.State, a.Rule, a.Title, a.Summary)
	}
}

const gib = 1 << 30
