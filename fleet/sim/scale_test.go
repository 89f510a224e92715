package sim

import (
	"runtime"
	"sync"
	"testing"
	"time"

	"andon/fleet"
)

// TestManyHosts starts the load fleet and sweeps all of it at once, the way the
// console would.
func TestManyHosts(t *testing.T) {
	t.Parallel()
	const hosts, dirs = 40, 50
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	begin := time.Now()
	f := start(t, Options{Hosts: hosts, Dirs: dirs, PRs: 300})
	up := time.Since(begin)
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("%d hosts x %d dirs: up in %v, %d KiB", hosts, dirs, up, (after.HeapAlloc-before.HeapAlloc)>>10)
	c := newConsole(t, f)
	begin = time.Now()
	var wg sync.WaitGroup
	var mu sync.Mutex
	dirsSeen, failed := 0, 0
	slots := make(chan struct{}, 16)
	for _, h := range f.Hosts() {
		wg.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			s, err := c.sweep(t.Context(), h, nil)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				if h.Name != "mac-mini" {
					t.Errorf("%v", err)
				}
				failed++
			}
			dirsSeen += len(s.Dirs)
		})
	}
	wg.Wait()
	t.Logf("swept in %v", time.Since(begin))
	if want := (hosts - 4) * dirs; failed != 1 || dirsSeen < want {
		t.Errorf("%d dirs seen, want at least %d; %d hosts failed, want mac-mini alone", dirsSeen, want, failed)
	}
}

// TestEqualSeedsGiveEqualFleets compares what two fleets remember.
func TestEqualSeedsGiveEqualFleets(t *testing.T) {
	k := newClock()
	a, b := start(t, Options{Seed: 7, Now: k.Now}), start(t, Options{Seed: 7, Now: k.Now})
	other := start(t, Options{Seed: 8, Now: k.Now})
	x, y, z := a.Samples(), b.Samples(), other.Samples()
	if len(x) < 60 || !equal(x, y) {
		t.Errorf("equal seeds: %d and %d samples differ", len(x), len(y))
	}
	if equal(x, z) {
		t.Error("another seed gives the same fleet")
	}
}

func equal(a, b []fleet.Sample) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if a[i] != b[i] {
			return false
		}
	}
	return true
}

// BenchmarkSweep16Hosts is one light look at sixteen hosts at once, over warm
// connections.
func BenchmarkSweep16Hosts(b *testing.B) {
	f := start(b, Options{Hosts: 17, Dirs: 50})
	c := newConsole(b, f)
	round := func() {
		var wg sync.WaitGroup
		for _, h := range f.Hosts() {
			if h.Name == "mac-mini" {
				continue
			}
			wg.Go(func() {
				if _, err := c.sweep(b.Context(), h, nil); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
	}
	round()
	for b.Loop() {
		round()
	}
}

// BenchmarkStart is how long a demo takes before its first answer is possible.
func BenchmarkStart(b *testing.B) {
	for b.Loop() {
		f, err := Start(b.Context(), Options{})
		if err != nil {
			b.Fatal(err)
		}
		if err := f.Close(); err != nil {
			b.Fatal(err)
		}
	}
}
