//go:build linux

package main

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/fleet/config"
	"andon/fleet/notify"
)

func ringNotice(reason notify.Reason, standing bool) notify.Notice {
	a := fleet.Alert{Finding: fleet.Finding{Rule: "r", Key: "k", Severity: fleet.SeverityStop, Summary: evil, Subjects: []fleet.Subject{fleet.OfHost("intel")}}, Title: "t", State: fleet.AlertFiring}
	return notify.Notice{Rule: "r", Hosts: []fleet.HostName{"intel"}, Reason: reason, At: time.Now(), Items: []notify.Item{{Alert: a, Standing: standing, New: true}}}
}

// TestRingBytes: exactly these bytes go to a terminal, and of the text in them
// none that a terminal obeys.
func TestRingBytes(t *testing.T) {
	const text = "STOP t on intel: x␛]52;c;ZXZpbA==␇<U+009B>2J␡<U+202E>␍"
	for _, tc := range []struct {
		name string
		r    ring
		n    notify.Notice
		want string
	}{
		{"bell", ring{bell: true}, ringNotice(notify.ReasonRaised, true), "\a"},
		{"bell again", ring{bell: true}, ringNotice(notify.ReasonRepeat, true), "\a"},
		{"no bell for an end", ring{bell: true}, ringNotice(notify.ReasonResolved, false), ""},
		{"osc9", ring{bell: true, desktop: config.DesktopOSC9}, ringNotice(notify.ReasonRaised, true), "\a\x1b]9;andon: " + text + "\x1b\\"},
		{"osc777", ring{desktop: config.DesktopOSC777}, ringNotice(notify.ReasonRaised, true), "\x1b]777;notify;andon;" + text + "\x1b\\"},
		{"an end", ring{desktop: config.DesktopOSC9}, ringNotice(notify.ReasonResolved, false), "\x1b]9;andon: RESOLVED" + strings.TrimPrefix(text, "STOP") + "\x1b\\"},
		{"tmux", ring{desktop: config.DesktopOSC9, tmux: true}, ringNotice(notify.ReasonRaised, true), "\x1bPtmux;\x1b\x1b]9;andon: " + text + "\x1b\x1b\\\x1b\\"},
	} {
		var b bytes.Buffer
		tc.r.out, tc.r.letters = &b, notify.Letterhead{Clean: plain}
		if err := tc.r.Send(t.Context(), tc.n); err != nil || b.String() != tc.want {
			t.Errorf("%s: %v\ngot  %q\nwant %q", tc.name, err, b.String(), tc.want)
		}
	}
	long := ringNotice(notify.ReasonRaised, true)
	long.Items[0].Alert.Summary = strings.Repeat("ж", 5000)
	var b bytes.Buffer
	r := ring{out: &b, desktop: config.DesktopOSC9, letters: notify.Letterhead{Clean: plain}}
	if err := r.Send(t.Context(), long); err != nil || b.Len() > 2*ringWidth+20 {
		t.Errorf("%d bytes %v", b.Len(), err)
	}
}

// TestRingOnlyWhereItMayBeHeard: a pipe and a dumb terminal are never rung, and
// within tmux desktop notices go out only where that was asked for.
func TestRingOnlyWhereItMayBeHeard(t *testing.T) {
	m := openTerminal(t, 80, 24)
	f, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	osc := config.Notify{Desktop: config.DesktopOSC9}
	both := config.Notify{Desktop: config.DesktopOSC777, Bell: true}
	through := both
	through.TmuxPassthrough = true
	for _, tc := range []struct {
		name    string
		out     *os.File
		term    string
		tmux    string
		c       config.Notify
		wanted  bool
		desktop string
		note    bool
	}{
		{"terminal", m.slave, "xterm", "", both, true, config.DesktopOSC777, false},
		{"nothing wanted", m.slave, "xterm", "", config.Notify{Desktop: config.DesktopOff}, false, config.DesktopOff, false},
		{"pipe", f, "xterm", "", both, false, config.DesktopOSC777, false},
		{"dumb", m.slave, "dumb", "", both, false, config.DesktopOSC777, false},
		{"no TERM", m.slave, "", "", both, false, config.DesktopOSC777, false},
		{"tmux, not asked for", m.slave, "tmux-256color", "/tmp/x,1,0", both, true, config.DesktopOff, true},
		{"tmux, nothing else", m.slave, "tmux-256color", "/tmp/x,1,0", osc, false, config.DesktopOff, true},
		{"tmux, asked for", m.slave, "tmux-256color", "/tmp/x,1,0", through, true, config.DesktopOSC777, false},
	} {
		in := invocation{stdio: stdio{in: m.slave, out: tc.out, err: f, getenv: func(k string) string { return map[string]string{"TERM": tc.term, "TMUX": tc.tmux}[k] }}}
		r, note, wanted := in.ringOf(tc.c, notify.Letterhead{})
		if wanted != tc.wanted || r.desktop != tc.desktop || (note != "") != tc.note || r.tmux != (tc.name == "tmux, asked for") {
			t.Errorf("%s: wanted %v, desktop %s, tmux %v, note %q", tc.name, wanted, r.desktop, r.tmux, note)
		}
	}
}

// TestOneFileRings: no other file of the program writes a notice to a terminal.
func TestOneFileRings(t *testing.T) {
	root := filepath.Join("..", "..")
	files := 0
	err := filepath.WalkDir(root, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() || !strings.HasSuffix(p, ".go") || strings.HasSuffix(p, "_test.go") {
			return err
		}
		files++
		b, err := os.ReadFile(p)
		if err != nil {
			return err
		}
		for _, bytes := range []string{"]9;", "]777;", `'\a'`, `"\a"`, "Ptmux;"} {
			if strings.Contains(string(b), bytes) && filepath.Base(p) != "ring.go" {
				t.Errorf("%s holds %s", p, bytes)
			}
		}
		return nil
	})
	if err != nil || files < 100 {
		t.Errorf("%d files looked at: %v", files, err)
	}
}
