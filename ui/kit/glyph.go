package kit

import (
	"strings"

	"andon/themes"
)

// Sign is a state as the operator sees it: glyph, word and role always belong
// together, so that no state rests on colour alone.
type Sign uint8

// The signs. SignUnknown is the zero value: what nobody set is not known.
const (
	SignUnknown Sign = iota
	SignStop
	SignWarn
	SignInfo
	SignRun
	SignOK
	SignIdle
	SignStale
	SignFail
	SignCancelled
	SignQueued
	SignSkipped
	signCount
)

// signs says all there is to say about each sign.
var signs = [signCount]struct {
	glyph, ascii, word Safe
	role               themes.Role
}{
	SignUnknown:   {"?", "[?]", "unknown", themes.Stale},
	SignStop:      {"■", "[X]", "STOP", themes.Crit},
	SignWarn:      {"▲", "[!]", "WARN", themes.Warn},
	SignInfo:      {"◆", "[i]", "info", themes.Info},
	SignRun:       {"●", "[>]", "run", themes.Run},
	SignOK:        {"✓", "[.]", "ok", themes.OK},
	SignIdle:      {"○", "[ ]", "idle", themes.Idle},
	SignStale:     {"?", "[?]", "stale", themes.Stale},
	SignFail:      {"✗", "[x]", "failed", themes.Crit},
	SignCancelled: {"⊘", "[-]", "cancelled", themes.Warn},
	SignQueued:    {"◌", "[~]", "queued", themes.Idle},
	SignSkipped:   {"∙", "[/]", "skipped", themes.Idle},
}

// Word is the sign's word: STOP, WARN, ok, ...
func (s Sign) Word() Safe { return signs[s.valid()].word }

// Role is the meaning the sign is coloured by.
func (s Sign) Role() themes.Role { return signs[s.valid()].role }

func (s Sign) valid() Sign {
	if s >= signCount {
		return SignUnknown
	}
	return s
}

// Look is how everything is drawn: a theme's compiled styles and a glyph set.
// It is a small value over immutable tables; the zero Look draws ASCII without
// escapes.
type Look struct {
	styles themes.Styles
	glyphs *glyphSet
}

// NewLook joins styles and glyphs. With ascii, nothing but foreign text goes
// beyond ASCII: for fonts and terminals without block and box characters.
func NewLook(styles themes.Styles, ascii bool) Look {
	if ascii {
		return Look{styles: styles}
	}
	return Look{styles: styles, glyphs: &unicodeGlyphs}
}

// ASCII says whether the look keeps to ASCII.
func (l Look) ASCII() bool { return l.glyphs == nil }

// Styles are the look's compiled styles.
func (l Look) Styles() themes.Styles { return l.styles }

// WantsASCII says whether an environment's locale cannot show more than ASCII:
// the first of LC_ALL, LC_CTYPE and LANG that is set does not name UTF-8.
func WantsASCII(env map[string]string) bool {
	for _, name := range [...]string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if v := env[name]; v != "" {
			v = strings.ToLower(v)
			return !strings.Contains(v, "utf-8") && !strings.Contains(v, "utf8")
		}
	}
	return true
}

// Glyph is the sign's glyph: one cell, or three in ASCII.
func (l Look) Glyph(s Sign) Safe {
	if l.ASCII() {
		return signs[s.valid()].ascii
	}
	return signs[s.valid()].glyph
}

// SignWidth is how many cells any sign's glyph takes.
func (l Look) SignWidth() int { return Width(l.Glyph(SignStop)) }

// Sign is a sign with its word, as one span: "■ STOP".
func (l Look) Sign(s Sign) Span {
	return Span{s.Role(), l.Glyph(s) + " " + s.Word()}
}

// Dot is the separator between short facts on one line, with its blanks.
func (l Look) Dot() Span { return Span{themes.Faint, " " + l.set().dot + " "} }

// Enter is the glyph of the enter key.
func (l Look) Enter() Safe { return l.set().enter }

// Tab is the glyph of the tab key.
func (l Look) Tab() Safe { return l.set().tab }

// scrollKeys names the keys that scroll.
func (l Look) scrollKeys() Safe {
	if l.ASCII() {
		return "up down"
	}
	return "↑ ↓"
}

// Ellipsis is the glyph that ends a cut text, one cell.
func (l Look) Ellipsis() Safe { return l.set().ellipsis }

func (l Look) set() *glyphSet {
	if l.glyphs == nil {
		return &asciiGlyphs
	}
	return l.glyphs
}

// glyphSet are the shapes that blocks draw with. Every shape is one cell wide,
// but for enter and tab.
type glyphSet struct {
	ellipsis, dot, crumb, caret                Safe
	cursor, mark, cursorMark, changed          Safe
	rule, bar, vertical                        Safe
	topLeft, topRight, bottomLeft, bottomRight Safe
	full, track, unknown                       Safe
	ascending, descending                      Safe
	enter, tab                                 Safe
	eighths                                    [8]Safe // of a cell, from empty
	levels                                     [8]Safe // of a sparkline, from low
}

var unicodeGlyphs = glyphSet{
	ellipsis: "…", dot: "∙", crumb: "›", caret: "▏",
	cursor: "▌", mark: "◆", cursorMark: "◈", changed: "•",
	rule: "─", bar: "─", vertical: "│",
	topLeft: "╭", topRight: "╮", bottomLeft: "╰", bottomRight: "╯",
	full: "█", track: "░", unknown: "╌",
	ascending: "▴", descending: "▾",
	enter: "↵", tab: "↹",
	eighths: [8]Safe{"", "▏", "▎", "▍", "▌", "▋", "▊", "▉"},
	levels:  [8]Safe{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"},
}

var asciiGlyphs = glyphSet{
	ellipsis: "~", dot: "-", crumb: ">", caret: "_",
	cursor: ">", mark: "*", cursorMark: "%", changed: "+",
	rule: "-", bar: "-", vertical: "|",
	topLeft: "+", topRight: "+", bottomLeft: "+", bottomRight: "+",
	full: "#", track: ".", unknown: "?",
	ascending: "^", descending: "v",
	enter: "enter", tab: "tab",
	eighths: [8]Safe{"", "", "", "", "#", "#", "#", "#"},
	levels:  [8]Safe{".", ":", "-", "=", "+", "*", "#", "@"},
}
