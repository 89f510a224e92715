// Package config reads andon's config.yaml in three steps that stand alone:
// decode (YAML to values, with the place of each), default, and validate. Every
// complaint has the form "file:line:column: what is wrong; how to mend it", and
// all of them are reported at once.
package config

import (
	"time"

	"andon/fleet"
)

// Config is everything an operator may set.
type Config struct {
	Repos     []fleet.Repo
	GitHub    GitHub
	Hosts     []fleet.Host
	Policy    fleet.Policy
	Intervals Intervals
	Rules     map[fleet.RuleID]Override
	Notify    Notify
	Theme     string // auto, dark, light, or a theme's name
	ASCII     bool   // glyphs: ascii
	Operator  string // name in the audit log; the login's where empty
	// Signatures are files with rows of the operator's own for the classifier's
	// catalogue. Relative paths are relative to the config's folder.
	Signatures []FileAt
}

// FileAt is a path and where in the config it stands.
type FileAt struct {
	Path      string
	Line, Col int // from 1
}

// GitHub is where and how fast to ask.
type GitHub struct {
	BaseURL string  // https://api.github.com/, or https://HOST/api/v3/ for GHES
	Share   float64 // part of the token's primary limit this console may spend, 0..1
}

// Intervals are the times between two reads of a source at full budget.
type Intervals struct {
	Hosts, Runs, Pulls, Runners time.Duration
}

// Override changes one rule.
type Override struct {
	Off bool
	For *time.Duration
}

// Known lists the names a config may refer to, for its checks.
type Known struct {
	Rules  []fleet.RuleID
	Themes []string
}

// Load reads a config file's bytes. The error is of type fleet.Problems.
func Load(file string, raw []byte, known Known) (Config, error) {
	d := decode(file, raw)
	cfg := withDefaults(d.cfg)
	if ps := append(d.problems, validate(cfg, d, known)...); len(ps) > 0 {
		return Config{}, ps
	}
	return cfg, nil
}

// ApplyRules returns the rules as the config wants them.
func (c Config) ApplyRules(rules []fleet.Rule) []fleet.Rule {
	out := make([]fleet.Rule, 0, len(rules))
	for _, r := range rules {
		o := c.Rules[r.ID]
		if o.Off {
			continue
		}
		if o.For != nil {
			r.For = *o.For
		}
		out = append(out, r)
	}
	return out
}
