//go:build linux

package probe

import (
	"slices"
	"strconv"
	"testing"
	"time"

	"andon/fleet"
)

var now = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// looked is a dir as a sweep saw it; measured zero is never.
func looked(t *testing.T, rel string, changed, measured time.Duration, writers int) fleet.RunDir {
	t.Helper()
	p, err := testHost.Roots[0].Parse(rel)
	if err != nil {
		t.Fatal(err)
	}
	d := fleet.RunDir{Host: "intel", Path: p, Dev: 1, Inode: uint64(len(rel)), ModTime: now.Add(-changed), ChangeTime: now.Add(-changed),
		Writers: fleet.Known(make([]fleet.Writer, writers), now)}
	if measured > 0 {
		at := now.Add(-measured)
		d.Bytes, d.Files = fleet.Known[int64](5, at), fleet.Known[int64](1, at)
		d.Foreign, d.Newest = fleet.Known(fleet.Foreign{}, at), fleet.Known(at, at)
	}
	return d
}

func rels(asks []DeepAsk) []string {
	out := make([]string, len(asks))
	for i, a := range asks {
		out[i] = a.Rel
	}
	return out
}

func TestNextDeep(t *testing.T) {
	day := 24 * time.Hour
	link := looked(t, "a-ci/1/run-90", day, 0, 0)
	link.Symlink = true
	dirs := []fleet.RunDir{
		looked(t, "a-ci/1/run-1", day, time.Minute, 0),           // quiet and fresh: not now
		looked(t, "a-ci/1/run-2", day, 3*time.Hour, 0),           // aged
		looked(t, "a-ci/1/run-3", day, 2*time.Hour, 0),           // aged, but less
		looked(t, "a-ci/1/run-4", 30*time.Second, time.Hour, 0),  // changed since
		looked(t, "a-ci/1/run-5", day, 0, 0),                     // never measured
		looked(t, "a-ci/1/run-6", day, 10*time.Minute, 2),        // written to
		looked(t, "a-ci/1/run-7", day, 10*time.Minute, 0),        // its run is in progress
		looked(t, "a-ci/1/run-8", day, time.Minute, 2),           // written to, measured just now
		looked(t, "a-ci/1/run-9", day, 5*time.Minute, 0),         // on screen
		looked(t, "a-ci/1/run-10", day, 10*time.Second, 0),       // on screen, measured just now
		looked(t, "a-ci/1/run-11", day, 20*time.Minute, 0), link, // quiet
	}
	snap := fleet.Join(fleet.Reads{
		At: now, Hosts: []fleet.Host{testHost}, Repos: []fleet.Repo{"o/a"},
		Sweeps: []fleet.Sweep{{Host: "intel", At: now, Dirs: dirs}},
		Runs:   []fleet.WorkflowRun{{Repo: "o/a", ID: 7, Status: fleet.StatusInProgress}, {Repo: "o/a", ID: 2, Status: fleet.StatusCompleted}},
	})
	screen := []fleet.DirID{{Host: "intel", Path: "/mnt/raid/targets/a-ci/1/run-9"}, {Host: "intel", Path: "/mnt/raid/targets/a-ci/1/run-10"}}
	want := []string{"a-ci/1/run-9", "a-ci/1/run-6", "a-ci/1/run-7", "a-ci/1/run-5", "a-ci/1/run-4", "a-ci/1/run-2", "a-ci/1/run-3"}
	got := NextDeep(snap, "intel", screen, 100)
	if !slices.Equal(rels(got), want) {
		t.Errorf("got  %q\nwant %q", rels(got), want)
	}
	if got[0].UID != 1000 || got[0].Root != "/mnt/raid/targets" {
		t.Errorf("asks %+v", got[0])
	}
	if got := NextDeep(snap, "intel", screen, 2); !slices.Equal(rels(got), want[:2]) {
		t.Errorf("at most 2: %q", rels(got))
	}
	if got := NextDeep(nil, "intel", nil, 5); got != nil {
		t.Errorf("without a snapshot: %v", got)
	}
	if got := NextDeep(snap, "yoga", nil, 5); len(got) != 0 {
		t.Errorf("another host: %v", got)
	}
}

func TestCarryDeep(t *testing.T) {
	was := looked(t, "a-ci/1/run-1", time.Hour, time.Hour, 0)
	again := was
	again.Inode = 99
	measured := looked(t, "a-ci/1/run-1", time.Hour, time.Second, 0)
	bare := func(d fleet.RunDir, why string) fleet.RunDir {
		d.Bytes, d.Files = fleet.Unknown[int64](why), fleet.Unknown[int64](why)
		d.Foreign, d.Newest = fleet.Unknown[fleet.Foreign](why), fleet.Unknown[time.Time](why)
		return d
	}
	for name, tc := range map[string]struct {
		fresh fleet.RunDir
		want  time.Time // of the figures; zero: unknown
	}{
		"not measured again":       {bare(was, "x"), was.Bytes.At()},
		"measured again":           {measured, measured.Bytes.At()},
		"made again, not the same": {bare(again, "x"), time.Time{}},
	} {
		fresh := fleet.Sweep{Host: "intel", Dirs: []fleet.RunDir{tc.fresh}}
		got := CarryDeep(fleet.Sweep{Host: "intel", Dirs: []fleet.RunDir{was}}, fresh)
		d := got.Dirs[0]
		if !d.Bytes.At().Equal(tc.want) || !d.Newest.At().Equal(tc.want) || d.Bytes.IsKnown() == tc.want.IsZero() {
			t.Errorf("%s: figures of %v, want %v", name, d.Bytes.At(), tc.want)
		}
		if fresh.Dirs[0].Bytes.IsKnown() != tc.fresh.Bytes.IsKnown() {
			t.Errorf("%s: the argument was changed", name)
		}
	}
	if got := CarryDeep(fleet.Sweep{Host: "yoga", Dirs: []fleet.RunDir{was}}, fleet.Sweep{Host: "intel", Dirs: []fleet.RunDir{bare(was, "x")}}); got.Dirs[0].Bytes.IsKnown() {
		t.Error("figures of another host were carried over")
	}
}

func BenchmarkNextDeep(b *testing.B) {
	r := fleet.Reads{At: now, Hosts: []fleet.Host{testHost}, Sweeps: []fleet.Sweep{{Host: "intel", At: now}}}
	for i := range 2000 {
		p, err := testHost.Roots[0].Parse("a-ci/1/run-" + strconv.Itoa(i+1))
		if err != nil {
			b.Fatal(err)
		}
		r.Sweeps[0].Dirs = append(r.Sweeps[0].Dirs, fleet.RunDir{Host: "intel", Path: p})
	}
	snap := fleet.Join(r)
	b.ReportAllocs()
	for b.Loop() {
		NextDeep(snap, "intel", nil, 20)
	}
}
