package answer

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"andon/fleet"
)

// processes writes who uses the dirs. Where the sweep could not look at all
// processes its Unseen says so already.
func (w *writer) processes(h fleet.Host, s fleet.Sweep) {
	for i, d := range s.Disks {
		w.rec("O", fmt.Sprintf("%s %s %s rw", device(i), "/", escape(d.MountPoint)))
	}
	told := make(map[int]bool)
	for k := range s.Dirs {
		d := &s.Dirs[k]
		list, known := d.Writers.Get()
		if !known {
			continue
		}
		for _, p := range list {
			w.link(s, d, p)
			if told[p.PID] {
				continue
			}
			told[p.PID] = true
			start := ""
			if !p.Started.IsZero() {
				start = strconv.FormatInt((p.Started.Unix()-btime)*100+int64(p.Started.Nanosecond()/10_000_000), 10)
			}
			w.rec("G", strconv.Itoa(p.PID), strconv.FormatUint(uint64(p.UID), 10), start, p.Cgroup, p.Command)
		}
	}
}

// device numbers the filesystem of a sweep's nth disk.
func device(n int) string { return "259:" + strconv.Itoa(n+1) }

func (w *writer) link(s fleet.Sweep, d *fleet.RunDir, p fleet.Writer) {
	pid, path := strconv.Itoa(p.PID), d.Path.String()
	if p.Via != fleet.ViaMount {
		w.rec("L", pid, string(p.Via), path)
		return
	}
	for i, x := range s.Disks {
		if x.Root != d.Path.Root() {
			continue
		}
		inside := "/" + strings.TrimPrefix(strings.TrimPrefix(path, strings.TrimSuffix(x.MountPoint, "/")), "/")
		w.rec("N", pid, fmt.Sprintf("%s %s /workspace/target rw", device(i), escape(inside)))
		return
	}
}

// escape writes a path as mountinfo does.
func escape(s string) string {
	return strings.NewReplacer(" ", `\040`, "\t", `\011`, "\n", `\012`, `\`, `\134`).Replace(s)
}

// services writes the runners' units, their hooks and the timers that clean. A hook
// is a cleaner by being named by a runner.
func (w *writer) services(s fleet.Sweep) {
	for _, u := range s.Services {
		w.rec("U", u.Unit, u.State, "enabled", "", u.Dir)
		w.rec("J", u.Unit, "\ufeff"+agent(u.Runner))
		if u.Hook != "" {
			w.rec("V", u.Unit, u.Hook)
		}
	}
	for _, c := range s.Cleaners {
		if c.Kind != "timer" {
			continue
		}
		file, last := "disabled", "n/a"
		if c.Wired {
			file = "enabled"
		}
		if at, ok := c.Last.Get(); ok {
			last = "@" + strconv.FormatInt(at.Unix(), 10)
		}
		w.rec("U", c.Name, "active", file, last, "")
		if c.Schedule != "" {
			w.rec("M", c.Name, "{ OnCalendar="+c.Schedule+" ; next_elapse=(null) }")
		}
		if lines, ok := c.Said.Get(); ok {
			w.rec("W", c.Name, journal(s.Facts.Hostname, lines))
		}
	}
}

func agent(name string) string {
	b, err := json.Marshal(map[string]string{"agentName": name})
	if err != nil { // cannot happen: the map is plain data
		return "{}"
	}
	return string(b)
}

func journal(host string, lines []fleet.JournalLine) string {
	var b strings.Builder
	for _, l := range lines {
		fmt.Fprintf(&b, "%d.%06d %s guard[901]: %s\n", l.At.Unix(), l.At.Nanosecond()/1000, host, l.Text)
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// caches writes one record for each job's statistics, newest first as they are kept.
func (w *writer) caches(list []fleet.Cache) {
	for _, c := range list {
		for i, st := range c.Stats {
			used := c.Bytes
			if i > 0 {
				used = fleet.Fact[int64]{} // only the newest tells of now
			}
			at := ""
			if t, ok := st.At.Get(); ok {
				at = strconv.FormatInt(t.Unix(), 10)
			}
			w.rec("C", at, stats(c.Dir, used, st))
		}
	}
}

func stats(dir string, used fleet.Fact[int64], st fleet.CacheStats) string {
	inner := map[string]any{}
	if n, ok := st.Requests.Get(); ok {
		inner["compile_requests"] = n
	}
	if n, ok := st.Hits.Get(); ok {
		inner["cache_hits"] = map[string]any{"counts": map[string]int64{"Rust": n}}
	}
	if n, ok := st.Misses.Get(); ok {
		inner["cache_misses"] = map[string]any{"counts": map[string]int64{"Rust": n}}
	}
	all := map[string]any{"cache_location": fmt.Sprintf("Local disk: %q", dir), "stats": inner}
	if n, ok := used.Get(); ok {
		all["cache_size"] = n
	}
	if n, ok := st.CapBytes.Get(); ok {
		all["max_cache_size"] = n
	}
	b, err := json.Marshal(all)
	if err != nil { // cannot happen: the map is plain data
		return "{}"
	}
	return string(b)
}
