package sshexec

import (
	"errors"
	"testing"
)

func TestScriptOverSSH(t *testing.T) {
	noLeaks(t)
	s := startSSHD(t)
	h := s.pool(t).Host("host")
	arg := "it's\n\x1b\xff$(id)`id`\\'\"!"
	for i := range 2 {
		r, err := h.Script(t.Context(), ScriptCall{Script: script(t, "echo.sh"), Args: []string{arg}})
		if err != nil {
			t.Fatal(err)
		}
		if string(r.Stdout) != "<"+arg+">" || r.Reused != (i == 1) || r.Server == "" || r.RemoteTime.IsZero() {
			t.Errorf("run %d: %+v", i, r)
		}
	}
	r, err := h.Script(t.Context(), ScriptCall{Script: script(t, "exit.sh"), Args: []string{"255"}})
	if !errors.Is(err, ErrExit) || r.ExitCode != 255 || string(r.Stdout) != "out\n" || string(r.Stderr) != "err\n" {
		t.Errorf("exit 255: %+v, %v", r, err)
	}
	r, err = h.Script(t.Context(), ScriptCall{Script: script(t, "killed.sh")})
	if !errors.Is(err, ErrSignal) || r.Signal != "KILL" {
		t.Errorf("killed: %+v, %v", r, err)
	}
}
