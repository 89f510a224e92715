package sim

import (
	"context"
	"os"
	"runtime"
	"testing"
	"time"

	"andon/sshexec"
)

// TestNothingStaysBehind: after Close there are no more goroutines or descriptors
// than before Start, whatever was asked in between.
func TestNothingStaysBehind(t *testing.T) {
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	func() {
		f, err := Start(context.Background(), Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() {
			if err := f.Close(); err != nil {
				t.Error(err)
			}
		}()
		h := f.Hosts()[0]
		pool := sshexec.NewPool(f.SSH())
		defer pool.Close(context.Background())
		c := &console{f: f, pool: pool, script: newConsole(t, f).script}
		for range 20 {
			c.ask(t, h, nil, 0)
		}
		if _, err := c.sweep(t.Context(), h, nil); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := c.sweep(ctx, h, nil); err == nil {
			t.Error("a cancelled sweep answered")
		}
		if err := f.Break(h.Name, SilentCommand); err != nil {
			t.Fatal(err)
		}
		short, stop := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer stop()
		if _, err := c.sweep(short, h, nil); err == nil {
			t.Error("a silent host answered")
		}
	}()
	deadline := time.Now().Add(5 * time.Second)
	for runtime.NumGoroutine() > goroutines+2 || descriptors(t) > files+2 {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<20)
			t.Fatalf("%d goroutines and %d descriptors before, %d and %d after\n%s", goroutines, files,
				runtime.NumGoroutine(), descriptors(t), buf[:runtime.Stack(buf, true)])
		}
		runtime.Gosched()
	}
}

// descriptors counts this process's open files, where the system lists them.
func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Logf("descriptors are not counted here: %v", err)
		return 0
	}
	return len(list)
}
