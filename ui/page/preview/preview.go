// Package preview is the dialog before, during and after a remediation: what
// would be done, the confirmation, the progress of each step, and how it ended.
//
// Nothing runs from the first press: keys are ignored for the first moments, a
// paste never presses a button, what is confirmed is the digest of exactly the
// plan on screen, and when the world moves the plan is made again; if it then
// would do something else, the dialog says so and wants a new confirmation.
package preview

import (
	"fmt"
	"strings"
	"time"

	"andon/fleet"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/present"
)

// phase is where the dialog stands.
type phase uint8

const (
	planning phase = iota
	shown
	applying
	ended
	closed
)

// guard is how long a fresh dialog ignores keys, so that a key pressed for the
// page below cannot answer it.
const guard = 300 * time.Millisecond

// Model is the dialog. It is a value; the zero Model is closed.
type Model struct {
	open    bool
	phase   phase
	ask     ui.MakePlan
	plan    fleet.Plan
	fault   string // why there is no plan, or why it was not carried out
	dialog  kit.Modal
	since   time.Time // shown, or changed, at
	steps   bool      // every step instead of groups
	changed string    // what a new plan did differently
	hidden  bool      // put away while it runs
	run     running
}

// running is a plan being carried out.
type running struct {
	digest string
	begun  time.Time
	ended  time.Time
	states []present.StepState // by step; replaced, never written in place
	note   string
	result fleet.Result
}

// Open is a dialog that waits for the plan it asks for.
func Open(ask ui.MakePlan, now time.Time) (Model, []ui.Effect) {
	return Model{open: true, ask: ask, since: now}, []ui.Effect{ask}
}

// IsOpen reports whether the dialog is on screen and takes the keys.
func (m Model) IsOpen() bool { return m.open && m.phase != closed && !m.hidden }

// Running says in a few words how far a dialog put away is; empty if none is.
func (m Model) Running() string {
	if !m.hidden || m.phase != applying {
		return ""
	}
	done := 0
	for _, s := range m.run.states {
		if s.Result != nil {
			done++
		}
	}
	return fmt.Sprintf("%s running: %d of %d steps", m.plan.Action, done, len(m.run.states))
}

// Asks reports whether the dialog shows a plan and waits for an answer.
func (m Model) Asks() bool { return m.open && m.phase == shown && !m.plan.Empty() }

// Busy reports whether a plan is being carried out.
func (m Model) Busy() bool { return m.open && m.phase == applying }

// Show brings a dialog back that was put away.
func (m Model) Show() Model {
	m.hidden = false
	return m
}

// Update answers one message.
func (m Model) Update(e ui.Env, msg ui.Msg) (Model, []ui.Effect) {
	switch msg := msg.(type) {
	case ui.PlanMade:
		return m.planned(e, msg), nil
	case ui.Arrived:
		if m.phase == shown && !m.hidden {
			m.ask.Again = true
			m.ask.Serial++
			return m, []ui.Effect{m.ask}
		}
	case ui.Stepped:
		if m.phase == applying && msg.Digest == m.run.digest {
			m.run = m.run.step(msg.Event)
		}
	case ui.Applied:
		if m.phase == applying && msg.Digest == m.run.digest {
			return m.finished(e, msg)
		}
	case ui.KeyPressed:
		return m.key(e, msg)
	}
	return m, nil
}

// planned takes a plan in: the first one, or one made again.
func (m Model) planned(e ui.Env, msg ui.PlanMade) Model {
	if msg.Ask.Serial != m.ask.Serial || m.phase > shown {
		return m
	}
	if msg.Err != nil {
		m.phase, m.fault, m.plan = shown, msg.Err.Error(), fleet.Plan{Action: m.ask.Action}
		m.dialog = kit.Modal{}
		return m
	}
	first := m.phase == planning || m.fault != ""
	same := !first && present.SamePlan(m.plan, msg.Plan)
	if !first && !same {
		m.changed = difference(m.plan, msg.Plan)
	}
	m.phase, m.fault, m.plan = shown, "", msg.Plan
	if first || !same {
		m.since = e.Now
		m.dialog = kit.Modal{}
		m.dialog = m.dressed(e)
		m.dialog = m.firstFocus()
	}
	return m
}

// firstFocus is Cancel for more than one object, the field where something has
// to be typed (that guards by itself), and the deed for a single object.
func (m Model) firstFocus() kit.Modal {
	switch {
	case m.plan.Typed != "" && m.dialog.Field != nil:
		return m.dialog.FocusField()
	case len(m.plan.Steps) == 1 && m.changed == "":
		return m.dialog.Focus(idAct)
	}
	return m.dialog.Focus(idCancel)
}

