package shell

import (
	"slices"

	"andon/ui"
	"andon/ui/page/alert"
	"andon/ui/page/dirs"
	"andon/ui/page/host"
	"andon/ui/page/pr"
)

// absorb carries out the effects that are about the console itself and returns
// those that are about the world.
func (m Model) absorb(effects []ui.Effect) (Model, []ui.Effect) {
	var out []ui.Effect
	for _, eff := range effects {
		var more []ui.Effect
		switch eff := eff.(type) {
		case ui.Go:
			m, more = m.goTo(eff.To)
		case ui.Back:
			m, more = m.back()
		case ui.Say:
			m = m.say(eff.Text, eff.Bad)
		case ui.Propose:
			m, more = m.propose(eff)
		case ui.Quit:
			if m.dialog.Busy() && !m.dialog.IsOpen() {
				m.dialog = m.dialog.Show()
				m = m.say("a deed is running; ctrl-c leaves all the same, the host ends its step", true)
				continue
			}
			more = []ui.Effect{eff}
		default:
			more = []ui.Effect{eff}
		}
		out = append(out, more...)
	}
	return m, out
}

// maxDepth is how many pages may lie on a tab.
const maxDepth = 16

// goTo switches to a tab, or puts a page on top.
func (m Model) goTo(to ui.Place) (Model, []ui.Effect) {
	var page ui.Page
	switch to.Kind {
	case ui.PlacePR:
		page = pr.New(to.PR)
	case ui.PlaceHost:
		page = host.New(to.Host)
	case ui.PlaceAlert:
		page = alert.New(to.Alert)
	default:
		m.tab, m.stack = slices.Index(tabPlaces[:], to.Kind), nil
		if d, ok := m.tabs[m.tab].(dirs.Model); ok && to.Filter != "" {
			m.tabs[m.tab] = d.Filtered(to.Filter)
		}
		return m.shown()
	}
	if len(m.stack) >= maxDepth {
		m.stack = m.stack[1:]
	}
	m.stack = append(slices.Clone(m.stack), page)
	return m.shown()
}

// back leaves the page on top; on a bare tab it leads to the board.
func (m Model) back() (Model, []ui.Effect) {
	switch {
	case len(m.stack) > 0:
		m.stack = m.stack[:len(m.stack)-1]
	case m.tab != 0:
		m.tab = 0
	default:
		return m.say("q quits", false), nil
	}
	return m.shown()
}

// shown tells the page that it is on screen now.
func (m Model) shown() (Model, []ui.Effect) { return m.toPage(ui.Shown{}) }
