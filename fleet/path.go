package fleet

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Form is one of the shapes run dirs take on real disks. The numbers are those
// of the eleven forms seen in the field (paiml/aprender and its siblings).
type Form uint8

// The forms. FormUnrecognised is shown and counted in bytes, and never acted on.
const (
	FormUnrecognised Form = iota
	FormRunnerWork        // <runner>/_work/<repo>/<repo>/target and other parts of _work
	FormPRShared          // <repo>-ci/<PR>/debug: one dir per pull request
	FormRun               // <repo>-ci/<PR>/run-<ID>
	FormRunSuffix         // <repo>-ci/<PR>/run-<ID>-guards
	FormShard             // <repo>-ci/<PR>-s<N>/run-<ID>
	FormBranchRun         // <repo>-ci/main/run-<ID>
	FormQueueRun          // <repo>-ci/gh-readonly-queue/main/pr-<N>-<sha>[-sK]/run-<ID>
	FormSharedOrphan      // <repo>-ci/debug: left by the shared era
	FormEmptyRef          // <repo>-ci//run-<ID>: the ref variable was undefined
	FormRefOnly           // a ref level without a run level: sovereign-ci-<repo>/<PR>, cargo-ci/registry/<ref>
	FormEphemeral         // eph-*/_work
)

var formNames = [...]string{"unrecognised", "runner_work", "pr_shared", "run", "run_suffix", "shard",
	"branch_run", "queue_run", "shared_orphan", "empty_ref", "ref_only", "ephemeral"}

// String returns the form's stable name, as used in JSON.
func (f Form) String() string {
	if int(f) < len(formNames) {
		return formNames[f]
	}
	return formNames[FormUnrecognised]
}

// MarshalText writes the stable name.
func (f Form) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText reads a stable name; an unknown one becomes FormUnrecognised.
func (f *Form) UnmarshalText(b []byte) error {
	*f = FormUnrecognised
	for i, n := range formNames {
		if n == string(b) {
			*f = Form(i)
		}
	}
	return nil
}

// HasRun reports whether dirs of this form belong to exactly one workflow run.
func (f Form) HasRun() bool {
	switch f {
	case FormRun, FormRunSuffix, FormShard, FormBranchRun, FormQueueRun, FormEmptyRef:
		return true
	}
	return false
}

// Place is what a run dir's path says about itself. Zero fields are "the path
// does not say".
type Place struct {
	Form   Form   `json:"form"`
	Repo   string `json:"repo,omitempty"`   // repository name without its owner
	Ref    string `json:"ref,omitempty"`    // the ref part as it stands in the path, slashes kept
	PR     int    `json:"pr,omitempty"`     // pull request number, from <PR>, <PR>-s<N> or pr-<N>-<sha>
	RunID  RunID  `json:"run_id,omitempty"` // workflow run id
	Shard  int    `json:"shard,omitempty"`  // N of -s<N>, counted from 1 as seen in the field; 0 = none
	Suffix string `json:"suffix,omitempty"` // what follows run-<ID>-, for example "guards"
	SHA    string `json:"sha,omitempty"`    // base sha of a merge queue ref
}

// ErrNotActionable marks a path that may be shown but never acted on.
var ErrNotActionable = errors.New("path is not actionable")

// Limits of what the kernel and this gate accept.
const (
	maxComponent  = 255 // NAME_MAX
	maxComponents = 24
)

// DirPath is a place below a configured root that passed the gate: clean
// components only, no dot-dot, no NUL, nothing absolute. It can only be made by
// Root.Parse, so holding one is the proof. The zero DirPath is the root itself
// and never actionable.
type DirPath struct {
	layout Layout
	root   string
	rel    string
	full   string
	place  Place
}

// Root returns the root's absolute path.
func (p DirPath) Root() string { return p.root }

// Rel returns the path below the root, without leading slash.
func (p DirPath) Rel() string { return p.rel }

// Place returns what the path says about itself.
func (p DirPath) Place() Place { return p.place }

// String returns the absolute path. It is foreign text: draw it sanitised.
func (p DirPath) String() string {
	if p.rel == "" {
		return p.root
	}
	return p.full
}

