package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"andon/fleet"
	"andon/fleet/config"
	"andon/fleet/rules"
)

// runRules says what andon looks for. It asks neither GitHub nor a host; a
// config, where there is one, shows in what it overrides.
func runRules(_ context.Context, in invocation) int {
	c, words, err := in.flags("rules", nil)
	if err != nil {
		return in.parseCode(err)
	}
	if len(words) > 1 {
		return in.usage(fmt.Errorf("rules: unexpected %q", words[1]))
	}
	over, code := in.overrides(c)
	if code != exitOK {
		return code
	}
	all := rules.All()
	if len(words) == 0 {
		if c.json {
			out := struct {
				Rules []ruleReport `json:"rules"`
			}{[]ruleReport{}}
			for _, r := range all {
				out.Rules = append(out.Rules, newRuleReport(r, all, over[r.ID]))
			}
			return in.wrote(writeJSON(in.out, out))
		}
		return in.wrote(writeRules(in.out, all, over))
	}
	r, err := ruleNamed(all, words[0])
	if err != nil {
		return in.fail(err)
	}
	if c.json {
		return in.wrote(writeJSON(in.out, newRuleReport(r, all, over[r.ID])))
	}
	return in.wrote(writeRule(in.out, newRuleReport(r, all, over[r.ID])))
}

// overrides reads what the config changes. Only a config that was named must be
// there and right: the rules are wanted most where nothing else works.
func (in invocation) overrides(c common) (map[fleet.RuleID]config.Override, int) {
	if in.demo {
		return nil, exitOK
	}
	path := c.config
	if path == "" {
		path = filepath.Join(xdg(in.getenv, "XDG_CONFIG_HOME", ".config"), "andon", "config.yaml")
		if _, err := os.Stat(path); errors.Is(err, os.ErrNotExist) {
			return nil, exitOK
		}
	}
	cfg, _, err := readConfig(path)
	switch {
	case err == nil:
		return cfg.Rules, exitOK
	case c.config != "":
		return nil, in.usage(err)
	}
	in.complain("what the config overrides is not shown:\n" + err.Error())
	return nil, exitOK
}

// ruleNamed finds a rule by its id or the beginning of one.
func ruleNamed(all []fleet.Rule, name string) (fleet.Rule, error) {
	var found []fleet.Rule
	var ids []string
	for _, r := range all {
		if string(r.ID) == name {
			return r, nil
		}
		if strings.HasPrefix(string(r.ID), name) {
			found = append(found, r)
		}
		ids = append(ids, string(r.ID))
	}
	if len(found) == 1 {
		return found[0], nil
	}
	if len(found) > 1 {
		ids = ids[:0]
		for _, r := range found {
			ids = append(ids, string(r.ID))
		}
		return fleet.Rule{}, fmt.Errorf("rules %q: that begins %s", name, strings.Join(ids, ", "))
	}
	return fleet.Rule{}, fmt.Errorf("rules %q: no rule is called so; there are %s", name, strings.Join(ids, ", "))
}

// ruleReport is a rule as rules --json prints it. Field names are stable.
type ruleReport struct {
	ID         fleet.RuleID       `json:"id"`
	Title      string             `json:"title"`
	Worst      fleet.Severity     `json:"worst"`
	ForSeconds int64              `json:"for_seconds"` // how long a finding must hold before it fires
	Off        bool               `json:"off"`         // by the config
	Overridden bool               `json:"overridden"`  // the config changes it
	Whose      fleet.Actor        `json:"whose"`
	Whys       []string           `json:"whys"`
	Cure       string             `json:"cure"`
	NotCure    string             `json:"not_cure"`
	Cost       string             `json:"cost"`
	Needs      []fleet.SourceKind `json:"needs"`
	MutedBy    []fleet.RuleID     `json:"muted_by"` // rules whose firing alerts explain its own
	Mutes      []fleet.RuleID     `json:"mutes"`
	SwitchOff  string             `json:"switch_off"` // the line of the config

	hold, own time.Duration // with and without the config
}

