package fleet

import (
	"strconv"
	"strings"
)

// Disk is the filesystem a root lies on, as df shows it for the root itself (a
// root's name says nothing about its device).
type Disk struct {
	Root        string      `json:"root"`
	Device      string      `json:"device"`
	MountPoint  string      `json:"mount_point"`
	TotalBytes  int64       `json:"total_bytes"`
	FreeBytes   int64       `json:"free_bytes"` // available to the build user, not to root
	TotalInodes Fact[int64] `json:"total_inodes"`
	FreeInodes  Fact[int64] `json:"free_inodes"`
}

// UsedPercent returns the share of bytes that is not available, 0..100, as df's
// Use% counts it but rounded up.
func (d Disk) UsedPercent() int { return percentUsed(d.TotalBytes, d.FreeBytes) }

// InodesPercent returns the share of inodes in use, where known (btrfs and
// others answer 0 inodes: that is unknown, not full).
func (d Disk) InodesPercent() (int, bool) {
	t, ok1 := d.TotalInodes.Get()
	f, ok2 := d.FreeInodes.Get()
	if !ok1 || !ok2 || t <= 0 {
		return 0, false
	}
	return percentUsed(t, f), true
}

func percentUsed(total, free int64) int {
	if total <= 0 {
		return 0
	}
	used := total - free
	if used < 0 {
		used = 0
	}
	return int((float64(used)*100 + float64(total) - 1) / float64(total))
}

// UnescapeMount undoes the kernel's \ooo escapes in mountinfo (space, tab,
// newline, backslash and #; proc_pid_mountinfo(5)).
func UnescapeMount(s string) string {
	if !strings.Contains(s, `\`) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+3 < len(s) {
			if n, err := strconv.ParseUint(s[i+1:i+4], 8, 8); err == nil {
				b.WriteByte(byte(n))
				i += 3
				continue
			}
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
