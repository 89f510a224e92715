package shell

import (
	"strings"

	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/present"
)

// View draws the whole terminal: exactly as many lines and cells as it has.
func (m Model) View() string {
	if m.size.W <= 0 || m.size.H <= 0 {
		return ""
	}
	e := m.env()
	frame := m.frame(e, present.Look(e))
	if m.conf.ASCII {
		frame = asciiOnly(frame)
	}
	return frame
}

func (m Model) frame(e ui.Env, look kit.Look) string {
	scene := present.SceneOf(e)
	status := m.status(e, scene, look)
	if e.Class == ui.OneLine {
		return look.Stack(m.size.W, m.size.H, m.oneLine(scene, look))
	}
	blocks := make([]string, 0, 4)
	blocks = append(blocks, status)
	if e.Class > ui.OneList {
		left, right := present.Sources(scene, look, m.size.W)
		blocks = append(blocks, look.Line(m.size.W, left, right))
	}
	switch {
	case m.dialog.IsOpen():
		blocks = append(blocks, m.dialog.View(e))
	case m.help:
		blocks = append(blocks, m.helpPage(e, look))
	default:
		blocks = append(blocks, m.page().View(e))
	}
	blocks = append(blocks, m.footer(e, look))
	return strings.Join(blocks, "\n")
}

// status is the first line: where we are, the lamps, what this console is.
func (m Model) status(e ui.Env, s present.Scene, look kit.Look) string {
	name := kit.Safe("ANDON")
	if m.conf.Demo {
		name = "ANDON DEMO"
	}
	way := []kit.Safe{name}
	if m.tab != 0 || len(m.stack) > 0 {
		way = append(way, kit.Clean(ui.Tabs()[m.tab]))
	}
	for _, p := range m.stack {
		way = append(way, kit.Clean(p.Face(e).Crumb))
	}
	right := m.conditions(e, look, m.title(s, look, way))
	if m.size.W >= 140 && len(m.stack) == 0 {
		right = m.tabLine(look).Then(right...)
	}
	lamps := present.Lamps(s)
	if e.Snapshot == nil {
		lamps = kit.Lamps{}
	}
	return look.StatusLine(m.size.W, way, lamps, right)
}

// oneLine is all a very small terminal shows: the lamps.
func (m Model) oneLine(s present.Scene, look kit.Look) string {
	line := kit.Words(" ")
	if m.conf.Demo {
		line = line.Then(kit.In(themes.Accent, "DEMO "))
	}
	lamps := present.Lamps(s)
	if lamps.Stop+lamps.Warn > 0 {
		lamps.OK = 0
	}
	return look.Line(m.size.W, line.Then(look.Lamps(lamps)...), nil)
}

// title names the repositories: all, or the first and how many more, or none,
// as there is room beside the lamps.
func (m Model) title(s present.Scene, look kit.Look, way []kit.Safe) kit.Safe {
	if len(m.stack) > 0 || m.conf.Title == "" {
		return ""
	}
	taken := look.Lamps(present.Lamps(s)).Width() + 18
	for _, step := range way {
		taken += kit.Width(step) + 3
	}
	if m.size.W >= 100 {
		taken += 14 // read-write
	}
	if m.size.W >= 140 {
		taken += m.tabLine(look).Width()
	}
	names := strings.Split(m.conf.Title, ", ")
	short := kit.Clean(names[0])
	if len(names) > 1 {
		short += " +" + kit.Number(int64(len(names)-1))
	}
	full, room := kit.Clean(m.conf.Title), m.size.W-taken
	switch {
	case kit.Width(full) <= room:
		return full
	case kit.Width(short) <= room:
		return short
	}
	return ""
}

// conditions are what this console is and the time.
func (m Model) conditions(e ui.Env, look kit.Look, title kit.Safe) kit.Line {
	var line kit.Line
	if title != "" {
		line = line.Then(kit.In(themes.Dim, title), look.Dot())
	}
	switch {
	case m.conf.ReadOnly:
		line = line.Then(kit.In(themes.Warn, "read-only"), look.Dot())
	case m.size.W >= 100 && len(m.stack) == 0:
		line = line.Then(kit.In(themes.Dim, "read-write"), look.Dot())
	}
	return line.Then(kit.In(themes.Text, kit.Clean(e.Now.Format("15:04:05"))))
}

// tabLine names the tabs with their keys; the one in front stands out.
func (m Model) tabLine(look kit.Look) kit.Line {
	var line kit.Line
	for i, name := range ui.Tabs() {
		role := themes.Dim
		if i == m.tab {
			role = themes.Title
		}
		line = line.Then(kit.In(themes.Key, kit.Number(int64(i+1))), kit.In(role, " "+kit.Clean(name)+"  "))
	}
	return line.Then(kit.In(themes.Text, "  "))
}

