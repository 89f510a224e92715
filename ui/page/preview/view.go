package preview

import (
	"slices"
	"strings"
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/present"
)

// The buttons.
const (
	idCancel = "cancel"
	idAct    = "act"
	idUndo   = "undo"
)

// View draws the dialog in exactly Env.Rect.
func (m Model) View(e ui.Env) string {
	return m.dressed(e).View(present.Look(e), e.Rect.W, e.Rect.H)
}

// dressed is the dialog with its texts as they are now.
func (m Model) dressed(e ui.Env) kit.Modal {
	look := present.Look(e)
	w := max(min(e.Rect.W, 100)-4, 20)
	d := m.dialog
	d.Field = nil
	d.Title = m.title(look)
	switch m.phase {
	case planning:
		d.Body = []kit.Line{{kit.In(themes.Dim, "making the plan from the newest snapshot"+look.Ellipsis())}}
		d.Buttons = []kit.Button{{ID: idCancel, Key: "esc", Label: "Cancel"}}
	case applying, ended:
		d.Body, d.Foot = m.progress(e.Now, look, w), ""
		d.Buttons = []kit.Button{{ID: idCancel, Key: "esc", Label: "Put away, it goes on"}}
		if m.phase == ended {
			d.Buttons[0].Label = "Close"
		}
		if len(m.undoable()) > 0 {
			d.Buttons = append(d.Buttons, kit.Button{ID: idUndo, Key: "z", Label: "Put them back"})
		}
	default:
		d.Body, d.Foot = m.body(e, look, w), m.foot(e)
		d.Buttons = m.buttons(e, look)
		if m.plan.Typed != "" && !e.ReadOnly {
			d.Field = &kit.Field{Ask: "Type " + kit.CleanASCII(m.plan.Typed) + " to go on:", Want: m.plan.Typed}
		}
	}
	return d
}

func (m Model) title(look kit.Look) kit.Line {
	name := kit.Clean(strings.ToUpper(string(m.ask.Action)))
	says, role := kit.Safe("preview, nothing has been changed yet"), themes.Dim
	switch {
	case m.phase == applying:
		says, role = "running", themes.Run
	case m.phase == ended:
		sign, word := m.verdict()
		says, role = word, sign.Role()
	case m.fault != "":
		says, role = "no plan", themes.Warn
	}
	return kit.Line{kit.In(themes.Title, name), look.Dot(), kit.In(role, says)}
}

func (m Model) body(e ui.Env, look kit.Look, w int) []kit.Line {
	if m.fault != "" {
		return append(wrap(look, kit.SignWarn, kit.Clean(m.fault), w), nil,
			kit.Line{kit.In(themes.Dim, "Nothing was changed. r looks again, esc goes back.")})
	}
	var body []kit.Line
	if m.changed != "" {
		body = append(wrap(look, kit.SignWarn, kit.Clean(m.changed), w), nil)
	}
	body = append(body, present.PlanBody(m.plan, m.steps, e.Now, look, w)...)
	if e.ReadOnly {
		body = append(body, nil)
		body = append(body, wrap(look, kit.SignInfo, "read-only: this console explains and does not act. Start it without --readonly, and with read_only: false in the config, to act.", w)...)
	}
	return body
}

func wrap(look kit.Look, sign kit.Sign, text kit.Safe, w int) []kit.Line {
	var out []kit.Line
	for i, t := range kit.Wrap(text, max(w-look.SignWidth()-1, 1)) {
		head := kit.PadRight("", look.SignWidth()+1, "")
		if i == 0 {
			head = look.Glyph(sign) + " "
		}
		out = append(out, kit.Line{kit.In(sign.Role(), head), kit.In(themes.Text, t)})
	}
	return out
}

func (m Model) foot(e ui.Env) kit.Safe {
	if m.fault != "" || m.plan.Empty() {
		return ""
	}
	foot := kit.Safe("")
	if !m.steps {
		foot = "e exact steps, "
	} else {
		foot = "e groups, "
	}
	return foot + "made " + kit.Age(max(e.Now.Sub(m.plan.MadeAt), 0)) + " ago, checked again on the host as each step acts"
}

func (m Model) buttons(e ui.Env, look kit.Look) []kit.Button {
	cancel := kit.Button{ID: idCancel, Key: "esc", Label: "Cancel"}
	if m.fault != "" || m.plan.Empty() {
		cancel.Label = "Close"
		return []kit.Button{cancel}
	}
	act := kit.Button{ID: idAct, Key: "y", Label: m.actLabel(), Acts: true}
	if m.plan.Typed != "" {
		act.Typed, act.Shown = true, look.Enter()
	}
	if e.ReadOnly {
		act.Off = "read-only"
	}
	return []kit.Button{cancel, act}
}