// Components returns the path below the root as single path elements, the form
// in which it travels to a host: no byte of it is ever parsed as a path there.
func (p DirPath) Components() []string {
	if p.rel == "" {
		return nil
	}
	return strings.Split(p.rel, "/")
}

// Actionable returns nil where the path may be chowned or reaped, and else an
// error wrapping ErrNotActionable that says why.
func (p DirPath) Actionable() error {
	switch p.place.Form {
	case FormUnrecognised:
		return fmt.Errorf("%w: %s does not match the root's layout", ErrNotActionable, strconv.QuoteToASCII(p.String()))
	case FormRunnerWork, FormEphemeral:
		return fmt.Errorf("%w: %s is a runner's own work folder", ErrNotActionable, strconv.QuoteToASCII(p.String()))
	}
	for _, c := range p.Components() {
		if !plainName(c) {
			return fmt.Errorf("%w: name %s has characters outside A-Z a-z 0-9 . _ - + @ =", ErrNotActionable, strconv.QuoteToASCII(c))
		}
	}
	return nil
}

// plainName is the strict charset of names that may be acted on. Everything
// else is shown and flagged only (git accepts shell metacharacters, bidi
// overrides and lone 0xFF bytes in ref names).
func plainName(s string) bool {
	if s == "" || s[0] == '-' {
		return false
	}
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c >= 'a' && c <= 'z', c >= 'A' && c <= 'Z', c >= '0' && c <= '9':
		case c == '.', c == '_', c == '-', c == '+', c == '@', c == '=':
		default:
			return false
		}
	}
	return true
}

// CleanRoot validates a root's absolute path and returns it without trailing
// slash. "/", system trees and paths of fewer than two components are refused:
// a reap below them could only be a mistake.
func CleanRoot(s string) (string, error) {
	if !strings.HasPrefix(s, "/") {
		return "", fmt.Errorf("root %q: not an absolute path", s)
	}
	given := s
	s = strings.TrimRight(s, "/")
	comps := strings.Split(strings.TrimPrefix(s, "/"), "/")
	if s == "" || len(comps) < 2 {
		return "", fmt.Errorf("root %q: too close to /: give the folder that holds the run dirs, at least two levels deep", given)
	}
	for _, c := range comps {
		if err := checkComponent(c); err != nil {
			return "", fmt.Errorf("root %q: %w", s, err)
		}
	}
	switch comps[0] {
	case "etc", "usr", "bin", "sbin", "lib", "lib64", "boot", "dev", "proc", "sys", "root":
		return "", fmt.Errorf("root %q: /%s belongs to the system", s, comps[0])
	}
	return s, nil
}

func checkComponent(c string) error {
	switch {
	case c == "":
		return errors.New("empty path component")
	case c == "." || c == "..":
		return fmt.Errorf("path component %q", c)
	case len(c) > maxComponent:
		return fmt.Errorf("path component of %d bytes, more than %d", len(c), maxComponent)
	case strings.ContainsAny(c, "/\x00"):
		return errors.New("path component with slash or NUL")
	}
	return nil
}

// Parse is the single gate for host paths: every path that is shown, planned or
// executed comes through it. rel is the path below the root. A path that could
// leave the root is an error; one that merely matches no known form is returned
// with FormUnrecognised.
func (r Root) Parse(rel string) (DirPath, error) {
	if rel == "" || strings.HasPrefix(rel, "/") {
		return DirPath{}, fmt.Errorf("parse path %s below %s: want a relative path", strconv.QuoteToASCII(rel), r.Path)
	}
	comps := strings.Split(rel, "/")
	if len(comps) > maxComponents {
		return DirPath{}, fmt.Errorf("parse path below %s: %d levels, more than %d", r.Path, len(comps), maxComponents)
	}
	for _, c := range comps {
		if err := checkComponent(c); err != nil {
			return DirPath{}, fmt.Errorf("parse path %s below %s: %w", strconv.QuoteToASCII(rel), r.Path, err)
		}
	}
	return DirPath{layout: r.Layout, root: r.Path, rel: rel, full: r.Path + "/" + rel, place: r.Layout.parse(comps)}, nil
}