func difference(old, now fleet.Plan) string {
	a, b := len(old.Steps), len(now.Steps)
	switch {
	case b == 0:
		return "the world moved: nothing is left to do"
	case a != b:
		return fmt.Sprintf("the world moved: %d steps now, %d before; read again and confirm anew", b, a)
	}
	return "the world moved: some steps are about something else now; read again and confirm anew"
}

// key answers a key press.
func (m Model) key(e ui.Env, k ui.KeyPressed) (Model, []ui.Effect) {
	if k.Paste {
		m.dialog = m.dressed(e).Insert(k.Text)
		return m, nil
	}
	if e.Now.Sub(m.since) < guard && m.phase <= shown && k.Name != "esc" {
		return m, nil
	}
	d := m.dressed(e)
	name := k.Name
	switch {
	case name == "e" && m.phase == shown && !m.takesText(name):
		m.steps = !m.steps
		m.dialog = m.dressed(e)
		return m, nil
	case name == "r" && m.phase == shown && !m.takesText(name):
		return m, []ui.Effect{ui.Refresh{}}
	case name == "q" && !m.takesText(name):
		name = "esc"
	case name == "j" && !m.takesText(name):
		name = "down"
	case name == "k" && !m.takesText(name):
		name = "up"
	}
	d, pressed := d.Key(name)
	m.dialog = d
	switch pressed {
	case idCancel:
		return m.leave()
	case idAct:
		return m.apply(e)
	case idUndo:
		return Model{}, []ui.Effect{ui.Propose{Action: fleet.ActionUndo, Targets: m.undoable()}}
	}
	return m, nil
}

// takesText reports whether a letter belongs to the phrase being typed.
func (m Model) takesText(name string) bool {
	if m.plan.Typed == "" || m.phase != shown || m.dialog.Focused() != "" {
		return false
	}
	return m.dialog.Typed() != "" || strings.HasPrefix(m.plan.Typed, name)
}

func (m Model) leave() (Model, []ui.Effect) {
	switch m.phase {
	case applying:
		m.hidden = true
		return m, []ui.Effect{ui.Say{Text: "it goes on; its result comes back here"}}
	case ended:
		return Model{}, []ui.Effect{ui.Refresh{}}
	}
	return Model{}, nil
}

// undoable are the dirs this plan has just reaped.
func (m Model) undoable() []fleet.Subject {
	var out []fleet.Subject
	if m.phase != ended {
		return nil
	}
	for _, s := range m.run.states {
		if s.Step.Verb == fleet.VerbReap && s.Result != nil && s.Result.Outcome == fleet.OutcomeDone {
			out = append(out, s.Step.Subject)
		}
	}
	return out
}

// apply asks for exactly the plan on screen to be carried out.
func (m Model) apply(e ui.Env) (Model, []ui.Effect) {
	if m.phase != shown || m.plan.Empty() || e.ReadOnly {
		return m, nil
	}
	m.phase = applying
	m.run = running{digest: m.plan.Digest(), begun: e.Now, states: make([]present.StepState, len(m.plan.Steps))}
	for i, st := range m.plan.Steps {
		m.run.states[i].Step = st
	}
	m.dialog = kit.Modal{}
	return m, []ui.Effect{ui.ApplyPlan{Plan: m.plan, Digest: m.run.digest}}
}

// step takes one event of the running plan in.
func (r running) step(ev ui.Event) running {
	if ev.Says != "" {
		r.note = ev.Says
	}
	states := append([]present.StepState(nil), r.states...)
	for i := range states {
		st := &states[i]
		switch {
		case ev.Result != nil && ev.Result.N == st.Step.N:
			st.Begun, st.Result = true, ev.Result
		case ev.Verified != nil && ev.Verified.N == st.Step.N:
			st.Verified = ev.Verified
		case ev.Step == st.Step.N:
			st.Begun = true
			st.Entries = max(st.Entries, ev.Entries)
		}
	}
	r.states = states
	return r
}

// finished takes the result in, and brings the dialog back on screen.
func (m Model) finished(e ui.Env, msg ui.Applied) (Model, []ui.Effect) {
	m.phase, m.hidden, m.run.ended, m.run.result = ended, false, e.Now, msg.Result
	if msg.Err != nil {
		m.fault = msg.Err.Error()
	}
	for i := range msg.Result.Steps {
		m.run = m.run.step(ui.Event{Result: &msg.Result.Steps[i]})
	}
	for i := range msg.Result.Verified {
		m.run = m.run.step(ui.Event{Verified: &msg.Result.Verified[i]})
	}
	m.dialog = kit.Modal{}
	return m, []ui.Effect{ui.ReadAudit{}}
}
