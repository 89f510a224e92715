package shell

import (
	"slices"
	"time"

	"andon/ui"
	"andon/ui/kit"
	"andon/ui/page/preview"
	"andon/ui/present"
)

// toastFor is how long a sentence stays in the footer.
const toastFor = 6 * time.Second

// Update answers one message: it routes by the kind of the message and leaves
// what a page does with its own to the page.
func (m Model) Update(msg ui.Msg) (Model, []ui.Effect) {
	var effects []ui.Effect
	switch msg := msg.(type) {
	case ui.KeyPressed:
		m, effects = m.key(msg)
	case ui.Resized:
		m.size = msg.Rect
		m, effects = m.toPage(msg)
	case ui.Ticked:
		m, effects = m.ticked()
	case ui.Arrived:
		m.world.snapshot, m.world.board, m.world.lit = msg.Snapshot, msg.Board, present.LitSubjects(msg.Board)
		m.world.gen++
		m.world.fresh = present.FreshSources(msg.Snapshot, m.now)
		m.world.trends = present.Remember(m.world.trends, msg.Snapshot)
		m, effects = m.toPage(msg)
		var more []ui.Effect
		m.dialog, more = m.dialog.Update(m.env(), msg)
		effects = append(effects, more...)
	case ui.PlanMade, ui.Stepped, ui.Applied:
		m.dialog, effects = m.dialog.Update(m.env(), msg)
	case ui.AuditRead:
		if msg.Err != nil {
			m = m.say("audit: "+msg.Err.Error(), true)
			break
		}
		m.world.records = msg.Records
		m, effects = m.toPage(msg)
	case present.DirsBuilt:
		m, effects = m.toTab(ui.PlaceDirs, msg)
	case ui.Done:
		switch {
		case msg.Err != nil:
			m = m.say(msg.What+": "+msg.Err.Error(), true)
		case msg.What != "":
			m = m.say(msg.What, false)
		}
	}
	return m.absorb(effects)
}

// ticked lets time pass: a sentence goes, and where a source has become too old
// the page on screen builds its rows anew, so that they show it.
func (m Model) ticked() (Model, []ui.Effect) {
	if m.toast.text != "" && m.now.After(m.toast.until) {
		m.toast = toast{}
	}
	if fresh := present.FreshSources(m.world.snapshot, m.now); fresh != m.world.fresh {
		m.world.fresh = fresh
		m.world.gen++
		return m.shown()
	}
	return m.toPage(ui.Ticked{})
}

// toPage hands a message to the page on screen.
func (m Model) toPage(msg ui.Msg) (Model, []ui.Effect) {
	p, effects := m.page().Update(m.env(), msg)
	return m.with(p), effects
}

// toTab hands a message to a tab, on screen or not.
func (m Model) toTab(place ui.PlaceKind, msg ui.Msg) (Model, []ui.Effect) {
	p, effects := m.tabs[place].Update(m.env(), msg)
	m.tabs[place] = p
	return m, effects
}

func (m Model) say(text string, bad bool) Model {
	m.toast = toast{text: text, bad: bad, until: m.now.Add(toastFor)}
	return m
}

// key gives a key to whoever it is for: the dialog, the help, a page that takes
// text, or the keymap.
func (m Model) key(k ui.KeyPressed) (Model, []ui.Effect) {
	if k.Name == "ctrl+c" && !k.Paste {
		return m, []ui.Effect{ui.Quit{}}
	}
	e := m.env()
	face := m.page().Face(e)
	var effects []ui.Effect
	switch {
	case m.dialog.IsOpen():
		m.dialog, effects = m.dialog.Update(e, k)
		return m, effects
	case m.help:
		m.help = false
		return m, nil
	case face.Typing:
		return m.toPage(k)
	case k.Paste:
		return m, nil // a paste is text; here nothing takes any
	}
	b, ok := m.conf.Keys.Find(k.Name)
	if !ok {
		return m, nil
	}
	m.toast = toast{}
	if next, effects, done := m.own(b.Intent, face); done {
		return next, effects
	}
	if b.Intent.Kind == ui.IntentAct && m.dialog.Busy() { // one deed at a time: look at the one that runs
		m.dialog = m.dialog.Show()
		return m, nil
	}
	if b.Intent.Kind == ui.IntentAct && !slices.Contains(face.Actions, b.Intent.Action) {
		return m.say(string(kit.Clean(k.Name))+" "+string(b.Intent.Action)+" is not done from this page; ? lists what is", true), nil
	}
	inner := face.Inner && b.Intent.Kind == ui.IntentBack
	if !inner && !face.Intents.Has(b.Intent.Kind) || m.off(b.Intent.Kind) {
		return m.say(string(kit.Clean(k.Name))+" does nothing on this page; ? lists what does", false), nil
	}
	return m.toPage(ui.Pressed{Intent: b.Intent})
}

// off says that an intent cannot be carried out in this terminal at all.
func (m Model) off(k ui.IntentKind) bool {
	switch k {
	case ui.IntentBrowse:
		return !m.conf.Browse
	case ui.IntentCopy, ui.IntentCopyURL:
		return !m.conf.Copy
	}
	return false
}

// own answers the intents that are the frame's.
func (m Model) own(in ui.Intent, face ui.Face) (Model, []ui.Effect, bool) {
	switch in.Kind {
	case ui.IntentHelp:
		m.help = true
	case ui.IntentRefresh:
		return m.say("looking again", false), []ui.Effect{ui.Refresh{}}, true
	case ui.IntentTheme:
		m.theme = (m.theme + 1) % max(len(m.conf.Themes), 1)
		if len(m.conf.Themes) > 0 {
			m = m.say("theme "+m.conf.Themes[m.theme].Name, false)
		}
		m, effects := m.toPage(ui.Resized{Rect: m.size}) // what pages drew ahead is drawn anew
		return m, effects, true
	case ui.IntentTab:
		return m, []ui.Effect{ui.Go{To: ui.Place{Kind: tabPlaces[in.N]}}}, true
	case ui.IntentBack:
		if face.Inner {
			return m, nil, false
		}
		return m, []ui.Effect{ui.Back{}}, true
	case ui.IntentQuit:
		if len(m.stack) > 0 {
			return m, []ui.Effect{ui.Back{}}, true
		}
		return m, []ui.Effect{ui.Quit{}}, true
	default:
		return m, nil, false
	}
	return m, nil, true
}

// propose opens the preview of an action; one deed at a time.
func (m Model) propose(p ui.Propose) (Model, []ui.Effect) {
	if m.dialog.Busy() {
		m.dialog = m.dialog.Show()
		return m, nil
	}
	var effects []ui.Effect
	m.dialog, effects = preview.Open(ui.MakePlan{Action: p.Action, Targets: p.Targets, Alert: p.Alert}, m.now)
	return m, effects
}