// actLabel names the deed with its count: "Chown 6 dirs, rerun 6 runs".
func (m Model) actLabel() kit.Safe {
	type part struct {
		verb fleet.Verb
		n    int
	}
	var parts []part
	for _, st := range m.plan.Steps {
		if n := len(parts); n > 0 && parts[n-1].verb == st.Verb {
			parts[n-1].n++
		} else {
			parts = append(parts, part{st.Verb, 1})
		}
	}
	if len(parts) > 2 {
		return "Do " + count(len(m.plan.Steps), "step")
	}
	var out kit.Safe
	for i, p := range parts {
		word := present.VerbWord(p.verb)
		if i == 0 {
			word = kit.Clean(strings.ToUpper(string(word[:1]))) + word[1:]
		} else {
			out += ", "
		}
		noun := kit.Safe("dir")
		if p.verb == fleet.VerbRerun {
			noun = "run"
		}
		out += word + " " + count(p.n, noun)
	}
	return out
}

func count(n int, noun kit.Safe) kit.Safe {
	if n != 1 {
		noun += "s"
	}
	return kit.Count(int64(n)) + " " + noun
}

// progress are the steps with how far each is.
func (m Model) progress(now time.Time, look kit.Look, w int) []kit.Line {
	done := 0
	for _, s := range m.run.states {
		if s.Result != nil {
			done++
		}
	}
	until := now
	if m.phase == ended {
		until = m.run.ended
	}
	head := kit.Line{kit.In(themes.Text, kit.PadRight(count(done, "step")+" of "+kit.Count(int64(len(m.run.states)))+" ended", 26, "")), kit.In(themes.Text, " ")}
	head = head.Then(look.Bar(max(min(w-44, 40), 6), kit.ShareOf(int64(done), int64(len(m.run.states))), kit.Limits{Mid: 2, High: 2})...)
	body := []kit.Line{head.Then(kit.In(themes.Dim, "  "+kit.Age(max(until.Sub(m.run.begun), 0)))), nil}
	if m.phase == ended {
		sign, word := m.verdict()
		body = append(body, wrap(look, sign, word, w)...)
		if m.fault != "" {
			body = append(body, wrap(look, kit.SignFail, kit.Clean(m.fault), w)...)
		}
		body = append(body, nil)
	} else if m.run.note != "" {
		body = append(body, kit.Line{kit.In(themes.Dim, kit.Truncate(kit.Clean(m.run.note), w, look.Ellipsis()))}, nil)
	}
	for _, s := range m.ordered() {
		body = append(body, present.StateLines(s, look, w)...)
	}
	return body
}

// ordered are the steps as planned; once all is over, those that did not end
// well come first.
func (m Model) ordered() []present.StepState {
	if m.phase != ended {
		return m.run.states
	}
	states := slices.Clone(m.run.states)
	slices.SortStableFunc(states, func(a, b present.StepState) int { return trouble(b) - trouble(a) })
	return states
}

func trouble(s present.StepState) int {
	if s.Sign() == kit.SignOK {
		return 0
	}
	return 1
}

// verdict sums the result up. It is ok only where every step ended well, and a
// fresh look agreed wherever one is due.
func (m Model) verdict() (kit.Sign, kit.Safe) {
	ok, refused, failed := m.run.result.Counts()
	unproved := 0
	for _, s := range m.run.states {
		if s.Result != nil && s.Result.Outcome.OK() && s.Step.Verb.OnHost() && (s.Verified == nil || !s.Verified.OK) {
			unproved++
		}
	}
	all := len(m.run.states)
	text := count(ok, "step") + " done"
	if refused > 0 {
		text += ", " + kit.Count(int64(refused)) + " refused"
	}
	if failed > 0 {
		text += ", " + kit.Count(int64(failed)) + " failed or in doubt"
	}
	if unproved > 0 {
		text += ", " + kit.Count(int64(unproved)) + " not confirmed by a fresh look"
	}
	switch {
	case m.fault != "" && ok+refused+failed == 0:
		return kit.SignFail, "not carried out"
	case failed > 0 || m.fault != "":
		return kit.SignFail, text
	case refused > 0 || unproved > 0 || ok != all:
		return kit.SignWarn, text
	}
	for _, s := range m.run.states {
		if s.Step.Verb.OnHost() {
			return kit.SignOK, "all " + text + ", confirmed by a fresh look"
		}
	}
	return kit.SignOK, "all " + text
}
