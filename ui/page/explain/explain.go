// Package explain draws what is known of one alert: the whys, what it is about,
// the evidence with its ages, and what cures it.
package explain

import (
	"strings"

	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/present"
)

// Lines are all there is to say of an alert, in lines of w cells; lists are cut
// so that about h lines come out.
func Lines(e ui.Env, s present.Scene, a fleet.Alert, look kit.Look, w, h int) []string {
	rule, _ := e.Rule(a.Rule)
	y := present.WhyOf(s, a, rule, e, look, w-2)
	sign := present.AlertSign(a)
	out := []string{
		look.Section(w, kit.Clean(strings.ToUpper(a.Title)), ""),
		look.Line(w, kit.Line{kit.In(themes.Text, " "), look.Sign(sign), kit.In(themes.Dim, " "+present.Standing(s, a))}, nil),
		look.Blank(w),
	}
	fixed := len(y.Summary) + len(y.Whys) + len(y.Fix) + len(y.Cure) + 12
	spare := max(h-fixed, 4)
	subjects := y.Subjects[:min(len(y.Subjects), max(spare/2, 2))]
	evidence := y.Evidence[:min(len(y.Evidence), max(spare-len(subjects), 2))]
	out = append(out, Drawn(look, w, y.Summary)...)
	out = append(out, look.Blank(w))
	out = append(out, section(look, w, "WHY", "", y.Whys)...)
	out = append(out, section(look, w, "WHAT", more(len(subjects), len(y.Subjects)), subjects)...)
	out = append(out, section(look, w, "EVIDENCE", more(len(evidence), len(y.Evidence)), evidence)...)
	out = append(out, section(look, w, "FIX", "f previews it, nothing runs until you confirm", y.Fix)...)
	return append(out, section(look, w, "CURE", "", y.Cure)...)
}

// more says that a list was cut.
func more(shown, all int) kit.Safe {
	if shown == all {
		return ""
	}
	return kit.Number(int64(shown)) + " of " + kit.Number(int64(all)) + ", ↵ shows all"
}

// section is a heading with lines and a blank after it; nothing without lines.
func section(look kit.Look, w int, title, remark kit.Safe, lines []kit.Line) []string {
	if len(lines) == 0 {
		return nil
	}
	out := append([]string{look.Section(w, title, remark)}, Drawn(look, w, lines)...)
	return append(out, look.Blank(w))
}

// Drawn are lines drawn in w cells each, one blank in.
func Drawn(look kit.Look, w int, lines []kit.Line) []string {
	out := make([]string, len(lines))
	for i, l := range lines {
		out[i] = look.Line(w, append(kit.Words(" "), l...), nil)
	}
	return out
}

// Rows is a drawn table, or before the first snapshot a line that says that
// nothing is known yet: an empty table would say that there is nothing.
func Rows(e ui.Env, look kit.Look, w, h int, table string) string {
	if e.Snapshot != nil {
		return table
	}
	return look.Stack(w, h, look.Line(w, kit.Line{kit.In(themes.Dim, "  looking"+look.Ellipsis())}, nil))
}

// Silent lists the sources that give no current answer, each with its cause and
// the operator's next step; with all of them answering it is a bare heading.
func Silent(s present.Scene, look kit.Look, w int) []string {
	out := []string{look.Section(w, "WHY", "")}
	lines := present.SilentSources(s, look, w-2)
	if len(lines) == 0 {
		return out
	}
	return append([]string{look.Section(w, "NO CURRENT ANSWER", "")}, Drawn(look, w, lines)...)
}