func newRuleReport(r fleet.Rule, all []fleet.Rule, o config.Override) ruleReport {
	out := ruleReport{ID: r.ID, Title: r.Title, Worst: r.Severity, Off: o.Off, Overridden: o.Off || o.For != nil, Whose: r.Actor, Whys: r.Doc.Whys, Cure: r.Doc.Cure,
		NotCure: r.Doc.NoCure, Cost: r.Doc.Cost, Needs: r.Requires, MutedBy: r.Causes, Mutes: []fleet.RuleID{}, SwitchOff: fmt.Sprintf("rules: {%s: {off: true}}", r.ID), hold: r.For, own: r.For}
	if o.For != nil {
		out.hold = *o.For
	}
	out.ForSeconds = int64(out.hold.Seconds())
	if out.Whose == "" {
		out.Whose = fleet.ActorOperator
	}
	if out.MutedBy == nil {
		out.MutedBy = []fleet.RuleID{}
	}
	for _, x := range all {
		if slices.Contains(x.Causes, r.ID) {
			out.Mutes = append(out.Mutes, x.ID)
		}
	}
	return out
}

// holds says how long a finding must hold, or that nobody looks for it.
func (r ruleReport) holds() string {
	if r.Off {
		return "off"
	}
	return shortTime(r.hold)
}

// writeRules prints a table of all rules.
func writeRules(w io.Writer, all []fleet.Rule, over map[fleet.RuleID]config.Override) error {
	wide := len("RULE")
	for _, r := range all {
		wide = max(wide, len(r.ID))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%-*s  %-5s  %-4s  %-15s  %s\n", wide, "RULE", "WORST", "FOR", "WHOSE", "WHAT STANDS STILL")
	for _, r := range all {
		x := newRuleReport(r, all, over[r.ID])
		fmt.Fprintf(&b, "%-*s  %-5s  %-4s  %-15s  %s\n", wide, x.ID, x.Worst, x.holds(), x.Whose, x.Title)
	}
	b.WriteString("andon rules RULE says the rest of one\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// writeRule prints all that is said of one rule.
func writeRule(w io.Writer, r ruleReport) error {
	var s sheet
	s.part("RULE", string(r.ID), r.Title)
	s.part("WORST", string(r.Worst))
	switch {
	case r.Off:
		s.part("FIRES", "never: the config switches it off")
	case r.hold == 0:
		s.part("FIRES", "at once")
	default:
		s.part("FIRES", "when it has held for "+shortTime(r.hold))
	}
	if r.Overridden && !r.Off {
		s.part("", "by the config; "+shortTime(r.own)+" without it")
	}
	s.part("WHOSE", string(r.Whose))
	s.gap()
	for i, why := range r.Whys {
		label := ""
		if i == 0 {
			label = "WHY"
		}
		s.hang(fmt.Sprintf("%-*s%d", sheetLabel, label, i+1), 2, why)
	}
	s.gap()
	s.part("CURE", r.Cure)
	s.part("NOT", r.NotCure)
	s.part("COSTS", r.Cost)
	s.gap()
	s.part("NEEDS", "current answers from "+words(r.Needs))
	if len(r.MutedBy) > 0 {
		s.part("MUTED BY", words(r.MutedBy)+", where its subjects are the same")
	}
	if len(r.Mutes) > 0 {
		s.part("MUTES", words(r.Mutes))
	}
	s.whole("CONFIG", r.SwitchOff)
	s.whole("", fmt.Sprintf("rules: {%s: {for: 10m}}", r.ID))
	return s.writeTo(w)
}

func words[T ~string](list []T) string {
	out := make([]string, len(list))
	for i, w := range list {
		out[i] = string(w)
	}
	return strings.Join(out, ", ")
}
