package sshexec

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime/pprof"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// procStat is what the tests need of /proc/PID/stat.
type procStat struct{ pid, parent, group int }

// processes lists the live processes of this machine; zombies wait for a parent
// that is none of ours and do not count.
func processes() []procStat {
	files, _ := filepath.Glob("/proc/[0-9]*/stat")
	var list []procStat
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			continue // it has ended
		}
		var p procStat
		var state string
		fmt.Sscan(string(text[bytes.LastIndexByte(text, ')')+1:]), &state, &p.parent, &p.group)
		p.pid, _ = strconv.Atoi(filepath.Base(filepath.Dir(f)))
		if state != "Z" {
			list = append(list, p)
		}
	}
	return list
}

// members lists the live processes of a process group.
func members(group int) []int {
	var list []int
	for _, p := range processes() {
		if p.group == group {
			list = append(list, p.pid)
		}
	}
	return list
}

// descendants lists the live processes below pid, deepest last.
func descendants(pid int) []int {
	children := make(map[int][]int)
	for _, p := range processes() {
		children[p.parent] = append(children[p.parent], p.pid)
	}
	var list []int
	for queue := slices.Clone(children[pid]); len(queue) > 0; queue = queue[1:] {
		list = append(list, queue[0])
		queue = append(queue, children[queue[0]]...)
	}
	return list
}

// noLeaks fails if goroutines of this test are left when it and its pool are
// through. It is called before the pool is made: goroutines inherit the label.
func noLeaks(t testing.TB) {
	t.Helper()
	pprof.SetGoroutineLabels(pprof.WithLabels(t.Context(), pprof.Labels("leaktest", t.Name())))
	label := fmt.Sprintf("%q:%q", "leaktest", t.Name())
	t.Cleanup(func() {
		left := func() string {
			var profile, mine strings.Builder
			pprof.Lookup("goroutine").WriteTo(&profile, 1)
			for g := range strings.SplitSeq(profile.String(), "\n\n") {
				if strings.Contains(g, label) && !strings.Contains(g, "testing.tRunner") && !strings.Contains(g, "runtime/pprof") {
					mine.WriteString(g + "\n\n")
				}
			}
			return mine.String()
		}
		for range 500 {
			if left() == "" {
				return
			}
			time.Sleep(10 * time.Millisecond)
		}
		t.Errorf("goroutines left:\n%s", left())
	})
}
