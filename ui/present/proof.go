package present

import (
	"strings"
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
)

// HostHead says what a host is: system, uptime, load, privilege.
func HostHead(s Scene, name fleet.HostName, look kit.Look) kit.Line {
	h, ok := s.HostOf(name)
	if !ok {
		return kit.Line{kit.In(themes.Stale, " not configured any more")}
	}
	line := kit.Words(" ")
	sw, ok := s.SweepOf(name)
	if !ok {
		return line.Then(kit.In(themes.Stale, look.Glyph(kit.SignUnknown)+" "), kit.In(themes.Text, "never seen: "+causeWords(s.SourceOf(fleet.HostSource(name)))))
	}
	f := sw.Facts
	line = line.Then(kit.In(themes.Text, kit.Clean(f.OS+" "+f.Kernel+" "+f.Arch)))
	if up, ok := f.Uptime.Get(); ok {
		line = line.Then(look.Dot(), kit.In(themes.Dim, "up "+kit.Age(up)))
	}
	cpus, load := kit.Safe("?"), kit.Safe("?")
	if n, ok := f.CPUs.Get(); ok {
		cpus = kit.Number(int64(n))
	}
	if l, ok := f.Load1.Get(); ok {
		load = oneDecimal(l)
	}
	line = line.Then(look.Dot(), kit.In(themes.Dim, cpus+" cpus, load "), kit.In(themes.Text, load))
	if h.Privilege == fleet.PrivilegeNone {
		line = line.Then(look.Dot(), kit.In(themes.Warn, "no sudo: look only"))
	}
	if s.hostStale(name) {
		line = line.Then(look.Dot(), kit.In(themes.Stale, look.Glyph(kit.SignStale)+" last seen "+s.ago(sw.At)+": "+causeWords(s.SourceOf(fleet.HostSource(name)))))
	}
	return line
}

func oneDecimal(f float64) kit.Safe {
	n := int64(f*10 + 0.5)
	return kit.Number(n/10) + "." + kit.Number(n%10)
}

// DiskLines are a host's filesystems: bytes, inodes and the trend.
func DiskLines(s Scene, name fleet.HostName, look kit.Look, w int) []kit.Line {
	sw, ok := s.SweepOf(name)
	if !ok {
		return []kit.Line{{kit.In(themes.Dim, "never read")}}
	}
	var out []kit.Line
	seen := make(map[string]bool)
	for _, d := range sw.Disks {
		if seen[d.Device] {
			continue
		}
		seen[d.Device] = true
		out = append(out, diskLine(d, look, w), inodeLine(d, look, w))
		points := s.Trends[fleet.OfDisk(name, d.Root)]
		if len(points) > 1 {
			out = append(out, trendLine(points, look, w))
		}
	}
	return out
}

const diskLabel = 10

func diskBar(w int) int { return max(w-diskLabel-34, 8) }

func diskLine(d fleet.Disk, look kit.Look, w int) kit.Line {
	used := usedShare(d)
	line := kit.Line{kit.In(themes.Dim, kit.PadRight("bytes", diskLabel, ""))}
	line = line.Then(look.Bar(diskBar(w), used, kit.DiskLimits())...)
	return line.Then(kit.In(kit.DiskLimits().Role(used), kit.PadLeft(kit.Percent(used), 6, "")),
		kit.In(themes.Text, kit.PadLeft(kit.Bytes(d.FreeBytes), 10, "")), kit.In(themes.Dim, " free of "+kit.Bytes(d.TotalBytes)))
}

func inodeLine(d fleet.Disk, look kit.Look, w int) kit.Line {
	share := kit.Share{}
	if p, ok := d.InodesPercent(); ok {
		share = kit.Fraction(float64(p) / 100)
	}
	line := kit.Line{kit.In(themes.Dim, kit.PadRight("inodes", diskLabel, ""))}
	line = line.Then(look.Bar(diskBar(w), share, kit.DiskLimits())...)
	line = line.Then(kit.In(kit.DiskLimits().Role(share), kit.PadLeft(kit.Percent(share), 6, "")))
	if n, ok := d.FreeInodes.Get(); ok {
		return line.Then(kit.In(themes.Text, kit.PadLeft(kit.Count(n), 13, "")), kit.In(themes.Dim, " free"))
	}
	return line
}

func trendLine(points []ui.Point, look kit.Look, w int) kit.Line {
	data, scale := samples(points)
	g := GrowthOf(points)
	span := points[len(points)-1].At.Sub(points[0].At)
	line := kit.Line{kit.In(themes.Dim, kit.PadRight("last "+kit.Age(span), diskLabel, ""))}
	line = line.Then(look.Spark(diskBar(w), data, scale, themes.Info)...)
	says := "  " + g.Text()
	if g.FullIn > 0 {
		says += ", full in " + kit.Age(g.FullIn)
	}
	return line.Then(kit.In(themes.Text, says))
}