// footer is the last line: a sentence, the filter being typed, or the keys.
func (m Model) footer(e ui.Env, look kit.Look) string {
	w := m.size.W
	face := m.page().Face(e)
	switch {
	case m.dialog.IsOpen():
		return look.Footer(w, m.dialogHints(look), []kit.Hint{{Key: "esc", Does: "leave"}})
	case m.help:
		return look.Footer(w, nil, []kit.Hint{{Key: "any key", Does: "closes the help"}})
	case face.Typing && face.Prompt != "":
		return face.Prompt
	case m.toast.text != "":
		sign := kit.SignInfo
		if m.toast.bad {
			sign = kit.SignWarn
		}
		return look.Line(w, kit.Line{kit.In(sign.Role(), " "+look.Glyph(sign)+" "), kit.In(themes.Text, kit.Clean(m.toast.text))}, nil)
	}
	if running := m.dialog.Running(); running != "" {
		return look.Line(w, kit.Line{kit.In(themes.Run, " "+look.Glyph(kit.SignRun)+" "), kit.In(themes.Text, kit.Clean(running))}, kit.Line{kit.In(themes.Dim, "f shows it ")})
	}
	always := []kit.Hint{{Key: "1-5", Does: "pages"}, {Key: "?", Does: "help"}}
	return look.Footer(w, m.hints(look, face, true), always)
}

// dialogHints are the keys that do something in the dialog as it stands.
func (m Model) dialogHints(look kit.Look) []kit.Hint {
	scroll := kit.Hint{Key: "↓ ↑", Does: "scroll"}
	if !m.dialog.Asks() {
		return []kit.Hint{{Key: look.Enter(), Does: "press"}, scroll}
	}
	return []kit.Hint{{Key: look.Tab(), Does: "next field"}, {Key: look.Enter(), Does: "press"}, scroll, {Key: "e", Does: "exact steps"}, {Key: "r", Does: "look again"}}
}

// hints are the bindings a page understands, as the kit shows them.
func (m Model) hints(look kit.Look, f ui.Face, short bool) []kit.Hint {
	var out []kit.Hint
	for _, b := range m.conf.Keys.For(f) {
		h := kit.Hint{Key: m.shownKey(look, b), Does: kit.Clean(b.Does), Acts: b.Acts, Off: b.Shown == "" || m.off(b.Intent.Kind)}
		if short {
			h.Does, h.Off = kit.Clean(b.Short), h.Off || b.Short == ""
		}
		out = append(out, h)
	}
	return out
}

func (m Model) shownKey(look kit.Look, b ui.Binding) kit.Safe {
	if b.Shown == "↵" {
		return look.Enter()
	}
	return kit.Clean(b.Shown)
}

// helpGroups are the bindings of the page on screen, by group.
func (m Model) helpGroups(e ui.Env, look kit.Look) []kit.HintGroup {
	var out []kit.HintGroup
	face := m.page().Face(e)
	bindings := m.conf.Keys.For(face)
	for _, name := range []string{ui.GroupLook, ui.GroupAct, ui.GroupMove, ui.GroupGo} {
		g := kit.HintGroup{Title: kit.Clean(name)}
		for i, h := range m.hints(look, face, false) {
			if bindings[i].Group == name {
				g.Hints = append(g.Hints, h)
			}
		}
		out = append(out, g)
	}
	return out
}

// legendFrom is the height from which the help also explains the signs.
const legendFrom = 20

// helpPage is the keys by group and, below them, what the signs mean.
func (m Model) helpPage(e ui.Env, look kit.Look) string {
	w, h := e.Rect.W, e.Rect.H
	if h < legendFrom {
		return look.Help(w, h, m.helpGroups(e, look))
	}
	legend := look.Legend(w - 1)
	blocks := []string{look.Help(w, h-len(legend)-1, m.helpGroups(e, look)), look.Section(w, "SIGNS", "")}
	for _, l := range legend {
		blocks = append(blocks, look.Line(w, l, nil))
	}
	return look.Stack(w, h, blocks...)
}

// asciiOnly replaces the shapes of our own texts that go beyond ASCII, each by
// one cell, so that every width stays. Foreign text keeps its runes.
func asciiOnly(frame string) string {
	return strings.NewReplacer("∙", "-", "…", "~", "↓", "v", "↑", "^", "→", ">", "↵", "<").Replace(frame)
}
