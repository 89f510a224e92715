package shell

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"andon/ui"
)

// Run shows the console on a terminal until the operator leaves or ctx ends.
// The first frame does not wait for a first snapshot. Signals end the console
// through ctx: Bubble Tea's own handler would send to a loop that the same signal
// has just ended, and wait for ever (v1.3.10, handleSignals).
func Run(ctx context.Context, d Deps, in, out *os.File) error {
	p := &program{ctx: ctx, deps: d, model: New(configOf(d), d.Now()), dirty: true}
	t := tea.NewProgram(p, tea.WithAltScreen(), tea.WithContext(ctx), tea.WithoutSignalHandler(), tea.WithInput(in), tea.WithOutput(out))
	p.send = t.Send
	_, err := t.Run()
	if errors.Is(err, tea.ErrProgramKilled) && ctx.Err() != nil {
		return nil
	}
	if err != nil {
		return fmt.Errorf("run console: %w", err)
	}
	return nil
}

// program fits the model to Bubble Tea: it translates messages, carries effects
// out, and draws only what changed, since View is called after every message.
type program struct {
	ctx   context.Context
	deps  Deps
	model Model
	send  func(tea.Msg)
	dirty bool
	frame string
}

// second is how often the clock moves.
const second = time.Second

type clockMsg struct{}

type closedMsg struct{}

// Init begins to look and starts the clock.
func (p *program) Init() tea.Cmd {
	return tea.Batch(p.listen(), clock(), p.deps.readAudit())
}

func clock() tea.Cmd { return tea.Tick(second, func(time.Time) tea.Msg { return clockMsg{} }) }

// listen waits for the next picture of the fleet; of several that wait only the
// newest counts.
func (p *program) listen() tea.Cmd {
	ch := p.deps.Snapshots
	if ch == nil {
		return nil
	}
	return func() tea.Msg {
		var u Update
		var ok bool
		select {
		case u, ok = <-ch:
		case <-p.ctx.Done():
			return closedMsg{}
		}
		for ok {
			select {
			case next, more := <-ch:
				if !more {
					return ui.Arrived{Snapshot: u.Snapshot, Board: u.Board}
				}
				u = next
				continue
			default:
			}
			break
		}
		if !ok || u.Snapshot == nil {
			return closedMsg{}
		}
		return ui.Arrived{Snapshot: u.Snapshot, Board: u.Board}
	}
}

// Update hands a message to the model and its effects to the world.
func (p *program) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	var cmds []tea.Cmd
	switch msg := msg.(type) {
	case closedMsg:
		return p, nil
	case clockMsg:
		cmds = append(cmds, clock(), p.step(ui.Ticked{}))
	case ui.Arrived:
		cmds = append(cmds, p.listen(), p.step(msg))
	case tea.WindowSizeMsg:
		cmds = append(cmds, p.step(ui.Resized{Rect: ui.Rect{W: msg.Width, H: msg.Height}}))
	case tea.KeyMsg:
		for _, k := range keys(msg) {
			cmds = append(cmds, p.step(k))
		}
	default:
		cmds = append(cmds, p.step(msg))
	}
	return p, tea.Batch(cmds...)
}

// step is one turn of the loop.
func (p *program) step(msg ui.Msg) tea.Cmd {
	if done, ok := msg.(ui.Done); ok && done == (ui.Done{}) {
		return nil
	}
	var effects []ui.Effect
	p.model, effects = p.model.At(p.deps.Now()).Update(msg)
	p.dirty = true
	cmds := make([]tea.Cmd, 0, len(effects))
	for _, eff := range effects {
		cmds = append(cmds, p.deps.command(p.ctx, eff, p.model.env(), p.send))
	}
	return tea.Batch(cmds...)
}

// View draws the frame, anew only where something changed.
func (p *program) View() string {
	if p.dirty {
		p.frame, p.dirty = p.model.View(), false
	}
	return p.frame
}

// keys translates a key message. A terminal may deliver several letters typed
// fast as one message: each is a key of its own. A paste stays one text.
func keys(msg tea.KeyMsg) []ui.KeyPressed {
	if msg.Paste {
		return []ui.KeyPressed{{Text: string(msg.Runes), Paste: true}}
	}
	if msg.Type == tea.KeyRunes && !msg.Alt {
		out := make([]ui.KeyPressed, len(msg.Runes))
		for i, r := range msg.Runes {
			out[i] = ui.KeyPressed{Name: string(r), Text: string(r)}
		}
		return out
	}
	k := ui.KeyPressed{Name: msg.String()}
	if msg.Type == tea.KeySpace {
		k.Text = " "
	}
	return []ui.KeyPressed{k}
}
