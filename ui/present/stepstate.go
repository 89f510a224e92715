package present

import (
	"strings"

	"andon/fleet"
	"andon/themes"
	"andon/ui/kit"
)

// StepState is how far one step of a running plan is.
type StepState struct {
	Step     fleet.Step
	Begun    bool
	Entries  int64
	Result   *fleet.StepResult
	Verified *fleet.Verification
}

// Sign is the glyph of a step's state. It is ok only once a fresh look agreed.
func (s StepState) Sign() kit.Sign {
	switch {
	case s.Result == nil && s.Begun:
		return kit.SignRun
	case s.Result == nil:
		return kit.SignQueued
	case s.Verified != nil && !s.Verified.OK:
		return kit.SignFail
	case s.Result.Outcome.OK() && s.Verified == nil && s.Step.Verb.OnHost():
		return kit.SignRun
	}
	return OutcomeSign(s.Result.Outcome)
}

// StateLines show a step's state: one line, and more where a guard refused or
// something failed, with the pids that stand in the way.
func StateLines(s StepState, look kit.Look, w int) []kit.Line {
	sign := s.Sign()
	head := StepLine(s.Step, look, max(w-30, 20))
	line := kit.Line{kit.In(sign.Role(), look.Glyph(sign))}.Then(head...)
	says := kit.Safe("")
	switch {
	case s.Result == nil && s.Entries > 0:
		says = kit.Count(s.Entries) + " entries"
	case s.Result == nil && s.Begun:
		says = "acting"
	case s.Result == nil:
		says = "waits"
	default:
		says = resultSays(*s.Result)
	}
	out := []kit.Line{line.Then(kit.In(sign.Role(), "  "+says))}
	if s.Result != nil && !s.Result.Outcome.OK() {
		out = append(out, wrapped(refusal(*s.Result), w, themes.Warn, "       ")...)
	}
	if s.Verified != nil {
		role := themes.Dim
		if !s.Verified.OK {
			role = themes.Crit
		}
		out = append(out, wrapped(kit.Clean(s.Verified.Says), w, role, "       ")...)
	}
	return out
}

func resultSays(r fleet.StepResult) kit.Safe {
	says := kit.Clean(string(r.Outcome))
	switch {
	case r.Before > 0 || r.Changed > 0:
		says += ", " + kit.Count(r.Changed) + " changed, " + kit.Count(r.After) + " left"
	case r.Bytes > 0:
		says += ", " + kit.Bytes(r.Bytes)
	}
	return says
}

func refusal(r fleet.StepResult) kit.Safe {
	says := kit.Clean(strings.ReplaceAll(string(r.Reason), "_", " "))
	if r.Detail != "" {
		if says != "" {
			says += ": "
		}
		says += kit.Clean(r.Detail)
	}
	for i, wr := range r.Writers {
		if i == 4 {
			says += " …"
			break
		}
		says += "; pid " + kit.Number(int64(wr.PID)) + " " + kit.Clean(wr.Command)
	}
	if says == "" {
		says = "no reason given"
	}
	return says
}
