package main

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"andon/fleet"
	"andon/fleet/actions"
	"andon/ui/kit"
)

// runExplain looks once and says all there is to say of one alert. Without a
// name it lists the alerts there are.
func runExplain(ctx context.Context, in invocation) int {
	c, words, err := in.flags("explain", nil)
	if err != nil {
		return in.parseCode(err)
	}
	if len(words) > 1 {
		return in.usage(fmt.Errorf("explain: unexpected %q; quote a name that holds blanks", words[1]))
	}
	s, code := in.session(ctx, c)
	if s == nil {
		return code
	}
	defer in.release(s)
	snap, board := s.look(ctx)
	if s.tokenErr != nil {
		in.complain(s.tokenErr.Error())
	}
	if len(words) == 0 {
		return in.wrote(in.listAlerts(c, board.Alerts))
	}
	found := alertsNamed(board, words[0])
	switch len(found) {
	case 0:
		return in.noSuchAlert(s, board, words[0])
	case 1:
	default:
		if err := in.listAlerts(c, found); err != nil {
			return in.fail(err)
		}
		return in.fail(fmt.Errorf("explain %q: %d alerts are called so; name one by what stands before its summary", words[0], len(found)))
	}
	x := board.Explain(found[0], ruleOf(s.rules, found[0].Rule), snap)
	if c.json {
		return in.wrote(writeJSON(in.out, newExplainReport(x, snap)))
	}
	return in.wrote(writeExplanation(in.out, x, snap.At))
}

// wrote turns how printing went into an exit code.
func (in invocation) wrote(err error) int {
	if err != nil {
		return in.fail(err)
	}
	return exitOK
}

func ruleOf(rules []fleet.Rule, id fleet.RuleID) fleet.Rule {
	for _, r := range rules {
		if r.ID == id {
			return r
		}
	}
	return fleet.Rule{}
}

// alertsNamed finds alerts by fingerprint, by rule, or by the beginning of a
// fingerprint: the first of these that finds any decides.
func alertsNamed(b fleet.Board, name string) []fleet.Alert {
	if a, ok := b.Alert(name); ok {
		return []fleet.Alert{a}
	}
	var ofRule, begin []fleet.Alert
	for _, a := range b.Alerts {
		if string(a.Rule) == name {
			ofRule = append(ofRule, a)
		}
		if strings.HasPrefix(a.Fingerprint(), name) {
			begin = append(begin, a)
		}
	}
	if len(ofRule) > 0 {
		return ofRule
	}
	return begin
}

func (in invocation) noSuchAlert(s *session, b fleet.Board, name string) int {
	var text strings.Builder
	fmt.Fprintf(&text, "explain %q: no alert is called so", name)
	if r := ruleOf(s.rules, fleet.RuleID(name)); r.ID != "" {
		fmt.Fprintf(&text, ": the rule finds nothing now; andon rules %s says what it looks for", name)
	}
	lit := false
	for _, a := range b.Alerts {
		if !a.Lit() {
			continue
		}
		if !lit {
			text.WriteString("; firing are")
		}
		lit = true
		text.WriteString("\n  " + a.Fingerprint())
	}
	if !lit {
		text.WriteString("; none is firing")
	}
	in.complain(text.String())
	if s.tokenErr != nil {
		return exitNeedsAuth
	}
	return exitError
}

// listAlerts prints the names that explain takes.
func (in invocation) listAlerts(c common, list []fleet.Alert) error {
	if c.json {
		type named struct {
			Fingerprint string           `json:"fingerprint"`
			Rule        fleet.RuleID     `json:"rule"`
			Severity    fleet.Severity   `json:"severity"`
			State       fleet.AlertState `json:"state"`
			Summary     string           `json:"summary"`
		}
		out := struct {
			Alerts []named `json:"alerts"`
		}{[]named{}}
		for _, a := range list {
			out.Alerts = append(out.Alerts, named{a.Fingerprint(), a.Rule, a.Severity, a.State, a.Summary})
		}
		return writeJSON(in.out, out)
	}
	var b strings.Builder
	for _, a := range list {
		fmt.Fprintf(&b, "%s\n", plain(a.Fingerprint()))
		for _, line := range wrapPlain(fmt.Sprintf("%s %s: %s", strings.ToUpper(string(a.Severity)), a.State, a.Summary), sheetWidth-4) {
			fmt.Fprintf(&b, "    %s\n", line)
		}
	}
	if len(list) == 0 {
		b.WriteString("no alert\n")
	}
	_, err := io.WriteString(in.out, b.String())
	return err
}

// shellWord is a text as one word of a POSIX shell; false where it holds what
// cannot be shown, and so not be pasted.
func shellWord(text string) (string, bool) {
	if plain(text) != text || text == "" {
		return "", false
	}
	if strings.Trim(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._:/@+=,-") == "" {
		return text, true
	}
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'", true
}

// alertWord names an alert on a command line; its rule where its own name cannot
// be pasted.
func alertWord(a fleet.Alert) string {
	if w, ok := shellWord(a.Fingerprint()); ok {
		return w
	}
	return string(a.Rule)
}

// nextOf says the next step in words, and the command that takes it, if any.
func nextOf(x fleet.Explanation) (text, command string) {
	switch {
	case x.Over():
		return "nothing: every source it rests on was looked at again, and it is gone", ""
	case x.Cause.Rule != "":
		return "mend its cause first: " + x.Cause.Title, "andon explain " + alertWord(x.Cause)
	}
	var steps []string
	for _, st := range x.NextSteps(actions.All()) {
		steps = append(steps, strings.TrimSpace(strings.Join([]string{st.Key, string(st.Action), st.On}, " ")))
	}
	switch {
	case len(steps) > 0:
		return strings.Join(steps, ", then "), "andon apply fix --alert " + alertWord(x.Alert)
	case x.Alert.Advice != "":
		return x.Alert.Advice, ""
	case x.Cure != "":
		return x.Cure, ""
	}
	return "no key of the console mends it: ask the " + x.Alert.Owner(), ""
}

func ownerOf(a fleet.Alert) string {
	if a.AckedBy != "" {
		return a.AckedBy + " has it"
	}
	return a.Owner()
}

// ageAt is the age of a fact, empty where its time is not known.
func ageAt(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	return string(kit.Age(max(now.Sub(t), 0)))
}
