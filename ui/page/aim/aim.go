// Package aim turns what the cursor and the marks stand on into the targets of
// an action, or into the reason why the action has none there.
package aim

import (
	"fmt"
	"slices"

	"andon/fleet"
	"andon/ui"
)

// Propose is the effect of an action's key on some subjects: the preview with
// the targets the action takes, or a sentence that says why there are none.
func Propose(e ui.Env, action fleet.ActionID, on []fleet.Subject, alert string) []ui.Effect {
	if action == fleet.ActionFix {
		return fix(e, on, alert)
	}
	targets := Targets(e, action, on)
	if len(targets) == 0 {
		return []ui.Effect{ui.Say{Text: fmt.Sprintf("%s: nothing here to %s; %s", key(e, action), action, wants(action)), Bad: true}}
	}
	return []ui.Effect{ui.Propose{Action: action, Targets: targets, Alert: alert}}
}

func key(e ui.Env, action fleet.ActionID) string {
	if k := e.Keys.KeyOf(action); k != "" {
		return k
	}
	return string(action)
}

// fix takes the alert at hand, or the worst lit one about the subjects.
func fix(e ui.Env, on []fleet.Subject, alert string) []ui.Effect {
	if alert == "" {
		for _, a := range e.Board.Alerts {
			if a.Lit() && slices.ContainsFunc(on, a.About) {
				alert = a.Fingerprint()
				break
			}
		}
	}
	if alert == "" {
		return []ui.Effect{ui.Say{Text: "f: no alert names this, so nothing is suggested", Bad: true}}
	}
	if a, ok := e.Board.Alert(alert); ok {
		switch {
		case a.State == fleet.AlertResolved:
			return []ui.Effect{ui.Say{Text: "f: " + a.Title + " is resolved, nothing is left to fix", Bad: true}}
		case len(a.Suggested) == 0 && a.Advice != "":
			return []ui.Effect{ui.Say{Text: "f: no key mends this: " + a.Advice, Bad: true}}
		case len(a.Suggested) == 0:
			return []ui.Effect{ui.Say{Text: "f: no key mends this; its alert on the Board says what does", Bad: true}}
		}
	}
	return []ui.Effect{ui.Propose{Action: fleet.ActionFix, Alert: alert}}
}

// Targets narrows subjects to the most exact kind the action takes: a deed on
// six dirs is never widened to all of their host.
func Targets(e ui.Env, action fleet.ActionID, on []fleet.Subject) []fleet.Subject {
	switch action {
	case fleet.ActionChown, fleet.ActionReap:
		return first(on, fleet.SubjectDir, fleet.SubjectDisk, fleet.SubjectPR, fleet.SubjectHost)
	case fleet.ActionUndo:
		return first(on, fleet.SubjectDir, fleet.SubjectHost)
	case fleet.ActionPurge:
		return hosts(on)
	case fleet.ActionRerun:
		return runs(e, on)
	}
	return on
}

func first(on []fleet.Subject, kinds ...fleet.SubjectKind) []fleet.Subject {
	for _, k := range kinds {
		var out []fleet.Subject
		for _, s := range on {
			if s.Kind == k && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

func hosts(on []fleet.Subject) []fleet.Subject {
	var out []fleet.Subject
	for _, s := range on {
		if h := fleet.OfHost(s.Host); s.Host != "" && !slices.Contains(out, h) {
			out = append(out, h)
		}
	}
	return out
}

// runs are the runs named, else those of the dirs, else of the pull requests.
func runs(e ui.Env, on []fleet.Subject) []fleet.Subject {
	if out := first(on, fleet.SubjectRun, fleet.SubjectJob); len(out) > 0 {
		for i, s := range out {
			k, _ := s.RunKey()
			out[i] = fleet.OfRun(k)
		}
		slices.SortFunc(out, func(a, b fleet.Subject) int { return int(min(max(b.Run-a.Run, -1), 1)) })
		return slices.Compact(out)
	}
	var out []fleet.Subject
	for _, s := range on {
		id, ok := s.DirID()
		if !ok || e.Snapshot == nil {
			continue
		}
		if d, ok := e.Snapshot.DirOf(id); ok && d.HasRun() && !slices.Contains(out, fleet.OfRun(d.Run)) {
			out = append(out, fleet.OfRun(d.Run))
		}
	}
	if len(out) > 0 {
		return out
	}
	return first(on, fleet.SubjectPR)
}

func wants(action fleet.ActionID) string {
	switch action {
	case fleet.ActionRerun:
		return "choose a run, a pull request or an alert"
	case fleet.ActionUndo:
		return "choose a reap on the audit page"
	case fleet.ActionPurge:
		return "choose a host"
	}
	return "choose a run dir, a pull request, a host or an alert"
}
