package shell

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"andon/fleet"
	"andon/themes"
	"andon/ui"
)

func fixed() time.Time { return time.Date(2026, 5, 18, 14, 0, 0, 0, time.UTC) }

func start(t *testing.T, d Deps) *program {
	t.Helper()
	theme, err := themes.Load(nil, "andon-dark")
	if err != nil {
		t.Fatal(err)
	}
	d.Theme, d.Now = theme, fixed
	p := &program{ctx: t.Context(), deps: d, model: New(configOf(d), fixed()), dirty: true, send: func(tea.Msg) {}}
	p.Update(tea.WindowSizeMsg{Width: 80, Height: 24})
	return p
}

func TestKeysOfATerminal(t *testing.T) {
	for _, c := range []struct {
		msg  tea.KeyMsg
		want []ui.KeyPressed
	}{
		{tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("jjG")}, []ui.KeyPressed{{Name: "j", Text: "j"}, {Name: "j", Text: "j"}, {Name: "G", Text: "G"}}},
		{tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("y\ny"), Paste: true}, []ui.KeyPressed{{Text: "y\ny", Paste: true}}},
		{tea.KeyMsg{Type: tea.KeySpace, Runes: []rune(" ")}, []ui.KeyPressed{{Name: " ", Text: " "}}},
		{tea.KeyMsg{Type: tea.KeyCtrlD}, []ui.KeyPressed{{Name: "ctrl+d"}}},
		{tea.KeyMsg{Type: tea.KeyShiftTab}, []ui.KeyPressed{{Name: "shift+tab"}}},
		{tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("y"), Alt: true}, []ui.KeyPressed{{Name: "alt+y"}}},
	} {
		if got := keys(c.msg); !slices.Equal(got, c.want) {
			t.Errorf("%v is %v, want %v", c.msg, got, c.want)
		}
	}
}

// TestViewDrawsOnlyAfterAChange: Bubble Tea asks for the view after every message.
func TestViewDrawsOnlyAfterAChange(t *testing.T) {
	p := start(t, Deps{})
	first := p.View()
	if first == "" || p.dirty {
		t.Fatal("nothing was drawn")
	}
	p.Update(ui.Done{})
	if p.dirty {
		t.Error("an effect that only ended makes the frame drawn anew")
	}
	p.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("?")})
	if !p.dirty || p.View() == first {
		t.Error("a key does not show")
	}
}

func TestListenTakesTheNewest(t *testing.T) {
	ch := make(chan Update, 3)
	for i := range 3 {
		ch <- Update{Snapshot: fleet.Join(fleet.Reads{At: fixed().Add(time.Duration(i))})}
	}
	p := start(t, Deps{Snapshots: ch})
	got, ok := p.listen()().(ui.Arrived)
	if !ok || !got.Snapshot.At.Equal(fixed().Add(2)) {
		t.Errorf("listened to %+v", got)
	}
	close(ch)
	if _, ok := p.listen()().(closedMsg); !ok {
		t.Error("a closed channel is taken for a picture")
	}
}

func TestListenEndsWithItsContext(t *testing.T) {
	p := start(t, Deps{Snapshots: make(chan Update)})
	ctx, cancel := context.WithCancel(context.Background())
	p.ctx = ctx
	cancel()
	if _, ok := p.listen()().(closedMsg); !ok {
		t.Error("listening goes on after the end")
	}
}

func TestEffectsReachTheWorld(t *testing.T) {
	var got []string
	d := Deps{
		Refresh: func() { got = append(got, "refresh") },
		Visible: func(ids []fleet.DirID) { got = append(got, "visible "+ids[0].Path) },
		Ack:     func(fp, by string) { got = append(got, "ack "+fp+" "+by) },
		Copy:    func(s string) error { got = append(got, "copy "+s); return nil },
		OpenURL: func(string) error { return errors.New("no browser") },
		Plan: func(a fleet.ActionID, on []fleet.Subject, fp string) (fleet.Plan, error) {
			return fleet.Plan{Action: a, Title: fp}, nil
		},
		Apply: func(_ context.Context, p fleet.Plan, digest string, progress func(ui.Event)) (fleet.Result, error) {
			progress(ui.Event{Step: 1})
			return fleet.Result{Digest: digest}, nil
		},
		Audit: func() ([]fleet.Record, error) { return nil, errors.New("no audit") },
	}
	var sent []tea.Msg
	run := func(eff ui.Effect) tea.Msg {
		return d.command(t.Context(), eff, ui.Env{}, func(m tea.Msg) { sent = append(sent, m) })()
	}
	run(ui.Refresh{})
	run(ui.Visible{Dirs: []fleet.DirID{{Host: "h", Path: "/p"}}})
	run(ui.Ack{Fingerprint: "f", By: "me"})
	run(ui.Copy{Text: "x"})
	if want := []string{"refresh", "visible /p", "ack f me", "copy x"}; !slices.Equal(got, want) {
		t.Errorf("did %v, want %v", got, want)
	}
	if m := run(ui.OpenURL{URL: "u"}).(ui.Done); m.Err == nil {
		t.Error("a browser that does not open is not said")
	}
	if m := run(ui.MakePlan{Action: fleet.ActionFix, Alert: "fp", Serial: 3}).(ui.PlanMade); m.Plan.Title != "fp" || m.Ask.Serial != 3 {
		t.Errorf("planned %+v", m)
	}
	if m := run(ui.ApplyPlan{Digest: "d"}).(ui.Applied); m.Digest != "d" || m.Result.Digest != "d" || len(sent) != 1 {
		t.Errorf("applied %+v with %d events", m, len(sent))
	}
	if m := run(ui.ReadAudit{}).(ui.AuditRead); m.Err == nil {
		t.Error("an unreadable audit log is not said")
	}
}

// TestWithoutAWorld: what a console was started without is said, not ignored.
func TestWithoutAWorld(t *testing.T) {
	var d Deps
	for _, eff := range []ui.Effect{ui.Refresh{}, ui.Ack{}, ui.Copy{}, ui.OpenURL{}} {
		if m, ok := d.command(t.Context(), eff, ui.Env{}, nil)().(ui.Done); !ok || !errors.Is(m.Err, errMissing) {
			t.Errorf("%T answers %v", eff, m)
		}
	}
	if m := d.command(t.Context(), ui.MakePlan{}, ui.Env{}, nil)().(ui.PlanMade); m.Err == nil {
		t.Error("no plan is a plan")
	}
	if m := d.command(t.Context(), ui.ApplyPlan{}, ui.Env{}, nil)().(ui.Applied); m.Err == nil {
		t.Error("nothing applied is a success")
	}
}
