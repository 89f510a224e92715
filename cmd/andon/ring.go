package main

import (
	"context"
	"fmt"
	"io"
	"strings"

	"andon/fleet/config"
	"andon/fleet/notify"
	"andon/ui/kit"
)

// ring tells whoever sits at the terminal, with its bell and as a notice of the
// desktop. It is the only writer of these bytes, and all text in them has passed
// the sanitiser.
type ring struct {
	out     io.Writer
	bell    bool
	desktop string // of package config
	tmux    bool   // wrap for the terminal around tmux (needs its allow-passthrough)
	letters notify.Letterhead
}

// ringWidth is the most of a notice that is shown, in characters.
const ringWidth = 200

// Send rings for what stands, in one write. What is over is shown and not rung.
func (r ring) Send(_ context.Context, n notify.Notice) error {
	var b strings.Builder
	if r.bell && n.Reason != notify.ReasonResolved && n.Standing() > 0 {
		b.WriteByte('\a')
	}
	head := string(kit.Clean(r.letters.Headline(n)))
	if short := []rune(head); len(short) > ringWidth {
		head = string(short[:ringWidth-1]) + "…"
	}
	switch r.desktop {
	case config.DesktopOSC9: // a text that began with a number would be an order of ConEmu's
		b.WriteString(r.wrapped("\x1b]9;andon: " + head + "\x1b\\"))
	case config.DesktopOSC777:
		b.WriteString(r.wrapped("\x1b]777;notify;andon;" + head + "\x1b\\"))
	}
	if _, err := io.WriteString(r.out, b.String()); err != nil {
		return fmt.Errorf("ring: %w", err)
	}
	return nil
}

// wrapped hands a sequence through tmux: in a DCS of its own, each escape twice.
func (r ring) wrapped(seq string) string {
	if !r.tmux {
		return seq
	}
	return "\x1bPtmux;" + strings.ReplaceAll(seq, "\x1b", "\x1b\x1b") + "\x1b\\"
}

// ringOf returns the ring of a console on a terminal; false where the config
// wants none. The note says what a terminal within tmux lacks.
func (in invocation) ringOf(c config.Notify, l notify.Letterhead) (r ring, note string, wanted bool) {
	r = ring{out: in.out, bell: c.Bell, desktop: c.Desktop, letters: l}
	if in.getenv("TMUX") != "" && (c.Desktop == config.DesktopOSC9 || c.Desktop == config.DesktopOSC777) {
		if r.tmux = c.TmuxPassthrough; !r.tmux {
			r.desktop = config.DesktopOff
			note = "no desktop notices inside tmux: set notify.tmux_passthrough: true in the config, and run: tmux set -g allow-passthrough on"
		}
	}
	return r, note, in.screen() && (r.bell || r.desktop == config.DesktopOSC9 || r.desktop == config.DesktopOSC777)
}
