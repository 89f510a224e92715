package shell

import (
	"context"
	"errors"

	tea "github.com/charmbracelet/bubbletea"

	"andon/ui"
	"andon/ui/present"
)

// errMissing is said of an effect this console was started without.
var errMissing = errors.New("not available in this console")

// command turns one effect into a command. It is the only place where what a
// page asked for meets the world. e is the Env of the moment the effect was
// asked for; send delivers what happens meanwhile.
func (d Deps) command(ctx context.Context, eff ui.Effect, e ui.Env, send func(tea.Msg)) tea.Cmd {
	switch eff := eff.(type) {
	case ui.Quit:
		return tea.Quit
	case ui.Refresh:
		return quietly(d.Refresh != nil, "refresh", func() { d.Refresh() })
	case ui.Visible:
		if d.Visible == nil {
			return nil
		}
		return quietly(true, "", func() { d.Visible(eff.Dirs) })
	case ui.Ack:
		return quietly(d.Ack != nil, "ack", func() { d.Ack(eff.Fingerprint, eff.By) })
	case ui.MakePlan:
		return func() tea.Msg { return d.plan(eff) }
	case ui.ApplyPlan:
		return func() tea.Msg { return d.apply(ctx, eff, send) }
	case ui.ReadAudit:
		return d.readAudit()
	case ui.BuildDirs:
		return func() tea.Msg { return present.DirsBuilt{Gen: e.Gen, Rows: present.DirRows(present.SceneOf(e))} }
	case ui.OpenURL:
		return trying(d.OpenURL, eff.URL, "opened "+eff.URL, "open "+eff.URL)
	case ui.Copy:
		return trying(d.Copy, eff.Text, "copied "+eff.Text, "copy")
	}
	return nil
}

func quietly(have bool, what string, do func()) tea.Cmd {
	return func() tea.Msg {
		if !have {
			return ui.Done{What: what, Err: errMissing}
		}
		do()
		return ui.Done{}
	}
}

func trying(do func(string) error, arg, done, what string) tea.Cmd {
	return func() tea.Msg {
		if do == nil {
			return ui.Done{What: what, Err: errMissing}
		}
		if err := do(arg); err != nil {
			return ui.Done{What: what, Err: err}
		}
		return ui.Done{What: done}
	}
}

func (d Deps) plan(ask ui.MakePlan) ui.PlanMade {
	if d.Plan == nil {
		return ui.PlanMade{Ask: ask, Err: errMissing}
	}
	p, err := d.Plan(ask.Action, ask.Targets, ask.Alert)
	return ui.PlanMade{Ask: ask, Plan: p, Err: err}
}

func (d Deps) apply(ctx context.Context, a ui.ApplyPlan, send func(tea.Msg)) ui.Applied {
	if d.Apply == nil {
		return ui.Applied{Digest: a.Digest, Err: errMissing}
	}
	res, err := d.Apply(ctx, a.Plan, a.Digest, func(ev ui.Event) { send(ui.Stepped{Digest: a.Digest, Event: ev}) })
	return ui.Applied{Digest: a.Digest, Result: res, Err: err}
}

func (d Deps) readAudit() tea.Cmd {
	if d.Audit == nil {
		return nil
	}
	return func() tea.Msg {
		records, err := d.Audit()
		return ui.AuditRead{Records: records, Err: err}
	}
}
