package uitest

import (
	"strings"
	"testing"
	"time"

	"andon/fleet"
	"andon/themes"
	"andon/ui"
	"andon/ui/kit"
	"andon/ui/present"
	"andon/ui/shell"
)

// Player turns keys into frames: it drives the console's model and answers its
// effects at once, without a terminal. Every frame it draws is checked to be
// exactly as large as the terminal.
type Player struct {
	T     testing.TB
	Model shell.Model
	Now   time.Time
	World *fleet.Snapshot // what plans are made from
	Asked []ui.Effect     // what reached the world, in order
	Size  ui.Rect
	// Makes makes plans; nil is Plan.
	Makes func(*fleet.Snapshot, fleet.ActionID, []fleet.Subject) (fleet.Plan, error)
	// Holds keeps ApplyPlan unanswered.
	Holds bool
}

// Dressed says how a Player's console looks.
type Dressed struct {
	Theme    string
	Depth    themes.Depth
	ASCII    bool
	ReadOnly bool
	Real     bool // no DEMO banner
}

// Play starts a console of a size that has seen nothing yet.
func Play(t testing.TB, size ui.Rect, d Dressed) *Player {
	t.Helper()
	if d.Theme == "" {
		d.Theme, d.Depth = "andon-dark", themes.TrueColor
	}
	theme, err := themes.Load(nil, d.Theme)
	if err != nil {
		t.Fatal(err)
	}
	p := &Player{T: t, Now: Now(), Size: size}
	p.Model = shell.New(shell.Config{Version: "test", Title: string(Repo), Operator: "you", Demo: !d.Real, ReadOnly: d.ReadOnly, ASCII: d.ASCII,
		Browse: true, Copy: true, Rules: Rules(), Actions: Actions(), Themes: []themes.Theme{theme}, Depth: d.Depth}, p.Now)
	p.Send(ui.Resized{Rect: size})
	return p
}

// Incident delivers the picture of the incident and the audit log.
func (p *Player) Incident() *Player {
	s := fleet.Join(IncidentAt(p.Now))
	p.Send(ui.AuditRead{Records: Records()})
	return p.Arrive(s, Alerts(s))
}

// Arrive delivers a picture.
func (p *Player) Arrive(s *fleet.Snapshot, b fleet.Board) *Player {
	p.World = s
	p.Send(ui.Arrived{Snapshot: s, Board: b})
	return p
}

// Send delivers one message and answers what comes of it.
func (p *Player) Send(msg ui.Msg) {
	p.T.Helper()
	var effects []ui.Effect
	p.Model, effects = p.Model.At(p.Now).Update(msg)
	for _, eff := range effects {
		p.Asked = append(p.Asked, eff)
		if answer := p.answer(eff); answer != nil {
			p.Send(answer)
		}
	}
}

func (p *Player) answer(eff ui.Effect) ui.Msg {
	switch eff := eff.(type) {
	case ui.MakePlan:
		makes := p.Makes
		if makes == nil {
			makes = Plan
		}
		plan, err := makes(p.World, eff.Action, eff.Targets)
		return ui.PlanMade{Ask: eff, Plan: plan, Err: err}
	case ui.BuildDirs:
		e := ui.Env{Snapshot: p.World, Gen: eff.Gen, Now: p.Now}
		return present.DirsBuilt{Gen: eff.Gen, Rows: present.DirRows(present.SceneOf(e))}
	case ui.ReadAudit:
		return ui.AuditRead{Records: Records()}
	case ui.ApplyPlan:
		if !p.Holds {
			return ui.Applied{Digest: eff.Digest, Result: Success(eff.Plan)}
		}
	}
	return nil
}

// Success is the result of a plan all of whose steps went well and were seen to.
func Success(plan fleet.Plan) fleet.Result {
	r := fleet.Result{Digest: plan.Digest(), Action: plan.Action}
	for _, st := range plan.Steps {
		r.Steps = append(r.Steps, fleet.StepResult{N: st.N, Outcome: fleet.OutcomeDone, Before: 12, Changed: 12})
		if st.Verb.OnHost() {
			r.Verified = append(r.Verified, fleet.Verification{N: st.N, OK: true, Says: "owner is 1000:1000, nothing below is foreign"})
		}
	}
	return r
}

// Keys presses keys by name, half a second apart.
func (p *Player) Keys(names ...string) *Player {
	p.T.Helper()
	for _, n := range names {
		p.Now = p.Now.Add(500 * time.Millisecond)
		k := ui.KeyPressed{Name: n}
		if len([]rune(n)) == 1 {
			k.Text = n
		}
		p.Send(k)
		p.Frame()
	}
	return p
}

// Type presses each letter of a text.
func (p *Player) Type(text string) *Player {
	p.T.Helper()
	for _, r := range text {
		p.Keys(string(r))
	}
	return p
}

// Wait lets the clock run.
func (p *Player) Wait(d time.Duration) *Player {
	p.Now = p.Now.Add(d)
	p.Send(ui.Ticked{})
	return p
}

// Resize gives the terminal another size.
func (p *Player) Resize(r ui.Rect) *Player {
	p.Size = r
	p.Send(ui.Resized{Rect: r})
	return p
}

// Frame draws the screen and checks that it is exactly as large as the terminal.
func (p *Player) Frame() string {
	p.T.Helper()
	frame := p.Model.View()
	Exact(p.T, frame, p.Size)
	return frame
}

// Text is the frame without escapes and trailing blanks.
func (p *Player) Text() string {
	p.T.Helper()
	return Plain(p.Frame())
}

// Sent lists the effects of one type that reached the world.
func Sent[E any](p *Player) []E {
	var out []E
	for _, eff := range p.Asked {
		if e, ok := eff.(E); ok {
			out = append(out, e)
		}
	}
	return out
}

// Exact fails unless a frame is exactly of a size, and holds no escapes but SGR.
func Exact(t testing.TB, frame string, size ui.Rect) {
	t.Helper()
	if size.W <= 0 || size.H <= 0 {
		if frame != "" {
			t.Errorf("a frame of no size is not empty: %q", frame)
		}
		return
	}
	lines := strings.Split(frame, "\n")
	if len(lines) != size.H {
		t.Errorf("frame has %d lines, the terminal %d", len(lines), size.H)
	}
	for i, line := range lines {
		if got := kit.DrawnWidth(line); got != size.W {
			t.Errorf("line %d of %dx%d is %d cells: %q", i+1, size.W, size.H, got, line)
		}
	}
	for i := 0; i < len(frame); i++ {
		if c := frame[i]; c < 0x20 && c != '\n' && c != 0x1b || c == 0x7f {
			t.Fatalf("control byte %#x in the frame", c)
		}
	}
}

// Plain takes the escapes and the trailing blanks off a frame.
func Plain(frame string) string {
	var b strings.Builder
	for i := 0; i < len(frame); i++ {
		if frame[i] == 0x1b {
			for i < len(frame) && frame[i] != 'm' {
				i++
			}
			continue
		}
		b.WriteByte(frame[i])
	}
	lines := strings.Split(b.String(), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " ")
	}
	return strings.Join(lines, "\n")
}