// CleanerLines are what else deletes on a host: a cleaner that is not wired, or
// never ran, is as telling as one that did.
func CleanerLines(s Scene, name fleet.HostName, look kit.Look) []kit.Line {
	sw, ok := s.SweepOf(name)
	if !ok {
		return nil
	}
	var out []kit.Line
	for _, c := range sw.Cleaners {
		sign, word := kit.SignOK, kit.Safe("wired")
		if !c.Wired {
			sign, word = kit.SignWarn, "NOT wired"
		}
		last := kit.Safe("last run unknown")
		if t, ok := c.Last.Get(); ok {
			last = "last run " + s.ago(t)
		}
		out = append(out, kit.Line{kit.In(sign.Role(), look.Glyph(sign)+" "), kit.In(themes.Text, kit.PadRight(kit.Clean(c.Name), 30, look.Ellipsis())+" "),
			kit.In(themes.Dim, kit.PadRight(kit.Clean(c.Kind), 6, "")+" "), kit.In(sign.Role(), kit.PadRight(word, 10, "")), kit.In(themes.Dim, last)})
	}
	for _, c := range sw.Caches {
		out = append(out, cacheLine(c, look))
	}
	return out
}

func cacheLine(c fleet.Cache, look kit.Look) kit.Line {
	size, most := c.Bytes.Or(-1), c.CapBytes.Or(-1)
	line := kit.Line{kit.In(themes.Info, look.Glyph(kit.SignInfo)+" "), kit.In(themes.Text, kit.PadRight(kit.Clean(c.Dir), 30, look.Ellipsis())+" "), kit.In(themes.Dim, "cache  "), kit.In(themes.Text, kit.Bytes(size)+" of "+kit.Bytes(most))}
	if size >= 0 && most > 0 && size >= most-most/50 {
		line = line.Then(kit.In(themes.Warn, "  at its cap: it evicts"))
	}
	return line
}

// TrashLines are the reaped dirs that still lie on a host.
func TrashLines(s Scene, name fleet.HostName, look kit.Look) []kit.Line {
	sw, ok := s.SweepOf(name)
	if !ok {
		return nil
	}
	var out []kit.Line
	for _, t := range sw.Trash {
		what := t.Rel
		if what == "" {
			what = t.Name
		}
		left := s.Policy.UndoFor - sw.Facts.Clock.Sub(t.Since) - s.Now.Sub(sw.At)
		says := "undo is over, P purges"
		if left > 0 {
			says = "z puts it back, for " + string(Clock(left)) + " more"
		}
		out = append(out, kit.Line{kit.In(themes.Idle, look.Glyph(kit.SignIdle)+" "), kit.In(themes.Text, kit.Clean(what)+"  "), kit.In(themes.Dim, kit.Clean(says))})
	}
	return out
}

// ProofLines say in w cells how good the last look at a host was, what it could
// not see, and what to do about that.
func ProofLines(s Scene, name fleet.HostName, look kit.Look, w int) []kit.Line {
	src := s.SourceOf(fleet.HostSource(name))
	sw, ok := s.SweepOf(name)
	if !ok {
		return silence(s, src, w)
	}
	line := kit.Line{kit.In(themes.Text, "sweep "+s.ago(sw.At)), kit.In(themes.Dim, ", took "+kit.Number(sw.Took.Milliseconds())+" ms, "+plural(len(sw.Dirs), "dir"))}
	skew, role := sw.Skew(), themes.OK
	if skew.Abs() > 5*time.Second {
		role = themes.Warn
	}
	line = line.Then(look.Dot(), kit.In(role, "clock "+signed(skew)))
	if v, ok := sw.Facts.Helper.Get(); ok {
		line = line.Then(look.Dot(), kit.In(themes.OK, "andon-host "+kit.Clean(strings.TrimPrefix(v, "andon-host "))))
	} else {
		line = line.Then(look.Dot(), kit.In(themes.Dim, "andon-host is sent along"))
	}
	out := []kit.Line{line}
	for _, u := range sw.Unseen {
		out = append(out, kit.Line{kit.In(themes.Stale, look.Glyph(kit.SignUnknown)+" "), kit.In(themes.Text, "not seen: "+kit.Clean(u))})
	}
	if sw.Dropped > 0 {
		out = append(out, kit.Line{kit.In(themes.Warn, look.Glyph(kit.SignWarn)+" "), kit.In(themes.Text, kit.Count(int64(sw.Dropped))+" records were not understood and are not shown")})
	}
	return append(out, silence(s, src, w)...)
}

// silence is why a source gives no current answer, what the operator can do, and
// when it is asked again; nothing where it answers.
func silence(s Scene, src fleet.Source, w int) []kit.Line {
	var out []kit.Line
	if src.Err != "" {
		out = append(out, wrapped(kit.Clean(src.Err), w, themes.Stale, "says   ")...)
	}
	if src.Remedy != "" {
		out = append(out, wrapped(kit.Clean(src.Remedy), w, themes.Text, "next   ")...)
	}
	if wait := src.NextAt.Sub(s.Now); wait > 0 && !src.Fresh(s.Now) {
		out = append(out, wrapped("in "+kit.Age(wait)+", or at once with r", w, themes.Dim, "again  ")...)
	}
	return out
}

func signed(d time.Duration) kit.Safe {
	n := d.Milliseconds()
	sign := kit.Safe("+")
	if n < 0 {
		sign, n = "-", -n
	}
	if n < 10_000 {
		return sign + oneDecimal(float64(n)/1000) + " s"
	}
	return sign + kit.Age(d.Abs())
}
