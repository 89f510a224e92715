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
	proved := s.Verified != nil && s.Verified.OK
	if proved && s.Result != nil {
		says = provedSays(*s.Result) + ", " + kit.Clean(s.Verified.Says)
	}
	room := max(w-look.SignWidth()-2-kit.Width(says), min(40, w*2/3))
	line := kit.Line{kit.In(sign.Role(), look.Glyph(sign))}.Then(StepLine(s.Step, look, room)...)
	line = line.Then(kit.In(sign.Role(), "  "+kit.Truncate(says, max(w-line.Width()-2, 1), look.Ellipsis())))
	out := []kit.Line{line}
	if s.Result != nil && !s.Result.Outcome.OK() {
		out = append(out, wrapped(refusal(*s.Result), w, themes.Warn, "       ")...)
	}
	if s.Verified != nil && !proved {
		out = append(out, wrapped("NOT confirmed: "+kit.Clean(s.Verified.Says), w, themes.Crit, "       ")...)
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

// provedSays is a result that a fresh look agreed with: how many entries changed
// says more than "done", which that look repeats.
func provedSays(r fleet.StepResult) kit.Safe {
	if r.Outcome == fleet.OutcomeDone && r.Changed > 0 && r.After == 0 {
		return kit.Count(r.Changed) + " changed"
	}
	return resultSays(r)
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
